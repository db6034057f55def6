//! The server functions of recovery codes.

use leptos::prelude::*;

use super::{SetStanding, Shown};
use crate::error::Error;

/// The caller's codes. Where they are shown once, asking uses that up.
#[server(prefix = "/api", endpoint = "recovery-codes")]
pub async fn recovery_codes() -> Result<Shown, Error> {
    use crate::{mfa::recovery_codes::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::show(
        &services,
        &request::client()?,
        &who,
        request::is_looked_at()?,
    )
    .await
    .map_err(request::refuse)
}

/// How the caller's set stands, if there is one.
#[server(name = ReadStandingOfSet, prefix = "/api", endpoint = "recovery-codes/standing")]
pub async fn set_standing() -> Result<Option<SetStanding>, Error> {
    use crate::{mfa::recovery_codes::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::own_standing(&services, &who)
        .await
        .map_err(request::refuse)
}

/// Notes that the caller has stored the codes.
#[server(prefix = "/accounts", endpoint = "2fa/recovery-codes/")]
pub async fn keep_recovery_codes() -> Result<(), Error> {
    use crate::{mfa::recovery_codes::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::keep(&services, &who).await.map_err(request::refuse)?;
    request::go("/accounts/2fa/?done=codes-stored")
}

/// Replaces the caller's codes.
#[server(prefix = "/accounts", endpoint = "2fa/recovery-codes/generate/")]
pub async fn generate_recovery_codes() -> Result<(), Error> {
    use crate::{mfa::recovery_codes::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::replace(&services, &request::client()?, &who)
        .await
        .map_err(request::refuse)?;
    request::go("/accounts/2fa/recovery-codes/?done=codes-generated")
}
