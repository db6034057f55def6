//! Brings the schema up to date, one process at a time.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use sqlx::{
    PgPool, SqlitePool,
    migrate::{MigrateError, Migrator},
};

use super::{OpenError, open::private_file};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Migrates a SQLite database; whoever shares it with others holds [`lock_beside`] it.
pub(super) async fn sqlite(pool: &SqlitePool) -> Result<(), OpenError> {
    SQLITE.run(pool).await.map_err(explain)
}

/// Migrates a PostgreSQL database under the migrator's advisory lock.
pub(super) async fn postgres(pool: &PgPool) -> Result<(), OpenError> {
    POSTGRES.run(pool).await.map_err(explain)
}

fn explain(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) => OpenError::Newer(version),
        other => OpenError::Migrate(other),
    }
}

/// Waits for an exclusive lock on `<database>.lock`; the lock ends with the returned file.
pub(super) async fn lock_beside(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let failed = {
        let name = name.clone();
        move |cause| OpenError::Create { path: name, cause }
    };
    let locked = tokio::task::spawn_blocking(move || {
        let file = private_file().create(true).truncate(false).open(name)?;
        file.lock()?;
        Ok(file)
    });
    locked
        .await
        .unwrap_or_else(|panic| Err(std::io::Error::other(panic)))
        .map_err(failed)
}
