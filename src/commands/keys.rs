//! `inmor-mfa keys …`.

use base64::{Engine, prelude::BASE64_URL_SAFE};
use clap::Subcommand;
use indicatif::ProgressBar;
use serde_json::json;

use super::{open, progress, run::Failure, say::say};
use crate::{
    crypto::random::Random,
    mfa::rotation::flow::{self as rotation, Held, State},
    server::settings::Loaded,
    services::{Client, Services},
};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Print a new Fernet key for `MFA_ENCRYPTION_KEY`
    Generate,
    /// Show how many secrets each key holds
    Status {
        /// Print JSON, a key a line
        #[arg(long)]
        json: bool,
    },
    /// Move all secrets under the first key of `MFA_ENCRYPTION_KEY`, while the server runs
    ///
    /// May be stopped at any moment and run again.
    Rotate {
        /// Only say how many secrets would be moved
        #[arg(long)]
        dry_run: bool,
        /// Print JSON, a step a line
        #[arg(long)]
        json: bool,
    },
}

/// Prints a new key. Needs neither settings nor a database: the key is what they will be set to.
pub(super) fn print_new() -> Result<(), Failure> {
    say(generate(&Random::system())?)
}

pub(super) async fn run(loaded: Loaded, command: Keys) -> Result<(), Failure> {
    let services = open::services(loaded.settings).await?;
    let outcome = match command {
        Keys::Generate => print_new(),
        Keys::Status { json } => status(&services, json).await,
        Keys::Rotate {
            dry_run: true,
            json,
        } => {
            let waiting = rotation::waiting(&services).await?;
            let key = services.keyring().first_id();
            if json {
                say(json!({ "waiting": waiting, "key": key }))
            } else {
                say(format_args!(
                    "{waiting} secrets would be moved under the key {key}."
                ))
            }
        }
        Keys::Rotate { json, .. } => rotate(&services, json).await,
    };
    services.db.close().await;
    outcome
}

async fn status(services: &Services, json: bool) -> Result<(), Failure> {
    for Held {
        key_id,
        secrets,
        state,
    } in rotation::status(services).await?
    {
        let (word, words) = match state {
            State::Seals => ("seals", "first: seals what is new"),
            State::Opens => ("opens", "opens what it has sealed"),
            State::Missing => ("missing", "MISSING: what it has sealed cannot be read"),
        };
        if json {
            say(json!({ "key": key_id, "secrets": secrets, "state": word }))?;
        } else {
            say(format_args!("{key_id}  {secrets:>9} secrets  {words}"))?;
        }
    }
    Ok(())
}

async fn rotate(services: &Services, json: bool) -> Result<(), Failure> {
    let key = services.keyring().first_id();
    let waiting = rotation::waiting(services).await?;
    let bar = if json {
        ProgressBar::hidden()
    } else {
        let template = "{bar:40} {human_pos} of {human_len} secrets, {per_sec}, {eta} left";
        progress::bar(Some(waiting), template)?
    };
    let mut said = Ok(());
    let done = rotation::rotate(services, &Client::shell(), |moved| {
        bar.set_position(moved);
        if json && said.is_ok() {
            said = say(json!({ "moved": moved, "of": waiting }));
        }
    })
    .await?;
    bar.finish_and_clear();
    said?;
    if json {
        say(json!({ "moved": done.moved, "unreadable": done.unreadable, "key": key }))?;
    } else {
        say(format_args!(
            "Moved {} secrets under the key {key}.",
            done.moved
        ))?;
    }
    match done.unreadable {
        0 => Ok(()),
        left => Err(format!(
            "{left} secrets were left as they are, because no key opens them: keys status says which key is missing, the log which secrets are damaged"
        )
        .into()),
    }
}

/// 32 random bytes as padded URL-safe Base64, as Python's `Fernet.generate_key()` writes them
/// ([Fernet spec](https://github.com/fernet/spec/blob/master/Spec.md)).
fn generate(random: &Random) -> Result<String, Failure> {
    Ok(BASE64_URL_SAFE.encode(random.bytes::<32>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::settings::Settings;

    #[test]
    fn a_generated_key_is_one_that_the_settings_take() {
        let key = generate(&Random::system()).unwrap();
        assert_eq!(key.len(), 44);
        let set = [
            ("MFA_ENCRYPTION_KEY", key.as_str()),
            ("PUBLIC_URL", "https://mfa.example.org"),
        ];
        assert_eq!(
            Settings::load(None, set)
                .unwrap()
                .settings
                .encryption_keys
                .first()
                .fernet_text(),
            key
        );
    }

    #[test]
    fn without_randomness_there_is_no_key() {
        assert!(generate(&Random::failing()).is_err());
    }
}
