//! The table `django_account`: which account was made from which row.

use sqlx::AssertSqlSafe;

use crate::store::{Db, StoreError, Tx, changed, on_db, rows};

/// An account that came over before.
#[derive(sqlx::FromRow)]
pub struct Known {
    /// Id in `auth_user`.
    pub django_id: i64,
    /// Id here.
    pub account_id: String,
    /// Username here.
    pub username: String,
    /// The same, folded.
    pub username_canonical: String,
    /// E-mail address here, folded.
    pub email_canonical: Option<String>,
    /// When it was made, there.
    pub created_at: i64,
    /// Since when it may not sign in here.
    pub disabled_at: Option<i64>,
    /// Of what was read of it then, and of what of that it could not have.
    pub digest: Vec<u8>,
}

/// The accounts from a range of ids that came over before.
pub async fn known(tx: &mut Tx, first: i64, last: i64) -> Result<Vec<Known>, StoreError> {
    const SQL: &str = "select django_id, account_id, username, username_canonical, email_canonical, created_at, disabled_at, digest \
         from django_account join account on account.id = account_id where django_id between $1 and $2";
    rows!(tx, sqlx::query_as::<_, Known>(SQL).bind(first).bind(last))
}

/// All accounts that came over, with their ids in `auth_user`.
pub async fn ids(db: &Db) -> Result<Vec<(String, i64)>, StoreError> {
    const SQL: &str = "select account_id, django_id from django_account";
    on_db!(db, pool => sqlx::query_as(SQL).fetch_all(pool))
}

/// Where an account came from.
pub struct New<'a> {
    /// Id here.
    pub account_id: &'a str,
    /// Id in `auth_user`.
    pub django_id: i64,
    /// Of what was read of it.
    pub digest: &'a [u8],
}

/// Notes where accounts came from, all with one statement.
pub async fn insert(tx: &mut Tx, new: &[New<'_>], now: i64) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "insert into django_account (account_id, django_id, digest, imported_at) values {}",
        tx.places(new.len(), 4)
    );
    changed!(
        tx,
        new.iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, one| query
                .bind(one.account_id)
                .bind(one.django_id)
                .bind(one.digest)
                .bind(now))
    )
    .map(drop)
}

/// Notes that an account is up to date.
pub async fn refreshed(
    tx: &mut Tx,
    account_id: &str,
    digest: &[u8],
    now: i64,
) -> Result<(), StoreError> {
    const SQL: &str =
        "update django_account set digest = $2, imported_at = $3 where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(digest).bind(now)).map(drop)
}
