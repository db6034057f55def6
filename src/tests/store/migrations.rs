//! The schema: brought up to date by whoever starts, once, and never downwards.

use tokio::task::JoinSet;

use crate::{
    store::{Db, OpenError},
    tests::support::{Kind, TestApp, TestDatabase, execute, on_both, texts},
};

on_both!(
    migrating_again_changes_nothing,
    eight_processes_may_start_at_once_on_an_empty_database,
    cra_14_a_schema_of_a_newer_version_is_refused_and_left_as_it_is,
    a_migration_that_was_edited_afterwards_is_refused,
);

const APPLIED: &str = "select cast(version as text) || description || cast(installed_on as text) from _sqlx_migrations order by version";

async fn migrating_again_changes_nothing(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let (before, applied) = (app.contents().await, app.texts(APPLIED).await);
    assert!(!applied.is_empty());
    let again = app.second_process().await;
    assert_eq!(again.contents().await, before);
    assert_eq!(again.texts(APPLIED).await, applied);
}

async fn eight_processes_may_start_at_once_on_an_empty_database(kind: Kind) {
    for _ in 0..3 {
        let database = std::sync::Arc::new(TestDatabase::new(kind).await);
        let mut starting = JoinSet::new();
        for _ in 0..8 {
            let database = std::sync::Arc::clone(&database);
            starting.spawn(async move { database.open().await.unwrap() });
        }
        let opened: Vec<Db> = starting.join_all().await;
        let files = std::fs::read_dir("migrations/sqlite").unwrap().count();
        for db in &opened {
            db.ping().await.unwrap();
            assert_eq!(texts(db, APPLIED).await.len(), files);
            assert_eq!(
                texts(db, "select cast(id as text) from installation").await,
                ["1"]
            );
        }
        for db in opened {
            db.close().await;
        }
    }
}

async fn cra_14_a_schema_of_a_newer_version_is_refused_and_left_as_it_is(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    app.execute(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
         select 9999, 'of the future', success, checksum, execution_time from _sqlx_migrations where version = 1",
    )
    .await;
    let (before, applied) = (app.contents().await, app.texts(APPLIED).await);
    let error = app.database.open().await.unwrap_err();
    assert!(matches!(error, OpenError::Newer(9999)), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(app.contents().await, before);
    assert_eq!(app.texts(APPLIED).await, applied);
}

async fn a_migration_that_was_edited_afterwards_is_refused(kind: Kind) {
    let database = TestDatabase::new(kind).await;
    let db = database.open().await.unwrap();
    let sql = match kind {
        Kind::Sqlite => "update _sqlx_migrations set checksum = x'00'",
        Kind::Postgres => "update _sqlx_migrations set checksum = '\\x00'",
    };
    execute(&db, sql).await;
    assert!(matches!(database.open().await, Err(OpenError::Migrate(_))));
}
