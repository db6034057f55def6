//! The server function of the settings page.

use leptos::prelude::*;

use super::Overview;
use crate::error::Error;

/// All methods of the caller.
#[server(name = ReadSettings, prefix = "/api", endpoint = "settings")]
pub async fn settings() -> Result<Overview, Error> {
    use crate::{mfa::settings::flow, request};
    let (services, who) = request::holder().await?;
    flow::overview(&services, &who)
        .await
        .map_err(request::refuse)
}
