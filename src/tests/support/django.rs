//! Django sites: those of the fixtures, and what a test makes of them.

use std::{fs, io, path::Path, sync::Arc};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::{Kind, TestApp, TestDatabase, TestFolder};
use crate::{
    crypto::sealing::ForeignKey,
    django::import::flow::{
        self as django, AccountReport, ImportError, Keys, Listener, Source, SourceError, Totals,
        Wanted,
    },
    server::settings::EncryptionKey,
    services::Client,
};

/// A site's database, and what is known of its users.
pub(in crate::tests) struct Site {
    pub(in crate::tests) place: String,
    pub(in crate::tests) expected: Value,
    _database: TestDatabase,
}

/// What an import told.
#[derive(Debug)]
pub(in crate::tests) struct Outcome {
    pub(in crate::tests) reports: Vec<AccountReport>,
    pub(in crate::tests) ended: Result<Totals, String>,
    pub(in crate::tests) told: (u64, u64),
}

impl Outcome {
    /// What was told of a user.
    #[track_caller]
    pub(in crate::tests) fn of(&self, username: &str) -> &AccountReport {
        let found = self
            .reports
            .iter()
            .find(|report| report.username == username);
        found.unwrap_or_else(|| panic!("{username} is not in {self:#?}"))
    }

    #[track_caller]
    pub(in crate::tests) fn totals(&self) -> Totals {
        self.ended.clone().unwrap_or_else(|error| panic!("{error}"))
    }
}

#[derive(Default)]
struct Heard {
    reports: Vec<AccountReport>,
    told: (u64, u64),
}

impl Listener for Heard {
    fn begin(&mut self, accounts: u64) {
        self.told.0 = accounts;
    }

    fn passed(&mut self, accounts: u64) {
        self.told.1 += accounts;
    }

    fn account(&mut self, report: &AccountReport) -> io::Result<()> {
        self.reports.push(report.clone());
        Ok(())
    }
}

pub(in crate::tests) fn foreign_key(text: &str) -> ForeignKey {
    ForeignKey::new(EncryptionKey::parse(text).unwrap().bytes()).unwrap()
}

impl Site {
    /// A copy of a fixture, `db` or `edge`.
    pub(in crate::tests) async fn new(kind: Kind, name: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/django-allauth");
        let expected = if name == "db" {
            "expected"
        } else {
            "edge_expected"
        };
        let expected = fs::read_to_string(folder.join(format!("{expected}.json"))).unwrap();
        let database = TestDatabase::new(kind).await;
        let place = database.url();
        match kind {
            Kind::Sqlite => {
                fs::copy(folder.join(format!("{name}.sqlite3")), &place).unwrap();
            }
            Kind::Postgres => {
                let dump = fs::read_to_string(folder.join(format!("{name}.pg.sql"))).unwrap();
                load(&place, &dump).await;
            }
        }
        Self {
            place,
            expected: serde_json::from_str(&expected).unwrap(),
            _database: database,
        }
    }

    /// The users that the fixture is about.
    pub(in crate::tests) fn users(&self) -> impl Iterator<Item = &Value> {
        self.expected["users"].as_array().unwrap().iter()
    }

    pub(in crate::tests) fn user(&self, username: &str) -> &Value {
        self.users()
            .find(|user| user["username"] == username)
            .unwrap()
    }

    /// The site's key, `current` or `old`.
    pub(in crate::tests) fn key(&self, name: &str) -> ForeignKey {
        foreign_key(self.expected["fernet_keys"][name].as_str().unwrap())
    }

    /// What an operator wants who gives both of the site's keys.
    pub(in crate::tests) fn wanted(&self) -> Wanted {
        Self::wanted_with(vec![self.key("current"), self.key("old")])
    }

    pub(in crate::tests) fn wanted_with(keys: Vec<ForeignKey>) -> Wanted {
        let published = EncryptionKey::development().unwrap();
        Wanted {
            keys: Arc::new(Keys::new(keys, ForeignKey::new(published.bytes()))),
            staff_only: false,
            update: false,
            dry_run: false,
            without_unreadable: false,
        }
    }

    /// Runs statements in the site's database, as Django would.
    pub(in crate::tests) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        if self.place.starts_with("postgres://") {
            let mut connection = PgConnection::connect(&self.place).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = SqliteConnection::connect(&self.place).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

impl TestApp {
    /// Brings a site's accounts over as wanted.
    pub(in crate::tests) async fn import(&self, site: &Site, wanted: &Wanted) -> Outcome {
        let mut source = Source::open(&site.place).await.unwrap();
        let mut heard = Heard::default();
        let client = Client::shell();
        let ended = django::import(&self.services, &client, &mut source, wanted, &mut heard).await;
        Outcome {
            reports: heard.reports,
            ended: ended.map_err(|error: ImportError| error.to_string()),
            told: heard.told,
        }
    }
}

/// Why a place is no source.
pub(in crate::tests) async fn refused(place: &str) -> String {
    let outcome: Result<Source, SourceError> = Source::open(place).await;
    outcome.err().unwrap().to_string()
}

/// Loads what `pg_dump` wrote, as `psql` does.
async fn load(url: &str, dump: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let (mut sql, mut lines) = (String::new(), dump.lines());
    while let Some(line) = lines.next() {
        if line.starts_with('\\') || line.starts_with("--") {
            continue;
        }
        if !line.starts_with("COPY ") {
            sql.push_str(line);
            sql.push('\n');
            continue;
        }
        let before = AssertSqlSafe(std::mem::take(&mut sql));
        sqlx::raw_sql(before)
            .execute(&mut connection)
            .await
            .unwrap();
        let mut copy = connection.copy_in_raw(line).await.unwrap();
        let rows: Vec<_> = lines.by_ref().take_while(|row| *row != "\\.").collect();
        let mut bytes = rows.join("\n");
        if !rows.is_empty() {
            bytes.push('\n');
        }
        copy.send(bytes.as_bytes()).await.unwrap();
        copy.finish().await.unwrap();
    }
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// A folder with a file that is no Django database.
pub(in crate::tests) fn other_file(text: &str) -> (TestFolder, String) {
    let folder = TestFolder::new();
    let path = folder.path().join("other");
    fs::write(&path, text).unwrap();
    (folder, path.display().to_string())
}
