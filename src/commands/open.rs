//! Gets a process ready: its limits, its database, its services.

use std::sync::Arc;

use rlimit::Resource;

use super::run::Failure;
use crate::{
    clock::Clock,
    crypto::{passwords::Passwords, random::Random},
    mail::Mailer,
    mfa::{
        rotation::flow::{self as rotation, State},
        webauthn::flow as webauthn,
    },
    server::settings::{Backend, DatabaseUrl, Settings},
    services::Services,
    store::{Db, OpenError},
};

/// Writes no core files, which would hold secrets, and takes as many connections as the system allows.
pub(super) fn harden() {
    if let Err(error) = rlimit::setrlimit(Resource::CORE, 0, 0) {
        tracing::warn!(%error, "core files cannot be switched off");
    }
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the number of open files cannot be raised");
    }
}

/// Opens and migrates the database.
pub(super) async fn database(url: &DatabaseUrl, connections: u32) -> Result<Db, OpenError> {
    match (url.backend(), url.sqlite_path()) {
        (Backend::Sqlite, Some(path)) => Db::sqlite(path, url.is_default()).await,
        (Backend::Sqlite, None) => Db::sqlite_in_memory().await,
        (Backend::Postgres, _) => Db::postgres(url.expose(), connections).await,
    }
}

/// Everything a flow needs, on the system's clock and randomness.
pub(super) async fn services(settings: Settings) -> Result<Services, Failure> {
    let db = database(&settings.database_url, settings.database_max_connections).await?;
    Ok(services_on(db, settings))
}

/// The same on a database that is open already.
pub(super) fn services_on(db: Db, settings: Settings) -> Services {
    let (clock, random) = (Clock::system(), Random::system());
    let mailer = match (&settings.smtp_url, &settings.mail_from) {
        (Some(server), Some(sender)) => {
            Mailer::start(server, sender.clone(), clock.clone(), random.clone())
        }
        _ => Mailer::off(),
    };
    Services {
        db,
        clock,
        passwords: Passwords::new(settings.password_hash_permits, random.clone()),
        mailer,
        random,
        settings: Arc::new(settings),
    }
}

/// Opens one secret of each key in the database, so that a wrong key is found before the first request.
///
/// # Errors
/// One line that names the missing keys and how many secrets need each.
pub(super) async fn check_keys(services: &Services) -> Result<(), Failure> {
    let held = rotation::status(services).await?;
    let missing = held
        .iter()
        .filter(|held| held.state == State::Missing)
        .map(|held| format!("{} ({} secrets)", held.key_id, held.secrets))
        .collect::<Vec<_>>();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(", ");
    Err(format!(
        "mfa_encryption_key: no key opens what the database holds under the key id {list}: add that key after the first; nothing was changed"
    )
    .into())
}

/// Refuses a site name under which keys in the database stop working, unless that is wanted.
///
/// # Errors
/// One line that names the old relying party id and the number of keys.
pub(super) async fn check_party(services: &Services, accept_new: bool) -> Result<(), Failure> {
    let Some((party, keys)) = webauthn::party_in_use(services).await? else {
        return Ok(());
    };
    let host = services.settings.public_url.host();
    if accept_new {
        tracing::warn!(
            keys,
            "keys made for {party} do not work for {host}: their owners have to add them anew"
        );
        return Ok(());
    }
    Err(format!(
        "public_url: {keys} security keys and passkeys were made for {party} and stop working for {host}: set it back, or start once with serve --accept-new-origin; nothing was changed"
    )
    .into())
}
