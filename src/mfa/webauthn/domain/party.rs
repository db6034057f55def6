//! The relying party: verifies answers with the library.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use webauthn_rs_core::{
    WebauthnCore,
    error::WebauthnError,
    proto::{
        AttestationFormat, COSEAlgorithm, COSEKey, Credential, ParsedAttestation,
        RegisteredExtensions, UserVerificationPolicy,
    },
};

use super::{Assertion, Attestation, Fault, eddsa};

/// What a key is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signs in by itself: the authenticator keeps it and verifies its user.
    Passkey,
    /// Stands beside the password; takes no place on the authenticator.
    SecurityKey,
    /// Whatever the authenticator makes of it.
    Either,
}

impl Kind {
    /// The name by which the browser asks for it and the ceremony keeps it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
            Self::Either => "",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Passkey, Self::SecurityKey, Self::Either]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// A key that was registered.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug)]
pub struct NewKey {
    /// 1 to 1023 bytes.
    pub credential_id: Vec<u8>,
    /// The `COSE_Key`.
    pub public_key: Vec<u8>,
    /// Counter of its signatures; 0 where it does not count.
    pub sign_count: i64,
    /// Whether it may sign in by itself.
    pub passkey: bool,
    /// Whether its user was verified.
    pub user_verified: bool,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backup_state: bool,
    /// Model of the authenticator, as it says.
    pub aaguid: String,
    /// How it can be reached, separated by blanks.
    pub transports: String,
}

/// A key as the database has it.
#[derive(Debug)]
pub struct StoredKey<'a> {
    /// Its id.
    pub credential_id: &'a [u8],
    /// The `COSE_Key`.
    pub public_key: &'a [u8],
    /// The counter of its last signature.
    pub sign_count: i64,
    /// Whether it signs in by itself, and so has to verify its user always.
    pub passkey: bool,
    /// Whether it may be on several devices; that never changes.
    pub backup_eligible: bool,
}

/// What an authentication has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Counter of the signature.
    pub sign_count: i64,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether the key is on several devices now.
    pub backup_state: bool,
}

/// This site, to authenticators.
#[derive(Debug)]
pub struct RelyingParty {
    library: WebauthnCore,
    id: String,
}

impl RelyingParty {
    /// Signature algorithms by their COSE numbers, the best first.
    pub const ALGORITHMS: [i64; 3] = [
        COSEAlgorithm::ES256 as i64,
        COSEAlgorithm::ES384 as i64,
        COSEAlgorithm::RS256 as i64,
    ];

    /// The party with an id and an origin; `None` when that is no origin.
    #[must_use]
    pub fn new(id: &str, origin: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        // the time is the ceremony's, the name that of the options
        let library = WebauthnCore::new_unsafe_experts_only(
            id,
            id,
            vec![origin],
            Duration::ZERO,
            Some(false),
            Some(false),
        );
        Some(Self {
            library,
            id: id.to_owned(),
        })
    }

    /// Verifies the answer to a registration; the caller has used its challenge up
    /// ([§7.1](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential)).
    ///
    /// # Errors
    /// [`Fault::NotVerified`].
    pub fn register(&self, answer: &Attestation, kind: Kind) -> Result<NewKey, Fault> {
        let verification = match kind {
            Kind::Passkey => UserVerificationPolicy::Required,
            Kind::SecurityKey | Kind::Either => UserVerificationPolicy::Preferred,
        };
        let builder = self
            .library
            .new_challenge_register_builder(&[0], "-", "-")
            .map_err(refuse)?
            .user_verification_policy(verification)
            .credential_algorithms(vec![
                COSEAlgorithm::ES256,
                COSEAlgorithm::ES384,
                COSEAlgorithm::RS256,
            ]);
        let (_, state) = self
            .library
            .generate_challenge_register(builder)
            .map_err(refuse)?;
        let state = with_challenge(&state, &answer.challenge).ok_or(Fault::NotVerified)?;
        let key = self
            .library
            .register_credential(&answer.answer, &state, None)
            .map_err(refuse)?;
        let stays = answer.discoverable != Some(false);
        Ok(NewKey {
            passkey: kind != Kind::SecurityKey && key.user_verified && stays,
            credential_id: key.cred_id,
            public_key: answer.attested.public_key.clone(),
            sign_count: i64::from(key.counter),
            user_verified: key.user_verified,
            backup_eligible: key.backup_eligible,
            backup_state: key.backup_state,
            aaguid: Uuid::from_bytes(answer.attested.aaguid).to_string(),
            transports: answer.transports.clone(),
        })
    }

    /// Verifies an answer with a stored key; the caller has used its challenge up
    /// ([§7.2](https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion)).
    ///
    /// # Errors
    /// [`Fault::NotVerified`]; [`Fault::Counter`] when all is right but the counter.
    pub fn authenticate(
        &self,
        answer: &Assertion,
        key: &StoredKey<'_>,
        verification: bool,
    ) -> Result<Used, Fault> {
        let verification = verification || key.passkey;
        if let Some(public_key) = eddsa::parse(key.public_key) {
            return eddsa::authenticate(&self.id, answer, key, &public_key, verification);
        }
        let policy = if verification {
            UserVerificationPolicy::Required
        } else {
            UserVerificationPolicy::Preferred
        };
        let builder = self
            .library
            .new_challenge_authenticate_builder(Vec::new(), Some(policy))
            .map_err(refuse)?;
        let (_, state) = self
            .library
            .generate_challenge_authenticate(builder)
            .map_err(refuse)?;
        let state = with_challenge(&state, &answer.challenge).ok_or(Fault::NotVerified)?;
        let used = self
            .library
            .authenticate_single_credential(&answer.answer, &state, &credential(key, policy)?)
            .map_err(refuse)?;
        Ok(Used {
            sign_count: i64::from(used.counter()),
            user_verified: used.user_verified(),
            backup_state: used.backup_state(),
        })
    }
}

/// The library's state with our challenge instead of its own: ours comes from the source of
/// randomness that everything else here uses, and is not kept in clear between the two requests.
fn with_challenge<T: Serialize + DeserializeOwned>(state: &T, challenge: &[u8]) -> Option<T> {
    let mut state = serde_json::to_value(state).ok()?;
    let text = BASE64_URL_SAFE_NO_PAD.encode(challenge);
    *state.get_mut("challenge")? = Value::String(text);
    serde_json::from_value(state).ok()
}

/// A stored key as the library knows it.
fn credential(key: &StoredKey<'_>, policy: UserVerificationPolicy) -> Result<Credential, Fault> {
    let public_key = serde_cbor_2::from_slice(key.public_key)
        .map_err(|error| unreadable(&error))
        .and_then(|key: serde_cbor_2::Value| {
            COSEKey::try_from(&key).map_err(|error| unreadable(&error))
        })?;
    Ok(Credential {
        cred_id: key.credential_id.to_vec(),
        cred: public_key,
        counter: u32::try_from(key.sign_count).unwrap_or(u32::MAX),
        transports: None,
        // a key that only stands beside the password need not verify again
        user_verified: false,
        backup_eligible: key.backup_eligible,
        backup_state: false,
        registration_policy: policy,
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    })
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> Fault {
    tracing::error!(error, "a stored public key cannot be read");
    Fault::NotVerified
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it ends here: `map_err(refuse)`"
)]
fn refuse(error: WebauthnError) -> Fault {
    tracing::debug!(%error, "an answer of a key was refused");
    match error {
        WebauthnError::CredentialPossibleCompromise => Fault::Counter,
        _ => Fault::NotVerified,
    }
}
