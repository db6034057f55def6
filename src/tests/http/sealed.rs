//! Sealed secrets in the database; group RST.

use std::sync::Arc;

use crate::tests::support::{AUTHENTICATE, Kind, REAUTHENTICATE, SETTINGS, TestApp, on_both};

on_both!(
    rst_10_secrets_swapped_between_two_accounts_open_in_neither,
    rst_10_a_secret_of_an_enrolment_opens_as_no_app,
    rst_13_a_clock_set_back_a_year_after_sealing_reads_everything,
    a_secret_that_no_key_opens_is_refused_and_other_factors_work,
    rst_03_the_keys_that_are_missing_are_counted,
    sealed_secrets_carry_the_id_of_the_key_that_opens_them,
);

/// Other keys in a settings variable, as an operator would set them.
const OTHER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn with_keys(app: &TestApp, keys: &str) -> TestApp {
    let environment = [("MFA_ENCRYPTION_KEY", keys)];
    let loaded = crate::server::settings::Settings::load(
        Some(std::path::Path::new("/dev/null")),
        environment,
    );
    let settings = loaded.unwrap().settings;
    app.variant(|services| services.settings = Arc::new(settings))
}

async fn rst_10_secrets_swapped_between_two_accounts_open_in_neither(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, annas) = app.with_factor("anna").await;
    let (_, bertas) = app.with_factor("berta").await;
    let sealed = app
        .texts("select sealed_secret from mfa_totp order by id")
        .await;
    let ids = app.texts("select id from mfa_totp order by id").await;
    for (id, other) in ids.iter().zip(sealed.iter().rev()) {
        app.execute(&format!(
            "update mfa_totp set sealed_secret = '{other}' where id = '{id}'"
        ))
        .await;
    }
    for name in ["anna", "berta"] {
        for authenticator in [&annas, &bertas] {
            let code = app.next_code(authenticator);
            let answer = app.pending(name).await.authenticate(&code).await;
            answer.assert_says(503, "cannot read the secret");
        }
    }
}

async fn rst_10_a_secret_of_an_enrolment_opens_as_no_app(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    browser
        .get("/accounts/2fa/totp/activate/")
        .await
        .assert_status(200);
    app.execute(
        "update mfa_totp set sealed_secret = (select sealed_secret from mfa_totp_enrolment)",
    )
    .await;
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(503);
}

async fn rst_13_a_clock_set_back_a_year_after_sealing_reads_everything(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    app.hands.advance(-365 * 24 * 3600);
    let code = app.next_code(&authenticator);
    let mut browser = app.pending("anna").await;
    browser.authenticate(&code).await.assert_redirect("/");
    assert_eq!(app.recovery_codes(&mut browser).await, codes);
}

async fn a_secret_that_no_key_opens_is_refused_and_other_factors_work(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let other = with_keys(&app, OTHER_KEY);
    let mut pending = other.pending("anna").await;
    let code = app.next_code(&authenticator);
    pending
        .authenticate(&code)
        .await
        .assert_says(503, "Use another way, and tell your operator");
    pending
        .get(AUTHENTICATE)
        .await
        .assert_says(200, "recovery code");
    pending.authenticate(&codes[0]).await.assert_status(303);
    pending.get(SETTINGS).await.assert_status(200);
    pending
        .get("/accounts/2fa/recovery-codes/")
        .await
        .assert_says(503, "cannot read the secret");
    // and the factor can be replaced
    pending
        .post("/accounts/2fa/totp/deactivate/", &[])
        .await
        .assert_status(303);
    other.enrol(&mut pending, "new phone").await;
    pending.get(REAUTHENTICATE).await.assert_status(200);
}

async fn rst_03_the_keys_that_are_missing_are_counted(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let unreadable = crate::mfa::settings::flow::unreadable_keys;
    assert!(unreadable(&app.services).await.unwrap().is_empty());
    let id = app.services.settings.encryption_keys.first().id();
    let other = with_keys(&app, OTHER_KEY);
    assert_eq!(unreadable(&other.services).await.unwrap(), [(id, 11)]);
}

async fn sealed_secrets_carry_the_id_of_the_key_that_opens_them(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let first = app.services.settings.encryption_keys.first();
    let (id, old) = (first.id(), first.fernet_text());
    let both = with_keys(&app, &format!("{OTHER_KEY},{old}"));
    both.with_factor("berta").await;
    let ids = app
        .texts("select distinct key_id from mfa_totp order by key_id")
        .await;
    let mut expected = vec![id, both.services.settings.encryption_keys.first().id()];
    expected.sort();
    assert_eq!(ids, expected);
}
