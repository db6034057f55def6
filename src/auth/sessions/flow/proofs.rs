//! Proofs of who is signed in, and of what they may do. A value of each is only made from a live session.

use std::ops::Deref;

use crate::{
    audit::flow::{Action, Event},
    auth::sessions::{domain, store::Row},
    error::Error,
    services::Services,
};

/// Whoever holds a live session, whatever they may do in it. Only a live session gives one.
#[derive(Clone, Debug)]
pub struct Holder {
    account_id: String,
    username: String,
    email: Option<String>,
    session_id: String,
    session_hash: Vec<u8>,
    authenticated_at: i64,
    reauthenticated_at: i64,
    key_shown_at: Option<i64>,
    methods: String,
    full_name: String,
    is_staff: bool,
    is_superuser: bool,
}

impl Holder {
    /// Id of the account.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The username, as its owner writes it.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The e-mail address; empty when there is none.
    #[must_use]
    pub fn email(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }

    /// The e-mail address, where there is one.
    #[must_use]
    pub(super) fn email_address(&self) -> Option<String> {
        self.email.clone()
    }

    /// First and last name; empty when neither is known.
    #[must_use]
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Whether the account has the role `staff`.
    #[must_use]
    pub const fn is_staff(&self) -> bool {
        self.is_staff
    }

    /// Whether the account has the role `superuser`.
    #[must_use]
    pub const fn is_superuser(&self) -> bool {
        self.is_superuser
    }

    /// Stored names of the methods that were used.
    #[must_use]
    pub fn methods(&self) -> &str {
        &self.methods
    }

    /// When the session was signed in, seconds since 1970 UTC.
    #[must_use]
    pub const fn authenticated_at(&self) -> i64 {
        self.authenticated_at
    }

    /// When its holder was last confirmed, seconds since 1970 UTC.
    #[must_use]
    pub const fn reauthenticated_at(&self) -> i64 {
        self.reauthenticated_at
    }

    /// When its holder last showed a security key or passkey, seconds since 1970 UTC.
    #[must_use]
    pub const fn key_shown_at(&self) -> Option<i64> {
        self.key_shown_at
    }

    /// Public id of the session.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session_id
    }

    /// The session, and the hash of the token that was shown for it here.
    #[must_use]
    pub fn session(&self) -> (&str, &[u8]) {
        (&self.session_id, &self.session_hash)
    }

    /// An event that this person causes on their own account.
    #[must_use]
    pub fn event<'a>(&'a self, action: Action, detail: &'a str) -> Event<'a> {
        Event {
            action,
            actor: Some(&self.account_id),
            subject: Some(&self.account_id),
            session: Some(&self.session_id),
            detail,
        }
    }

    /// The administrator that this person is, if the policy asks for no factor that they lack.
    ///
    /// # Errors
    /// [`Error::EnrolFirst`].
    pub fn admin(self, services: &Services) -> Result<Admin, Error> {
        if services.settings.mfa_required && !domain::has_factor(&self.methods) {
            return Err(Error::EnrolFirst);
        }
        Ok(Admin(self))
    }

    /// Proof that this person may add a factor: they have confirmed themselves lately.
    ///
    /// # Errors
    /// [`Error::ConfirmFirst`].
    pub fn enroller(self, services: &Services) -> Result<Enroller, Error> {
        self.be_recent(services)?;
        Ok(Enroller(self))
    }

    fn be_recent(&self, services: &Services) -> Result<(), Error> {
        let (timeout, now) = (
            services.settings.reauthentication_timeout,
            services.clock.now(),
        );
        if domain::is_recent(self.reauthenticated_at, timeout, now) {
            Ok(())
        } else {
            Err(Error::ConfirmFirst)
        }
    }
}

impl From<Row> for Holder {
    fn from(row: Row) -> Self {
        Self {
            account_id: row.account_id,
            username: row.username,
            email: row.email,
            session_id: row.id,
            session_hash: row.token_hash,
            authenticated_at: row.authenticated_at,
            reauthenticated_at: row.reauthenticated_at,
            key_shown_at: row.key_shown_at,
            methods: row.methods,
            full_name: format!("{} {}", row.first_name, row.last_name)
                .trim()
                .to_owned(),
            is_staff: row.is_staff,
            is_superuser: row.is_superuser,
        }
    }
}

/// Proof that the caller is signed in as the policy asks.
#[derive(Clone, Debug)]
pub struct Admin(Holder);

impl Admin {
    /// The same with the proof of a confirmation within the timeout.
    ///
    /// # Errors
    /// [`Error::ConfirmFirst`].
    pub fn recent(self, services: &Services) -> Result<RecentAdmin, Error> {
        self.be_recent(services)?;
        Ok(RecentAdmin(self))
    }
}

impl Deref for Admin {
    type Target = Holder;

    fn deref(&self) -> &Holder {
        &self.0
    }
}

/// Proof that an administrator has confirmed lately who they are.
#[derive(Clone, Debug)]
pub struct RecentAdmin(Admin);

impl Deref for RecentAdmin {
    type Target = Admin;

    fn deref(&self) -> &Admin {
        &self.0
    }
}

/// Proof that the caller may add a factor, which somebody whom the policy lets do nothing else may too.
#[derive(Clone, Debug)]
pub struct Enroller(Holder);

impl Deref for Enroller {
    type Target = Holder;

    fn deref(&self) -> &Holder {
        &self.0
    }
}
