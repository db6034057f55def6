//! Signs an administrator in by password.

use crate::{
    audit::flow::{Action, Event},
    auth::{
        accounts::flow as accounts,
        devices::flow as devices,
        passwords::flow::{self as passwords, Lane},
        sessions::flow::{self as sessions, Method},
    },
    crypto::{passwords::Password, token::Token},
    error::Error,
    services::{Client, FlowError, Services},
};

/// What a browser keeps after signing in.
#[derive(Debug)]
pub struct SignedIn {
    /// Of the new session.
    pub session: Token,
    /// Marks the browser as known; `None` when it was known already.
    pub device: Option<Token>,
}

/// Signs in by username or e-mail address and password.
///
/// # Errors
/// [`Error::WrongCredentials`] for every wrong try alike, [`Error::TooManyTries`] for a source
/// that has to wait, [`FlowError::Hashing`] when the gate is full.
pub async fn sign_in(
    services: &Services,
    client: &Client,
    login: &str,
    password: Password,
    device: Option<&Token>,
) -> Result<SignedIn, FlowError> {
    let account = accounts::find(services, login).await?;
    let name = account.as_ref().map_or_else(
        || accounts::canonical(login),
        |account| account.canonical.clone(),
    );
    let lane = Lane::find(services, client, account.as_ref(), &name, device).await?;
    let (account, proof) = match (
        passwords::prove(services, lane, account.as_ref(), password).await?,
        account,
    ) {
        (Ok(proof), Some(account)) => (account, proof),
        (outcome, account) => {
            let event = Event {
                action: Action::SignInFailed,
                actor: None,
                subject: account.as_ref().map(|account| account.id.as_str()),
                session: None,
                detail: outcome.err().map_or("", passwords::Refused::as_str),
            };
            passwords::note(services, client, &event).await?;
            return Err(Error::WrongCredentials.into());
        }
    };
    let mut tx = services.db.begin().await?;
    proof.accept(services, &mut tx, &account).await?;
    if !accounts::hold(&mut tx, &account).await? {
        return Err(Error::WrongCredentials.into());
    }
    let session = sessions::start(services, &mut tx, client, &account.id, &[Method::Pwd]).await?;
    let device = devices::remember(services, &mut tx, &account.id, proof.device()).await?;
    tx.commit().await?;
    Ok(SignedIn { session, device })
}
