//! The view `mfa_factor`: the real factors of all kinds.

use crate::store::{Db, StoreError, Tx, on_db, rows};

pub(super) async fn count(db: &Db, account_id: &str) -> Result<i64, StoreError> {
    const SQL: &str = "select count(*) from mfa_factor where account_id = $1";
    on_db!(db, pool => sqlx::query_scalar(SQL).bind(account_id).fetch_one(pool))
}

/// Whether an account has a factor, as the caller's transaction sees it.
pub(super) async fn any(tx: &mut Tx, account_id: &str) -> Result<bool, StoreError> {
    const SQL: &str = "select id from mfa_factor where account_id = $1 limit 1";
    let ids = rows!(tx, sqlx::query_scalar::<_, String>(SQL).bind(account_id))?;
    Ok(!ids.is_empty())
}
