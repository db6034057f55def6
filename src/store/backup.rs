//! A copy of an SQLite database, made while it is in use; and putting one in a database's place.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{Connection as _, SqliteConnection, error::DatabaseError, sqlite::SqliteConnectOptions};

use super::{OpenError, StoreError, migrations, open};

/// Why there is no copy, or none was put in place. One line, for an operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something at that path.
    #[error("{0} is there already: give the name of a new file")]
    Exists(PathBuf),
    /// There is nothing to copy.
    #[error("there is no database {0}")]
    Missing(PathBuf),
    /// The copy is not what was written.
    #[error("{path} is damaged: {found}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        found: String,
    },
    /// A process uses the database that is to be replaced.
    #[error("{0} is in use: stop every inmor-mfa on it first")]
    InUse(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is no database, or of a newer version.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What SQLite keeps beside a database.
const JOURNALS: [&str; 3] = ["-wal", "-shm", "-journal"];

fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |cause| BackupError::File {
        path: path.to_owned(),
        cause,
    }
}

/// Copies a database as it is at one moment, whoever writes to it meanwhile, into a new file that its
/// owner alone may read; then looks through the copy. Answers its size in bytes.
///
/// # Errors
/// [`BackupError`]; a copy that is not whole is removed.
pub async fn back_up(database: &Path, copy: &Path) -> Result<u64, BackupError> {
    if !database.is_file() {
        return Err(BackupError::Missing(database.to_owned()));
    }
    match open::private_file().create_new(true).open(copy) {
        Ok(_) => {}
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            return Err(BackupError::Exists(copy.to_owned()));
        }
        Err(cause) => return Err(failed(copy)(cause)),
    }
    let made = copy_into(database, copy).await;
    if made.is_err() {
        let _ = fs::remove_file(copy);
    }
    made
}

async fn copy_into(database: &Path, copy: &Path) -> Result<u64, BackupError> {
    let mut connection = connect(database).await?;
    // SQLite takes the name as text
    let name = copy.to_str().ok_or_else(|| {
        failed(copy)(io::Error::new(
            io::ErrorKind::InvalidFilename,
            "the name is not UTF-8",
        ))
    })?;
    sqlx::query("vacuum into $1")
        .bind(name)
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    look_through(copy).await?;
    let file = File::open(copy).map_err(failed(copy))?;
    file.sync_all().map_err(failed(copy))?;
    sync_folder(copy)?;
    Ok(file.metadata().map_err(failed(copy))?.len())
}

async fn connect(path: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(5));
    Ok(SqliteConnection::connect_with(&options).await?)
}

/// Has SQLite read all of a file.
async fn look_through(path: &Path) -> Result<(), BackupError> {
    let damaged = |found: String| BackupError::Damaged {
        path: path.to_owned(),
        found,
    };
    let mut connection = connect(path).await?;
    let found = sqlx::query_scalar::<_, String>("pragma integrity_check(1)")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    connection.close().await?;
    if found == "ok" {
        Ok(())
    } else {
        Err(damaged(found))
    }
}

/// A rename lasts when the folder is written.
fn sync_folder(file: &Path) -> Result<(), BackupError> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(failed(folder))
}

/// A copy that is ready to be put into the place of a database; removed when it is not.
#[derive(Debug)]
pub struct Restoration {
    ready: PathBuf,
    target: PathBuf,
}

impl Drop for Restoration {
    fn drop(&mut self) {
        remove(&self.ready);
    }
}

/// Removes a database with all that belongs to it.
fn remove(path: &Path) {
    for part in JOURNALS.iter().chain(&["", ".lock"]) {
        let _ = fs::remove_file(beside(path, part));
    }
}

/// Looks through a backup and copies it beside the database whose place it will take, whose folder is
/// created only if `create_folder`.
///
/// # Errors
/// [`BackupError`]; the database is as it was.
pub async fn prepare(
    backup: &Path,
    target: &Path,
    create_folder: bool,
) -> Result<Restoration, BackupError> {
    if !backup.is_file() {
        return Err(BackupError::Missing(backup.to_owned()));
    }
    open::look_at(backup)?;
    open::prepare_folder(target, create_folder)?;
    let restoration = Restoration {
        ready: beside(target, ".restoring"),
        target: target.to_owned(),
    };
    let ready = &restoration.ready;
    // what a restore that was killed has left
    remove(ready);
    let mut to = open::private_file()
        .create_new(true)
        .open(ready)
        .map_err(failed(ready))?;
    let mut from = File::open(backup).map_err(failed(backup))?;
    io::copy(&mut from, &mut to).map_err(failed(ready))?;
    to.sync_all().map_err(failed(ready))?;
    look_through(ready).await?;
    Ok(restoration)
}

impl Restoration {
    /// The copy, to be opened and looked at; everything that opened it has to be closed again.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.ready
    }

    /// Makes sure that nobody uses the database that is there, and that it is in its one file. One that is
    /// damaged stays as it is: nobody can use it.
    ///
    /// # Errors
    /// [`BackupError::InUse`].
    pub async fn wait_for_nobody(&self) -> Result<(), BackupError> {
        if !is_filled(&self.target) {
            return Ok(());
        }
        match leave_wal(&self.target).await {
            Err(BackupError::Damaged { .. }) => Ok(()),
            other => other,
        }
    }

    /// Puts the copy into the place of the database, which is kept beside it; answers under which name.
    ///
    /// # Errors
    /// [`BackupError::InUse`]; the database is as it was.
    pub async fn put_in_place(self, now: i64) -> Result<Option<PathBuf>, BackupError> {
        // whoever starts at this moment waits, and finds the new database
        let _held = migrations::lock_beside(&self.target).await?;
        let kept = beside(&self.target, &format!(".before-restore-{now}"));
        let is_filled = is_filled(&self.target);
        self.wait_for_nobody().await?;
        if is_filled {
            // under both names, so that there is a database whenever this stops
            fs::hard_link(&self.target, &kept)
                .or_else(|_| fs::rename(&self.target, &kept))
                .map_err(failed(&kept))?;
        }
        // SQLite would play the journal of a database that was taken away into the one that comes
        for part in JOURNALS {
            let journal = beside(&self.target, part);
            if journal.exists() {
                fs::rename(&journal, beside(&kept, part)).map_err(failed(&journal))?;
            }
        }
        leave_wal(&self.ready).await?;
        fs::rename(&self.ready, &self.target).map_err(failed(&self.target))?;
        sync_folder(&self.target)?;
        Ok(is_filled.then_some(kept))
    }
}

/// Whether there is anything in a file.
#[must_use]
pub fn is_filled(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.len() > 0)
}

/// Makes sure that nobody uses a database, and that no server begins to as long as the answer is held.
///
/// # Errors
/// [`BackupError::InUse`], [`BackupError::Damaged`], [`BackupError::Missing`].
pub async fn hold_unused(path: &Path) -> Result<File, BackupError> {
    if !path.is_file() {
        return Err(BackupError::Missing(path.to_owned()));
    }
    let held = migrations::lock_beside(path).await?;
    leave_wal(path).await?;
    Ok(held)
}

/// Brings all of a database into its one file, which works only when nobody else has it open.
async fn leave_wal(path: &Path) -> Result<(), BackupError> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .map_err(|error| left(path, error))?;
    let mode = sqlx::query_scalar::<_, String>("pragma journal_mode = delete")
        .fetch_one(&mut connection)
        .await;
    connection.close().await?;
    match mode {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) => Err(BackupError::InUse(path.to_owned())),
        Err(error) => Err(left(path, error)),
    }
}

/// Why a journal was left where it is ([SQLite's result codes](https://www.sqlite.org/rescode.html)).
fn left(path: &Path, error: sqlx::Error) -> BackupError {
    let code = error.as_database_error().and_then(DatabaseError::code);
    let code = code.and_then(|code| code.parse::<i32>().ok());
    match code.map(|code| code & 0xff) {
        // SQLITE_BUSY, SQLITE_LOCKED
        Some(5 | 6) => BackupError::InUse(path.to_owned()),
        // SQLITE_CORRUPT, SQLITE_NOTADB
        Some(11 | 26) => BackupError::Damaged {
            path: path.to_owned(),
            found: error.to_string(),
        },
        _ => error.into(),
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
