//! The table `gate_ticket`.

use crate::store::{StoreError, Tx, changed, rows};

/// A ticket to be written.
pub(super) struct New<'a> {
    pub(super) hash: &'a [u8],
    pub(super) browser_hash: &'a [u8],
    pub(super) session: (&'a str, &'a [u8]),
    pub(super) host: &'a str,
    pub(super) uri: &'a str,
    pub(super) expires_at: i64,
}

/// A ticket by its hash, that of the browser's cookie, and its host.
type Ticket<'a> = (&'a [u8], &'a [u8], &'a str);

/// What a ticket is good for.
#[derive(sqlx::FromRow)]
pub(super) struct Found {
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
            .bind(new.session.0)
            .bind(new.session.1)
            .bind(new.host)
            .bind(new.uri)
            .bind(new.expires_at)
    )
    .map(drop)
}

/// A ticket that has not run out.
pub(super) async fn find(
    tx: &mut Tx,
    (hash, browser_hash, host): Ticket<'_>,
    now: i64,
) -> Result<Option<Found>, StoreError> {
    const SQL: &str = "select session_id, session_hash, uri from gate_ticket \
         where ticket_hash = $1 and browser_hash = $2 and host = $3 and expires_at > $4";
    let found = rows!(
        tx,
        sqlx::query_as::<_, Found>(SQL)
            .bind(hash)
            .bind(browser_hash)
            .bind(host)
            .bind(now)
    )?;
    Ok(found.into_iter().next())
}

/// Takes a ticket away that has not run out; says whether it was there still.
pub(super) async fn take(
    tx: &mut Tx,
    (hash, browser_hash, host): Ticket<'_>,
    now: i64,
) -> Result<bool, StoreError> {
    const SQL: &str = "delete from gate_ticket where ticket_hash = $1 and browser_hash = $2 and host = $3 \
         and expires_at > $4";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(hash)
            .bind(browser_hash)
            .bind(host)
            .bind(now)
    )
    .map(|rows| rows == 1)
}

/// Deletes at most a thousand tickets that have run out.
pub(super) async fn purge(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from gate_ticket where ticket_hash in \
         (select ticket_hash from gate_ticket where expires_at <= $1 limit 1000)";
    changed!(tx, sqlx::query(SQL).bind(now))
}
