//! The table `setup_link`.

use crate::store::{Db, StoreError, Tx, changed, on_db};

pub(super) async fn insert(tx: &mut Tx, hash: &[u8], expires_at: i64) -> Result<(), StoreError> {
    const SQL: &str = "insert into setup_link (token_hash, expires_at) values ($1, $2)";
    changed!(tx, sqlx::query(SQL).bind(hash).bind(expires_at)).map(drop)
}

pub(super) async fn delete_expired(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from setup_link where expires_at <= $1";
    changed!(tx, sqlx::query(SQL).bind(now))
}

pub(super) async fn find(db: &Db, hash: &[u8], now: i64) -> Result<bool, StoreError> {
    const SQL: &str = "select expires_at from setup_link where token_hash = $1 and expires_at > $2";
    let row = on_db!(db, pool => sqlx::query_scalar::<_, i64>(SQL).bind(hash).bind(now).fetch_optional(pool))?;
    Ok(row.is_some())
}

/// Uses a link up; only one caller ever is told `true`.
pub(super) async fn spend(tx: &mut Tx, hash: &[u8], now: i64) -> Result<bool, StoreError> {
    const SQL: &str = "delete from setup_link where token_hash = $1 and expires_at > $2";
    changed!(tx, sqlx::query(SQL).bind(hash).bind(now)).map(|rows| rows == 1)
}
