//! `inmor-mfa keys …`.

use base64::{Engine, prelude::BASE64_URL_SAFE};
use clap::Subcommand;

use super::{run::Failure, say::say};
use crate::crypto::random::Random;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// Print a new Fernet key for `MFA_ENCRYPTION_KEY`
    Generate,
}

/// Needs neither settings nor a database: the key is what they will be set to.
pub(super) fn run(command: &Keys) -> Result<(), Failure> {
    match command {
        Keys::Generate => say(generate(&Random::system())?),
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
