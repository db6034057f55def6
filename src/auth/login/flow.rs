//! Signs an administrator in by password.

use crate::{
    audit::{
        flow::{self as audit, Action, Event},
        notices::flow::{self as notices, Told},
    },
    auth::{
        accounts::flow::{self as accounts, Account},
        attempts::flow as attempts,
        devices::flow as devices,
        passwords::flow::{self as passwords, Lane},
        sessions::flow::{self as sessions, Method, browser_in_words},
    },
    crypto::{passwords::Password, token::Token},
    error::Error,
    mfa::factors::flow as factors,
    services::{Client, FlowError, Services},
    store::Tx,
};

/// What a browser keeps after signing in.
#[derive(Debug)]
pub struct SignedIn {
    /// Of the new session.
    pub session: Token,
    /// Marks the browser as known; `None` when it was known already.
    pub device: Option<Token>,
}

/// Where a right password leads.
#[derive(Debug)]
pub enum Outcome {
    /// The account has no factor.
    SignedIn(SignedIn),
    /// The account has a factor: the token is that of the sign-in under way.
    SecondStep(Token),
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
) -> Result<Outcome, FlowError> {
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
            audit::count_refused("pwd");
            return Err(Error::WrongCredentials.into());
        }
    };
    let mut tx = services.db.begin().await?;
    proof.accept(services, &mut tx, &account).await?;
    if !accounts::hold(&mut tx, &account).await? {
        return Err(Error::WrongCredentials.into());
    }
    // asked while the account is held, or a factor that is added at this moment would not be asked for
    if factors::any(&mut tx, &account.id).await? {
        let token = attempts::begin(
            services,
            &mut tx,
            &account.id,
            account.password_changed_at,
            proof.device(),
        )
        .await?;
        tx.commit().await?;
        return Ok(Outcome::SecondStep(token));
    }
    let methods = [Method::Pwd];
    let (signed_in, told) = start_session(
        services,
        &mut tx,
        client,
        &account,
        &methods,
        proof.device(),
    )
    .await?;
    tx.commit().await?;
    told.send(services);
    Ok(Outcome::SignedIn(signed_in))
}

/// Starts a session in the caller's transaction, and remembers the browser; `device` is its public id
/// when it is known. The letter is to be sent after the commit.
///
/// # Errors
/// [`Error::WrongCredentials`] when the account was disabled meanwhile.
pub async fn start_session(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    account: &Account,
    methods: &[Method],
    device: Option<&str>,
) -> Result<(SignedIn, Told), FlowError> {
    let session = sessions::start(services, tx, client, &account.id, methods).await?;
    let others = devices::any(tx, &account.id).await?;
    let device = devices::remember(services, tx, &account.id, device).await?;
    let browser = browser_in_words(&client.user_agent);
    let event = Event {
        action: Action::NewBrowser,
        actor: Some(&account.id),
        subject: Some(&account.id),
        session: None,
        detail: &browser,
    };
    let told = if device.is_some() && others {
        let email = account.email.as_deref().unwrap_or_default();
        notices::tell(services, tx, client, &event, email).await?
    } else {
        Told::nothing()
    };
    Ok((SignedIn { session, device }, told))
}
