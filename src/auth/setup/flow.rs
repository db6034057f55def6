//! Issues first-run links and takes one in exchange for the first account.

use super::store;
use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::{
        accounts::flow::{self as accounts, Wanted},
        devices::flow as devices,
        login::flow::SignedIn,
        sessions::flow::{self as sessions, Method},
    },
    crypto::token::Token,
    error::Error,
    services::{Client, FlowError, Services},
    store::Tx,
};

/// Seconds a link is valid.
pub const LIFETIME: i64 = 30 * 60;

/// A fresh link's token, or `None` once there is an account.
///
/// Links issued before stay valid: several processes may start at once, and each prints one.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn issue(services: &Services, client: &Client) -> Result<Option<Token>, FlowError> {
    if accounts::any(services).await? {
        return Ok(None);
    }
    let now = services.clock.now();
    let token = Token::generate(&services.random)?;
    let mut tx = services.db.begin().await?;
    store::delete_expired(&mut tx, now).await?;
    store::insert(
        &mut tx,
        token.hash().as_slice(),
        now.saturating_add(LIFETIME),
    )
    .await?;
    let event = Event {
        action: Action::SetupLinkIssued,
        actor: None,
        subject: None,
        session: None,
        detail: "",
    };
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// In the caller's transaction, makes every link invalid.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn revoke(tx: &mut Tx) -> Result<(), FlowError> {
    store::delete_expired(tx, i64::MAX).await?;
    Ok(())
}

/// Whether the page is there at all, and whether this token opens it.
///
/// # Errors
/// [`Error::NotFound`] once there is an account, [`Error::LinkNotValid`].
pub async fn look(services: &Services, token: Option<&Token>) -> Result<(), FlowError> {
    if accounts::any(services).await? {
        return Err(Error::NotFound.into());
    }
    let now = services.clock.now();
    match token {
        Some(token) if store::find(&services.db, token.hash().as_slice(), now).await? => Ok(()),
        _ => Err(Error::LinkNotValid.into()),
    }
}

/// Makes the first administrator and signs them in. The link is used up only if that succeeds.
///
/// # Errors
/// As [`look`], and what is wrong with a name or the password.
pub async fn finish(
    services: &Services,
    client: &Client,
    token: Option<&Token>,
    wanted: Wanted<'_>,
) -> Result<SignedIn, FlowError> {
    look(services, token).await?;
    let token = token.ok_or(Error::LinkNotValid)?;
    let prepared = accounts::prepare(services, wanted).await?;
    let mut tx = services.db.begin().await?;
    if !store::spend(&mut tx, token.hash().as_slice(), services.clock.now()).await? {
        return Err(Error::LinkNotValid.into());
    }
    if !accounts::claim_installation(services, &mut tx).await? {
        return Err(Error::NotFound.into());
    }
    let id = accounts::add(services, &mut tx, client, prepared).await?;
    accounts::give_every_role(&mut tx, &id).await?;
    let session = sessions::start(services, &mut tx, client, &id, &[Method::Pwd]).await?;
    let device = devices::remember(services, &mut tx, &id, None).await?;
    tx.commit().await?;
    Ok(SignedIn { session, device })
}

/// The address to open, of a link's token.
#[must_use]
pub fn link(services: &Services, token: &Token) -> String {
    services
        .settings
        .public_url
        .join(&format!("/accounts/setup/?token={}", token.expose()))
}
