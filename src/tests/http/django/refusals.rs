//! What an import does not begin with.

use super::{PLACES, after_password, imported};
use crate::{
    django::import::flow::{Outcome, Totals, Wanted},
    tests::support::{Kind, Site, TestApp, TestDatabase, on_both, other_file, refused},
};

on_both!(
    django_secrets_that_no_key_opens_stop_the_import_before_anything_is_written,
    django_secrets_that_no_key_opens_stay_behind_when_that_is_wanted,
    django_places_that_are_none_are_refused_by_what_is_missing,
    django_sites_are_only_read,
);

async fn django_secrets_that_no_key_opens_stop_the_import_before_anything_is_written(target: Kind) {
    for source in PLACES {
        let (app, site) = (TestApp::new(target).await, Site::new(source, "edge").await);
        let before = app.contents().await;
        // without any key, and with the newer alone
        for (keys, losers) in [
            (
                Vec::new(),
                &["frank", "åsa.öst", "grace", "heidi", "ivan", "Judy"][..],
            ),
            (vec![site.key("current")], &["grace"]),
        ] {
            let outcome = app.import(&site, &Site::wanted_with(keys)).await;
            let names: Vec<_> = outcome
                .reports
                .iter()
                .map(|report| &*report.username)
                .collect();
            assert_eq!(names, losers);
            let error = outcome.ended.unwrap_err();
            assert!(
                error.contains(&format!("{} accounts", losers.len())),
                "{error}"
            );
            assert!(error.ends_with("nothing was written"), "{error}");
            let left = &outcome.reports.last().unwrap().left_behind;
            assert!(
                left.iter().any(|left| left.why.contains("--fernet-key")),
                "{left:?}"
            );
            assert_eq!(app.contents().await, before);
        }
        // a dry run tells of all, and fails as well
        let wanted = Wanted {
            dry_run: true,
            ..Site::wanted_with(vec![site.key("current")])
        };
        let outcome = app.import(&site, &wanted).await;
        assert_eq!(outcome.reports.len(), 6);
        assert!(outcome.ended.is_err());
        assert_eq!(app.contents().await, before);
    }
}

async fn django_secrets_that_no_key_opens_stay_behind_when_that_is_wanted(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "edge").await);
    let wanted = Wanted {
        without_unreadable: true,
        ..Site::wanted_with(vec![site.key("current")])
    };
    let outcome = app.import(&site, &wanted).await;
    assert_eq!(outcome.totals(), imported(6));
    // her password alone must not be enough now
    assert!(outcome.of("grace").disabled && !outcome.of("grace").totp);
    let (_, answer) = after_password(&app, site.user("grace")).await;
    answer.assert_status(401);
    // the key turns up
    let wanted = Wanted {
        update: true,
        ..site.wanted()
    };
    let outcome = app.import(&site, &wanted).await;
    assert_eq!(
        outcome.totals(),
        Totals {
            updated: 1,
            unchanged: 5,
            ..imported(0)
        }
    );
    assert_eq!(outcome.of("grace").outcome, Outcome::Updated);
    let (_, answer) = after_password(&app, site.user("grace")).await;
    answer.assert_redirect("/accounts/2fa/authenticate/");
}

async fn django_places_that_are_none_are_refused_by_what_is_missing(kind: Kind) {
    let empty = TestDatabase::new(kind).await;
    drop(empty.open().await.unwrap());
    assert_eq!(
        refused(&empty.url()).await,
        "this is no database of Django with django-allauth: the table auth_user is missing"
    );
    for table in ["mfa_authenticator", "account_emailaddress"] {
        let site = Site::new(kind, "db").await;
        let all = if kind == Kind::Postgres {
            "cascade"
        } else {
            ""
        };
        site.execute(&format!("drop table {table} {all}")).await;
        let error = refused(&site.place).await;
        assert!(
            error.contains(&format!("the table {table} is missing")),
            "{error}"
        );
    }
    let (_folder, path) = other_file("a letter to my aunt");
    assert_eq!(
        refused(&path).await,
        format!("{path} is not an SQLite database")
    );
    assert!(
        refused("/nowhere/db.sqlite3")
            .await
            .contains("there is no file /nowhere/db.sqlite3")
    );
    assert!(refused("/").await.contains("is not an SQLite database"));
    let error = refused("postgres://me:hunter2@127.0.0.1:1/nothing").await;
    assert!(
        error.contains("cannot be opened") && !error.contains("hunter2"),
        "{error}"
    );
}

/// Neither the file nor its folder is written to, WAL or not; and a writer is not kept out.
async fn django_sites_are_only_read(kind: Kind) {
    for mode in ["delete", "wal"] {
        let (app, site) = (
            TestApp::new(kind).await,
            Site::new(Kind::Sqlite, "db").await,
        );
        site.execute(&format!("pragma journal_mode = {mode}")).await;
        let before = std::fs::read(&site.place).unwrap();
        let folder = || {
            let path = std::path::Path::new(&site.place).parent().unwrap();
            let names = std::fs::read_dir(path).unwrap();
            names
                .map(|entry| entry.unwrap().file_name())
                .collect::<Vec<_>>()
        };
        let files = folder();
        assert_eq!(
            app.import(&site, &site.wanted()).await.totals(),
            imported(5)
        );
        assert_eq!(std::fs::read(&site.place).unwrap(), before);
        assert_eq!(folder(), files);
        site.execute("update auth_user set first_name = 'x'").await;
    }
}
