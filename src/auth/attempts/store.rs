//! The table `login_attempt`.

use crate::store::{Db, StoreError, Tx, changed, on_db};

/// An attempt to be added.
pub(super) struct New<'a> {
    pub(super) id: &'a str,
    pub(super) hash: &'a [u8],
    pub(super) account_id: &'a str,
    pub(super) device_id: Option<&'a str>,
    pub(super) password_changed_at: Option<i64>,
    pub(super) now: i64,
    pub(super) expires_at: i64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) device_id: Option<String>,
    pub(super) password_changed_at: Option<i64>,
}

pub(super) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<(), StoreError> {
    const SQL: &str = "insert into login_attempt \
         (id, token_hash, account_id, device_id, password_changed_at, tries, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, 0, $6, $7)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(new.id)
            .bind(new.hash)
            .bind(new.account_id)
            .bind(new.device_id)
            .bind(new.password_changed_at)
            .bind(new.now)
            .bind(new.expires_at)
    )
    .map(drop)
}

/// The attempt of a token hash, unless it is over, or its account disabled or given another password.
pub(super) async fn find(
    db: &Db,
    hash: &[u8],
    now: i64,
    tries: i64,
) -> Result<Option<Row>, StoreError> {
    const SQL: &str = "select login_attempt.id, account_id, device_id, login_attempt.password_changed_at \
         from login_attempt join account on account.id = account_id \
         where token_hash = $1 and expires_at > $2 and tries < $3 and disabled_at is null \
         and account.password_changed_at is not distinct from login_attempt.password_changed_at";
    on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).bind(hash).bind(now).bind(tries).fetch_optional(pool))
}

/// Counts one more try, unless all are used or the time is over: then no row changes.
pub(super) async fn take(tx: &mut Tx, id: &str, now: i64, tries: i64) -> Result<bool, StoreError> {
    const SQL: &str = "update login_attempt set tries = tries + 1 where id = $1 and expires_at > $2 and tries < $3";
    changed!(tx, sqlx::query(SQL).bind(id).bind(now).bind(tries)).map(|rows| rows == 1)
}

pub(super) async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "delete from login_attempt where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id)).map(|rows| rows == 1)
}

pub(super) async fn delete_all_of(tx: &mut Tx, account_id: &str) -> Result<(), StoreError> {
    const SQL: &str = "delete from login_attempt where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(drop)
}

/// Deletes every sign-in under way, of everybody.
pub(super) async fn delete_everybodys(tx: &mut Tx) -> Result<(), StoreError> {
    changed!(tx, sqlx::query("delete from login_attempt")).map(drop)
}

pub(super) async fn purge(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from login_attempt where id in \
         (select id from login_attempt where expires_at <= $1 limit 1000)";
    changed!(tx, sqlx::query(SQL).bind(now))
}
