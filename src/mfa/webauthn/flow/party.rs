//! Keys work for one relying party id alone; another one is a decision of the operator.

use super::store;
use crate::services::{FlowError, Services};

/// The relying party id that was accepted before the one that is set, and how many keys do not work
/// with that; `None` when it is the same or there is no key to lose.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn party_in_use(services: &Services) -> Result<Option<(String, i64)>, FlowError> {
    let host = services.settings.public_url.host();
    let mut tx = services.db.begin().await?;
    let (party, keys) = store::party(&mut tx, host).await?;
    Ok(party
        .filter(|party| party != host && keys > 0)
        .map(|party| (party, keys)))
}

/// From now on keys are for the relying party id that is set.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn adopt_party(services: &Services) -> Result<(), FlowError> {
    let host = services.settings.public_url.host();
    let mut tx = services.db.begin().await?;
    if store::party(&mut tx, host).await?.0.as_deref() != Some(host) {
        store::set_party(&mut tx, host).await?;
        tx.commit().await?;
    }
    Ok(())
}
