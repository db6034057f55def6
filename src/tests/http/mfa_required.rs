//! `MFA_REQUIRED`: without a factor there is nothing to do but to add one; MFA-09 and LIF-01.

use super::{fields_with, pages, server_functions};
use crate::tests::support::{
    ACTIVATE, ADD, AUTHENTICATE, Browser, CODES, DEACTIVATE, KEYS, Kind, PASSWORD, REAUTHENTICATE,
    SESSION, SETTINGS, TestApp, on_both,
};

on_both!(
    mfa_09_without_a_factor_every_page_but_those_that_add_one_leads_to_the_settings,
    mfa_09_without_a_factor_every_function_but_those_that_add_one_is_refused,
    mfa_09_after_adding_a_factor_everything_works,
    mfa_09_adding_a_factor_asks_for_a_confirmation_too,
    mfa_09_a_policy_that_begins_later_binds_sessions_that_are_there,
    lif_01_the_last_factor_stays,
    lif_01_of_two_removals_at_once_one_is_refused,
);

/// Pages for whoever has to add a factor, or for everybody.
const PAGES: [&str; 9] = [
    ACTIVATE,
    ADD,
    AUTHENTICATE,
    KEYS,
    REAUTHENTICATE,
    SETTINGS,
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/setup/",
];
/// Functions for the same.
const FUNCTIONS: [&str; 24] = [
    "/accounts/2fa/authenticate/",
    "/accounts/2fa/authenticate/cancel/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/totp/activate/new-secret/",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/notices/dismiss/",
    "/accounts/reauthenticate/",
    "/accounts/setup/",
    "/api/authenticate/offer",
    "/api/login/destination",
    "/api/login/passkey",
    "/api/notices",
    "/api/password-rules",
    "/api/reauthenticate/question",
    "/api/settings",
    "/api/setup",
    "/api/totp/enrolment",
    "/api/webauthn/addition",
    "/api/webauthn/authentication/finish",
    "/api/webauthn/authentication/start",
    "/api/webauthn/keys",
    "/api/webauthn/registration/finish",
    "/api/webauthn/registration/start",
];

async fn required(kind: Kind) -> TestApp {
    TestApp::with_settings(kind, &[("MFA_REQUIRED", "true")]).await
}

async fn without_factor(kind: Kind) -> (TestApp, Browser) {
    let app = required(kind).await;
    app.account("anna").await;
    let browser = app.signed_in("anna").await;
    (app, browser)
}

async fn mfa_09_without_a_factor_every_page_but_those_that_add_one_leads_to_the_settings(
    kind: Kind,
) {
    let (_app, mut browser) = without_factor(kind).await;
    let refused: Vec<_> = pages()
        .into_iter()
        .filter(|page| !PAGES.contains(page))
        .collect();
    assert!(refused.len() >= 7, "{refused:?}");
    for page in refused {
        let answer = browser.get(page).await;
        answer.assert_redirect(SETTINGS).assert_lacks("anna@");
    }
    browser
        .get(SETTINGS)
        .await
        .assert_says(200, "This site asks for a second factor. Add one to go on.")
        .assert_says(200, "Sign out");
    browser.get(ACTIVATE).await.assert_says(200, "<svg");
}

async fn mfa_09_without_a_factor_every_function_but_those_that_add_one_is_refused(kind: Kind) {
    let (app, mut browser) = without_factor(kind).await;
    let other = app.signed_in("anna").await;
    let before = app.contents().await;
    let refused: Vec<_> = server_functions()
        .into_iter()
        .filter(|path| !FUNCTIONS.contains(path))
        .collect();
    assert!(refused.len() >= 9, "{refused:?}");
    let id = app.texts("select id from session order by id desc").await;
    for path in refused {
        let answer = browser.post(path, &fields_with(&id[0])).await;
        if path.starts_with("/api/") {
            answer.assert_says(403, "EnrolFirst");
        } else {
            answer.assert_redirect(SETTINGS);
        }
        assert_eq!(app.contents().await, before, "{path}");
    }
    drop(other);
}

async fn mfa_09_after_adding_a_factor_everything_works(kind: Kind) {
    let (app, mut browser) = without_factor(kind).await;
    let authenticator = app.enrol(&mut browser, "phone").await;
    let code = app.next_code(&authenticator);
    let mut other = app.pending("anna").await;
    other.authenticate(&code).await.assert_redirect("/");
    for here in [&mut browser, &mut other] {
        for page in pages() {
            let answer = here.get(page).await;
            match page {
                "/accounts/login/" => answer.assert_redirect("/"),
                AUTHENTICATE => answer.assert_status(303),
                "/accounts/setup/" => &answer,
                // no key has this id
                _ if page.contains("{id}") => answer.assert_status(404),
                _ => answer.assert_status(200),
            };
        }
    }
    // so does a recovery code, for whoever has lost the app
    let codes = app.recovery_codes(&mut browser).await;
    let mut lost = app.pending("anna").await;
    lost.authenticate(&codes[0]).await.assert_status(303);
    assert!(lost.is_signed_in().await);
}

async fn mfa_09_adding_a_factor_asks_for_a_confirmation_too(kind: Kind) {
    let (app, mut browser) = without_factor(kind).await;
    app.hands.advance(301);
    browser
        .get(ACTIVATE)
        .await
        .assert_redirect(&format!("/accounts/reauthenticate/?next={ACTIVATE}"));
    browser
        .post(ACTIVATE, &[("code", "000000")])
        .await
        .assert_redirect(&format!("/accounts/reauthenticate/?next={ACTIVATE}"));
    let fields = [("password", PASSWORD), ("next", ACTIVATE)];
    browser
        .post(REAUTHENTICATE, &fields)
        .await
        .assert_redirect(ACTIVATE);
    browser.get("/").await.assert_redirect(SETTINGS);
    app.enrol(&mut browser, "phone").await;
    assert!(browser.is_signed_in().await);
}

async fn mfa_09_a_policy_that_begins_later_binds_sessions_that_are_there(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let now = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.mfa_required = true;
        services.settings = std::sync::Arc::new(settings);
    });
    let mut there = now.browser();
    there.set_cookie(SESSION, browser.cookie(SESSION));
    there.get("/").await.assert_redirect(SETTINGS);
    there.post("/api/sessions", &[]).await.assert_status(403);
    app.enrol(&mut browser, "phone").await;
    there.set_cookie(SESSION, browser.cookie(SESSION));
    assert!(there.is_signed_in().await);
}

async fn lif_01_the_last_factor_stays(kind: Kind) {
    let app = required(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    let id = app.texts("select id from mfa_totp").await;
    let before = app.contents().await;
    browser
        .get(DEACTIVATE)
        .await
        .assert_says(200, "the last one cannot be removed")
        .assert_lacks("<button>Deactivate");
    let token = browser.cookie(SESSION).to_owned();
    for fields in [&[][..], &[("id", &*id[0])]] {
        browser
            .post(DEACTIVATE, fields)
            .await
            .assert_says(422, "the last one cannot be removed");
    }
    assert_eq!(app.contents().await, before);
    assert_eq!(browser.cookie(SESSION), token);
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);
    // with another one it goes
    app.enrol(&mut browser, "tablet").await;
    browser
        .post(DEACTIVATE, &[("id", &id[0])])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-deactivated");
    assert_eq!(app.texts("select label from mfa_totp").await, ["tablet"]);
    browser.get(CODES).await.assert_status(200);
}

async fn lif_01_of_two_removals_at_once_one_is_refused(kind: Kind) {
    let app = required(kind).await;
    let second = app.second_process().await;
    let (mut browser, _) = app.with_factor("anna").await;
    for round in 0..10 {
        app.enrol(&mut browser, "one more").await;
        let ids = app.texts("select id from mfa_totp order by id").await;
        let mut there = second.browser();
        there.cookies.clone_from(&browser.cookies);
        let (left, right) = ([("id", &*ids[0])], [("id", &*ids[1])]);
        let (one, other) = tokio::join!(
            browser.post(DEACTIVATE, &left),
            there.post(DEACTIVATE, &right)
        );
        let done = [&one, &other].map(|answer| {
            u8::from(answer.header("location") == "/accounts/2fa/?done=totp-deactivated")
        });
        assert_eq!(
            done[0] + done[1],
            1,
            "round {round}: {} {}",
            one.status,
            other.status
        );
        assert_eq!(app.number("select count(*) from mfa_totp").await, 1);
        assert_eq!(app.number("select count(*) from mfa_recovery_set").await, 1);
        if done[1] == 1 {
            browser.cookies.clone_from(&there.cookies);
        }
    }
}
