//! More connections than the system gives the program files for.

use crate::{
    http::Connection,
    support::{Place, is_signed_in},
};

#[test]
fn cra_19_without_file_descriptors_it_takes_no_more_connections_and_recovers() {
    let place = Place::new().under("ulimit -n 40");
    place.create("anna");
    let server = place.serve();
    let mut before = server.signed_in("anna");
    // the system takes them; the program has no files for all of them
    let crowd: Vec<_> = (0..80)
        .map(|_| Connection::open(server.address).unwrap())
        .collect();
    // who is connected already is served, unless the database has no file to be read by either
    let answer = before.get("/accounts/sessions/").unwrap();
    assert!([200, 503].contains(&answer.status), "{}", answer.head);
    drop(crowd);
    assert!(is_signed_in(&mut before));
    assert!(is_signed_in(&mut server.signed_in("anna")));
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
}
