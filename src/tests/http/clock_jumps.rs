//! A clock that jumps while people sign in, and goes back to what it was.

use super::{FIELDS, server_functions};
use crate::{
    server::router::PAGES,
    tests::support::{ACTIVATE, Browser, Kind, NOW, PASSWORD, SESSION, STEP, TestApp, on_both},
};

on_both!(
    cra_15_whatever_the_clock_says_nothing_panics_and_wrong_stays_wrong,
    cra_15_limits_are_what_they_were_once_the_clock_is_right_again,
    cra_15_what_began_in_a_time_to_come_does_not_last_until_then,
);

const HOUR: i64 = 3600;
/// 2100-01-01.
const YEAR_2100: i64 = 4_102_444_800;
/// The latest time that Linux can be set to, in the year 2262.
const LATEST: i64 = 9_223_372_036;
/// Where the clock may jump to.
const JUMPS: [i64; 6] = [NOW + HOUR, NOW - HOUR, 0, YEAR_2100, -1, LATEST];

/// Every page and every function, in a browser of its own.
async fn ask_everything(app: &TestApp, browser: &Browser) {
    for page in PAGES.iter() {
        let answer = browser.clone().get(page).await;
        let status = answer.status.as_u16();
        assert!(status < 500, "{page}: {status} {}", answer.body);
    }
    for path in server_functions() {
        let answer = browser.clone().post(path, &FIELDS).await;
        let status = answer.status.as_u16();
        assert!(status < 500, "{path}: {status} {}", answer.body);
    }
    let wrong = app.browser().sign_in("anna", "wrong").await;
    assert!([401, 429].contains(&wrong.status.as_u16()));
}

async fn cra_15_whatever_the_clock_says_nothing_panics_and_wrong_stays_wrong(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (browser, _) = app.with_factor("anna").await;
    let pending = app.pending("anna").await;
    for jump in JUMPS {
        app.hands.set(jump);
        // several at once, as under load
        let (mine, under_way, nobody) = (browser.clone(), pending.clone(), app.browser());
        tokio::join!(
            ask_everything(&app, &mine),
            ask_everything(&app, &under_way),
            ask_everything(&app, &nobody)
        );
        let mut guess = pending.clone();
        guess.authenticate("000000").await;
        assert_eq!(guess.cookie(SESSION), "");
        app.hands.set(NOW);
    }
}

async fn cra_15_limits_are_what_they_were_once_the_clock_is_right_again(kind: Kind) {
    for jump in JUMPS {
        let app = TestApp::new(kind).await;
        let (_, authenticator) = app.with_factor("anna").await;
        app.hands.set(jump);
        for _ in 0..12 {
            app.browser().sign_in("anna", "wrong").await;
        }
        app.hands.set(NOW + 20 * STEP);
        // the longest that anybody has to wait
        app.hands.advance(900);
        let mut browser = app.pending("anna").await;
        let code = app.next_code(&authenticator);
        browser.authenticate(&code).await.assert_redirect("/");
        // and nobody gets tries for nothing by it
        for _ in 0..12 {
            app.browser().sign_in("anna", "wrong").await;
        }
        let early = app.browser().sign_in("anna", PASSWORD).await;
        early.assert_status(401);
    }
}

async fn cra_15_what_began_in_a_time_to_come_does_not_last_until_then(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    app.hands.set(YEAR_2100);
    let mut browser = app.signed_in("anna").await;
    assert!(browser.is_signed_in().await);
    app.hands.set(NOW);
    // past the time that a confirmation lasts, and past a session's lifetime
    app.hands.advance(301);
    let late = browser.clone().get(ACTIVATE).await;
    assert_ne!(late.status.as_u16(), 200, "a confirmation lasts until 2100");
    app.hands.advance(43_200);
    assert!(!browser.is_signed_in().await, "a session lasts until 2100");
}
