//! Names as they are typed: one account and one count for every spelling, and never anything but
//! a name.

use crate::tests::support::{Kind, PASSWORD, TestApp, on_both};

on_both!(
    log_08_every_spelling_signs_in_and_fills_one_bucket,
    log_08_names_that_cannot_be_are_answered_like_unknown_ones,
    log_22_sql_and_like_characters_are_literal,
);

async fn log_08_every_spelling_signs_in_and_fills_one_bucket(kind: Kind) {
    const SPELLINGS: [&str; 6] = [
        "Admin",
        " admin ",
        "ＡＤＭＩＮ",
        "ⓐⓓⓜⓘⓝ",
        "admin@example.org",
        "ADMIN＠example.org",
    ];
    let app = TestApp::new(kind).await;
    app.create("admin", "admin@example.org", PASSWORD).await;
    for spelling in SPELLINGS {
        app.browser()
            .sign_in(spelling, PASSWORD)
            .await
            .assert_redirect("/");
    }
    for spelling in &SPELLINGS[..5] {
        app.browser()
            .sign_in(spelling, "wrong")
            .await
            .assert_status(401);
    }
    assert_eq!(app.details("sign_in.failed").await, ["wrong password"; 5]);
    app.browser()
        .sign_in(SPELLINGS[5], PASSWORD)
        .await
        .assert_status(401);
    assert_eq!(
        app.details("sign_in.failed")
            .await
            .iter()
            .filter(|reason| *reason == "too early")
            .count(),
        1
    );
    // names that nobody has are counted as one, too
    for spelling in ["Nobody", "nobody", " NOBODY", "ｎｏｂｏｄｙ", "ⓝobody"] {
        app.browser()
            .sign_in(spelling, "wrong")
            .await
            .assert_status(401);
    }
    app.browser()
        .sign_in("nobody", "wrong")
        .await
        .assert_status(401);
    assert_eq!(
        app.details("sign_in.failed")
            .await
            .iter()
            .filter(|reason| *reason == "too early")
            .count(),
        2
    );
}

async fn log_08_names_that_cannot_be_are_answered_like_unknown_ones(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.create("admin", "", PASSWORD).await;
    let unknown = app
        .browser()
        .sign_in("somebody", PASSWORD)
        .await
        .comparable("somebody");
    for name in [
        "ad\u{200d}min",
        "admin\u{200b}",
        "\u{202e}nimda",
        "аdmin",
        "ad\0min",
        &"a".repeat(20_000),
    ] {
        let answer = app.browser().sign_in(name, PASSWORD).await;
        assert_eq!(
            answer.assert_status(401).comparable(name),
            unknown,
            "{name:?}"
        );
    }
    app.browser()
        .sign_in("", PASSWORD)
        .await
        .assert_says(401, "do not match");
}

async fn log_22_sql_and_like_characters_are_literal(kind: Kind) {
    let app = TestApp::new(kind).await;
    for name in ["a_c", "o'brien", "x%", "percent%s"] {
        app.create(name, "", PASSWORD).await;
    }
    for name in ["a_c", "o'brien", "x%", "percent%s"] {
        app.signed_in(name).await;
    }
    for name in [
        "abc",
        "%",
        "_",
        "xyz",
        "a_c' or '1'='1",
        "a_c'--",
        "' union select * from account --",
        "a_c\\",
        "$1",
    ] {
        let mut browser = app.browser().at([198, 51, 100, 1]);
        browser.sign_in(name, PASSWORD).await.assert_status(401);
        browser.sign_in("a_c", &format!("{name}{PASSWORD}")).await;
        app.execute("delete from throttle").await;
    }
    let mut browser = app.signed_in("a_c").await;
    for id in ["%", "' or '1'='1", "'; delete from session; --"] {
        browser
            .post("/accounts/sessions/end/", &[("id", id)])
            .await
            .assert_status(404);
    }
    assert!(browser.is_signed_in().await);
    assert_eq!(app.number("select count(*) from account").await, 4);
}
