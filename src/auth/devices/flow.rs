//! Recognises a browser, and remembers one.

use super::store;
use crate::{
    crypto::token::Token,
    services::{FlowError, Services},
    store::Tx,
};

/// How long a browser is remembered after its last sign-in: 400 days, the most that browsers keep a cookie.
pub const LIFETIME: i64 = 400 * 24 * 3600;

/// The public id of a browser, if it has a token and that is of one remembered for this account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn recognise(
    services: &Services,
    account_id: &str,
    token: Option<&Token>,
) -> Result<Option<String>, FlowError> {
    let Some(token) = token else {
        return Ok(None);
    };
    let since = services.clock.now().saturating_sub(LIFETIME);
    Ok(store::find(&services.db, account_id, token.hash().as_slice(), since).await?)
}

/// Whether an account has signed in completely from any browser that is still remembered.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn any(tx: &mut Tx, account_id: &str) -> Result<bool, FlowError> {
    Ok(store::any(tx, account_id).await?)
}

/// Marks a recognised browser as used now, or remembers a new one and answers its token.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn remember(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
    known: Option<&str>,
) -> Result<Option<Token>, FlowError> {
    let now = services.clock.now();
    if let Some(id) = known
        && store::touch(tx, id, now).await?
    {
        return Ok(None);
    }
    let token = Token::generate(&services.random)?;
    let id = services.random.uuid_v7(now)?;
    store::insert(tx, &id, account_id, token.hash().as_slice(), now).await?;
    store::keep_latest(tx, account_id, &id).await?;
    Ok(Some(token))
}

/// Forgets all browsers of an account but one, if any.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn forget_others(
    tx: &mut Tx,
    account_id: &str,
    kept: Option<&str>,
) -> Result<(), FlowError> {
    Ok(store::delete_all_but(tx, account_id, kept.unwrap_or_default()).await?)
}

/// Forgets all browsers of an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn forget_all_of(tx: &mut Tx, account_id: &str) -> Result<(), FlowError> {
    forget_others(tx, account_id, None).await
}
