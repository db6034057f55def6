//! What a well-behaved client never sends, byte by byte.

use crate::{
    http::{Answer, Connection, ORIGIN},
    support::{Place, Server},
};

const HOST: &str = "Host: localhost:3000\r\n";

fn open(server: &Server, request: &str) -> Connection {
    let mut connection = Connection::open(server.address).unwrap();
    connection.send(request.as_bytes()).unwrap();
    connection
}

fn ask(server: &Server, request: &str) -> Answer {
    open(server, request).receive().unwrap()
}

/// The head of a form, without what says how long it is.
fn post(more: &str) -> String {
    format!(
        "POST /accounts/login/ HTTP/1.1\r\n{HOST}Origin: {ORIGIN}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n{more}"
    )
}

#[test]
fn htp_16_a_request_of_doubtful_length_or_shape_is_answered_400_and_closes_the_connection() {
    let server = Place::new().serve();
    let get = |more: &str| format!("GET /healthz HTTP/1.1\r\n{HOST}{more}\r\n");
    let doubtful = [
        (
            "two lengths",
            post("Content-Length: 5\r\nContent-Length: 6\r\n\r\nlogin="),
        ),
        (
            "a list of lengths",
            post("Content-Length: 6, 6\r\n\r\nlogin="),
        ),
        ("a signed length", post("Content-Length: +6\r\n\r\nlogin=")),
        (
            "a negative length",
            post("Content-Length: -6\r\n\r\nlogin="),
        ),
        ("a length in hex", post("Content-Length: 0x6\r\n\r\nlogin=")),
        (
            "a blank within a length",
            post("Content-Length: 6 6\r\n\r\nlogin="),
        ),
        (
            "a blank before the colon of a length",
            post("Content-Length : 6\r\n\r\nlogin="),
        ),
        (
            "a blank before the colon of an encoding",
            post("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "an unknown encoding",
            post("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "an encoding after chunked",
            post("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ),
        (
            "two encodings",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        ),
        (
            "a folded encoding",
            post("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        ),
        (
            "chunks in HTTP/1.0",
            post("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").replace("/1.1", "/1.0"),
        ),
        ("a folded header", get("X: a\r\n b\r\n")),
        (
            "a header before the first",
            format!("GET /healthz HTTP/1.1\r\n {HOST}\r\n"),
        ),
        ("a header without a name", get(": x\r\n")),
        ("a lone CR", get("X: a\rb\r\n")),
        ("a NUL", get("X: a\0b\r\n")),
        ("no version", "GET /healthz\r\n\r\n".to_owned()),
        (
            "a version to come",
            format!("GET /healthz HTTP/1.2\r\n{HOST}\r\n"),
        ),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0".to_owned()),
    ];
    for (what, request) in doubtful {
        let mut connection = open(&server, &request);
        let answer = connection
            .receive()
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(answer.status, 400, "{what}");
        assert_eq!(connection.until_closed().unwrap(), "", "{what}");
    }
    assert_eq!(server.browser().get("/healthz").unwrap().status, 200);
}

#[test]
fn htp_16_a_body_with_both_kinds_of_length_smuggles_nothing() {
    let server = Place::new().serve();
    let second = format!("GET /healthz HTTP/1.1\r\n{HOST}\r\n");
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ] {
        let request = format!("{}0\r\n\r\n{second}", post(&format!("{lengths}\r\n")));
        let mut connection = open(&server, &request);
        assert_eq!(connection.receive().unwrap().status, 400);
        // what follows is never taken for a request
        assert_eq!(connection.until_closed().unwrap(), "");
    }
}

#[test]
fn htp_16_a_broken_chunk_ends_the_request_and_the_connection() {
    let server = Place::new().serve();
    for chunks in [
        "2;a\nxx\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n\r\n",
        "2\nxx\n0\n\n",
        "-1\r\n\r\n",
        "2\r\nxxx\r\n",
    ] {
        let mut connection = open(
            &server,
            &post(&format!("Transfer-Encoding: chunked\r\n\r\n{chunks}")),
        );
        assert_eq!(connection.receive().unwrap().status, 400, "{chunks:?}");
        assert_eq!(connection.until_closed().unwrap(), "", "{chunks:?}");
    }
}

#[test]
fn htp_16_a_line_that_ends_in_a_bare_lf_is_a_line_and_no_part_of_another() {
    // hyper takes LF for CR LF, as RFC 9112 section 2.2 allows; what matters is that it does so everywhere
    let server = Place::new().serve();
    let request = format!(
        "GET /healthz HTTP/1.1\n{HOST}X: a\nContent-Length: 0\r\n\nGET /nowhere HTTP/1.1\r\n{HOST}\r\n"
    );
    let mut connection = open(&server, &request);
    assert_eq!(connection.receive().unwrap().status, 200);
    assert_eq!(connection.receive().unwrap().status, 404);
}

#[test]
fn too_large_a_head_is_refused_and_closes_the_connection() {
    let server = Place::new().serve();
    let long = "a".repeat(600_000);
    let many = "X: 1\r\n".repeat(200);
    for (request, status) in [
        (
            format!("GET /{} HTTP/1.1\r\n{HOST}\r\n", &long[..70_000]),
            414,
        ),
        (format!("GET / HTTP/1.1\r\n{HOST}X: {long}\r\n\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{HOST}{many}\r\n"), 431),
    ] {
        let mut connection = Connection::open(server.address).unwrap();
        // the server may close while the rest is still on its way
        let _ = connection.send(request.as_bytes());
        let answer = connection.receive().unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (status, ""));
        assert_eq!(connection.until_closed().unwrap(), "");
    }
}

#[test]
fn htp_13_methods_that_no_page_uses_are_answered_405() {
    let server = Place::new().serve();
    for method in [
        "TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW", "get", "Post",
    ] {
        for path in ["/accounts/login/", "/healthz", "/favicon.svg"] {
            for origin in [ORIGIN, "https://evil.example", ""] {
                let line = if origin.is_empty() {
                    String::new()
                } else {
                    format!("Origin: {origin}\r\n")
                };
                let request = format!(
                    "{method} {path} HTTP/1.1\r\n{HOST}{line}Cookie: __Host-session=x\r\n\r\n"
                );
                let answer = ask(&server, &request);
                assert_eq!(answer.status, 405, "{request}{}", answer.head);
                // TRACE would echo it
                assert!(!answer.text().contains("__Host-session"), "{request}");
                assert!(
                    !answer.head.to_ascii_lowercase().contains("access-control"),
                    "{request}"
                );
            }
        }
    }
    let tunnel = "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n";
    assert_eq!(ask(&server, tunnel).status, 405);
}

#[test]
fn htp_17_http_2_is_not_spoken_with_or_without_an_upgrade() {
    let server = Place::new().serve();
    let mut connection = open(
        &server,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0",
    );
    let said = connection.until_closed().unwrap();
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 400"),
        "{said:?}"
    );
    let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    let answer = ask(
        &server,
        &format!("GET /healthz HTTP/1.1\r\n{HOST}{upgrade}\r\n"),
    );
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
}

#[test]
fn htp_08_another_host_in_whatever_place_changes_no_link() {
    let place = Place::new();
    place.create("anna");
    let server = place.serve();
    let hosts = [
        (
            "GET /accounts/sessions HTTP/1.1\r\n",
            "Host: evil.example\r\n",
        ),
        (
            "GET http://evil.example/accounts/sessions HTTP/1.1\r\n",
            "Host: evil.example\r\n",
        ),
        (
            "GET http://evil.example/accounts/sessions HTTP/1.1\r\n",
            HOST,
        ),
        (
            "GET /accounts/sessions HTTP/1.1\r\n",
            "Host: localhost:3000\r\nX-Forwarded-Host: evil.example\r\n",
        ),
        (
            "GET /accounts/sessions/ HTTP/1.1\r\n",
            "Host: evil.example\r\nForwarded: host=evil.example\r\n",
        ),
        ("GET //evil.example/accounts/sessions HTTP/1.1\r\n", HOST),
        (
            "GET /accounts/login/ HTTP/1.1\r\n",
            "Host: evil.example\r\n",
        ),
    ];
    for (line, host) in hosts {
        let answer = ask(&server, &format!("{line}{host}\r\n"));
        assert!(answer.status < 500, "{line}{host}{}", answer.head);
        assert!(!answer.head.contains("evil"), "{line}{host}{}", answer.head);
        assert!(
            !answer.text().contains("evil"),
            "{line}{host}{}",
            answer.text()
        );
    }
    // what decides about a form is the configured origin
    let form = post("Content-Length: 0\r\n\r\n").replace(ORIGIN, "http://evil.example");
    assert_eq!(
        ask(&server, &form.replace(HOST, "Host: evil.example\r\n")).status,
        403
    );
}

#[test]
fn htp_08_a_request_without_a_host_or_with_two_is_answered_400() {
    let server = Place::new().serve();
    for hosts in [
        "",
        "Host: localhost:3000\r\nHost: evil.example\r\n",
        "Host: evil.example\r\nHost: localhost:3000\r\n",
    ] {
        for path in [
            "/accounts/sessions",
            "/healthz",
            "http://localhost:3000/healthz",
        ] {
            let answer = ask(&server, &format!("GET {path} HTTP/1.1\r\n{hosts}\r\n"));
            assert_eq!(answer.status, 400, "{path} {hosts:?}{}", answer.head);
        }
    }
    // HTTP/1.0 knows none
    assert_eq!(ask(&server, "GET /healthz HTTP/1.0\r\n\r\n").status, 200);
}

#[test]
fn htp_11_a_client_that_sends_its_head_slowly_is_cut_off() {
    let server = Place::new().serve();
    let mut slow = open(&server, "G");
    let mut slow_later = open(
        &server,
        &format!("GET /healthz HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\nHo"),
    );
    assert_eq!(slow_later.receive().unwrap().status, 200);
    // an honest client is served meanwhile
    assert_eq!(
        server.browser().get("/accounts/login/").unwrap().status,
        200
    );
    for connection in [&mut slow, &mut slow_later] {
        let said = connection.until_closed().unwrap();
        assert!(
            said.is_empty() || said.starts_with("HTTP/1.1 408"),
            "{said:?}"
        );
    }
}

#[test]
fn htp_11_a_body_that_comes_slowly_is_answered_408_and_closes_the_connection() {
    let server = Place::new().serve();
    let page = post("Content-Length: 99\r\n\r\nlogin=");
    let chunked = post("Transfer-Encoding: chunked\r\n\r\n5\r\nlogin\r\n");
    let requests = [&page, &chunked].map(String::as_str);
    let for_programs = requests.map(|request| request.replace("/accounts/login/", "/api/standing"));
    let requests = requests
        .into_iter()
        .chain(for_programs.iter().map(String::as_str));
    let mut slow: Vec<_> = requests.map(|request| open(&server, request)).collect();
    // an honest client is served meanwhile
    assert_eq!(
        server.browser().get("/accounts/login/").unwrap().status,
        200
    );
    for connection in &mut slow {
        let answer = connection.receive().unwrap();
        assert_eq!(answer.status, 408, "{}", answer.text());
        assert_eq!(connection.until_closed().unwrap(), "");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Place::new().serve();
    let request = format!(
        "GET /nowhere HTTP/1.1\r\n{HOST}\r\nGET /healthz HTTP/1.1\r\n{HOST}Content-Length: 5\r\n\r\nhelloGET /readyz HTTP/1.1\r\n{HOST}\r\n"
    );
    let mut connection = open(&server, &request);
    assert_eq!(connection.receive().unwrap().status, 404);
    assert_eq!(connection.receive().unwrap().text(), "ok\n");
    assert_eq!(connection.receive().unwrap().text(), "ready\n");
}
