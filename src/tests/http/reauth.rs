//! Confirming who one is before something sensitive; group SUD.

use super::{fields_with, send, server_functions};
use crate::tests::support::{
    ACTIVATE, ADD, Authenticator, CODES, DEACTIVATE, Kind, REAUTHENTICATE, SESSION, TestApp,
    on_both,
};

on_both!(
    sud_01_every_sensitive_function_asks_first_and_changes_nothing,
    sud_02_a_confirmation_lasts_five_minutes_and_use_does_not_prolong_it,
    sud_03_confirming_renews_the_token_and_the_old_one_is_dead,
    sud_08_what_was_typed_comes_back_after_confirming_and_is_done_once,
    the_page_says_what_for_and_names_no_app_of_somebody_else,
    the_way_on_is_a_path_of_this_site_or_home,
);

/// What needs no confirmation: it only reads what is no secret, or it is a way of signing in,
/// confirming or signing out. A function that is not named here is sensitive.
const PLAIN: [&str; 21] = [
    "/accounts/2fa/authenticate/",
    "/accounts/2fa/authenticate/cancel/",
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
    "/api/sessions",
    "/api/settings",
    "/api/setup",
    "/api/standing",
    "/api/webauthn/authentication/finish",
    "/api/webauthn/authentication/start",
    "/api/webauthn/keys",
    "/api/gate",
];

fn sensitive() -> Vec<&'static str> {
    let all = server_functions();
    assert!(PLAIN.iter().all(|path| all.contains(path)), "{all:?}");
    let rest: Vec<_> = all
        .into_iter()
        .filter(|path| !PLAIN.contains(path))
        .collect();
    assert!(rest.len() >= 10, "{rest:?}");
    rest
}

async fn sud_01_every_sensitive_function_asks_first_and_changes_nothing(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    // an app is being set up, too
    browser.get(ACTIVATE).await.assert_status(200);
    app.hands.advance(301);
    browser.get("/").await.assert_status(200);
    let before = app.contents().await;
    let mut ids = app.texts("select id from session order by id desc").await;
    ids.extend(app.texts("select id from mfa_totp").await);
    for path in sensitive() {
        for id in &ids {
            let answer = send(&mut browser, path, &fields_with(id)).await;
            if path.starts_with("/api/") {
                answer.assert_says(403, "ConfirmFirst");
            } else {
                answer.assert_status(303);
                let location = answer.header("location");
                assert!(location.starts_with(REAUTHENTICATE), "{path}: {location}");
            }
            assert_eq!(app.contents().await, before, "{path}");
        }
    }
    for page in [
        ACTIVATE,
        ADD,
        DEACTIVATE,
        CODES,
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/recovery-codes/download/",
    ] {
        let answer = browser.get(page).await;
        answer.assert_redirect(&format!("/accounts/reauthenticate/?next={page}"));
    }
    // the same requests are let through after confirming
    let code = app.next_code(&authenticator);
    for path in sensitive() {
        if path == sensitive()[0] {
            browser.confirm(&code).await.assert_redirect("/");
        }
        let answer = send(&mut browser, path, &fields_with(&ids[0])).await;
        assert!(
            answer.status != 403 && !answer.header("location").starts_with(REAUTHENTICATE),
            "{path}: {}",
            answer.status
        );
    }
    assert_ne!(app.contents().await, before);
}

async fn sud_02_a_confirmation_lasts_five_minutes_and_use_does_not_prolong_it(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    app.hands.advance(1000);
    let code = app.code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    for _ in 0..3 {
        app.hands.advance(100);
        browser.get(CODES).await.assert_status(200);
        browser.get(ACTIVATE).await.assert_status(200);
    }
    app.hands.advance(1);
    for path in [CODES, ACTIVATE, DEACTIVATE] {
        browser
            .get(path)
            .await
            .assert_redirect(&format!("/accounts/reauthenticate/?next={path}"));
    }
    // asked again and again, until it is confirmed
    let code = app.code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    browser.get(CODES).await.assert_status(200);
}

async fn sud_03_confirming_renews_the_token_and_the_old_one_is_dead(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    app.hands.advance(301);
    let mut old = browser.clone();
    let code = app.code(&authenticator);
    let answer = browser.confirm(&code).await;
    assert_eq!(answer.set_cookies().len(), 1);
    assert_ne!(browser.cookie(SESSION), old.cookie(SESSION));
    browser.get(CODES).await.assert_status(200);
    assert!(!old.is_signed_in().await);
    let code = app.next_code(&authenticator);
    old.confirm(&code).await.assert_redirect("/accounts/login/");
    assert_eq!(app.details("reauthentication").await, ["otp"]);
}

async fn sud_08_what_was_typed_comes_back_after_confirming_and_is_done_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    app.hands.advance(200);
    let tablet = Authenticator::scan(&browser.get(ACTIVATE).await);
    app.hands.advance(101);
    let typed = [
        ("name", "my tablet & <b>"),
        ("code", &app.code(&tablet)),
        ("next", "/accounts/sessions/"),
    ];
    let answer = browser.post(ACTIVATE, &typed).await;
    answer.assert_status(303).assert_lacks(typed[1].1);
    let asked = answer.header("location").to_owned();
    assert!(!asked.contains(typed[1].1), "{asked}");
    assert_eq!(app.number("select count(*) from mfa_totp").await, 1);
    let page = browser.get(&asked).await;
    page.assert_says(200, "Add an authenticator app");
    let next = page.hidden("next");
    let code = app.code(&phone);
    browser
        .post(REAUTHENTICATE, &[("code", &code), ("next", &next)])
        .await
        .assert_redirect(&next);
    let page = browser.get(&next).await;
    page.assert_says(200, "value=\"my tablet &amp; &lt;b&gt;\"");
    assert_eq!(Authenticator::scan(&page).secret(), tablet.secret());
    let code = app.code(&tablet);
    browser
        .post(ACTIVATE, &[("name", typed[0].1), ("code", &code)])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-activated");
    let labels = app.texts("select label from mfa_totp order by label").await;
    assert_eq!(labels, ["my tablet & <b>", "phone"]);
}

async fn the_page_says_what_for_and_names_no_app_of_somebody_else(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    app.account("berta").await;
    let mut hers = app.signed_in("berta").await;
    app.enrol(&mut hers, "secret label").await;
    let ids = app
        .texts("select mfa_totp.id from mfa_totp join account on account.id = account_id order by username")
        .await;
    let about = |next: &str| format!("{REAUTHENTICATE}?next={next}");
    for (next, words) in [
        (CODES, "See your recovery codes"),
        (
            "/accounts/2fa/recovery-codes/generate/",
            "Replace your recovery codes",
        ),
        ("/accounts/password/change/", "Change your password"),
        ("/accounts/sessions/", "End other sessions"),
        ("/elsewhere/", "Go on"),
        (
            &format!("{DEACTIVATE}?id={}", ids[0]),
            "Deactivate authenticator app “phone”",
        ),
        (
            &format!("{DEACTIVATE}?id={}", ids[1]),
            "Deactivate an authenticator app",
        ),
        (
            &format!("{DEACTIVATE}?id=x"),
            "Deactivate an authenticator app",
        ),
    ] {
        browser
            .get(&about(next))
            .await
            .assert_says(200, words)
            .assert_lacks("secret label");
    }
    app.browser()
        .get(&about(CODES))
        .await
        .assert_redirect("/accounts/login/");
}

async fn the_way_on_is_a_path_of_this_site_or_home(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    for (next, goes) in [
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/%2fevil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie:%20a=b", "/"),
        (REAUTHENTICATE, "/"),
        ("/accounts/sessions/?evil=1", "/accounts/sessions/?evil=1"),
    ] {
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let address = format!("{REAUTHENTICATE}?next={query}");
        let page = browser.get(&address).await;
        page.assert_status(200);
        assert_eq!(page.body.contains("evil"), goes.contains("evil"), "{next}");
        // as a field, and in the address alone
        let code = app.next_code(&authenticator);
        browser
            .post(REAUTHENTICATE, &[("code", &code), ("next", next)])
            .await
            .assert_redirect(goes);
        let code = app.next_code(&authenticator);
        browser
            .post(&address, &[("code", &code)])
            .await
            .assert_redirect(goes);
    }
}
