//! Databases that exist for one test.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    crypto::{hex, random::Random},
    store::{Db, OpenError},
};

/// Connections of one pool; the server of `.ci/postgres` takes 300 in all.
const CONNECTIONS: u32 = 16;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tests) enum Kind {
    Sqlite,
    Postgres,
}

/// An empty database, gone with this value.
pub(in crate::tests) enum TestDatabase {
    Sqlite(TestFolder),
    Postgres { server: String, name: String },
}

impl TestDatabase {
    pub(in crate::tests) async fn new(kind: Kind) -> Self {
        if kind == Kind::Sqlite {
            return Self::Sqlite(TestFolder::new());
        }
        let server = std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| {
            panic!("TEST_POSTGRES_URL is not set: run the tests by `.ci/postgres cargo nextest run --features ssr`")
        });
        let name = random_name();
        order(&server, format!("create database {name}"))
            .await
            .unwrap();
        Self::Postgres { server, name }
    }

    /// Its address, for whoever wants to connect; of the file, its path.
    pub(in crate::tests) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => folder.path().join("test.sqlite3").display().to_string(),
            Self::Postgres { server, name } => {
                let mut url = url::Url::parse(server).unwrap();
                url.set_path(name);
                url.to_string()
            }
        }
    }

    /// Opens it as the program does. Each call is one more process, as far as the database can see.
    pub(in crate::tests) async fn open(&self) -> Result<Db, OpenError> {
        match self {
            Self::Sqlite(folder) => Db::sqlite(&folder.path().join("test.sqlite3"), false).await,
            Self::Postgres { .. } => Db::postgres(&self.url(), CONNECTIONS).await,
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Self::Postgres { server, name } = self else {
            return;
        };
        let (server, statement) = (
            server.clone(),
            format!("drop database if exists {name} with (force)"),
        );
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(order(&server, statement))
        });
        // the server goes after the tests; a failure here must not hide that of the test
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("{name} was not dropped");
        }
    }
}

async fn order(server: &str, statement: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

fn random_name() -> String {
    format!(
        "inmor_mfa_test_{}",
        hex(&Random::system().bytes::<12>().unwrap())
    )
}

/// A new folder, gone with this value.
pub(in crate::tests) struct TestFolder(PathBuf);

impl TestFolder {
    pub(in crate::tests) fn new() -> Self {
        let path = std::env::temp_dir().join(random_name());
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(in crate::tests) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        if std::fs::remove_dir_all(&self.0).is_err() {
            eprintln!("{} was not removed", self.0.display());
        }
    }
}
