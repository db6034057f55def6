//! The server functions of the first-run page.

use leptos::prelude::*;

use crate::error::Error;

/// Whether the first-run page is there and its link valid.
#[server(prefix = "/api", endpoint = "setup")]
pub async fn setup_link() -> Result<(), Error> {
    use crate::{auth::setup::flow, request};
    let token = request::query("token").and_then(|text| request::token(&text));
    flow::look(&request::services()?, token.as_ref())
        .await
        .map_err(request::refuse)
}

/// Makes the first administrator. The token is in the form or, as in the printed link, in the address.
#[server(prefix = "/accounts", endpoint = "setup/")]
pub async fn set_up(
    /// Of the printed link.
    token: Option<String>,
    /// Username.
    login: String,
    /// E-mail address; may be missing or empty.
    email: Option<String>,
    /// Password.
    password: String,
) -> Result<(), Error> {
    use crate::{auth::accounts::flow::Wanted, auth::setup::flow, request};
    let (services, client) = (request::services()?, request::client()?);
    let token = token
        .or_else(|| request::query("token"))
        .and_then(|text| request::token(&text));
    let password = request::password(password)?;
    let wanted = Wanted {
        username: &login,
        email: email.as_deref().unwrap_or_default(),
        password,
    };
    let signed_in = flow::finish(&services, &client, token.as_ref(), wanted)
        .await
        .map_err(request::refuse)?;
    request::set_session(&signed_in.session)?;
    request::set_device(signed_in.device.as_ref())?;
    request::go("/?done=set-up")
}
