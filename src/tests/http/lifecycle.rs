//! Factors come and go, accounts are disabled and reset; groups LIF and SES with a factor, LOG-23.

use crate::{
    auth::{accounts::flow as accounts, passwords::flow as passwords},
    crypto::passwords::Password,
    mfa::settings::flow as settings,
    services::Client,
    tests::support::{
        ACTIVATE, AUTHENTICATE, CODES, DEACTIVATE, Kind, PASSWORD, SETTINGS, TestApp, on_both,
    },
};

on_both!(
    lif_03_removing_the_last_factor_leaves_nothing_of_it_and_says_who_did_it,
    lif_04_an_app_of_somebody_else_cannot_be_removed_by_its_id,
    lif_06_an_app_may_be_added_again_after_it_was_removed,
    lif_07_a_disabled_account_gets_in_nowhere_and_keeps_its_factors,
    lif_09_a_password_set_at_the_shell_bypasses_no_factor,
    an_operators_reset_takes_all_factors_and_ends_everything,
);

const OVER: &str = "/accounts/login/?done=attempt-over";
/// What belongs to factors, counted over all accounts.
const ALL: &str = "select (select count(*) from mfa_totp) + (select count(*) from mfa_totp_enrolment) \
     + (select count(*) from mfa_recovery_set) + (select count(*) from mfa_recovery_code)";

async fn lif_03_removing_the_last_factor_leaves_nothing_of_it_and_says_who_did_it(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let mut pending = app.pending("anna").await;
    // one more is being set up
    browser.get(ACTIVATE).await.assert_status(200);
    browser.get(DEACTIVATE).await.assert_says(
        200,
        "This is your only factor. Your recovery codes go with it",
    );
    app.hands.advance(301);
    browser.post(DEACTIVATE, &[]).await.assert_status(303);
    assert_eq!(
        app.number("select count(*) from mfa_totp").await,
        1,
        "it asks first"
    );
    let code = app.code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    let old = browser.clone();
    browser
        .post(DEACTIVATE, &[])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-deactivated");
    browser.assert_renewed(&old).await;
    let rest = "select count(*) from mfa_recovery_set";
    assert_eq!(app.number(rest).await, 0);
    assert_eq!(app.number("select count(*) from mfa_totp").await, 0);
    assert_eq!(app.number("select count(*) from login_attempt").await, 0);
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_redirect(OVER);
    let who = "select subject.username || ' ' || actor.username || ' ' || detail from audit_event \
         join account as subject on subject.id = subject_id join account as actor on actor.id = actor_id \
         join session on session.id = session_id where action = 'factor.removed'";
    assert_eq!(app.texts(who).await, ["anna anna phone"]);
    browser
        .get(SETTINGS)
        .await
        .assert_says(
            200,
            "Authenticator app “phone” was removed from your account.",
        )
        .assert_says(200, "Not set up.");
    browser.get(CODES).await.assert_status(404);
    assert!(app.signed_in("anna").await.is_signed_in().await);
}

async fn lif_04_an_app_of_somebody_else_cannot_be_removed_by_its_id(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    let id = app.texts("select id from mfa_totp").await;
    app.account("berta").await;
    let mut hers = app.signed_in("berta").await;
    app.enrol(&mut hers, "hidden label").await;
    let theirs = app
        .texts(&format!("select id from mfa_totp where id <> '{}'", id[0]))
        .await;
    browser.get("/").await.assert_status(200);
    let before = app.contents().await;
    for other in [&*theirs[0], "x", "' or 1=1 --"] {
        let query: String = url::form_urlencoded::byte_serialize(other.as_bytes()).collect();
        let address = format!("{DEACTIVATE}?id={query}");
        browser.get(&address).await.assert_status(404);
        browser
            .post(DEACTIVATE, &[("id", other)])
            .await
            .assert_status(404)
            .assert_lacks("hidden label");
        browser.post(&address, &[]).await.assert_status(404);
        browser
            .post(&format!("{DEACTIVATE}?id={}", id[0]), &[("id", other)])
            .await
            .assert_status(404);
    }
    assert_eq!(app.contents().await, before);
    assert!(browser.is_signed_in().await);
}

async fn lif_06_an_app_may_be_added_again_after_it_was_removed(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, old) = app.with_factor("anna").await;
    let old_codes = app.recovery_codes(&mut browser).await;
    browser.post(DEACTIVATE, &[]).await.assert_status(303);
    let new = app.enrol(&mut browser, "phone").await;
    assert_ne!(old.secret(), new.secret());
    let code = app.next_code(&new);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    let codes = app.recovery_codes(&mut browser).await;
    assert!(codes.len() == 10 && !codes.contains(&old_codes[0]));
    for dead in [&old_codes[0], &app.next_code(&old)] {
        app.pending("anna")
            .await
            .authenticate(dead)
            .await
            .assert_status(422);
    }
}

async fn lif_07_a_disabled_account_gets_in_nowhere_and_keeps_its_factors(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let mut pending = app.pending("anna").await;
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    app.disable(&anna).await;
    let code = app.next_code(&authenticator);
    for _ in 0..2 {
        for given in [&code, &codes[0]] {
            pending.authenticate(given).await.assert_redirect(OVER);
            browser
                .confirm(given)
                .await
                .assert_redirect("/accounts/login/");
        }
        for path in [ACTIVATE, CODES, SETTINGS] {
            let answer = browser.get(path).await;
            answer.assert_redirect(&format!("/accounts/login/?next={path}"));
        }
        assert!(!browser.is_signed_in().await);
        if app
            .number("select count(*) from account where disabled_at is not null")
            .await
            == 0
        {
            break;
        }
        let refused = app.browser().sign_in("anna", PASSWORD).await;
        let wrong = app.browser().sign_in("nobody", PASSWORD).await;
        assert_eq!(refused.comparable("anna"), wrong.comparable("nobody"));
        // enabled again, nothing of before is alive
        assert!(
            accounts::set_disabled(&app.services, &Client::shell(), &anna, false)
                .await
                .unwrap()
        );
    }
    for given in [&code, &codes[0]] {
        app.pending("anna")
            .await
            .authenticate(given)
            .await
            .assert_status(303);
    }
}

async fn lif_09_a_password_set_at_the_shell_bypasses_no_factor(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut before, authenticator) = app.with_factor("anna").await;
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    let new = "seven otters juggle lanterns";
    let password = Password::parse(new.to_owned()).unwrap();
    passwords::set(&app.services, &Client::shell(), &anna, password)
        .await
        .unwrap();
    assert!(!before.is_signed_in().await);
    let mut browser = app.browser();
    browser
        .sign_in("anna", new)
        .await
        .assert_redirect(AUTHENTICATE);
    browser
        .authenticate(&app.next_code(&authenticator))
        .await
        .assert_redirect("/");
}

async fn an_operators_reset_takes_all_factors_and_ends_everything(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    browser.get(ACTIVATE).await.assert_status(200);
    let (mut hers, _) = app.with_factor("berta").await;
    let mut pending = app.pending("anna").await;
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    let before = app.number(ALL).await;
    let shell = Client::shell();
    let reset = || settings::reset(&app.services, &shell, &anna);
    assert!(reset().await.unwrap());
    // an app, the one that was being set up, a set and its codes
    assert_eq!(app.number(ALL).await, before - 13);
    assert!(!browser.is_signed_in().await && hers.is_signed_in().await);
    for given in [&app.next_code(&authenticator), &codes[0]] {
        pending.authenticate(given).await.assert_redirect(OVER);
    }
    let mut again = app.signed_in("anna").await;
    again
        .get("/")
        .await
        .assert_says(
            200,
            "An operator has removed all factors and recovery codes",
        )
        .assert_says(200, "at the server");
    assert!(!reset().await.unwrap(), "there is none any more");
}
