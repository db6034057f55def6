//! Who comes, and how they get in.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use super::{assert_out, assert_status};
use crate::gate::{
    echo::WEB_SOCKET_KEY,
    world::{PAGE, SITE_COOKIE, World},
};

pub fn no_session(world: &mut World) {
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

pub fn deep_link(world: &mut World) {
    const PATH: &str = "/a/b?c=d%26e&f=g%20h";
    let (ticket, browser) = world.ticket(PATH);
    let answer = world.bring(&ticket, &browser);
    assert_status(&answer, &[303]);
    let to = format!("http://{}{PATH}", world.host);
    assert_eq!(answer.header("location"), Some(&*to));
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

pub fn programs(world: &mut World) {
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

pub fn web_socket(world: &mut World) {
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

pub fn polling(world: &mut World) {
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

pub fn step_up(world: &mut World) {
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

pub fn tickets(world: &mut World) {
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
