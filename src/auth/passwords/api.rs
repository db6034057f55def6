//! The server function of the page that changes a password.

use leptos::prelude::*;

use crate::error::Error;

/// Changes the caller's password.
#[server(prefix = "/accounts", endpoint = "password/change/")]
pub async fn change_password(
    /// The current password.
    password: String,
    /// The one to have from now on.
    new_password: String,
) -> Result<(), Error> {
    use crate::{auth::passwords::flow, request};
    let (services, who) = request::recent_admin().await?;
    let passwords = (
        request::password(password)?,
        request::password(new_password)?,
    );
    let device = request::device()?;
    let token = flow::change(
        &services,
        &request::client()?,
        &who,
        device.as_ref(),
        passwords,
    )
    .await
    .map_err(request::refuse)?;
    request::set_session(&token)?;
    request::go("/?done=password-changed")
}

/// The least number of characters a new password may have.
#[server(prefix = "/api", endpoint = "password-rules")]
pub async fn least_length() -> Result<u32, Error> {
    use crate::{auth::password_rules::flow, request};
    std::future::ready(request::services().map(|services| flow::least_length(&services))).await
}
