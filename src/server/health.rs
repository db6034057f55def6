//! What a supervisor asks: is the process alive, can it serve. Tells strangers nothing more.

use axum::{extract::State, http::StatusCode};

use super::router::Shared;
use crate::mfa::rotation::flow::{self as rotation, State as KeyState};

/// The process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers too, and every key is there that its secrets need.
pub(super) async fn ready(State(shared): State<Shared>) -> (StatusCode, &'static str) {
    match rotation::status(&shared.services).await {
        Ok(keys) => match keys.iter().find(|held| held.state == KeyState::Missing) {
            None => return (StatusCode::OK, "ready\n"),
            Some(missing) => tracing::error!(
                key = missing.key_id,
                secrets = missing.secrets,
                "not ready: a key is missing in MFA_ENCRYPTION_KEY"
            ),
        },
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "not ready");
        }
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
}
