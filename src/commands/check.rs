//! `inmor-mfa check`: the settings in force and where each comes from; then whether they work.

use super::{open, run::Failure, say::say};
use crate::server::settings::{Effective, Loaded};

/// Earliest plausible time: 2026-01-01. A clock before that is not set.
const PLAUSIBLE: i64 = 1_767_225_600;

/// Prints the effective settings and what is wrong.
pub(super) async fn check(loaded: Loaded, json: bool) -> Result<(), Failure> {
    if json {
        for one in &loaded.effective {
            say(as_json(one))?;
        }
    } else {
        say(loaded.describe().trim_end())?;
    }
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let services = open::services(loaded.settings).await?;
    services.db.ping().await?;
    open::check_keys(&services).await?;
    open::check_party(&services, false).await?;
    if services.clock.now() < PLAUSIBLE {
        return Err("the system clock is not set: codes and sessions need the right time".into());
    }
    if !json {
        say("\nSettings, keys, database and clock are in order.")?;
    }
    Ok(())
}

fn as_json(one: &Effective) -> serde_json::Value {
    serde_json::json!({ "name": one.name, "value": one.value, "origin": one.origin.to_string() })
}
