//! The first run: one link, one account, then nothing.

use tokio::task::JoinSet;

use crate::{
    auth::setup::flow as setup,
    crypto::token::Token,
    services::Client,
    tests::support::{Answer, Browser, Kind, PASSWORD, TestApp, on_both},
};

on_both!(
    log_20_fifty_parallel_posts_with_one_link_make_one_account,
    log_20_fifty_parallel_posts_with_two_links_make_one_account,
    log_20_posts_to_two_processes_make_one_account,
    log_20_with_an_account_the_page_is_gone,
    log_21_the_first_password_has_to_be_a_good_one_and_the_link_stays_good,
    a_link_lives_half_an_hour_and_only_as_a_hash,
    cra_21_a_missing_or_forged_link_opens_nothing,
    the_first_administrator_is_signed_in_and_known,
    what_was_typed_stays_and_secrets_do_not,
);

const PATH: &str = "/accounts/setup/";

async fn link(app: &TestApp) -> String {
    setup::issue(&app.services, &Client::shell())
        .await
        .unwrap()
        .unwrap()
        .expose()
}

/// Posts the form as the page at the printed address does.
async fn create(browser: &mut Browser, token: &str, name: &str, password: &str) -> Answer {
    let path = format!("{PATH}?token={token}");
    browser
        .post(
            &path,
            &[("login", name), ("email", ""), ("password", password)],
        )
        .await
}

/// Fifty posts at once, in turn to each program with each link.
async fn fifty(apps: &[&TestApp], links: &[String]) {
    let mut at_once = JoinSet::new();
    for number in 0..50 {
        let mut browser = apps[number % apps.len()].browser();
        let link = links[number / 2 % links.len()].clone();
        at_once.spawn(async move {
            create(&mut browser, &link, &format!("name{number}"), PASSWORD)
                .await
                .status
                .as_u16()
        });
    }
    let statuses = at_once.join_all().await;
    assert!(
        statuses
            .iter()
            .all(|status| [303, 403, 404].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(apps[0].number("select count(*) from account").await, 1);
    assert_eq!(apps[0].number("select count(*) from session").await, 1);
    assert_eq!(apps[0].details("account.created").await.len(), 1);
}

async fn log_20_fifty_parallel_posts_with_one_link_make_one_account(kind: Kind) {
    let app = TestApp::new(kind).await;
    fifty(&[&app], &[link(&app).await]).await;
}

async fn log_20_fifty_parallel_posts_with_two_links_make_one_account(kind: Kind) {
    let app = TestApp::new(kind).await;
    fifty(&[&app], &[link(&app).await, link(&app).await]).await;
}

async fn log_20_posts_to_two_processes_make_one_account(kind: Kind) {
    let app = TestApp::new(kind).await;
    let second = app.second_process().await;
    fifty(&[&app, &second], &[link(&app).await, link(&second).await]).await;
}

async fn log_20_with_an_account_the_page_is_gone(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (used, unused) = (link(&app).await, link(&app).await);
    create(&mut app.browser(), &used, "anna", PASSWORD)
        .await
        .assert_redirect("/?done=set-up");
    for token in [used.as_str(), unused.as_str(), ""] {
        let seen = app.browser().get(&format!("{PATH}?token={token}")).await;
        let sent = create(&mut app.browser(), token, "berta", PASSWORD).await;
        for answer in [seen, sent] {
            answer
                .assert_says(404, "<title>Page not found")
                .assert_says(404, "<h1>Page not found")
                .assert_says(404, "There is nothing here, or not any more.")
                .assert_lacks("first administrator")
                .assert_lacks("<form");
        }
    }
    app.browser().get(PATH).await.assert_status(404);
    assert!(
        setup::issue(&app.services, &Client::shell())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(app.number("select count(*) from account").await, 1);
}

async fn log_21_the_first_password_has_to_be_a_good_one_and_the_link_stays_good(kind: Kind) {
    let app = TestApp::new(kind).await;
    let token = link(&app).await;
    for (name, password, reason) in [
        ("annabergstrom", "too short", "Use at least 15 characters."),
        (
            "annabergstrom",
            "passwordpassword",
            "among those guessed first",
        ),
        ("annabergstrom", "annabergstrom2026", "built from your name"),
        ("anna bergstrom", PASSWORD, "Use a username of letters"),
        ("", PASSWORD, "Use a username of letters"),
    ] {
        create(&mut app.browser(), &token, name, password)
            .await
            .assert_says(422, reason);
    }
    let path = format!("{PATH}?token={token}");
    let fields = [
        ("login", "anna"),
        ("email", "no address"),
        ("password", PASSWORD),
    ];
    app.browser()
        .post(&path, &fields)
        .await
        .assert_says(422, "That is not an e-mail address.");
    assert_eq!(app.number("select count(*) from account").await, 0);
    create(&mut app.browser(), &token, "anna", "greenapplewindow")
        .await
        .assert_redirect("/?done=set-up");
}

async fn a_link_lives_half_an_hour_and_only_as_a_hash(kind: Kind) {
    let app = TestApp::new(kind).await;
    let token = link(&app).await;
    let bytes = if kind == Kind::Sqlite {
        "hex(token_hash)"
    } else {
        "encode(token_hash, 'hex')"
    };
    let stored = app.texts(&format!("select {bytes} from setup_link")).await;
    let hash = crate::crypto::hex(Token::parse(&token).unwrap().hash().as_slice());
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].to_lowercase(), hash);
    create(&mut app.browser(), &hash, "anna", PASSWORD)
        .await
        .assert_status(403);
    let path = format!("{PATH}?token={token}");
    app.hands.advance(30 * 60 - 1);
    app.browser()
        .get(&path)
        .await
        .assert_says(200, "Create administrator");
    app.hands.advance(1);
    app.browser()
        .get(&path)
        .await
        .assert_says(403, "<code>inmor-mfa setup-link</code>")
        .assert_lacks("<form");
    create(&mut app.browser(), &token, "anna", PASSWORD)
        .await
        .assert_says(403, "<code>inmor-mfa setup-link</code>");
    assert_eq!(app.number("select count(*) from account").await, 0);
}

async fn cra_21_a_missing_or_forged_link_opens_nothing(kind: Kind) {
    let app = TestApp::new(kind).await;
    let token = link(&app).await;
    let (short, long, markup) = (&token[1..], format!("{token}A"), "%22%3E%3Cscript%3E");
    for token in [
        "",
        short,
        &long,
        markup,
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "'%20or%20'1'='1",
    ] {
        app.browser()
            .get(&format!("{PATH}?token={token}"))
            .await
            .assert_status(403)
            .assert_lacks("<form");
        create(&mut app.browser(), token, "anna", PASSWORD)
            .await
            .assert_status(403);
    }
    assert_eq!(app.number("select count(*) from account").await, 0);
    assert!(app.details("account.created").await.is_empty());
}

async fn the_first_administrator_is_signed_in_and_known(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app.browser();
    browser.get("/").await.assert_redirect("/accounts/login/");
    let token = link(&app).await;
    create(&mut browser, &token, "Anna", PASSWORD)
        .await
        .assert_redirect("/?done=set-up");
    assert_eq!(browser.cookies.len(), 2);
    browser
        .get("/?done=set-up")
        .await
        .assert_says(200, "Signed in as Anna")
        .assert_says(200, "first administrator");
    app.signed_in("anna").await;
}

async fn what_was_typed_stays_and_secrets_do_not(kind: Kind) {
    let app = TestApp::new(kind).await;
    let token = link(&app).await;
    let path = format!("{PATH}?token={token}");
    let fields = [
        ("login", "Anna"),
        ("email", "anna@example.org"),
        ("password", "hunter2-hunter"),
        ("token", &token),
    ];
    let page = app.browser().post(&path, &fields).await;
    page.assert_says(422, "value=\"Anna\"")
        .assert_says(422, "value=\"anna@example.org\"");
    page.assert_lacks("hunter2").assert_lacks(&token);
}
