//! Keys that come from another system, or go to one.

use serde_json::Value;

use super::{default_name, store};
pub use crate::mfa::webauthn::domain::{NewKey, NotAdopted};
use crate::{
    mfa::{factors::flow as factors, webauthn::domain},
    services::{FlowError, Services},
    store::Tx,
};

/// A key of another system, or for one.
#[derive(Debug)]
pub struct Moving {
    /// What its owner calls it.
    pub name: String,
    /// The relying party id that it was made for.
    pub rp_id: String,
    /// The key.
    pub key: NewKey,
    /// When it was added, in seconds since 1970 UTC.
    pub created_at: i64,
    /// When it was last used.
    pub last_used_at: Option<i64>,
}

/// The key of an answer that another system has verified and stored, if it can work here.
///
/// # Errors
/// [`NotAdopted`].
pub fn adoptable(services: &Services, answer: &Value) -> Result<NewKey, NotAdopted> {
    domain::adopt(answer, services.settings.public_url.host())
}

/// A key of another system, for an account here.
pub struct Adoption<'a> {
    /// The account.
    pub account_id: String,
    /// The key.
    pub key: &'a Moving,
}

/// Those of these credential ids that an account here has, each with the account's id.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn owners(
    tx: &mut Tx,
    credential_ids: &[&[u8]],
) -> Result<Vec<(Vec<u8>, String)>, FlowError> {
    Ok(store::owners(tx, credential_ids).await?)
}

/// In the caller's transaction, adds keys of another system, of which no account has any ([`owners`]).
///
/// # Errors
/// [`FlowError::Store`].
pub async fn adopt(
    services: &Services,
    tx: &mut Tx,
    adoptions: &[Adoption<'_>],
) -> Result<(), FlowError> {
    let now = services.clock.now();
    let mut rows = Vec::with_capacity(adoptions.len());
    for Adoption { account_id, key } in adoptions {
        let default = default_name(key.key.passkey);
        let name = factors::label(&key.name, default).unwrap_or_else(|_| default.to_owned());
        let new = store::New {
            rp_id: &key.rp_id,
            name: name.into(),
            key: &key.key,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
        };
        rows.push((services.random.uuid_v7(now)?, &**account_id, new));
    }
    Ok(store::adopt(tx, &rows).await?)
}

/// The keys of an account, for another system; the oldest first.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn moving(services: &Services, account_id: &str) -> Result<Vec<Moving>, FlowError> {
    let rows = store::whole(&services.db, account_id).await?;
    let keys = rows.into_iter().map(|row| Moving {
        name: row.name,
        rp_id: row.rp_id,
        key: NewKey {
            credential_id: row.credential_id,
            public_key: row.public_key,
            sign_count: row.sign_count,
            passkey: row.passkey,
            user_verified: row.user_verified,
            backup_eligible: row.backup_eligible,
            backup_state: row.backup_state,
            aaguid: row.aaguid,
            transports: row.transports,
        },
        created_at: row.created_at,
        last_used_at: row.last_used_at,
    });
    Ok(keys.collect())
}

/// What another system can learn a key from: an attestation object without a statement.
#[must_use]
pub fn attestation_object(key: &Moving) -> Option<Vec<u8>> {
    domain::attestation_object(&key.key, &key.rp_id)
}
