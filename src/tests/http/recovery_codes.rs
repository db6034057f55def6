//! Recovery codes as a factor: each works once, with the password, and not for guessers; group REC.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::task::JoinSet;

use crate::{
    crypto::hex,
    tests::support::{
        AUTHENTICATE, Browser, CODES, Kind, REAUTHENTICATE, SESSION, SETTINGS, TestApp, on_both,
    },
};

on_both!(
    rec_01_a_code_signs_in_once,
    rec_02_fifty_at_once_with_one_code_are_one_session_and_one_code_fewer,
    rec_04_two_sets_made_at_once_are_one_set_and_the_other_is_void,
    rec_05_a_new_set_needs_a_confirmation_and_voids_the_old_codes,
    rec_07_a_dump_of_the_database_has_no_code_and_no_secret,
    rec_08_wrong_codes_are_slowed_and_a_hundred_close_the_set,
    rec_09_few_codes_are_warned_of_and_the_last_is_told,
    rec_10_a_code_without_the_password_is_refused,
    case_separators_and_look_alikes_are_forgiven,
    without_the_type_nothing_of_it_is_there,
);

const GENERATE: &str = "/accounts/2fa/recovery-codes/generate/";
const USED: &str = "/accounts/2fa/?done=recovery-code-used";

async fn with_codes(app: &TestApp) -> (Browser, Vec<String>) {
    let (mut browser, _) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    assert_eq!(codes.len(), 10);
    (browser, codes)
}

async fn left(app: &TestApp) -> i64 {
    app.number("select count(*) from mfa_recovery_code where spent_at is null")
        .await
}

async fn rec_01_a_code_signs_in_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    let mut browser = app.pending("anna").await;
    browser.authenticate(&codes[3]).await.assert_redirect(USED);
    assert!(browser.is_signed_in().await);
    let shown = app.recovery_codes(&mut browser).await;
    assert!(shown.len() == 9 && !shown.contains(&codes[3]));
    for mut at in [
        app.pending("anna").await,
        app.second_process().await.pending("anna").await,
    ] {
        at.authenticate(&codes[3])
            .await
            .assert_says(422, "not right, or was used before");
    }
    browser
        .post(REAUTHENTICATE, &[("code", &codes[3])])
        .await
        .assert_status(422);
    assert_eq!(left(&app).await, 9);
}

async fn rec_02_fifty_at_once_with_one_code_are_one_session_and_one_code_fewer(kind: Kind) {
    let app = TestApp::new(kind).await;
    let second = app.second_process().await;
    let (_, codes) = with_codes(&app).await;
    for (round, code) in (1..).zip(codes.iter().take(5)) {
        app.execute("delete from session").await;
        let mut pending = Vec::new();
        for number in 0..50 {
            let at = if number % 2 == 0 { &app } else { &second };
            pending.push(at.pending("anna").await);
        }
        let mut tries = JoinSet::new();
        for mut browser in pending {
            let code = code.clone();
            tries.spawn(async move { browser.authenticate(&code).await.status.as_u16() });
        }
        let statuses = tries.join_all().await;
        assert!(
            statuses
                .iter()
                .all(|status| [303, 422, 429].contains(status)),
            "{statuses:?}"
        );
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1);
        assert_eq!(app.number("select count(*) from session").await, 1);
        assert_eq!(left(&app).await, 10 - round);
        assert_eq!(
            app.details("recovery_codes.used").await.len(),
            usize::try_from(round).unwrap()
        );
        app.hands.advance(3600);
    }
}

async fn rec_04_two_sets_made_at_once_are_one_set_and_the_other_is_void(kind: Kind) {
    let app = TestApp::new(kind).await;
    let second = app.second_process().await;
    let (mut browser, mut old) = with_codes(&app).await;
    let mut there = second.browser();
    for _ in 0..5 {
        there.cookies.clone_from(&browser.cookies);
        let (one, other) = tokio::join!(browser.post(GENERATE, &[]), there.post(GENERATE, &[]));
        one.assert_status(303);
        other.assert_status(303);
        let new = app.recovery_codes(&mut browser).await;
        assert!(new.len() == 10 && left(&app).await == 10);
        assert!(!new.iter().any(|code| old.contains(code)));
        app.pending("anna")
            .await
            .authenticate(&old[0])
            .await
            .assert_status(422);
        old = new;
    }
    for code in &old {
        app.pending("anna")
            .await
            .authenticate(code)
            .await
            .assert_redirect(USED);
    }
    assert_eq!(app.details("recovery_codes.replaced").await.len(), 10);
}

async fn rec_05_a_new_set_needs_a_confirmation_and_voids_the_old_codes(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, codes) = with_codes(&app).await;
    app.hands.advance(301);
    browser.get("/").await.assert_status(200);
    let before = app.contents().await;
    browser
        .post(GENERATE, &[])
        .await
        .assert_redirect(&format!("/accounts/reauthenticate/?next={GENERATE}"));
    assert_eq!(app.contents().await, before);
    browser
        .post(REAUTHENTICATE, &[("code", &codes[0]), ("next", GENERATE)])
        .await
        .assert_redirect(GENERATE);
    browser.get(GENERATE).await.assert_says(
        200,
        "The 9 codes of the old set that are left will not work",
    );
    let answer = browser.post(GENERATE, &[]).await;
    answer.assert_redirect("/accounts/2fa/recovery-codes/?done=codes-generated");
    assert!(codes.iter().all(|code| !answer.body.contains(code)));
    let page = browser.get(answer.header("location")).await;
    page.assert_says(200, "A new set of recovery codes has been generated")
        .assert_says(200, "10 of 10 codes are left");
    assert_eq!(page.header("cache-control"), "no-store");
    for code in codes.iter().skip(1).take(4) {
        page.assert_lacks(code);
        app.pending("anna")
            .await
            .authenticate(code)
            .await
            .assert_status(422);
    }
    browser
        .get(SETTINGS)
        .await
        .assert_says(200, "the old codes do not work any more");
}

/// Every value of every table, blobs in hex.
async fn dump(app: &TestApp) -> String {
    let tables = match app.kind {
        Kind::Sqlite => "select name from sqlite_master where type = 'table' order by name",
        Kind::Postgres => "select tablename::text from pg_tables where schemaname = 'public'",
    };
    let mut all = String::new();
    for table in app.texts(tables).await {
        let row = match app.kind {
            Kind::Sqlite => app
                .texts(&format!(
                    "select 'quote(\"' || name || '\")' from pragma_table_info('{table}')"
                ))
                .await
                .join(" || "),
            Kind::Postgres => "cast(whole as text)".to_owned(),
        };
        for row in app
            .texts(&format!("select {row} from {table} as whole"))
            .await
        {
            all.push_str(&row.to_lowercase());
            all.push('\n');
        }
    }
    assert!(
        all.contains("anna@example.org") && all.len() > 4000,
        "{all}"
    );
    all
}

/// A text as it is, in hex, and in base 64 at each of the three places it can begin at.
fn spellings(text: &str) -> Vec<String> {
    let mut spellings = vec![text.to_owned(), hex(text.as_bytes())];
    for start in 0..3 {
        let whole = (text.len() - start) / 3 * 3;
        spellings.push(BASE64_STANDARD.encode(&text[start..start + whole]));
    }
    spellings.iter().map(|one| one.to_lowercase()).collect()
}

async fn rec_07_a_dump_of_the_database_has_no_code_and_no_secret(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let mut pending = app.pending("anna").await;
    pending.authenticate(&codes[0]).await.assert_status(303);
    let dump = dump(&app).await;
    let mut secrets = vec![
        authenticator.secret().to_owned(),
        browser.cookie(SESSION).to_owned(),
    ];
    for code in &codes {
        secrets.extend([code.clone(), code.replace('-', "")]);
    }
    for secret in &secrets {
        for spelling in spellings(secret) {
            assert!(
                !dump.contains(&spelling),
                "{secret} stands there as {spelling}"
            );
        }
    }
    // what is not secret is found by the same search
    let found = |text: &str| spellings(text).iter().any(|one| dump.contains(one));
    assert!(found("phone") && found("anna"));
}

async fn rec_08_wrong_codes_are_slowed_and_a_hundred_close_the_set(kind: Kind) {
    const WRONG: &str = "0000-0000-0000-0000-0000-0000";
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let mut tried = 0;
    for _ in 0..4 {
        let mut attacker = app.pending("anna").await;
        for _ in 0..4 {
            let answer = attacker.authenticate(WRONG).await;
            tried += i64::from(answer.status == 422);
        }
    }
    assert_eq!(tried, 10);
    let failures = "select failures from mfa_recovery_set";
    assert_eq!(app.number(failures).await, 10);
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(429);
    // the app counts apart
    let code = app.next_code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");

    app.execute("update mfa_recovery_set set failures = 99")
        .await;
    app.hands.advance(900);
    app.pending("anna")
        .await
        .authenticate(WRONG)
        .await
        .assert_status(422);
    assert_eq!(
        app.details("factor.closed").await,
        ["set of recovery codes"]
    );
    app.hands.advance(900);
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(422)
        .assert_lacks("Use a recovery code");
    browser
        .get(SETTINGS)
        .await
        .assert_says(200, "Too many wrong codes have closed this set");
    let code = app.next_code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    browser.post(GENERATE, &[]).await.assert_status(303);
    let new = app.recovery_codes(&mut browser).await;
    app.pending("anna")
        .await
        .authenticate(&new[0])
        .await
        .assert_redirect(USED);
}

async fn rec_09_few_codes_are_warned_of_and_the_last_is_told(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    for (left, code) in (0..10).rev().zip(&codes) {
        // the latest notices are shown, and the clock tells which they are
        app.hands.advance(1);
        let mut other = app.pending("anna").await;
        other.authenticate(code).await.assert_redirect(USED);
        let page = other.get(USED).await;
        page.assert_says(200, "You have signed in with a recovery code.")
            .assert_says(200, &format!("{left} of 10 codes are left."));
        assert_eq!(
            page.body.contains("before you run out"),
            left <= 3,
            "{left}"
        );
        assert_eq!(app.recovery_codes(&mut other).await.len(), left);
    }
    let mut last = app.pending("anna").await;
    last.get(AUTHENTICATE)
        .await
        .assert_status(200)
        .assert_lacks("Use a recovery code");
    let code = app.next_code(&authenticator);
    last.authenticate(&code).await.assert_redirect("/");
    last.get(CODES)
        .await
        .assert_says(200, "All codes are used.");
    last.get("/")
        .await
        .assert_says(200, "Your last recovery code was used. Make a new set.")
        .assert_says(200, "A recovery code was used. One is left.");
}

async fn rec_10_a_code_without_the_password_is_refused(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    let mut browser = app.browser();
    browser
        .authenticate(&codes[0])
        .await
        .assert_redirect("/accounts/login/?done=attempt-over");
    browser
        .post(REAUTHENTICATE, &[("code", &codes[0])])
        .await
        .assert_redirect("/accounts/login/");
    browser.sign_in("anna", &codes[0]).await.assert_status(401);
    browser
        .post(
            "/accounts/login/",
            &[("login", "anna"), ("code", &codes[0])],
        )
        .await
        .assert_status(400);
    assert!(!browser.is_signed_in().await);
    assert_eq!(left(&app).await, 10);
}

async fn case_separators_and_look_alikes_are_forgiven(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    for typed in [
        codes[0].to_lowercase(),
        codes[1].replace('-', ""),
        format!(" {} ", codes[2].replace('-', " ")),
        codes[3].replace('0', "O").replace('1', "l"),
        codes[4].replace('-', "–"),
    ] {
        app.pending("anna")
            .await
            .authenticate(&typed)
            .await
            .assert_redirect(USED);
    }
    assert_eq!(left(&app).await, 5);
}

async fn without_the_type_nothing_of_it_is_there(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    let off = [("MFA_SUPPORTED_TYPES", "totp")];
    let without = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.supported_types.recovery_codes = false;
        services.settings = std::sync::Arc::new(settings);
    });
    let mut pending = without.pending("anna").await;
    pending
        .get(AUTHENTICATE)
        .await
        .assert_status(200)
        .assert_lacks("ecovery code");
    pending.authenticate(&codes[0]).await.assert_status(422);

    let never = TestApp::with_settings(kind, &off).await;
    let (mut browser, _) = never.with_factor("berta").await;
    assert_eq!(
        never.number("select count(*) from mfa_recovery_set").await,
        0
    );
    for page in [SETTINGS, AUTHENTICATE, "/accounts/2fa/totp/deactivate/"] {
        browser.get(page).await.assert_lacks("View recovery codes");
    }
    for path in [CODES, GENERATE] {
        browser.post(path, &[]).await.assert_status(404);
    }
    for path in [CODES, GENERATE, "/accounts/2fa/recovery-codes/download/"] {
        browser.get(path).await.assert_status(404);
    }
    browser
        .post("/api/recovery-codes", &[])
        .await
        .assert_status(404);
}
