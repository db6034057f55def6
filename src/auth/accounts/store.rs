//! The tables `account` and `installation`.
//!
//! A name is looked up with `=` alone, once for each column: with `or` and `in`, SQLite reads the whole
//! table once it has noted that the table is small, and goes on so while the table grows.

use std::borrow::Borrow;

use sqlx::AssertSqlSafe;

use super::domain::{Account, Adopted, Email, NewAccount};
use crate::{
    crypto::passwords::PasswordHash,
    store::{Db, StoreError, Tx, changed, on_db, rows},
};

/// Makes others that add accounts wait for the end of the transaction.
const HOLD: &str = "update installation set id = id where id = 1";

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    username: String,
    username_canonical: String,
    email: Option<String>,
    password_hash: Option<String>,
    password_changed_at: Option<i64>,
    created_at: i64,
    disabled_at: Option<i64>,
    is_staff: bool,
    is_superuser: bool,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            username: row.username,
            canonical: row.username_canonical,
            email: row.email,
            password_hash: row.password_hash,
            password_changed_at: row.password_changed_at,
            created_at: row.created_at,
            disabled: row.disabled_at.is_some(),
            is_staff: row.is_staff,
            is_superuser: row.is_superuser,
        }
    }
}

const FIND: &str = "select id, username, username_canonical, email, password_hash, password_changed_at, \
         created_at, disabled_at, is_staff, is_superuser \
         from account where id = coalesce((select id from account where username_canonical = $1), \
         (select id from account where email_canonical = $1))";

/// The account of a canonical username, else of a canonical e-mail address.
pub(super) async fn find(db: &Db, canonical: &str) -> Result<Option<Account>, StoreError> {
    let row =
        on_db!(db, pool => sqlx::query_as::<_, Row>(FIND).bind(canonical).fetch_optional(pool))?;
    Ok(row.map(Account::from))
}

pub(super) async fn get(db: &Db, id: &str) -> Result<Option<Account>, StoreError> {
    const SQL: &str = "select id, username, username_canonical, email, password_hash, password_changed_at, \
         created_at, disabled_at, is_staff, is_superuser \
         from account where id = $1";
    let row = on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).bind(id).fetch_optional(pool))?;
    Ok(row.map(Account::from))
}

pub(super) async fn user_handle(db: &Db, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "select user_handle from account where id = $1";
    on_db!(db, pool => sqlx::query_scalar(SQL).bind(id).fetch_optional(pool))
}

pub(super) async fn list(db: &Db) -> Result<Vec<Account>, StoreError> {
    const SQL: &str = "select id, username, username_canonical, email, password_hash, password_changed_at, \
         created_at, disabled_at, is_staff, is_superuser \
         from account order by username_canonical";
    let rows = on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).fetch_all(pool))?;
    Ok(rows.into_iter().map(Account::from).collect())
}

pub(super) async fn any(db: &Db) -> Result<bool, StoreError> {
    const SQL: &str = "select id from account limit 1";
    Ok(on_db!(db, pool => sqlx::query_scalar::<_, String>(SQL).fetch_optional(pool))?.is_some())
}

const INSERT: &str = "insert into account \
         (id, username, username_canonical, email, email_canonical, password_hash, user_handle, created_at, password_changed_at) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $8 where not exists (select 1 from account \
         where username_canonical = $3 union all select 1 from account where username_canonical = $5 \
         union all select 1 from account where email_canonical = $3 \
         union all select 1 from account where email_canonical = $5) \
         on conflict do nothing";

/// Adds an account unless its username or e-mail address is somebody's; says whether it did.
///
/// A name is taken when anybody has it as username or as e-mail address, since either signs in.
///
/// Accounts are added one after the other: on PostgreSQL, two that are added at once would not see
/// that one's username is the other's e-mail address, which no index forbids.
pub(super) async fn insert(tx: &mut Tx, new: &NewAccount) -> Result<bool, StoreError> {
    changed!(tx, sqlx::query(HOLD))?;
    changed!(
        tx,
        sqlx::query(INSERT)
            .bind(&new.id)
            .bind(new.username.as_str())
            .bind(new.username.canonical().as_str())
            .bind(new.email.as_ref().map(Email::as_str))
            .bind(new.email.as_ref().map(|email| email.canonical().as_str()))
            .bind(new.password_hash.as_str())
            .bind(new.user_handle.as_slice())
            .bind(new.created_at)
    )
    .map(|rows| rows == 1)
}

/// Makes others that add accounts wait for the end of the transaction.
pub(super) async fn hold_names(tx: &mut Tx) -> Result<(), StoreError> {
    changed!(tx, sqlx::query(HOLD)).map(drop)
}

/// Rows of one statement.
const ROWS: usize = 100;

/// For each name a look by each index: with `exists`, PostgreSQL would read the whole table first.
fn taken_among(places: &str) -> String {
    format!(
        "select column1 from (values {places}) as asked where coalesce(\
         (select 1 from account where username_canonical = column1), \
         (select 1 from account where email_canonical = column1)) is not null"
    )
}

/// Those of these names that somebody has, as username or as e-mail address.
pub(super) async fn taken(tx: &mut Tx, names: &[&str]) -> Result<Vec<String>, StoreError> {
    let mut taken = Vec::new();
    for names in names.chunks(ROWS) {
        let sql = taken_among(&tx.places(names.len(), 1));
        let found: Vec<String> = rows!(tx, {
            // numbers of parameters are all that was put together
            let query = sqlx::query_scalar(AssertSqlSafe(sql));
            names.iter().fold(query, |query, name| query.bind(*name))
        })?;
        taken.extend(found);
    }
    Ok(taken)
}

/// Adds accounts of another system under these ids; the caller holds the names, and nobody has them.
pub(super) async fn adopt<'a>(
    tx: &mut Tx,
    new: &[(String, impl Borrow<Adopted> + 'a)],
    now: i64,
) -> Result<(), StoreError> {
    for new in new.chunks(ROWS) {
        let sql = format!(
            "insert into account (id, username, username_canonical, email, email_canonical, password_hash, \
             user_handle, created_at, disabled_at, first_name, last_name, is_staff, is_superuser) values {}",
            tx.places(new.len(), 13)
        );
        changed!(tx, {
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for (id, new) in new {
                let new: &Adopted = new.borrow();
                query = query
                    .bind(id)
                    .bind(new.username.as_str())
                    .bind(new.username.canonical().as_str())
                    .bind(new.email.as_ref().map(Email::as_str))
                    .bind(new.email.as_ref().map(|email| email.canonical().as_str()))
                    .bind(new.password_hash.as_ref().map(PasswordHash::as_str))
                    .bind(new.user_handle.as_slice())
                    .bind(new.created_at)
                    .bind(new.disabled.then_some(now))
                    .bind(&new.first_name)
                    .bind(&new.last_name)
                    .bind(new.is_staff)
                    .bind(new.is_superuser);
            }
            query
        })?;
    }
    Ok(())
}

const REFRESH: &str = "update account set username = $2, username_canonical = $3, email = $4, email_canonical = $5, \
         password_changed_at = case when password_hash is not distinct from $6 then password_changed_at else $7 end, \
         password_hash = $6, disabled_at = case when $8 then coalesce(disabled_at, $7) else null end, \
         first_name = $9, last_name = $10, is_staff = $11, is_superuser = $12 \
         where id = $1";

/// Brings an account up to date with another system; the caller holds the names, and nobody else has them.
pub(super) async fn refresh(
    tx: &mut Tx,
    id: &str,
    new: &Adopted,
    now: i64,
) -> Result<(), StoreError> {
    changed!(
        tx,
        sqlx::query(REFRESH)
            .bind(id)
            .bind(new.username.as_str())
            .bind(new.username.canonical().as_str())
            .bind(new.email.as_ref().map(Email::as_str))
            .bind(new.email.as_ref().map(|email| email.canonical().as_str()))
            .bind(new.password_hash.as_ref().map(PasswordHash::as_str))
            .bind(now)
            .bind(new.disabled)
            .bind(&new.first_name)
            .bind(&new.last_name)
            .bind(new.is_staff)
            .bind(new.is_superuser)
    )
    .map(drop)
}

/// An account's given and family name.
pub(super) async fn full_name(db: &Db, id: &str) -> Result<Option<(String, String)>, StoreError> {
    const SQL: &str = "select first_name, last_name from account where id = $1";
    on_db!(db, pool => sqlx::query_as(SQL).bind(id).fetch_optional(pool))
}

/// Marks the installation as set up; only the first caller is told `true`.
pub(super) async fn claim_installation(tx: &mut Tx, now: i64) -> Result<bool, StoreError> {
    const SQL: &str = "update installation set set_up_at = $1 where id = 1 and set_up_at is null";
    changed!(tx, sqlx::query(SQL).bind(now)).map(|rows| rows == 1)
}

/// Disables or enables an account; says whether that changed anything.
pub(super) async fn set_disabled(
    tx: &mut Tx,
    id: &str,
    at: Option<i64>,
) -> Result<bool, StoreError> {
    const SQL: &str = "update account set disabled_at = $2 where id = $1 and (disabled_at is null) <> ($2 is null)";
    changed!(tx, sqlx::query(SQL).bind(id).bind(at)).map(|rows| rows == 1)
}

/// Gives an account roles; says whether that changed anything.
pub(super) async fn set_roles(
    tx: &mut Tx,
    id: &str,
    is_staff: bool,
    is_superuser: bool,
) -> Result<bool, StoreError> {
    const SQL: &str = "update account set is_staff = $2, is_superuser = $3 \
         where id = $1 and (is_staff <> $2 or is_superuser <> $3)";
    changed!(
        tx,
        sqlx::query(SQL).bind(id).bind(is_staff).bind(is_superuser)
    )
    .map(|rows| rows == 1)
}

/// Holds an account until the transaction ends; says whether no password was set since `changed_at`.
pub(super) async fn hold(
    tx: &mut Tx,
    id: &str,
    changed_at: Option<i64>,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "update account set id = id where id = $1 and password_changed_at is not distinct from $2";
    changed!(tx, sqlx::query(SQL).bind(id).bind(changed_at)).map(|rows| rows == 1)
}

/// Holds an account, disabled or not, until the transaction ends.
pub(super) async fn hold_any(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    const SQL: &str = "update account set id = id where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id)).map(drop)
}

/// Stores a new password.
pub(super) async fn set_password(
    tx: &mut Tx,
    id: &str,
    hash: &str,
    now: i64,
) -> Result<bool, StoreError> {
    const SQL: &str =
        "update account set password_hash = $2, password_changed_at = $3 where id = $1";
    changed!(tx, sqlx::query(SQL).bind(id).bind(hash).bind(now)).map(|rows| rows == 1)
}

/// Stores the same password hashed anew, unless it has been changed or hashed anew meanwhile.
pub(super) async fn rehash(
    tx: &mut Tx,
    id: &str,
    old: &str,
    new: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "update account set password_hash = $3 where id = $1 and password_hash = $2";
    changed!(tx, sqlx::query(SQL).bind(id).bind(old).bind(new)).map(|rows| rows == 1)
}

#[cfg(test)]
mod tests {
    use super::{FIND, INSERT, taken_among};
    use crate::store::{Db, on_db};

    #[tokio::test]
    async fn names_are_found_by_index_though_the_table_was_noted_as_small() {
        const ONE: &str = "insert into account (id, username, username_canonical, email, email_canonical, user_handle, created_at) \
             values ('1', 'anna', 'anna', 'a@example.org', 'a@example.org', x'01', 0)";
        let db = Db::sqlite_in_memory().await.unwrap();
        for sql in [ONE, "analyze"] {
            on_db!(db, pool => sqlx::query_scalar::<_, String>(sql).fetch_all(pool)).unwrap();
        }
        for sql in [FIND, INSERT, &*taken_among("(?), (?)")] {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {sql}"));
            let plan = on_db!(db, pool => sqlx::query_as::<_, (i64, i64, i64, String)>(explain).fetch_all(pool)).unwrap();
            assert!(!plan.is_empty());
            for (.., step) in plan {
                assert!(!step.starts_with("SCAN account"), "{step}: {sql}");
            }
        }
    }
}
