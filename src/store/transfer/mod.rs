//! Copies all rows from one database to the other kind, as they are.
//!
//! The source is read in one snapshot, the target written in one transaction that is committed only
//! after both sides have the same number of rows in every table. The schema is read from the SQLite
//! side, so a table that a migration adds is copied without anybody thinking of it.

mod end;
mod schema;

use sqlx::AssertSqlSafe;

use super::{OpenError, StoreError, places};
pub use end::End;
use end::{Value, on_end};
use schema::{Kind, Table};

/// Rows in one statement. The most parameters of a statement are 32,766 in SQLite.
const BATCH: usize = 200;

/// Why nothing was copied. One line, for an operator; the target is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of the two cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Both are of one kind.
    #[error(
        "both databases are of one kind: copy an SQLite file with backup, and PostgreSQL with pg_dump"
    )]
    OneKind,
    /// The source is older.
    #[error(
        "the source has the schema of another version ({source_version} instead of {expected}): start this version of inmor-mfa on it once"
    )]
    Version {
        /// Of the source.
        source_version: i64,
        /// Of this program.
        expected: i64,
    },
    /// Somebody may write to the source.
    #[error(
        "the source is in use by {0} connections of inmor-mfa: stop every server on it first; nothing was copied"
    )]
    InUse(i64),
    /// The target is in use.
    #[error(
        "the target has {rows} rows in its table {table} already: give the name of an empty database"
    )]
    NotEmpty {
        /// A table.
        table: String,
        /// Its rows.
        rows: i64,
    },
    /// A row was lost or doubled, or a table is not the same on both sides.
    #[error("{table}: {found} of {expected} rows arrived; nothing was kept")]
    Count {
        /// The table.
        table: String,
        /// Rows in the source.
        expected: i64,
        /// Rows in the target.
        found: i64,
    },
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies everything; tells each table before it begins, and how many rows have been copied.
/// Answers each table with its rows.
///
/// # Errors
/// [`TransferError`]; the target is as it was then.
pub async fn copy(
    mut from: End,
    mut to: End,
    mut tell: impl FnMut(&str, u64),
) -> Result<Vec<(String, i64)>, TransferError> {
    let tables = match (&mut from, &mut to) {
        (End::Sqlite(sqlite), End::Postgres(_)) | (End::Postgres(_), End::Sqlite(sqlite)) => {
            schema::tables(sqlite).await?
        }
        _ => return Err(TransferError::OneKind),
    };
    from.begin_reading().await?;
    let (source_version, expected) = (from.version().await?, to.version().await?);
    if source_version != expected {
        return Err(TransferError::Version {
            source_version,
            expected,
        });
    }
    to.begin_writing().await?;
    for table in &tables {
        // a migration has put one row there
        if table.name == "installation" {
            to.execute("delete from installation").await?;
        }
        let rows = to.count(&table.name).await?;
        if rows > 0 {
            return Err(TransferError::NotEmpty {
                table: table.name.clone(),
                rows,
            });
        }
    }
    let mut copied = 0;
    let mut counts = Vec::new();
    for table in &tables {
        tell(&table.name, copied);
        copy_table(&mut from, &mut to, table, &mut copied, &mut tell).await?;
        let (expected, found) = (from.count(&table.name).await?, to.count(&table.name).await?);
        if expected != found {
            return Err(TransferError::Count {
                table: table.name.clone(),
                expected,
                found,
            });
        }
        counts.push((table.name.clone(), found));
    }
    // by somebody who has come since
    from.ensure_unused().await?;
    to.commit().await?;
    from.close().await?;
    to.close().await?;
    Ok(counts)
}

async fn copy_table(
    from: &mut End,
    to: &mut End,
    table: &Table,
    copied: &mut u64,
    tell: &mut impl FnMut(&str, u64),
) -> Result<(), TransferError> {
    use futures_util::TryStreamExt as _;
    let columns = table.column_names();
    let sql = format!("select {columns} from {}", table.name);
    let mut batch = Vec::with_capacity(BATCH);
    on_end!(from, connection => {
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            batch.push(end::values(&row, &table.columns)?);
            if batch.len() == BATCH {
                *copied += insert(to, table, std::mem::take(&mut batch)).await?;
                tell(&table.name, *copied);
            }
        }
    });
    *copied += insert(to, table, batch).await?;
    tell(&table.name, *copied);
    Ok(())
}

async fn insert(to: &mut End, table: &Table, rows: Vec<Vec<Value>>) -> Result<u64, TransferError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let numbered = matches!(to, End::Postgres(_));
    let lines = places(numbered, rows.len(), table.columns.len());
    let (name, columns) = (&table.name, table.column_names());
    let sql = format!("insert into {name} ({columns}) values {lines}");
    let inserted = on_end!(to, connection => {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in rows.into_iter().flatten() {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Bytes(bytes) => query.bind(bytes),
                Value::Truth(truth) => query.bind(truth),
            };
        }
        query.execute(connection).await?.rows_affected()
    });
    Ok(inserted)
}

impl Table {
    fn column_names(&self) -> String {
        let names = self
            .columns
            .iter()
            .map(|(name, _): &(String, Kind)| name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}
