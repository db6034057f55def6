//! The table `mfa_webauthn_credential`, and the relying party id in `installation`.

use std::borrow::Cow;

use sqlx::AssertSqlSafe;

use super::domain::NewKey;
use crate::store::{Db, StoreError, Tx, changed, on_db, rows};

/// A key as listed.
#[derive(sqlx::FromRow)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) credential_id: Vec<u8>,
    pub(super) rp_id: String,
    pub(super) name: String,
    pub(super) passkey: bool,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) aaguid: String,
    pub(super) transports: String,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) suspect_at: Option<i64>,
}

/// A key to be added.
pub(super) struct New<'a> {
    pub(super) rp_id: &'a str,
    pub(super) name: Cow<'a, str>,
    pub(super) key: &'a NewKey,
    /// When it was added.
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
}

/// A key with all that is known of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(sqlx::FromRow)]
pub(super) struct Whole {
    pub(super) name: String,
    pub(super) rp_id: String,
    pub(super) credential_id: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    pub(super) sign_count: i64,
    pub(super) passkey: bool,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) backup_state: bool,
    pub(super) aaguid: String,
    pub(super) transports: String,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
}

/// A key to verify an answer with, and whose it is.
#[derive(sqlx::FromRow)]
pub(super) struct Owned {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) user_handle: Vec<u8>,
    pub(super) name: String,
    pub(super) public_key: Vec<u8>,
    pub(super) sign_count: i64,
    pub(super) passkey: bool,
    pub(super) backup_eligible: bool,
}

pub(super) async fn list(db: &Db, account_id: &str) -> Result<Vec<Listed>, StoreError> {
    const SQL: &str = "select id, credential_id, rp_id, name, passkey, user_verified, backup_eligible, aaguid, transports, \
         created_at, last_used_at, suspect_at from mfa_webauthn_credential where account_id = $1 order by created_at, id";
    on_db!(db, pool => sqlx::query_as::<_, Listed>(SQL).bind(account_id).fetch_all(pool))
}

/// The key of a credential id, unless its account is disabled.
pub(super) async fn find(db: &Db, credential_id: &[u8]) -> Result<Option<Owned>, StoreError> {
    const SQL: &str = "select key.id, account_id, user_handle, name, public_key, sign_count, passkey, backup_eligible \
         from mfa_webauthn_credential as key join account on account.id = account_id \
         where credential_id = $1 and disabled_at is null";
    on_db!(db, pool => sqlx::query_as::<_, Owned>(SQL).bind(credential_id).fetch_optional(pool))
}

/// Adds a key, unless any account has one of its credential id or this one has `most` already; says
/// whether it did.
pub(super) async fn insert(
    tx: &mut Tx,
    id: &str,
    account_id: &str,
    new: &New<'_>,
    most: i64,
) -> Result<bool, StoreError> {
    const SQL: &str = "insert into mfa_webauthn_credential (id, account_id, credential_id, rp_id, name, public_key, sign_count, \
         passkey, user_verified, backup_eligible, backup_state, aaguid, transports, created_at, last_used_at) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 \
         where (select count(*) from mfa_webauthn_credential where account_id = $2) < $16 \
         on conflict (credential_id) do nothing";
    let key = new.key;
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(account_id)
            .bind(&key.credential_id)
            .bind(new.rp_id)
            .bind(new.name.as_ref())
            .bind(&key.public_key)
            .bind(key.sign_count)
            .bind(key.passkey)
            .bind(key.user_verified)
            .bind(key.backup_eligible)
            .bind(key.backup_state)
            .bind(&key.aaguid)
            .bind(&key.transports)
            .bind(new.created_at)
            .bind(new.last_used_at)
            .bind(most)
    )
    .map(|rows| rows == 1)
}

/// Rows of one statement.
const ROWS: usize = 50;

/// Those of these credential ids that an account has, each with the account's id.
pub(super) async fn owners(
    tx: &mut Tx,
    credential_ids: &[&[u8]],
) -> Result<Vec<(Vec<u8>, String)>, StoreError> {
    let mut owners = Vec::new();
    for ids in credential_ids.chunks(ROWS) {
        // a look by the index for each: in a list, PostgreSQL would read a table that was small before
        let sql = format!(
            "select column1, (select account_id from mfa_webauthn_credential where credential_id = column1) \
             from (values {}) as asked",
            tx.places(ids.len(), 1)
        );
        let found: Vec<(Vec<u8>, Option<String>)> = rows!(tx, {
            // numbers of parameters are all that was put together
            let query = sqlx::query_as(AssertSqlSafe(sql));
            ids.iter().fold(query, |query, id| query.bind(*id))
        })?;
        let owned = found.into_iter();
        owners.extend(owned.filter_map(|(id, owner)| Some((id, owner?))));
    }
    Ok(owners)
}

/// Adds keys of another system, each with its id and its account's; no account has any of them.
pub(super) async fn adopt(tx: &mut Tx, new: &[(String, &str, New<'_>)]) -> Result<(), StoreError> {
    for new in new.chunks(ROWS) {
        let sql = format!(
            "insert into mfa_webauthn_credential (id, account_id, credential_id, rp_id, name, public_key, sign_count, \
             passkey, user_verified, backup_eligible, backup_state, aaguid, transports, created_at, last_used_at) values {}",
            tx.places(new.len(), 15)
        );
        changed!(tx, {
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for (id, account_id, new) in new {
                let key = new.key;
                query = query
                    .bind(id)
                    .bind(*account_id)
                    .bind(&key.credential_id)
                    .bind(new.rp_id)
                    .bind(new.name.as_ref())
                    .bind(&key.public_key)
                    .bind(key.sign_count)
                    .bind(key.passkey)
                    .bind(key.user_verified)
                    .bind(key.backup_eligible)
                    .bind(key.backup_state)
                    .bind(&key.aaguid)
                    .bind(&key.transports)
                    .bind(new.created_at)
                    .bind(new.last_used_at);
            }
            query
        })?;
    }
    Ok(())
}

/// The keys of an account, the oldest first.
pub(super) async fn whole(db: &Db, account_id: &str) -> Result<Vec<Whole>, StoreError> {
    const SQL: &str = "select name, rp_id, credential_id, public_key, sign_count, passkey, user_verified, backup_eligible, \
         backup_state, aaguid, transports, created_at, last_used_at from mfa_webauthn_credential \
         where account_id = $1 order by created_at, id";
    on_db!(db, pool => sqlx::query_as::<_, Whole>(SQL).bind(account_id).fetch_all(pool))
}

/// Notes a use, unless a signature with this counter or a higher one was accepted before; one caller
/// alone is ever told `true`. A key that does not count stays at 0.
pub(super) async fn spend(
    tx: &mut Tx,
    id: &str,
    sign_count: i64,
    backup_state: bool,
    now: i64,
) -> Result<bool, StoreError> {
    const SQL: &str = "update mfa_webauthn_credential set sign_count = $2, backup_state = $3, last_used_at = $4 \
         where id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0))";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(sign_count)
            .bind(backup_state)
            .bind(now)
    )
    .map(|rows| rows == 1)
}

/// Notes that there may be two of a key.
pub(super) async fn suspect(tx: &mut Tx, id: &str, now: i64) -> Result<(), StoreError> {
    const SQL: &str = "update mfa_webauthn_credential set suspect_at = $2 where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id).bind(now)).map(drop)
}

/// Renames a key of an account; says whether there is one.
pub(super) async fn rename(
    tx: &mut Tx,
    account_id: &str,
    id: &str,
    name: &str,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "update mfa_webauthn_credential set name = $3 where id = $2 and account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(id).bind(name)).map(|rows| rows == 1)
}

/// Removes a key of an account; the last factor only if `even_the_last`.
pub(super) async fn delete(
    tx: &mut Tx,
    account_id: &str,
    id: &str,
    even_the_last: bool,
) -> Result<bool, StoreError> {
    const SQL: &str = "delete from mfa_webauthn_credential where id = $2 and account_id = $1 \
         and ($3 or exists (select 1 from mfa_factor where account_id = $1 and id <> $2))";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(account_id)
            .bind(id)
            .bind(even_the_last)
    )
    .map(|rows| rows == 1)
}

pub(super) async fn delete_all_of(tx: &mut Tx, account_id: &str) -> Result<u64, StoreError> {
    const SQL: &str = "delete from mfa_webauthn_credential where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id))
}

/// The accepted relying party id, and how many keys are not for `rp_id`.
pub(super) async fn party(tx: &mut Tx, rp_id: &str) -> Result<(Option<String>, i64), StoreError> {
    const SQL: &str = "select rp_id, (select count(*) from mfa_webauthn_credential as key where key.rp_id <> $1) \
         from installation where id = 1";
    let mut found = rows!(
        tx,
        sqlx::query_as::<_, (Option<String>, i64)>(SQL).bind(rp_id)
    )?;
    Ok(found.pop().unwrap_or_default())
}

pub(super) async fn set_party(tx: &mut Tx, rp_id: &str) -> Result<(), StoreError> {
    const SQL: &str = "update installation set rp_id = $1 where id = 1";
    changed!(tx, sqlx::query(SQL).bind(rp_id)).map(drop)
}
