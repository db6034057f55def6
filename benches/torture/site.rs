//! An installation of the program for one scenario: a folder, settings, a database.

use std::time::Duration;

use crate::{
    Outcomes,
    base::Base,
    ensure,
    postgres::Database,
    support::{Place, Server},
    trial::{Kind, now},
};

pub struct Site {
    pub place: Place,
    pub base: Base,
}

impl Site {
    pub fn new(kind: Kind) -> Outcomes<Self> {
        // every person comes from an address of its own, so that no limit for one is met by all
        let place = Place::new()
            .set("TRUSTED_PROXIES", "127.0.0.1")
            .set("LOG_FILTER", "info");
        Ok(match kind {
            Kind::Sqlite => {
                let base = Base::Sqlite(place.path("data/inmor-mfa.sqlite3"));
                Self { place, base }
            }
            Kind::Postgres => {
                let database = Database::create();
                let place = place.set("DATABASE_URL", &database.url());
                let name = database.name().to_owned();
                let base = Base::Postgres(database);
                // the server of `.ci/postgres` forgets the last moments before a crash, for speed
                base.execute(&format!(
                    "alter database {name} set synchronous_commit = on"
                ))?;
                Self { place, base }
            }
        })
    }

    /// The same installation with another setting.
    pub fn set(self, name: &str, value: &str) -> Self {
        let Self { place, base } = self;
        let place = place.set(name, value);
        Self { place, base }
    }

    /// Starts the program, which has to serve within 5 s whatever happened before.
    pub fn serve(&self) -> Outcomes<Server> {
        let begun = now();
        let server = self.place.serve();
        ensure!(
            server.browser().get("/readyz")?.status == 200,
            "it is not ready after its start"
        );
        let took = begun.elapsed();
        ensure!(took < Duration::from_secs(5), "the start took {took:?}");
        Ok(server)
    }

    /// What every scenario must leave behind.
    pub fn check_whole(&self) -> Outcomes<()> {
        ensure!(self.base.is_whole()?, "the database is damaged");
        Ok(())
    }
}

/// An account's id, as a part of a statement.
pub fn id_of(name: &str) -> String {
    format!("(select id from account where username_canonical = '{name}')")
}

impl Site {
    /// Everything the database knows of an account that a request may change, without ids and times,
    /// and without the counts of tries, which are kept on purpose when the try itself comes to nothing.
    pub fn snapshot(&self, name: &str) -> Outcomes<Vec<String>> {
        let id = id_of(name);
        let mut parts = vec![
            format!(
                "select 'audit ' || action || ' ' || cast(count(*) as text) from audit_event where subject_id = {id} group by action"
            ),
            format!("select 'app ' || label from mfa_totp where account_id = {id}"),
            format!(
                "select 'codes left ' || cast(count(*) as text) from mfa_recovery_code where account_id = {id} and spent_at is null"
            ),
            format!(
                "select 'notices ' || cast(count(*) as text) from notice where account_id = {id}"
            ),
            format!("select 'accounts ' || cast(count(*) as text) from account where id = {id}"),
            format!(
                "select 'enrolments ' || cast(count(*) as text) from mfa_totp_enrolment where session_id in (select id from session where account_id = {id})"
            ),
        ];
        for table in [
            "session",
            "known_device",
            "login_attempt",
            "mfa_recovery_code",
            "mfa_recovery_set",
        ] {
            parts.push(format!(
                "select '{table} ' || cast(count(*) as text) from {table} where account_id = {id}"
            ));
        }
        let mut lines = self.base.texts(&parts.join(" union all "))?;
        lines.sort_unstable();
        Ok(lines)
    }
}
