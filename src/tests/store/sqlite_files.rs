//! What stands where the SQLite file should be, and what is made there.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::{
    store::{Db, OpenError, Tx},
    tests::support::{TestFolder, execute, texts},
};

/// Every name below a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn an_existing_file_that_is_no_database_is_refused_and_not_one_byte_is_changed() {
    let folder = TestFolder::new();
    let path = folder.path().join("notes.txt");
    for content in [
        b"x".to_vec(),
        b"notes\n".to_vec(),
        b"a page of notes\n".repeat(256),
        vec![0; 4096],
        vec![0xff; 70_000],
    ] {
        fs::write(&path, &content).unwrap();
        let error = Db::sqlite(&path, false).await.unwrap_err();
        assert!(
            matches!(&error, OpenError::NotADatabase(at) if *at == path),
            "{error}"
        );
        assert!(error.to_string().contains("notes.txt"), "{error}");
        assert!(
            fs::read(&path).unwrap() == content,
            "{} bytes were changed",
            content.len()
        );
        assert_eq!(names(folder.path()), ["notes.txt"]);
    }
}

#[tokio::test]
async fn a_folder_where_the_file_should_be_is_refused() {
    let folder = TestFolder::new();
    let error = Db::sqlite(folder.path(), false).await.unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase(_)), "{error}");
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_missing_folder_is_named_and_not_made() {
    let folder = TestFolder::new();
    let error = Db::sqlite(&folder.path().join("typo/test.sqlite3"), false)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, OpenError::NoFolder(path) if path.ends_with("typo")),
        "{error}"
    );
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_new_database_in_an_existing_folder_is_private_to_its_owner() {
    let folder = TestFolder::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().join("test.sqlite3");
    let db = Db::sqlite(&path, false).await.unwrap();
    db.ping().await.unwrap();
    // the lock beside it is empty
    for name in ["test.sqlite3", "test.sqlite3-wal", "test.sqlite3-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(folder.path()), 0o755);
}

#[tokio::test]
async fn the_default_folder_is_made_and_private_to_its_owner() {
    let folder = TestFolder::new();
    let path = folder.path().join("data/test.sqlite3");
    let db = Db::sqlite(&path, true).await.unwrap();
    db.ping().await.unwrap();
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    assert_eq!(mode(&path), 0o600);
    db.close().await;
    // and the second start finds it
    Db::sqlite(&path, true).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn an_existing_databases_permissions_stay_as_its_owner_set_them() {
    let folder = TestFolder::new();
    let path = folder.path().join("test.sqlite3");
    Db::sqlite(&path, false).await.unwrap().close().await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    Db::sqlite(&path, false)
        .await
        .unwrap()
        .ping()
        .await
        .unwrap();
    assert_eq!(mode(&path), 0o640);
}

#[tokio::test]
async fn a_closed_database_fails_and_does_not_hang() {
    let db = Db::sqlite_in_memory().await.unwrap();
    db.ping().await.unwrap();
    db.close().await;
    assert!(db.ping().await.is_err());
    assert!(db.begin().await.is_err());
}

#[tokio::test]
async fn cra_05_a_transaction_that_sqlite_ends_by_itself_spoils_no_later_one() {
    let folder = TestFolder::new();
    let db = Db::sqlite(&folder.path().join("test.sqlite3"), false)
        .await
        .unwrap();
    for _ in 0..3 {
        let Tx::Sqlite(mut tx) = db.begin().await.unwrap() else {
            panic!("it is SQLite");
        };
        // as on a full disk
        sqlx::raw_sql("rollback").execute(&mut *tx).await.unwrap();
        drop(tx);
        db.begin().await.unwrap().commit().await.unwrap();
    }
}

/// Ten rows once counted would have a look-up by name or address read all of a million.
#[tokio::test]
async fn what_was_small_when_it_was_closed_is_still_looked_up_by_index() {
    let folder = TestFolder::new();
    let path = folder.path().join("test.sqlite3");
    let look_up = "select id from account where username_canonical = 'a' or email_canonical = 'a'";
    let db = Db::sqlite(&path, false).await.unwrap();
    for name in ["a", "b"] {
        execute(&db, &format!(
            "insert into account (id, username, username_canonical, user_handle, created_at) values ('{name}', '{name}', '{name}', '{name}', 1)"
        ))
        .await;
    }
    assert_eq!(texts(&db, look_up).await, ["a"]);
    db.close().await;
    let db = Db::sqlite(&path, false).await.unwrap();
    let counted = "select name from sqlite_schema where name like 'sqlite_stat%'";
    assert_eq!(texts(&db, counted).await, [""; 0]);
}
