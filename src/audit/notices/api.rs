//! The server functions of the notices.

use leptos::prelude::*;

use super::NoticeLine;
use crate::error::Error;

/// What the caller has not yet put aside.
#[server(prefix = "/api", endpoint = "notices")]
pub async fn notices() -> Result<Vec<NoticeLine>, Error> {
    use crate::{audit::notices::flow, request};
    let (services, who) = request::holder().await?;
    flow::list(&services, who.account_id())
        .await
        .map_err(request::refuse)
}

/// Puts notices aside.
#[server(prefix = "/accounts", endpoint = "notices/dismiss/")]
pub async fn dismiss_notices(
    /// Ids of the events, separated by commas.
    ids: String,
    /// A path of this site to go on to.
    next: Option<String>,
) -> Result<(), Error> {
    use crate::{audit::notices::flow, request};
    let (services, who) = request::holder().await?;
    flow::dismiss(&services, who.account_id(), ids.split(','))
        .await
        .map_err(request::refuse)?;
    request::go_next(next.as_deref())
}
