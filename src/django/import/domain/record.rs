//! A user with what belongs to it, as read.

use serde_json::Value;
use time::{PrimitiveDateTime, macros::format_description};

/// A row of `auth_user` with its addresses and authenticators.
pub struct Record {
    /// Its id.
    pub id: i64,
    /// The username.
    pub username: String,
    /// The password hash.
    pub password: String,
    /// The address beside the username; may be empty.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Whether it may sign in.
    pub active: bool,
    /// Whether it may use Django's admin.
    pub staff: bool,
    /// Whether it may do everything there.
    pub superuser: bool,
    /// When it was made, as text.
    pub date_joined: String,
    /// Its rows of `account_emailaddress`, by id.
    pub addresses: Vec<Address>,
    /// Its rows of `mfa_authenticator`, by id.
    pub authenticators: Vec<Authenticator>,
}

/// A row of `account_emailaddress`.
pub struct Address {
    /// The address.
    pub email: String,
    /// Whether its owner has shown that it is theirs.
    pub verified: bool,
    /// Whether it is the one that counts.
    pub primary: bool,
}

/// A row of `mfa_authenticator`.
pub struct Authenticator {
    /// `totp`, `webauthn` or `recovery_codes`.
    pub kind: String,
    /// What it holds, as text.
    pub data: String,
    /// When it was added, as text.
    pub created_at: String,
    /// When it was last used.
    pub last_used_at: Option<String>,
}

impl Authenticator {
    /// What it holds; `null` when that is no JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_default()
    }
}

/// The address that an account has: the primary one, else a verified one, else any, else the one beside
/// the username.
#[must_use]
pub fn address(record: &Record) -> Option<&str> {
    let rows = &record.addresses;
    let listed = rows
        .iter()
        .find(|row| row.primary)
        .or_else(|| rows.iter().find(|row| row.verified))
        .or_else(|| rows.first())
        .map(|row| row.email.as_str());
    listed
        .or(Some(record.email.as_str()))
        .filter(|email| !email.trim().is_empty())
}

/// Seconds since 1970 UTC of a time as both databases write it, `2026-11-24 15:39:57.186088`; what
/// follows the seconds is not looked at.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let text = text.get(..19)?.replace('T', " ");
    let time = PrimitiveDateTime::parse(&text, format).ok()?;
    Some(time.assume_utc().unix_timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn django_times_of_both_databases_are_read() {
        for text in [
            "2026-11-24 15:39:57.186088",
            "2026-11-24 15:39:57.186+00",
            "2026-11-24 15:39:57",
            "2026-11-24T15:39:57Z",
        ] {
            assert_eq!(seconds(text), Some(1_795_534_797), "{text}");
        }
        for text in ["", "yesterday", "2026-13-24 15:39:57", "2026-11-24"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn django_addresses_are_the_primary_the_verified_any_or_the_one_beside_the_name() {
        let row = |email: &str, verified, primary| Address {
            email: email.to_owned(),
            verified,
            primary,
        };
        let mut record = Record {
            id: 1,
            username: String::new(),
            password: String::new(),
            email: "beside@example.org".to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            active: true,
            staff: false,
            superuser: false,
            date_joined: String::new(),
            addresses: vec![
                row("any@example.org", false, false),
                row("verified@example.org", true, false),
                row("primary@example.org", false, true),
            ],
            authenticators: Vec::new(),
        };
        for expected in ["primary", "verified", "any", "beside"] {
            assert_eq!(
                address(&record),
                Some(format!("{expected}@example.org").as_str())
            );
            record.addresses.pop();
        }
        record.email = " ".to_owned();
        assert_eq!(address(&record), None);
    }
}
