//! A session's token: where it comes from, how long it lives, when it dies.

use crate::{
    auth::sessions::flow as sessions,
    crypto::token::Token,
    services::Client,
    tests::support::{Browser, DEVICE, Kind, NOW, PASSWORD, SESSION, TestApp, on_both},
};

on_both!(
    ses_01_a_new_token_at_sign_in_and_the_old_one_is_refused,
    ses_01_a_new_token_when_others_are_ended_and_at_a_password_change,
    ses_02_a_planted_token_is_never_adopted,
    ses_03_every_cookie_is_host_bound_secure_and_short,
    ses_05_a_session_lives_until_the_idle_limit_and_not_a_second_longer,
    ses_06_a_session_used_each_minute_ends_at_its_lifetime,
    ses_08_after_signing_out_the_old_cookie_is_refused_everywhere,
    ses_08_signing_out_without_a_session_is_no_failure,
    who_is_not_signed_in_is_not_asked_whether_to_sign_out,
    pages_behind_sign_in_send_there_and_back,
);

const NEW_PASSWORD: &str = "seven otters juggle lanterns";

/// A second browser with the session cookie that this one has now.
fn copy(browser: &Browser) -> Browser {
    let mut copy = browser.clone().forgetful();
    copy.set_cookie(SESSION, browser.cookie(SESSION));
    copy
}

async fn ses_01_a_new_token_at_sign_in_and_the_old_one_is_refused(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let mut old = copy(&browser);
    browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
    assert_ne!(browser.cookie(SESSION), old.cookie(SESSION));
    assert!(browser.is_signed_in().await);
    assert!(!old.is_signed_in().await);
    assert_eq!(app.number("select count(*) from session").await, 1);
}

async fn ses_01_a_new_token_when_others_are_ended_and_at_a_password_change(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    let mut old = copy(&browser);
    let answer = browser.post("/accounts/sessions/end-others/", &[]).await;
    answer.assert_redirect("/accounts/sessions/?done=others-ended");
    assert!(browser.is_signed_in().await && !old.is_signed_in().await);
    let mut old = copy(&browser);
    let answer = browser
        .post(
            "/accounts/password/change/",
            &[("password", PASSWORD), ("new_password", NEW_PASSWORD)],
        )
        .await;
    answer.assert_redirect("/?done=password-changed");
    assert!(browser.is_signed_in().await && !old.is_signed_in().await);
}

async fn ses_02_a_planted_token_is_never_adopted(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let shaped = Token::generate(&app.services.random).unwrap().expose();
    for planted in [
        shaped.as_str(),
        "1",
        "attacker",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    ] {
        let mut browser = app.browser();
        browser.set_cookie(SESSION, planted);
        browser.set_cookie(DEVICE, planted);
        assert!(!browser.is_signed_in().await);
        let mut attacker = browser.clone();
        browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
        assert_ne!(browser.cookie(SESSION), planted);
        assert_ne!(browser.cookie(DEVICE), planted);
        assert!(browser.is_signed_in().await && !attacker.is_signed_in().await);
    }
}

async fn ses_03_every_cookie_is_host_bound_secure_and_short(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    let mut other = browser.clone().forgetful();
    let answers = [
        other.sign_in("anna", PASSWORD).await,
        browser.post("/accounts/sessions/end-others/", &[]).await,
        browser
            .post(
                "/accounts/password/change/",
                &[("password", PASSWORD), ("new_password", NEW_PASSWORD)],
            )
            .await,
        browser.post("/accounts/logout/", &[]).await,
    ];
    for answer in &answers {
        assert!(!answer.set_cookies().is_empty());
        for cookie in answer.set_cookies() {
            let attributes: Vec<_> = cookie
                .split("; ")
                .skip(1)
                .filter(|part| !part.starts_with("Max-Age="))
                .collect();
            assert!(cookie.starts_with("__Host-"), "{cookie}");
            assert_eq!(
                attributes,
                ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"],
                "{cookie}"
            );
            assert!(cookie.len() < 4096);
        }
    }
}

async fn ses_05_a_session_lives_until_the_idle_limit_and_not_a_second_longer(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    app.hands.advance(3599);
    assert!(browser.is_signed_in().await);
    app.hands.advance(3601);
    let cookie = browser.cookie(SESSION).to_owned();
    assert!(!browser.is_signed_in().await);
    assert_eq!(
        browser.cookie(SESSION),
        cookie,
        "the browser still sends it"
    );
    app.hands.advance(-3601);
    assert!(
        browser.is_signed_in().await,
        "the clock alone decides, until the row is purged"
    );
}

async fn ses_06_a_session_used_each_minute_ends_at_its_lifetime(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let token = Token::parse(browser.cookie(SESSION)).unwrap();
    for minute in 1..720 {
        app.hands.set(NOW + minute * 60);
        let found = sessions::find(&app.services, &Client::shell(), &token)
            .await
            .unwrap();
        assert!(found.is_some(), "ended after {minute} minutes");
    }
    app.hands.set(NOW + 43_199);
    assert!(browser.is_signed_in().await);
    app.hands.set(NOW + 43_200);
    assert!(!browser.is_signed_in().await);
}

async fn ses_08_after_signing_out_the_old_cookie_is_refused_everywhere(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    let mut old = copy(&browser);
    for page in ["/", "/accounts/sessions/", "/accounts/password/change/"] {
        let shown = browser.get(page).await;
        assert_eq!(
            shown.assert_status(200).header("cache-control"),
            "no-store",
            "{page}"
        );
    }
    let answer = browser.post("/accounts/logout/", &[]).await;
    answer.assert_redirect("/accounts/login/?done=signed-out");
    assert_eq!(answer.header("clear-site-data"), "\"cache\", \"storage\"");
    assert_eq!(
        browser.cookie(SESSION),
        "ended",
        "a word for the sign-in page to remove"
    );
    browser
        .get("/accounts/login/?done=signed-out")
        .await
        .assert_status(200);
    assert_eq!(browser.cookie(SESSION), "");
    assert_ne!(browser.cookie(DEVICE), "", "the browser stays known");
    for page in ["/", "/accounts/sessions/", "/accounts/password/change/"] {
        let answer = old.get(page).await;
        answer.assert_status(303).assert_lacks("anna");
        assert!(
            answer.header("location").starts_with("/accounts/login/"),
            "{page}"
        );
    }
    for function in ["/api/sessions", "/api/standing"] {
        old.post(function, &[])
            .await
            .assert_status(401)
            .assert_lacks("anna");
    }
    for form in [
        "/accounts/sessions/end/",
        "/accounts/sessions/end-others/",
        "/accounts/password/change/",
    ] {
        let answer = old.post(form, &super::FIELDS).await;
        assert!(
            answer
                .assert_status(303)
                .header("location")
                .starts_with("/accounts/login/"),
            "{form}"
        );
        assert!(answer.set_cookies().is_empty());
    }
}

async fn who_is_not_signed_in_is_not_asked_whether_to_sign_out(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    browser
        .get("/accounts/logout/")
        .await
        .assert_says(200, "Sign out?")
        .assert_says(200, "Stay signed in");
    app.browser()
        .get("/accounts/logout/")
        .await
        .assert_redirect("/accounts/login/");
}

async fn ses_08_signing_out_without_a_session_is_no_failure(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app.browser();
    let before = app.contents().await;
    browser
        .post("/accounts/logout/", &[])
        .await
        .assert_redirect("/accounts/login/?done=signed-out");
    assert_eq!(app.contents().await, before);
    let page = browser.get("/accounts/login/?done=signed-out").await;
    page.assert_says(200, "You have signed out.");
}

async fn pages_behind_sign_in_send_there_and_back(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.browser();
    let answer = browser.get("/accounts/sessions/?a=b&c=d").await;
    answer.assert_redirect("/accounts/login/?next=/accounts/sessions/?a=b%26c=d");
    let page = browser.get(answer.header("location")).await;
    page.assert_says(200, "name=\"next\"")
        .assert_says(200, "value=\"/accounts/sessions/?a=b&amp;c=d\"");
    let fields = [
        ("login", "anna"),
        ("password", PASSWORD),
        ("next", "/accounts/sessions/?a=b&c=d"),
    ];
    browser
        .post("/accounts/login/", &fields)
        .await
        .assert_redirect("/accounts/sessions/?a=b&c=d");
}
