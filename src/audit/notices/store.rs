//! The table `notice`.

use crate::store::{Db, StoreError, Tx, changed, on_db};

/// Notices that are shown at once.
const MOST: i64 = 20;

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) action: String,
    pub(super) source: String,
    pub(super) detail: String,
}

pub(super) async fn insert(
    tx: &mut Tx,
    event_id: &str,
    account_id: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "insert into notice (event_id, account_id) values ($1, $2)";
    changed!(tx, sqlx::query(SQL).bind(event_id).bind(account_id)).map(drop)
}

pub(super) async fn list(db: &Db, account_id: &str) -> Result<Vec<Row>, StoreError> {
    const SQL: &str = "select id, at, action, source, detail from notice \
         join audit_event on id = event_id where account_id = $1 order by at desc, id desc limit $2";
    on_db!(db, pool => sqlx::query_as::<_, Row>(SQL).bind(account_id).bind(MOST).fetch_all(pool))
}

pub(super) async fn delete(
    tx: &mut Tx,
    account_id: &str,
    event_id: &str,
) -> Result<(), StoreError> {
    const SQL: &str = "delete from notice where account_id = $1 and event_id = $2";
    changed!(tx, sqlx::query(SQL).bind(account_id).bind(event_id)).map(drop)
}
