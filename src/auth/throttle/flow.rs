//! Takes a try, and gives it back.

pub use super::domain::{ACCOUNT, CHALLENGE, CODE, Limit, SOURCE, Subject};
use super::store;
use crate::{
    services::{FlowError, Services},
    store::Tx,
};

/// Counts a try as a failure to be and says whether it may be made now. To be committed before
/// the try is made.
///
/// # Errors
/// [`FlowError::Store`]; the try must then not be made.
pub async fn take(
    services: &Services,
    tx: &mut Tx,
    limit: Limit,
    subject: &Subject,
) -> Result<bool, FlowError> {
    Ok(count(services, tx, limit, subject).await?.is_some())
}

/// As [`take`], and says the how manieth failure it would be; `None` for a try that may not be made.
///
/// # Errors
/// [`FlowError::Store`]; the try must then not be made.
pub async fn count(
    services: &Services,
    tx: &mut Tx,
    limit: Limit,
    subject: &Subject,
) -> Result<Option<i64>, FlowError> {
    let counted = store::take(tx, limit, subject, services.clock.now()).await?;
    if counted.is_none() {
        metrics::counter!("inmor_mfa_throttled_total", "limit" => limit.purpose).increment(1);
    }
    Ok(counted)
}

/// Forgets the failures of a subject: the try was right.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn clear(tx: &mut Tx, limit: Limit, subject: &Subject) -> Result<(), FlowError> {
    Ok(store::clear(tx, limit, subject).await?)
}

/// Takes back one counted try, leaving the others.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn give_back(
    services: &Services,
    tx: &mut Tx,
    limit: Limit,
    subject: &Subject,
) -> Result<(), FlowError> {
    Ok(store::give_back(tx, limit, subject, services.clock.now()).await?)
}

/// Deletes at most a thousand counts that are forgotten anyway.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn purge(services: &Services) -> Result<u64, FlowError> {
    let mut tx = services.db.begin().await?;
    let gone = store::purge(&mut tx, services.clock.now()).await?;
    tx.commit().await?;
    Ok(gone)
}
