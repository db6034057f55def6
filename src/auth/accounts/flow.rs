//! Makes, finds, disables and enables accounts.

use std::borrow::Cow;

pub use super::domain::{Account, Adopted, Email, Username};
use super::{
    domain::{CanonicalName, NewAccount},
    store,
};
use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::{devices, password_rules, sessions},
    crypto::passwords::{Password, PasswordHash},
    error::Error,
    services::{Client, FlowError, Services},
    store::Tx,
};

/// What a new account is made from, as typed.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The username.
    pub username: &'a str,
    /// The e-mail address; empty for none.
    pub email: &'a str,
    /// The password.
    pub password: Password,
}

/// A checked and hashed account, ready to be added.
pub struct Prepared(NewAccount);

/// The account of a username or e-mail address as typed.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn find(services: &Services, login: &str) -> Result<Option<Account>, FlowError> {
    match CanonicalName::parse(login) {
        Some(name) => Ok(store::find(&services.db, name.as_str()).await?),
        None => Ok(None),
    }
}

/// The account of an id.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn get(services: &Services, id: &str) -> Result<Option<Account>, FlowError> {
    Ok(store::get(&services.db, id).await?)
}

/// What authenticators know an account by: random bytes, or what another system gave it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such account.
pub async fn user_handle(services: &Services, id: &str) -> Result<Vec<u8>, FlowError> {
    Ok(store::user_handle(&services.db, id)
        .await?
        .ok_or(Error::NotFound)?)
}

/// All accounts, by username.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn list(services: &Services) -> Result<Vec<Account>, FlowError> {
    Ok(store::list(&services.db).await?)
}

/// Whether there is an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn any(services: &Services) -> Result<bool, FlowError> {
    Ok(store::any(&services.db).await?)
}

/// Checks names and password and hashes the password; changes nothing yet.
///
/// # Errors
/// [`Error::UsernameNotAllowed`], [`Error::EmailNotAllowed`], a password rule's error, [`FlowError::Hashing`].
pub async fn prepare(services: &Services, wanted: Wanted<'_>) -> Result<Prepared, FlowError> {
    let username = Username::parse(wanted.username).ok_or(Error::UsernameNotAllowed)?;
    let email = match wanted.email.trim() {
        "" => None,
        text => Some(Email::parse(text).ok_or(Error::EmailNotAllowed)?),
    };
    let email_text = email.as_ref().map_or("", |email| email.as_str());
    let password_hash =
        password_rules::flow::hash_new(services, wanted.password, &[username.as_str(), email_text])
            .await?;
    let now = services.clock.now();
    Ok(Prepared(NewAccount {
        id: services.random.uuid_v7(now)?,
        username,
        email,
        password_hash,
        user_handle: services.random.bytes()?,
        created_at: now,
    }))
}

/// Adds a prepared account and answers its id.
///
/// # Errors
/// [`Error::NameTaken`].
pub async fn add(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    new: Prepared,
) -> Result<String, FlowError> {
    let Prepared(new) = new;
    if !store::insert(tx, &new).await? {
        return Err(Error::NameTaken.into());
    }
    let event = Event {
        action: Action::AccountCreated,
        actor: None,
        subject: Some(&new.id),
        session: None,
        detail: "",
    };
    audit::record(services, tx, client, &event).await?;
    Ok(new.id)
}

/// Makes others that add accounts wait until the caller's transaction ends; to be called before
/// [`taken`], [`adopt`] and [`refresh`].
///
/// # Errors
/// [`FlowError::Store`].
pub async fn hold_names(tx: &mut Tx) -> Result<(), FlowError> {
    Ok(store::hold_names(tx).await?)
}

/// Those of these canonical names that an account here has, as username or as e-mail address.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn taken(tx: &mut Tx, names: &[&str]) -> Result<Vec<String>, FlowError> {
    Ok(store::taken(tx, names).await?)
}

/// In the caller's transaction, adds accounts of another system, each under an id, with roles and hash
/// as they are there. Nobody has their names ([`taken`]). The caller records it.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn adopt(
    services: &Services,
    tx: &mut Tx,
    new: &[(String, Cow<'_, Adopted>)],
) -> Result<(), FlowError> {
    Ok(store::adopt(tx, new, services.clock.now()).await?)
}

/// In the caller's transaction, brings an account up to date with another system. Nobody else has its
/// names ([`taken`]). The caller records it.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn refresh(
    services: &Services,
    tx: &mut Tx,
    id: &str,
    new: &Adopted,
) -> Result<(), FlowError> {
    Ok(store::refresh(tx, id, new, services.clock.now()).await?)
}

/// An account's given and family name; empty when it has none.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn full_name(services: &Services, id: &str) -> Result<(String, String), FlowError> {
    Ok(store::full_name(&services.db, id)
        .await?
        .unwrap_or_default())
}

/// Marks the installation as set up; only one caller ever is told `true`.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn claim_installation(services: &Services, tx: &mut Tx) -> Result<bool, FlowError> {
    Ok(store::claim_installation(tx, services.clock.now()).await?)
}

/// Makes an account in one go, for the shell.
///
/// # Errors
/// As [`prepare`] and [`add`].
pub async fn create(
    services: &Services,
    client: &Client,
    wanted: Wanted<'_>,
) -> Result<String, FlowError> {
    let prepared = prepare(services, wanted).await?;
    let mut tx = services.db.begin().await?;
    store::claim_installation(&mut tx, services.clock.now()).await?;
    let id = add(services, &mut tx, client, prepared).await?;
    tx.commit().await?;
    Ok(id)
}

/// Disables an account and ends its sessions, or enables it again; says whether that changed anything.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn set_disabled(
    services: &Services,
    client: &Client,
    account: &Account,
    disabled: bool,
) -> Result<bool, FlowError> {
    let mut tx = services.db.begin().await?;
    let at = disabled.then(|| services.clock.now());
    if !store::set_disabled(&mut tx, &account.id, at).await? {
        return Ok(false);
    }
    if disabled {
        sessions::flow::end_all_of(&mut tx, &account.id).await?;
        devices::flow::forget_all_of(&mut tx, &account.id).await?;
    }
    let action = if disabled {
        Action::AccountDisabled
    } else {
        Action::AccountEnabled
    };
    let event = Event {
        action,
        actor: None,
        subject: Some(&account.id),
        session: None,
        detail: "",
    };
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Gives an account roles, which live sessions have from the next request on; says whether that
/// changed anything.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn set_roles(
    services: &Services,
    client: &Client,
    account: &Account,
    is_staff: bool,
    is_superuser: bool,
) -> Result<bool, FlowError> {
    let mut tx = services.db.begin().await?;
    if !store::set_roles(&mut tx, &account.id, is_staff, is_superuser).await? {
        return Ok(false);
    }
    let now = Account {
        is_staff,
        is_superuser,
        ..account.clone()
    };
    let event = Event {
        action: Action::RolesChanged,
        actor: None,
        subject: Some(&account.id),
        session: None,
        detail: &now.roles().join(" "),
    };
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(true)
}

/// In the caller's transaction, gives the first administrator every role: somebody must have them.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn give_every_role(tx: &mut Tx, id: &str) -> Result<(), FlowError> {
    store::set_roles(tx, id, true, true).await?;
    Ok(())
}

/// Holds an account until the caller's transaction ends; says whether its password is still the
/// one that was read with it. What a right password is for must not be done when it is not.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn hold(tx: &mut Tx, account: &Account) -> Result<bool, FlowError> {
    Ok(store::hold(tx, &account.id, account.password_changed_at).await?)
}

/// Holds an account, disabled or not, until the caller's transaction ends: what its owner is doing at
/// this moment is over then, and recorded.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn hold_any(tx: &mut Tx, id: &str) -> Result<(), FlowError> {
    Ok(store::hold_any(tx, id).await?)
}

/// Stores a new password in the caller's transaction.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn store_password(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
    hash: &PasswordHash,
) -> Result<(), FlowError> {
    store::set_password(tx, account_id, hash.as_str(), services.clock.now()).await?;
    Ok(())
}

/// Replaces the hash of an unchanged password by one with current parameters, once.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn store_rehash(
    tx: &mut Tx,
    account: &Account,
    hash: &PasswordHash,
) -> Result<bool, FlowError> {
    let old = account.password_hash.as_deref().unwrap_or_default();
    Ok(store::rehash(tx, &account.id, old, hash.as_str()).await?)
}

/// A name as it is compared; what was typed, folded as far as it goes, when no account can have it.
#[must_use]
pub fn canonical(login: &str) -> String {
    CanonicalName::parse(login).map_or_else(
        || login.trim().to_lowercase(),
        |name| name.as_str().to_owned(),
    )
}
