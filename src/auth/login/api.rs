//! The server functions of the sign-in page.

#![allow(
    clippy::unused_async,
    reason = "server functions are, in the build of the server"
)]

use leptos::prelude::*;

use crate::error::Error;

/// Where the person is going, as a path of this site; somebody who is signed in is sent on there.
#[server(prefix = "/api", endpoint = "login/destination")]
pub async fn destination() -> Result<Option<String>, Error> {
    use crate::request;
    // from the address itself: the router's query map decodes twice
    let next = request::query("next");
    match request::visitor().await? {
        Some(_) => request::go_next(next.as_deref())?,
        None => request::forget_dead_session()?,
    }
    Ok(next
        .as_deref()
        .and_then(request::ReturnPath::parse)
        .map(|path| path.as_str().to_owned()))
}

/// Whether a passkey alone signs in.
#[server(prefix = "/api", endpoint = "login/passkey")]
pub async fn takes_passkey() -> Result<bool, Error> {
    use crate::request;
    let settings = request::services()?.settings;
    Ok(settings.passkey_login_enabled && !settings.public_url.is_address())
}

/// Signs in by username or e-mail address and password.
#[server(prefix = "/accounts", endpoint = "login/")]
pub async fn sign_in(
    /// Username or e-mail address.
    login: String,
    /// The password.
    password: String,
    /// A path of this site to go on to.
    next: Option<String>,
) -> Result<(), Error> {
    use crate::{
        auth::login::flow::{self, Outcome},
        request,
    };
    let (services, client) = (request::services()?, request::client()?);
    let password = request::password(password)?;
    let device = request::device()?;
    let outcome = flow::sign_in(&services, &client, &login, password, device.as_ref())
        .await
        .map_err(request::refuse)?;
    let signed_in = match outcome {
        Outcome::SignedIn(signed_in) => signed_in,
        Outcome::SecondStep(token) => {
            request::set_attempt(Some(&token))?;
            return request::go(&request::second_step_path(next.as_deref()));
        }
    };
    request::sign_out_previous(&services, &client).await?;
    request::set_session(&signed_in.session)?;
    request::set_device(signed_in.device.as_ref())?;
    request::go_next(next.as_deref())
}
