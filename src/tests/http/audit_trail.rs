//! What the audit trail says of the second factor: one event for each thing that happens; AUD-01.

use std::collections::BTreeSet;

use crate::{
    auth::accounts::flow as accounts,
    mfa::settings::flow as settings,
    services::Client,
    tests::support::{
        ACTIVATE, Authenticator, CODES, DEACTIVATE, Kind, PASSWORD, REAUTHENTICATE, SESSION,
        SETTINGS, TestApp, on_both,
    },
};

on_both!(
    aud_01_each_action_is_one_event,
    aud_01_an_event_says_when_who_whom_where_and_in_which_session,
    aud_02_a_change_whose_event_cannot_be_written_is_not_made,
    aud_05_an_event_is_never_changed_or_deleted,
);

/// Reads what is new.
struct Trail<'a> {
    app: &'a TestApp,
    seen: BTreeSet<String>,
}

impl Trail<'_> {
    /// Action and detail of the events since the last call, sorted.
    async fn news(&mut self) -> Vec<String> {
        let sql = "select id || '/' || action || '/' || detail from audit_event";
        let all: BTreeSet<_> = self.app.texts(sql).await.into_iter().collect();
        let mut news: Vec<_> = all
            .difference(&self.seen)
            .map(|row| row.split_once('/').unwrap().1.to_owned())
            .collect();
        self.seen = all;
        news.sort();
        news
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "the life of one account, told in order"
)]
async fn aud_01_each_action_is_one_event(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut trail = Trail {
        app: &app,
        seen: BTreeSet::new(),
    };
    let anna = app.account("anna").await;
    assert_eq!(trail.news().await, ["account.created/"]);
    let mut browser = app.browser();
    browser.sign_in("anna", "wrong").await;
    assert_eq!(trail.news().await, ["sign_in.failed/wrong password"]);
    browser.sign_in("anna", PASSWORD).await;
    assert_eq!(trail.news().await, ["sign_in/pwd"]);

    let phone = app.enrol(&mut browser, "phone").await;
    assert_eq!(
        trail.news().await,
        ["factor.added/phone", "recovery_codes.created/"]
    );
    app.enrol(&mut browser, "tablet").await;
    assert_eq!(trail.news().await, ["factor.added/tablet"]);
    let codes = app.recovery_codes(&mut browser).await;
    assert_eq!(trail.news().await, ["recovery_codes.viewed/"]);
    for page in [
        "/",
        SETTINGS,
        DEACTIVATE,
        ACTIVATE,
        REAUTHENTICATE,
        "/accounts/sessions/",
    ] {
        browser.get(page).await.assert_status(200);
    }
    browser.post(CODES, &[]).await;
    assert!(trail.news().await.is_empty(), "looking is no event");

    browser.confirm(&app.next_code(&phone)).await;
    assert_eq!(trail.news().await, ["reauthentication/otp"]);
    browser.confirm(&app.wrong_code(&phone)).await;
    assert_eq!(trail.news().await, ["reauthentication.failed/wrong code"]);
    browser.confirm(&codes[0]).await;
    assert_eq!(
        trail.news().await,
        ["reauthentication/rc", "recovery_codes.used/9"]
    );

    let mut other = app.pending("anna").await;
    assert!(
        trail.news().await.is_empty(),
        "a password alone is none yet"
    );
    other.authenticate(&app.wrong_code(&phone)).await;
    assert_eq!(trail.news().await, ["second_factor.failed/wrong code"]);
    other.authenticate(&app.next_code(&phone)).await;
    assert_eq!(
        trail.news().await,
        ["browser.new/Firefox on Linux", "sign_in/pwd otp"]
    );
    other.post("/accounts/logout/", &[]).await;
    assert_eq!(trail.news().await, ["sign_out/"]);
    other.sign_in("anna", PASSWORD).await;
    other.authenticate(&codes[1]).await;
    assert_eq!(
        trail.news().await,
        ["recovery_codes.used/8", "sign_in/pwd rc"]
    );

    app.execute("update mfa_totp set failures = 99 where label = 'phone'")
        .await;
    app.pending("anna")
        .await
        .authenticate(&app.wrong_code(&phone))
        .await;
    assert_eq!(
        trail.news().await,
        [
            "factor.closed/authenticator app",
            "second_factor.failed/wrong code"
        ]
    );
    browser
        .post("/accounts/2fa/recovery-codes/generate/", &[])
        .await;
    assert_eq!(trail.news().await, ["recovery_codes.replaced/"]);
    browser.post("/accounts/sessions/end-others/", &[]).await;
    assert_eq!(trail.news().await, ["session.others_ended/"]);
    let id = app
        .texts("select id from mfa_totp where label = 'phone'")
        .await;
    browser.post(DEACTIVATE, &[("id", &id[0])]).await;
    assert_eq!(trail.news().await, ["factor.removed/phone"]);
    let fields = [
        ("password", PASSWORD),
        ("new_password", "seven otters juggle lanterns"),
    ];
    browser.post("/accounts/password/change/", &fields).await;
    assert_eq!(trail.news().await, ["password.changed/"]);

    app.hands.advance(301);
    for path in [
        DEACTIVATE,
        ACTIVATE,
        "/accounts/2fa/recovery-codes/generate/",
    ] {
        browser
            .post(path, &[("code", "000000")])
            .await
            .assert_status(303);
    }
    assert!(
        trail.news().await.is_empty(),
        "what is asked to confirm first has not happened"
    );
    let shell = Client::shell();
    settings::reset(&app.services, &shell, &anna).await.unwrap();
    assert_eq!(trail.news().await, ["mfa.reset/"]);
    app.disable(&anna).await;
    assert_eq!(trail.news().await, ["account.disabled/"]);
    app.browser().sign_in("anna", PASSWORD).await;
    assert_eq!(trail.news().await, ["sign_in.failed/disabled"]);
    accounts::set_disabled(&app.services, &shell, &anna, false)
        .await
        .unwrap();
    assert_eq!(trail.news().await, ["account.enabled/"]);
}

async fn aud_01_an_event_says_when_who_whom_where_and_in_which_session(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    app.hands.advance(100);
    let wrong = app.wrong_code(&phone);
    browser.confirm(&wrong).await.assert_status(422);
    browser.confirm(&codes[0]).await.assert_status(303);
    let mut other = app.pending("anna").await;
    other.authenticate(&wrong).await.assert_status(422);
    let session = app.texts("select id from session").await;
    let account = app.texts("select id from account").await;
    let (session, account) = (&*session[0], &*account[0]);
    let now = app.services.clock.now();
    let rows = format!(
        "select action || '/' || coalesce(actor_id, '-') || '/' || coalesce(subject_id, '-') || '/' || source || '/' \
         || coalesce(session_id, '-') from audit_event where at = {now} order by action"
    );
    let mine = |action| format!("{action}/{account}/{account}/192.0.2.1/{session}");
    assert_eq!(
        app.texts(&rows).await,
        [
            mine("reauthentication"),
            mine("reauthentication.failed"),
            mine("recovery_codes.used"),
            // whoever it was has not shown to be the owner
            format!("second_factor.failed/-/{account}/192.0.2.1/-"),
        ]
    );
    let all = app
        .texts("select action || coalesce(session_id, '') || detail from audit_event")
        .await
        .join("\n");
    for secret in [browser.cookie(SESSION), &wrong, &codes[0], phone.secret()] {
        assert!(!all.contains(secret), "{secret} is in\n{all}");
    }
}

/// Refuses every further event.
async fn refuse_events(app: &TestApp) {
    app.execute(match app.kind {
        Kind::Sqlite => {
            "create trigger full before insert on audit_event begin select raise(abort, 'full'); end"
        }
        Kind::Postgres => "alter table audit_event add constraint full_up check (action = '') not valid",
    })
    .await;
}

async fn aud_02_a_change_whose_event_cannot_be_written_is_not_made(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let tablet = Authenticator::scan(&browser.get(ACTIVATE).await);
    let mut pending = app.pending("anna").await;
    refuse_events(&app).await;
    // what is no change: the counts of tries, kept whatever becomes of what is tried
    let facts = "select session.id || methods || cast(reauthenticated_at as text) from session \
         union all select label || cast(last_step as text) from mfa_totp \
         union all select id || coalesce(cast(spent_at as text), '-') from mfa_recovery_code \
         union all select id from mfa_totp_enrolment union all select event_id from notice \
         union all select coalesce(password_hash, '-') from account order by 1";
    let before = app.texts(facts).await;
    let changed = "seven otters juggle lanterns";
    for (path, fields) in [
        (ACTIVATE, vec![("code", app.code(&tablet))]),
        (DEACTIVATE, vec![]),
        ("/accounts/2fa/recovery-codes/generate/", vec![]),
        ("/accounts/sessions/end-others/", vec![]),
        (REAUTHENTICATE, vec![("code", app.next_code(&phone))]),
        (REAUTHENTICATE, vec![("code", codes[0].clone())]),
        (
            "/accounts/password/change/",
            vec![
                ("password", PASSWORD.to_owned()),
                ("new_password", changed.to_owned()),
            ],
        ),
        ("/accounts/logout/", vec![]),
    ] {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = browser.post(path, &fields).await;
        answer.assert_status(500);
        assert!(answer.set_cookies().is_empty(), "{path}");
        assert_eq!(app.texts(facts).await, before, "{path}");
    }
    pending.authenticate(&codes[1]).await.assert_status(500);
    assert_eq!(app.texts(facts).await, before, "signing in");
}

async fn aud_05_an_event_is_never_changed_or_deleted(kind: Kind) {
    let (app, _) = TestApp::with_anna(kind).await;
    let all = "select id || action || detail from audit_event order by id";
    let before = app.texts(all).await;
    for sql in [
        "update audit_event set detail = 'nothing' where action = 'sign_in'",
        "delete from audit_event where action = 'sign_in'",
    ] {
        assert!(app.try_to_execute(sql).await.is_err(), "{sql}");
    }
    assert_eq!(app.texts(all).await, before);
}
