//! Begins, finds, counts and finishes sign-ins under way.

use super::store;
use crate::{
    crypto::token::Token,
    services::{FlowError, Services},
    store::Tx,
};

/// Seconds between the password and the second factor.
pub const LIFETIME: i64 = 5 * 60;
/// Codes that may be tried with one right password.
pub const TRIES: i64 = 5;

/// A sign-in whose password was right. Only this room makes one.
#[derive(Clone, Debug)]
pub struct Attempt {
    id: String,
    /// Id of the account.
    pub account_id: String,
    /// Public id of the browser, when it is known to the account.
    pub device_id: Option<String>,
    /// When the password was set that was right, for [`accounts::flow::hold`](crate::auth::accounts::flow::hold).
    pub password_changed_at: Option<i64>,
}

impl Attempt {
    /// Its public id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Begins an attempt in the transaction of the right password, and answers its token.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn begin(
    services: &Services,
    tx: &mut Tx,
    account_id: &str,
    password_changed_at: Option<i64>,
    device_id: Option<&str>,
) -> Result<Token, FlowError> {
    let now = services.clock.now();
    let token = Token::generate(&services.random)?;
    let (id, hash) = (services.random.uuid_v7(now)?, token.hash());
    let new = store::New {
        id: &id,
        hash: hash.as_slice(),
        account_id,
        device_id,
        password_changed_at,
        now,
        expires_at: now.saturating_add(LIFETIME),
    };
    store::insert(tx, &new).await?;
    Ok(token)
}

/// The attempt of a token, while it has time and tries left and its account is as it was.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn find(services: &Services, token: &Token) -> Result<Option<Attempt>, FlowError> {
    let now = services.clock.now();
    let row = store::find(&services.db, token.hash().as_slice(), now, TRIES).await?;
    Ok(row.map(|row| Attempt {
        id: row.id,
        account_id: row.account_id,
        device_id: row.device_id,
        password_changed_at: row.password_changed_at,
    }))
}

/// Counts a try before it is made and says whether it may be made.
///
/// # Errors
/// [`FlowError::Store`]; the try must then not be made.
pub async fn take(services: &Services, attempt: &Attempt) -> Result<bool, FlowError> {
    let mut tx = services.db.begin().await?;
    let taken = store::take(&mut tx, &attempt.id, services.clock.now(), TRIES).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Uses an attempt up, in the transaction of the sign-in; only one caller ever is told `true`.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn finish(tx: &mut Tx, attempt: &Attempt) -> Result<bool, FlowError> {
    Ok(store::delete(tx, &attempt.id).await?)
}

/// In the caller's transaction, ends all attempts of an account.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_all_of(tx: &mut Tx, account_id: &str) -> Result<(), FlowError> {
    Ok(store::delete_all_of(tx, account_id).await?)
}

/// In the caller's transaction, ends every sign-in under way, of everybody.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_everybodys(tx: &mut Tx) -> Result<(), FlowError> {
    Ok(store::delete_everybodys(tx).await?)
}

/// Deletes at most a thousand attempts that have run out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn purge(services: &Services) -> Result<u64, FlowError> {
    let mut tx = services.db.begin().await?;
    let gone = store::purge(&mut tx, services.clock.now()).await?;
    tx.commit().await?;
    Ok(gone)
}
