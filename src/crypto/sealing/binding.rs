use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::SealError;

/// What a sealed secret is for. The names are stored, so they stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The shared secret of a confirmed authenticator app.
    Totp,
    /// The shared secret of one that is not confirmed yet.
    TotpEnrolment,
    /// A recovery code that its owner may see again.
    RecoveryCode,
}

/// The one place in which a sealed secret opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    /// What the secret is for.
    pub purpose: Purpose,
    /// The id of the account whose secret it is.
    pub account: &'a str,
    /// The id of the factor, unique within account and purpose.
    pub factor: &'a str,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain<'a> {
    purpose: Purpose,
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow)]
    factor: Cow<'a, str>,
    #[serde(borrow)]
    secret: Cow<'a, str>,
}

impl Binding<'_> {
    /// The plaintext: names and secret as a JSON object.
    pub(super) fn around(self, secret: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        // Escaped, a byte becomes six at most. A buffer that had to grow would leave copies behind.
        let longest = 100 + 6 * (self.account.len() + self.factor.len() + secret.len());
        let mut plain = Zeroizing::new(Vec::with_capacity(longest));
        let object = Plain {
            purpose: self.purpose,
            account: self.account.into(),
            factor: self.factor.into(),
            secret: secret.into(),
        };
        serde_json::to_writer(&mut *plain, &object)?;
        Ok(plain)
    }

    /// The secret in a plaintext, if that names the same purpose, account and factor.
    pub(super) fn secret_in(self, plain: &[u8]) -> Option<Zeroizing<String>> {
        let object: Plain<'_> = serde_json::from_slice(plain).ok()?;
        let secret = Zeroizing::new(object.secret.into_owned());
        let named = Binding {
            purpose: object.purpose,
            account: &object.account,
            factor: &object.factor,
        };
        (named == self).then_some(secret)
    }
}
