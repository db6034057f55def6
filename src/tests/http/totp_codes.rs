//! Codes of an authenticator app: which are accepted, and that each is accepted once; group TOT.

use crate::tests::support::{Kind, STEP, TestApp, on_both, rounds};

on_both!(
    tot_02_codes_of_one_step_around_are_accepted_and_of_two_are_not,
    tot_03_a_code_is_accepted_once,
    tot_04_a_used_code_is_refused_in_the_next_step_too,
    tot_06_fifty_at_once_with_one_code_are_one_session,
    tot_07_the_code_that_confirmed_the_app_does_not_sign_in,
    tot_08_a_code_is_spent_for_signing_in_and_confirming_alike,
    tot_09_a_clock_set_back_replays_nothing_and_keeps_secrets_readable,
    tot_10_a_clock_ten_years_ahead_and_back_locks_nobody_out,
    a_wrong_code_says_how_far_the_clock_is_off_and_is_not_accepted_when_its_time_comes,
    a_code_may_be_typed_with_blanks_and_dashes,
);

async fn tot_02_codes_of_one_step_around_are_accepted_and_of_two_are_not(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    for (steps, accepted) in [
        (-3, false),
        (-2, false),
        (2, false),
        (3, false),
        (-1, true),
        (0, true),
        (1, true),
    ] {
        // far from the codes before
        app.hands.advance(20 * STEP);
        let now = app.services.clock.now();
        let code = authenticator.code_at(now + steps * STEP);
        let answer = app.pending("anna").await.authenticate(&code).await;
        let status = if accepted { 303 } else { 422 };
        answer.assert_status(status);
    }
}

async fn tot_03_a_code_is_accepted_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    for _ in 0..2 {
        app.pending("anna")
            .await
            .authenticate(&code)
            .await
            .assert_says(422, "not right, or was used before");
    }
}

async fn tot_04_a_used_code_is_refused_in_the_next_step_too(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    app.hands.advance(STEP);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
}

async fn tot_06_fifty_at_once_with_one_code_are_one_session(kind: Kind) {
    let app = TestApp::new(kind).await;
    let second = app.second_process().await;
    let (_, authenticator) = app.with_factor("anna").await;
    for _ in 0..rounds(10) {
        let code = app.next_code(&authenticator);
        app.hands.advance(20 * STEP);
        let mut pending = Vec::new();
        for number in 0..50 {
            // half of them at another process
            let at = if number % 2 == 0 { &app } else { &second };
            pending.push(at.pending("anna").await);
        }
        app.hands.advance(-20 * STEP);
        let tries = pending.into_iter().map(|mut browser| {
            let code = code.clone();
            tokio::spawn(async move { browser.authenticate(&code).await.status.as_u16() })
        });
        let mut signed_in = 0;
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap() {
                303 => signed_in += 1,
                422 | 429 => {}
                other => panic!("{other}"),
            }
        }
        assert_eq!(signed_in, 1);
        app.hands.advance(3600);
    }
}

async fn tot_07_the_code_that_confirmed_the_app_does_not_sign_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let code = app.code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
}

async fn tot_08_a_code_is_spent_for_signing_in_and_confirming_alike(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let code = app.next_code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    browser.confirm(&code).await.assert_status(422);
}

async fn tot_09_a_clock_set_back_replays_nothing_and_keeps_secrets_readable(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    app.hands.advance(-600);
    let early = app.code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&early)
        .await
        .assert_says(422, "use another way");
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(303);
    app.hands.advance(600);
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
}

async fn tot_10_a_clock_ten_years_ahead_and_back_locks_nobody_out(kind: Kind) {
    const YEARS: i64 = 10 * 365 * 24 * 3600;
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    app.hands.advance(YEARS);
    let code = app.code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    app.hands.advance(-YEARS);
    let code = app.next_code(&authenticator);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
}

async fn a_wrong_code_says_how_far_the_clock_is_off_and_is_not_accepted_when_its_time_comes(
    kind: Kind,
) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    app.hands.advance(20 * STEP);
    let now = app.services.clock.now();
    let mut browser = app.pending("anna").await;
    let slow = authenticator.code_at(now - 180);
    browser
        .authenticate(&slow)
        .await
        .assert_says(422, "about 3 minutes slow");
    let ahead = authenticator.code_at(now + 120);
    browser
        .authenticate(&ahead)
        .await
        .assert_says(422, "about 2 minutes ahead");
    let far = authenticator.code_at(now + 660);
    browser
        .authenticate(&far)
        .await
        .assert_lacks("minutes ahead");
    app.hands.advance(120);
    browser.authenticate(&ahead).await.assert_status(422);
    let code = app.next_code(&authenticator);
    browser.authenticate(&code).await.assert_redirect("/");
}

async fn a_code_may_be_typed_with_blanks_and_dashes(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let code = app.next_code(&authenticator);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    app.pending("anna")
        .await
        .authenticate(&spaced)
        .await
        .assert_redirect("/");
    for again in [
        format!("{}-{}", &code[..3], &code[3..]),
        format!("{} {}", &code[..1], &code[1..]),
    ] {
        app.pending("anna")
            .await
            .authenticate(&again)
            .await
            .assert_status(422);
    }
    for garbage in [
        "€#",
        "",
        "12345",
        "1234567",
        "１２３４５６",
        "0x1234",
        "+12345",
    ] {
        app.pending("anna")
            .await
            .authenticate(garbage)
            .await
            .assert_status(422);
    }
}
