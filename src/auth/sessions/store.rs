//! The table `session`.

use super::domain::MOST;
use crate::{
    services::Client,
    store::{Db, StoreError, Tx, changed, on_db},
};

/// A session and the names of its account.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) token_hash: Vec<u8>,
    pub(super) account_id: String,
    pub(super) methods: String,
    pub(super) source: String,
    pub(super) user_agent: String,
    pub(super) created_at: i64,
    pub(super) last_seen_at: i64,
    pub(super) authenticated_at: i64,
    pub(super) reauthenticated_at: i64,
    pub(super) key_shown_at: Option<i64>,
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) is_staff: bool,
    pub(super) is_superuser: bool,
}

/// What a [`Row`] is read from, up to its condition.
macro_rules! select {
    ($more:literal) => {
        concat!(
            "select session.id, session.token_hash, account_id, methods, source, user_agent, session.created_at, last_seen_at, \
             authenticated_at, reauthenticated_at, key_shown_at, username, email, first_name, last_name, is_staff, is_superuser \
             from session join account on account.id = account_id ",
            $more
        )
    };
}

/// The session of a token hash, unless its account is disabled.
pub(super) async fn find(db: &Db, hash: &[u8]) -> Result<Option<Row>, StoreError> {
    const SQL: &str = select!("where session.token_hash = $1 and disabled_at is null");
    on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).bind(hash).fetch_optional(pool))
}

/// The session of a token hash on the host of a site, unless its account is disabled.
pub(super) async fn find_on_site(
    db: &Db,
    hash: &[u8],
    host: &str,
) -> Result<Option<Row>, StoreError> {
    const SQL: &str = select!(
        "join site_session on site_session.session_id = session.id \
         where site_session.token_hash = $1 and host = $2 and disabled_at is null"
    );
    on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).bind(hash).bind(host).fetch_optional(pool))
}

/// Holds a session until the transaction ends; says whether it is there and has this token still.
pub(super) async fn hold_by(tx: &mut Tx, id: &str, hash: &[u8]) -> Result<bool, StoreError> {
    const SQL: &str = "update session set id = id where id = $1 and token_hash = $2";
    changed!(tx, sqlx::query(SQL).bind(id).bind(hash)).map(|rows| rows == 1)
}

/// Gives a session a token on the host of a site, in the place of one that it had there.
pub(super) async fn begin_on_site(
    tx: &mut Tx,
    id: &str,
    host: &str,
    hash: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into site_session (token_hash, session_id, host, created_at) values ($1, $2, $3, $4) \
         on conflict (session_id, host) do update set token_hash = excluded.token_hash, created_at = excluded.created_at";
    changed!(
        tx,
        sqlx::query(SQL).bind(hash).bind(id).bind(host).bind(now)
    )
    .map(drop)
}

/// Ends what a session has on sites. Whoever changes the session does so first: a token that is begun at
/// the same moment is there by then, or finds the session changed.
async fn end_on_sites(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    const SQL: &str = "delete from site_session where session_id = $1";
    changed!(tx, sqlx::query(SQL).bind(id)).map(drop)
}

pub(super) async fn list(db: &Db, account_id: &str) -> Result<Vec<Row>, StoreError> {
    const SQL: &str = select!("where account_id = $1 order by last_seen_at desc, session.id desc");
    on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).bind(account_id).fetch_all(pool))
}

/// A session to be added.
pub(super) struct New<'a> {
    pub(super) id: &'a str,
    pub(super) hash: &'a [u8],
    pub(super) account_id: &'a str,
    pub(super) methods: &'a str,
    pub(super) key_shown_at: Option<i64>,
    pub(super) now: i64,
}

/// Holds an account until the transaction ends, so that what its sessions are is decided by one
/// after the other; says whether it is there and not disabled.
pub(super) async fn hold(tx: &mut Tx, account_id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "update account set id = id where id = $1 and disabled_at is null";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(|rows| rows == 1)
}

/// Adds a session for an account that is not disabled; says whether it did.
pub(super) async fn insert(
    tx: &mut Tx,
    new: &New<'_>,
    client: &Client,
) -> Result<bool, StoreError> {
    const SQL: &str = "insert into session (id, token_hash, account_id, methods, source, user_agent, created_at, \
         last_seen_at, authenticated_at, reauthenticated_at, key_shown_at) \
         select $1, $2, id, $4, $5, $6, $7, $7, $7, $7, $8 from account where id = $3 and disabled_at is null";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(new.id)
            .bind(new.hash)
            .bind(new.account_id)
            .bind(new.methods)
            .bind(&client.address)
            .bind(&client.user_agent)
            .bind(new.now)
            .bind(new.key_shown_at)
    )
    .map(|rows| rows == 1)
}

/// Ends all but the latest sessions of an account; the newest stays, whichever were used in its second.
pub(super) async fn keep_latest(
    tx: &mut Tx,
    account_id: &str,
    newest: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from session where account_id = $1 and id <> $3 and id not in \
         (select id from session where account_id = $1 and id <> $3 order by last_seen_at desc, id desc limit $2)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(account_id)
            .bind(MOST - 1)
            .bind(newest)
    )
    .map(drop)
}

/// Notes a request, unless another one noted itself after `before`.
pub(super) async fn touch(
    tx: &mut Tx,
    id: &str,
    now: i64,
    before: i64,
    client: &Client,
) -> Result<(), StoreError> {
    const SQL: &str = "update session set last_seen_at = $2, source = $4, user_agent = $5 where id = $1 and last_seen_at <= $3";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(now)
            .bind(before)
            .bind(&client.address)
            .bind(&client.user_agent)
    )
    .map(drop)
}

/// Gives a session a new token in the place of the one that was shown, which is dead from then on; says
/// whether it had that one still.
pub(super) async fn rotate(
    tx: &mut Tx,
    (id, old): (&str, &[u8]),
    hash: &[u8],
) -> Result<bool, StoreError> {
    const SQL: &str = "update session set token_hash = $3 where id = $1 and token_hash = $2";
    let rows = changed!(tx, sqlx::query(SQL).bind(id).bind(old).bind(hash))?;
    end_on_sites(tx, id).await?;
    Ok(rows == 1)
}

/// As [`rotate`], and notes by which methods and when its holder was confirmed, and when by
/// a key if this was by one.
pub(super) async fn confirm(
    tx: &mut Tx,
    (id, old): (&str, &[u8]),
    hash: &[u8],
    methods: &str,
    now: i64,
    key_shown_at: Option<i64>,
) -> Result<bool, StoreError> {
    const SQL: &str = "update session set token_hash = $3, methods = $4, reauthenticated_at = $5, \
         key_shown_at = coalesce($6, key_shown_at) where id = $1 and token_hash = $2";
    let rows = changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(old)
            .bind(hash)
            .bind(methods)
            .bind(now)
            .bind(key_shown_at)
    )?;
    end_on_sites(tx, id).await?;
    Ok(rows == 1)
}

pub(super) async fn delete(tx: &mut Tx, account_id: &str, id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "delete from session where id = $2 and account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(id)).map(|rows| rows == 1)
}

/// Ends all sessions of an account but one.
pub(super) async fn delete_all_of(
    tx: &mut Tx,
    account_id: &str,
    but: &str,
) -> Result<u64, StoreError> {
    const SQL: &str = "delete from session where account_id = $1 and id <> $2";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(but))
}

/// How many sessions were used since `seen` and began after `created`.
pub(super) async fn count(db: &Db, seen: i64, created: i64) -> Result<i64, StoreError> {
    const SQL: &str = "select count(*) from session where last_seen_at >= $1 and created_at > $2";
    on_db!(db, pool => sqlx::query_scalar::<_, i64>(SQL).bind(seen).bind(created).fetch_one(pool))
}

/// Deletes every session, of everybody.
pub(super) async fn delete_everybodys(tx: &mut Tx) -> Result<(), StoreError> {
    changed!(tx, sqlx::query("delete from session")).map(drop)
}

/// Deletes at most a thousand sessions that nobody has used since `seen` or that began before `created`.
pub(super) async fn purge(tx: &mut Tx, seen: i64, created: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from session where id in \
         (select id from session where last_seen_at < $1 or created_at < $2 limit 1000)";
    changed!(tx, sqlx::query(SQL).bind(seen).bind(created))
}
