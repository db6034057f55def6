//! The table `known_device`.

use crate::store::{Db, StoreError, Tx, changed, on_db, rows};

/// Browsers remembered for an account; the one unused for longest makes room.
const MOST: i64 = 10;

pub(super) async fn find(
    db: &Db,
    account_id: &str,
    hash: &[u8],
    since: i64,
) -> Result<Option<String>, StoreError> {
    const SQL: &str = "select id from known_device where token_hash = $1 and account_id = $2 and last_used_at >= $3";
    on_db!(db, pool => sqlx::query_scalar(SQL).bind(hash).bind(account_id).bind(since).fetch_optional(pool))
}

pub(super) async fn touch(tx: &mut Tx, id: &str, now: i64) -> Result<bool, StoreError> {
    const SQL: &str = "update known_device set last_used_at = $2 where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id).bind(now)).map(|rows| rows == 1)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: &str,
    account_id: &str,
    hash: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into known_device (id, account_id, token_hash, created_at, last_used_at) values ($1, $2, $3, $4, $4)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(account_id)
            .bind(hash)
            .bind(now)
    )
    .map(drop)
}

/// Whether an account has a remembered browser.
pub(super) async fn any(tx: &mut Tx, account_id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "select id from known_device where account_id = $1 limit 1";
    let ids = rows!(tx, sqlx::query_scalar::<_, String>(SQL).bind(account_id))?;
    Ok(!ids.is_empty())
}

/// Forgets all but the latest browsers of an account; the newest stays, whichever were used in its second.
pub(super) async fn keep_latest(
    tx: &mut Tx,
    account_id: &str,
    newest: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from known_device where account_id = $1 and id <> $3 and id not in \
         (select id from known_device where account_id = $1 and id <> $3 order by last_used_at desc, id desc limit $2)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(account_id)
            .bind(MOST - 1)
            .bind(newest)
    )
    .map(drop)
}

/// Forgets all browsers of an account but one; an empty id is that of none.
pub(super) async fn delete_all_but(
    tx: &mut Tx,
    account_id: &str,
    kept: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from known_device where account_id = $1 and id <> $2";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(kept)).map(drop)
}
