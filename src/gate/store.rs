//! The table `gate_ticket`.

use crate::store::{StoreError, Tx, changed, rows};

/// A ticket to be written.
pub(super) struct New<'a> {
    pub(super) hash: &'a [u8],
    pub(super) browser_hash: &'a [u8],
    pub(super) session_id: &'a str,
    pub(super) session_hash: &'a [u8],
    pub(super) host: &'a str,
    pub(super) uri: &'a str,
    pub(super) expires_at: i64,
}

/// A ticket that was used.
#[derive(sqlx::FromRow)]
pub(super) struct Used {
    pub(super) session_id: String,
    pub(super) session_hash: Vec<u8>,
    pub(super) uri: String,
}

pub(super) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<(), StoreError> {
    const SQL: &str = "insert into gate_ticket (ticket_hash, browser_hash, session_id, session_hash, host, uri, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(new.hash)
            .bind(new.browser_hash)
            .bind(new.session_id)
            .bind(new.session_hash)
            .bind(new.host)
            .bind(new.uri)
            .bind(new.expires_at)
    )
    .map(drop)
}

/// Takes a ticket away, if it is for this host and browser and has not run out.
pub(super) async fn take(
    tx: &mut Tx,
    hash: &[u8],
    browser_hash: &[u8],
    host: &str,
    now: i64,
) -> Result<Option<Used>, StoreError> {
    const SQL: &str = "delete from gate_ticket where ticket_hash = $1 and browser_hash = $2 and host = $3 \
         and expires_at > $4 returning session_id, session_hash, uri";
    let used = rows!(
        tx,
        sqlx::query_as::<_, Used>(SQL)
            .bind(hash)
            .bind(browser_hash)
            .bind(host)
            .bind(now)
    )?;
    Ok(used.into_iter().next())
}

/// Deletes at most a thousand tickets that have run out.
pub(super) async fn purge(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from gate_ticket where ticket_hash in \
         (select ticket_hash from gate_ticket where expires_at <= $1 limit 1000)";
    changed!(tx, sqlx::query(SQL).bind(now))
}
