//! `gate explain` and `gate snippet`: what they say, and what they refuse.

use serde_json::Value;

use crate::support::Place;

const SETTINGS: &str = r#"
[[site]]
host = "admin.example.org"
[[site.rule]]
path = "/static/"
require = "nothing"
[[site.rule]]
path = "/users/"
require = "phishing_resistant"
fresh = 300
roles = ["superuser"]
"#;

fn place() -> Place {
    let place = Place::new().set("PUBLIC_URL", "https://mfa.example.org");
    place.write("inmor-mfa.toml", SETTINGS);
    place.create("anna");
    place
}

#[test]
fn explain_says_what_a_request_gets_and_why() {
    let place = place();
    let explain = |url: &str, more: &[&str]| {
        let ended = place.run(&[&["gate", "explain", url, "--json"][..], more].concat());
        serde_json::from_str::<Value>(ended.success()).unwrap()
    };
    let answers = |told: &Value| {
        let list = told["answers"].as_array().unwrap();
        let gets = list
            .iter()
            .map(|one| one["gets"].as_str().unwrap().to_owned());
        gets.collect::<Vec<_>>()
    };
    let told = explain("https://admin.example.org/users/7?a=b", &["--user", "anna"]);
    assert_eq!(
        told["needs"],
        "/users/ asks for phishing_resistant, shown within 300 s, role superuser"
    );
    assert_eq!(told["path"], "/users/7");
    assert_eq!(
        answers(&told),
        [
            "is sent to sign in",
            "is denied: not the role",
            "is denied: not the role",
            "is denied: not the role"
        ]
    );
    place
        .run(&["accounts", "grant", "anna", "superuser"])
        .success();
    let told = explain("https://admin.example.org/users/7", &["--user", "anna"]);
    assert_eq!(
        answers(&told),
        [
            "is sent to sign in",
            "passes",
            "must show more first",
            "must show more first"
        ]
    );
    let told = explain("https://admin.example.org/static/../users/", &[]);
    assert_eq!(answers(&told), ["is sent to sign in"]);
    let told = explain("https://admin.example.org/static/a.css", &[]);
    assert_eq!(answers(&told), ["passes"]);
    place.run(&["accounts", "disable", "anna"]).success();
    let told = explain("https://admin.example.org/", &["--user", "anna"]);
    assert_eq!(answers(&told)[1], "cannot sign in: the account is disabled");
}

#[test]
fn explain_refuses_what_is_no_site_and_nobody() {
    let place = place();
    for (url, more, says) in [
        (
            "https://other.example.org/",
            &[][..],
            "https://other.example.org is no site",
        ),
        (
            "http://admin.example.org/",
            &[],
            "http://admin.example.org is no site",
        ),
        ("admin.example.org", &[], "the address is not understood"),
        (
            "https://admin.example.org/",
            &["--user", "nobody"],
            "there is no account \"nobody\"",
        ),
    ] {
        let ended = place.run(&[&["gate", "explain", url][..], more].concat());
        assert!(ended.failure().starts_with(says), "{ended:?}");
    }
}

#[test]
fn a_snippet_is_for_a_site_that_the_settings_name() {
    let place = place();
    let print = |arguments: &[&str]| place.run(&[&["gate", "snippet"], arguments].concat());
    let line = print(&["nginx", "other.example.org"]).failure().to_owned();
    assert_eq!(
        line,
        "\"other.example.org\" is no site: the settings name admin.example.org"
    );
    let line = print(&["nginx", "admin.example.org", "--upstream", "127.0.0.1:8000"])
        .failure()
        .to_owned();
    assert!(
        line.starts_with("--upstream: write scheme, host and port alone"),
        "{line}"
    );
    let line = print(&["caddy", "admin.example.org", "--script"])
        .failure()
        .to_owned();
    assert_eq!(line, "only haproxy and apache need a script");
    assert_eq!(print(&["squid", "admin.example.org"]).code, Some(2));
}

#[test]
fn a_site_behind_https_has_its_certificate_in_the_snippet_and_no_open_port() {
    let place = place();
    for (proxy, has) in [
        (
            "nginx",
            &[
                "listen 443 ssl;",
                "ssl_certificate     /etc/letsencrypt/live/admin.example.org/fullchain.pem;",
            ][..],
        ),
        ("caddy", &["https://admin.example.org {"]),
        (
            "haproxy",
            &[
                "bind :::443 v4v6 ssl crt /etc/haproxy/admin.example.org.pem",
                "X-Forwarded-Proto https",
            ],
        ),
        ("apache", &["<VirtualHost *:443>", "SSLEngine on"]),
        ("traefik", &["tls: {}", "entryPoints: [\"websecure\"]"]),
    ] {
        let ended = place.run(&["gate", "snippet", proxy, "admin.example.org"]);
        let text = ended.success();
        for line in has {
            assert!(text.contains(line), "{proxy}: {line}\n{text}");
        }
        assert!(
            !text.contains("listen 80") && !text.contains("{host}"),
            "{text}"
        );
    }
}
