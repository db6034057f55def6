//! What an event says.

/// What can happen. The text is what the table holds and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A person has signed in.
    SignedIn,
    /// A try to sign in was refused.
    SignInFailed,
    /// A person has signed out.
    SignedOut,
    /// A session was ended from the list of sessions.
    SessionEnded,
    /// All sessions but one were ended.
    OtherSessionsEnded,
    /// An account was made.
    AccountCreated,
    /// An account may no longer sign in.
    AccountDisabled,
    /// An account may sign in again.
    AccountEnabled,
    /// Roles were given to an account or taken; the detail is what it has now.
    RolesChanged,
    /// A password was set by its owner.
    PasswordChanged,
    /// A password was set by an operator.
    PasswordSet,
    /// A signed-in person has confirmed who they are.
    Reauthenticated,
    /// A try to confirm who one is failed.
    ReauthenticationFailed,
    /// The password was right and the second factor was not.
    SecondFactorFailed,
    /// A factor was closed after too many wrong codes in a row.
    FactorClosed,
    /// An authenticator app was added; the detail is its label.
    FactorAdded,
    /// An authenticator app was removed; the detail is its label.
    FactorRemoved,
    /// A security key or passkey was added; the detail is its name.
    KeyAdded,
    /// A security key or passkey was removed; the detail is its name.
    KeyRemoved,
    /// A security key or passkey was renamed; the detail is its new name.
    KeyRenamed,
    /// The counter of a key went back, so there may be two of it; the detail is its name.
    KeySuspect,
    /// All factors of an account were removed by an operator.
    MfaReset,
    /// A set of recovery codes was made with the first factor.
    RecoveryCodesCreated,
    /// A set of recovery codes took the place of another.
    RecoveryCodesReplaced,
    /// A recovery code was used; the detail is how many are left.
    RecoveryCodeUsed,
    /// The recovery codes were shown to their owner.
    RecoveryCodesViewed,
    /// A browser that was not known has signed in.
    NewBrowser,
    /// A first-run link was printed.
    SetupLinkIssued,
    /// Secrets were moved under the first key; the detail is how many, and the key's id.
    KeysRotated,
    /// A backup was put in the place of the database; what follows happened after it.
    DatabaseRestored,
    /// An account came over from another system; the detail names it there.
    AccountImported,
    /// An account was brought up to date with another system; the detail names it there.
    AccountRefreshed,
    /// Secrets of an account were found sealed with a key that everybody knows; the detail says which.
    FactorExposed,
    /// A signed-in person asked for a part of a site that is not for their role; the detail says which.
    GateDenied,
}

impl Action {
    /// The stored text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "sign_in",
            Self::SignInFailed => "sign_in.failed",
            Self::SignedOut => "sign_out",
            Self::SessionEnded => "session.ended",
            Self::OtherSessionsEnded => "session.others_ended",
            Self::AccountCreated => "account.created",
            Self::AccountDisabled => "account.disabled",
            Self::AccountEnabled => "account.enabled",
            Self::RolesChanged => "account.roles",
            Self::PasswordChanged => "password.changed",
            Self::PasswordSet => "password.set",
            Self::Reauthenticated => "reauthentication",
            Self::ReauthenticationFailed => "reauthentication.failed",
            Self::SecondFactorFailed => "second_factor.failed",
            Self::FactorClosed => "factor.closed",
            Self::FactorAdded => "factor.added",
            Self::FactorRemoved => "factor.removed",
            Self::KeyAdded => "key.added",
            Self::KeyRemoved => "key.removed",
            Self::KeyRenamed => "key.renamed",
            Self::KeySuspect => "key.suspect",
            Self::MfaReset => "mfa.reset",
            Self::RecoveryCodesCreated => "recovery_codes.created",
            Self::RecoveryCodesReplaced => "recovery_codes.replaced",
            Self::RecoveryCodeUsed => "recovery_codes.used",
            Self::RecoveryCodesViewed => "recovery_codes.viewed",
            Self::NewBrowser => "browser.new",
            Self::SetupLinkIssued => "setup_link.issued",
            Self::KeysRotated => "keys.rotated",
            Self::DatabaseRestored => "database.restored",
            Self::AccountImported => "account.imported",
            Self::AccountRefreshed => "account.refreshed",
            Self::FactorExposed => "factor.exposed",
            Self::GateDenied => "gate.denied",
        }
    }
}

/// One event. Ids are public ids; nothing in it is secret.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// What happened.
    pub action: Action,
    /// Account id of who did it; `None` for a stranger or the shell.
    pub actor: Option<&'a str>,
    /// Account id of whom it happened to.
    pub subject: Option<&'a str>,
    /// Public id of the session it happened in.
    pub session: Option<&'a str>,
    /// Why, or how, in a fixed word (`wrong password`, `pwd`), or what its owner calls it.
    pub detail: &'a str,
}
