//! What counts as a confirmation, and that guessing there is guessing; group SUD.

use crate::tests::support::{
    ACTIVATE, CODES, Kind, PASSWORD, REAUTHENTICATE, SESSION, SETTINGS, STEP, TestApp, on_both,
};

on_both!(
    sud_04_the_password_is_not_enough_while_there_is_a_factor,
    sud_06_wrong_codes_count_as_those_of_signing_in,
    sud_06_wrong_passwords_count_as_those_of_signing_in,
    sud_07_a_confirmation_is_that_of_one_session,
    sud_10_signing_in_counts_as_confirming,
);

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
