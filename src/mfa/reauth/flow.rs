//! Asks who it is, and notes the answer.

use serde_json::Value;

use super::{Question, domain};
use crate::{
    audit::flow::{self as audit, Action},
    auth::{
        accounts::flow as accounts,
        devices::flow as devices,
        passwords::flow::{self as passwords, Lane},
        sessions::flow::{self as sessions, Holder, Method},
    },
    crypto::{passwords::Password, token::Token},
    error::Error,
    mfa::{
        authenticate::flow as authenticate,
        ceremonies::flow::{Owner, Purpose},
        factors::flow as factors,
        proofs::flow::{self as proofs, Claimant},
        totp::flow as totp,
        webauthn::flow as webauthn,
    },
    services::{Client, FlowError, Services},
};

/// What somebody gives to confirm who they are.
pub enum Given {
    /// A code, of whichever kind.
    Code(String),
    /// The answer of a key.
    Key(Value),
    /// The password.
    Password(Password),
}

/// What to ask the holder of a session who wants to go on to `next`.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn question(
    services: &Services,
    who: &Holder,
    next: Option<&str>,
) -> Result<Question, FlowError> {
    let path = next.unwrap_or_default();
    let mut purpose = domain::purpose(path).to_owned();
    if path.starts_with("/accounts/2fa/totp/deactivate/")
        && let Some(id) = domain::id(path)
        && let Some(label) = totp::label_of(services, who, &id).await?
    {
        purpose = format!("Deactivate authenticator app “{label}”");
    }
    if path.starts_with("/accounts/2fa/webauthn/")
        && let Some((id, verb)) = domain::key(path)
        && let Some(name) = webauthn::name_of(services, who, id).await?
    {
        purpose = format!("{verb} key “{name}”");
    }
    let factors = if factors::count(services, who.account_id()).await? > 0 {
        Some(authenticate::of_account(services, who.account_id()).await?)
    } else {
        None
    };
    Ok(Question {
        purpose,
        username: who.username().to_owned(),
        factors,
        next: next.map(str::to_owned),
    })
}

/// Confirms the holder of a session and answers the session's new token. A password is not enough for
/// an account with a factor.
///
/// # Errors
/// [`Error::WrongCode`], [`Error::DeviceClock`], [`Error::TooManyCodes`], [`Error::FactorUnreadable`] for
/// a code; [`Error::KeyRefused`] for a key; [`Error::WrongCurrentPassword`] for a password.
pub async fn confirm(
    services: &Services,
    client: &Client,
    who: &Holder,
    device: Option<&Token>,
    given: Given,
) -> Result<Token, FlowError> {
    let has_factor = factors::count(services, who.account_id()).await? > 0;
    match given {
        Given::Code(text) if has_factor => {
            let given = proofs::Given::Code(&text);
            by_factor(services, client, who, device, given).await
        }
        Given::Key(answer) if has_factor => {
            let given = proofs::Given::Key {
                purpose: Purpose::Reauthentication,
                owner: &Owner::id(who.session_id()),
                answer: &answer,
            };
            by_factor(services, client, who, device, given).await
        }
        Given::Password(password) if !has_factor => {
            by_password(services, client, who, device, password).await
        }
        Given::Code(_) => Err(Error::WrongCurrentPassword.into()),
        Given::Password(_) => Err(Error::WrongCode.into()),
        Given::Key(_) => Err(Error::KeyRefused.into()),
    }
}

/// What the browser of a session is asked for an answer of a key.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off.
pub async fn ask(services: &Services, who: &Holder) -> Result<Value, FlowError> {
    let (owner, account) = (Owner::id(who.session_id()), who.account_id());
    webauthn::ask(services, Purpose::Reauthentication, &owner, Some(account)).await
}

async fn by_factor(
    services: &Services,
    client: &Client,
    who: &Holder,
    device: Option<&Token>,
    given: proofs::Given<'_>,
) -> Result<Token, FlowError> {
    let known = devices::recognise(services, who.account_id(), device).await?;
    let claimant = Claimant {
        account_id: who.account_id(),
        email: who.email(),
        device_id: known.as_deref(),
        session_id: Some(who.session_id()),
    };
    let failed = Action::ReauthenticationFailed;
    let proof = match proofs::prove(services, &claimant, given).await? {
        Ok(proof) => proof,
        Err(refusal) => {
            proofs::note(services, client, &claimant, failed, &refusal).await?;
            return Err(refusal.told.into());
        }
    };
    let mut tx = services.db.begin().await?;
    let token = sessions::confirm(services, &mut tx, who, proof.method()).await?;
    let Some(spent) = proof.spend(services, &mut tx, client, &claimant).await? else {
        drop(tx);
        let refusal = proof.lost(services).await?;
        proofs::note(services, client, &claimant, failed, &refusal).await?;
        return Err(refusal.told.into());
    };
    let event = who.event(Action::Reauthenticated, proof.method().as_str());
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    spent.send(services);
    Ok(token)
}

async fn by_password(
    services: &Services,
    client: &Client,
    who: &Holder,
    device: Option<&Token>,
    password: Password,
) -> Result<Token, FlowError> {
    let account = accounts::get(services, who.account_id())
        .await?
        .ok_or(Error::SignInFirst)?;
    let lane = Lane::find(services, client, Some(&account), &account.canonical, device).await?;
    let proof = match passwords::prove(services, lane, Some(&account), password).await? {
        Ok(proof) => proof,
        Err(refused) => {
            let event = who.event(Action::ReauthenticationFailed, refused.as_str());
            passwords::note(services, client, &event).await?;
            return Err(Error::WrongCurrentPassword.into());
        }
    };
    let mut tx = services.db.begin().await?;
    proof.accept(services, &mut tx, &account).await?;
    if !accounts::hold(&mut tx, &account).await? {
        return Err(Error::WrongCurrentPassword.into());
    }
    let token = sessions::confirm(services, &mut tx, who, Method::Pwd).await?;
    let event = who.event(Action::Reauthenticated, Method::Pwd.as_str());
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(token)
}
