//! The server function of the gate's page.

use leptos::prelude::*;

use super::Overview;
use crate::error::Error;

/// The sites and the latest decisions: a superuser's of everybody, anybody else's their own.
#[server(name = ReadGate, prefix = "/api", endpoint = "gate")]
pub async fn overview() -> Result<Overview, Error> {
    use crate::{gate::flow, request};
    let (services, who) = request::admin().await?;
    Ok(flow::overview(&services, &request::decisions()?, &who))
}
