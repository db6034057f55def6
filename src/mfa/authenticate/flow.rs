//! From a sign-in under way to a session.

use serde_json::Value;

use super::Offer;
use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::{
        accounts::flow::{self as accounts, Account},
        attempts::flow::{self as attempts, Attempt},
        devices::flow as devices,
        login::flow::{SignedIn, start_session},
        passwords::flow as passwords,
        sessions::flow::Method,
        throttle::flow::{self as throttle, Subject},
    },
    crypto::token::Token,
    error::Error,
    mfa::{
        ceremonies::flow::{Owner, Purpose},
        proofs::flow::{self as proofs, Claimant, Given},
        recovery_codes::flow as recovery_codes,
        totp::flow as totp,
        webauthn::flow as webauthn,
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
        webauthn: types.webauthn && !webauthn::keys_of(services, account_id).await?.is_empty(),
        digits: services.settings.totp_digits,
    })
}

async fn find(services: &Services, token: Option<&Token>) -> Result<Attempt, FlowError> {
    let token = token.ok_or(Error::AttemptOver)?;
    Ok(attempts::find(services, token)
        .await?
        .ok_or(Error::AttemptOver)?)
}

/// What completes a sign-in under way.
#[derive(Clone, Copy, Debug)]
pub enum Second<'a> {
    /// A code, as typed.
    Code(&'a str),
    /// The answer of a key.
    Key(&'a Value),
}

/// What the browser of a sign-in under way is asked for an answer of a key.
///
/// # Errors
/// [`Error::AttemptOver`]; [`Error::NotFound`] where the type is switched off.
pub async fn ask(services: &Services, token: Option<&Token>) -> Result<Value, FlowError> {
    let attempt = find(services, token).await?;
    let (owner, account) = (Owner::id(attempt.id()), attempt.account_id.as_str());
    webauthn::ask(services, Purpose::SecondFactor, &owner, Some(account)).await
}

/// Completes a sign-in under way.
///
/// # Errors
/// [`Error::AttemptOver`] without a sign-in under way, [`Error::WrongCode`] for every wrong code alike,
/// [`Error::DeviceClock`], [`Error::FactorUnreadable`], [`Error::TooManyCodes`], [`Error::KeyRefused`].
pub async fn sign_in(
    services: &Services,
    client: &Client,
    token: Option<&Token>,
    second: Second<'_>,
) -> Result<(SignedIn, Option<usize>), FlowError> {
    let attempt = find(services, token).await?;
    let account = accounts::get(services, &attempt.account_id)
        .await?
        .ok_or(Error::AttemptOver)?;
    if !attempts::take(services, &attempt).await? {
        return Err(Error::AttemptOver.into());
    }
    let claimant = Claimant {
        account_id: &account.id,
        email: account.email.as_deref().unwrap_or_default(),
        device_id: attempt.device_id.as_deref(),
        session_id: None,
    };
    let owner = Owner::id(attempt.id());
    let given = match second {
        Second::Code(text) => Given::Code(text),
        Second::Key(answer) => Given::Key {
            purpose: Purpose::SecondFactor,
            owner: &owner,
            answer,
        },
    };
    let proof = match proofs::prove(services, &claimant, given).await? {
        Ok(proof) => proof,
        Err(refusal) => {
            proofs::note(
                services,
                client,
                &claimant,
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
    let Some(spent) = proof.spend(services, &mut tx, client, &claimant).await? else {
        drop(tx);
        let refusal = proof.lost(services).await?;
        proofs::note(
            services,
            client,
            &claimant,
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

/// What a browser is asked for a passkey of whoever is in front of it; `token` is in its cookie.
///
/// # Errors
/// [`Error::NotFound`] where signing in with a passkey alone is switched off; [`Error::TooManyTries`]
/// when it is too early for another one from this source.
pub async fn ask_for_passkey(
    services: &Services,
    client: &Client,
    token: &Token,
) -> Result<Value, FlowError> {
    count(services, client).await?;
    webauthn::ask(services, Purpose::Passkey, &Owner::cookie(token), None).await
}

/// Counts a challenge, or a wrong answer, of a source of which nobody is known.
async fn count(services: &Services, client: &Client) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    let source = Subject::of(&[&client.source]);
    if !throttle::take(services, &mut tx, throttle::CHALLENGE, &source).await? {
        return Err(Error::TooManyTries.into());
    }
    tx.commit().await?;
    Ok(())
}

/// Signs in with a passkey alone.
///
/// # Errors
/// [`Error::KeyRefused`] for every wrong answer alike; [`Error::NotFound`] where it is switched off;
/// [`Error::TooManyTries`] after too many wrong ones.
pub async fn by_passkey(
    services: &Services,
    client: &Client,
    token: Option<&Token>,
    device: Option<&Token>,
    answer: &Value,
) -> Result<SignedIn, FlowError> {
    let token = token.ok_or(Error::KeyRefused)?;
    let owner = Owner::cookie(token);
    let right = match webauthn::prove(services, Purpose::Passkey, &owner, None, answer).await? {
        Ok(right) => right,
        Err(refusal) => return refuse_passkey(services, client, refusal).await,
    };
    let account = accounts::get(services, &right.account_id)
        .await?
        .ok_or(Error::KeyRefused)?;
    let known = devices::recognise(services, &account.id, device).await?;
    let mut tx = services.db.begin().await?;
    if !accounts::hold(&mut tx, &account).await? {
        return Err(Error::KeyRefused.into());
    }
    if !webauthn::spend(services, &mut tx, &right).await? {
        drop(tx);
        return refuse_passkey(services, client, right.lost()).await;
    }
    let source = Subject::of(&[&client.source]);
    throttle::clear(&mut tx, throttle::CHALLENGE, &source).await?;
    let methods = [right.method()];
    let known = known.as_deref();
    let (signed_in, told) =
        start_session(services, &mut tx, client, &account, &methods, known).await?;
    tx.commit().await?;
    told.send(services);
    Ok(signed_in)
}

async fn refuse_passkey(
    services: &Services,
    client: &Client,
    refusal: webauthn::Refusal,
) -> Result<SignedIn, FlowError> {
    count(services, client).await?;
    let account = match &refusal.account_id {
        Some(id) => accounts::get(services, id).await?,
        None => None,
    };
    let refusal = proofs::Refusal::from(refusal);
    let action = Action::SignInFailed;
    if let Some(account) = account {
        let claimant = Claimant {
            account_id: &account.id,
            email: account.email.as_deref().unwrap_or_default(),
            device_id: None,
            session_id: None,
        };
        proofs::note(services, client, &claimant, action, &refusal).await?;
    } else {
        let event = Event {
            action,
            actor: None,
            subject: None,
            session: None,
            detail: refusal.reason,
        };
        passwords::note(services, client, &event).await?;
    }
    audit::count_refused("passkey");
    Err(Error::KeyRefused.into())
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
