//! Asks for an answer of a key, looks whether it is right, and accepts it once.

use serde_json::Value;

use super::relying_party;
use crate::{
    auth::sessions::flow::Method,
    error::Error,
    mfa::{
        ceremonies::flow::{self as ceremonies, Owner, Purpose},
        webauthn::{
            domain::{self, Assertion, Fault, StoredKey},
            store::{self, Owned},
        },
    },
    services::{FlowError, Services},
    store::Tx,
};

/// Begins an authentication and answers what the browser is asked: for a key of the account, or for
/// any passkey when nobody is known yet.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off, or signing in with a passkey alone.
pub async fn ask(
    services: &Services,
    purpose: Purpose,
    owner: &Owner,
    account_id: Option<&str>,
) -> Result<Value, FlowError> {
    let (_, rp_id, _) = relying_party(services)?;
    allowed(services, purpose)?;
    let keys = match account_id {
        Some(account) => store::list(&services.db, account).await?,
        None => Vec::new(),
    };
    let challenge = ceremonies::begin(services, purpose, owner, account_id, "").await?;
    let known = keys
        .iter()
        .filter(|key| key.rp_id == rp_id)
        .map(|key| (key.credential_id.as_slice(), key.transports.as_str()));
    let verification = purpose == Purpose::Passkey;
    Ok(domain::request_options(
        rp_id,
        &challenge,
        known,
        verification,
    ))
}

fn allowed(services: &Services, purpose: Purpose) -> Result<(), Error> {
    if purpose == Purpose::Passkey && !services.settings.passkey_login_enabled {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// A right answer that is still to be accepted.
#[derive(Debug)]
pub struct Match {
    /// Id of the account that the key is of.
    pub account_id: String,
    key: Suspect,
    sign_count: i64,
    backup_state: bool,
    synced: bool,
}

impl Match {
    /// How it proves who somebody is.
    #[must_use]
    pub const fn method(&self) -> Method {
        if self.synced {
            Method::Swk
        } else {
            Method::Hwk
        }
    }

    /// What is to be said when [`spend`] has not accepted it.
    #[must_use]
    pub fn lost(&self) -> Refusal {
        Refusal {
            reason: Fault::Counter.as_str(),
            account_id: Some(self.account_id.clone()),
            suspect: Some(self.key.clone()),
        }
    }
}

/// A key of which there may be two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    id: String,
    /// What its owner calls it.
    pub name: String,
}

/// An answer that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for the audit trail.
    pub reason: &'static str,
    /// The account of the key, where there is such a key.
    pub account_id: Option<String>,
    /// The key, where its counter went back.
    pub suspect: Option<Suspect>,
}

impl Refusal {
    fn of(fault: Fault, key: Option<&Owned>) -> Self {
        Self {
            reason: fault.as_str(),
            account_id: key.map(|key| key.account_id.clone()),
            suspect: key.filter(|_| fault == Fault::Counter).map(|key| Suspect {
                id: key.id.clone(),
                name: key.name.clone(),
            }),
        }
    }
}

/// Uses the ceremony up, whatever the answer is, and then looks whether the answer is right: of a key
/// of the account, or of a passkey of whoever it says when nobody is known yet.
///
/// # Errors
/// [`Error::NotFound`] as [`ask`]; [`FlowError::Store`].
pub async fn prove(
    services: &Services,
    purpose: Purpose,
    owner: &Owner,
    account_id: Option<&str>,
    answer: &Value,
) -> Result<Result<Match, Refusal>, FlowError> {
    let (party, _, origin) = relying_party(services)?;
    allowed(services, purpose)?;
    let challenge = domain::challenge_of(answer).unwrap_or_default();
    let open = ceremonies::consume(services, purpose, owner, &challenge).await?;
    if open.is_none() {
        return Ok(Err(Refusal::of(Fault::Answer("no such ceremony"), None)));
    }
    let answer = match Assertion::parse(answer, origin) {
        Ok(answer) => answer,
        Err(fault) => return Ok(Err(Refusal::of(fault, None))),
    };
    let Some(key) = store::find(&services.db, answer.credential_id()).await? else {
        return Ok(Err(Refusal::of(Fault::Answer("unknown key"), None)));
    };
    if let Err(fault) = is_of(&key, account_id, &answer) {
        return Ok(Err(Refusal::of(fault, Some(&key))));
    }
    let stored = StoredKey {
        credential_id: answer.credential_id(),
        public_key: &key.public_key,
        sign_count: key.sign_count,
        passkey: key.passkey,
        backup_eligible: key.backup_eligible,
    };
    let verified = party.authenticate(&answer, &stored, purpose == Purpose::Passkey);
    Ok(match verified {
        Ok(used) => Ok(Match {
            sign_count: used.sign_count,
            backup_state: used.backup_state,
            synced: key.backup_eligible,
            account_id: key.account_id,
            key: Suspect {
                id: key.id,
                name: key.name,
            },
        }),
        Err(fault) => Err(Refusal::of(fault, Some(&key))),
    })
}

/// Whether a key is of the account, or a passkey that says itself whose it is.
fn is_of(key: &Owned, account_id: Option<&str>, answer: &Assertion) -> Result<(), Fault> {
    let handle = answer.user_handle();
    if handle.is_some_and(|handle| handle != key.user_handle) {
        return Err(Fault::Answer("key of somebody else"));
    }
    match account_id {
        Some(account) if account == key.account_id => Ok(()),
        Some(_) => Err(Fault::Answer("key of somebody else")),
        None if handle.is_none() => Err(Fault::Answer("no user handle")),
        None if !key.passkey => Err(Fault::Answer("key that is no passkey")),
        None => Ok(()),
    }
}

/// Accepts a right answer in the caller's transaction; `false` when its counter was used meanwhile.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn spend(services: &Services, tx: &mut Tx, right: &Match) -> Result<bool, FlowError> {
    let now = services.clock.now();
    let (count, backup) = (right.sign_count, right.backup_state);
    Ok(store::spend(tx, &right.key.id, count, backup, now).await?)
}

/// In the caller's transaction, notes that there may be two of a key.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn suspect(services: &Services, tx: &mut Tx, key: &Suspect) -> Result<(), FlowError> {
    Ok(store::suspect(tx, &key.id, services.clock.now()).await?)
}
