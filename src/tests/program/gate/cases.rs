//! What must hold behind every proxy; group GAT.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use super::{
    echo::WEB_SOCKET_KEY,
    world::{PAGE, SITE_COOKIE, World},
};
use crate::http::Answer;

pub type Case = (&'static str, fn(&mut World));

/// In this order: the last ones leave the program broken.
pub const CASES: [Case; 16] = [
    (
        "GAT-01 the site sees only the gate's identity headers",
        identity_headers,
    ),
    ("GAT-02 no live session of this site, no way in", no_session),
    ("GAT-04 odd addresses", odd_addresses),
    ("GAT-06 redirects lead to this site alone", redirects),
    (
        "GAT-07 a deep link and back, a POST is not replayed",
        deep_link,
    ),
    ("GAT-08 a program gets 401 with an address", programs),
    ("GAT-09 a WebSocket needs a session", web_socket),
    ("GAT-10 polling after the end of a session", polling),
    ("GAT-11 headers named in Connection", hop_by_hop),
    ("GAT-12 a rule that asks for a key", step_up),
    ("GAT-13 made-up addresses", made_up_addresses),
    ("GAT-14 a ticket is good once, here, and in no log", tickets),
    ("GAT-18 bodies and cookies pass, beside the gate", uploads),
    ("AUD-01 a denial is one event", denial),
    ("GAT-03 the database fails", database_fails),
    ("GAT-03 the gate does not answer", gate_is_gone),
];

const NAMES: [&str; 8] = [
    "remote-user",
    "remote-email",
    "remote-name",
    "remote-groups",
    "remote-auth-method",
    "remote-auth-time",
    "remote-auth-level",
    "x-inmor-assertion",
];

/// The lines of the site's answer that may say who somebody is, however they are written.
fn identity(answer: &Answer) -> Vec<(String, String)> {
    let text = answer.text();
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| {
            (
                name.to_lowercase().replace('_', "-"),
                value.trim().to_owned(),
            )
        })
        .filter(|(name, value)| {
            let known = name.starts_with("remote-") || name.starts_with("x-auth-");
            (known || NAMES.contains(&&**name) || name.ends_with("-user")) && !value.is_empty()
        })
        .collect()
}

#[track_caller]
fn assert_status(answer: &Answer, expected: &[u16]) {
    assert!(
        expected.contains(&answer.status),
        "{}{}",
        answer.head,
        answer.text()
    );
}

#[track_caller]
fn assert_out(answer: &Answer) {
    assert!(
        !(200..300).contains(&answer.status),
        "{}{}",
        answer.head,
        answer.text()
    );
}

/// That the site did not answer; what a proxy says for a host that it does not know is its own affair.
#[track_caller]
fn assert_no_site(answer: &Answer) {
    assert!(
        !answer.text().contains("body: "),
        "{}{}",
        answer.head,
        answer.text()
    );
}

fn identity_headers(world: &mut World) {
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

fn no_session(world: &mut World) {
    let of_program = format!("{SITE_COOKIE}={}", world.here.cookies["__Host-session"]);
    for cookies in [
        "",
        "x",
        "__Host-session=x",
        &of_program,
        &of_program.replace("inmor-site", "session"),
        &format!("{SITE_COOKIE}={}", "A".repeat(43)),
        &format!("{SITE_COOKIE}="),
        &format!("{SITE_COOKIE}=%00"),
    ] {
        assert_out(&world.get("/a", cookies));
    }
    let cookie = world.cross();
    assert_status(&world.get("/a", &cookie), &[200]);
    let run = |command: &[&str]| world.place.run(command).success().to_owned();
    run(&["accounts", "disable", "anna"]);
    assert_out(&world.get("/a", &cookie));
    run(&["accounts", "enable", "anna"]);
    assert_out(&world.get("/a", &cookie));
    world.here = world.server.signed_in("anna");
}

fn odd_addresses(world: &mut World) {
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

fn redirects(world: &mut World) {
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

fn deep_link(world: &mut World) {
    const PATH: &str = "/a/b?c=d%26e&f=g%20h";
    let (ticket, browser) = world.ticket(PATH);
    let answer = world.bring(&ticket, &browser);
    assert_status(&answer, &[303]);
    assert_eq!(answer.header("location"), Some(PATH));
    // a form is not sent again by itself
    let posted = world.ask_with(
        "POST",
        "/a",
        &[
            PAGE,
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
        ],
        "a=b",
    );
    assert_status(&posted, &[303]);
    // without the cookie, the way ends at a page that says why
    let (ticket, _) = world.ticket(PATH);
    let answer = world.bring(&ticket, "");
    assert_status(&answer, &[403]);
    assert!(answer.text().contains("Allow cookies"), "{}", answer.text());
    assert_eq!(answer.header("location"), None);
}

fn programs(world: &mut World) {
    for headers in [
        &[("Accept", "application/json")][..],
        &[("Accept", "text/html"), ("Sec-Fetch-Mode", "cors")],
        &[("Accept", "*/*"), ("X-Requested-With", "XMLHttpRequest")],
        &[],
    ] {
        let answer = world.ask("GET", "/a", headers);
        assert_status(&answer, &[401]);
        assert_eq!(answer.header("location"), None);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["error"], "sign_in", "{body}");
        let address = body["sign_in"].as_str().unwrap();
        assert!(address.starts_with("http://localhost:3000/"), "{address}");
    }
}

fn web_socket(world: &mut World) {
    let cookie = world.cross();
    let open = |cookie: &str| {
        let mut stream = TcpStream::connect(world.proxy.address).unwrap();
        write!(
            stream,
            "GET /live HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {WEB_SOCKET_KEY}\r\n\
             Sec-Fetch-Mode: websocket\r\nCookie: {cookie}\r\n\r\n",
            world.host
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        (String::from_utf8(head).unwrap(), stream)
    };
    let (head, _) = open("");
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");
    let (head, mut stream) = open(&cookie);
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let mut back = [0; 4];
    stream.write_all(b"ping").unwrap();
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"ping");
}

fn polling(world: &mut World) {
    let cookie = world.cross();
    let poll = |world: &World| {
        let answer = world.ask(
            "GET",
            "/poll",
            &[("Accept", "application/json"), ("Cookie", &cookie)],
        );
        answer.status
    };
    assert_eq!(poll(world), 200);
    world.here.post("/accounts/logout/", &[]).unwrap();
    assert_eq!(poll(world), 401);
    world.here = world.server.signed_in("anna");
}

fn hop_by_hop(world: &mut World) {
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

fn step_up(world: &mut World) {
    let cookie = world.cross();
    let sent_on = |world: &mut World, path: &str| {
        let answer = world.get(path, &cookie);
        assert_status(&answer, &[303]);
        let place = answer.header("location").unwrap();
        let place = place.strip_prefix("http://localhost:3000").unwrap();
        let data = [("Accept", "application/json"), ("Cookie", &*cookie)];
        assert_status(&world.ask("GET", path, &data), &[401]);
        world.here.get(place).unwrap()
    };
    for path in ["/key/", "/two/", "/%6bey/"] {
        let page = sent_on(world, path);
        assert_status(&page, &[403]);
        assert!(page.text().contains("MFA settings"), "{}", page.text());
    }
    // until the second is over in which the account signed in
    while world.get("/fresh/", &cookie).status == 200 {}
    let page = sent_on(world, "/fresh/");
    let to = page.header("location").unwrap_or_default();
    assert!(
        to.starts_with("/accounts/reauthenticate/?next="),
        "{}",
        page.head
    );
}

fn made_up_addresses(world: &mut World) {
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

fn tickets(world: &mut World) {
    let (ticket, browser) = world.ticket("/a?b=c");
    let stranger = world.sent_to("/").1;
    assert_status(&world.bring(&ticket, &stranger), &[403]);
    assert_status(&world.bring(&ticket, &browser), &[303]);
    assert_status(&world.bring(&ticket, &browser), &[403]);
    assert_status(&world.bring("x", &browser), &[403, 422]);
    let logs = world.proxy.logs();
    assert!(!logs.contains(&ticket));
    let referer = world.here.get(&world.sent_to("/a").0).unwrap();
    assert_eq!(referer.header("referrer-policy"), Some("same-origin"));
}

/// How much memory the program has had at most, in KiB.
fn peak(world: &World) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", world.server.running.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn uploads(world: &mut World) {
    const MEBIBYTES: usize = 1024;
    let cookie = format!("app=1; {}; theme=dark", world.cross());
    let answer = world.get("/a", &cookie);
    assert!(answer.text().contains("app=1;") && answer.text().contains("theme=dark"));
    assert!(
        answer.headers("set-cookie").contains(&"app=2; Path=/"),
        "{}",
        answer.head
    );
    let before = peak(world);
    let mut stream = TcpStream::connect(world.proxy.address).unwrap();
    let length = MEBIBYTES << 20;
    write!(
        stream,
        "POST /upload HTTP/1.1\r\nHost: {}\r\nAccept: text/html\r\nCookie: {cookie}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        world.host
    )
    .unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..MEBIBYTES {
        stream.write_all(&piece).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains(&format!("body: {length} bytes")),
        "{answer}"
    );
    let grown = peak(world).saturating_sub(before);
    assert!(grown < 8 << 10, "the program grew by {grown} KiB");
}

fn denial(world: &mut World) {
    let cookie = world.cross();
    for _ in 0..3 {
        assert_status(&world.get("/root/a?secret=1", &cookie), &[403]);
    }
    let run = |command: &[&str]| world.place.run(command).success().to_owned();
    // a person reads why, in the program's own words
    let page = world.get("/root/a", &cookie);
    assert!(
        page.text().contains("has not the role") && page.text().contains("<h1>"),
        "{}",
        page.text()
    );
    run(&["accounts", "grant", "anna", "superuser"]);
    assert_status(&world.get("/root/a", &cookie), &[200]);
    run(&["accounts", "revoke", "anna", "superuser"]);
    assert_status(&world.get("/root/a", &cookie), &[403]);
    let events = super::query(
        world,
        "select detail from audit_event where action = 'gate.denied' and detail like '%: /root/%'",
    );
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(
        events[0].starts_with(&world.host) && !events[0].contains("secret"),
        "{events:?}"
    );
}

fn database_fails(world: &mut World) {
    let cookie = world.cross();
    super::query(world, "alter table site_session rename to gone");
    for headers in [&[PAGE, ("Cookie", &*cookie)][..], &[("Cookie", &cookie)]] {
        let answer = world.ask("GET", "/a", headers);
        assert!(answer.status >= 500, "{}{}", answer.head, answer.text());
    }
    super::query(world, "alter table gone rename to site_session");
    assert_status(&world.get("/a", &cookie), &[200]);
}

fn gate_is_gone(world: &mut World) {
    let cookie = world.cross();
    world.server.running.kill();
    for path in ["/a", "/static/a"] {
        let answer = world.get(path, &cookie);
        assert!(answer.status >= 500, "{}{}", answer.head, answer.text());
    }
}
