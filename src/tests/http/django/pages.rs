//! Sites of more accounts than are written together, and imports that end between.

use std::{io, sync::Arc};

use super::{imported, moved};
use crate::{
    django::import::flow::{self as django, AccountReport, Listener, Source, Wanted},
    services::Client,
    tests::support::{Kind, Site, TestApp, on_both},
};

on_both!(
    django_accounts_that_were_written_are_told_though_the_site_falls_silent,
    django_keys_that_came_are_for_a_host_name_though_the_import_broke_off,
    django_files_that_change_while_they_are_read_end_the_import,
    django_dry_runs_of_many_accounts_say_what_the_import_will_do,
);

/// Adds accounts to a site from id 101 on.
async fn crowd(site: &Site, many: usize) {
    let series = if site.place.starts_with("postgres://") {
        format!("generate_series(1, {many}) as n")
    } else {
        format!(
            "(with recursive s(n) as (select 1 union all select n + 1 from s where n < {many}) select n from s)"
        )
    };
    site.execute(&format!(
        "insert into auth_user (id, username, password, email, first_name, last_name, is_active, is_staff, is_superuser, date_joined) \
         select 100 + n, 'user' || n, '!', 'user' || n || '@inmor.example', '', '', true, false, false, '2026-11-18 11:06:40' from {series}"
    ))
    .await;
}

async fn django_accounts_that_were_written_are_told_though_the_site_falls_silent(kind: Kind) {
    let (app, site) = (
        TestApp::new(kind).await,
        Site::new(Kind::Postgres, "db").await,
    );
    crowd(&site, 1_200).await;
    // while the second page of three is written, the third cannot be read
    let mut listener = Fall {
        place: site.place.clone(),
        told: Vec::new(),
    };
    let mut source = Source::open(&site.place).await.unwrap();
    let ended = django::import(
        &app.services,
        &Client::shell(),
        &mut source,
        &site.wanted(),
        &mut listener,
    )
    .await;
    assert!(ended.is_err());
    let here = app.number("select count(*) from django_account").await;
    assert!(here > 0);
    assert_eq!(i64::try_from(listener.told.len()).unwrap(), here);
}

/// Ends the connection to a site when it is told of the first account.
struct Fall {
    place: String,
    told: Vec<i64>,
}

impl Listener for Fall {
    fn begin(&mut self, _: u64) {}

    fn passed(&mut self, _: u64) {}

    fn account(&mut self, report: &AccountReport) -> io::Result<()> {
        if self.told.is_empty() {
            let place = self.place.clone();
            meanwhile(async move { end_of_reading(&place).await });
        }
        self.told.push(report.django_id);
        Ok(())
    }
}

/// Does something while an import waits for its listener.
fn meanwhile(something: impl Future<Output = ()> + Send + 'static) {
    let done = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(something);
    });
    done.join().unwrap();
}

/// Ends whoever reads a site for an import.
async fn end_of_reading(place: &str) {
    use sqlx::Connection as _;
    let mut connection = sqlx::PgConnection::connect(place).await.unwrap();
    sqlx::raw_sql(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity \
         where application_name = 'inmor-mfa import' and datname = current_database()",
    )
    .execute(&mut connection)
    .await
    .unwrap();
}

/// Cannot be told of any account.
struct Deaf;

impl Listener for Deaf {
    fn begin(&mut self, _: u64) {}

    fn passed(&mut self, _: u64) {}

    fn account(&mut self, _: &AccountReport) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

async fn django_keys_that_came_are_for_a_host_name_though_the_import_broke_off(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    let party = "select coalesce(rp_id, '-') from installation";
    let dry = Wanted {
        dry_run: true,
        ..site.wanted()
    };
    app.import(&site, &dry).await.totals();
    assert_eq!(app.texts(party).await, ["-"]);
    let mut source = Source::open(&site.place).await.unwrap();
    let (client, wanted) = (Client::shell(), site.wanted());
    let ended = django::import(&app.services, &client, &mut source, &wanted, &mut Deaf).await;
    assert!(ended.is_err());
    let keys = "select count(*) from mfa_webauthn_credential";
    assert!(app.number(keys).await > 0);
    let host = app.services.settings.public_url.host();
    assert_eq!(app.texts(party).await, [host]);
}

/// Writes to a site as soon as its accounts were looked at.
struct Busy {
    site: Arc<Site>,
}

impl Listener for Busy {
    fn begin(&mut self, _: u64) {}

    fn passed(&mut self, _: u64) {
        let site = Arc::clone(&self.site);
        meanwhile(async move {
            site.execute("update auth_user set is_active = false where id = 1")
                .await;
        });
    }

    fn account(&mut self, _: &AccountReport) -> io::Result<()> {
        Ok(())
    }
}

async fn django_files_that_change_while_they_are_read_end_the_import(kind: Kind) {
    let (app, site) = (
        TestApp::new(kind).await,
        Arc::new(Site::new(Kind::Sqlite, "db").await),
    );
    site.execute("pragma journal_mode = wal").await;
    let before = app.contents().await;
    let mut source = Source::open(&site.place).await.unwrap();
    let mut busy = Busy {
        site: Arc::clone(&site),
    };
    let (client, wanted) = (Client::shell(), site.wanted());
    let ended = django::import(&app.services, &client, &mut source, &wanted, &mut busy).await;
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("the site is in use"), "{error}");
    assert_eq!(app.contents().await, before);
    // it is none of its own doing, and there again
    drop(source);
    assert_eq!(
        app.import(&site, &site.wanted()).await.totals(),
        imported(5)
    );
}

async fn django_dry_runs_of_many_accounts_say_what_the_import_will_do(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    crowd(&site, 1_000).await;
    // alice gives up her name, her address and her key: others have them, pages later, and of two that have
    // the key the first gets it; another has a key of bob's, who keeps it
    site.execute(
        "update auth_user set username = 'alma', email = '' where id = 1; \
         delete from account_emailaddress where user_id = 1; \
         update auth_user set username = 'alice' where id = 700; \
         update auth_user set email = 'alice@inmor.example' where id = 800; \
         update mfa_authenticator set user_id = 1100 where id = 3; \
         insert into mfa_authenticator (id, user_id, type, data, created_at) \
         select 100, 900, type, data, created_at from mfa_authenticator where id = 3; \
         insert into mfa_authenticator (id, user_id, type, data, created_at) \
         select 101, 1099, type, data, created_at from mfa_authenticator where id = 6",
    )
    .await;
    let update = Wanted {
        update: true,
        ..site.wanted()
    };
    let dry = Wanted {
        dry_run: true,
        update: true,
        ..site.wanted()
    };
    let said = app.import(&site, &dry).await;
    let done = app.import(&site, &update).await;
    assert_eq!(said.totals(), done.totals());
    for (said, done) in said.reports.iter().zip(&done.reports) {
        assert_eq!(said, done);
    }
    let count = imported(1_000).imported;
    assert_eq!((done.totals().imported, done.totals().updated), (count, 1));
    let of = |id: i64| {
        let found = done.reports.iter().find(|report| report.django_id == id);
        found.unwrap()
    };
    assert_eq!(of(800).email.as_deref(), Some("alice@inmor.example"));
    assert_eq!(of(900).webauthn.len(), 1);
    assert!(of(1_099).disabled && of(1_100).disabled);
}
