//! Sealed secrets in the database; group RST.

use crate::{
    mfa::rotation::flow::{Held, State},
    server::router::PAGES,
    tests::support::{
        ACTIVATE, AUTHENTICATE, Authenticator, Kind, OTHER_KEY, REAUTHENTICATE, SETTINGS, TestApp,
        on_both,
    },
};

on_both!(
    rst_10_secrets_swapped_between_two_accounts_open_in_neither,
    rst_10_a_secret_of_an_enrolment_opens_as_no_app,
    rst_13_a_clock_set_back_a_year_after_sealing_reads_everything,
    a_secret_that_no_key_opens_is_refused_and_other_factors_work,
    rst_03_the_keys_that_are_missing_are_counted,
    rst_16_a_secret_is_on_the_one_page_that_shows_it,
    sealed_secrets_carry_the_id_of_the_key_that_opens_them,
);

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
    let other = app.with_keys(OTHER_KEY);
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
    let id = app.services.settings.encryption_keys.first().id();
    let other = app.with_keys(OTHER_KEY);
    let held = crate::mfa::rotation::flow::status(&other.services).await;
    let missing = Held {
        key_id: id,
        secrets: 11,
        state: State::Missing,
    };
    assert_eq!(held.unwrap()[1..], [missing]);
}

async fn sealed_secrets_carry_the_id_of_the_key_that_opens_them(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let first = app.services.settings.encryption_keys.first();
    let (id, old) = (first.id(), first.fernet_text());
    let both = app.with_keys(&format!("{OTHER_KEY},{old}"));
    both.with_factor("berta").await;
    let ids = app
        .texts("select distinct key_id from mfa_totp order by key_id")
        .await;
    let mut expected = vec![id, both.services.settings.encryption_keys.first().id()];
    expected.sort();
    assert_eq!(ids, expected);
}

async fn rst_16_a_secret_is_on_the_one_page_that_shows_it(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let (_, bertas) = app.with_factor("berta").await;
    let codes = app.recovery_codes(&mut browser).await;
    let tablet = Authenticator::scan(&browser.get(ACTIVATE).await);
    let stored = "select sealed_secret from mfa_totp union all select sealed_secret from mfa_totp_enrolment \
         union all select sealed_code from mfa_recovery_code union all select password_hash from account";
    let mut nowhere = app.texts(stored).await;
    nowhere.extend(browser.cookies.values().cloned());
    nowhere.extend([phone, bertas].map(|app| app.secret().to_owned()));
    let grouped = |secret: &str| {
        let groups = secret.as_bytes().chunks(4).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join(" ")
    };
    nowhere.extend(
        nowhere
            .clone()
            .iter()
            .filter(|text| text.len() == 32)
            .map(|text| grouped(text)),
    );
    let paths = PAGES.iter().map(|path| (path.as_str(), false));
    let functions = super::server_functions().into_iter();
    let functions = functions.filter(|path| path.starts_with("/api/"));
    for (path, is_function) in paths.chain(functions.map(|path| (path, true))) {
        let answer = if is_function {
            browser.post(path, &[]).await
        } else {
            browser.get(path).await
        };
        for secret in &nowhere {
            answer.assert_lacks(secret);
        }
        if !path.contains("recovery-codes") {
            answer.assert_lacks(&codes[0]);
        }
        if !path.contains("totp/activate") && path != "/api/totp/enrolment" {
            answer.assert_lacks(tablet.secret());
            answer.assert_lacks(&grouped(tablet.secret()));
        }
    }
}
