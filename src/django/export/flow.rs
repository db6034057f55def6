//! Reads accounts with their factors, and writes them as SQL.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::json;

use super::domain::{self, User};
use crate::{
    auth::accounts::flow::{self as accounts, Account},
    crypto::{hex, passwords::PasswordHash, sealing::ForeignKey},
    django::import::flow as import,
    mfa::{recovery_codes::flow as recovery_codes, totp::flow as totp, webauthn::flow as webauthn},
    services::{FlowError, Services},
};

/// What became of an account. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Its id in `auth_user`.
    pub django_id: i64,
    /// The username.
    pub username: String,
    /// What does not go, and why.
    pub left_behind: Vec<String>,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// An account cannot be read.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes all accounts, secrets sealed with `key`, and answers what became of each.
///
/// # Errors
/// [`ExportError`]; what was written is of no use then.
pub async fn export(
    services: &Services,
    key: &ForeignKey,
    out: &mut dyn Write,
) -> Result<Vec<Written>, ExportError> {
    let known: HashMap<String, i64> = import::ids(services).await?.into_iter().collect();
    let mut next = known.values().copied().max().unwrap_or_default();
    head(services, out)?;
    let mut all = Vec::new();
    for account in accounts::list(services).await? {
        let came_from_there = known.get(&account.id).copied();
        let id = came_from_there.unwrap_or_else(|| {
            next = next.saturating_add(1);
            next
        });
        let mut going = Going {
            services,
            key,
            id,
            knows_itself: came_from_there.is_some(),
            rows: Vec::new(),
            left: Vec::new(),
        };
        let written = going.account(&account).await?;
        for row in &going.rows {
            writeln!(out, "{row}")?;
        }
        all.push(written);
    }
    writeln!(out, "commit;")?;
    out.flush()?;
    Ok(all)
}

fn head(services: &Services, out: &mut dyn Write) -> io::Result<()> {
    let settings = &services.settings;
    writeln!(
        out,
        "-- Accounts for a new site of Django with django-allauth, after its migrations. Keep this file secret.\n\
         -- MFA_WEBAUTHN: the site has to be at {}. MFA_TOTP_DIGITS = {}, MFA_TOTP_PERIOD = {}.\n\
         -- On PostgreSQL, afterwards: select setval(pg_get_serial_sequence('auth_user', 'id'), (select max(id) from auth_user));\n\
         begin;",
        settings.public_url.origin(),
        settings.totp_digits,
        settings.totp_period,
    )
}

/// One account on its way.
struct Going<'a> {
    services: &'a Services,
    key: &'a ForeignKey,
    id: i64,
    /// Whether its passkeys know it by this id.
    knows_itself: bool,
    rows: Vec<String>,
    left: Vec<String>,
}

impl Going<'_> {
    async fn account(&mut self, account: &Account) -> Result<Written, ExportError> {
        let factors = self.app(account).await? | self.keys(account).await?;
        let (codes, any) = self.codes(account, factors).await?;
        let opened_up = !factors && any;
        if opened_up {
            self.left.push(
                "the second factor: none can go, so the account is not active there".to_owned(),
            );
        }
        let password = match &account.password_hash {
            Some(hash) => PasswordHash::stored(hash.clone()).for_django(),
            // as Django writes a password that nobody can type
            None => format!(
                "!{}",
                hex(&self
                    .services
                    .random
                    .bytes::<20>()
                    .map_err(FlowError::from)?)
            ),
        };
        let (first_name, last_name) = accounts::full_name(self.services, &account.id).await?;
        let email = account.email.as_deref().unwrap_or_default();
        let user = User {
            id: self.id,
            username: &account.username,
            email,
            password: &password,
            first_name: &first_name,
            last_name: &last_name,
            active: !account.disabled && !opened_up,
            staff: account.is_staff,
            superuser: account.is_superuser,
            date_joined: account.created_at,
        };
        let mut rows = vec![user.sql()];
        if !email.is_empty() {
            rows.push(domain::address(self.id, email));
        }
        rows.append(&mut self.rows);
        rows.extend(codes);
        self.rows = rows;
        Ok(Written {
            django_id: self.id,
            username: account.username.clone(),
            left_behind: std::mem::take(&mut self.left),
        })
    }

    fn seal(&self, text: &str) -> String {
        self.key.seal(self.services.clock.now(), text)
    }

    /// The oldest app goes, for there can be one.
    async fn app(&mut self, account: &Account) -> Result<bool, FlowError> {
        let apps = totp::moving(self.services, &account.id).await?;
        let mut apps = apps.into_iter();
        let Some(app) = apps.next() else {
            return Ok(false);
        };
        let data = json!({ "secret": self.seal(&app.secret) });
        let (made, used) = (app.created_at, app.last_used_at);
        self.rows
            .push(domain::authenticator(self.id, "totp", &data, made, used));
        self.left.extend(apps.map(|app| {
            format!(
                "authenticator app “{}”: an account has one there",
                app.label
            )
        }));
        Ok(true)
    }

    async fn keys(&mut self, account: &Account) -> Result<bool, FlowError> {
        let settings = &self.services.settings;
        let mut any = false;
        for key in webauthn::moving(self.services, &account.id).await? {
            let object = webauthn::attestation_object(&key);
            let (true, Some(object)) = (key.rp_id == settings.public_url.host(), object) else {
                self.left
                    .push(format!("key “{}”: it was made for {}", key.name, key.rp_id));
                continue;
            };
            if key.key.passkey && !self.knows_itself {
                self.left.push(format!(
                    "key “{}”: it goes as a second factor and cannot sign in alone there",
                    key.name
                ));
            }
            let data = domain::credential(
                &key.name,
                &key.key.credential_id,
                &object,
                &key.key.transports,
                settings.public_url.origin(),
                key.key.passkey && self.knows_itself,
            );
            let (made, used) = (key.created_at, key.last_used_at);
            self.rows.push(domain::authenticator(
                self.id, "webauthn", &data, made, used,
            ));
            any = true;
        }
        Ok(any)
    }

    /// The recovery codes, as a list, of an account whose factors go; and whether it has a factor or
    /// codes at all.
    async fn codes(
        &mut self,
        account: &Account,
        factors: bool,
    ) -> Result<(Option<String>, bool), FlowError> {
        let Some((set, lost)) = recovery_codes::moving(self.services, &account.id).await? else {
            return Ok((None, factors || !self.left.is_empty()));
        };
        if !factors {
            return Ok((None, true));
        }
        if lost > 0 {
            self.left
                .push(format!("{lost} recovery codes: they are hashed here"));
        }
        let codes: Vec<_> = set.codes.iter().map(|(code, _)| self.seal(code)).collect();
        if codes.is_empty() && lost > 0 {
            return Ok((None, true));
        }
        let mut data = json!({ "migrated_codes": codes });
        if let (Some(at), Some(object)) = (set.stored_at, data.as_object_mut()) {
            object.insert("viewed_at".to_owned(), json!(at));
        }
        let row = domain::authenticator(self.id, "recovery_codes", &data, set.created_at, None);
        Ok((Some(row), true))
    }
}
