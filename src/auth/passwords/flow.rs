//! Proves a password at one cost for every wrong try, and changes it.

use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::{
        accounts::flow::{self as accounts, Account},
        devices,
        password_rules::flow as password_rules,
        sessions,
        sessions::flow::RecentAdmin,
        throttle::flow::{self as throttle, Subject},
    },
    crypto::{
        passwords::{Password, PasswordHash, Turn, Verdict},
        token::Token,
    },
    error::Error,
    services::{Client, FlowError, Services},
    store::Tx,
};

/// Where a try is counted: for a browser known to the account, or for a network source.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Counted for the account.
    account: Subject,
    /// Counted for the source; not for a known browser.
    source: Option<Subject>,
    /// Public id of the known browser.
    device: Option<String>,
}

impl Lane {
    /// The lane of a try on `canonical` (an account's canonical username, or what was typed).
    ///
    /// # Errors
    /// [`FlowError::Store`].
    pub async fn find(
        services: &Services,
        client: &Client,
        account: Option<&Account>,
        canonical: &str,
        device: Option<&Token>,
    ) -> Result<Self, FlowError> {
        // looked for whoever it is: a name that is known must not take longer than one that is not
        let id = account.map_or("", |account| &account.id);
        if let Some(id) = devices::flow::recognise(services, id, device).await? {
            return Ok(Self {
                account: Subject::of(&[canonical, "device", &id]),
                source: None,
                device: Some(id),
            });
        }
        Ok(Self {
            account: Subject::of(&[canonical, "source", &client.source]),
            source: Some(Subject::of(&[&client.source])),
            device: None,
        })
    }

    /// Public id of the browser, when it is known to the account.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }
}

/// A password that was right; says so to the limits with [`Proof::accept`].
#[derive(Debug)]
pub struct Proof {
    lane: Lane,
    rehash: Option<PasswordHash>,
}

impl Proof {
    /// Public id of the browser, when it is known to the account.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.lane.device()
    }

    /// In the transaction of what the password was for: clears the failures of this lane only,
    /// and stores the hash anew when its parameters were old.
    ///
    /// # Errors
    /// [`FlowError::Store`].
    pub async fn accept(
        &self,
        services: &Services,
        tx: &mut Tx,
        account: &Account,
    ) -> Result<(), FlowError> {
        // in the order in which `prove` takes them, or two sign-ins could wait for each other
        if let Some(source) = &self.lane.source {
            throttle::give_back(services, tx, throttle::SOURCE, source).await?;
        }
        throttle::clear(tx, throttle::ACCOUNT, &self.lane.account).await?;
        if let Some(hash) = &self.rehash {
            accounts::store_rehash(tx, account, hash).await?;
        }
        Ok(())
    }
}

/// Why a try was refused; for the audit trail, never for the one who tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No such account.
    Unknown,
    /// The account is disabled.
    Disabled,
    /// The account has no password.
    NoPassword,
    /// It was too early for another try.
    TooEarly,
    /// The password is wrong.
    Wrong,
    /// The stored hash cannot be read.
    Corrupt,
}

impl Refused {
    /// For the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown account",
            Self::Disabled => "disabled",
            Self::NoPassword => "no password",
            Self::TooEarly => "too early",
            Self::Wrong => "wrong password",
            Self::Corrupt => "corrupt hash",
        }
    }
}

/// A source that has failed this often lets others go first: of a flood, only the first try of each
/// address stands before an honest person.
const ENOUGH: i64 = 1;

/// Looks whether a password is an account's. Counts the try first, and works as long for an
/// unknown account, a disabled one or a try that comes too early as for a wrong password.
///
/// # Errors
/// [`Error::TooManyTries`] when the source as a whole has to wait, whoever is meant;
/// [`FlowError::Hashing`], [`FlowError::Store`].
pub async fn prove(
    services: &Services,
    lane: Lane,
    account: Option<&Account>,
    password: Password,
) -> Result<Result<Proof, Refused>, FlowError> {
    let mut tx = services.db.begin().await?;
    let failures = match &lane.source {
        Some(source) => throttle::count(services, &mut tx, throttle::SOURCE, source)
            .await?
            .ok_or(Error::TooManyTries)?,
        None => 0,
    };
    let in_time = throttle::take(services, &mut tx, throttle::ACCOUNT, &lane.account).await?;
    tx.commit().await?;
    let turn = if in_time && failures <= ENOUGH {
        Turn::Soon
    } else {
        Turn::Later
    };
    let (hash, refused) = match account {
        _ if !in_time => (None, Refused::TooEarly),
        None => (None, Refused::Unknown),
        Some(account) if account.disabled => (None, Refused::Disabled),
        Some(account) => (account.password_hash.as_deref(), Refused::NoPassword),
    };
    let stored = hash.map(|hash| PasswordHash::stored(hash.to_owned()));
    let verdict = services.passwords.verify(password, stored, turn).await;
    if verdict.is_err() && in_time {
        // it was not looked at, so it was no wrong try; the source still waits behind others
        let mut tx = services.db.begin().await?;
        throttle::give_back(services, &mut tx, throttle::ACCOUNT, &lane.account).await?;
        tx.commit().await?;
    }
    Ok(match verdict? {
        Verdict::Right { rehash } => Ok(Proof { lane, rehash }),
        Verdict::Corrupt => {
            tracing::error!(
                account = account.map(|account| &*account.id),
                "the stored password hash cannot be read"
            );
            Err(Refused::Corrupt)
        }
        Verdict::Wrong => Err(if hash.is_some() {
            Refused::Wrong
        } else {
            refused
        }),
    })
}

/// Changes the caller's password, ends all their other sessions, and answers this session's new token.
///
/// # Errors
/// [`Error::WrongCurrentPassword`], [`Error::PasswordUnchanged`], a password rule's error.
pub async fn change(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    device: Option<&Token>,
    (current, new): (Password, Password),
) -> Result<Token, FlowError> {
    let account = accounts::get(services, who.account_id())
        .await?
        .ok_or(Error::SignInFirst)?;
    let lane = Lane::find(services, client, Some(&account), &account.canonical, device).await?;
    let unchanged = current.expose() == new.expose();
    let proof = match prove(services, lane, Some(&account), current).await? {
        Ok(proof) => proof,
        Err(refused) => {
            note(
                services,
                client,
                &who.event(Action::ReauthenticationFailed, refused.as_str()),
            )
            .await?;
            return Err(Error::WrongCurrentPassword.into());
        }
    };
    // it was right, whatever may be wrong with the new one
    let mut tx = services.db.begin().await?;
    proof.accept(services, &mut tx, &account).await?;
    tx.commit().await?;
    if unchanged {
        return Err(Error::PasswordUnchanged.into());
    }
    let hash = password_rules::hash_new(services, new, &[who.username(), who.email()]).await?;
    let mut tx = services.db.begin().await?;
    if !accounts::hold(&mut tx, &account).await? {
        return Err(Error::WrongCurrentPassword.into());
    }
    accounts::store_password(services, &mut tx, &account.id, &hash).await?;
    devices::flow::forget_others(&mut tx, &account.id, proof.device()).await?;
    let token = sessions::flow::keep_only(services, &mut tx, who).await?;
    audit::record(
        services,
        &mut tx,
        client,
        &who.event(Action::PasswordChanged, ""),
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// Sets an account's password from the shell and ends all its sessions.
///
/// # Errors
/// A password rule's error.
pub async fn set(
    services: &Services,
    client: &Client,
    account: &Account,
    new: Password,
) -> Result<(), FlowError> {
    let email = account.email.as_deref().unwrap_or_default();
    let hash = password_rules::hash_new(services, new, &[&account.username, email]).await?;
    let mut tx = services.db.begin().await?;
    accounts::store_password(services, &mut tx, &account.id, &hash).await?;
    sessions::flow::end_all_of(&mut tx, &account.id).await?;
    devices::flow::forget_all_of(&mut tx, &account.id).await?;
    let event = Event {
        action: Action::PasswordSet,
        actor: None,
        subject: Some(&account.id),
        session: None,
        detail: "",
    };
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes an event that goes with no other change.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn note(
    services: &Services,
    client: &Client,
    event: &Event<'_>,
) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    audit::record(services, &mut tx, client, event).await?;
    tx.commit().await?;
    Ok(())
}
