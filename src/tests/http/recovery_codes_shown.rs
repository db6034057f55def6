//! How recovery codes are shown: on a page, as a file, again after a confirmation or once only.

use axum::{body::Body, http::Request};

use crate::tests::support::{
    Authenticator, Browser, CODES, Kind, REAUTHENTICATE, SETTINGS, TestApp, codes_on, on_both,
};

on_both!(
    codes_are_shown_again_after_a_confirmation_and_to_nobody_else,
    the_file_has_the_codes_and_is_not_kept_by_the_browser,
    an_owner_says_that_the_codes_are_stored,
    shown_once_codes_are_gone_after_the_first_look_and_still_work,
    shown_once_neither_head_nor_a_fetch_ahead_is_a_look,
    shown_once_the_file_is_a_look_too,
    shown_once_of_many_looks_at_a_time_one_sees_the_codes,
);

const DOWNLOAD: &str = "/accounts/2fa/recovery-codes/download/";
const SEALED: &str =
    "select count(*) from mfa_recovery_code where sealed_code is not null or key_id is not null";

async fn shown_once(kind: Kind) -> (TestApp, Browser, Authenticator) {
    let app = TestApp::with_settings(kind, &[("MFA_RECOVERY_CODES_SHOW_ONCE", "true")]).await;
    let (browser, authenticator) = app.with_factor("anna").await;
    assert_eq!(app.number(SEALED).await, 10);
    (app, browser, authenticator)
}

async fn codes_are_shown_again_after_a_confirmation_and_to_nobody_else(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let (mut hers, _) = app.with_factor("berta").await;
    let page = browser.get(CODES).await;
    let codes = codes_on(&page);
    assert_eq!(codes.len(), 10);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(app.recovery_codes(&mut browser).await, codes);
    let other = app.recovery_codes(&mut hers).await;
    assert!(other.len() == 10 && !other.iter().any(|code| codes.contains(code)));
    app.hands.advance(301);
    for path in [CODES, DOWNLOAD] {
        let answer = browser.get(path).await;
        answer.assert_redirect(&format!("/accounts/reauthenticate/?next={path}"));
        let nobody = app.browser().get(path).await;
        nobody.assert_redirect(&format!("/accounts/login/?next={path}"));
        for code in &codes {
            answer.assert_lacks(code);
            nobody.assert_lacks(code);
        }
    }
    let code = app.next_code(&authenticator);
    browser
        .post(REAUTHENTICATE, &[("code", &code), ("next", DOWNLOAD)])
        .await
        .assert_redirect(DOWNLOAD);
    assert_eq!(app.recovery_codes(&mut browser).await, codes);
    assert_eq!(app.details("recovery_codes.viewed").await.len(), 4);
}

async fn the_file_has_the_codes_and_is_not_kept_by_the_browser(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let file = browser.get(DOWNLOAD).await;
    file.assert_says(200, "Recovery codes of anna at http://localhost:3000");
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"recovery-codes.txt\""
    );
    assert_eq!(file.header("cache-control"), "no-store");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let lines: Vec<_> = file.body.lines().skip(3).collect();
    assert_eq!(lines, codes);
    let head = Request::head(DOWNLOAD).body(Body::empty()).unwrap();
    browser.send(head).await.assert_status(405);
}

async fn an_owner_says_that_the_codes_are_stored(kind: Kind) {
    const UNSAID: &str = "You have not said yet that you have stored them.";
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    browser.get(SETTINGS).await.assert_says(200, UNSAID);
    browser
        .get(CODES)
        .await
        .assert_says(200, "I have stored them");
    browser
        .post(CODES, &[])
        .await
        .assert_redirect("/accounts/2fa/?done=codes-stored");
    browser
        .get(SETTINGS)
        .await
        .assert_status(200)
        .assert_lacks(UNSAID);
    browser
        .get(CODES)
        .await
        .assert_status(200)
        .assert_lacks("I have stored them");
    // a new set is another matter
    browser
        .post("/accounts/2fa/recovery-codes/generate/", &[])
        .await
        .assert_status(303);
    browser.get(SETTINGS).await.assert_says(200, UNSAID);
}

async fn shown_once_codes_are_gone_after_the_first_look_and_still_work(kind: Kind) {
    let (app, mut browser, _) = shown_once(kind).await;
    let page = browser.get(CODES).await;
    page.assert_says(200, "You see these codes now and never again")
        .assert_says(200, "data:text/plain")
        .assert_lacks(DOWNLOAD);
    let codes = codes_on(&page);
    assert_eq!(codes.len(), 10);
    assert_eq!(app.number(SEALED).await, 0);
    let again = browser.get(CODES).await;
    again.assert_says(200, "shown once and are not kept");
    let api = browser.post("/api/recovery-codes", &[]).await;
    let file = browser.get(DOWNLOAD).await;
    file.assert_status(403);
    for code in &codes {
        for answer in [&again, &api, &file] {
            answer.assert_lacks(code);
        }
    }
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(303);
    // a new set is shown once as well
    browser
        .post("/accounts/2fa/recovery-codes/generate/", &[])
        .await
        .assert_status(303);
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 0);
}

async fn shown_once_neither_head_nor_a_fetch_ahead_is_a_look(kind: Kind) {
    let (app, mut browser, _) = shown_once(kind).await;
    let head = Request::head(CODES).body(Body::empty()).unwrap();
    browser.send(head).await;
    let head = Request::head(DOWNLOAD).body(Body::empty()).unwrap();
    browser.send(head).await;
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
    ] {
        let mut ahead = browser.clone().with_header(name, value);
        for path in [CODES, DOWNLOAD] {
            assert!(
                codes_on(&ahead.get(path).await).is_empty(),
                "{name}: {value}"
            );
        }
    }
    assert_eq!(app.number(SEALED).await, 10);
    assert!(app.details("recovery_codes.viewed").await.is_empty());
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);
}

async fn shown_once_the_file_is_a_look_too(kind: Kind) {
    let (app, mut browser, _) = shown_once(kind).await;
    let file = browser.get(DOWNLOAD).await;
    assert_eq!(file.assert_status(200).body.lines().skip(3).count(), 10);
    assert_eq!(app.number(SEALED).await, 0);
    browser.get(DOWNLOAD).await.assert_status(403);
    assert!(app.recovery_codes(&mut browser).await.is_empty());
}

async fn shown_once_of_many_looks_at_a_time_one_sees_the_codes(kind: Kind) {
    let (app, mut browser, _) = shown_once(kind).await;
    let second = app.second_process().await;
    for _ in 0..3 {
        let mut looks = tokio::task::JoinSet::new();
        for number in 0..10 {
            let at = if number % 2 == 0 { &app } else { &second };
            let mut look = at.browser();
            look.cookies.clone_from(&browser.cookies);
            looks.spawn(async move { codes_on(&look.get(CODES).await).len() });
        }
        let mut seen = looks.join_all().await;
        seen.sort_unstable();
        assert_eq!(seen, [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]);
        browser
            .post("/accounts/2fa/recovery-codes/generate/", &[])
            .await
            .assert_status(303);
    }
}
