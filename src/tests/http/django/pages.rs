//! Sites of more accounts than are written together, and imports that end between.

use std::io;

use crate::{
    django::import::flow::{self as django, AccountReport, Listener, Source, Wanted},
    services::Client,
    tests::support::{Kind, Site, TestApp, on_both},
};

on_both!(
    django_accounts_that_were_written_are_told_though_the_site_falls_silent,
    django_keys_that_came_are_for_a_host_name_though_the_import_broke_off,
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
            let ended = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(end_of_reading(&place));
            });
            ended.join().unwrap();
        }
        self.told.push(report.django_id);
        Ok(())
    }
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
