//! Between the password and the second factor nobody is signed in; group MFA, and SES with a factor.

use super::{fields_with, packaged, pages, send, server_functions};
use crate::tests::support::{
    ACTIVATE, ATTEMPT, AUTHENTICATE, CODES, DEACTIVATE, DEVICE, Kind, PASSWORD, REAUTHENTICATE,
    SESSION, TestApp, on_both,
};

on_both!(
    mfa_01_a_sign_in_under_way_is_nobody_on_every_page_and_for_every_function,
    mfa_02_the_token_of_a_sign_in_under_way_opens_no_session_and_the_reverse,
    mfa_03_without_the_first_step_too_late_or_used_there_is_no_second_and_no_hint_whose,
    mfa_05_a_code_of_somebody_else_is_refused_and_counted_on_the_one_who_signs_in,
    mfa_08_with_every_kind_switched_off_all_codes_are_refused_alike,
    mfa_18_how_somebody_signed_in_is_recorded,
    mfa_20_a_known_browser_is_no_second_factor,
    mfa_21_other_requests_neither_end_a_sign_in_under_way_nor_complete_it,
    ses_01_each_step_has_its_own_token_and_the_old_ones_are_refused,
    ses_02_a_planted_token_of_a_sign_in_under_way_is_never_adopted,
);

const OVER: &str = "/accounts/login/?done=attempt-over";
/// What a sign-in under way is for.
const OWN: [&str; 3] = [
    "/accounts/2fa/authenticate/",
    "/accounts/2fa/authenticate/cancel/",
    "/api/authenticate/offer",
];

/// How many wrong codes in a row the apps of all accounts have seen.
async fn failures(app: &TestApp) -> i64 {
    app.number("select cast(sum(failures) as bigint) from mfa_totp")
        .await
}

async fn mfa_01_a_sign_in_under_way_is_nobody_on_every_page_and_for_every_function(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let pending = app.pending("anna").await;
    let before = app.contents().await;
    for page in pages().into_iter().filter(|page| *page != AUTHENTICATE) {
        let answer = pending.clone().get(page).await;
        let stranger = app.browser().get(page).await;
        assert_eq!(
            answer.comparable("anna"),
            stranger.comparable("anna"),
            "{page}"
        );
    }
    let id = app.texts("select id from mfa_totp").await;
    let fields = fields_with(&id[0]);
    for path in server_functions() {
        if OWN.contains(&path) || path == "/accounts/login/" {
            continue;
        }
        let answer = send(&mut pending.clone(), path, &fields).await;
        let stranger = send(&mut app.browser(), path, &fields).await;
        assert_eq!(
            answer.comparable("anna"),
            stranger.comparable("anna"),
            "{path}"
        );
    }
    assert_eq!(app.contents().await, before);
    // and its own functions tell nothing but what to type
    let mut browser = pending.clone();
    for path in OWN.into_iter().rev().chain(["/accounts/login/"]) {
        browser.post(path, &fields).await.assert_lacks("anna@");
        assert_eq!(browser.cookie(SESSION), "", "{path}");
    }
    assert!(!browser.is_signed_in().await);
}

async fn mfa_02_the_token_of_a_sign_in_under_way_opens_no_session_and_the_reverse(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (full, authenticator) = app.with_factor("anna").await;
    let pending = app.pending("anna").await;
    let mut forged = app.browser();
    forged.set_cookie(SESSION, pending.cookie(ATTEMPT));
    forged.set_cookie(ATTEMPT, full.cookie(SESSION));
    let before = app.contents().await;
    let code = app.next_code(&authenticator);
    let id = app.texts("select id from mfa_totp").await;
    for path in [ACTIVATE, CODES, DEACTIVATE] {
        let answer = forged.clone().get(path).await;
        answer.assert_redirect(&format!("/accounts/login/?next={path}"));
    }
    for path in [
        ACTIVATE,
        DEACTIVATE,
        CODES,
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/password/change/",
        REAUTHENTICATE,
        AUTHENTICATE,
    ] {
        let mut fields = fields_with(&id[0]);
        fields.retain(|(name, _)| *name != "code");
        fields.push(("code", &code));
        let answer = forged.clone().post(path, &fields).await;
        answer.assert_status(303);
        assert!(
            answer.header("location").starts_with("/accounts/login/"),
            "{path}"
        );
    }
    assert_eq!(app.contents().await, before);
}

async fn mfa_03_without_the_first_step_too_late_or_used_there_is_no_second_and_no_hint_whose(
    kind: Kind,
) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let mut in_time = app.pending("anna").await;
    app.hands.advance(299);
    let code = app.code(&authenticator);
    in_time.authenticate(&code).await.assert_redirect("/");

    let mut expired = app.pending("anna").await;
    app.hands.advance(300);
    let code = app.code(&authenticator);
    let mut answers = vec![expired.authenticate(&code).await];
    let mut again = app.pending("anna").await;
    let mut first = again.clone();
    first.authenticate(&code).await.assert_redirect("/");
    let code = app.next_code(&authenticator);
    answers.push(again.authenticate(&code).await);
    let mut never = app.browser();
    answers.push(never.authenticate(&code).await);
    for answer in &answers {
        answer.assert_redirect(OVER);
        assert_eq!(answer.comparable("anna"), answers[0].comparable("anna"));
    }
    for browser in [&mut expired, &mut again, &mut never] {
        browser.get(AUTHENTICATE).await.assert_redirect(OVER);
        browser
            .get(OVER)
            .await
            .assert_says(200, "run out")
            .assert_lacks("anna");
        assert!(!browser.is_signed_in().await);
    }
    // the code was not looked at
    assert_eq!(failures(&app).await, 0);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
}

async fn mfa_05_a_code_of_somebody_else_is_refused_and_counted_on_the_one_who_signs_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let (mut hers, berta) = app.with_factor("berta").await;
    let codes = app.recovery_codes(&mut hers).await;
    let code = app.next_code(&berta);
    for (given, failed) in [(&code, "mfa_totp"), (&codes[0], "mfa_recovery_set")] {
        app.pending("anna")
            .await
            .authenticate(given)
            .await
            .assert_says(422, "not right");
        let counted = app
            .texts(&format!(
                "select username from {failed} join account on account.id = account_id where failures = 1"
            ))
            .await;
        assert_eq!(counted, ["anna"], "{failed}");
    }
    // nothing of hers is spent
    for given in [&code, &codes[0]] {
        app.pending("berta")
            .await
            .authenticate(given)
            .await
            .assert_status(303);
    }
}

async fn mfa_08_with_every_kind_switched_off_all_codes_are_refused_alike(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let without = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.supported_types.totp = false;
        settings.supported_types.recovery_codes = false;
        services.settings = std::sync::Arc::new(settings);
    });
    // the password alone is still not enough
    let mut pending = without.pending("anna").await;
    pending
        .get(AUTHENTICATE)
        .await
        .assert_says(200, "No way of confirming is left")
        .assert_lacks("name=\"code\"");
    let right = pending.authenticate(&app.next_code(&authenticator)).await;
    right.assert_status(422);
    let recovery = pending.authenticate(&codes[0]).await;
    assert_eq!(recovery.comparable("anna"), right.comparable("anna"));
    assert!(!pending.is_signed_in().await);
    // back on, both work: nothing was spent
    app.pending("anna")
        .await
        .authenticate(&app.code(&authenticator))
        .await
        .assert_redirect("/");
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(303);
}

async fn mfa_18_how_somebody_signed_in_is_recorded(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let code = app.next_code(&authenticator);
    for (given, methods, words) in [
        (&codes[0], "pwd rc", "password and recovery code"),
        (&code, "pwd otp", "password and authenticator app"),
    ] {
        let mut other = app.pending("anna").await;
        other.authenticate(given).await.assert_status(303);
        other.get("/").await.assert_says(200, words);
        let stored = app.texts("select methods from session").await;
        assert!(stored.contains(&methods.to_owned()), "{stored:?}");
        let told = app.details("sign_in").await;
        assert!(told.contains(&methods.to_owned()), "{told:?}");
    }
}

async fn mfa_20_a_known_browser_is_no_second_factor(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    let device = browser.cookie(DEVICE).to_owned();
    assert!(!device.is_empty());
    browser
        .post("/accounts/logout/", &[])
        .await
        .assert_status(303);
    let (_, _) = app.with_factor("berta").await;
    for name in ["anna", "berta"] {
        let mut there = app.browser();
        there.set_cookie(DEVICE, &device);
        let answer = there.sign_in(name, PASSWORD).await;
        answer.assert_redirect(AUTHENTICATE);
        assert!(!there.is_signed_in().await, "{name}");
    }
}

async fn mfa_21_other_requests_neither_end_a_sign_in_under_way_nor_complete_it(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let mut pending = app.pending("anna").await;
    let token = pending.cookie(ATTEMPT).to_owned();
    packaged(&mut pending, ".css").await;
    for path in [
        "/favicon.svg",
        "/robots.txt",
        "/accounts/login/",
        AUTHENTICATE,
        "/healthz",
    ] {
        pending.get(path).await.assert_status(200);
    }
    for path in ["/", "/accounts/sessions/"] {
        assert!(
            pending
                .get(path)
                .await
                .assert_status(303)
                .header("location")
                .starts_with("/accounts/login/")
        );
    }
    assert_eq!(
        (pending.cookie(SESSION), pending.cookie(ATTEMPT)),
        ("", &*token)
    );
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_redirect("/");
    assert!(pending.is_signed_in().await);
}

async fn ses_01_each_step_has_its_own_token_and_the_old_ones_are_refused(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let mut browser = app.browser();
    let answer = browser.sign_in("anna", PASSWORD).await;
    assert_eq!(answer.set_cookies().len(), 1);
    let (_, attributes) = answer.set_cookies()[0].split_once(';').unwrap();
    assert_eq!(
        attributes,
        " Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300"
    );
    let mut pending = browser.clone();
    let code = app.next_code(&authenticator);
    browser.authenticate(&code).await.assert_redirect("/");
    assert_eq!(browser.cookie(ATTEMPT), "");
    assert_ne!(browser.cookie(SESSION), pending.cookie(ATTEMPT));
    let mut full = browser.clone();
    let code = app.next_code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    assert_ne!(browser.cookie(SESSION), full.cookie(SESSION));
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_redirect(OVER);
    assert!(!full.is_signed_in().await && browser.is_signed_in().await);

    // signing in over it: the session lives until the second factor is right, and not longer
    let mut before = browser.clone();
    browser
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect(AUTHENTICATE);
    assert!(before.is_signed_in().await);
    browser.authenticate(&code).await.assert_redirect("/");
    assert!(!before.is_signed_in().await && browser.is_signed_in().await);
}

async fn ses_02_a_planted_token_of_a_sign_in_under_way_is_never_adopted(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    app.with_factor("eve").await;
    let mut eve = app.pending("eve").await;
    for planted in [
        eve.cookie(ATTEMPT).to_owned(),
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned(),
        "1".to_owned(),
    ] {
        let mut browser = app.browser();
        browser.set_cookie(ATTEMPT, &planted);
        browser
            .sign_in("anna", PASSWORD)
            .await
            .assert_redirect(AUTHENTICATE);
        assert_ne!(browser.cookie(ATTEMPT), planted);
        let code = app.next_code(&authenticator);
        browser.authenticate(&code).await.assert_redirect("/");
        browser.get("/").await.assert_says(200, "Signed in as anna");
    }
    let code = app.next_code(&authenticator);
    eve.authenticate(&code).await.assert_status(422);
}
