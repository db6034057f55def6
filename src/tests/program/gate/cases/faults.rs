//! What passes beside the gate, and what happens when it fails.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use super::assert_status;
use crate::gate::{
    query,
    world::{PAGE, World},
};

/// How much memory the program has had at most, in KiB.
fn peak(world: &World) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", world.server.running.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

pub fn uploads(world: &mut World) {
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

pub fn denial(world: &mut World) {
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
    let events = query(
        world,
        "select detail from audit_event where action = 'gate.denied' and detail like '%: /root/%'",
    );
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(
        events[0].starts_with(&world.host) && !events[0].contains("secret"),
        "{events:?}"
    );
}

pub fn database_fails(world: &mut World) {
    let cookie = world.cross();
    query(world, "alter table site_session rename to gone");
    for headers in [&[PAGE, ("Cookie", &*cookie)][..], &[("Cookie", &cookie)]] {
        let answer = world.ask("GET", "/a", headers);
        assert!(answer.status >= 500, "{}{}", answer.head, answer.text());
    }
    query(world, "alter table gone rename to site_session");
    assert_status(&world.get("/a", &cookie), &[200]);
}

pub fn gate_is_gone(world: &mut World) {
    let cookie = world.cross();
    world.server.running.kill();
    for path in ["/a", "/static/a"] {
        let answer = world.get(path, &cookie);
        assert!(answer.status >= 500, "{}{}", answer.head, answer.text());
    }
}
