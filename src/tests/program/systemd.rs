//! What systemd is told, on a real socket (`Type=notify`).

use std::{fs::File, io::ErrorKind, os::unix::net::UnixDatagram, time::Duration};

use crate::support::Place;

/// The end that systemd holds, and a place whose programs know of it.
fn watched() -> (Place, UnixDatagram) {
    let place = Place::new();
    let path = place.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let place = place.set("NOTIFY_SOCKET", path.to_str().unwrap());
    (place, socket)
}

/// The next thing that is said within a time.
fn heard(socket: &UnixDatagram, within: Duration) -> Option<String> {
    let mut bytes = [0; 256];
    socket.set_read_timeout(Some(within)).unwrap();
    match socket.recv(&mut bytes) {
        Ok(length) => Some(String::from_utf8(bytes[..length].to_vec()).unwrap()),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            None
        }
    }
}

const SOON: Duration = Duration::from_millis(500);
const AT_LAST: Duration = Duration::from_mins(1);

#[test]
fn ready_is_told_once_it_has_migrated_and_answers_and_stopping_at_sigterm() {
    let (place, socket) = watched();
    // who migrates holds this: as long as another process does, nothing is ready
    std::fs::create_dir(place.path("data")).unwrap();
    let held = File::create(place.path("data/inmor-mfa.sqlite3.lock")).unwrap();
    held.lock().unwrap();
    let running = place.start();
    assert_eq!(heard(&socket, SOON), None);
    drop(held);
    assert_eq!(heard(&socket, AT_LAST).as_deref(), Some("READY=1\n"));
    let server = running.listening();
    assert_eq!(server.browser().get("/readyz").unwrap().status, 200);
    assert_eq!(heard(&socket, SOON), None, "no watchdog was asked for");
    server.running.signal("TERM");
    assert_eq!(heard(&socket, AT_LAST).as_deref(), Some("STOPPING=1\n"));
    assert_eq!(server.running.ended().code, Some(0));
    assert_eq!(heard(&socket, SOON), None);
}

#[test]
fn a_start_that_fails_is_never_ready() {
    let (place, socket) = watched();
    place
        .set("LISTEN", "192.0.2.1:3000")
        .run(&["serve"])
        .failure();
    assert_eq!(heard(&socket, SOON), None);
}

#[test]
fn the_watchdog_is_told_twice_in_its_time_as_long_as_the_database_answers() {
    let (place, socket) = watched();
    let server = place.set("WATCHDOG_USEC", "200000").serve();
    for expected in ["READY=1\n", "WATCHDOG=1\n", "WATCHDOG=1\n", "WATCHDOG=1\n"] {
        assert_eq!(heard(&socket, AT_LAST).as_deref(), Some(expected));
    }
    assert_eq!(server.stop().code, Some(0));

    let (place, socket) = watched();
    let server = place.set("WATCHDOG_USEC", "600000000").serve();
    for expected in ["READY=1\n", "WATCHDOG=1\n"] {
        assert_eq!(heard(&socket, AT_LAST).as_deref(), Some(expected));
    }
    assert_eq!(
        heard(&socket, SOON),
        None,
        "the next is due in five minutes"
    );
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn without_systemd_or_with_one_that_does_not_listen_it_serves() {
    for socket in ["", "nowhere", "@inmor-mfa-nobody"] {
        let server = Place::new().set("NOTIFY_SOCKET", socket).serve();
        assert_eq!(server.browser().get("/healthz").unwrap().status, 200);
        assert_eq!(server.stop().code, Some(0));
    }
}
