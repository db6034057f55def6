//! The two ends of a copy: a connection of its own to each database, without the program's time limits.

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, ColumnIndex, Connection as _, Decode, PgConnection, Row, SqliteConnection, Type,
    sqlite::SqliteConnectOptions,
};

use super::{TransferError, schema::Kind};
use crate::store::{OpenError, StoreError, open};

/// How often, and how long after each other, it is looked for connections that are just closing.
const GOING: u32 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A connection to one of the two databases.
#[derive(Debug)]
pub enum End {
    /// A file.
    Sqlite(SqliteConnection),
    /// A server.
    Postgres(PgConnection),
}

/// Runs something on whichever connection it is.
macro_rules! on_end {
    ($end:expr, $connection:ident => $run:expr) => {
        match $end {
            $crate::store::transfer::End::Sqlite($connection) => $run,
            $crate::store::transfer::End::Postgres($connection) => $run,
        }
    };
}
pub(super) use on_end;

/// What a column of a row holds; nothing is a `None` of its kind.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Truth(Option<bool>),
}

/// The values of a row, in the order of the columns.
pub(super) fn values<'r, R>(row: &'r R, columns: &[(String, Kind)]) -> sqlx::Result<Vec<Value>>
where
    R: Row,
    usize: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
    Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
{
    let one = |(at, (_, kind)): (usize, &(String, Kind))| {
        Ok(match kind {
            Kind::Text => Value::Text(row.try_get(at)?),
            Kind::Integer => Value::Integer(row.try_get(at)?),
            Kind::Bytes => Value::Bytes(row.try_get(at)?),
            Kind::Truth => Value::Truth(row.try_get(at)?),
        })
    };
    columns.iter().enumerate().map(one).collect()
}

impl End {
    /// Connects to an existing SQLite file.
    ///
    /// # Errors
    /// [`OpenError::Connect`].
    pub async fn sqlite(path: &Path) -> Result<Self, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let connection = SqliteConnection::connect_with(&options).await;
        Ok(Self::Sqlite(connection.map_err(OpenError::Connect)?))
    }

    /// Connects to a PostgreSQL server.
    ///
    /// # Errors
    /// [`OpenError::Connect`].
    pub async fn postgres(url: &str) -> Result<Self, OpenError> {
        let connection = PgConnection::connect(url).await;
        Ok(Self::Postgres(connection.map_err(OpenError::Connect)?))
    }

    /// Makes sure that no server of this program is connected to a PostgreSQL database, for which one that
    /// has just been stopped gets a moment. Who uses a file is to be seen before it is opened here.
    ///
    /// # Errors
    /// [`TransferError::InUse`], [`TransferError::Store`].
    pub async fn ensure_unused(&mut self) -> Result<(), TransferError> {
        const SQL: &str = "select count(*) from pg_stat_activity \
             where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()";
        let Self::Postgres(connection) = self else {
            return Ok(());
        };
        let mut others = 0;
        for _ in 0..GOING {
            others = sqlx::query_scalar(SQL)
                .bind(open::APPLICATION)
                .fetch_one(&mut *connection)
                .await?;
            if others == 0 {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(TransferError::InUse(others))
    }

    pub(super) async fn begin_reading(&mut self) -> Result<(), StoreError> {
        self.execute(match self {
            Self::Sqlite(_) => "begin",
            Self::Postgres(_) => "begin isolation level repeatable read read only",
        })
        .await
    }

    pub(super) async fn begin_writing(&mut self) -> Result<(), StoreError> {
        self.execute(match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_) => "begin",
        })
        .await
    }

    pub(super) async fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("commit").await
    }

    pub(super) async fn execute(&mut self, sql: &'static str) -> Result<(), StoreError> {
        on_end!(self, connection => sqlx::query(sql).execute(connection).await.map(drop))?;
        Ok(())
    }

    /// The latest migration that was applied; 0 where there was none.
    pub(super) async fn version(&mut self) -> Result<i64, StoreError> {
        let sql = "select version from _sqlx_migrations order by version desc limit 1";
        let version: Result<Option<i64>, _> =
            on_end!(self, connection => sqlx::query_scalar(sql).fetch_optional(connection).await);
        match version {
            Ok(version) => Ok(version.unwrap_or_default()),
            // no such table
            Err(sqlx::Error::Database(_)) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn count(&mut self, table: &str) -> Result<i64, StoreError> {
        let sql = format!("select count(*) from {table}");
        Ok(
            on_end!(self, connection => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await)?,
        )
    }

    pub(super) async fn close(self) -> Result<(), StoreError> {
        on_end!(self, connection => connection.close().await)?;
        Ok(())
    }
}
