//! The server functions of authenticator apps.

use leptos::prelude::*;

use super::{Deactivation, Enrolment};
use crate::error::Error;

/// The app that is being set up.
#[server(name = ReadEnrolment, prefix = "/api", endpoint = "totp/enrolment")]
pub async fn enrolment() -> Result<Enrolment, Error> {
    use crate::{mfa::totp::flow, request};
    let (services, who) = request::enroller().await?;
    flow::enrolment(&services, &who)
        .await
        .map_err(request::refuse)
}

/// Adds the app that is being set up, once one of its codes is right.
#[server(prefix = "/accounts", endpoint = "2fa/totp/activate/")]
pub async fn activate_totp(
    /// A current code.
    code: String,
    /// What the owner calls the device.
    name: Option<String>,
) -> Result<(), Error> {
    use crate::{mfa::totp::flow, request};
    let (services, who) = request::enroller().await?;
    let label = name.unwrap_or_default();
    let change = flow::activate(&services, &request::client()?, &who, &code, &label)
        .await
        .map_err(request::refuse)?;
    request::set_session(&change.token)?;
    request::go(if change.made_codes {
        "/accounts/2fa/recovery-codes/?done=totp-activated"
    } else {
        "/accounts/2fa/?done=totp-activated"
    })
}

/// Replaces the secret that is being set up.
#[server(prefix = "/accounts", endpoint = "2fa/totp/activate/new-secret/")]
pub async fn new_totp_secret() -> Result<(), Error> {
    use crate::{mfa::totp::flow, request};
    let (services, who) = request::enroller().await?;
    flow::renew(&services, &who)
        .await
        .map_err(request::refuse)?;
    request::go("/accounts/2fa/totp/activate/?done=new-secret")
}

/// What deactivating means for the caller.
#[server(name = ReadDeactivation, prefix = "/api", endpoint = "totp/deactivation")]
pub async fn deactivation() -> Result<Deactivation, Error> {
    use crate::{mfa::totp::flow, request};
    let (services, who) = request::recent_admin().await?;
    let id = request::query("id");
    flow::deactivation(&services, &who, id.as_deref())
        .await
        .map_err(request::refuse)
}

/// Removes an app.
#[server(prefix = "/accounts", endpoint = "2fa/totp/deactivate/")]
pub async fn deactivate_totp(
    /// Public id of the app; not needed where there is one.
    id: Option<String>,
) -> Result<(), Error> {
    use crate::{mfa::totp::flow, request};
    let (services, who) = request::recent_admin().await?;
    let id = id.or_else(|| request::query("id"));
    let token = flow::deactivate(&services, &request::client()?, &who, id.as_deref())
        .await
        .map_err(request::refuse)?;
    request::set_session(&token)?;
    request::go("/accounts/2fa/?done=totp-deactivated")
}
