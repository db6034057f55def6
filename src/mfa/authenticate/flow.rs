//! From a sign-in under way to a session.

use super::Offer;
use crate::{
    audit::flow::Action,
    auth::{
        accounts::flow::{self as accounts, Account},
        attempts::flow::{self as attempts, Attempt},
        login::flow::{SignedIn, start_session},
        sessions::flow::Method,
    },
    crypto::token::Token,
    error::Error,
    mfa::{
        codes::flow::{self as codes, Typist},
        recovery_codes::flow as recovery_codes,
        totp::flow as totp,
    },
    services::{Client, FlowError, Services},
};

/// What the account of a sign-in under way has to offer.
///
/// # Errors
/// [`Error::AttemptOver`].
pub async fn offer(services: &Services, token: Option<&Token>) -> Result<Offer, FlowError> {
    let attempt = find(services, token).await?;
    of_account(services, &attempt.account_id).await
}

/// What an account has to offer, as far as the types are switched on.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn of_account(services: &Services, account_id: &str) -> Result<Offer, FlowError> {
    let types = services.settings.supported_types;
    let devices = totp::devices_of(services, account_id).await?;
    let codes = recovery_codes::standing(services, account_id).await?;
    Ok(Offer {
        totp: types.totp && devices.iter().any(|device| !device.closed),
        totp_closed: types.totp
            && !devices.is_empty()
            && devices.iter().all(|device| device.closed),
        recovery_codes: types.recovery_codes
            && codes.is_some_and(|codes| codes.left > 0 && !codes.closed),
        digits: services.settings.totp_digits,
    })
}

async fn find(services: &Services, token: Option<&Token>) -> Result<Attempt, FlowError> {
    let token = token.ok_or(Error::AttemptOver)?;
    Ok(attempts::find(services, token)
        .await?
        .ok_or(Error::AttemptOver)?)
}

/// Signs in with a code.
///
/// # Errors
/// [`Error::AttemptOver`] without a sign-in under way, [`Error::WrongCode`] for every wrong code alike,
/// [`Error::DeviceClock`], [`Error::FactorUnreadable`], [`Error::TooManyCodes`].
pub async fn sign_in(
    services: &Services,
    client: &Client,
    token: Option<&Token>,
    text: &str,
) -> Result<(SignedIn, Option<usize>), FlowError> {
    let attempt = find(services, token).await?;
    let account = accounts::get(services, &attempt.account_id)
        .await?
        .ok_or(Error::AttemptOver)?;
    if !attempts::take(services, &attempt).await? {
        return Err(Error::AttemptOver.into());
    }
    let typist = Typist {
        account_id: &account.id,
        email: account.email.as_deref().unwrap_or_default(),
        device_id: attempt.device_id.as_deref(),
        session_id: None,
    };
    let proof = match codes::prove(services, &typist, text).await? {
        Ok(proof) => proof,
        Err(refusal) => {
            codes::note(
                services,
                client,
                &typist,
                Action::SecondFactorFailed,
                &refusal,
            )
            .await?;
            return Err(refusal.told.into());
        }
    };
    let mut tx = services.db.begin().await?;
    let unchanged = Account {
        password_changed_at: attempt.password_changed_at,
        ..account.clone()
    };
    if !accounts::hold(&mut tx, &unchanged).await? || !attempts::finish(&mut tx, &attempt).await? {
        return Err(Error::AttemptOver.into());
    }
    let Some(spent) = proof.spend(services, &mut tx, client, &typist).await? else {
        drop(tx);
        let refusal = proof.lost(services).await?;
        codes::note(
            services,
            client,
            &typist,
            Action::SecondFactorFailed,
            &refusal,
        )
        .await?;
        return Err(refusal.told.into());
    };
    let methods = [Method::Pwd, proof.method()];
    let device = attempt.device_id.as_deref();
    let (signed_in, told) =
        start_session(services, &mut tx, client, &account, &methods, device).await?;
    tx.commit().await?;
    let left = spent.codes_left;
    spent.send(services);
    told.send(services);
    Ok((signed_in, left))
}

/// Gives a sign-in under way up.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn cancel(services: &Services, token: Option<&Token>) -> Result<(), FlowError> {
    if let Ok(attempt) = find(services, token).await {
        let mut tx = services.db.begin().await?;
        attempts::finish(&mut tx, &attempt).await?;
        tx.commit().await?;
    }
    Ok(())
}
