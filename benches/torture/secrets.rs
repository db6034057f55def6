//! Whether every sealed secret in the database opens and says what it has to.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use inmor_mfa::crypto::sealing::{Keyring, Purpose};

use crate::{Outcomes, crowd::binding, ensure, site::Site, support::KEY};

/// The key that takes the place of [`KEY`].
pub const NEW_KEY: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

/// The key of a new installation.
pub fn keyring() -> Outcomes<Keyring> {
    keyring_of(KEY)
}

/// Keys as they are set.
pub fn keyring_of(keys: &str) -> Outcomes<Keyring> {
    let keys = keys.split(',').map(|key| {
        let key = URL_SAFE.decode(key).ok()?;
        <[u8; 32]>::try_from(key).ok()
    });
    let keys: Vec<[u8; 32]> = keys.collect::<Option<_>>().ok_or("no key")?;
    Ok(Keyring::new(&keys).ok_or("no key")?)
}

/// What the secret of each row says, and the tokens in which that was read already.
#[derive(Default)]
pub struct Known {
    secrets: HashMap<String, String>,
    seen: HashMap<String, String>,
}

impl Known {
    pub fn insert(&mut self, row: String, secret: String) {
        self.secrets.insert(row, secret);
    }

    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Opens every secret that is known; codes that were used meanwhile have none any more. Answers how
    /// many there are under each key id.
    pub fn check(&mut self, site: &Site, keyring: &Keyring) -> Outcomes<HashMap<String, usize>> {
        let rows = site.base.texts(
            "select 't ' || id || ' ' || account_id || ' ' || key_id || ' ' || sealed_secret from mfa_totp \
             union all select 'c ' || id || ' ' || account_id || ' ' || coalesce(key_id, '-') || ' ' || coalesce(sealed_code, '-') \
             from mfa_recovery_code where spent_at is null",
        )?;
        let mut keys = HashMap::new();
        let mut found = 0;
        for row in &rows {
            let words: Vec<&str> = row.split(' ').collect();
            let [kind, id, account, key_id, token] = words.as_slice() else {
                return Err(format!("an odd row: {row}").into());
            };
            *keys.entry((*key_id).to_owned()).or_default() += 1;
            let Some(secret) = self.secrets.get(*id) else {
                continue;
            };
            found += 1;
            if self.seen.get(*id).is_some_and(|seen| seen == token) {
                continue;
            }
            let purpose = if *kind == "t" {
                Purpose::Totp
            } else {
                Purpose::RecoveryCode
            };
            let opened = keyring
                .open(token, key_id, binding(purpose, account, id))
                .map_err(|error| format!("the secret of {id} under {key_id} is lost: {error}"))?;
            ensure!(*opened == *secret, "the secret of {id} is another");
            self.seen.insert((*id).to_owned(), (*token).to_owned());
        }
        let spent = site
            .base
            .count("select count(*) from mfa_recovery_code where spent_at is not null")?;
        ensure!(
            found + spent >= self.len(),
            "{found} of {} secrets are there, {spent} were used",
            self.len()
        );
        Ok(keys)
    }
}
