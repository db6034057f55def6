//! Rows as SQL that both databases of Django read.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

/// A row of `auth_user`.
pub struct User<'a> {
    /// Its id.
    pub id: i64,
    /// The username.
    pub username: &'a str,
    /// The address; may be empty.
    pub email: &'a str,
    /// The hash, as Django writes them.
    pub password: &'a str,
    /// Given name.
    pub first_name: &'a str,
    /// Family name.
    pub last_name: &'a str,
    /// Whether it may sign in.
    pub active: bool,
    /// Whether it may use Django's admin.
    pub staff: bool,
    /// Whether it may do everything there.
    pub superuser: bool,
    /// When it was made, in seconds since 1970 UTC.
    pub date_joined: i64,
}

/// A text as a literal: with standard strings, a quote is all that needs care.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A time, in seconds since 1970 UTC, as a literal; `null` for one that no calendar has.
fn at(seconds: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]+00:00");
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(format).ok())
        .map_or_else(|| "null".to_owned(), |time| text(&time))
}

impl User<'_> {
    /// The statement that adds it.
    #[must_use]
    pub fn sql(&self) -> String {
        format!(
            "insert into auth_user (id, username, email, password, first_name, last_name, is_active, is_staff, is_superuser, date_joined) \
             values ({}, {}, {}, {}, {}, {}, {}, {}, {}, {});",
            self.id,
            text(self.username),
            text(self.email),
            text(self.password),
            text(self.first_name),
            text(self.last_name),
            self.active,
            self.staff,
            self.superuser,
            at(self.date_joined),
        )
    }
}

/// The statement that adds a primary address. It counts as verified: an operator or its owner gave it.
#[must_use]
pub fn address(user_id: i64, email: &str) -> String {
    format!(
        "insert into account_emailaddress (user_id, email, verified, \"primary\") values ({user_id}, {}, true, true);",
        text(&email.to_lowercase())
    )
}

/// The statement that adds an authenticator.
#[must_use]
pub fn authenticator(
    user_id: i64,
    kind: &str,
    data: &Value,
    created_at: i64,
    last_used_at: Option<i64>,
) -> String {
    format!(
        "insert into mfa_authenticator (user_id, type, data, created_at, last_used_at) values ({user_id}, {}, {}, {}, {});",
        text(kind),
        text(&data.to_string()),
        at(created_at),
        last_used_at.map_or_else(|| "null".to_owned(), at),
    )
}

/// A key as django-allauth stores it: the answer to a registration, with as much of it as is read there.
#[must_use]
pub fn credential(
    name: &str,
    id: &[u8],
    attestation_object: &[u8],
    transports: &str,
    origin: &str,
    alone: bool,
) -> Value {
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    // of another registration than this one; nobody looks at more than its form
    let client_data = json!({ "type": "webauthn.create", "challenge": "AA", "origin": origin, "crossOrigin": false });
    json!({
        "name": name,
        "credential": {
            "type": "public-key",
            "id": encode(id),
            "rawId": encode(id),
            "response": {
                "clientDataJSON": encode(client_data.to_string().as_bytes()),
                "attestationObject": encode(attestation_object),
                "transports": transports.split_whitespace().collect::<Vec<_>>(),
            },
            "clientExtensionResults": { "credProps": { "rk": alone } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn django_export_quotes_what_people_write() {
        let row = authenticator(7, "totp", &json!({ "name": "o'b\\\"; drop --" }), 0, None);
        assert_eq!(
            row,
            "insert into mfa_authenticator (user_id, type, data, created_at, last_used_at) values \
             (7, 'totp', '{\"name\":\"o''b\\\\\\\"; drop --\"}', '1970-01-01 00:00:00+00:00', null);"
        );
        assert!(address(7, "O'Brien@Example.org").contains("'o''brien@example.org', true, true"));
        assert_eq!(at(i64::MAX), "null");
    }
}
