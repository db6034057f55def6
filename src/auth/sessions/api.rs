//! The server functions of the sessions page, the home page and signing out.

use leptos::prelude::*;

use super::{SessionLine, Standing};
use crate::error::Error;

/// What the home page shows of the one who asks.
#[server(name = ReadStanding, prefix = "/api", endpoint = "standing")]
pub async fn standing() -> Result<Standing, Error> {
    use crate::{auth::sessions::flow, request};
    let (services, who) = request::admin().await?;
    flow::standing(&services, &who)
        .await
        .map_err(request::refuse)
}

/// The caller's sessions.
#[server(prefix = "/api", endpoint = "sessions")]
pub async fn sessions() -> Result<Vec<SessionLine>, Error> {
    use crate::{auth::sessions::flow, request};
    let (services, who) = request::admin().await?;
    flow::list(&services, &who).await.map_err(request::refuse)
}

/// Ends one of the caller's sessions.
#[server(prefix = "/accounts", endpoint = "sessions/end/")]
pub async fn end_session(
    /// Public id of the session.
    id: String,
) -> Result<(), Error> {
    use crate::{auth::sessions::flow, request};
    let (services, who) = request::recent_admin().await?;
    flow::end(&services, &request::client()?, &who, &id)
        .await
        .map_err(request::refuse)?;
    request::go("/accounts/sessions/?done=session-ended")
}

/// Ends all of the caller's sessions but this one.
#[server(prefix = "/accounts", endpoint = "sessions/end-others/")]
pub async fn end_other_sessions() -> Result<(), Error> {
    use crate::{auth::sessions::flow, request};
    let (services, who) = request::recent_admin().await?;
    let device = request::device()?;
    let token = flow::end_others(&services, &request::client()?, &who, device.as_ref())
        .await
        .map_err(request::refuse)?;
    request::set_session(&token)?;
    request::go("/accounts/sessions/?done=others-ended")
}

/// Signs the caller out; done already when nobody is signed in.
#[server(prefix = "/accounts", endpoint = "logout/")]
pub async fn sign_out() -> Result<(), Error> {
    use crate::{auth::sessions::flow, request};
    if let Some((services, who)) = request::visitor().await? {
        flow::sign_out(&services, &request::client()?, &who)
            .await
            .map_err(request::refuse)?;
    }
    request::clear_session()?;
    request::go("/accounts/login/?done=signed-out")
}
