//! What is broken says so, says no more, and lets nobody in.

use crate::{
    crypto::random::Random,
    tests::support::{Answer, Browser, Kind, PASSWORD, SESSION, TestApp, on_both},
};

on_both!(
    a_database_that_is_gone_is_a_503_and_never_a_way_in,
    htp_18_a_broken_table_is_a_500_with_an_id_and_without_details,
    htp_18_a_form_that_meets_a_broken_table_is_a_500_and_changes_nothing,
    cra_16_htp_18_without_randomness_nobody_gets_in_and_nothing_changes,
    htp_24_health_tells_no_details,
);

/// Words of the database, the language and the file system that no page may contain.
const DETAILS: [&str; 12] = [
    "sqlx",
    "sqlite",
    "postgres",
    "relation",
    "no such table",
    "SELECT",
    "select ",
    "panicked",
    ".rs",
    "token_hash",
    "src/",
    "Driver",
];

/// A failure in general words; a defect with the id under which the log has more.
fn assert_failed(answer: &Answer, status: u16) {
    answer.assert_status(status);
    for detail in DETAILS {
        answer.assert_lacks(detail);
    }
    let id = answer.header("x-request-id");
    assert!(
        id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{id}"
    );
    assert!(
        status != 500 || answer.body.contains(id),
        "the request id {id} is not in\n{}",
        answer.body
    );
    assert!(answer.set_cookies().is_empty());
    assert_eq!(answer.header("location"), "");
    assert!(answer.header("content-type").starts_with("text/html"));
    assert_ne!(answer.header("content-security-policy"), "");
}

async fn each_page(browser: &mut Browser) -> Vec<Answer> {
    let mut answers = Vec::new();
    for page in ["/", "/accounts/sessions/", "/accounts/password/change/"] {
        answers.push(browser.get(page).await);
    }
    answers
}

async fn a_database_that_is_gone_is_a_503_and_never_a_way_in(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    browser.get("/readyz").await.assert_says(200, "ready");
    app.services.db.close().await;
    browser.get("/readyz").await.assert_status(503);
    browser.get("/healthz").await.assert_status(200);
    app.browser()
        .get("/accounts/login/")
        .await
        .assert_status(200);
    let mut answers = each_page(&mut browser).await;
    for path in super::server_functions()
        .into_iter()
        .filter(|path| !path.starts_with("/api/"))
        // no database is asked about a sign-in that this browser has not begun
        .filter(|path| !path.starts_with("/accounts/2fa/authenticate/"))
    {
        answers.push(browser.post(path, &super::FIELDS).await);
    }
    answers.push(app.browser().sign_in("anna", PASSWORD).await);
    answers.push(
        app.browser()
            .get("/accounts/setup/?token=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
            .await,
    );
    for answer in &answers {
        assert_failed(answer, 503);
        answer
            .assert_lacks("Signed in as")
            .assert_lacks(browser.cookie(SESSION));
        assert_ne!(answer.header("retry-after"), "");
    }
    for path in ["/api/standing", "/api/sessions", "/api/setup"] {
        browser
            .post(path, &[])
            .await
            .assert_status(503)
            .assert_lacks("anna");
    }
}

async fn htp_18_a_broken_table_is_a_500_with_an_id_and_without_details(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    app.execute("alter table session rename to elsewhere").await;
    let first = each_page(&mut browser).await;
    for answer in &first {
        assert_failed(answer, 500);
        answer
            .assert_says(500, "omething went wrong")
            .assert_lacks("Signed in as");
    }
    assert_ne!(
        first[0].header("x-request-id"),
        first[1].header("x-request-id")
    );
    browser
        .post("/api/sessions", &[])
        .await
        .assert_status(500)
        .assert_lacks("elsewhere");
    app.execute("alter table elsewhere rename to session").await;
    assert!(browser.is_signed_in().await, "it works again by itself");
}

async fn htp_18_a_form_that_meets_a_broken_table_is_a_500_and_changes_nothing(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let hash = app.texts("select password_hash from account").await;
    app.execute("alter table audit_event rename to elsewhere")
        .await;
    let fields = [
        ("password", PASSWORD),
        ("new_password", "seven otters juggle lanterns"),
    ];
    let answer = browser.post("/accounts/password/change/", &fields).await;
    assert_failed(&answer, 500);
    answer.assert_lacks("otters");
    let mut other = app.browser();
    assert_failed(&other.sign_in("anna", PASSWORD).await, 500);
    assert_failed(&other.sign_in("anna", "wrong").await, 500);
    // no change without its audit event
    assert_eq!(app.texts("select password_hash from account").await, hash);
    assert_eq!(app.number("select count(*) from session").await, 1);
}

async fn cra_16_htp_18_without_randomness_nobody_gets_in_and_nothing_changes(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    let broken = app.variant(|services| services.random = Random::failing());
    let mut there = broken.browser();
    there.cookies = browser.cookies.clone();
    for answer in [
        there.get("/").await,
        there.get("/accounts/login/").await,
        there.post("/accounts/sessions/end-others/", &[]).await,
        there.sign_in("anna", PASSWORD).await,
    ] {
        answer.assert_status(500).assert_lacks("anna");
        assert!(answer.set_cookies().is_empty());
        assert_ne!(answer.header("content-security-policy"), "");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(app.contents().await, before);
    assert!(browser.is_signed_in().await);
}

async fn htp_24_health_tells_no_details(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    assert_eq!(
        browser.get("/healthz").await.assert_status(200).body,
        "ok\n"
    );
    assert_eq!(
        browser.get("/readyz").await.assert_status(200).body,
        "ready\n"
    );
    app.services.db.close().await;
    assert_eq!(
        browser.get("/healthz").await.assert_status(200).body,
        "ok\n"
    );
    assert_eq!(
        browser.get("/readyz").await.assert_status(503).body,
        "not ready\n"
    );
}
