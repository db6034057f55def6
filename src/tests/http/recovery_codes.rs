//! Recovery codes as a factor: each works once, with the password, and not for guessers; group REC.

use tokio::task::JoinSet;

use crate::tests::support::{
    AUTHENTICATE, Browser, CODES, Kind, REAUTHENTICATE, SETTINGS, TestApp, on_both, rounds,
};

on_both!(
    rec_01_a_code_signs_in_once,
    rec_02_fifty_at_once_with_one_code_are_one_session_and_one_code_fewer,
    rec_08_wrong_codes_are_slowed_and_a_hundred_close_the_set,
    rec_09_few_codes_are_warned_of_and_the_last_is_told,
    rec_10_a_code_without_the_password_is_refused,
    case_separators_and_look_alikes_are_forgiven,
);

const GENERATE: &str = "/accounts/2fa/recovery-codes/generate/";
const USED: &str = "/accounts/2fa/?done=recovery-code-used";

async fn with_codes(app: &TestApp) -> (Browser, Vec<String>) {
    let (mut browser, _) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    assert_eq!(codes.len(), 10);
    (browser, codes)
}

async fn left(app: &TestApp) -> i64 {
    app.number("select count(*) from mfa_recovery_code where spent_at is null")
        .await
}

async fn rec_01_a_code_signs_in_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    let mut browser = app.pending("anna").await;
    browser.authenticate(&codes[3]).await.assert_redirect(USED);
    assert!(browser.is_signed_in().await);
    let shown = app.recovery_codes(&mut browser).await;
    assert!(shown.len() == 9 && !shown.contains(&codes[3]));
    for mut at in [
        app.pending("anna").await,
        app.second_process().await.pending("anna").await,
    ] {
        at.authenticate(&codes[3])
            .await
            .assert_says(422, "not right, or was used before");
    }
    browser
        .post(REAUTHENTICATE, &[("code", &codes[3])])
        .await
        .assert_status(422);
    assert_eq!(left(&app).await, 9);
}

async fn rec_02_fifty_at_once_with_one_code_are_one_session_and_one_code_fewer(kind: Kind) {
    for _ in 0..rounds(5).div_ceil(5) {
        Box::pin(five_codes(kind)).await;
    }
}

async fn five_codes(kind: Kind) {
    let app = TestApp::new(kind).await;
    let second = app.second_process().await;
    let (_, codes) = with_codes(&app).await;
    for (round, code) in (1..).zip(codes.iter().take(5)) {
        app.execute("delete from session").await;
        let mut pending = Vec::new();
        for number in 0..50 {
            let at = if number % 2 == 0 { &app } else { &second };
            pending.push(at.pending("anna").await);
        }
        let mut tries = JoinSet::new();
        for mut browser in pending {
            let code = code.clone();
            tries.spawn(async move { browser.authenticate(&code).await.status.as_u16() });
        }
        let statuses = tries.join_all().await;
        assert!(
            statuses
                .iter()
                .all(|status| [303, 422, 429].contains(status)),
            "{statuses:?}"
        );
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1);
        assert_eq!(app.number("select count(*) from session").await, 1);
        assert_eq!(left(&app).await, 10 - round);
        assert_eq!(
            app.details("recovery_codes.used").await.len(),
            usize::try_from(round).unwrap()
        );
        app.hands.advance(3600);
    }
}

async fn rec_08_wrong_codes_are_slowed_and_a_hundred_close_the_set(kind: Kind) {
    const WRONG: &str = "0000-0000-0000-0000-0000-0000";
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let mut tried = 0;
    for _ in 0..4 {
        let mut attacker = app.pending("anna").await;
        for _ in 0..4 {
            let answer = attacker.authenticate(WRONG).await;
            tried += i64::from(answer.status == 422);
        }
    }
    assert_eq!(tried, 10);
    let failures = "select failures from mfa_recovery_set";
    assert_eq!(app.number(failures).await, 10);
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(429);
    // the app counts apart
    let code = app.next_code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");

    app.execute("update mfa_recovery_set set failures = 99")
        .await;
    app.hands.advance(900);
    app.pending("anna")
        .await
        .authenticate(WRONG)
        .await
        .assert_status(422);
    assert_eq!(
        app.details("factor.closed").await,
        ["set of recovery codes"]
    );
    app.hands.advance(900);
    app.pending("anna")
        .await
        .authenticate(&codes[0])
        .await
        .assert_status(422)
        .assert_lacks("Use a recovery code");
    browser
        .get(SETTINGS)
        .await
        .assert_says(200, "Too many wrong codes have closed this set");
    let code = app.next_code(&authenticator);
    browser.confirm(&code).await.assert_redirect("/");
    browser.post(GENERATE, &[]).await.assert_status(303);
    let new = app.recovery_codes(&mut browser).await;
    app.pending("anna")
        .await
        .authenticate(&new[0])
        .await
        .assert_redirect(USED);
}

async fn rec_09_few_codes_are_warned_of_and_the_last_is_told(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    for (left, code) in (0..10).rev().zip(&codes) {
        // the latest notices are shown, and the clock tells which they are
        app.hands.advance(1);
        let mut other = app.pending("anna").await;
        other.authenticate(code).await.assert_redirect(USED);
        let page = other.get(USED).await;
        let said = match left {
            0 => "All codes are used.".to_owned(),
            1 => "1 of 10 codes is left.".to_owned(),
            _ => format!("{left} of 10 codes are left."),
        };
        page.assert_says(200, "You have signed in with a recovery code.")
            .assert_says(200, &said);
        assert_eq!(
            page.body.contains("before you run out"),
            (1..=3).contains(&left),
            "{left}"
        );
        assert_eq!(app.recovery_codes(&mut other).await.len(), left);
    }
    let mut last = app.pending("anna").await;
    last.get(AUTHENTICATE)
        .await
        .assert_status(200)
        .assert_lacks("Use a recovery code");
    let code = app.next_code(&authenticator);
    last.authenticate(&code).await.assert_redirect("/");
    last.get(CODES)
        .await
        .assert_says(200, "All codes are used.");
    last.get("/")
        .await
        .assert_says(200, "Your last recovery code was used. Make a new set.")
        .assert_says(200, "A recovery code was used. One is left.");
}

async fn rec_10_a_code_without_the_password_is_refused(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    let mut browser = app.browser();
    browser
        .authenticate(&codes[0])
        .await
        .assert_redirect("/accounts/login/?done=attempt-over");
    browser
        .post(REAUTHENTICATE, &[("code", &codes[0])])
        .await
        .assert_redirect("/accounts/login/");
    browser.sign_in("anna", &codes[0]).await.assert_status(401);
    browser
        .post(
            "/accounts/login/",
            &[("login", "anna"), ("code", &codes[0])],
        )
        .await
        .assert_status(400);
    assert!(!browser.is_signed_in().await);
    assert_eq!(left(&app).await, 10);
}

async fn case_separators_and_look_alikes_are_forgiven(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, codes) = with_codes(&app).await;
    for typed in [
        codes[0].to_lowercase(),
        codes[1].replace('-', ""),
        format!(" {} ", codes[2].replace('-', " ")),
        codes[3].replace('0', "O").replace('1', "l"),
        codes[4].replace('-', "–"),
    ] {
        app.pending("anna")
            .await
            .authenticate(&typed)
            .await
            .assert_redirect(USED);
    }
    assert_eq!(left(&app).await, 5);
}
