//! The database, asked directly: what the program says is one thing, what is there another.

use std::path::PathBuf;

use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions,
};

use crate::{Outcomes, postgres::Database};

/// A database of one scenario.
pub enum Base {
    Sqlite(PathBuf),
    Postgres(Database),
}

impl Base {
    /// The texts that a query answers, one a row.
    pub fn texts(&self, sql: &str) -> Outcomes<Vec<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        block_on(async {
            match self {
                Self::Sqlite(path) => {
                    let mut connection = file(path).await?;
                    let rows = sqlx::query_scalar(sql).fetch_all(&mut connection).await?;
                    connection.close().await.map(|()| rows)
                }
                Self::Postgres(database) => {
                    let mut connection = PgConnection::connect(&database.url()).await?;
                    let rows = sqlx::query_scalar(sql).fetch_all(&mut connection).await?;
                    connection.close().await.map(|()| rows)
                }
            }
        })
    }

    /// The first text that a query answers.
    pub fn text(&self, sql: &str) -> Outcomes<String> {
        let first = self.texts(sql)?.into_iter().next();
        first.ok_or_else(|| format!("no row: {sql}").into())
    }

    /// The number that a query answers as text.
    pub fn count(&self, sql: &str) -> Outcomes<usize> {
        Ok(self
            .text(&format!("select cast(({sql}) as text)"))?
            .parse()?)
    }

    /// Runs statements, all or none.
    pub fn execute(&self, sql: &str) -> Outcomes<()> {
        let sql = AssertSqlSafe(format!("begin; {sql}; commit"));
        block_on(async {
            match self {
                Self::Sqlite(path) => {
                    let mut connection = file(path).await?;
                    sqlx::raw_sql(sql).execute(&mut connection).await?;
                    connection.close().await
                }
                Self::Postgres(database) => {
                    let mut connection = PgConnection::connect(&database.url()).await?;
                    sqlx::raw_sql(sql).execute(&mut connection).await?;
                    connection.close().await
                }
            }
        })
    }

    /// Bytes as they are written in a statement.
    pub fn blob(&self, bytes: &[u8]) -> String {
        let hex = inmor_mfa::crypto::hex(bytes);
        match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// Whether the file is whole; a PostgreSQL server checks its own.
    pub fn is_whole(&self) -> Outcomes<bool> {
        match self {
            Self::Sqlite(_) => Ok(self.text("pragma integrity_check")? == "ok"
                && self
                    .texts("select \"table\" from pragma_foreign_key_check")?
                    .is_empty()),
            Self::Postgres(_) => Ok(true),
        }
    }
}

async fn file(path: &PathBuf) -> sqlx::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(path);
    SqliteConnection::connect_with(&options).await
}

/// Runs database work to its end.
pub fn block_on<T>(work: impl Future<Output = sqlx::Result<T>>) -> Outcomes<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work)?)
}
