//! The database: one type for SQLite and PostgreSQL, and the SQL that both understand.
//!
//! Queries are written once, with `$1` placeholders. Reads take a [`Db`] and run through
//! [`on_db!`]; whatever changes a row takes a [`Tx`] and runs through [`changed!`], so that the change and its audit event are committed together.

pub mod backup;
mod error;
mod migrations;
mod open;
pub mod sealed;
pub mod transfer;

use std::{fmt, io, time::Duration};

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

pub use error::StoreError;
pub use open::OpenError;
use open::TIMEOUT;

/// Runs a query on whichever database is open: `on_db!(db, pool => query.fetch_one(pool))`.
macro_rules! on_db {
    ($db:expr, $pool:ident => $run:expr) => {
        match &$db.read {
            $crate::store::Pool::Sqlite($pool) => $crate::store::within($run).await,
            $crate::store::Pool::Postgres($pool) => $crate::store::within($run).await,
        }
    };
}

/// Runs a statement inside a transaction and answers how many rows it changed.
macro_rules! changed {
    ($tx:expr, $query:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => $crate::store::within($query.execute(&mut **tx))
                .await
                .map(|d| d.rows_affected()),
            $crate::store::Tx::Postgres(tx) => $crate::store::within($query.execute(&mut **tx))
                .await
                .map(|d| d.rows_affected()),
        }
    };
}

/// Runs a query inside a transaction and answers its rows: `rows!(tx, sqlx::query_as::<_, Row>(SQL))`.
macro_rules! rows {
    ($tx:expr, $query:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                $crate::store::within($query.fetch_all(&mut **tx)).await
            }
            $crate::store::Tx::Postgres(tx) => {
                $crate::store::within($query.fetch_all(&mut **tx)).await
            }
        }
    };
}
pub(crate) use {changed, on_db, rows};

/// Places for the values of some rows: `($1, $2), ($3, $4)`, or without numbers `(?, ?), (?, ?)`.
///
/// In a long statement for SQLite they have no numbers: it would look each number up among all others.
pub(crate) fn places(numbered: bool, rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let place = |column: usize| {
            if numbered {
                format!("${}", row * columns + column + 1)
            } else {
                "?".to_owned()
            }
        };
        format!(
            "({})",
            (0..columns).map(place).collect::<Vec<_>>().join(", ")
        )
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// How long the database may take for one thing: somewhat longer than it gives itself, so that its own
/// words are heard, and no longer, since a database that fell silent says nothing at all.
const PATIENCE: Duration = TIMEOUT.saturating_add(Duration::from_millis(500));

/// Waits for the database, but not for ever.
pub(crate) fn within<T>(
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, StoreError>> {
    // on the heap, or each caller's own future would hold it twice
    let work = Box::pin(work);
    async {
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(outcome) => outcome.map_err(StoreError::from),
            Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()).into()),
        }
    }
}

/// A connection pool of one of the two databases.
#[derive(Clone, Debug)]
pub enum Pool {
    /// A file (or, in tests, memory).
    Sqlite(SqlitePool),
    /// A server shared by any number of processes.
    Postgres(PgPool),
}

/// The open database. Cheap to clone.
///
/// SQLite allows one writer at a time: its writes queue fairly for the single
/// connection of `write` instead of failing with "busy". On PostgreSQL both are one pool.
#[derive(Clone)]
pub struct Db {
    pub(crate) read: Pool,
    write: Pool,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.read {
            Pool::Sqlite(_) => "Db(sqlite)",
            Pool::Postgres(_) => "Db(postgres)",
        })
    }
}

/// A transaction; dropped without [`Tx::commit`], it leaves nothing behind.
#[derive(Debug)]
pub enum Tx {
    /// Begun `IMMEDIATE`, so that it cannot fail half-way for want of the write lock.
    Sqlite(Transaction<'static, Sqlite>),
    /// `READ COMMITTED`: every decision is one conditional statement.
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection can be had within 5 s.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match &self.write {
            Pool::Sqlite(pool) => Tx::Sqlite(within(pool.begin_with("begin immediate")).await?),
            Pool::Postgres(pool) => Tx::Postgres(within(pool.begin()).await?),
        })
    }

    /// Asks the database for one row, to see that it answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on_db!(self, pool => sqlx::query_scalar::<_, i64>("select cast(1 as bigint)").fetch_one(pool)).map(drop)
    }

    /// Connections that are open, and those of them that nobody uses.
    #[must_use]
    pub fn connections(&self) -> (usize, usize) {
        let of = |pool: &Pool| match pool {
            Pool::Sqlite(pool) => (pool.size() as usize, pool.num_idle()),
            Pool::Postgres(pool) => (pool.size() as usize, pool.num_idle()),
        };
        let (open, idle) = of(&self.read);
        match &self.write {
            Pool::Sqlite(_) => {
                let (more, unused) = of(&self.write);
                (open + more, idle + unused)
            }
            Pool::Postgres(_) => (open, idle),
        }
    }

    /// Closes all connections; a later call fails with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        for pool in [&self.read, &self.write] {
            match pool {
                Pool::Sqlite(pool) => pool.close().await,
                Pool::Postgres(pool) => pool.close().await,
            }
        }
    }
}

impl Tx {
    /// Places for the values of some rows; see [`places`].
    pub(crate) fn places(&self, rows: usize, columns: usize) -> String {
        places(matches!(self, Self::Postgres(_)), rows, columns)
    }

    /// Makes everything done in this transaction last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => within(tx.commit()).await,
            Self::Postgres(tx) => within(tx.commit()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{StoreError, within};

    #[tokio::test(start_paused = true)]
    async fn cra_07_a_database_that_says_nothing_is_waited_for_six_seconds_at_most() {
        let begun = tokio::time::Instant::now();
        let outcome = within(std::future::pending::<sqlx::Result<()>>()).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
        assert!(begun.elapsed().as_secs() < 6);
    }
}
