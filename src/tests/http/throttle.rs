//! Guessing is slow, and its victim is not shut out.

use tokio::task::JoinSet;

use crate::{
    crypto::passwords::{Cost, Passwords},
    tests::support::{DEVICE, Kind, PASSWORD, SESSION, TestApp, on_both},
};

on_both!(
    log_03_after_five_wrong_tries_the_delay_grows_and_is_not_told,
    log_04_a_known_browser_and_an_unknown_one_elsewhere_get_in_during_an_attack,
    log_04_a_known_browser_has_limits_of_its_own,
    log_05_guessing_one_password_over_many_accounts_is_slowed_for_its_source_only,
    log_06_two_hundred_parallel_tries_are_five_verifications_over_two_processes,
    log_06_two_hundred_parallel_tries_from_many_accounts_stay_within_the_sources_limit,
    log_16_a_right_password_clears_the_count_of_its_account_only,
    log_16_every_try_is_in_the_audit_trail,
    log_03_a_password_that_could_not_be_looked_at_is_no_wrong_try,
    limits_survive_a_restart,
);

async fn log_03_a_password_that_could_not_be_looked_at_is_no_wrong_try(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let flooded = app.variant(|services| {
        services.passwords = Passwords::with_cost(1, services.random.clone(), Cost::TEST);
        services.passwords.fill();
    });
    for _ in 0..6 {
        let busy = flooded.browser().sign_in("anna", PASSWORD).await;
        busy.assert_status(503);
    }
    let answer = app.browser().sign_in("anna", PASSWORD).await;
    answer.assert_redirect("/");
}

async fn log_03_after_five_wrong_tries_the_delay_grows_and_is_not_told(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.browser();
    let wrong = browser
        .sign_in("anna", "wrong")
        .await
        .assert_status(401)
        .comparable("anna");
    for _ in 0..4 {
        assert_eq!(
            browser.sign_in("anna", "wrong").await.comparable("anna"),
            wrong
        );
    }
    for delay in [1, 2, 4, 8, 16] {
        app.hands.advance(delay - 1);
        let early = browser.sign_in("anna", PASSWORD).await;
        assert_eq!(
            early.comparable("anna"),
            wrong,
            "a right password {delay} s too early"
        );
        app.hands.advance(1);
        assert_eq!(
            browser.sign_in("anna", "wrong").await.comparable("anna"),
            wrong
        );
    }
    assert_eq!(
        app.details("sign_in.failed")
            .await
            .iter()
            .filter(|reason| *reason == "too early")
            .count(),
        5
    );
    app.hands.advance(32);
    browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
}

async fn log_04_a_known_browser_and_an_unknown_one_elsewhere_get_in_during_an_attack(kind: Kind) {
    let (app, mut known) = TestApp::with_anna(kind).await;
    known
        .post("/accounts/logout/", &[])
        .await
        .assert_status(303);
    // from the address of the owner, until the address itself has to wait
    let mut attacker = app.browser();
    let mut last = 0;
    for _ in 0..120 {
        last = attacker.sign_in("anna", "wrong").await.status.as_u16();
    }
    assert_eq!(last, 429);
    // and from many others
    for number in 0..60 {
        let mut attacker = app.browser().at([198, 51, 100, number]);
        for _ in 0..7 {
            attacker.sign_in("anna", "wrong").await.assert_status(401);
        }
    }
    known.sign_in("anna", PASSWORD).await.assert_redirect("/");
    app.browser()
        .at([203, 0, 113, 5])
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
    // but the mark alone opens nothing
    known.cookies.remove(SESSION);
    assert!(!known.is_signed_in().await);
    known.sign_in("anna", "wrong").await.assert_status(401);
    // and the mark of a browser that was never here is none
    let mut forged = app.browser();
    forged.set_cookie(DEVICE, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    forged.sign_in("anna", PASSWORD).await.assert_status(429);
}

async fn log_04_a_known_browser_has_limits_of_its_own(kind: Kind) {
    let (app, mut known) = TestApp::with_anna(kind).await;
    for _ in 0..5 {
        known.sign_in("anna", "wrong").await.assert_status(401);
    }
    known.sign_in("anna", PASSWORD).await.assert_status(401);
    // whoever stole the mark does not slow anybody else
    app.browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
    app.hands.advance(1);
    known.sign_in("anna", PASSWORD).await.assert_redirect("/");
}

async fn log_05_guessing_one_password_over_many_accounts_is_slowed_for_its_source_only(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut attacker = app.browser().at([198, 51, 100, 1]);
    let mut verified = 0;
    for number in 0..150 {
        if attacker
            .sign_in(&format!("name{number}"), "a common password")
            .await
            .status
            == 401
        {
            verified += 1;
        }
    }
    assert_eq!(verified, 100);
    let answer = attacker.sign_in("anna", PASSWORD).await;
    answer.assert_says(429, "Too many wrong tries came from your network address");
    assert_eq!(answer.header("retry-after"), "60");
    app.browser()
        .at([198, 51, 100, 2])
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
    app.hands.advance(60);
    attacker
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
}

/// How often each reason for a refusal was recorded.
async fn count(app: &TestApp, reason: &str) -> usize {
    app.details("sign_in.failed")
        .await
        .iter()
        .filter(|detail| *detail == reason)
        .count()
}

async fn log_06_two_hundred_parallel_tries_are_five_verifications_over_two_processes(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let second = app.second_process().await;
    let mut at_once = JoinSet::new();
    for number in 0..200 {
        let mut browser = if number % 2 == 0 { &app } else { &second }.browser();
        at_once.spawn(async move { browser.sign_in("anna", "wrong").await.status.as_u16() });
    }
    let statuses = at_once.join_all().await;
    assert!(
        statuses.iter().all(|status| [401, 429].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(count(&app, "wrong password").await, 5);
    // of the source's hundred, the others came too early for this account
    assert_eq!(count(&app, "too early").await, 95);
}

async fn log_06_two_hundred_parallel_tries_from_many_accounts_stay_within_the_sources_limit(
    kind: Kind,
) {
    let app = TestApp::new(kind).await;
    let second = app.second_process().await;
    let mut at_once = JoinSet::new();
    for number in 0..200 {
        let mut browser = if number % 2 == 0 { &app } else { &second }.browser();
        at_once.spawn(async move {
            browser
                .sign_in(&format!("name{number}"), "wrong")
                .await
                .status
                .as_u16()
        });
    }
    let statuses = at_once.join_all().await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 401).count(),
        100,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 429).count(),
        100
    );
    assert_eq!(count(&app, "unknown account").await, 100);
}

async fn log_16_a_right_password_clears_the_count_of_its_account_only(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    app.account("berta").await;
    let mut browser = app.browser();
    for name in ["anna", "berta"] {
        for _ in 0..4 {
            browser.sign_in(name, "wrong").await.assert_status(401);
        }
    }
    browser
        .clone()
        .forgetful()
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
    for _ in 0..5 {
        browser.sign_in("anna", "wrong").await.assert_status(401);
    }
    browser.sign_in("berta", "wrong").await.assert_status(401);
    assert_eq!(count(&app, "too early").await, 0);
    browser.sign_in("anna", "wrong").await.assert_status(401);
    browser.sign_in("berta", PASSWORD).await.assert_status(401);
    assert_eq!(count(&app, "too early").await, 2);
}

async fn log_16_every_try_is_in_the_audit_trail(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    let mut browser = app.browser();
    browser.sign_in("anna", "wrong").await.assert_status(401);
    browser
        .sign_in("secret typed as name", "wrong")
        .await
        .assert_status(401);
    browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
    let rows = "select action || '/' || coalesce(subject_id, '-') || '/' || source || '/' || detail from audit_event \
                where action like 'sign_in%' order by at, id";
    let mut found = app.texts(rows).await;
    found.sort();
    let id = &anna.id;
    let mut wanted = [
        format!("sign_in.failed/{id}/192.0.2.1/wrong password"),
        "sign_in.failed/-/192.0.2.1/unknown account".to_owned(),
        format!("sign_in/{id}/192.0.2.1/pwd"),
    ];
    wanted.sort();
    assert_eq!(found, wanted);
}

async fn limits_survive_a_restart(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    for _ in 0..5 {
        app.browser()
            .sign_in("anna", "wrong")
            .await
            .assert_status(401);
    }
    let again = app.second_process().await;
    again
        .browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_status(401);
    again.hands.advance(1);
    again
        .browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
}
