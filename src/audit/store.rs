//! The table `audit_event`.

use sqlx::AssertSqlSafe;

use super::domain::{Action, Event};
use crate::{
    services::Client,
    store::{Db, StoreError, Tx, changed, on_db, rows},
};

pub(super) async fn insert(
    tx: &mut Tx,
    now: i64,
    client: &Client,
    events: &[(String, &Event<'_>)],
) -> Result<(), StoreError> {
    let sql = format!(
        "insert into audit_event (id, at, action, actor_id, subject_id, source, session_id, detail) values {}",
        tx.places(events.len(), 8)
    );
    changed!(
        tx,
        events
            .iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, (id, event)| query
                .bind(id)
                .bind(now)
                .bind(event.action.as_str())
                .bind(event.actor)
                .bind(event.subject)
                .bind(&client.address)
                .bind(event.session)
                .bind(event.detail))
    )
    .map(drop)
}

pub(super) async fn failures_before(db: &Db, account_id: &str, at: i64) -> Result<i64, StoreError> {
    const SQL: &str = "select count(*) from audit_event where subject_id = $1 and action = $2 and at <= $4 and at >= \
         coalesce((select max(at) from audit_event where subject_id = $1 and action = $3 and at < $4), 0)";
    on_db!(db, pool => sqlx::query_scalar(SQL)
        .bind(account_id)
        .bind(Action::SignInFailed.as_str())
        .bind(Action::SignedIn.as_str())
        .bind(at)
        .fetch_one(pool))
}

/// What has happened to an account, each action once.
pub(super) async fn actions(tx: &mut Tx, account_id: &str) -> Result<Vec<String>, StoreError> {
    const SQL: &str = "select distinct action from audit_event where subject_id = $1";
    rows!(tx, sqlx::query_scalar::<_, String>(SQL).bind(account_id))
}
