//! Signing in: one answer and one cost for every wrong try.

use tokio::task::{JoinSet, yield_now};

use crate::{
    crypto::passwords::{Cost, Password, Passwords, QUEUE, Turn},
    tests::support::{DEVICE, Kind, PASSWORD, SESSION, TestApp, on_both},
};

on_both!(
    log_01_every_wrong_try_gets_the_same_answer,
    log_01_a_source_that_has_to_wait_is_told_so_whoever_it_means,
    log_23_the_owner_is_told_of_wrong_tries_since_the_last_visit,
    signing_in_sets_two_cookies_and_once_known_one,
);

/// Accounts that cannot be signed in to with "wrong", each for another reason.
async fn with_all_kinds(kind: Kind) -> (TestApp, [&'static str; 6]) {
    let app = TestApp::new(kind).await;
    for name in ["known", "empty", "corrupt", "early"] {
        app.account(name).await;
    }
    let disabled = app.account("disabled").await;
    app.disable(&disabled).await;
    app.execute("update account set password_hash = null where username = 'empty'")
        .await;
    app.execute("update account set password_hash = 'garbage' where username = 'corrupt'")
        .await;
    let mut impatient = app.browser();
    for _ in 0..6 {
        impatient.sign_in("early", "wrong").await.assert_status(401);
    }
    (
        app,
        ["unknown", "known", "disabled", "empty", "corrupt", "early"],
    )
}

async fn log_01_every_wrong_try_gets_the_same_answer(kind: Kind) {
    let (app, names) = with_all_kinds(kind).await;
    for password in ["wrong", "", PASSWORD] {
        let first = app
            .browser()
            .sign_in("somebody", password)
            .await
            .comparable("somebody");
        assert_eq!(first.0, 401, "{first:?}");
        assert!(
            !first
                .1
                .iter()
                .any(|header| header.starts_with("set-cookie")),
            "{:?}",
            first.1
        );
        for name in names
            .into_iter()
            .filter(|name| password != PASSWORD || *name != "known")
        {
            let answer = app.browser().sign_in(name, password).await;
            assert_eq!(answer.comparable(name), first, "{name}");
        }
    }
    // the audit trail knows better
    let mut reasons = app.details("sign_in.failed").await;
    reasons.sort();
    reasons.dedup();
    let all = [
        "corrupt hash",
        "disabled",
        "no password",
        "too early",
        "unknown account",
        "wrong password",
    ];
    assert_eq!(reasons, all);
}

async fn log_01_a_source_that_has_to_wait_is_told_so_whoever_it_means(kind: Kind) {
    let (app, names) = with_all_kinds(kind).await;
    for number in 0..100 {
        app.browser()
            .sign_in(&format!("name{number}"), "wrong")
            .await;
    }
    let first = app
        .browser()
        .sign_in("somebody", "wrong")
        .await
        .comparable("somebody");
    assert_eq!(first.0, 429, "{first:?}");
    for name in names {
        assert_eq!(
            app.browser().sign_in(name, PASSWORD).await.comparable(name),
            first,
            "{name}"
        );
    }
}

/// With the hashing gate full, whoever would be hashed for is told to come back: everybody is.
#[test]
fn log_01_every_wrong_try_waits_for_the_hash_even_where_there_is_none() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (app, names) = with_all_kinds(Kind::Sqlite).await;
        let passwords = Passwords::with_cost(1, app.services.random.clone(), Cost::TEST);
        let full = app.variant(|services| services.passwords = passwords.clone());
        // the one thread for blocking work waits until this sender is dropped
        let (release, held) = std::sync::mpsc::channel::<()>();
        let blocked = tokio::task::spawn_blocking(move || held.recv());
        let mut queue = JoinSet::new();
        for _ in 0..=QUEUE {
            let passwords = passwords.clone();
            queue.spawn(async move {
                passwords
                    .verify(Password::parse(String::new()).unwrap(), None, Turn::Soon)
                    .await
            });
        }
        for _ in 0..4 {
            yield_now().await;
        }
        for name in names.into_iter().chain(["\u{200d}"]) {
            let answer = full.browser().sign_in(name, "wrong").await;
            answer.assert_says(503, "Many people are signing in");
            assert_eq!(answer.header("retry-after"), "60");
        }
        // what is refused before it is hashed still is
        full.browser()
            .sign_in("known", &"x".repeat(257))
            .await
            .assert_status(422);
        drop(release);
        blocked.await.unwrap().unwrap_err();
        assert_eq!(queue.join_all().await.len(), QUEUE + 1);
        full.browser()
            .sign_in("known", PASSWORD)
            .await
            .assert_redirect("/");
    });
}

async fn log_23_the_owner_is_told_of_wrong_tries_since_the_last_visit(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    browser
        .get("/")
        .await
        .assert_status(200)
        .assert_lacks("wrong tr");
    app.hands.advance(60);
    for _ in 0..2 {
        app.browser()
            .at([198, 51, 100, 1])
            .sign_in("anna", "wrong")
            .await
            .assert_status(401);
    }
    app.browser()
        .sign_in("nobody", "wrong")
        .await
        .assert_status(401);
    app.hands.advance(60);
    browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
    browser.get("/").await.assert_says(
        200,
        "2 wrong tries to sign in to your account since your last visit",
    );
    app.hands.advance(60);
    browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
    browser
        .get("/")
        .await
        .assert_status(200)
        .assert_lacks("wrong tr");
}

async fn signing_in_sets_two_cookies_and_once_known_one(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.browser();
    assert!(
        browser
            .get("/accounts/login/")
            .await
            .set_cookies()
            .is_empty(),
        "a visitor gets no cookie"
    );
    assert_eq!(
        browser.sign_in("anna", PASSWORD).await.set_cookies().len(),
        2
    );
    assert_eq!(
        browser.cookies.keys().collect::<Vec<_>>(),
        [DEVICE, SESSION]
    );
    let again = browser.sign_in("anna", PASSWORD).await;
    assert_eq!(again.set_cookies().len(), 1);
    assert!(again.set_cookies()[0].starts_with(SESSION));
    // another account's mark is worth nothing here, and is replaced
    app.account("berta").await;
    assert_eq!(
        browser.sign_in("berta", PASSWORD).await.set_cookies().len(),
        2
    );
}
