//! `gate doctor` finds what is wrong, each fault by itself, and nothing where all is well.

use super::{
    proxies::{Kind, free_port},
    world::World,
};

/// What is wrong, and what cannot be seen, a finding a line.
fn examine(world: &World, more: &[&str]) -> (Vec<String>, Vec<String>) {
    let ended = world
        .place
        .run(&[&["gate", "doctor", "--json"][..], more].concat());
    let (mut wrong, mut open) = (Vec::new(), Vec::new());
    for line in ended.stdout.lines() {
        let found: serde_json::Value = serde_json::from_str(line).unwrap();
        let what = found["what"].as_str().unwrap().to_owned();
        match found["finding"].as_str().unwrap() {
            "wrong" => wrong.push(what),
            "open" => open.push(what),
            _ => {}
        }
    }
    assert_eq!(ended.code, Some(i32::from(!wrong.is_empty())), "{ended:?}");
    (wrong, open)
}

const GOOD: [&str; 2] = ["--account", "anna"];

#[test]
fn the_doctor_finds_nothing_wrong_with_the_printed_configurations() {
    for kind in Kind::ALL {
        let world = World::new(kind);
        assert_eq!(examine(&world, &GOOD), (Vec::new(), Vec::new()), "{kind:?}");
        let before = super::query(&world, "select count(*) || '' from session");
        examine(&world, &GOOD);
        assert_eq!(
            super::query(&world, "select count(*) || '' from session"),
            before
        );
        let (wrong, open) = examine(&world, &[]);
        assert_eq!((wrong.len(), open.len()), (0, 1), "{open:?}");
    }
}

#[test]
fn the_doctor_names_each_fault() {
    let faults: [(Kind, &str, &str, &str); 10] = [
        (
            Kind::Nginx,
            "auth_request /.inmor-mfa/check;",
            "",
            "not wired: 200 for a stranger",
        ),
        (
            Kind::Nginx,
            "/authz/nginx;",
            "/authz/forward;",
            "the gate was asked by 127.0.0.1 and refused: the request could not be understood",
        ),
        (
            Kind::Nginx,
            "error_page 401 = @inmor_sign_in;",
            "",
            "a person gets 401 and is not sent to sign in",
        ),
        (
            Kind::Nginx,
            "proxy_set_header X-Original-Method $request_method;",
            "proxy_set_header X-Original-Method GET;",
            "the method is not forwarded",
        ),
        (
            Kind::Nginx,
            "$request_uri;",
            "/b;",
            "the address is not forwarded",
        ),
        (
            Kind::Nginx,
            "proxy_set_header Remote-User $inmor_remote_user;",
            "",
            "headers are not stripped",
        ),
        (
            Kind::Nginx,
            "error_page 401 = @inmor_sign_in;",
            "error_page 401 =200 /.inmor-mfa/nothing;",
            "answers 200 to everyone",
        ),
        (
            Kind::Caddy,
            "request_header -Remote*",
            "",
            "headers are not stripped",
        ),
        (
            Kind::Haproxy,
            "http-request lua.inmor_check unless inmor_own",
            "",
            "not wired: 503 for a stranger",
        ),
        (
            Kind::Apache,
            "LuaHookAccessChecker",
            "# LuaHookAccessChecker",
            "not wired: 200 for a stranger",
        ),
    ];
    for (kind, right, broken, says) in faults {
        let world = World::with(kind, "127.0.0.1", |text| {
            assert!(text.contains(right), "{right}\n{text}");
            text.replace(right, broken)
        });
        let (wrong, _) = examine(&world, &GOOD);
        assert!(
            wrong.iter().any(|what| what.starts_with(says)),
            "{says}: {wrong:?}"
        );
    }
}

#[test]
fn the_doctor_finds_a_site_that_answers_around_its_proxy_and_a_proxy_that_is_not_trusted() {
    let world = World::new(Kind::Nginx);
    let (wrong, _) = examine(&world, &["--around", &format!("http://{}/", world.site)]);
    assert!(
        wrong[0].starts_with("reachable around the proxy"),
        "{wrong:?}"
    );
    let free = format!("http://127.0.0.1:{}/", free_port());
    assert_eq!(
        examine(&world, &["--around", &free]).0,
        Vec::<String>::new()
    );
    let world = World::with(Kind::Nginx, "192.0.2.1", |text| text);
    assert_eq!(
        examine(&world, &[]).0,
        ["the gate was asked by 127.0.0.1 and refused: the proxy is not among TRUSTED_PROXIES"]
    );
}

#[test]
fn the_doctor_says_when_it_cannot_look() {
    let mut world = World::new(Kind::Nginx);
    let line = |world: &World, more: &[&str]| {
        let ended = world.place.run(&[&["gate", "doctor"][..], more].concat());
        ended.failure().to_owned()
    };
    assert!(line(&world, &["other.example"]).starts_with("\"other.example\" is no site"));
    assert!(line(&world, &["--account", "nobody"]).starts_with("there is no account"));
    assert!(examine(&world, &["--path", "/static/"]).0[0].contains("open to everybody"));
    world.server.running.kill();
    let said = line(&world, &[]);
    assert!(
        said.starts_with("the program does not answer at 127.0.0.1:"),
        "{said}"
    );
}
