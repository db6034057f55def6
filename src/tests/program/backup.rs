//! Copies of the database: made while it is in use, put back, moved to the other kind.

use std::fs;

use crate::{
    postgres::Database,
    second_factor::{OTHER_KEY, authenticate, code, enrolled, pending},
    support::{Place, is_signed_in, mode},
};

const DATABASE: &str = "data/inmor-mfa.sqlite3";

/// An installation with a backup in it, made while the server ran.
fn backed_up() -> (Place, String, Vec<String>) {
    let place = Place::new();
    let (secret, codes) = enrolled(&place);
    let server = place.serve();
    let said = place.run(&["backup", "copy.sqlite3"]);
    assert!(said.success().contains("looked through"));
    server.stop();
    (place, secret, codes)
}

#[test]
fn rst_15_a_backup_that_was_made_while_serving_is_restored_elsewhere_with_every_factor() {
    let (place, secret, codes) = backed_up();
    assert_eq!(mode(&place.path("copy.sqlite3")), 0o600);
    let elsewhere = Place::new();
    fs::copy(place.path("copy.sqlite3"), elsewhere.path("it.sqlite3")).unwrap();
    let said = elsewhere.run(&["restore", "it.sqlite3"]);
    assert!(
        said.success().contains("the keys open its 11 secrets"),
        "{}",
        said.stdout
    );
    assert_eq!(mode(&elsewhere.path(DATABASE)), 0o600);
    let server = elsewhere.serve();
    // a code of now may have been used after the backup was made
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &code(&secret, 0)), 422);
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
    let files = fs::read_dir(elsewhere.path("data")).unwrap();
    let left: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("restor"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_backup_is_not_restored_without_the_keys_of_its_secrets_and_says_which() {
    let (place, ..) = backed_up();
    let place = place.set("MFA_ENCRYPTION_KEY", OTHER_KEY);
    let before = fs::read(place.path(DATABASE)).unwrap();
    let refused = place.run(&["restore", "copy.sqlite3", "--replace"]);
    let line = refused.failure();
    assert!(line.contains("630dcd29 (11 secrets)"), "{line}");
    assert_eq!(fs::read(place.path(DATABASE)).unwrap(), before);
    assert_eq!(fs::read_dir(place.path("data")).unwrap().count(), 2);
}

#[test]
fn a_database_that_is_there_is_replaced_only_when_asked_for_when_nobody_uses_it_and_is_kept() {
    let (place, _, codes) = backed_up();
    let refused = place.run(&["restore", "copy.sqlite3"]);
    assert!(refused.failure().contains("--replace"));
    let server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
    let refused = place.run(&["restore", "copy.sqlite3", "--replace"]);
    assert!(refused.failure().contains("is in use: stop"));
    assert!(is_signed_in(&mut browser));
    server.stop();
    let restored = place.run(&["restore", "copy.sqlite3", "--replace"]);
    let said = restored.success();
    assert!(said.contains("before-restore-"), "{said}");
    let server = place.serve();
    assert!(!is_signed_in(&mut browser.at(server.address)));
    // what happened after the backup is not known any more, as the command says
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
}

#[test]
fn the_journal_of_a_database_that_was_taken_away_does_not_get_into_the_restored_one() {
    let (place, _, codes) = backed_up();
    let mut server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
    server.running.kill();
    server.running.ended();
    let journal = format!("{DATABASE}-wal");
    assert!(fs::metadata(place.path(&journal)).unwrap().len() > 0);
    fs::remove_file(place.path(DATABASE)).unwrap();
    // what a restore that was killed leaves
    fs::copy(
        place.path(&journal),
        place.path(&format!("{DATABASE}.restoring-wal")),
    )
    .unwrap();
    place.run(&["restore", "copy.sqlite3"]).success();
    assert!(!place.path(&journal).exists());
    let kept = fs::read_dir(place.path("data")).unwrap().any(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.contains("before-restore-") && name.ends_with("-wal")
    });
    assert!(kept);
    let server = place.serve();
    assert!(!is_signed_in(&mut browser.at(server.address)));
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
}

#[test]
fn a_damaged_backup_is_refused() {
    let (place, ..) = backed_up();
    let before = fs::read(place.path(DATABASE)).unwrap();
    let whole = fs::read(place.path("copy.sqlite3")).unwrap();
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let mut changed = whole;
    // every page but the first says what it is in its first bytes
    changed[4096..]
        .chunks_mut(4096)
        .for_each(|page| page[..8].fill(0xff));
    for (damaged, words) in [
        (torn, "is damaged"),
        (changed, "is damaged"),
        (b"SQLite format".to_vec(), "is not an SQLite database"),
    ] {
        fs::write(place.path("bad.sqlite3"), damaged).unwrap();
        let refused = place.run(&["restore", "bad.sqlite3", "--replace"]);
        let line = refused.failure();
        assert!(line.contains(words), "{line}");
    }
    let refused = place.run(&["restore", "none.sqlite3", "--replace"]);
    assert!(
        refused
            .failure()
            .contains("there is no database none.sqlite3")
    );
    assert_eq!(fs::read(place.path(DATABASE)).unwrap(), before);
}

#[test]
fn a_damaged_database_gives_way_to_a_backup_and_is_kept() {
    let (place, _, codes) = backed_up();
    for damage in [&[0xff; 8][..], b"SQLite format 3\0damaged"] {
        let mut damaged = fs::read(place.path(DATABASE)).unwrap();
        damaged[..damage.len()].copy_from_slice(damage);
        fs::write(place.path(DATABASE), damaged).unwrap();
        let refused = place.run(&[
            "move-database",
            &format!("sqlite://{DATABASE}"),
            "postgres://localhost:1/x",
        ]);
        let line = refused.failure();
        assert!(line.contains("is damaged"), "{line}");
        let restored = place.run(&["restore", "copy.sqlite3", "--replace"]);
        assert!(restored.success().contains("before-restore-"));
    }
    let server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
}

#[test]
fn a_backup_never_takes_the_place_of_a_file() {
    let place = Place::new();
    place.create("anna");
    place.write("copy", "precious");
    let refused = place.run(&["backup", "copy"]);
    assert!(refused.failure().contains("copy is there already"));
    assert_eq!(fs::read(place.path("copy")).unwrap(), b"precious");
    let refused = place.run(&["backup", "nowhere/copy"]);
    assert!(refused.failure().contains("nowhere/copy"));
}

#[test]
fn on_postgres_backup_and_restore_say_what_does_it() {
    let database = Database::create();
    let place = Place::new().set("DATABASE_URL", &database.url());
    for (command, program) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
        let refused = place.run(&[command, "file"]);
        let line = refused.failure();
        assert!(line.contains(program), "{line}");
        // every user of a machine sees the arguments of its programs
        assert!(!line.contains("DATABASE_URL\""), "{line}");
        assert!(!place.path("file").exists());
    }
}

#[test]
fn a_database_that_was_restored_by_other_means_begins_anew() {
    let database = Database::create();
    let place = Place::new().set("DATABASE_URL", &database.url());
    let (secret, _) = enrolled(&place);
    let server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &code(&secret, 0)), 303);
    let refused = place.run(&["restore", "--in-place"]);
    assert!(refused.failure().contains("is in use"));
    server.stop();
    let wrong = place.also("MFA_ENCRYPTION_KEY", OTHER_KEY);
    let refused = wrong.run(&["restore", "--in-place"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("630dcd29 (11 secrets)"));
    // the latest that may have been shown until then
    let next = code(&secret, 1);
    let said = place.run(&["restore", "--in-place"]);
    assert!(said.success().contains("All sessions are ended."));
    let server = place.serve();
    assert!(!is_signed_in(&mut browser.at(server.address)));
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &next), 422);
}

#[test]
fn everything_moves_to_postgres_and_back_and_signs_in_there() {
    let place = Place::new();
    let (secret, codes) = enrolled(&place);
    let database = Database::create();
    let (file, server_url) = (format!("sqlite://{DATABASE}"), database.url());
    let server = place.serve();
    let refused = place.run(&["move-database", &file, &server_url]);
    assert!(refused.failure().contains("is in use"));
    server.stop();
    let moved = place.run(&["move-database", &file, &server_url]);
    let there = moved.success().to_owned();
    assert!(there.contains("       10  mfa_recovery_code\n"), "{there}");
    assert!(there.contains("Every row is there."), "{there}");

    let on_postgres = place.set("DATABASE_URL", &server_url);
    let server = on_postgres.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &code(&secret, 0)), 303);
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 303);
    let back = "sqlite://back.sqlite3";
    let refused = on_postgres.run(&["move-database", &server_url, back]);
    let line = refused.failure();
    assert!(line.contains("is in use by"), "{line}");
    server.stop();

    let moved = on_postgres.run(&["move-database", &server_url, back]);
    assert!(moved.success().contains("Every row is there."));
    let again = on_postgres.run(&["move-database", &server_url, back]);
    assert!(again.failure().contains("rows in its table"));
    let place = on_postgres.set("DATABASE_URL", back);
    let server = place.serve();
    let mut browser = pending(&server, "anna");
    assert_eq!(authenticate(&mut browser, &codes[0]), 422);
    assert_eq!(authenticate(&mut browser, &codes[1]), 303);
}

#[test]
fn a_database_that_cannot_be_moved_is_refused_in_words() {
    let place = Place::new();
    place.create("anna");
    let file = format!("sqlite://{DATABASE}");
    for (from, to, words) in [
        (&*file, "sqlite://other.sqlite3", "one kind"),
        ("mysql://localhost/x", &*file, "FROM is no database"),
        (
            "sqlite://none.sqlite3",
            "postgres://localhost:1/x",
            "there is no database none.sqlite3",
        ),
        (&*file, "postgres://localhost:1/x", "cannot be opened"),
    ] {
        let refused = place.run(&["move-database", from, to]);
        let line = refused.failure();
        assert!(line.contains(words), "{line}");
    }
    assert!(!place.path("other.sqlite3").exists());
    assert!(place.run(&["accounts", "list"]).success().contains("anna"));
}
