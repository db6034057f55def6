//! Authenticator apps: setting up, signing in, removing; group TOT.

use crate::tests::support::{
    ACTIVATE, AUTHENTICATE, Authenticator, CODES, DEACTIVATE, Kind, SETTINGS, TestApp, on_both,
};

on_both!(
    an_app_is_set_up_and_signs_in_from_then_on,
    tot_14_the_secret_is_never_shown_after_it_was_confirmed,
    tot_16_a_removed_app_is_dead_at_once,
    mfa_10_an_app_that_was_not_confirmed_does_not_gate_signing_in,
    mfa_11_only_the_secret_shown_last_counts,
    a_secret_stays_for_ten_minutes_and_its_session,
    several_apps_each_with_its_label_sign_in,
    lif_11_an_account_has_at_most_ten_apps,
    labels_are_text_and_have_a_limit,
    without_the_type_nothing_of_it_is_there,
);

async fn an_app_is_set_up_and_signs_in_from_then_on(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let page = browser.get(ACTIVATE).await;
    page.assert_says(200, "<svg");
    assert!(page.body.contains("otpauth://totp/Inmor%20Admin:anna?"));
    let authenticator = Authenticator::scan(&page);
    let old = browser.cookie("__Host-session").to_owned();
    let code = app.code(&authenticator);
    browser
        .post(ACTIVATE, &[("code", &code), ("name", "")])
        .await
        .assert_redirect("/accounts/2fa/recovery-codes/?done=totp-activated");
    assert_ne!(browser.cookie("__Host-session"), old);
    browser
        .get(SETTINGS)
        .await
        .assert_says(200, "Authenticator app");
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);

    let mut other = app.pending("anna").await;
    assert!(!other.is_signed_in().await);
    let code = app.next_code(&authenticator);
    other.authenticate(&code).await.assert_redirect("/");
    assert!(other.is_signed_in().await);
    assert_eq!(app.details("sign_in").await, ["pwd", "pwd otp"]);
}

async fn tot_14_the_secret_is_never_shown_after_it_was_confirmed(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let grouped: Vec<_> = authenticator
        .secret()
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    for path in [ACTIVATE, SETTINGS, DEACTIVATE, CODES, "/"] {
        let page = browser.get(path).await;
        page.assert_status(200).assert_lacks(authenticator.secret());
        page.assert_lacks(&grouped.join(" "));
    }
}

async fn tot_16_a_removed_app_is_dead_at_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, old) = app.with_factor("anna").await;
    let mut pending = app.pending("anna").await;
    browser
        .post(DEACTIVATE, &[])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-deactivated");
    let code = app.next_code(&old);
    pending
        .authenticate(&code)
        .await
        .assert_redirect("/accounts/login/?done=attempt-over");
    let new = app.enrol(&mut browser, "phone").await;
    assert_ne!(old.secret(), new.secret());
    let code = app.next_code(&old);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
    let code = app.code(&new);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
}

async fn mfa_10_an_app_that_was_not_confirmed_does_not_gate_signing_in(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    browser.get(ACTIVATE).await.assert_status(200);
    browser
        .post("/accounts/logout/", &[])
        .await
        .assert_status(303);
    assert!(app.signed_in("anna").await.is_signed_in().await);
}

async fn mfa_11_only_the_secret_shown_last_counts(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let first = Authenticator::scan(&browser.get(ACTIVATE).await);
    browser
        .post("/accounts/2fa/totp/activate/new-secret/", &[])
        .await
        .assert_redirect("/accounts/2fa/totp/activate/?done=new-secret");
    let second = Authenticator::scan(&browser.get(ACTIVATE).await);
    assert_ne!(first.secret(), second.secret());
    let code = app.code(&first);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_says(422, "not right");
    let code = app.code(&second);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_status(303);
    assert_eq!(app.number("select count(*) from mfa_totp").await, 1);
}

async fn a_secret_stays_for_ten_minutes_and_its_session(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("REAUTHENTICATION_TIMEOUT", "3600")]).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let first = Authenticator::scan(&browser.get(ACTIVATE).await);
    app.hands.advance(599);
    assert_eq!(
        Authenticator::scan(&browser.get(ACTIVATE).await).secret(),
        first.secret()
    );
    let other = Authenticator::scan(&app.signed_in("anna").await.get(ACTIVATE).await);
    assert_ne!(other.secret(), first.secret());
    app.hands.advance(1);
    let code = app.code(&first);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_says(422, "not valid any more");
    assert_ne!(
        Authenticator::scan(&browser.get(ACTIVATE).await).secret(),
        first.secret()
    );
}

async fn several_apps_each_with_its_label_sign_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let page = browser.get(ACTIVATE).await;
    let tablet = Authenticator::scan(&page);
    let code = app.code(&tablet);
    browser
        .post(ACTIVATE, &[("code", &code), ("name", " my tablet ")])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-activated");
    let page = browser.get(SETTINGS).await;
    page.assert_says(200, "my tablet").assert_says(200, "phone");
    for one in [&phone, &tablet] {
        let code = app.next_code(one);
        app.pending("anna")
            .await
            .authenticate(&code)
            .await
            .assert_redirect("/");
    }
    browser
        .post(DEACTIVATE, &[])
        .await
        .assert_says(422, "Choose which authenticator app");
    let id = app
        .texts("select id from mfa_totp where label = 'phone'")
        .await;
    browser
        .post(DEACTIVATE, &[("id", &id[0])])
        .await
        .assert_status(303);
    assert_eq!(app.texts("select label from mfa_totp").await, ["my tablet"]);
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);
}

async fn lif_11_an_account_has_at_most_ten_apps(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("REAUTHENTICATION_TIMEOUT", "3600")]).await;
    let (mut browser, _) = app.with_factor("anna").await;
    for _ in 1..10 {
        app.enrol(&mut browser, "one more").await;
    }
    let authenticator = Authenticator::scan(&browser.get(ACTIVATE).await);
    let code = app.code(&authenticator);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_says(422, "ten authenticator apps");
    assert_eq!(app.number("select count(*) from mfa_totp").await, 10);
}

async fn labels_are_text_and_have_a_limit(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("REAUTHENTICATION_TIMEOUT", "3600")]).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let authenticator = Authenticator::scan(&browser.get(ACTIVATE).await);
    for bad in ["x".repeat(65), "a\nb".to_owned(), "a\0b".to_owned()] {
        let code = app.code(&authenticator);
        browser
            .post(ACTIVATE, &[("code", &code), ("name", &bad)])
            .await
            .assert_says(422, "at most 64");
    }
    app.enrol(&mut browser, "<script>alert(1)</script>").await;
    for path in [SETTINGS, DEACTIVATE] {
        browser
            .get(path)
            .await
            .assert_status(200)
            .assert_lacks("<script>alert");
    }
}

async fn without_the_type_nothing_of_it_is_there(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let without = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.supported_types.totp = false;
        services.settings = std::sync::Arc::new(settings);
    });
    let mut pending = without.pending("anna").await;
    pending
        .get(AUTHENTICATE)
        .await
        .assert_status(200)
        .assert_lacks("Code from your authenticator app");
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_status(422);
    pending.authenticate(&codes[0]).await.assert_status(303);
    pending
        .get(SETTINGS)
        .await
        .assert_status(200)
        .assert_lacks("Set up an authenticator app");
    for path in [ACTIVATE, DEACTIVATE] {
        pending.get(path).await.assert_status(404);
        pending
            .post(path, &[("code", "123456")])
            .await
            .assert_status(404);
    }
}
