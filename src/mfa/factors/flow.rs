//! Begins and ends the change of an account's factors.

pub use super::domain::label;
use super::store;
use crate::{
    audit::{
        flow::{self as audit, Action},
        notices::flow as notices,
    },
    auth::sessions::flow::{self as sessions, Holder, Method, RecentAdmin},
    crypto::token::Token,
    mfa::{ceremonies::flow as ceremonies, recovery_codes::flow as recovery_codes},
    services::{Client, FlowError, Services},
    store::Tx,
};

/// What a browser is told after a factor was added.
#[derive(Debug)]
pub struct Change {
    /// The session's new token.
    pub token: Token,
    /// Whether recovery codes were made with it.
    pub made_codes: bool,
}

/// How many real factors an account has, of whatever kind and whether that kind is switched on or
/// not: switching a kind off must never make a password enough.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn count(services: &Services, account_id: &str) -> Result<i64, FlowError> {
    Ok(store::count(&services.db, account_id).await?)
}

/// Whether an account, which the caller's transaction holds, has a factor of any kind.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn any(tx: &mut Tx, account_id: &str) -> Result<bool, FlowError> {
    Ok(store::any(tx, account_id).await?)
}

/// Whether adding a factor makes recovery codes too.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn makes_recovery_codes(
    services: &Services,
    account_id: &str,
) -> Result<bool, FlowError> {
    let wanted = services.settings.supported_types.recovery_codes;
    Ok(wanted
        && recovery_codes::standing(services, account_id)
            .await?
            .is_none())
}

/// Begins a change in the caller's transaction: all other sessions end, and this one gets the
/// answered token; a method that the change has proved counts from now on. Holds the account, so
/// that its factors are changed one after the other.
///
/// # Errors
/// [`Error::SignInFirst`](crate::error::Error::SignInFirst) when this session was ended meanwhile.
pub async fn begin_change(
    services: &Services,
    tx: &mut Tx,
    who: &Holder,
    proved: Option<Method>,
) -> Result<Token, FlowError> {
    ceremonies::end_all_of(tx, who.account_id()).await?;
    let Some(method) = proved else {
        return sessions::keep_only(services, tx, who).await;
    };
    let token = sessions::confirm(services, tx, who, method).await?;
    sessions::end_rest(tx, who).await?;
    Ok(token)
}

/// Ends the addition of a factor, recorded as `action`: makes recovery codes with the first one, records, commits, tells.
///
/// # Errors
/// [`FlowError`].
pub async fn added(
    services: &Services,
    mut tx: Tx,
    client: &Client,
    who: &Holder,
    token: Token,
    action: Action,
    label: &str,
) -> Result<Change, FlowError> {
    let made_codes = services.settings.supported_types.recovery_codes
        && recovery_codes::create_if_missing(services, &mut tx, who.account_id()).await?;
    if made_codes {
        let event = who.event(Action::RecoveryCodesCreated, "");
        audit::record(services, &mut tx, client, &event).await?;
    }
    let event = who.event(action, label);
    let told = notices::tell(services, &mut tx, client, &event, who.email()).await?;
    tx.commit().await?;
    told.send(services);
    Ok(Change { token, made_codes })
}

/// Ends the removal of a factor, recorded as `action`: takes the recovery codes with the last one, records, commits, tells.
///
/// # Errors
/// [`FlowError`].
pub async fn removed(
    services: &Services,
    mut tx: Tx,
    client: &Client,
    who: &RecentAdmin,
    token: Token,
    action: Action,
    label: &str,
) -> Result<Token, FlowError> {
    recovery_codes::remove_without_factor(&mut tx, who.account_id()).await?;
    let event = who.event(action, label);
    let told = notices::tell(services, &mut tx, client, &event, who.email()).await?;
    tx.commit().await?;
    told.send(services);
    Ok(token)
}
