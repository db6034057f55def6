//! What every answer carries, whatever it is.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::packaged;
use crate::tests::support::{Answer, Kind, PASSWORD, TestApp, on_both, post};

on_both!(
    htp_01_every_kind_of_answer_has_a_strict_policy_as_a_header,
    htp_02_nonces_are_long_new_each_time_and_only_in_pages_that_are_not_kept,
    htp_04_every_kind_of_answer_tells_the_browser_to_be_strict,
    htp_05_pages_are_not_kept_and_hashed_files_are_for_ever,
    htp_05_no_answer_that_may_be_kept_sets_a_cookie,
    htp_24_no_answer_names_software_or_version,
    every_answer_has_a_request_id_of_its_own,
);

/// One answer of each kind that the program gives, with its name.
async fn all_kinds(kind: Kind) -> Vec<(&'static str, Answer)> {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let (script, style, wasm) = (
        packaged(&mut browser, ".js").await,
        packaged(&mut browser, ".css").await,
        packaged(&mut browser, ".wasm").await,
    );
    let tag = browser.get(&style).await.header("etag").to_owned();
    let bare = |builder: axum::http::request::Builder| builder.body(Body::empty()).unwrap();
    let large = post("/accounts/login/", "http://localhost:3000")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut all = vec![
        ("page", browser.get("/accounts/login/").await),
        (
            "page behind sign-in",
            browser.get("/accounts/sessions/").await,
        ),
        ("redirect to sign-in", app.browser().get("/").await),
        (
            "redirect to the slash",
            browser.get("/accounts/login").await,
        ),
        ("script", browser.get(&script).await),
        ("style", browser.get(&style).await),
        ("wasm", browser.get(&wasm).await),
        ("public file", browser.get("/robots.txt").await),
        (
            "not modified",
            browser
                .send(bare(
                    Request::get(&style).header(header::IF_NONE_MATCH, tag),
                ))
                .await,
        ),
        (
            "head",
            browser.send(bare(Request::head("/accounts/login/"))).await,
        ),
        ("health", browser.get("/healthz").await),
        ("function", browser.post("/api/standing", &[]).await),
        (
            "refused function",
            app.browser().post("/api/standing", &[]).await,
        ),
        ("404", browser.get("/nowhere").await),
        ("404 of a file", browser.get("/pkg/0/nothing.js").await),
        (
            "405",
            browser
                .send(bare(
                    Request::delete("/accounts/login/").header("origin", "http://localhost:3000"),
                ))
                .await,
        ),
        (
            "options",
            browser
                .send(bare(Request::builder().method(Method::OPTIONS).uri("/")))
                .await,
        ),
        (
            "413",
            browser
                .send(large.body("x".repeat(70_000).into()).unwrap())
                .await,
        ),
        (
            "415",
            browser
                .send(bare(post("/accounts/login/", "http://localhost:3000")))
                .await,
        ),
        (
            "another site's form",
            browser
                .send(bare(post("/accounts/login/", "https://evil.example")))
                .await,
        ),
        ("refused form", browser.sign_in("anna", "wrong").await),
        ("form", browser.sign_in("anna", PASSWORD).await),
        ("sign-out", browser.post("/accounts/logout/", &[]).await),
    ];
    app.services.db.close().await;
    all.push(("503", app.browser().sign_in("anna", PASSWORD).await));
    all
}

async fn htp_01_every_kind_of_answer_has_a_strict_policy_as_a_header(kind: Kind) {
    for (name, answer) in all_kinds(kind).await {
        let policy = answer.header("content-security-policy");
        let directives: Vec<_> = policy.split("; ").collect();
        for wanted in [
            "default-src 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(
                directives.contains(&wanted),
                "{name}: {wanted} is not in {policy}"
            );
        }
        for bad in [
            "unsafe-inline",
            "'unsafe-eval'",
            "http:",
            "https:",
            "*",
            "localhost",
        ] {
            assert!(!policy.contains(bad), "{name}: {bad} is in {policy}");
        }
        let page = answer.header("content-type").starts_with("text/html");
        assert_eq!(
            page,
            policy.contains("script-src 'nonce-"),
            "{name}: {policy}"
        );
        answer.assert_lacks("http-equiv");
    }
}

async fn htp_02_nonces_are_long_new_each_time_and_only_in_pages_that_are_not_kept(kind: Kind) {
    let mut nonces = Vec::new();
    for (name, answer) in all_kinds(kind).await {
        let nonce = answer.nonce();
        if nonce.is_empty() {
            answer.assert_lacks("nonce=");
            continue;
        }
        assert!(
            BASE64_STANDARD.decode(nonce).unwrap().len() >= 16,
            "{name}: {nonce}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{name}");
        // what a page names is its own nonce, and every script of it has it
        for script in answer.body.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(
                tag.contains(&format!("nonce=\"{nonce}\"")),
                "{name}: <script{tag}>"
            );
        }
        nonces.push(nonce.to_owned());
    }
    let all = nonces.len();
    nonces.sort();
    nonces.dedup();
    assert!(
        all > 5 && nonces.len() == all,
        "{all} pages, {} nonces",
        nonces.len()
    );
}

async fn htp_04_every_kind_of_answer_tells_the_browser_to_be_strict(kind: Kind) {
    for (name, answer) in all_kinds(kind).await {
        for (header, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(header), value, "{name}: {header}");
        }
        let permissions = answer.header("permissions-policy");
        for wanted in [
            "publickey-credentials-get=(self)",
            "publickey-credentials-create=(self)",
            "camera=()",
        ] {
            assert!(permissions.contains(wanted), "{name}: {permissions}");
        }
    }
}

async fn htp_05_pages_are_not_kept_and_hashed_files_are_for_ever(kind: Kind) {
    for (name, answer) in all_kinds(kind).await {
        let expected = match name {
            "script" | "style" | "wasm" | "not modified" => "public, max-age=31536000, immutable",
            "public file" => "public, max-age=3600",
            _ => "no-store",
        };
        assert_eq!(answer.header("cache-control"), expected, "{name}");
    }
}

async fn htp_05_no_answer_that_may_be_kept_sets_a_cookie(kind: Kind) {
    let mut setting = Vec::new();
    for (name, answer) in all_kinds(kind).await {
        if !answer.set_cookies().is_empty() {
            assert_eq!(answer.header("cache-control"), "no-store", "{name}");
            setting.push(name);
        }
    }
    assert_eq!(setting, ["form", "sign-out"]);
}

async fn htp_24_no_answer_names_software_or_version(kind: Kind) {
    for (name, answer) in all_kinds(kind).await {
        for header in ["server", "x-powered-by", "via", "x-runtime", "x-served-by"] {
            assert_eq!(answer.header(header), "", "{name}");
        }
        // code of the site names what it is made of; an answer's page does not
        if !["script", "wasm", "style"].contains(&name) {
            for software in [
                env!("CARGO_PKG_VERSION"),
                "axum",
                "hyper/",
                "Leptos ",
                "leptos/",
                "sqlx",
                "tower",
            ] {
                answer.assert_lacks(software);
            }
        }
    }
    let app = TestApp::new(kind).await;
    app.browser().get("/metrics").await.assert_status(404);
}

async fn every_answer_has_a_request_id_of_its_own(kind: Kind) {
    let mut ids: Vec<_> = all_kinds(kind)
        .await
        .iter()
        .map(|(_, answer)| answer.header("x-request-id").to_owned())
        .collect();
    assert!(ids.iter().all(|id| id.len() == 16), "{ids:?}");
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
