//! Opens the database that the URL names, and brings it up to date.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Db, Pool, StoreError, migrations};

/// How long a caller waits for a connection, and PostgreSQL for a statement.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that read a SQLite file side by side.
const SQLITE_READERS: u32 = 4;
/// How a SQLite file begins ([§1.3](https://www.sqlite.org/fileformat.html#the_database_header)).
const BEGIN: &[u8] = b"SQLite format 3\0";

/// Why the database cannot be used. One line, for an operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the file is not there.
    #[error("database_url: there is no folder {0}: create it, or correct the path")]
    NoFolder(PathBuf),
    /// The default folder could not be made, or the file not be created.
    #[error("database_url: cannot create {path}: {cause}")]
    Create {
        /// What was to be made.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file of another kind stands at that path.
    #[error("database_url: {0} is not an SQLite database; nothing was changed in it")]
    NotADatabase(PathBuf),
    /// The URL cannot be read, or nobody answers there.
    #[error("the database cannot be opened: {0}")]
    Connect(#[source] sqlx::Error),
    /// A later version of this program has migrated it.
    #[error(
        "the database was migrated by a newer inmor-mfa (schema {0} is unknown here): start that version, or restore a backup; nothing was changed"
    )]
    Newer(i64),
    /// A migration failed.
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

impl Db {
    /// Opens a SQLite file, created when missing, with its folder only if `create_folder`.
    ///
    /// # Errors
    /// [`OpenError`]; an existing file that is no database is left as it is.
    pub async fn sqlite(path: &Path, create_folder: bool) -> Result<Self, OpenError> {
        prepare_file(path, create_folder)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // never analysed: what was counted while the database was small would have look-ups by two
            // indexes read the whole table when it has grown
            .busy_timeout(TIMEOUT);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(TIMEOUT)
                .idle_timeout(None)
                // a file does not hang up
                .test_before_acquire(false)
                // SQLite ends a transaction by itself where the disk is full or broken; the driver goes
                // on counting it as open, and would refuse to begin another for ever
                .before_acquire(|connection, _| {
                    let usable = !connection.is_in_transaction();
                    Box::pin(async move { Ok(usable) })
                })
        };
        let connect = |error| match error {
            sqlx::Error::Database(cause) if cause.code().as_deref() == Some("26") => {
                OpenError::NotADatabase(path.to_owned())
            }
            other => OpenError::Connect(other),
        };
        // others that start at this moment wait: not even the journal's kind can be set by two
        let _held = migrations::lock_beside(path).await?;
        let write = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(connect)?;
        migrations::sqlite(&write).await?;
        let read = pool(SQLITE_READERS)
            .connect_with(options)
            .await
            .map_err(connect)?;
        Ok(Self {
            read: Pool::Sqlite(read),
            write: Pool::Sqlite(write),
        })
    }

    /// Gets ready for very many rows at once: with room for the indexes that they fall into at random, and
    /// without moving the journal into the file at every turn. Only for a process that does nothing else.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expect_many_rows(&self) -> Result<(), StoreError> {
        if let Pool::Sqlite(pool) = &self.write {
            // 32 MiB of pages, and of journal
            const SQL: &str = "pragma cache_size = -32768; pragma wal_autocheckpoint = 8192";
            sqlx::raw_sql(SQL).execute(pool).await?;
        }
        Ok(())
    }

    /// A database in memory, for tests: one connection that never closes.
    ///
    /// # Errors
    /// [`OpenError`] when a migration is wrong.
    pub async fn sqlite_in_memory() -> Result<Self, OpenError> {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(
                SqliteConnectOptions::new()
                    .in_memory(true)
                    .foreign_keys(true),
            )
            .await
            .map_err(OpenError::Connect)?;
        migrations::sqlite(&pool).await?;
        Ok(Self {
            read: Pool::Sqlite(pool.clone()),
            write: Pool::Sqlite(pool),
        })
    }

    /// Connects to a PostgreSQL server with at most `connections` connections.
    ///
    /// # Errors
    /// [`OpenError`] when it does not answer or its schema is newer.
    pub async fn postgres(url: &str, connections: u32) -> Result<Self, OpenError> {
        let millis = TIMEOUT.as_millis().to_string();
        let options: PgConnectOptions = url
            .parse::<PgConnectOptions>()
            .map_err(OpenError::Connect)?
            .application_name(APPLICATION)
            .options([
                ("statement_timeout", millis.as_str()),
                ("lock_timeout", millis.as_str()),
                ("idle_in_transaction_session_timeout", millis.as_str()),
            ]);
        // one connection by itself says why it fails; the pool would try on until its time is over
        let first = PgConnection::connect_with(&options);
        match tokio::time::timeout(TIMEOUT, first).await {
            Ok(Ok(first)) => drop(first.close().await),
            Ok(Err(error)) => return Err(OpenError::Connect(error)),
            Err(_) => return Err(OpenError::Connect(sqlx::Error::PoolTimedOut)),
        }
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(TIMEOUT)
            .connect_with(options)
            .await
            .map_err(OpenError::Connect)?;
        migrations::postgres(&pool).await?;
        Ok(Self {
            read: Pool::Postgres(pool.clone()),
            write: Pool::Postgres(pool),
        })
    }
}

/// What this program's connections are called on a server.
pub(super) const APPLICATION: &str = "inmor-mfa";

/// Makes sure that the file is there and, when new, private to its owner.
fn prepare_file(path: &Path, create_folder: bool) -> Result<(), OpenError> {
    prepare_folder(path, create_folder)?;
    if path.is_dir() {
        return Err(OpenError::NotADatabase(path.to_owned()));
    }
    match private_file().create_new(true).open(path) {
        Ok(_) => Ok(()),
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => look_at(path),
        Err(cause) => Err(OpenError::Create {
            path: path.to_owned(),
            cause,
        }),
    }
}

/// Makes sure that the folder of a file is there.
pub(super) fn prepare_folder(path: &Path, create_folder: bool) -> Result<(), OpenError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        if !create_folder {
            return Err(OpenError::NoFolder(folder.to_owned()));
        }
        create_private_folder(folder).map_err(|cause| OpenError::Create {
            path: folder.to_owned(),
            cause,
        })?;
    }
    Ok(())
}

/// Refuses an existing file that does not begin as a database does; an empty one will be one.
pub(super) fn look_at(path: &Path) -> Result<(), OpenError> {
    let failed = |cause| OpenError::Create {
        path: path.to_owned(),
        cause,
    };
    let mut begin = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(BEGIN.len() as u64)
        .read_to_end(&mut begin)
        .map_err(failed)?;
    if begin.is_empty() || begin == BEGIN {
        Ok(())
    } else {
        Err(OpenError::NotADatabase(path.to_owned()))
    }
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// To open a file for writing which, when it is made, is its owner's alone.
#[cfg(unix)]
pub(super) fn private_file() -> fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
pub(super) fn private_file() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    options.write(true);
    options
}
