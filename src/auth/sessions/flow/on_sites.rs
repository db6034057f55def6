//! What a session has on the hosts of sites behind the login gate.

use super::{Holder, alive, note};
use crate::{
    auth::sessions::store,
    crypto::token::Token,
    services::{Client, FlowError, Services},
    store::Tx,
};

/// Where the login gate is asked.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// On this program's own host.
    Here,
    /// On the host of a site.
    Site(&'a str),
}

/// As [`find`], by a token that is good at one place; a request that no person makes leaves no trace.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn find_at(
    services: &Services,
    place: Place<'_>,
    token: &Token,
    seen_by: Option<&Client>,
) -> Result<Option<Holder>, FlowError> {
    let hash = token.hash();
    let row = match place {
        Place::Here => store::find(&services.db, hash.as_slice()).await?,
        Place::Site(host) => store::find_on_site(&services.db, hash.as_slice(), host).await?,
    };
    let found = alive(services, row);
    if let Some(client) = seen_by {
        note(services, client, found.as_ref()).await?;
    }
    Ok(found.map(Holder::from))
}

/// Gives a session a token on the host of a site; `None` when the session has ended, or has another token
/// than the one of this hash.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn begin_on_site(
    services: &Services,
    tx: &mut Tx,
    (session_id, session_hash): (&str, &[u8]),
    host: &str,
) -> Result<Option<Token>, FlowError> {
    if !store::hold_by(tx, session_id, session_hash).await? {
        return Ok(None);
    }
    let token = Token::generate(&services.random)?;
    let (hash, now) = (token.hash(), services.clock.now());
    store::begin_on_site(tx, session_id, host, hash.as_slice(), now).await?;
    Ok(Some(token))
}
