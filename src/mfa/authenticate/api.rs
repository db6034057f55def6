//! The server functions of the second step.

use leptos::prelude::*;

use super::Offer;
use crate::error::Error;

/// What the sign-in under way can be completed with.
#[server(name = ReadOffer, prefix = "/api", endpoint = "authenticate/offer")]
pub async fn offer() -> Result<Offer, Error> {
    use crate::{mfa::authenticate::flow, request};
    let services = request::services()?;
    let attempt = request::attempt()?;
    let failure = match flow::offer(&services, attempt.as_ref()).await {
        Ok(offer) => return Ok(offer),
        Err(failure) => failure,
    };
    // somebody who is signed in has nothing to complete
    if request::visitor().await?.is_some() {
        request::go_next(request::query("next").as_deref())?;
        return Err(Error::AttemptOver);
    }
    Err(request::lead_on(failure)?)
}

/// Completes a sign-in by a code.
#[server(prefix = "/accounts", endpoint = "2fa/authenticate/")]
pub async fn authenticate(
    /// A code of an authenticator app, or a recovery code.
    code: String,
    /// A path of this site to go on to.
    next: Option<String>,
) -> Result<(), Error> {
    use crate::{
        mfa::authenticate::flow::{self, Second},
        request,
    };
    let (services, client) = (request::services()?, request::client()?);
    let attempt = request::attempt()?;
    let (signed_in, codes_left) =
        flow::sign_in(&services, &client, attempt.as_ref(), Second::Code(&code))
            .await
            .map_err(request::refuse)?;
    request::sign_out_previous(&services, &client).await?;
    request::set_attempt(None)?;
    request::set_session(&signed_in.session)?;
    request::set_device(signed_in.device.as_ref())?;
    let next = next.or_else(|| request::query("next"));
    match codes_left {
        // what is left is worth a look before anything else
        Some(_) if next.is_none() => request::go("/accounts/2fa/?done=recovery-code-used"),
        _ => request::go_next(next.as_deref()),
    }
}

/// Gives a sign-in under way up.
#[server(prefix = "/accounts", endpoint = "2fa/authenticate/cancel/")]
pub async fn cancel_sign_in() -> Result<(), Error> {
    use crate::{mfa::authenticate::flow, request};
    let services = request::services()?;
    flow::cancel(&services, request::attempt()?.as_ref())
        .await
        .map_err(request::refuse)?;
    request::set_attempt(None)?;
    request::go("/accounts/login/")
}
