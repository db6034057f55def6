//! Addresses: where redirects lead, and whose host counts.

use axum::{
    body::Body,
    http::{Request, Version},
};

use super::{FIELDS, server_functions};
use crate::tests::support::{Kind, PASSWORD, TestApp, form, on_both};

on_both!(
    htp_06_after_signing_in_only_paths_of_this_site_are_gone_to,
    htp_06_who_is_signed_in_is_sent_on_to_paths_of_this_site_only,
    htp_06_redirects_of_pages_stay_here_too,
    htp_08_the_host_a_request_names_changes_nothing,
    htp_08_a_request_for_no_host_or_for_two_does_nothing,
    every_page_without_its_slash_is_sent_there,
);

/// Where one may be sent.
const GOOD: [&str; 4] = [
    "/accounts/sessions/",
    "/accounts/sessions/?a=b&c=%2f%2f",
    "/a%20b/",
    "/admin/?next=/x",
];

/// What must lead home instead.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "https:evil.example",
        "https://evil.example/",
        "https://localhost:3000@evil.example/",
        "http://localhost:3000/",
        "\t//evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/%2f/evil.example",
        "/%2fevil.example",
        "/%5cevil.example",
        "/%252fevil.example",
        "/%09/evil.example",
        "/..//evil.example",
        "/a/..//evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/a\r\nSet-Cookie: __Host-session=x",
        "/a%0d%0aSet-Cookie:x",
        "/accounts/login/?next=/accounts/login/",
        "/accounts/login?next=/",
        "/accounts/logout/",
        "accounts/sessions/",
        "?next=/",
        "#",
        "/#//evil.example",
        "/\u{202e}",
        "/\0",
        "",
    ]
    .map(str::to_owned)
    .into();
    all.push(format!("/{}", "a".repeat(10_000)));
    all
}

async fn htp_06_after_signing_in_only_paths_of_this_site_are_gone_to(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.browser();
    for next in hostile() {
        let fields = [("login", "anna"), ("password", PASSWORD), ("next", &next)];
        browser
            .post("/accounts/login/", &fields)
            .await
            .assert_redirect("/");
    }
    for next in GOOD {
        let fields = [("login", "anna"), ("password", PASSWORD), ("next", next)];
        browser
            .post("/accounts/login/", &fields)
            .await
            .assert_redirect(next);
    }
}

async fn htp_06_who_is_signed_in_is_sent_on_to_paths_of_this_site_only(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    let page = |next: &str| format!("/accounts/login/?{}", form(&[("next", next)]));
    for next in hostile() {
        browser.get(&page(&next)).await.assert_redirect("/");
    }
    for next in GOOD {
        browser.get(&page(next)).await.assert_redirect(next);
    }
}

async fn htp_06_redirects_of_pages_stay_here_too(kind: Kind) {
    let app = TestApp::new(kind).await;
    for path in [
        "/accounts/sessions/?//evil.example",
        "/accounts/sessions/?next=https://evil.example",
        "/accounts/login?next=//evil.example",
        "/accounts/sessions?a=%0d%0ab",
        "//evil.example",
        "//evil.example/accounts/login",
        "/%2fevil.example/accounts/login",
        "/accounts/login%2f..%2f",
        "/accounts//login",
        "/accounts/sessions/%0d%0aSet-Cookie:x=y",
    ] {
        let answer = app.browser().get(path).await;
        let location = answer.header("location");
        let here = location.starts_with("/accounts/") && !location.contains('\\');
        assert!(location.is_empty() || here, "{path} leads to {location}");
        assert!(answer.set_cookies().is_empty());
    }
}

async fn htp_08_the_host_a_request_names_changes_nothing(kind: Kind) {
    let (app, browser) = TestApp::with_anna(kind).await;
    let sent = async |path: &str, hosts: &[(&str, &str)]| {
        let mut request = Request::get(path).header("accept", "text/html");
        for (name, value) in hosts {
            request = request.header(*name, *value);
        }
        browser
            .clone()
            .send(request.body(Body::empty()).unwrap())
            .await
    };
    for path in [
        "/",
        "/accounts/sessions/",
        "/accounts/login",
        "/accounts/login/",
        "/nowhere",
    ] {
        let usual = sent(path, &[("host", "localhost:3000")]).await;
        let absolute = format!("http://evil.example{path}");
        for (path, hosts) in [
            (path, &[("host", "evil.example")][..]),
            (
                path,
                &[
                    ("host", "localhost:3000"),
                    ("x-forwarded-host", "evil.example"),
                    ("x-forwarded-proto", "https"),
                ],
            ),
            (
                path,
                &[
                    ("forwarded", "host=evil.example"),
                    ("x-original-url", "/evil.example"),
                    ("x-rewrite-url", "/evil.example"),
                ],
            ),
            (&absolute, &[("host", "evil.example")]),
        ] {
            let answer = sent(path, hosts).await;
            answer.assert_lacks("evil.example");
            assert_eq!(
                answer.comparable("evil.example"),
                usual.comparable("evil.example"),
                "{path} {hosts:?}"
            );
        }
    }
    let link = crate::auth::setup::flow::link(
        &app.services,
        &crate::crypto::token::Token::generate(&app.services.random).unwrap(),
    );
    assert!(
        link.starts_with("http://localhost:3000/accounts/setup/?token="),
        "{link}"
    );
}

async fn htp_08_a_request_for_no_host_or_for_two_does_nothing(kind: Kind) {
    let (app, browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    let twice = browser
        .clone()
        .with_header("host", "localhost:3000")
        .with_header("host", "evil.example");
    for mut browser in [browser.clone().without_host(), twice] {
        for path in ["/", "/nowhere", "/accounts/login"] {
            let answer = browser.get(path).await;
            answer
                .assert_says(400, "The request could not be understood.")
                .assert_lacks("evil.example");
            assert_ne!(answer.header("content-security-policy"), "");
        }
        for path in server_functions() {
            browser.post(path, &FIELDS).await.assert_status(400);
        }
    }
    assert_eq!(app.contents().await, before);
    let old = Request::get("/accounts/sessions/").version(Version::HTTP_10);
    browser
        .without_host()
        .send(old.body(Body::empty()).unwrap())
        .await
        .assert_status(200);
}

async fn every_page_without_its_slash_is_sent_there(kind: Kind) {
    let app = TestApp::new(kind).await;
    for path in [
        "/accounts/login",
        "/accounts/logout",
        "/accounts/setup",
        "/accounts/sessions",
        "/accounts/password/change",
    ] {
        let answer = app.browser().get(&format!("{path}?a=b&c")).await;
        assert_eq!(
            answer.assert_status(308).header("location"),
            format!("{path}/?a=b&c")
        );
    }
}
