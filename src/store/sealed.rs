//! Columns of Fernet tokens with the key's id beside each: how many there are, and how they are
//! replaced, whichever table they stand in.

use sqlx::AssertSqlSafe;

use super::{Db, StoreError, Tx, changed, on_db};

/// A column of sealed secrets in a table with an `id` and a `key_id`, which is null where the token is.
#[derive(Clone, Copy, Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub token: &'static str,
    /// SQL for the id of the account, in a row of the table.
    pub account: &'static str,
}

/// A sealed secret and whose it is.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SealedRow {
    /// Id of the row.
    pub id: String,
    /// Id of the account.
    pub account_id: String,
    /// The Fernet token.
    pub token: String,
    /// Id of the key that sealed it.
    pub key_id: String,
}

/// A token that another one is put in the place of.
#[derive(Debug)]
pub struct Replacement {
    /// Id of the row.
    pub id: String,
    /// The token that must still be there.
    pub old: String,
    /// The one to be there then.
    pub new: String,
}

/// How many secrets each key seals in a column, by key id.
///
/// # Errors
/// [`StoreError`].
pub async fn by_key(db: &Db, column: SealedColumn) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = format!(
        "select key_id, count(*) from {} where key_id is not null group by key_id order by key_id",
        column.table
    );
    on_db!(db, pool => sqlx::query_as::<_, (String, i64)>(AssertSqlSafe(sql)).fetch_all(pool))
}

/// The id of a key that seals secrets in a column, the next after `key_id`; found by index, however many
/// there are.
///
/// # Errors
/// [`StoreError`].
pub async fn key_after(
    db: &Db,
    column: SealedColumn,
    key_id: &str,
) -> Result<Option<String>, StoreError> {
    let sql = format!("select min(key_id) from {} where key_id > $1", column.table);
    on_db!(db, pool => sqlx::query_scalar(AssertSqlSafe(sql)).bind(key_id).fetch_one(pool))
}

/// At most `most` secrets that one key seals, whichever: an order would have all of them sorted.
///
/// # Errors
/// [`StoreError`].
pub async fn some_of_key(
    db: &Db,
    column: SealedColumn,
    key_id: &str,
    most: i64,
) -> Result<Vec<SealedRow>, StoreError> {
    let sql = format!("{} where key_id = $1 limit $2", select(column));
    on_db!(db, pool => sqlx::query_as::<_, SealedRow>(AssertSqlSafe(sql)).bind(key_id).bind(most).fetch_all(pool))
}

/// At most `most` secrets that another key than `key_id` seals, whose row ids come after `after`, without
/// the first `skip` of them.
///
/// # Errors
/// [`StoreError`].
pub async fn under_other_keys(
    db: &Db,
    column: SealedColumn,
    key_id: &str,
    after: &str,
    skip: i64,
    most: i64,
) -> Result<Vec<SealedRow>, StoreError> {
    let sql = format!(
        "{} where key_id <> $1 and id > $2 order by id limit $3 offset $4",
        select(column)
    );
    on_db!(db, pool => sqlx::query_as::<_, SealedRow>(AssertSqlSafe(sql))
        .bind(key_id).bind(after).bind(most).bind(skip).fetch_all(pool))
}

fn select(column: SealedColumn) -> String {
    let SealedColumn {
        table,
        token,
        account,
    } = column;
    format!("select id, {account} as account_id, {token} as token, key_id from {table}")
}

/// Puts tokens that `key_id` sealed in the places of others, where those still are; answers how many
/// were. One statement for all of them.
///
/// # Errors
/// [`StoreError`].
pub async fn replace(
    tx: &mut Tx,
    column: SealedColumn,
    key_id: &str,
    replacements: &[Replacement],
) -> Result<u64, StoreError> {
    if replacements.is_empty() {
        return Ok(0);
    }
    let SealedColumn { table, token, .. } = column;
    let values = tx.places(replacements.len(), 4);
    let sql = format!(
        "update {table} set {token} = new.column3, key_id = new.column4 from (values {values}) as new \
         where {table}.id = new.column1 and {table}.{token} = new.column2"
    );
    changed!(
        tx,
        replacements
            .iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, one| query
                .bind(&one.id)
                .bind(&one.old)
                .bind(&one.new)
                .bind(key_id))
    )
}
