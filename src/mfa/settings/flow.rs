//! Reads all methods of an account; removes them all.

use super::{Overview, RecoveryCodes};
use crate::{
    audit::{
        flow::{Action, Event},
        notices::flow as notices,
    },
    auth::{
        accounts::flow::Account,
        devices::flow as devices,
        sessions::flow::{self as sessions, Holder},
    },
    mfa::{
        ceremonies::flow as ceremonies, factors::flow as factors,
        recovery_codes::flow as recovery_codes, totp::flow as totp, webauthn::flow as webauthn,
    },
    services::{Client, FlowError, Services},
};

/// What the page shows.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn overview(services: &Services, who: &Holder) -> Result<Overview, FlowError> {
    let settings = &services.settings;
    let types = settings.supported_types;
    let account = who.account_id();
    let totp = if types.totp {
        totp::devices(services, who).await?
    } else {
        Vec::new()
    };
    Ok(Overview {
        webauthn: if types.webauthn {
            Some(webauthn::keys_of(services, account).await?)
        } else {
            None
        },
        recovery_codes: if types.recovery_codes {
            Some(RecoveryCodes {
                set: recovery_codes::standing(services, account).await?,
                possible: !totp.is_empty() || factors::count(services, account).await? > 0,
            })
        } else {
            None
        },
        totp: types.totp.then_some(totp),
        development_key: settings.encryption_keys.encrypts_with_development_key(),
        must_enrol: who.clone().admin(services).is_err(),
    })
}

/// Removes all factors and recovery codes of an account, and ends its sessions; for an operator.
/// Says whether there was any factor.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn reset(
    services: &Services,
    client: &Client,
    account: &Account,
) -> Result<bool, FlowError> {
    let mut tx = services.db.begin().await?;
    sessions::hold(&mut tx, &account.id).await?;
    sessions::end_all_of(&mut tx, &account.id).await?;
    let apps = totp::remove_all_of(&mut tx, &account.id).await?;
    let keys = webauthn::remove_all_of(&mut tx, &account.id).await?;
    let codes = recovery_codes::remove_all_of(&mut tx, &account.id).await?;
    ceremonies::end_all_of(&mut tx, &account.id).await?;
    devices::forget_all_of(&mut tx, &account.id).await?;
    let event = Event {
        action: Action::MfaReset,
        actor: None,
        subject: Some(&account.id),
        session: None,
        detail: "",
    };
    let email = account.email.as_deref().unwrap_or_default();
    let told = notices::tell(services, &mut tx, client, &event, email).await?;
    tx.commit().await?;
    told.send(services);
    Ok(apps > 0 || keys > 0 || codes)
}
