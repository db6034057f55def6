//! What becomes of sessions and of sign-ins under way when factors or the account change; group SES, LOG-23.

use crate::{
    auth::accounts::flow as accounts,
    services::Client,
    tests::support::{
        ACTIVATE, ATTEMPT, AUTHENTICATE, DEACTIVATE, Kind, PASSWORD, REAUTHENTICATE, TestApp,
        on_both,
    },
};

on_both!(
    ses_12_disabling_ends_a_sign_in_under_way_for_good,
    ses_14_adding_and_removing_a_factor_ends_all_other_sessions_and_renews_this_one,
    log_23_a_wrong_code_after_the_right_password_is_told_to_the_owner,
);

const OVER: &str = "/accounts/login/?done=attempt-over";

async fn ses_12_disabling_ends_a_sign_in_under_way_for_good(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (_, authenticator) = app.with_factor("anna").await;
    let mut pending = app.pending("anna").await;
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    let code = app.next_code(&authenticator);
    app.disable(&anna).await;
    accounts::set_disabled(&app.services, &Client::shell(), &anna, false)
        .await
        .unwrap();
    pending.authenticate(&code).await.assert_redirect(OVER);
    // a new password ends it as well
    let mut pending = app.pending("anna").await;
    let (mut browser, other) = (app.pending("anna").await, pending.clone());
    browser.authenticate(&code).await.assert_redirect("/");
    let fields = [
        ("password", PASSWORD),
        ("new_password", "seven otters juggle lanterns"),
    ];
    browser
        .post("/accounts/password/change/", &fields)
        .await
        .assert_redirect("/?done=password-changed");
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_redirect(OVER);
    assert_ne!(other.cookie(ATTEMPT), "");
    other.clone().get(AUTHENTICATE).await.assert_redirect(OVER);
}

async fn ses_14_adding_and_removing_a_factor_ends_all_other_sessions_and_renews_this_one(
    kind: Kind,
) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let mut theirs = [app.signed_in("anna").await, app.signed_in("anna").await];
    app.account("berta").await;
    let mut berta = app.signed_in("berta").await;
    let old = browser.clone();
    let phone = app.enrol(&mut browser, "phone").await;
    browser.assert_renewed(&old).await;
    for other in &mut theirs {
        assert!(!other.is_signed_in().await);
    }
    for round in ["add", "remove"] {
        let code = app.next_code(&phone);
        let mut other = app.pending("anna").await;
        other.authenticate(&code).await.assert_redirect("/");
        let mut pending = app.pending("anna").await;
        let old = browser.clone();
        if round == "add" {
            app.enrol(&mut browser, "tablet").await;
        } else {
            let id = app
                .texts("select id from mfa_totp where label = 'tablet'")
                .await;
            browser
                .post(DEACTIVATE, &[("id", &id[0])])
                .await
                .assert_status(303);
        }
        browser.assert_renewed(&old).await;
        assert!(!other.is_signed_in().await, "{round}");
        let code = app.next_code(&phone);
        pending.authenticate(&code).await.assert_redirect(OVER);
    }
    assert!(berta.is_signed_in().await);
    assert_eq!(app.number("select count(*) from session").await, 2);
    // a factor that could not be added ends nothing
    let mut other = app.pending("anna").await;
    let code = app.next_code(&phone);
    other.authenticate(&code).await.assert_redirect("/");
    browser
        .post(REAUTHENTICATE, &[("code", &app.next_code(&phone))])
        .await
        .assert_redirect("/");
    browser.get(ACTIVATE).await.assert_status(200);
    browser
        .post(ACTIVATE, &[("code", "000000")])
        .await
        .assert_status(422);
    assert!(other.is_signed_in().await && browser.is_signed_in().await);
}

async fn log_23_a_wrong_code_after_the_right_password_is_told_to_the_owner(kind: Kind) {
    const TOLD: &str = "Somebody entered your right password and then a wrong code.";
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    browser.get("/").await.assert_status(200).assert_lacks(TOLD);
    app.hands.advance(60);
    let mut attacker = app.browser().at([198, 51, 100, 1]);
    attacker
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect(AUTHENTICATE);
    let wrong = app.wrong_code(&authenticator);
    attacker.authenticate(&wrong).await.assert_status(422);
    app.hands.advance(3600);
    let mut owner = app.pending("anna").await;
    let code = app.code(&authenticator);
    owner.authenticate(&code).await.assert_redirect("/");
    owner
        .get("/")
        .await
        .assert_says(200, TOLD)
        .assert_says(200, "2026-11-18 11:08 UTC, from 198.51.100.1");
}
