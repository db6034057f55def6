//! Authenticator apps: setting up, signing in, removing; group TOT.

use crate::tests::support::{
    ACTIVATE, AUTHENTICATE, Authenticator, CODES, DEACTIVATE, Kind, SETTINGS, STEP, TestApp,
    on_both,
};

on_both!(
    an_app_is_set_up_and_signs_in_from_then_on,
    tot_02_codes_of_one_step_around_are_accepted_and_of_two_are_not,
    tot_03_a_code_is_accepted_once,
    tot_04_a_used_code_is_refused_in_the_next_step_too,
    tot_06_fifty_at_once_with_one_code_are_one_session,
    tot_07_the_code_that_confirmed_the_app_does_not_sign_in,
    tot_08_a_code_is_spent_for_signing_in_and_confirming_alike,
    tot_09_a_clock_set_back_replays_nothing_and_keeps_secrets_readable,
    tot_10_a_clock_ten_years_ahead_and_back_locks_nobody_out,
    tot_14_the_secret_is_never_shown_after_it_was_confirmed,
    tot_16_a_removed_app_is_dead_at_once,
    mfa_10_an_app_that_was_not_confirmed_does_not_gate_signing_in,
    mfa_11_only_the_secret_shown_last_counts,
    a_secret_stays_for_ten_minutes_and_its_session,
    a_wrong_code_says_how_far_the_clock_is_off_and_is_not_accepted_when_its_time_comes,
    several_apps_each_with_its_label_sign_in,
    an_account_has_at_most_ten_apps,
    a_code_may_be_typed_with_blanks_and_dashes,
    labels_are_text_and_have_a_limit,
    without_the_type_nothing_of_it_is_there,
);

async fn an_app_is_set_up_and_signs_in_from_then_on(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let page = browser.get(ACTIVATE).await;
    page.assert_says(200, "<svg");
    assert!(page.body.contains("otpauth://totp/Inmor%20Admin:anna?"));
    let authenticator = Authenticator::scan(&page);
    let old = browser.cookie("__Host-session").to_owned();
    let code = app.code(&authenticator);
    browser
        .post(ACTIVATE, &[("code", &code), ("name", "")])
        .await
        .assert_redirect("/accounts/2fa/recovery-codes/?done=totp-activated");
    assert_ne!(browser.cookie("__Host-session"), old);
    browser
        .get(SETTINGS)
        .await
        .assert_says(200, "Authenticator app");
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);

    let mut other = app.pending("anna").await;
    assert!(!other.is_signed_in().await);
    let code = app.next_code(&authenticator);
    other.authenticate(&code).await.assert_redirect("/");
    assert!(other.is_signed_in().await);
    assert_eq!(app.details("sign_in").await, ["pwd", "pwd otp"]);
}

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
    for _ in 0..10 {
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

async fn tot_14_the_secret_is_never_shown_after_it_was_confirmed(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let grouped: Vec<_> = authenticator
        .secret()
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    for path in [ACTIVATE, SETTINGS, DEACTIVATE, CODES, "/"] {
        let page = browser.get(path).await;
        page.assert_status(200).assert_lacks(authenticator.secret());
        page.assert_lacks(&grouped.join(" "));
    }
}

async fn tot_16_a_removed_app_is_dead_at_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, old) = app.with_factor("anna").await;
    let mut pending = app.pending("anna").await;
    browser
        .post(DEACTIVATE, &[])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-deactivated");
    let code = app.next_code(&old);
    pending
        .authenticate(&code)
        .await
        .assert_redirect("/accounts/login/?done=attempt-over");
    let new = app.enrol(&mut browser, "phone").await;
    assert_ne!(old.secret(), new.secret());
    let code = app.next_code(&old);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_status(422);
    let code = app.code(&new);
    app.pending("anna")
        .await
        .authenticate(&code)
        .await
        .assert_redirect("/");
}

async fn mfa_10_an_app_that_was_not_confirmed_does_not_gate_signing_in(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    browser.get(ACTIVATE).await.assert_status(200);
    browser
        .post("/accounts/logout/", &[])
        .await
        .assert_status(303);
    assert!(app.signed_in("anna").await.is_signed_in().await);
}

async fn mfa_11_only_the_secret_shown_last_counts(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let first = Authenticator::scan(&browser.get(ACTIVATE).await);
    browser
        .post("/accounts/2fa/totp/activate/new-secret/", &[])
        .await
        .assert_redirect("/accounts/2fa/totp/activate/?done=new-secret");
    let second = Authenticator::scan(&browser.get(ACTIVATE).await);
    assert_ne!(first.secret(), second.secret());
    let code = app.code(&first);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_says(422, "not right");
    let code = app.code(&second);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_status(303);
    assert_eq!(app.number("select count(*) from mfa_totp").await, 1);
}

async fn a_secret_stays_for_ten_minutes_and_its_session(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("REAUTHENTICATION_TIMEOUT", "3600")]).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let first = Authenticator::scan(&browser.get(ACTIVATE).await);
    app.hands.advance(599);
    assert_eq!(
        Authenticator::scan(&browser.get(ACTIVATE).await).secret(),
        first.secret()
    );
    let other = Authenticator::scan(&app.signed_in("anna").await.get(ACTIVATE).await);
    assert_ne!(other.secret(), first.secret());
    app.hands.advance(1);
    let code = app.code(&first);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_says(422, "not valid any more");
    assert_ne!(
        Authenticator::scan(&browser.get(ACTIVATE).await).secret(),
        first.secret()
    );
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

async fn several_apps_each_with_its_label_sign_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let page = browser.get(ACTIVATE).await;
    let tablet = Authenticator::scan(&page);
    let code = app.code(&tablet);
    browser
        .post(ACTIVATE, &[("code", &code), ("name", " my tablet ")])
        .await
        .assert_redirect("/accounts/2fa/?done=totp-activated");
    let page = browser.get(SETTINGS).await;
    page.assert_says(200, "my tablet").assert_says(200, "phone");
    for one in [&phone, &tablet] {
        let code = app.next_code(one);
        app.pending("anna")
            .await
            .authenticate(&code)
            .await
            .assert_redirect("/");
    }
    browser
        .post(DEACTIVATE, &[])
        .await
        .assert_says(422, "Choose which authenticator app");
    let id = app
        .texts("select id from mfa_totp where label = 'phone'")
        .await;
    browser
        .post(DEACTIVATE, &[("id", &id[0])])
        .await
        .assert_status(303);
    assert_eq!(app.texts("select label from mfa_totp").await, ["my tablet"]);
    assert_eq!(app.recovery_codes(&mut browser).await.len(), 10);
}

async fn an_account_has_at_most_ten_apps(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("REAUTHENTICATION_TIMEOUT", "3600")]).await;
    let (mut browser, _) = app.with_factor("anna").await;
    for _ in 1..10 {
        app.enrol(&mut browser, "one more").await;
    }
    let authenticator = Authenticator::scan(&browser.get(ACTIVATE).await);
    let code = app.code(&authenticator);
    browser
        .post(ACTIVATE, &[("code", &code)])
        .await
        .assert_says(422, "ten authenticator apps");
    assert_eq!(app.number("select count(*) from mfa_totp").await, 10);
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

async fn labels_are_text_and_have_a_limit(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("REAUTHENTICATION_TIMEOUT", "3600")]).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let authenticator = Authenticator::scan(&browser.get(ACTIVATE).await);
    for bad in ["x".repeat(65), "a\nb".to_owned(), "a\0b".to_owned()] {
        let code = app.code(&authenticator);
        browser
            .post(ACTIVATE, &[("code", &code), ("name", &bad)])
            .await
            .assert_says(422, "at most 64");
    }
    app.enrol(&mut browser, "<script>alert(1)</script>").await;
    for path in [SETTINGS, DEACTIVATE] {
        browser
            .get(path)
            .await
            .assert_status(200)
            .assert_lacks("<script>alert");
    }
}

async fn without_the_type_nothing_of_it_is_there(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, authenticator) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let without = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.supported_types.totp = false;
        services.settings = std::sync::Arc::new(settings);
    });
    let mut pending = without.pending("anna").await;
    pending
        .get(AUTHENTICATE)
        .await
        .assert_status(200)
        .assert_lacks("Code from your authenticator app");
    let code = app.next_code(&authenticator);
    pending.authenticate(&code).await.assert_status(422);
    pending.authenticate(&codes[0]).await.assert_status(303);
    pending
        .get(SETTINGS)
        .await
        .assert_status(200)
        .assert_lacks("Set up an authenticator app");
    for path in [ACTIVATE, DEACTIVATE] {
        pending.get(path).await.assert_status(404);
        pending
            .post(path, &[("code", "123456")])
            .await
            .assert_status(404);
    }
}
