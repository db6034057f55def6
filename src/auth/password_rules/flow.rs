//! Judges and hashes a new password.

use zeroize::Zeroizing;

use super::domain::{Rules, Weakness};
use crate::{
    crypto::passwords::{Password, PasswordHash},
    error::Error,
    services::{FlowError, Services},
};

/// With a second factor always asked for, a password may be shorter.
fn rules(services: &Services) -> Rules {
    if services.settings.mfa_required {
        Rules::WITH_SECOND_FACTOR
    } else {
        Rules::ONLY_FACTOR
    }
}

/// Checks a new password against the rules and hashes it. `context` holds names it must not be made of.
///
/// # Errors
/// The rule's [`Error`], [`FlowError::Hashing`].
pub async fn hash_new(
    services: &Services,
    password: Password,
    context: &[&str],
) -> Result<PasswordHash, FlowError> {
    let settings = &services.settings;
    let rules = rules(services);
    let brand = &settings.brand;
    let mut words = vec![
        "inmor",
        brand.operator.as_str(),
        brand.name.as_str(),
        brand.tagline.as_str(),
    ];
    words.push(settings.public_url.host());
    words.extend(context.iter().copied().filter(|word| !word.is_empty()));
    // the strength estimate takes milliseconds: not on an async thread
    let candidate = Zeroizing::new(password.expose().to_owned());
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    let judged = tokio::task::spawn_blocking(move || {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        rules.judge(&candidate, &words)
    });
    match judged.await {
        Ok(Ok(())) => Ok(services.passwords.hash(password).await?),
        Ok(Err(weakness)) => Err(error_of(weakness).into()),
        Err(_) => Err(Error::Internal.into()),
    }
}

fn error_of(weakness: Weakness) -> Error {
    match weakness {
        Weakness::TooShort { min } => Error::PasswordTooShort {
            min: u32::try_from(min).unwrap_or(u32::MAX),
        },
        Weakness::TooLong => Error::PasswordTooLong,
        Weakness::Common => Error::PasswordCommon,
        Weakness::Context => Error::PasswordFromContext,
    }
}

/// The least number of characters a new password may have.
#[must_use]
pub fn least_length(services: &Services) -> u32 {
    u32::try_from(rules(services).min_length).unwrap_or(u32::MAX)
}
