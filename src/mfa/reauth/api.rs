//! The server functions of the re-authentication page.

use leptos::prelude::*;

use super::Question;
use crate::error::Error;

/// What the page asks for.
#[server(name = ReadQuestion, prefix = "/api", endpoint = "reauthenticate/question")]
pub async fn question(
    /// A path of this site to go on to; without it, that of the address.
    next: Option<String>,
) -> Result<Question, Error> {
    use crate::{mfa::reauth::flow, request};
    let (services, who) = request::holder().await?;
    let next = next.or_else(|| request::query("next"));
    let next = next.and_then(|next| request::ReturnPath::parse(&next));
    flow::question(
        &services,
        &who,
        next.as_ref().map(request::ReturnPath::as_str),
    )
    .await
    .map_err(request::refuse)
}

/// Confirms who is asking, by a code or by the password, whichever the account has.
#[server(prefix = "/accounts", endpoint = "reauthenticate/")]
pub async fn reauthenticate(
    /// A code of an authenticator app, or a recovery code.
    code: Option<String>,
    /// The password of an account without a factor.
    password: Option<String>,
    /// A path of this site to go on to.
    next: Option<String>,
) -> Result<(), Error> {
    use crate::{
        mfa::reauth::flow::{self, Given},
        request,
    };
    let (services, who) = request::holder().await?;
    let given = match (code, password) {
        (Some(code), _) => Given::Code(code),
        (None, Some(password)) => Given::Password(request::password(password)?),
        (None, None) => return Err(Error::BadRequest),
    };
    let device = request::device()?;
    let token = flow::confirm(&services, &request::client()?, &who, device.as_ref(), given)
        .await
        .map_err(request::refuse)?;
    request::set_session(&token)?;
    let next = next.or_else(|| request::query("next"));
    request::go_next(next.as_deref())
}
