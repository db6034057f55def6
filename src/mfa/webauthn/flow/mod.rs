//! What an administrator does with security keys and passkeys.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    Key, Keys, Removal, Signals,
    domain::{self, RelyingParty},
    store::{self, Listed},
};
use crate::{
    audit::flow::{self as audit, Action},
    auth::{
        accounts::flow as accounts,
        sessions::flow::{Holder, RecentAdmin, time_in_words},
    },
    crypto::token::Token,
    error::Error,
    mfa::factors::flow as factors,
    services::{Client, FlowError, Services},
    store::Tx,
};

mod moving;
mod party;
mod proving;
mod registration;

pub use moving::{
    Adoption, Moving, NewKey, NotAdopted, adopt, adoptable, attestation_object, moving, owners,
};
pub use party::{adopt_party, party_in_use};
pub use proving::{Match, Refusal, Suspect, ask, prove, spend, suspect};
pub use registration::{register, start_registration};

/// Keys an account may have.
pub const MOST: i64 = 20;

/// This site, to authenticators.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off or the site has an address for a name.
fn relying_party(services: &Services) -> Result<(RelyingParty, &str, &str), Error> {
    let settings = &services.settings;
    let (id, origin) = (settings.public_url.host(), settings.public_url.origin());
    if !settings.supported_types.webauthn || settings.public_url.is_address() {
        return Err(Error::NotFound);
    }
    let party = RelyingParty::new(id, origin).ok_or(Error::Internal)?;
    Ok((party, id, origin))
}

/// # Errors
/// [`Error::NotFound`] where the type is switched off.
pub fn supported(services: &Services) -> Result<(), Error> {
    relying_party(services).map(drop)
}

impl Listed {
    fn into_key(self, rp_id: &str) -> Key {
        let row = self;
        Key {
            elsewhere: Some(row.rp_id).filter(|made_for| made_for != rp_id),
            vendor: domain::vendor(&row.aaguid).map(str::to_owned),
            id: row.id,
            name: row.name,
            passkey: row.passkey,
            synced: row.backup_eligible,
            user_verified: row.user_verified,
            added: time_in_words(row.created_at),
            last_used: row.last_used_at.map(time_in_words),
            suspect: row.suspect_at.is_some(),
        }
    }
}

/// The keys of an account, the oldest first.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn keys_of(services: &Services, account_id: &str) -> Result<Vec<Key>, FlowError> {
    let rows = store::list(&services.db, account_id).await?;
    let rp_id = services.settings.public_url.host();
    Ok(rows.into_iter().map(|row| row.into_key(rp_id)).collect())
}

/// The caller's keys; after a change, with what tells password managers of it.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off.
pub async fn keys(services: &Services, who: &Holder, changed: bool) -> Result<Keys, FlowError> {
    let (_, rp_id, _) = relying_party(services)?;
    let rows = store::list(&services.db, who.account_id()).await?;
    let signals = if changed {
        let handle = accounts::user_handle(services, who.account_id()).await?;
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Some(Signals {
            rp_id: rp_id.to_owned(),
            user_id: text(&handle),
            name: who.username().to_owned(),
            credential_ids: rows.iter().map(|row| text(&row.credential_id)).collect(),
        })
    } else {
        None
    };
    Ok(Keys {
        keys: rows.into_iter().map(|row| row.into_key(rp_id)).collect(),
        signals,
    })
}

/// One of the caller's keys.
///
/// # Errors
/// [`Error::NotFound`] when the id is nobody's or somebody else's.
pub async fn key(services: &Services, who: &Holder, id: &str) -> Result<Key, FlowError> {
    supported(services)?;
    let all = keys_of(services, who.account_id()).await?;
    let key = all.into_iter().find(|key| key.id == id);
    Ok(key.ok_or(Error::NotFound)?)
}

/// The name of a key, for its owner.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn name_of(
    services: &Services,
    who: &Holder,
    id: &str,
) -> Result<Option<String>, FlowError> {
    let all = keys_of(services, who.account_id()).await?;
    Ok(all.into_iter().find(|key| key.id == id).map(|key| key.name))
}

/// Renames one of the caller's keys.
///
/// # Errors
/// [`Error::NotFound`], [`Error::LabelNotAllowed`].
pub async fn rename(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    id: &str,
    name: &str,
) -> Result<(), FlowError> {
    let key = key(services, who, id).await?;
    let name = factors::label(name, default_name(key.passkey))?;
    let mut tx = services.db.begin().await?;
    if !store::rename(&mut tx, who.account_id(), id, &name).await? {
        return Err(Error::NotFound.into());
    }
    let event = who.event(Action::KeyRenamed, &name);
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(())
}

const fn default_name(passkey: bool) -> &'static str {
    if passkey { "Passkey" } else { "Security key" }
}

/// What the page that removes a key shows.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn removal(services: &Services, who: &Holder, id: &str) -> Result<Removal, FlowError> {
    let key = key(services, who, id).await?;
    let is_last = factors::count(services, who.account_id()).await? == 1;
    Ok(Removal {
        key,
        is_last,
        forbidden: is_last && services.settings.mfa_required,
    })
}

/// Removes one of the caller's keys; the last factor takes the recovery codes with it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::FactorRequired`] where the policy asks for one.
pub async fn remove(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    id: &str,
) -> Result<Token, FlowError> {
    let key = key(services, who, id).await?;
    let mut tx = services.db.begin().await?;
    let token = factors::begin_change(services, &mut tx, who, None).await?;
    let even_the_last = !services.settings.mfa_required;
    if !store::delete(&mut tx, who.account_id(), id, even_the_last).await? {
        return Err(if even_the_last {
            Error::NotFound
        } else {
            Error::FactorRequired
        }
        .into());
    }
    factors::removed(
        services,
        tx,
        client,
        who,
        token,
        Action::KeyRemoved,
        &key.name,
    )
    .await
}

/// In the caller's transaction, removes all keys of an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn remove_all_of(tx: &mut Tx, account_id: &str) -> Result<u64, FlowError> {
    Ok(store::delete_all_of(tx, account_id).await?)
}
