//! The tables `mfa_totp` and `mfa_totp_enrolment`.

use sqlx::AssertSqlSafe;

use crate::{
    crypto::sealing::Sealed,
    store::{Db, StoreError, Tx, changed, on_db, rows, sealed::SealedColumn},
};

/// Wrong codes in a row after which a device is closed.
pub(super) const CLOSES_AT: i64 = 100;

/// The secrets of devices.
pub(super) const SECRETS: SealedColumn = SealedColumn {
    table: "mfa_totp",
    token: "sealed_secret",
    account: "account_id",
};
/// The secrets of what is being set up.
pub(super) const ENROLMENTS: SealedColumn = SealedColumn {
    table: "mfa_totp_enrolment",
    token: "sealed_secret",
    account: "(select account_id from session where session.id = session_id)",
};

/// A device as listed.
#[derive(sqlx::FromRow)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) failures: i64,
    pub(super) exposed_at: Option<i64>,
}

/// A device that comes from another system.
pub(super) struct Adopted<'a> {
    pub(super) id: String,
    pub(super) account_id: &'a str,
    pub(super) label: &'a str,
    pub(super) sealed: Sealed,
    pub(super) last_step: i64,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) exposed_at: Option<i64>,
}

/// A device with its secret.
#[derive(sqlx::FromRow)]
pub(super) struct Whole {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) sealed_secret: String,
    pub(super) key_id: String,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
}

/// A device whose code may be tried.
#[derive(sqlx::FromRow)]
pub(super) struct Open {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) sealed_secret: String,
    pub(super) key_id: String,
    pub(super) last_step: i64,
    pub(super) burned_step: i64,
    pub(super) failures: i64,
}

/// A device to be added.
pub(super) struct New<'a> {
    pub(super) id: &'a str,
    pub(super) account_id: &'a str,
    pub(super) label: &'a str,
    pub(super) sealed: &'a Sealed,
    pub(super) last_step: i64,
    pub(super) burned_step: i64,
    pub(super) now: i64,
}

/// An app that is being set up.
#[derive(sqlx::FromRow)]
pub(super) struct Enrolment {
    pub(super) id: String,
    pub(super) sealed_secret: String,
    pub(super) key_id: String,
}

pub(super) async fn list(db: &Db, account_id: &str) -> Result<Vec<Listed>, StoreError> {
    const SQL: &str = "select id, label, created_at, last_used_at, failures, exposed_at from mfa_totp \
         where account_id = $1 order by created_at, id";
    on_db!(db, pool => sqlx::query_as::<_, Listed>(SQL).bind(account_id).fetch_all(pool))
}

/// Counts one more failure of each device of an account that is not closed, and answers those devices:
/// one statement, so that no try is made uncounted.
pub(super) async fn take(tx: &mut Tx, account_id: &str) -> Result<Vec<Open>, StoreError> {
    const SQL: &str = "update mfa_totp set failures = failures + 1 where account_id = $1 and failures < $2 \
         returning id, label, sealed_secret, key_id, last_step, burned_step, failures";
    rows!(
        tx,
        sqlx::query_as::<_, Open>(SQL)
            .bind(account_id)
            .bind(CLOSES_AT)
    )
}

/// Spends a step, unless it or a later one was spent; only one caller ever is told `true`.
///
/// A spent step after `implausible_after` is none that this clock has reached, and does not count.
pub(super) async fn spend(
    tx: &mut Tx,
    id: &str,
    step: i64,
    same_later: Option<i64>,
    implausible_after: i64,
    now: i64,
) -> Result<bool, StoreError> {
    const SQL: &str = "update mfa_totp set last_step = $2, burned_step = coalesce($3, burned_step), \
         last_used_at = $5, failures = 0 \
         where id = $1 and (last_step < $2 or last_step > $4) and burned_step <> $2";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(step)
            .bind(same_later)
            .bind(implausible_after)
            .bind(now)
    )
    .map(|rows| rows == 1)
}

/// Forgets the failures of an account's devices that are not closed.
pub(super) async fn forgive(tx: &mut Tx, account_id: &str) -> Result<(), StoreError> {
    const SQL: &str =
        "update mfa_totp set failures = 0 where account_id = $1 and failures < $2 and failures > 0";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(CLOSES_AT)).map(drop)
}

/// Never accepts a step that is yet to come: its code was seen.
pub(super) async fn burn(tx: &mut Tx, id: &str, step: i64) -> Result<(), StoreError> {
    const SQL: &str = "update mfa_totp set burned_step = $2 where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id).bind(step)).map(drop)
}

/// Adds a device unless the account has `most` already; says whether it did.
pub(super) async fn insert(tx: &mut Tx, new: &New<'_>, most: i64) -> Result<bool, StoreError> {
    const SQL: &str = "insert into mfa_totp \
         (id, account_id, label, sealed_secret, key_id, last_step, burned_step, failures, created_at) \
         select $1, $2, $3, $4, $5, $6, $7, 0, $8 \
         where (select count(*) from mfa_totp where account_id = $2) < $9";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(new.id)
            .bind(new.account_id)
            .bind(new.label)
            .bind(&new.sealed.token)
            .bind(&new.sealed.key_id)
            .bind(new.last_step)
            .bind(new.burned_step)
            .bind(new.now)
            .bind(most)
    )
    .map(|rows| rows == 1)
}

/// Rows of one statement.
const ROWS: usize = 50;

/// Adds devices that come from another system, many with one statement.
pub(super) async fn adopt(tx: &mut Tx, new: &[Adopted<'_>]) -> Result<(), StoreError> {
    for new in new.chunks(ROWS) {
        let sql = format!(
            "insert into mfa_totp (id, account_id, label, sealed_secret, key_id, last_step, burned_step, \
             failures, created_at, last_used_at, exposed_at) values {}",
            tx.places(new.len(), 11)
        );
        changed!(tx, {
            // numbers of parameters are all that was put together
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for row in new {
                query = query
                    .bind(&row.id)
                    .bind(row.account_id)
                    .bind(row.label)
                    .bind(&row.sealed.token)
                    .bind(&row.sealed.key_id)
                    .bind(row.last_step)
                    .bind(-1_i64)
                    .bind(0_i64)
                    .bind(row.created_at)
                    .bind(row.last_used_at)
                    .bind(row.exposed_at);
            }
            query
        })?;
    }
    Ok(())
}

/// The devices of an account with their secrets, the oldest first.
pub(super) async fn secrets(db: &Db, account_id: &str) -> Result<Vec<Whole>, StoreError> {
    const SQL: &str = "select id, label, sealed_secret, key_id, created_at, last_used_at from mfa_totp \
         where account_id = $1 order by created_at, id";
    on_db!(db, pool => sqlx::query_as::<_, Whole>(SQL).bind(account_id).fetch_all(pool))
}

/// Removes a device of an account; the last factor only if `even_the_last`.
pub(super) async fn delete(
    tx: &mut Tx,
    account_id: &str,
    id: &str,
    even_the_last: bool,
) -> Result<bool, StoreError> {
    const SQL: &str = "delete from mfa_totp where id = $2 and account_id = $1 \
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
    const SQL: &str = "delete from mfa_totp where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id))
}

/// The enrolment of a session that began after `since`.
pub(super) async fn enrolment(
    db: &Db,
    session_id: &str,
    since: i64,
) -> Result<Option<Enrolment>, StoreError> {
    const SQL: &str = "select id, sealed_secret, key_id from mfa_totp_enrolment \
         where session_id = $1 and created_at > $2";
    on_db!(db, pool => sqlx::query_as::<_, Enrolment>(SQL).bind(session_id).bind(since).fetch_optional(pool))
}

/// Begins an enrolment in a session, unless one is open that began after `since`.
pub(super) async fn begin(
    tx: &mut Tx,
    session_id: &str,
    id: &str,
    sealed: &Sealed,
    now: i64,
    since: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into mfa_totp_enrolment (session_id, id, sealed_secret, key_id, created_at) \
         values ($1, $2, $3, $4, $5) on conflict (session_id) do update set \
         id = excluded.id, sealed_secret = excluded.sealed_secret, key_id = excluded.key_id, created_at = excluded.created_at \
         where mfa_totp_enrolment.created_at <= $6";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(session_id)
            .bind(id)
            .bind(&sealed.token)
            .bind(&sealed.key_id)
            .bind(now)
            .bind(since)
    )
    .map(drop)
}

/// Drops the enrolment of a session.
pub(super) async fn abandon(tx: &mut Tx, session_id: &str) -> Result<(), StoreError> {
    const SQL: &str = "delete from mfa_totp_enrolment where session_id = $1";
    changed!(tx, sqlx::query(SQL).bind(session_id)).map(drop)
}

/// Uses an enrolment up; only one caller ever is told `true`.
pub(super) async fn finish(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "delete from mfa_totp_enrolment where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id)).map(|rows| rows == 1)
}

/// Deletes at most a thousand enrolments that began before `since`.
pub(super) async fn purge(tx: &mut Tx, since: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from mfa_totp_enrolment where session_id in \
         (select session_id from mfa_totp_enrolment where created_at <= $1 limit 1000)";
    changed!(tx, sqlx::query(SQL).bind(since))
}

/// Lets no device take a code of a time step up to `step`.
pub(super) async fn spend_until(tx: &mut Tx, step: i64) -> Result<(), StoreError> {
    const SQL: &str = "update mfa_totp set last_step = $1 where last_step < $1";
    changed!(tx, sqlx::query(SQL).bind(step)).map(drop)
}
