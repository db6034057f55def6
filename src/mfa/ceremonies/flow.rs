//! Begins ceremonies and uses them up.

use sha2::{Digest as _, Sha256};

use super::store;
use crate::{
    crypto::{hex, token::Token},
    services::{FlowError, Services},
    store::Tx,
};

/// Seconds between a challenge and its answer.
pub const LIFETIME: i64 = 5 * 60;
/// Bytes of a challenge.
pub const CHALLENGE_BYTES: usize = 32;

/// What a ceremony is for. An answer to one purpose is none to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Adding a key.
    Registration,
    /// Signing in with a passkey alone.
    Passkey,
    /// The second step of signing in.
    SecondFactor,
    /// Confirming who one is.
    Reauthentication,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Passkey => "passkey",
            Self::SecondFactor => "second_factor",
            Self::Reauthentication => "reauthenticate",
        }
    }
}

/// The browser that a ceremony belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    /// A session or a sign-in under way, by its public id.
    #[must_use]
    pub fn id(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// A browser that is nobody yet, by the token in its cookie.
    #[must_use]
    pub fn cookie(token: &Token) -> Self {
        Self(hex(token.hash().as_slice()))
    }
}

/// Begins a ceremony and answers its challenge; `state` comes back at its end.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn begin(
    services: &Services,
    purpose: Purpose,
    owner: &Owner,
    account_id: Option<&str>,
    state: &str,
) -> Result<[u8; CHALLENGE_BYTES], FlowError> {
    let challenge = services.random.bytes()?;
    let expires_at = services.clock.now().saturating_add(LIFETIME);
    let mut tx = services.db.begin().await?;
    let new = store::New {
        challenge_hash: &hash(&challenge),
        purpose: purpose.as_str(),
        owner: &owner.0,
        account_id,
        state,
        expires_at,
    };
    store::insert(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(challenge)
}

/// Uses a ceremony up and answers its state; one caller alone ever gets it. The challenge only chooses
/// among the ceremonies of this owner and purpose.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn consume(
    services: &Services,
    purpose: Purpose,
    owner: &Owner,
    challenge: &[u8],
) -> Result<Option<String>, FlowError> {
    let now = services.clock.now();
    let mut tx = services.db.begin().await?;
    let state = store::take(&mut tx, &hash(challenge), purpose.as_str(), &owner.0, now).await?;
    tx.commit().await?;
    Ok(state)
}

fn hash(challenge: &[u8]) -> [u8; 32] {
    Sha256::digest(challenge).into()
}

/// In the caller's transaction, ends all ceremonies of an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_all_of(tx: &mut Tx, account_id: &str) -> Result<(), FlowError> {
    Ok(store::delete_all_of(tx, account_id).await?)
}

/// In the caller's transaction, ends every ceremony, of everybody.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_everybodys(tx: &mut Tx) -> Result<(), FlowError> {
    Ok(store::delete_everybodys(tx).await?)
}

/// Deletes at most a thousand ceremonies that have run out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn purge(services: &Services) -> Result<u64, FlowError> {
    let mut tx = services.db.begin().await?;
    let gone = store::purge(&mut tx, services.clock.now()).await?;
    tx.commit().await?;
    Ok(gone)
}
