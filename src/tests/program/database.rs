//! Databases that are not there, not ours, or not yet made.

use std::{fs, net::TcpListener};

use crate::{
    postgres::Database,
    support::{Place, mode},
};

/// Every command that opens the database, with something to read from standard input.
const COMMANDS: [&[&str]; 5] = [
    &["serve"],
    &["check"],
    &["accounts", "list"],
    &["accounts", "create", "anna", "--password-stdin"],
    &["setup-link"],
];

#[test]
fn a_database_server_that_is_not_there_is_told_in_one_line() {
    // nobody listens there any more when the program tries
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("postgres://anna:marker0marker0@127.0.0.1:{port}/inmor");
    let place = Place::new().set("DATABASE_URL", &url);
    for command in [&["serve"][..], &["check"]] {
        let ended = place.run(command);
        let line = ended.failure();
        assert!(
            line.contains("database") && line.contains("refused"),
            "{line}"
        );
        assert!(
            !line.contains("marker0") && !ended.stdout.contains("marker0"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_database_that_the_server_does_not_have_is_told_by_name() {
    let database = Database::create();
    let url = database.url().replace(database.name(), "no_such_database");
    let ended = Place::new().set("DATABASE_URL", &url).run(&["serve"]);
    assert!(
        ended
            .failure()
            .contains("\"no_such_database\" does not exist"),
        "{ended:?}"
    );
}

#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let place = Place::new().set("DATABASE_URL", "sqlite://letter.txt");
    let text = "Dear database,\n".repeat(300);
    place.write("letter.txt", &text);
    for command in COMMANDS {
        let ended = place.run_with(command, "seven quiet otters juggle\n");
        assert_eq!(
            ended.failure(),
            "database_url: letter.txt is not an SQLite database; nothing was changed in it"
        );
    }
    assert_eq!(fs::read_to_string(place.path("letter.txt")).unwrap(), text);
}

#[test]
fn a_missing_folder_is_told_and_not_made() {
    let place = Place::new().set("DATABASE_URL", "sqlite://missing/inmor.sqlite3");
    for command in COMMANDS {
        let ended = place.run_with(command, "seven quiet otters juggle\n");
        assert_eq!(
            ended.failure(),
            "database_url: there is no folder missing: create it, or correct the path"
        );
    }
    assert!(!place.path("missing").exists());
}

#[test]
fn a_folder_in_the_files_place_is_told() {
    let place = Place::new().set("DATABASE_URL", "sqlite://data");
    fs::create_dir(place.path("data")).unwrap();
    let ended = place.run(&["serve"]);
    assert_eq!(
        ended.failure(),
        "database_url: data is not an SQLite database; nothing was changed in it"
    );
}

#[test]
fn the_default_database_and_its_folder_are_made_private_to_their_owner() {
    let place = Place::new();
    let server = place.serve();
    assert_eq!(mode(&place.path("data")), 0o700);
    for entry in fs::read_dir(place.path("data")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_database_in_another_folder_is_made_private_to_its_owner() {
    let place = Place::new().set("DATABASE_URL", "sqlite://here.sqlite3");
    place.run(&["check"]).success();
    for name in ["here.sqlite3", "here.sqlite3.lock"] {
        assert_eq!(mode(&place.path(name)), 0o600, "{name}");
    }
}
