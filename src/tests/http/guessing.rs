//! Guessing codes: how far anybody gets, whatever sessions, addresses and processes they use; group MFA.

use tokio::task::JoinSet;

use crate::tests::support::{
    AUTHENTICATE, Kind, PASSWORD, SESSION, SETTINGS, STEP, TestApp, on_both,
};

on_both!(
    mfa_13_after_five_wrong_codes_the_password_is_asked_for_again,
    mfa_14_the_count_goes_on_over_sign_ins_addresses_and_processes,
    mfa_15_a_hundred_parallel_wrong_codes_are_five_tries,
    mfa_16_a_hundred_wrong_codes_close_that_app_alone_until_it_is_set_up_anew,
    mfa_17_wrong_used_and_malformed_codes_get_one_answer,
);

const OVER: &str = "/accounts/login/?done=attempt-over";

/// How many wrong codes in a row the apps of all accounts have seen.
async fn failures(app: &TestApp) -> i64 {
    app.number("select cast(sum(failures) as bigint) from mfa_totp")
        .await
}

async fn mfa_13_after_five_wrong_codes_the_password_is_asked_for_again(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let mut pending = app.pending("anna").await;
    let wrong = app.wrong_code(&authenticator);
    for _ in 0..4 {
        pending.authenticate(&wrong).await.assert_status(422);
    }
    // the page that would show what was wrong has nothing to ask for any more
    pending.authenticate(&wrong).await.assert_redirect(OVER);
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_redirect(OVER);
    pending.get(AUTHENTICATE).await.assert_redirect(OVER);
    assert_eq!(failures(&app).await, 5);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    assert_eq!(
        failures(&app).await,
        0,
        "a right code forgives the wrong ones"
    );
}

async fn mfa_14_the_count_goes_on_over_sign_ins_addresses_and_processes(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let second = app.second_process().await;
    app.hands.advance(20 * STEP);
    let wrong = app.wrong_code(&authenticator);
    for number in 0..5 {
        let at = if number % 2 == 0 { &app } else { &second };
        let mut attacker = at.browser().at([198, 51, 100, number]);
        attacker
            .sign_in("anna", PASSWORD)
            .await
            .assert_redirect(AUTHENTICATE);
        for _ in 0..2 {
            attacker.authenticate(&wrong).await.assert_status(422);
        }
    }
    assert_eq!(failures(&app).await, 10);
    let code = app.code(&authenticator);
    for at in [&app, &second] {
        let mut next = at.browser().at([203, 0, 113, 7]);
        next.sign_in("anna", PASSWORD).await.assert_status(303);
        next.authenticate(&code)
            .await
            .assert_says(429, "Too many wrong codes");
    }
    assert_eq!(failures(&app).await, 10, "too early is no try");
    // the other factor counts apart, and so does a browser that is known
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(303);
    let mut known = browser.clone();
    known.cookies.remove(SESSION);
    known.sign_in("anna", PASSWORD).await.assert_status(303);
    known.authenticate(&code).await.assert_redirect("/");
}

async fn mfa_15_a_hundred_parallel_wrong_codes_are_five_tries(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let second = app.second_process().await;
    let wrong = app.wrong_code(&authenticator);
    let here = app.pending("anna").await;
    let mut there = second.browser();
    there.cookies.clone_from(&here.cookies);
    let mut tries = JoinSet::new();
    for number in 0..100 {
        let mut browser = if number % 2 == 0 { &here } else { &there }.clone();
        let wrong = wrong.clone();
        tries.spawn(async move { browser.authenticate(&wrong).await.status.as_u16() });
    }
    let statuses = tries.join_all().await;
    assert!(
        statuses.iter().all(|status| [303, 422].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(failures(&app).await, 5);
    assert_eq!(app.details("second_factor.failed").await.len(), 5);
    assert_eq!(app.number("select count(*) from session").await, 1);
}

async fn mfa_16_a_hundred_wrong_codes_close_that_app_alone_until_it_is_set_up_anew(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    for _ in 0..100 {
        // past every delay
        app.hands.advance(900);
        let wrong = app.wrong_code(&phone);
        app.pending("anna")
            .await
            .authenticate(&wrong)
            .await
            .assert_status(422);
    }
    assert_eq!(failures(&app).await, 100);
    assert_eq!(app.details("factor.closed").await, ["authenticator app"]);
    app.hands.advance(900);
    let mut owner = app.pending("anna").await;
    owner
        .authenticate(&app.code(&phone))
        .await
        .assert_says(422, "closed after too many wrong codes");
    assert_eq!(failures(&app).await, 100, "a closed app counts no more");
    owner.authenticate(&codes[0]).await.assert_status(303);
    owner
        .get(SETTINGS)
        .await
        .assert_says(200, "Closed after too many wrong codes")
        .assert_says(200, "have closed your authenticator app");

    let tablet = app.enrol(&mut owner, "tablet").await;
    app.hands.advance(900);
    let code = app.next_code(&tablet);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
    let code = app.next_code(&phone);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
}

async fn mfa_17_wrong_used_and_malformed_codes_get_one_answer(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let (mut hers, _) = app.with_factor("berta").await;
    let (codes, others) = (
        app.recovery_codes(&mut browser).await,
        app.recovery_codes(&mut hers).await,
    );
    let used = app.next_code(&authenticator);
    for code in [&used, &codes[0]] {
        app.pending("anna")
            .await
            .authenticate(code)
            .await
            .assert_status(303);
    }
    let wrong = app.wrong_code(&authenticator);
    let first = app.pending("anna").await.authenticate(&wrong).await;
    first.assert_says(422, "not right, or was used before");
    for code in [&used, &codes[0], &others[0], "12345", "", "x"] {
        let answer = app.pending("anna").await.authenticate(code).await;
        assert_eq!(
            answer.comparable("anna"),
            first.comparable("anna"),
            "{code}"
        );
    }
    // the account that has none: the same, but that its page offers no such field
    let mut without = app.pending("berta").await;
    app.execute(
        "delete from mfa_totp where account_id = (select id from account where username = 'berta')",
    )
    .await;
    without
        .authenticate(&wrong)
        .await
        .assert_says(422, "not right, or was used before");
    // the reason is in the audit trail only
    let mut reasons = app.details("second_factor.failed").await;
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "no authenticator app",
            "used code",
            "used recovery code",
            "wrong code",
            "wrong code",
            "wrong code",
            "wrong code",
            "wrong recovery code"
        ]
    );
}
