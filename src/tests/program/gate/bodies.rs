//! What nginx is sent by those whom nobody let in: it goes to no disk.

use super::{
    proxies::Kind,
    world::{PAGE, World},
};

#[test]
fn nginx_waits_for_no_upload_that_is_not_let_in() {
    let mut world = World::new(Kind::Nginx);
    let cookie = world.cross();
    // what is announced never comes: there is an answer only where nobody waits for it
    let announce = |path: &str, cookie: &str| {
        let headers = [
            ("Host", &*world.host),
            PAGE,
            ("Cookie", cookie),
            ("Content-Length", "1073741824"),
        ];
        let answer = world.ask_raw("POST", path, &headers, "");
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let denied = announce("/root/a", &cookie);
    let small = world.ask_with("POST", "/root/a", &[PAGE, ("Cookie", &cookie)], "a=b");
    for answer in [denied, small] {
        let text = answer.text();
        assert_eq!(answer.status, 403, "{}{text}", answer.head);
        assert!(
            text.contains("<h1>") && text.contains("has not the role"),
            "{text}"
        );
    }
    for (path, status) in [
        ("/a", 401),
        ("/.inmor-mfa/accept/", 413),
        ("/.inmor-mfa/denied", 403),
        ("/.inmor-mfa/", 413),
    ] {
        assert_eq!(announce(path, "").status, status, "{path}");
    }
}
