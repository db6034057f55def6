//! `inmor-mfa backup` and `inmor-mfa restore`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{open, run::Failure, say::say};
use crate::{
    mfa::{restored::flow as restored, rotation::flow as rotation},
    server::settings::{Loaded, Settings},
    services::Client,
    store::{Db, backup, transfer::End},
};

#[derive(Args)]
pub(super) struct Restore {
    /// The backup
    #[arg(required_unless_present = "in_place")]
    file: Option<PathBuf>,
    /// Put it in the place of a database that is there; that one is kept beside it
    #[arg(long)]
    replace: bool,
    /// The database has been restored by other means, such as `pg_restore`: only end what it has open
    #[arg(long, conflicts_with_all = ["file", "replace"])]
    in_place: bool,
}

/// What both programs of PostgreSQL are told: a URL with a password would be seen by every user of the machine.
const DBNAME: &str =
    "--dbname=postgres://USER@HOST/DATABASE, with the password in PGPASSWORD or PGPASSFILE";

/// What a database from a backup is like.
const BEHIND: &str = "All sessions are ended. What has happened since the backup is unknown to it: a recovery code that was used is unused again, a factor that was removed is back.";

/// Copies the database while it is in use.
pub(super) async fn back_up(loaded: &Loaded, file: &Path) -> Result<(), Failure> {
    let database = file_of(&loaded.settings, || {
        format!(
            "pg_dump --format=custom --file={:?} {DBNAME}",
            file.display()
        )
    })?;
    let bytes = backup::back_up(database, file).await?;
    say(format_args!(
        "{}: {bytes} bytes, looked through. The keys of MFA_ENCRYPTION_KEY are not in it: keep them in another place.",
        file.display()
    ))
}

/// Puts a backup in the place of the database, once the keys open what is in it; or begins anew with one
/// that somebody else has put there.
pub(super) async fn restore(loaded: Loaded, command: Restore) -> Result<(), Failure> {
    match command.file {
        Some(file) => put_back(loaded.settings, &file, command.replace).await,
        None => begin_anew(loaded.settings).await,
    }
}

async fn begin_anew(settings: Settings) -> Result<(), Failure> {
    let url = &settings.database_url;
    match url.sqlite_path() {
        Some(path) => drop(backup::hold_unused(path).await?),
        None => End::postgres(url.expose()).await?.ensure_unused().await?,
    }
    let services = open::services(settings).await?;
    open::check_keys(&services).await?;
    if let Err(warning) = open::check_party(&services, false).await {
        tracing::warn!("{warning}");
    }
    restored::begin_anew(&services, &Client::shell()).await?;
    services.db.close().await;
    say(format_args!("The keys open its secrets. {BEHIND}"))
}

async fn put_back(settings: Settings, file: &Path, replace: bool) -> Result<(), Failure> {
    let database = file_of(&settings, || {
        format!(
            "pg_restore --clean --if-exists --single-transaction {:?} {DBNAME} while every inmor-mfa is stopped, and inmor-mfa restore --in-place after that",
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
    let restoration = backup::prepare(file, &database, create_folder).await?;
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
        "{} is in place; the keys open its {secrets} secrets. {BEHIND}",
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
