//! Starting, the first-run link, the port, and stopping.

use std::net::TcpListener;

use crate::{
    http::Connection,
    support::{PASSWORD, Place, Server, is_signed_in, setup_path},
};

#[test]
fn a_taken_port_is_told_by_address_before_anything_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new().set("LISTEN", &address);
    let ended = place.run(&["serve"]);
    let line = ended.failure();
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
    assert_eq!(ended.stdout, "");
    assert!(!place.path("data").exists());
}

#[test]
fn an_address_that_is_not_ours_is_told() {
    // of the documentation network, so no machine has it
    let ended = Place::new().set("LISTEN", "192.0.2.1:3000").run(&["serve"]);
    assert!(ended.failure().contains("192.0.2.1:3000"), "{ended:?}");
}

#[test]
fn the_first_run_link_on_standard_output_makes_the_first_administrator_once() {
    let place = Place::new();
    let mut server = place.serve();
    let path = server.setup_path();
    let mut browser = server.browser();
    assert_eq!(browser.get(&path).unwrap().status, 200);
    let fields = [("login", "anna"), ("password", PASSWORD)];
    assert_eq!(browser.post(&path, &fields).unwrap().status, 303);
    assert!(is_signed_in(&mut browser));
    assert_eq!(server.browser().get(&path).unwrap().status, 404);
    assert_eq!(server.browser().post(&path, &fields).unwrap().status, 404);
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("30 minutes"), "{ended:?}");
    assert_eq!(ended.stdout.matches("token=").count(), 1, "{ended:?}");
    assert!(!ended.stderr.contains("token="), "{ended:?}");

    let again = place.serve();
    // a session outlives the process
    assert!(is_signed_in(&mut browser.at(again.address)));
    assert_eq!(again.stop().stdout, "");
}

#[test]
fn a_restart_before_the_first_account_prints_a_fresh_link() {
    let place = Place::new();
    let first = place.serve().stop();
    let mut second = place.serve();
    let (old, new) = (setup_path(&first.stdout).unwrap(), second.setup_path());
    assert_ne!(old, new);
    assert_eq!(second.browser().get(&new).unwrap().status, 200);
}

#[test]
fn setup_link_prints_a_link_that_works_until_an_account_exists() {
    let place = Place::new();
    let server = place.serve();
    let printed = place.run(&["setup-link"]);
    assert_eq!(printed.success().lines().count(), 1, "{printed:?}");
    let path = setup_path(&printed.stdout).expect("a link");
    assert_eq!(server.browser().get(&path).unwrap().status, 200);
    place.create("anna");
    assert_eq!(server.browser().get(&path).unwrap().status, 404);
    let refused = place.run(&["setup-link"]);
    assert_eq!(refused.stdout, "");
    assert_eq!(
        refused.failure(),
        "there is an account already: create further ones with accounts create"
    );
}

#[test]
fn sigterm_and_sigint_end_an_idle_server_with_0_whoever_is_connected() {
    for signal in ["TERM", "INT"] {
        let server = Place::new().serve();
        let mut kept_open = server.browser();
        assert_eq!(kept_open.get("/healthz").unwrap().status, 200);
        server.running.signal(signal);
        let ended = server.running.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stderr.contains("\"stopped\""), "{ended:?}");
    }
}

/// A sign-in of which the server has read the head and waits for the end of the body, and that end.
fn half_a_request(server: &Server, fields: &[(&str, &str)]) -> (Connection, String) {
    let mut browser = server.browser();
    browser.more = "Expect: 100-continue\r\n".to_owned();
    let request = browser.post_request("/accounts/login/", fields);
    let (begun, rest) = request.split_at(request.len() - 5);
    let mut connection = Connection::open(server.address).unwrap();
    connection.send(begun.as_bytes()).unwrap();
    assert_eq!(connection.receive().unwrap().status, 100);
    (connection, rest.to_owned())
}

#[test]
fn a_request_under_way_at_sigterm_is_answered_before_the_end() {
    let place = Place::new();
    place.create("anna");
    let mut server = place.serve();
    let fields = [("login", "anna"), ("password", PASSWORD)];
    let (mut connection, rest) = half_a_request(&server, &fields);
    server.running.signal("TERM");
    server.running.wait_for("\"stopping\"");
    connection.send(rest.as_bytes()).unwrap();
    let answer = connection.receive().unwrap();
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    assert_eq!(connection.until_closed().unwrap(), "");
    let ended = server.running.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("\"stopped\""), "{ended:?}");
}

#[test]
fn a_request_that_never_ends_holds_up_the_stop_for_the_grace_only() {
    let mut server = Place::new().serve();
    let (mut connection, _) = half_a_request(&server, &[("login", "anna")]);
    server.running.signal("TERM");
    server.running.wait_for("\"stopping\"");
    // the body may take 20 s, the stop only 10 s: no answer comes
    assert_eq!(connection.until_closed().unwrap(), "");
    let ended = server.running.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn health_and_readiness_are_told_without_details() {
    let server = Place::new().serve();
    let mut browser = server.browser();
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = browser.get(path).unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, text));
    }
}
