//! Which files are given out, and how.

use axum::{body::Body, http::Request};

use super::packaged;
use crate::tests::support::{Kind, TestApp, on_both};

on_both!(
    htp_12_only_files_of_the_site_are_given_out,
    files_come_packed_where_the_browser_takes_them_so,
);

async fn htp_12_only_files_of_the_site_are_given_out(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app.browser();
    let style = packaged(&mut browser, ".css").await;
    let folder = style.rsplit_once('/').unwrap().0.to_owned();
    let name = style.rsplit_once('/').unwrap().1.to_owned();
    let inside = [
        "..",
        ".",
        "",
        "../../Cargo.toml",
        "../../../Cargo.toml",
        "%2e%2e/%2e%2e/Cargo.toml",
        "..%2f..%2fCargo.toml",
        "..%5c..%5cCargo.toml",
        "..\\Cargo.toml",
        "%00",
        "inmor-mfa.css%00",
        "inmor-mfa.css.",
        "inmor-mfa.css/",
        "inmor-mfa.css.br",
        "inmor-mfa.css.gz",
        "inmor-mfa.js.map",
        "inmor-mfa.wasm.map",
        "INMOR-MFA.CSS",
        "./inmor-mfa.css",
        "/inmor-mfa.css",
        "inmor%2dmfa.css",
        "inmor-mfa.css%20",
        "inmor-mfa.css::$DATA",
    ];
    let outside = [
        "//etc/passwd",
        "/etc/passwd",
        "/%2fetc%2fpasswd",
        "/../../etc/passwd",
        "/.env",
        "/.git/config",
        "/.well-known/../.env",
        "/Cargo.toml",
        "/src/main.rs",
        "/inmor-mfa.toml",
        "/data/inmor-mfa.sqlite3",
        "/inmor-mfa.sqlite3",
        "/test.sqlite3",
        "/pkg",
        "/pkg/",
        "/site.digest",
        "/favicon.svg.br",
        "/%66avicon.svg%00",
        "/robots.txt.",
        "/robots.txt/",
        "/./robots.txt",
        "/pkg/../robots.txt",
        "/%2e/robots.txt",
        "/%c0%ae%c0%ae/robots.txt",
        "/robots.txt%0a",
    ];
    let mut paths: Vec<String> = inside
        .iter()
        .map(|path| format!("{folder}/{path}"))
        .collect();
    paths.extend(outside.iter().map(ToString::to_string));
    paths.push(format!("/pkg/{name}"));
    paths.push(format!("/pkg/0123456789abcdef/{name}"));
    paths.push(format!("/{}", "a".repeat(4096)));
    paths.push(format!("/{}robots.txt", "x/".repeat(2048)));
    for path in paths {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        answer.assert_lacks("root:").assert_lacks("[package]");
    }
    browser
        .get("/robots.txt")
        .await
        .assert_says(200, "Disallow: /");
    browser.get("/favicon.svg").await.assert_says(200, "<svg");
}

async fn files_come_packed_where_the_browser_takes_them_so(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app.browser();
    let wasm = packaged(&mut browser, ".wasm").await;
    let plain = browser.get(&wasm).await;
    assert_eq!(
        (
            plain.header("content-encoding"),
            plain.header("content-type")
        ),
        ("", "application/wasm")
    );
    assert_eq!(&plain.bytes[..4], b"\0asm");
    for (accepted, encoding) in [
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", ""),
    ] {
        let request = Request::get(&wasm)
            .header("accept-encoding", accepted)
            .body(Body::empty())
            .unwrap();
        let answer = browser.send(request).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted}");
        assert_eq!(answer.header("content-type"), "application/wasm");
        assert!(
            answer
                .header("vary")
                .to_lowercase()
                .contains("accept-encoding")
        );
        assert!(encoding.is_empty() || answer.bytes.len() < plain.bytes.len());
    }
}
