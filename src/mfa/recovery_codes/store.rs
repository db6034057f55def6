//! The tables `mfa_recovery_set` and `mfa_recovery_code`.

use sqlx::AssertSqlSafe;

use crate::{
    crypto::sealing::Sealed,
    store::{Db, StoreError, Tx, changed, on_db, rows, sealed::SealedColumn},
};

/// The codes that their owner may see again.
pub(super) const CODES: SealedColumn = SealedColumn {
    table: "mfa_recovery_code",
    token: "sealed_code",
    account: "account_id",
};

/// Wrong codes in a row after which a set is closed.
pub(super) const CLOSES_AT: i64 = 100;

/// Rows of one statement.
const ROWS: usize = 200;

/// A set without its codes.
#[derive(sqlx::FromRow)]
pub(super) struct Standing {
    pub(super) failures: i64,
    pub(super) created_at: i64,
    pub(super) stored_at: Option<i64>,
    pub(super) exposed_at: Option<i64>,
    pub(super) made: i64,
    pub(super) left_over: i64,
}

/// A code that is left.
#[derive(sqlx::FromRow)]
pub(super) struct Left {
    pub(super) id: String,
    pub(super) sealed_code: Option<String>,
    pub(super) key_id: Option<String>,
}

pub(super) async fn standing(db: &Db, account_id: &str) -> Result<Option<Standing>, StoreError> {
    const SQL: &str = "select failures, created_at, stored_at, exposed_at, \
         (select count(*) from mfa_recovery_code as code where code.account_id = $1) as made, \
         (select count(*) from mfa_recovery_code as code where code.account_id = $1 and spent_at is null) as left_over \
         from mfa_recovery_set where account_id = $1";
    on_db!(db, pool => sqlx::query_as::<_, Standing>(SQL).bind(account_id).fetch_optional(pool))
}

/// Begins a set for an account that has a factor and no set; says whether it did.
pub(super) async fn begin(tx: &mut Tx, account_id: &str, now: i64) -> Result<bool, StoreError> {
    const SQL: &str = "insert into mfa_recovery_set (account_id, failures, created_at) \
         select $1, 0, $2 where exists (select 1 from mfa_factor where account_id = $1) \
         on conflict (account_id) do nothing";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(now)).map(|rows| rows == 1)
}

/// Removes a set with its codes.
pub(super) async fn delete(tx: &mut Tx, account_id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "delete from mfa_recovery_set where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(|rows| rows == 1)
}

/// Removes a set whose account has no factor any more.
pub(super) async fn delete_without_factor(
    tx: &mut Tx,
    account_id: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "delete from mfa_recovery_set where account_id = $1 \
         and not exists (select 1 from mfa_factor where account_id = $1)";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(|rows| rows == 1)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: &str,
    account_id: &str,
    position: i64,
    hash: &[u8],
    sealed: &Sealed,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into mfa_recovery_code (id, account_id, position, code_hash, sealed_code, key_id) \
         values ($1, $2, $3, $4, $5, $6)";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(id)
            .bind(account_id)
            .bind(position)
            .bind(hash)
            .bind(&sealed.token)
            .bind(&sealed.key_id)
    )
    .map(drop)
}

/// A set of another system's codes.
pub(super) struct ForeignSet<'a> {
    pub(super) account_id: &'a str,
    pub(super) created_at: i64,
    pub(super) stored_at: Option<i64>,
    pub(super) exposed: bool,
}

/// Begins sets of another system's codes for accounts that have a factor and no set.
pub(super) async fn begin_foreign(
    tx: &mut Tx,
    sets: &[ForeignSet<'_>],
    now: i64,
) -> Result<(), StoreError> {
    for sets in sets.chunks(ROWS) {
        // as if shown before: where codes are shown once, these are not shown here
        let sql = format!(
            "insert into mfa_recovery_set (account_id, failures, created_at, shown_at, stored_at, imported_at, exposed_at) values {}",
            tx.places(sets.len(), 7)
        );
        changed!(tx, {
            // numbers of parameters are all that was put together
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for set in sets {
                query = query
                    .bind(set.account_id)
                    .bind(0_i64)
                    .bind(set.created_at)
                    .bind(now)
                    .bind(set.stored_at)
                    .bind(now)
                    .bind(set.exposed.then_some(now));
            }
            query
        })?;
    }
    Ok(())
}

/// A code of another system: sealed, or spent.
pub(super) struct Foreign {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) position: i64,
    pub(super) hash: [u8; 32],
    pub(super) sealed: Option<Sealed>,
    pub(super) spent_at: Option<i64>,
}

/// Adds codes of another system, many with one statement.
pub(super) async fn insert_foreign(tx: &mut Tx, codes: &[Foreign]) -> Result<(), StoreError> {
    for codes in codes.chunks(ROWS) {
        let sql = format!(
            "insert into mfa_recovery_code (id, account_id, position, code_hash, sealed_code, key_id, spent_at) values {}",
            tx.places(codes.len(), 7)
        );
        changed!(tx, {
            // numbers of parameters are all that was put together
            let mut query = sqlx::query(AssertSqlSafe(sql.as_str()));
            for code in codes {
                query = query
                    .bind(&code.id)
                    .bind(&code.account_id)
                    .bind(code.position)
                    .bind(code.hash.as_slice())
                    .bind(code.sealed.as_ref().map(|sealed| &sealed.token))
                    .bind(code.sealed.as_ref().map(|sealed| &sealed.key_id))
                    .bind(code.spent_at);
            }
            query
        })?;
    }
    Ok(())
}

/// Whether an account's codes are another system's.
pub(super) async fn is_foreign(db: &Db, account_id: &str) -> Result<bool, StoreError> {
    const SQL: &str =
        "select account_id from mfa_recovery_set where account_id = $1 and imported_at is not null";
    let found = on_db!(db, pool => sqlx::query_scalar::<_, String>(SQL).bind(account_id).fetch_optional(pool))?;
    Ok(found.is_some())
}

/// Spends a code of another system, which its hash finds from now on; only one caller ever is told `true`.
pub(super) async fn spend_foreign(
    tx: &mut Tx,
    account_id: &str,
    id: &str,
    hash: &[u8],
    now: i64,
) -> Result<bool, StoreError> {
    const SQL: &str = "update mfa_recovery_code set spent_at = $4, code_hash = $3, sealed_code = null, key_id = null \
         where account_id = $1 and id = $2 and spent_at is null";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(account_id)
            .bind(id)
            .bind(hash)
            .bind(now)
    )
    .map(|rows| rows == 1)
}

/// The codes that are left, as they were last committed.
pub(super) async fn left_now(db: &Db, account_id: &str) -> Result<Vec<Left>, StoreError> {
    const SQL: &str = "select id, sealed_code, key_id from mfa_recovery_code \
         where account_id = $1 and spent_at is null order by position";
    on_db!(db, pool => sqlx::query_as::<_, Left>(SQL).bind(account_id).fetch_all(pool))
}

/// The codes that are left, in their order.
pub(super) async fn left(tx: &mut Tx, account_id: &str) -> Result<Vec<Left>, StoreError> {
    const SQL: &str = "select id, sealed_code, key_id from mfa_recovery_code \
         where account_id = $1 and spent_at is null order by position";
    rows!(tx, sqlx::query_as::<_, Left>(SQL).bind(account_id))
}

/// Notes that a set was shown; only the first caller is told `true`.
pub(super) async fn show_once(tx: &mut Tx, account_id: &str, now: i64) -> Result<bool, StoreError> {
    const SQL: &str =
        "update mfa_recovery_set set shown_at = $2 where account_id = $1 and shown_at is null";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(now)).map(|rows| rows == 1)
}

/// Keeps nothing but the hashes of a set, unless it is another system's, which has none.
pub(super) async fn unseal(tx: &mut Tx, account_id: &str) -> Result<(), StoreError> {
    const SQL: &str = "update mfa_recovery_code set sealed_code = null, key_id = null where account_id = $1 \
         and not exists (select 1 from mfa_recovery_set where account_id = $1 and imported_at is not null)";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(drop)
}

/// Notes that the owner has the codes.
pub(super) async fn stored(tx: &mut Tx, account_id: &str, now: i64) -> Result<bool, StoreError> {
    const SQL: &str =
        "update mfa_recovery_set set stored_at = coalesce(stored_at, $2) where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(now)).map(|rows| rows == 1)
}

/// Counts one more failure of a set that is not closed, and answers how many there are now.
pub(super) async fn take(tx: &mut Tx, account_id: &str) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "update mfa_recovery_set set failures = failures + 1 \
         where account_id = $1 and failures < $2 returning failures";
    let failures = rows!(
        tx,
        sqlx::query_scalar::<_, i64>(SQL)
            .bind(account_id)
            .bind(CLOSES_AT)
    )?;
    Ok(failures.first().copied())
}

/// Whether a code of an account is there: unspent, spent, or not at all.
pub(super) async fn is_spent(
    db: &Db,
    account_id: &str,
    hash: &[u8],
) -> Result<Option<bool>, StoreError> {
    const SQL: &str = "select case when spent_at is null then cast(0 as bigint) else cast(1 as bigint) end \
         from mfa_recovery_code where account_id = $1 and code_hash = $2";
    let found = on_db!(db, pool => sqlx::query_scalar::<_, i64>(SQL).bind(account_id).bind(hash).fetch_optional(pool))?;
    Ok(found.map(|spent| spent == 1))
}

/// Spends a code; only one caller ever is told `true`.
pub(super) async fn spend(
    tx: &mut Tx,
    account_id: &str,
    hash: &[u8],
    now: i64,
) -> Result<bool, StoreError> {
    const SQL: &str = "update mfa_recovery_code set spent_at = $3, sealed_code = null, key_id = null \
         where account_id = $1 and code_hash = $2 and spent_at is null";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(hash).bind(now)).map(|rows| rows == 1)
}

/// Forgets the failures of a set.
pub(super) async fn forgive(tx: &mut Tx, account_id: &str) -> Result<(), StoreError> {
    const SQL: &str = "update mfa_recovery_set set failures = 0 where account_id = $1";
    changed!(tx, sqlx::query(SQL).bind(account_id)).map(drop)
}
