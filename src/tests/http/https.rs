//! A production configuration: https outside, a proxy before it.

use axum::http::HeaderName;

use crate::tests::support::{Browser, Kind, PASSWORD, TestApp, form, on_both, post};

on_both!(
    ses_19_plain_http_behind_a_trusted_proxy_is_sent_to_https_and_forms_are_refused,
    ses_19_what_an_untrusted_peer_says_of_the_scheme_does_not_count,
    htp_04_hsts_is_sent_where_the_site_is_https_and_only_there,
    csr_11_the_configured_origin_decides_and_not_the_host_header,
);

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const SITE: &str = "https://mfa.example.org";
const PROXY: [u8; 4] = [10, 0, 0, 1];

async fn production(kind: Kind) -> TestApp {
    let settings = [
        ("PUBLIC_URL", SITE),
        ("MFA_ENCRYPTION_KEY", KEY),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let app = TestApp::with_settings(kind, &settings).await;
    app.account("anna").await;
    app
}

fn through_proxy(app: &TestApp, scheme: &str) -> Browser {
    app.browser()
        .at(PROXY)
        .with_header("x-forwarded-for", "203.0.113.9")
        .with_header("x-forwarded-proto", scheme)
}

async fn ses_19_plain_http_behind_a_trusted_proxy_is_sent_to_https_and_forms_are_refused(
    kind: Kind,
) {
    let app = production(kind).await;
    let mut safe = through_proxy(&app, "https");
    safe.sign_in("anna", PASSWORD).await.assert_redirect("/");
    assert!(safe.is_signed_in().await);
    let mut plain = through_proxy(&app, "http");
    plain.cookies = safe.cookies.clone();
    for path in [
        "/",
        "/accounts/sessions/?a=b",
        "/nowhere",
        "//evil.example/",
    ] {
        let answer = plain.get(path).await;
        assert_eq!(
            answer.assert_status(308).header("location"),
            format!("{SITE}{path}")
        );
        answer.assert_lacks("anna");
    }
    let before = app.contents().await;
    for path in super::server_functions() {
        let answer = plain.post(path, &super::FIELDS).await;
        answer.assert_status(403);
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(app.contents().await, before);
    // a chain of schemes is read from the right, as addresses are
    through_proxy(&app, "https, http")
        .get("/")
        .await
        .assert_status(308);
    through_proxy(&app, "http, https")
        .get("/accounts/login/")
        .await
        .assert_status(200);
}

async fn ses_19_what_an_untrusted_peer_says_of_the_scheme_does_not_count(kind: Kind) {
    let app = production(kind).await;
    let mut stranger = app
        .browser()
        .at([203, 0, 113, 1])
        .with_header("x-forwarded-proto", "http");
    stranger.get("/accounts/login/").await.assert_status(200);
    // and where the site itself is http, no proxy's word leads to https
    let local = TestApp::with_settings(kind, &[("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    through_proxy(&local, "http")
        .get("/accounts/login/")
        .await
        .assert_status(200);
}

async fn htp_04_hsts_is_sent_where_the_site_is_https_and_only_there(kind: Kind) {
    let app = production(kind).await;
    let mut browser = through_proxy(&app, "https");
    let mut plain = through_proxy(&app, "http");
    for answer in [
        browser.get("/accounts/login/").await,
        browser.get("/").await,
        browser.get("/nowhere").await,
        browser.get("/healthz").await,
        browser.get("/robots.txt").await,
        browser.sign_in("anna", "wrong").await,
        browser.post("/nowhere", &[]).await,
        plain.get("/").await,
    ] {
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=63072000; includeSubDomains"
        );
    }
    let local = TestApp::new(kind).await;
    assert_eq!(
        local
            .browser()
            .get("/accounts/login/")
            .await
            .header("strict-transport-security"),
        ""
    );
}

async fn csr_11_the_configured_origin_decides_and_not_the_host_header(kind: Kind) {
    let app = production(kind).await;
    let fields = form(&[("login", "anna"), ("password", PASSWORD)]);
    let send = async |host: &str, origin: &str| {
        let request = post("/accounts/login/", origin)
            .header("host", host)
            .header(HeaderName::from_static("x-forwarded-host"), host)
            .header("content-type", "application/x-www-form-urlencoded");
        through_proxy(&app, "https")
            .send(request.body(fields.clone().into()).unwrap())
            .await
    };
    for host in ["127.0.0.1:3000", "mfa.example.org", "evil.example"] {
        send(host, SITE).await.assert_redirect("/");
    }
    let before = app.contents().await;
    for (host, origin) in [
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("127.0.0.1:3000", "https://127.0.0.1:3000"),
        ("mfa.example.org", "http://mfa.example.org"),
        ("mfa.example.org", "https://mfa.example.org:8443"),
        ("evil.example", "https://evil.example"),
        ("mfa.example.org", "https://MFA.example.org"),
    ] {
        send(host, origin)
            .await
            .assert_says(403, SITE)
            .assert_lacks("evil");
    }
    assert_eq!(app.contents().await, before);
}
