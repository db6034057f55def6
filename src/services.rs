//! What a flow needs from the outside, and how a flow fails.

use std::sync::Arc;

use crate::{
    clock::Clock,
    crypto::{
        passwords::{HashingError, Passwords},
        random::{Random, RandomError},
        sealing::{Keyring, OpenError, SealError},
    },
    error::Error,
    mail::Mailer,
    server::settings::Settings,
    store::{Db, StoreError},
};

/// Everything outside a flow, as arguments. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub db: Db,
    /// Seconds since 1970 UTC.
    pub clock: Clock,
    /// Where tokens and ids come from.
    pub random: Random,
    /// The password hasher and its gate.
    pub passwords: Passwords,
    /// What sends letters to account owners, if anything does.
    pub mailer: Mailer,
    /// What the operator has set.
    pub settings: Arc<Settings>,
}

impl Services {
    /// What seals the secrets that the database must not hold in clear.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        self.settings.encryption_keys.keyring()
    }
}

/// Who sends a request: for limits, the sessions page and the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The address that limits count: IPv4 whole, IPv6 as its /64 network.
    pub source: String,
    /// The address itself, for display.
    pub address: String,
    /// `User-Agent`, at most 200 characters.
    pub user_agent: String,
}

impl Client {
    /// The operator at the shell.
    #[must_use]
    pub fn shell() -> Self {
        Self {
            source: "shell".to_owned(),
            address: "shell".to_owned(),
            user_agent: String::new(),
        }
    }
}

/// Why a flow did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The person asked for something that is refused.
    #[error(transparent)]
    Refused(#[from] Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No hash could be made.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// A secret could not be sealed.
    #[error(transparent)]
    Sealing(#[from] SealError),
    /// A sealed secret could not be opened.
    #[error(transparent)]
    Opening(#[from] OpenError),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
}
