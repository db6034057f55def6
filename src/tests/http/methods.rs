//! Which methods an address takes.

use axum::{
    body::Body,
    http::{Method, Request},
};

use crate::tests::support::{Kind, OWN, TestApp, on_both};

on_both!(
    htp_13_other_methods_are_405_and_do_nothing,
    htp_13_head_is_get_without_a_body_and_without_effects,
    htp_13_no_header_turns_one_method_into_another,
);

const PATHS: [&str; 9] = [
    "/",
    "/accounts/login",
    "/accounts/login/",
    "/accounts/logout/",
    "/accounts/sessions/",
    "/accounts/password/change/",
    "/api/sessions",
    "/healthz",
    "/robots.txt",
];

fn request(method: &str, path: &str, origin: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(path)
        .header("origin", origin)
}

async fn htp_13_other_methods_are_405_and_do_nothing(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    for path in PATHS.into_iter().chain(["/nowhere"]) {
        for method in [
            "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW", "get",
            "post", "Get",
        ] {
            for origin in [OWN, "https://evil.example"] {
                let answer = browser
                    .send(request(method, path, origin).body(Body::empty()).unwrap())
                    .await;
                assert_eq!(answer.status, 405, "{method} {path} {origin}");
                let allowed = answer.header("allow");
                assert!(
                    !allowed.is_empty() && !allowed.contains(method),
                    "{method} {path}: {allowed}"
                );
                assert!(answer.set_cookies().is_empty());
                // TRACE gives nothing back of what it was sent
                answer.assert_lacks(browser.cookie("__Host-session"));
                assert!(
                    !answer
                        .headers
                        .keys()
                        .any(|name| name.as_str().starts_with("access-control"))
                );
            }
        }
    }
    browser
        .get("/nowhere")
        .await
        .assert_says(404, "Page not found")
        .assert_says(404, "Check it, or go to the home page.");
    assert_eq!(app.contents().await, before);
}

async fn htp_13_head_is_get_without_a_body_and_without_effects(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    for path in PATHS
        .into_iter()
        .chain(["/nowhere", "/readyz", "/accounts/setup/"])
    {
        let got = browser.get(path).await;
        let head = browser
            .send(
                Request::head(path)
                    .header("accept", "text/html")
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!(head.status, got.status, "{path}");
        assert!(head.bytes.is_empty(), "{path}: {}", head.body);
        let names = |answer: &crate::tests::support::Answer| {
            let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            names.retain(|name| !["content-length", "transfer-encoding"].contains(&name.as_str()));
            names.sort();
            names
        };
        assert_eq!(names(&head), names(&got), "{path}");
    }
    assert_eq!(app.contents().await, before);
}

async fn htp_13_no_header_turns_one_method_into_another(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        for (method, wanted) in [("GET", "POST"), ("GET", "DELETE"), ("HEAD", "POST")] {
            let asked = request(method, "/accounts/logout/?_method=POST", OWN).header(name, wanted);
            browser
                .send(asked.body(Body::empty()).unwrap())
                .await
                .assert_status(200);
        }
    }
    assert_eq!(app.contents().await, before);
    assert!(browser.is_signed_in().await);
}
