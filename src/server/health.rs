//! What a supervisor asks: is the process alive, can it serve. Tells strangers nothing more.

use axum::{extract::State, http::StatusCode};

use super::router::Shared;
use crate::mfa::rotation::flow as rotation;

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers too, and every key is there that its secrets need.
pub(super) async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    match rotation::missing(&shared.services).await {
        Ok(None) => return (StatusCode::OK, "ready\n"),
        Ok(Some(key)) => {
            tracing::error!(key, "not ready: a key is missing in MFA_ENCRYPTION_KEY");
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "not ready");
        }
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
}
