//! Sets of recovery codes: made, replaced as a whole, nowhere in clear; group REC.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    crypto::hex,
    tests::support::{
        AUTHENTICATE, Browser, CODES, Kind, REAUTHENTICATE, SESSION, SETTINGS, TestApp, on_both,
    },
};

on_both!(
    rec_04_two_sets_made_at_once_are_one_set_and_the_other_is_void,
    rec_05_a_new_set_needs_a_confirmation_and_voids_the_old_codes,
    rec_07_a_dump_of_the_database_has_no_code_and_no_secret,
    without_the_type_nothing_of_it_is_there,
);

const USED: &str = "/accounts/2fa/?done=recovery-code-used";
const GENERATE: &str = "/accounts/2fa/recovery-codes/generate/";

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
        "The 9 codes that are left of the old set will not work",
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
