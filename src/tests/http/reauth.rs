//! Confirming who one is before something sensitive; group SUD.

use super::{fields_with, server_functions};
use crate::tests::support::{
    ACTIVATE, Authenticator, CODES, DEACTIVATE, Kind, PASSWORD, REAUTHENTICATE, SESSION, SETTINGS,
    STEP, TestApp, on_both,
};

on_both!(
    sud_01_every_sensitive_function_asks_first_and_changes_nothing,
    sud_02_a_confirmation_lasts_five_minutes_and_use_does_not_prolong_it,
    sud_03_confirming_renews_the_token_and_the_old_one_is_dead,
    sud_04_the_password_is_not_enough_while_there_is_a_factor,
    sud_06_wrong_codes_count_as_those_of_signing_in,
    sud_06_wrong_passwords_count_as_those_of_signing_in,
    sud_07_a_confirmation_is_that_of_one_session,
    sud_08_what_was_typed_comes_back_after_confirming_and_is_done_once,
    sud_10_signing_in_counts_as_confirming,
    the_page_says_what_for_and_names_no_app_of_somebody_else,
    the_way_on_is_a_path_of_this_site_or_home,
);

/// What needs no confirmation: it only reads what is no secret, or it is a way of signing in,
/// confirming or signing out. A function that is not named here is sensitive.
const PLAIN: [&str; 16] = [
    "/accounts/2fa/authenticate/",
    "/accounts/2fa/authenticate/cancel/",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/notices/dismiss/",
    "/accounts/reauthenticate/",
    "/accounts/setup/",
    "/api/authenticate/offer",
    "/api/login/destination",
    "/api/notices",
    "/api/password-rules",
    "/api/reauthenticate/question",
    "/api/sessions",
    "/api/settings",
    "/api/setup",
    "/api/standing",
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
            let answer = browser.post(path, &fields_with(id)).await;
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
        let answer = browser.post(path, &fields_with(&ids[0])).await;
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

async fn sud_04_the_password_is_not_enough_while_there_is_a_factor(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    app.hands.advance(301);
    browser
        .get(REAUTHENTICATE)
        .await
        .assert_says(200, "Code from your authenticator app")
        .assert_lacks("name=\"password\"");
    let before = app.contents().await;
    for password in [PASSWORD, "wrong"] {
        let fields = [("password", password), ("next", CODES)];
        browser
            .post(REAUTHENTICATE, &fields)
            .await
            .assert_says(422, "not right");
    }
    assert_eq!(
        app.contents().await,
        before,
        "the password is not looked at"
    );
    browser.get(CODES).await.assert_status(303);

    app.account("berta").await;
    let mut hers = app.signed_in("berta").await;
    app.hands.advance(301);
    hers.get(REAUTHENTICATE)
        .await
        .assert_says(200, "name=\"password\"")
        .assert_lacks("name=\"code\"");
    hers.confirm("000000").await.assert_status(422);
    hers.get(ACTIVATE).await.assert_status(303);
    let fields = [("password", PASSWORD), ("next", ACTIVATE)];
    hers.post(REAUTHENTICATE, &fields)
        .await
        .assert_redirect(ACTIVATE);
    hers.get(ACTIVATE).await.assert_status(200);
}

async fn sud_06_wrong_codes_count_as_those_of_signing_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    app.hands.advance(20 * STEP);
    let (wrong, right) = (app.wrong_code(&authenticator), app.code(&authenticator));
    // the thief of a session's cookie is no browser that is known
    let mut thief = app.browser().at([198, 51, 100, 1]);
    thief.set_cookie(SESSION, browser.cookie(SESSION));
    for _ in 0..10 {
        thief.confirm(&wrong).await.assert_status(422);
    }
    thief.confirm(&right).await.assert_status(429);
    app.pending("anna")
        .await
        .authenticate(&right)
        .await
        .assert_status(429);
    assert_eq!(app.number("select failures from mfa_totp").await, 10);
    // and the reverse
    app.hands.advance(900);
    let mut guesser = app.pending("anna").await;
    guesser
        .authenticate(&app.wrong_code(&authenticator))
        .await
        .assert_status(422);
    thief
        .confirm(&app.code(&authenticator))
        .await
        .assert_status(429);
    assert_eq!(app.number("select failures from mfa_totp").await, 11);
    // the owner's browser has limits of its own
    browser
        .confirm(&app.code(&authenticator))
        .await
        .assert_redirect("/");
    assert_eq!(app.details("reauthentication.failed").await.len(), 10);
}

async fn sud_06_wrong_passwords_count_as_those_of_signing_in(kind: Kind) {
    let (app, browser) = TestApp::with_anna(kind).await;
    let mut thief = app.browser();
    thief.set_cookie(SESSION, browser.cookie(SESSION));
    for _ in 0..5 {
        thief
            .post(REAUTHENTICATE, &[("password", "wrong")])
            .await
            .assert_says(422, "not your current password");
    }
    thief
        .post(REAUTHENTICATE, &[("password", PASSWORD)])
        .await
        .assert_status(422);
    app.browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_status(401);
    assert_eq!(
        app.details("sign_in.failed").await,
        ["too early"],
        "the tries before were those of confirming"
    );
    app.hands.advance(1);
    app.browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
}

async fn sud_07_a_confirmation_is_that_of_one_session(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut one, authenticator) = app.with_factor("anna").await;
    let mut other = app.pending("anna").await;
    let code = app.next_code(&authenticator);
    other.authenticate(&code).await.assert_redirect("/");
    app.hands.advance(301);
    let code = app.code(&authenticator);
    one.confirm(&code).await.assert_redirect("/");
    one.get(CODES).await.assert_status(200);
    assert!(other.is_signed_in().await);
    other.get(CODES).await.assert_status(303);
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

async fn sud_10_signing_in_counts_as_confirming(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let mut browser = app.pending("anna").await;
    app.hands.advance(250);
    let code = app.code(&authenticator);
    browser.authenticate(&code).await.assert_redirect("/");
    // from the second factor on, not from the password
    app.hands.advance(300);
    browser.get(CODES).await.assert_status(200);
    app.hands.advance(1);
    browser.get(CODES).await.assert_status(303);
    assert!(browser.is_signed_in().await);
    browser.get(SETTINGS).await.assert_status(200);
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
