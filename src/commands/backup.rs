//! `inmor-mfa backup` and `inmor-mfa restore`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{open, run::Failure, say::say};
use crate::{
    mfa::{restored::flow as restored, rotation::flow as rotation},
    server::settings::{Loaded, Settings},
    services::Client,
    store::{Db, backup},
};

#[derive(Args)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// Put it in the place of a database that is there; that one is kept beside it
    #[arg(long)]
    replace: bool,
}

/// Copies the database while it is in use.
pub(super) async fn back_up(loaded: &Loaded, file: &Path) -> Result<(), Failure> {
    let database = file_of(&loaded.settings, || {
        format!(
            "pg_dump --format=custom --file={:?} --dbname=\"$DATABASE_URL\"",
            file.display()
        )
    })?;
    let bytes = backup::back_up(database, file).await?;
    say(format_args!(
        "{}: {bytes} bytes, looked through. The keys of MFA_ENCRYPTION_KEY are not in it: keep them in another place.",
        file.display()
    ))
}

/// Puts a backup in the place of the database, once the keys open what is in it.
pub(super) async fn restore(loaded: Loaded, command: Restore) -> Result<(), Failure> {
    let Restore { file, replace } = command;
    let settings = loaded.settings;
    let database = file_of(&settings, || {
        format!(
            "pg_restore --clean --if-exists --single-transaction --dbname=\"$DATABASE_URL\" {:?}, and inmor-mfa check after that",
            file.display()
        )
    })?
    .to_owned();
    if backup::is_filled(&database) && !replace {
        return Err(format!(
            "there is a database {} already: with --replace it is kept beside the one that takes its place",
            database.display()
        )
        .into());
    }
    let create_folder = settings.database_url.is_default();
    let restoration = backup::prepare(&file, &database, create_folder).await?;
    let db = Db::sqlite(restoration.path(), false).await?;
    let services = open::services_on(db, settings);
    let looked_at = async {
        open::check_keys(&services).await?;
        restoration.wait_for_nobody().await?;
        restored::begin_anew(&services, &Client::shell()).await?;
        Ok::<_, Failure>(rotation::status(&services).await?)
    }
    .await;
    let now = services.clock.now();
    let party = open::check_party(&services, false).await;
    services.db.close().await;
    let secrets: i64 = looked_at?.iter().map(|held| held.secrets).sum();
    if let Err(warning) = party {
        tracing::warn!("{warning}");
    }
    let kept = restoration.put_in_place(now).await?;
    say(format_args!(
        "{} is in place; the keys open its {secrets} secrets. All sessions are ended. What has happened since the backup is unknown to it: a recovery code that was used is unused again, a factor that was removed is back.",
        database.display()
    ))?;
    if let Some(kept) = kept {
        say(format_args!(
            "The database from before is {}.",
            kept.display()
        ))?;
    }
    Ok(())
}

/// The SQLite file, or which command does it on PostgreSQL.
fn file_of(settings: &Settings, instead: impl FnOnce() -> String) -> Result<&Path, Failure> {
    settings.database_url.sqlite_path().ok_or_else(|| {
        format!(
            "DATABASE_URL is not an SQLite file; on PostgreSQL use {}",
            instead()
        )
        .into()
    })
}
