//! Several processes on one database, and a database that goes away.

use std::{thread, time::Duration};

use crate::{
    postgres::{Database, Wire},
    support::{PASSWORD, Place, Running, Server, is_signed_in, sign_in},
};

/// Starts four servers at the same moment and sees that all of them serve one database.
fn start_together(place: &Place) {
    let started: Vec<_> = (0..4).map(|_| place.start()).collect();
    let mut servers: Vec<Server> = started.into_iter().map(Running::listening).collect();
    let links: Vec<String> = servers.iter_mut().map(Server::setup_path).collect();
    for server in &servers {
        let mut browser = server.browser();
        assert_eq!(browser.get("/readyz").unwrap().status, 200);
        for link in &links {
            assert_eq!(browser.get(link).unwrap().status, 200);
        }
    }
    let fields = [("login", "anna"), ("password", PASSWORD)];
    let made = servers[1].browser().post(&links[3], &fields).unwrap();
    assert_eq!(made.status, 303, "{}", made.text());
    for server in &servers {
        let mut browser = server.signed_in("anna");
        for link in &links {
            assert_eq!(browser.get(link).unwrap().status, 404);
        }
    }
    for server in servers {
        assert_eq!(server.stop().code, Some(0));
    }
}

#[test]
fn processes_started_at_once_on_one_new_sqlite_file_all_serve_it() {
    start_together(&Place::new());
}

#[test]
fn processes_started_at_once_on_one_empty_postgres_database_all_serve_it() {
    let database = Database::create();
    start_together(&Place::new().set("DATABASE_URL", &database.url()));
}

#[test]
fn ses_11_a_session_ended_at_one_process_is_refused_by_the_other_at_the_next_request() {
    let database = Database::create();
    let place = Place::new().set("DATABASE_URL", &database.url());
    place.create("anna");
    let (one, two) = (place.serve(), place.serve());

    let mut here = one.signed_in("anna");
    let mut there = here.at(two.address);
    assert!(is_signed_in(&mut there));
    assert_eq!(here.post("/accounts/logout/", &[]).unwrap().status, 303);
    assert!(!is_signed_in(&mut there));

    // and the other way round, by ending all others
    let mut there = two.signed_in("anna");
    let mut third = one.signed_in("anna");
    assert_eq!(
        third
            .post("/accounts/sessions/end-others/", &[])
            .unwrap()
            .status,
        303
    );
    assert!(!is_signed_in(&mut there));
    assert!(is_signed_in(&mut third.at(two.address)));

    // and from the shell
    place.run(&["accounts", "disable", "anna"]).success();
    assert!(!is_signed_in(&mut third.at(two.address)));
}

#[test]
fn log_06_wrong_tries_at_several_processes_are_counted_together_and_over_a_restart() {
    let database = Database::create();
    let place = Place::new().set("DATABASE_URL", &database.url());
    place.create("anna");
    let counted = || {
        database
            .number("select cast(max(failures) as bigint) from throttle where purpose = 'password'")
    };
    let (one, two) = (place.serve(), place.serve());
    for server in [&one, &two, &one] {
        assert_eq!(sign_in(&mut server.browser(), "anna", "wrong").status, 401);
    }
    assert_eq!(counted(), 3);
    drop((one, two));
    let three = place.serve();
    assert_eq!(sign_in(&mut three.browser(), "anna", "wrong").status, 401);
    assert_eq!(counted(), 4);
}

#[test]
fn a_database_that_goes_away_is_told_as_503_and_comes_back_by_itself() {
    let database = Database::create();
    let mut wire = Wire::to(&database);
    let place = Place::new().set("DATABASE_URL", &database.url_at(wire.address()));
    place.create("anna");
    let server = place.serve();
    let mut anna = server.signed_in("anna");
    assert!(is_signed_in(&mut anna));

    wire.switch_off();
    let refused = anna.get("/accounts/sessions/").unwrap();
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("database"), "{}", refused.text());
    assert!(!refused.text().contains("Sign out"), "{}", refused.text());
    let refused = sign_in(&mut server.browser(), "anna", PASSWORD);
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").is_some(), "{}", refused.head);
    assert_eq!(anna.get("/readyz").unwrap().status, 503);
    // nothing that needs no database is affected
    assert_eq!(anna.get("/healthz").unwrap().status, 200);
    assert_eq!(
        server.browser().get("/accounts/login/").unwrap().status,
        200
    );

    wire.switch_on();
    for _ in 0..100 {
        if anna.get("/readyz").unwrap().status == 200 {
            break;
        }
        thread::park_timeout(Duration::from_millis(50));
    }
    // the session has outlived it
    assert!(is_signed_in(&mut anna));
    assert!(is_signed_in(&mut server.signed_in("anna")));
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
}
