//! Counts a try, looks whether what was given is right, and spends it.

use serde_json::Value;

use crate::{
    audit::{
        flow::{self as audit, Action, Event},
        notices::flow as notices,
    },
    auth::{
        sessions::flow::{self as sessions, Method},
        throttle::flow::{self as throttle, Subject},
    },
    error::Error,
    mfa::{
        ceremonies::flow::{Owner, Purpose},
        recovery_codes::flow as recovery_codes,
        totp::flow::{self as totp, clock_off},
        webauthn::flow::{self as webauthn, Suspect},
    },
    services::{Client, FlowError, Services},
    store::Tx,
};

/// What somebody gives.
#[derive(Clone, Copy, Debug)]
pub enum Given<'a> {
    /// A code, of whichever kind, as typed.
    Code(&'a str),
    /// The answer of a key.
    Key {
        /// What for.
        purpose: Purpose,
        /// The browser that was asked.
        owner: &'a Owner,
        /// The answer.
        answer: &'a Value,
    },
}

/// Whoever says that they are the owner of an account, and where they say so.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// Id of the account.
    pub account_id: &'a str,
    /// The account's e-mail address; empty when there is none.
    pub email: &'a str,
    /// Public id of the browser, when it is known to the account.
    pub device_id: Option<&'a str>,
    /// Public id of the session, when there is one.
    pub session_id: Option<&'a str>,
}

impl Claimant<'_> {
    fn event<'a>(&'a self, action: Action, detail: &'a str) -> Event<'a> {
        Event {
            action,
            actor: self.session_id.map(|_| self.account_id),
            subject: Some(self.account_id),
            session: self.session_id,
            detail,
        }
    }
}

/// Something right that is still to be spent.
#[derive(Debug)]
pub struct Proof {
    kind: Kind,
    /// What the try was counted for; nothing for a key.
    subject: Option<Subject>,
}

#[derive(Debug)]
enum Kind {
    Totp(totp::Match),
    RecoveryCode(recovery_codes::Match),
    Key(webauthn::Match),
}

/// Something that was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for the audit trail.
    pub reason: &'static str,
    /// The factor that this try has closed, in words.
    pub closed: Option<&'static str>,
    /// The key that there may be two of.
    suspect: Option<Suspect>,
    /// Whether the code was right once, and is used.
    was_right: bool,
    /// Whether the account has no such factor.
    no_factor: bool,
    /// What the person is told, who has given the right password or is signed in.
    pub told: Error,
}

impl Refusal {
    const fn wrong(reason: &'static str) -> Self {
        Self {
            reason,
            closed: None,
            suspect: None,
            was_right: false,
            no_factor: false,
            told: Error::WrongCode,
        }
    }

    fn used(reason: &'static str) -> Self {
        Self {
            was_right: true,
            ..Self::wrong(reason)
        }
    }
}

impl From<totp::Refusal> for Refusal {
    fn from(refusal: totp::Refusal) -> Self {
        match refusal {
            totp::Refusal::None => Self {
                no_factor: true,
                ..Self::wrong("no authenticator app")
            },
            totp::Refusal::Closed => Self::wrong("authenticator app closed"),
            totp::Refusal::Wrong { closes } => Self {
                closed: closes.then_some("authenticator app"),
                ..Self::wrong("wrong code")
            },
            totp::Refusal::Used => Self::used("used code"),
            totp::Refusal::Off(seconds) => Self {
                told: clock_off(seconds),
                ..Self::wrong("clock off")
            },
            totp::Refusal::Unreadable => Self {
                told: Error::FactorUnreadable,
                ..Self::wrong("secret unreadable")
            },
        }
    }
}

impl From<recovery_codes::Refusal> for Refusal {
    fn from(refusal: recovery_codes::Refusal) -> Self {
        match refusal {
            recovery_codes::Refusal::None => Self::wrong("no recovery codes"),
            recovery_codes::Refusal::Closed => Self::wrong("recovery codes closed"),
            recovery_codes::Refusal::Wrong { closes } => Self {
                closed: closes.then_some("set of recovery codes"),
                ..Self::wrong("wrong recovery code")
            },
            recovery_codes::Refusal::Used => Self::used("used recovery code"),
        }
    }
}

impl From<webauthn::Refusal> for Refusal {
    fn from(refusal: webauthn::Refusal) -> Self {
        Self {
            suspect: refusal.suspect,
            told: Error::KeyRefused,
            ..Self::wrong(refusal.reason)
        }
    }
}

/// Tries what was given.
///
/// # Errors
/// [`Error::TooManyCodes`] when it is too early for another code; [`FlowError::Store`].
pub async fn prove(
    services: &Services,
    claimant: &Claimant<'_>,
    given: Given<'_>,
) -> Result<Result<Proof, Refusal>, FlowError> {
    match given {
        Given::Code(text) => try_code(services, claimant, text).await,
        Given::Key {
            purpose,
            owner,
            answer,
        } => {
            let account = Some(claimant.account_id);
            let tried = webauthn::prove(services, purpose, owner, account, answer).await?;
            Ok(tried
                .map(|right| Proof {
                    kind: Kind::Key(right),
                    subject: None,
                })
                .map_err(Refusal::from))
        }
    }
}

/// What a code may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    App,
    Set,
}

/// Tries a code as what it looks like. A code of another system may look like one of an app, where those
/// are of as many digits: then it is tried as both.
async fn try_code(
    services: &Services,
    claimant: &Claimant<'_>,
    text: &str,
) -> Result<Result<Proof, Refusal>, FlowError> {
    let of_set = recovery_codes::is_code(services, claimant.account_id, text).await?;
    let of_app = totp::is_code(services, text);
    if !of_set {
        return try_as(services, claimant, text, Kept::App).await;
    }
    if !of_app {
        return try_as(services, claimant, text, Kept::Set).await;
    }
    match try_as(services, claimant, text, Kept::App).await? {
        Err(refusal) if !refusal.was_right => {
            let second = try_as(services, claimant, text, Kept::Set).await?;
            // what is said of the app, whose codes these mostly are, unless there is none
            Ok(second.map_err(|other| if refusal.no_factor { other } else { refusal }))
        }
        outcome => Ok(outcome),
    }
}

/// Tries a code. The try is counted, and that committed, before the code is looked at.
async fn try_as(
    services: &Services,
    claimant: &Claimant<'_>,
    text: &str,
    kept: Kept,
) -> Result<Result<Proof, Refusal>, FlowError> {
    let account = claimant.account_id;
    let factor = match kept {
        Kept::App => "totp",
        Kept::Set => "recovery codes",
    };
    let subject = match claimant.device_id {
        Some(device) => Subject::of(&[account, factor, "device", device]),
        None => Subject::of(&[account, factor]),
    };
    // first the account, then its limits, then its factors: everybody in this order
    let mut tx = services.db.begin().await?;
    if !sessions::hold(&mut tx, account).await? {
        return Ok(Err(Refusal::wrong("disabled")));
    }
    if !throttle::take(services, &mut tx, throttle::CODE, &subject).await? {
        return Err(Error::TooManyCodes.into());
    }
    let tried = match kept {
        Kept::Set => {
            let counted = recovery_codes::take(services, &mut tx, account).await?;
            tx.commit().await?;
            recovery_codes::try_code(services, account, counted, text)
                .await?
                .map(Kind::RecoveryCode)
                .map_err(Refusal::from)
        }
        Kept::App => {
            let counted = totp::take(services, &mut tx, account).await?;
            tx.commit().await?;
            totp::try_code(services, account, counted, text)
                .await?
                .map(Kind::Totp)
                .map_err(Refusal::from)
        }
    };
    match tried {
        Ok(kind) => Ok(Ok(Proof {
            kind,
            subject: Some(subject),
        })),
        Err(refusal) => {
            if refusal.was_right {
                give_back(services, &subject).await?;
            }
            Ok(Err(refusal))
        }
    }
}

/// A code that was right and is used is no guess: it must not slow who sent a form twice.
async fn give_back(services: &Services, subject: &Subject) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    throttle::give_back(services, &mut tx, throttle::CODE, subject).await?;
    tx.commit().await?;
    Ok(())
}

impl Proof {
    /// How it proves who somebody is.
    #[must_use]
    pub const fn method(&self) -> Method {
        match &self.kind {
            Kind::Totp(_) => Method::Otp,
            Kind::RecoveryCode(_) => Method::Rc,
            Kind::Key(right) => right.method(),
        }
    }

    /// What is to be said of something that somebody else has spent a moment before.
    ///
    /// # Errors
    /// [`FlowError::Store`].
    pub async fn lost(&self, services: &Services) -> Result<Refusal, FlowError> {
        if let Kind::Key(right) = &self.kind {
            return Ok(right.lost().into());
        }
        if let Some(subject) = &self.subject {
            give_back(services, subject).await?;
        }
        Ok(Refusal::used("used code"))
    }

    /// Spends it in the transaction of what it is for; `None` when somebody else was faster. The
    /// caller holds the account. What is answered is to be sent after the commit.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn spend(
        &self,
        services: &Services,
        tx: &mut Tx,
        client: &Client,
        claimant: &Claimant<'_>,
    ) -> Result<Option<Spent>, FlowError> {
        if let Some(subject) = &self.subject {
            throttle::clear(tx, throttle::CODE, subject).await?;
        }
        let silently = |spent: bool| {
            spent.then_some(Spent {
                codes_left: None,
                told: None,
            })
        };
        match &self.kind {
            Kind::Totp(right) => {
                let spent = totp::spend(services, tx, claimant.account_id, right).await?;
                Ok(silently(spent))
            }
            Kind::Key(right) => Ok(silently(webauthn::spend(services, tx, right).await?)),
            Kind::RecoveryCode(right) => {
                let spent = recovery_codes::spend(services, tx, claimant.account_id, right).await?;
                let Some(left) = spent else {
                    return Ok(None);
                };
                let detail = left.to_string();
                let event = claimant.event(Action::RecoveryCodeUsed, &detail);
                let told = notices::tell(services, tx, client, &event, claimant.email).await?;
                Ok(Some(Spent {
                    codes_left: Some(left),
                    told: Some(told),
                }))
            }
        }
    }
}

/// Something that was spent.
pub struct Spent {
    /// Recovery codes that are left, when it was one.
    pub codes_left: Option<usize>,
    told: Option<notices::Told>,
}

impl Spent {
    /// Tells the owner, once it is committed.
    pub fn send(self, services: &Services) {
        if let Some(told) = self.told {
            told.send(services);
        }
    }
}

/// Records that something was refused, and tells the owner what they must know of it.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn note(
    services: &Services,
    client: &Client,
    claimant: &Claimant<'_>,
    action: Action,
    refusal: &Refusal,
) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    let event = claimant.event(action, refusal.reason);
    let told = if action == Action::SecondFactorFailed {
        Some(notices::tell(services, &mut tx, client, &event, claimant.email).await?)
    } else {
        audit::record(services, &mut tx, client, &event).await?;
        None
    };
    let suspect = match &refusal.suspect {
        Some(key) => {
            webauthn::suspect(services, &mut tx, key).await?;
            let event = claimant.event(Action::KeySuspect, &key.name);
            Some(notices::tell(services, &mut tx, client, &event, claimant.email).await?)
        }
        None => None,
    };
    let closed = match refusal.closed {
        Some(factor) => {
            let event = claimant.event(Action::FactorClosed, factor);
            Some(notices::tell(services, &mut tx, client, &event, claimant.email).await?)
        }
        None => None,
    };
    tx.commit().await?;
    for told in [told, suspect, closed].into_iter().flatten() {
        told.send(services);
    }
    Ok(())
}
