//! The table `webauthn_ceremony`.

use crate::store::{StoreError, Tx, changed, rows};

/// A ceremony to be added.
pub(super) struct New<'a> {
    pub(super) challenge_hash: &'a [u8],
    pub(super) purpose: &'a str,
    pub(super) owner: &'a str,
    pub(super) account_id: Option<&'a str>,
    pub(super) state: &'a str,
    pub(super) expires_at: i64,
}

pub(super) async fn insert(tx: &mut Tx, new: &New<'_>) -> Result<(), StoreError> {
    const SQL: &str = "insert into webauthn_ceremony (challenge_hash, purpose, owner, account_id, state, expires_at) \
         values ($1, $2, $3, $4, $5, $6)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(new.challenge_hash)
            .bind(new.purpose)
            .bind(new.owner)
            .bind(new.account_id)
            .bind(new.state)
            .bind(new.expires_at)
    )
    .map(drop)
}

/// Deletes a ceremony that has not run out and answers its state: one statement, so it works once.
pub(super) async fn take(
    tx: &mut Tx,
    challenge_hash: &[u8],
    purpose: &str,
    owner: &str,
    now: i64,
) -> Result<Option<String>, StoreError> {
    const SQL: &str = "delete from webauthn_ceremony where challenge_hash = $1 and purpose = $2 and owner = $3 \
         and expires_at > $4 returning state";
    let mut states = rows!(
        tx,
        sqlx::query_scalar::<_, String>(SQL)
            .bind(challenge_hash)
            .bind(purpose)
            .bind(owner)
            .bind(now)
    )?;
    Ok(states.pop())
}

pub(super) async fn delete_all_of(tx: &mut Tx, account_id: &str) -> Result<(), StoreError> {
    const SQL: &str = "delete from webauthn_ceremony where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(drop)
}

/// Deletes every ceremony, of everybody.
pub(super) async fn delete_everybodys(tx: &mut Tx) -> Result<(), StoreError> {
    changed!(tx, sqlx::query("delete from webauthn_ceremony")).map(drop)
}

pub(super) async fn purge(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from webauthn_ceremony where challenge_hash in \
         (select challenge_hash from webauthn_ceremony where expires_at <= $1 limit 1000)";
    changed!(tx, sqlx::query(SQL).bind(now))
}
