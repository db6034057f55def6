//! Whatever may change something answers only pages of this site.

use axum::http::{HeaderValue, Method, Request, header};

use super::{FIELDS, server_functions};
use crate::tests::support::{
    Answer, Browser, DEVICE, Kind, OWN, PASSWORD, SESSION, TestApp, form, on_both,
};

on_both!(
    csr_01_02_no_server_function_answers_another_site_or_nobody,
    csr_04_no_content_type_gets_a_foreign_form_through,
    csr_06_no_server_function_does_anything_for_another_method,
    csr_07_a_foreign_page_signs_nobody_in,
    csr_08_a_foreign_page_signs_nobody_out,
    csr_10_a_foreign_referer_leads_nowhere_and_no_address_carries_an_error,
    htp_20_no_origin_is_granted_anything,
    htp_22_nothing_private_is_readable_by_a_script_of_another_site,
);

const FORM: &str = "application/x-www-form-urlencoded";

/// What requests from elsewhere, or made to look as if from here, carry.
const FOREIGN: [&[(&str, &str)]; 14] = [
    &[],
    &[("referer", "http://localhost:3000/")],
    &[("origin", "null")],
    &[("origin", "")],
    &[("origin", "https://evil.example")],
    &[("origin", "http://localhost:3000.evil.example")],
    &[("origin", "http://localhost:3001")],
    &[("origin", "https://localhost:3000")],
    &[("origin", "http://localhost:3000/")],
    &[
        ("origin", "http://localhost:3000"),
        ("origin", "https://evil.example"),
    ],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[
        ("origin", "http://localhost:3000"),
        ("sec-fetch-site", "cross-site"),
    ],
    &[
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "same-origin"),
        ("x-forwarded-host", "evil.example"),
    ],
];

async fn send(
    browser: &mut Browser,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    browser
        .send(request.body(body.to_owned().into()).unwrap())
        .await
}

async fn csr_01_02_no_server_function_answers_another_site_or_nobody(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    for path in
        server_functions()
            .into_iter()
            .chain(["/", "/nowhere", "/accounts/password/change/?x"])
    {
        for headers in FOREIGN {
            let headers = [headers, &[("content-type", FORM)]].concat();
            let answer = send(&mut browser, Method::POST, path, &headers, &form(&FIELDS)).await;
            answer.assert_status(403);
            assert!(
                answer.set_cookies().is_empty() && answer.header("location").is_empty(),
                "{path} {headers:?}"
            );
        }
    }
    assert_eq!(app.contents().await, before);
    assert!(browser.is_signed_in().await);
}

async fn csr_04_no_content_type_gets_a_foreign_form_through(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n0\r\n--x--\r\n";
    for (content_type, body) in [
        (FORM, form(&FIELDS)),
        ("multipart/form-data; boundary=x", multipart.to_owned()),
        ("text/plain", "{\"id\":\"0\",\"x\":\"=\"}".to_owned()),
    ] {
        for path in server_functions() {
            for headers in FOREIGN {
                let headers = [headers, &[("content-type", content_type)]].concat();
                send(&mut browser, Method::POST, path, &headers, &body)
                    .await
                    .assert_status(403);
            }
        }
    }
    assert_eq!(app.contents().await, before);
}

async fn csr_06_no_server_function_does_anything_for_another_method(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    let own = [
        ("origin", OWN),
        ("sec-fetch-site", "same-origin"),
        ("content-type", FORM),
    ];
    let overrides = [
        ("x-http-method-override", "POST"),
        ("x-http-method", "POST"),
        ("x-method-override", "POST"),
    ];
    let query = form(&[&FIELDS[..], &[("_method", "POST")]].concat());
    for path in server_functions() {
        for method in [
            "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post",
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let address = format!("{path}?{query}");
            let headers = [&own[..], &overrides[..]].concat();
            let answer = send(
                &mut browser,
                method.clone(),
                &address,
                &headers,
                &form(&FIELDS),
            )
            .await;
            let page = matches!(method, Method::GET | Method::HEAD) && !path.starts_with("/api/");
            // a page stands where a form is sent to, or nothing does; sign-in sends on who is signed in
            let expected: &[u16] = if page { &[200, 303, 404, 405] } else { &[405] };
            assert!(
                expected.contains(&answer.status.as_u16()),
                "{method} {path}: {}",
                answer.status
            );
            assert!(
                answer.status != 303 || answer.header("location") == "/accounts/sessions/",
                "{path}"
            );
            assert!(answer.set_cookies().is_empty(), "{method} {path}");
        }
    }
    // the page that sets an authenticator app up makes the secret that it shows, which opens nothing
    app.execute("delete from mfa_totp_enrolment").await;
    assert_eq!(app.contents().await, before);
    assert!(browser.is_signed_in().await);
}

async fn csr_07_a_foreign_page_signs_nobody_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("attacker").await;
    let mut victim = app.browser();
    let body = form(&[("login", "attacker"), ("password", PASSWORD)]);
    for headers in FOREIGN {
        let headers = [headers, &[("content-type", FORM)]].concat();
        send(
            &mut victim,
            Method::POST,
            "/accounts/login/",
            &headers,
            &body,
        )
        .await
        .assert_status(403);
    }
    assert!(victim.cookies.is_empty());
    assert_eq!(
        app.number("select count(*) from throttle").await,
        0,
        "a refused request is no try"
    );
}

async fn csr_08_a_foreign_page_signs_nobody_out(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    for headers in FOREIGN {
        let headers = [headers, &[("content-type", FORM)]].concat();
        let answer = send(
            &mut browser,
            Method::POST,
            "/accounts/logout/",
            &headers,
            "",
        )
        .await;
        assert!(
            answer
                .assert_status(403)
                .header("clear-site-data")
                .is_empty()
        );
    }
    browser
        .get("/accounts/logout/")
        .await
        .assert_says(200, "Sign out?");
    assert!(browser.is_signed_in().await);
}

async fn csr_10_a_foreign_referer_leads_nowhere_and_no_address_carries_an_error(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    browser.headers.push((
        header::REFERER,
        HeaderValue::from_static("https://evil.example/?a=b"),
    ));
    for path in server_functions() {
        let answer = browser.post(path, &FIELDS).await;
        let location = answer.header("location");
        assert!(
            location.is_empty() || location.starts_with('/') && !location.starts_with("//"),
            "{path}: {location}"
        );
        for hint in ["evil", "err", "Wrong", "match", "serverfn"] {
            assert!(!location.contains(hint), "{path}: {location}");
        }
        answer.assert_lacks("evil.example");
    }
    let mut browser = app
        .browser()
        .with_header("referer", "https://evil.example/");
    let refused = browser.sign_in("anna", "wrong").await;
    assert!(
        refused
            .assert_says(401, "do not match")
            .header("location")
            .is_empty()
    );
}

async fn htp_20_no_origin_is_granted_anything(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    let preflight = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    for path in server_functions()
        .into_iter()
        .chain(["/", "/healthz", "/robots.txt", "/nowhere"])
    {
        for method in [Method::OPTIONS, Method::GET, Method::POST] {
            let answer = send(&mut browser, method, path, &preflight, "").await;
            let granted = answer
                .headers
                .keys()
                .find(|name| name.as_str().starts_with("access-control-"));
            assert_eq!(granted, None, "{path}");
        }
    }
}

async fn htp_22_nothing_private_is_readable_by_a_script_of_another_site(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    for destination in ["script", "empty", "image", "style", "embed"] {
        let fetch = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", destination),
        ];
        for path in ["/api/standing", "/api/sessions"] {
            for method in [Method::GET, Method::POST] {
                let answer = send(&mut browser, method, path, &fetch, "").await;
                assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
                answer
                    .assert_lacks("anna@")
                    .assert_lacks(browser.cookie(SESSION))
                    .assert_lacks(browser.cookie(DEVICE));
            }
        }
        // a page can be asked for from anywhere, but neither read nor run as a script there
        let answer = send(&mut browser, Method::GET, "/", &fetch, "").await;
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-type").starts_with("text/html"));
    }
}
