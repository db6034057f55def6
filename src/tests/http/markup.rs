//! Whatever people or programs write is text on every page.

use crate::tests::support::{Answer, Kind, PASSWORD, TestApp, on_both};

on_both!(
    htp_19_markup_in_a_user_name_is_text,
    htp_19_markup_in_what_was_typed_and_in_addresses_is_text,
    htp_19_markup_in_a_user_agent_or_a_forwarded_address_is_text,
    htp_19_markup_in_the_brand_is_text,
);

const NAMES: [&str; 5] = [
    "</script><script>alert(1)</script>",
    "\"><img/src=x/onerror=alert(1)>",
    "'-alert(1)-'",
    "<!--<script>",
    "{{7*7}}${7*7}<%=7*7%>",
];

/// What no page may contain unescaped.
const LIVE: [&str; 6] = [
    "<script>alert",
    "<img/src=x",
    "\"><img",
    "<!--<script>",
    "href=\"javascript",
    "<b>bold",
];

fn assert_dead(page: &Answer) {
    for live in LIVE {
        page.assert_lacks(live);
    }
}

async fn htp_19_markup_in_a_user_name_is_text(kind: Kind) {
    let app = TestApp::new(kind).await;
    for name in NAMES {
        app.create(name, "", PASSWORD).await;
        let mut browser = app.signed_in(name).await;
        for path in ["/", "/accounts/sessions/", "/accounts/password/change/"] {
            let page = browser.get(path).await;
            page.assert_status(200);
            assert_dead(&page);
        }
        let page = browser.get("/").await;
        let shown = name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        page.assert_says(200, &format!("Signed in as {shown}"));
        let answer = browser.post("/api/standing", &[]).await;
        assert_eq!(
            answer.assert_status(200).header("content-type"),
            "application/json"
        );
    }
}

async fn htp_19_markup_in_what_was_typed_and_in_addresses_is_text(kind: Kind) {
    let app = TestApp::new(kind).await;
    for text in NAMES.into_iter().chain([
        "<b>bold</b>",
        "\" autofocus onfocus=alert(1) x=\"",
        "javascript:alert(1)",
    ]) {
        let fields = [
            ("login", text),
            ("password", text),
            ("next", &format!("/{text}")),
        ];
        let page = app.browser().post("/accounts/login/", &fields).await;
        page.assert_status(401);
        assert_dead(&page);
        page.assert_lacks("\" autofocus onfocus=");
        let encoded = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for path in [
            format!("/accounts/login/?next=/{encoded}"),
            format!("/accounts/login/?done={encoded}&error={encoded}"),
            format!("/accounts/sessions/?{encoded}"),
            format!("/{encoded}"),
            format!("/accounts/setup/?token={encoded}"),
            format!("/accounts/login?{encoded}"),
        ] {
            let page = app.browser().get(&path).await;
            assert_dead(&page);
            page.assert_lacks("\" autofocus onfocus=");
        }
    }
}

async fn htp_19_markup_in_a_user_agent_or_a_forwarded_address_is_text(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("TRUSTED_PROXIES", "192.0.2.0/24")]).await;
    app.account("anna").await;
    for text in [
        "<b>bold</b> Firefox/1",
        "\"><img/src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
    ] {
        let mut browser = app.browser();
        browser.headers.clear();
        let mut browser = browser
            .with_header("user-agent", text)
            .with_header("x-forwarded-for", text);
        browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
        let page = browser.get("/accounts/sessions/").await;
        page.assert_status(200);
        assert_dead(&page);
    }
}

async fn htp_19_markup_in_the_brand_is_text(kind: Kind) {
    let brand = [
        ("BRAND_OPERATOR", "<b>bold</b>"),
        ("BRAND_NAME", "</title><script>alert(1)</script>"),
        ("BRAND_TAGLINE", "A & \"B\""),
    ];
    let app = TestApp::with_settings(kind, &brand).await;
    for path in ["/accounts/login/", "/nowhere"] {
        let page = app.browser().get(path).await;
        assert_dead(&page);
        assert!(
            page.body.contains("&lt;b&gt;bold&lt;/b&gt;"),
            "{}",
            page.body
        );
    }
}
