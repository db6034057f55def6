//! Adds keys.

use serde_json::Value;

use super::{MOST, default_name, relying_party};
use crate::{
    audit::flow::Action,
    auth::{
        accounts::flow as accounts,
        sessions::flow::{Enroller, Method},
    },
    error::Error,
    mfa::{
        ceremonies::flow::{self as ceremonies, Owner, Purpose},
        factors::flow::{self as factors, Change},
        webauthn::{
            domain::{self, Attestation, Fault, Kind, NewKey, Wanted},
            store,
        },
    },
    services::{Client, FlowError, Services},
};

/// Begins the addition of a key of a kind (empty for whatever the authenticator makes of it) and
/// answers what the browser is asked.
///
/// # Errors
/// [`Error::NotFound`] where the type is switched off, [`Error::BadRequest`] for an unknown kind,
/// [`Error::TooManyKeys`].
pub async fn start_registration(
    services: &Services,
    who: &Enroller,
    kind: &str,
) -> Result<Value, FlowError> {
    let (_, rp_id, _) = relying_party(services)?;
    let kind = Kind::parse(kind).ok_or(Error::BadRequest)?;
    let account = who.account_id();
    let keys = store::list(&services.db, account).await?;
    if i64::try_from(keys.len()).unwrap_or(MOST) >= MOST {
        return Err(Error::TooManyKeys.into());
    }
    let owner = Owner::id(who.session_id());
    let (purpose, state) = (Purpose::Registration, kind.as_str());
    let challenge = ceremonies::begin(services, purpose, &owner, Some(account), state).await?;
    let wanted = Wanted {
        rp_id,
        rp_name: &services.settings.webauthn_rp_name,
        user_handle: &accounts::user_handle(services, account).await?,
        username: who.username(),
        kind,
    };
    let known = keys
        .iter()
        .map(|key| (key.credential_id.as_slice(), key.transports.as_str()));
    Ok(domain::creation_options(&wanted, &challenge, known))
}

/// Adds the key that an answer is of. Answers its public id.
///
/// # Errors
/// [`Error::KeyRefused`] for whatever is wrong with the answer, [`Error::TooManyKeys`],
/// [`Error::LabelNotAllowed`].
pub async fn register(
    services: &Services,
    client: &Client,
    who: &Enroller,
    name: &str,
    answer: &Value,
) -> Result<(String, Change), FlowError> {
    let key = match verify(services, who, answer).await? {
        Ok(key) => key,
        Err(fault) => {
            tracing::info!(reason = fault.as_str(), "a key was not added");
            return Err(Error::KeyRefused.into());
        }
    };
    let default = domain::vendor(&key.aaguid).unwrap_or(default_name(key.passkey));
    let name = factors::label(name, default)?;
    let (now, account) = (services.clock.now(), who.account_id());
    let id = services.random.uuid_v7(now)?;
    let method = if key.backup_eligible {
        Method::Swk
    } else {
        Method::Hwk
    };
    let mut tx = services.db.begin().await?;
    let token = factors::begin_change(services, &mut tx, who, Some(method)).await?;
    let new = store::New {
        rp_id: services.settings.public_url.host(),
        name: name.as_str().into(),
        key: &key,
        created_at: now,
        last_used_at: None,
    };
    if !store::insert(&mut tx, &id, account, &new, MOST).await? {
        let count = store::list(&services.db, account).await?.len();
        let full = i64::try_from(count).unwrap_or(MOST) >= MOST;
        return Err(if full {
            Error::TooManyKeys
        } else {
            Error::KeyRefused
        }
        .into());
    }
    let change = factors::added(services, tx, client, who, token, Action::KeyAdded, &name).await?;
    Ok((id, change))
}

/// Uses the ceremony up, whatever the answer is, and then looks at the answer.
async fn verify(
    services: &Services,
    who: &Enroller,
    answer: &Value,
) -> Result<Result<NewKey, Fault>, FlowError> {
    let (party, _, origin) = relying_party(services)?;
    let challenge = domain::challenge_of(answer).unwrap_or_default();
    let owner = Owner::id(who.session_id());
    let state = ceremonies::consume(services, Purpose::Registration, &owner, &challenge).await?;
    let Some(kind) = state.as_deref().and_then(Kind::parse) else {
        return Ok(Err(Fault::Answer("no such ceremony")));
    };
    Ok(Attestation::parse(answer, origin).and_then(|answer| party.register(&answer, kind)))
}
