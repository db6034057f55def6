//! What a client writes into its requests.

use super::{assert_no_site, assert_out, assert_status, identity};
use crate::{
    gate::world::{PAGE, World},
    http::Connection,
};

pub fn identity_headers(world: &mut World) {
    let cookie = world.cross();
    let mut headers = vec![PAGE];
    for name in [
        "Remote-User",
        "remote_user",
        "Remote_User",
        "REMOTE-USER",
        "Remote-Email",
        "Remote-Name",
        "Remote-Groups",
        "remote_groups",
        "Remote_Auth-Level",
        "Remote-Auth_Time",
        "Remote-Auth-Method",
        "X-Auth-User",
        "X-Auth-Request-User",
        "X-Forwarded-User",
        "X-Remote-User",
        "X-WebAuth-User",
        "X-Inmor-Assertion",
        "x_inmor_assertion",
        "X-Inmor_Assertion",
        "Remote-User",
    ] {
        headers.push((name, "mallory"));
    }
    let open = world.ask("GET", "/static/a", &headers);
    assert_status(&open, &[200]);
    assert_eq!(identity(&open), []);
    headers.push(("Cookie", &cookie));
    let mut found = identity(&world.ask("GET", "/a", &headers));
    found.sort();
    let value = |name: &str| {
        let of: Vec<_> = found.iter().filter(|(found, _)| found == name).collect();
        assert_eq!(of.len(), 1, "{name}: {found:?}");
        of[0].1.clone()
    };
    assert_eq!(value("remote-user"), "anna");
    assert_eq!(value("remote-auth-method"), "pwd");
    assert_eq!(value("remote-auth-level"), "session");
    assert!(value("remote-auth-time").parse::<u64>().is_ok());
    assert_eq!(value("x-inmor-assertion").split('.').count(), 3);
    assert!(!format!("{found:?}").contains("mallory"), "{found:?}");
    assert_eq!(found.len(), 5, "{found:?}");
}

pub fn odd_addresses(world: &mut World) {
    let cookie = world.cross();
    let long = format!("/{}", "a".repeat(16_000));
    for path in [
        "//two/",
        "/static/../two/",
        "/static/%2e%2e/two/",
        "/static/..%2ftwo/",
        "/static//x",
        "/%ff",
        "/%c3%28",
        "/%zz",
        "/%",
        "/a%00",
        "/static/;/../two/",
        "/static\\..\\two",
        "/static/x?next=/../../",
        &long,
    ] {
        let stranger = world.ask_raw("GET", path, &[("Host", &world.host), PAGE], "");
        let visitor = world.ask_raw(
            "GET",
            path,
            &[("Host", &world.host), PAGE, ("Cookie", &cookie)],
            "",
        );
        if let Ok(stranger) = stranger
            && !path.starts_with("/static/x?")
        {
            assert_out(&stranger);
        }
        // a password is not enough for all rules at once
        if let Ok(visitor) = visitor
            && (200..300).contains(&visitor.status)
        {
            assert!(
                path.starts_with("/static/x?") || path.len() > 1000,
                "{path}: {}",
                visitor.text()
            );
        }
    }
    for path in [
        "/a%20b/c?d=%2F..%2F&e=f+g",
        "/caf%C3%A9",
        "/a.b/..c/",
        "/a?//=;",
    ] {
        let answer = world.get(path, &cookie);
        assert_status(&answer, &[200]);
        let text = answer.text();
        assert_eq!(text.split(' ').nth(1), Some(path), "{text}");
    }
    for (name, value) in [
        ("Host", "evil.example"),
        ("Host", ""),
        ("Host", "admin.localhost:1"),
    ] {
        if let Ok(answer) =
            world.ask_raw("GET", "/a", &[(name, value), PAGE, ("Cookie", &cookie)], "")
        {
            assert_no_site(&answer);
        }
    }
}

pub fn redirects(world: &mut World) {
    let host = world.host.clone();
    for headers in [
        &[
            ("Host", &*host),
            ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Proto", "https"),
        ][..],
        &[
            ("Host", &host),
            ("X-Original-URL", "http://evil.example/"),
            ("X-Original-Host", "evil.example"),
        ],
        &[
            ("Host", &host),
            ("Forwarded", "host=evil.example;proto=https"),
        ],
        &[("Host", "evil.example")],
        &[("Host", "admin.localhost@evil.example")],
    ] {
        let Ok(answer) = world.ask_raw("GET", "/a", &[&[PAGE], headers].concat(), "") else {
            continue;
        };
        assert_no_site(&answer);
        let place = answer.header("location").unwrap_or_default();
        assert!(!place.contains("evil"), "{place}");
    }
}

pub fn hop_by_hop(world: &mut World) {
    let cookie = world.cross();
    for named in [
        "close, Cookie",
        "close, X-Forwarded-Host, X-Forwarded-Uri, X-Forwarded-Method, X-Forwarded-Proto",
        "close, X-Original-URL, X-Original-Method",
        "close, Remote-User, X-Inmor-Assertion",
        "X-Forwarded-For, Host",
    ] {
        let answer = world.ask("GET", "/a", &[PAGE, ("Connection", named)]);
        assert_out(&answer);
        let headers = [
            PAGE,
            ("Connection", named),
            ("Cookie", &*cookie),
            ("Remote-User", "mallory"),
        ];
        let answer = world.ask("GET", "/a", &headers);
        assert!(
            !answer.text().contains("mallory"),
            "{named}: {}",
            answer.text()
        );
        let users = identity(&answer);
        let users: Vec<_> = users
            .iter()
            .filter(|(name, _)| name == "remote-user")
            .collect();
        assert!(
            users.iter().all(|(_, value)| value == "anna"),
            "{named}: {users:?}"
        );
    }
}

pub fn made_up_addresses(world: &mut World) {
    let url = format!("http://{}/static/a", world.host);
    for headers in [
        &[("X-Original-URL", &*url), ("X-Original-Method", "GET")][..],
        &[
            ("X-Original-URL", "/static/a"),
            ("X-Rewrite-URL", "/static/a"),
        ],
        &[
            ("X-Forwarded-Uri", "/static/a"),
            ("X-Forwarded-Method", "GET"),
        ],
        &[
            ("X-Forwarded-Uri", "/static/a"),
            ("X-Forwarded-Prefix", "/static"),
            ("X-Forwarded-Path", "/static/a"),
        ],
        &[("x_forwarded_uri", "/static/a"), ("x_original_url", &url)],
        &[
            ("X-HTTP-Method-Override", "GET"),
            ("X-Forwarded-Proto", "https"),
        ],
    ] {
        assert_out(&world.ask("GET", "/a", &[&[PAGE], headers].concat()));
    }
    // the gate's own port says nothing that is worth anything to those who are no proxy of a site
    let mut browser = world.server.browser();
    browser.more = "X-Original-URL: http://other.example/\r\nX-Original-Method: GET\r\n".to_owned();
    let answer = browser.get("/authz/nginx").unwrap();
    assert_eq!(answer.status, 403);
}

/// Proxies and what asks for them take a hundred or so, and the question has some of its own.
pub fn many_fields(world: &mut World) {
    let cookie = world.cross();
    let names: Vec<_> = (0..120).map(|n| format!("X-Field-{n}")).collect();
    let fields = |count: usize, first: &[(&str, &str)]| {
        let more = names.iter().map(|name| (name.as_str(), "x"));
        let all = first.iter().copied().chain(more).take(count);
        all.map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect::<Vec<_>>()
            .concat()
    };
    let own = [("Host", &*world.host), PAGE];
    for count in 90..=110 {
        let request = format!("GET /a HTTP/1.1\r\n{}\r\n", fields(count, &own));
        // also where somebody was let in before
        let mut connection = Connection::open(world.proxy.address).unwrap();
        let visitor = fields(3, &[own[0], own[1], ("Cookie", &cookie)]);
        connection
            .send(format!("GET /a HTTP/1.1\r\n{visitor}\r\n").as_bytes())
            .unwrap();
        assert_status(&connection.receive().unwrap(), &[200]);
        let mut fresh = Connection::open(world.proxy.address).unwrap();
        for connection in [&mut connection, &mut fresh] {
            connection.send(request.as_bytes()).unwrap();
            if let Ok(answer) = connection.receive() {
                assert_out(&answer);
                assert_no_site(&answer);
            }
        }
    }
    // the proxy has survived that
    assert_status(&world.get("/a", &cookie), &[200]);
}
