//! Counts secrets by key; moves them under the first.

use crate::{
    audit::flow::{self as audit, Action, Event},
    crypto::sealing::{Binding, OpenError, Purpose},
    mfa::{recovery_codes::flow as recovery_codes, totp::flow as totp},
    services::{Client, FlowError, Services},
    store::sealed::{self, Replacement, SealedColumn, SealedRow},
};

/// Secrets that are moved in one transaction. A transaction holds up others that write to SQLite, so it
/// has to be short.
const BATCH: i64 = 500;
/// Secrets of one key that are opened before it is called wrong: single ones may be damaged.
const SAMPLE: i64 = 10;

fn columns() -> impl Iterator<Item = (SealedColumn, Purpose)> {
    totp::SEALED.into_iter().chain(recovery_codes::SEALED)
}

/// Whether secrets stay there: what is being set up is gone after ten minutes, and no reason not to start.
fn lasts((_, purpose): &(SealedColumn, Purpose)) -> bool {
    *purpose != Purpose::TotpEnrolment
}

/// What a key of the database is to the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The first: it seals what is new.
    Seals,
    /// It opens what it has sealed.
    Opens,
    /// It is not there, or opens nothing.
    Missing,
}

/// A key and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Id of the key.
    pub key_id: String,
    /// Secrets that it has sealed.
    pub secrets: i64,
    /// What it is to the settings.
    pub state: State,
}

/// What each key holds that has sealed anything, and the first key in any case; the first comes first.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn status(services: &Services) -> Result<Vec<Held>, FlowError> {
    let first = services.keyring().first_id();
    let mut all = vec![Held {
        key_id: first.to_owned(),
        secrets: 0,
        state: State::Seals,
    }];
    for (column, purpose) in columns().filter(lasts) {
        for (key_id, secrets) in sealed::by_key(&services.db, column).await? {
            let works = works(services, column, purpose, &key_id).await?;
            let at = all.iter().position(|held| held.key_id == key_id);
            let held = if let Some(held) = at.and_then(|at| all.get_mut(at)) {
                held.secrets = held.secrets.saturating_add(secrets);
                held
            } else {
                all.push(Held {
                    key_id,
                    secrets,
                    state: State::Opens,
                });
                let Some(held) = all.last_mut() else { continue };
                held
            };
            if !works {
                held.state = State::Missing;
            }
        }
    }
    Ok(all)
}

/// The id of a key that is missing although it has sealed something; cheap however much that is.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn missing(services: &Services) -> Result<Option<String>, FlowError> {
    for (column, purpose) in columns().filter(lasts) {
        let mut after = String::new();
        while let Some(key_id) = sealed::key_after(&services.db, column, &after).await? {
            if !works(services, column, purpose, &key_id).await? {
                return Ok(Some(key_id));
            }
            after = key_id;
        }
    }
    Ok(None)
}

/// Whether one of some secrets of a key opens.
async fn works(
    services: &Services,
    column: SealedColumn,
    purpose: Purpose,
    key_id: &str,
) -> Result<bool, FlowError> {
    if !services.keyring().holds(key_id) {
        return Ok(false);
    }
    let some = sealed::some_of_key(&services.db, column, key_id, SAMPLE).await?;
    Ok(some.is_empty()
        || some
            .iter()
            .any(|row| reseal(services, purpose, row).is_ok()))
}

/// What a rotation has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Secrets that were moved under the first key, by this rotation.
    pub moved: u64,
    /// Secrets that no key opens; they are as they were.
    pub unreadable: u64,
}

/// Secrets that are to be moved under the first key.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn waiting(services: &Services) -> Result<u64, FlowError> {
    let all = status(services).await?;
    let waiting = all.iter().filter(|held| held.state != State::Seals);
    let sum = waiting.fold(0_i64, |sum, held| sum.saturating_add(held.secrets));
    Ok(u64::try_from(sum).unwrap_or_default())
}

/// Moves all secrets under the first key, and tells after each batch how many it has moved.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Sealing`]: what was moved before stays so.
pub async fn rotate(
    services: &Services,
    client: &Client,
    mut tell: impl FnMut(u64),
) -> Result<Rotated, FlowError> {
    let mut done = Rotated::default();
    for (column, purpose) in columns() {
        // somebody who moves them too, or changes one, may have been faster: then once more
        loop {
            let pass = pass(services, column, purpose, &mut done.moved, &mut tell).await?;
            if pass.missed == 0 {
                done.unreadable = done.unreadable.saturating_add(pass.unreadable);
                break;
            }
        }
    }
    if done.moved > 0 {
        let detail = format!(
            "{} secrets under {}",
            done.moved,
            services.keyring().first_id()
        );
        let event = Event {
            action: Action::KeysRotated,
            actor: None,
            subject: None,
            session: None,
            detail: &detail,
        };
        let mut tx = services.db.begin().await?;
        audit::record(services, &mut tx, client, &event).await?;
        tx.commit().await?;
    }
    Ok(done)
}

/// What one walk through a column has met.
#[derive(Default)]
struct Pass {
    unreadable: u64,
    /// Rows that somebody else has changed between reading and writing.
    missed: u64,
}

async fn pass(
    services: &Services,
    column: SealedColumn,
    purpose: Purpose,
    moved: &mut u64,
    tell: &mut impl FnMut(u64),
) -> Result<Pass, FlowError> {
    let first = services.keyring().first_id();
    let (mut pass, mut after, mut skip) = (Pass::default(), String::new(), 0);
    loop {
        let rows =
            sealed::under_other_keys(&services.db, column, first, &after, skip, BATCH).await?;
        let Some(last) = rows.last() else {
            if skip == 0 {
                return Ok(pass);
            }
            skip = 0;
            continue;
        };
        after.clone_from(&last.id);
        let mut replacements = Vec::with_capacity(rows.len());
        for row in rows {
            match reseal(services, purpose, &row) {
                Ok(new) => replacements.push(Replacement {
                    id: row.id,
                    old: row.token,
                    new,
                }),
                Err(FlowError::Opening(error)) => {
                    report(&error, &row, column);
                    pass.unreadable += 1;
                }
                Err(other) => return Err(other),
            }
        }
        let mut tx = services.db.begin().await?;
        let changed = sealed::replace(&mut tx, column, first, &replacements).await?;
        tx.commit().await?;
        *moved += changed;
        tell(*moved);
        let missed = (replacements.len() as u64).saturating_sub(changed);
        pass.missed += missed;
        // whoever else moves them is at this place: leave it to them
        skip = if missed > 0 { BATCH } else { 0 };
    }
}

fn report(error: &OpenError, row: &SealedRow, column: SealedColumn) {
    // a key that is missing is told once, with all that it has sealed
    if *error != OpenError::Broken {
        return;
    }
    tracing::error!(%error, account = row.account_id, id = row.id, table = column.table, "a secret cannot be moved");
}

/// The secret of a row, sealed by the first key.
fn reseal(services: &Services, purpose: Purpose, row: &SealedRow) -> Result<String, FlowError> {
    let binding = Binding {
        purpose,
        account: &row.account_id,
        factor: &row.id,
    };
    let keyring = services.keyring();
    let secret = keyring.open(&row.token, &row.key_id, binding)?;
    Ok(keyring.seal(services.clock.now(), binding, &secret)?.token)
}
