//! The table `throttle`.

use super::domain::{ACCOUNT, Limit, Subject};
use crate::store::{StoreError, Tx, changed, rows};

/// Counts one more failure and answers how many there are, unless its time has not come: then no row
/// changes.
///
/// A time further away than the longest delay is from a clock that was ahead, and does not count.
///
/// The delay after failure number `free + k` is `2^k` seconds, at most `longest`.
pub(super) async fn take(
    tx: &mut Tx,
    limit: Limit,
    subject: &Subject,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    const SQL: &str = "insert into throttle (purpose, subject, failures, free_at) values ($1, $2, 1, $3) \
         on conflict (purpose, subject) do update set \
         failures = case when throttle.free_at + $6 <= $3 then 1 else throttle.failures + 1 end, \
         free_at = $3 + case \
           when throttle.free_at + $6 <= $3 or throttle.failures + 1 < $4 then 0 \
           when throttle.failures + 1 - $4 >= 20 then $5 \
           when (cast(1 as bigint) << cast(throttle.failures + 1 - $4 as integer)) > $5 then $5 \
           else cast(1 as bigint) << cast(throttle.failures + 1 - $4 as integer) end \
         where throttle.free_at <= $3 or throttle.failures < $4 or throttle.free_at > $3 + $5 \
         returning failures";
    let counted = rows!(
        tx,
        sqlx::query_scalar::<_, i64>(SQL)
            .bind(limit.purpose)
            .bind(&subject.0)
            .bind(now)
            .bind(limit.free)
            .bind(limit.longest)
            .bind(limit.forget)
    )?;
    Ok(counted.into_iter().next())
}

pub(super) async fn clear(tx: &mut Tx, limit: Limit, subject: &Subject) -> Result<(), StoreError> {
    const SQL: &str = "delete from throttle where purpose = $1 and subject = $2";
    changed!(tx, sqlx::query(SQL).bind(limit.purpose).bind(&subject.0)).map(drop)
}

pub(super) async fn give_back(
    tx: &mut Tx,
    limit: Limit,
    subject: &Subject,
    now: i64,
) -> Result<(), StoreError> {
    const SQL: &str = "update throttle set failures = failures - 1, free_at = case when free_at > $3 then $3 else free_at end \
         where purpose = $1 and subject = $2 and failures > 0";
    changed!(
        tx,
        sqlx::query(SQL)
            .bind(limit.purpose)
            .bind(&subject.0)
            .bind(now)
    )
    .map(drop)
}

pub(super) async fn purge(tx: &mut Tx, now: i64) -> Result<u64, StoreError> {
    const SQL: &str = "delete from throttle where (purpose, subject) in \
         (select purpose, subject from throttle where free_at <= $1 limit 1000)";
    changed!(
        tx,
        sqlx::query(SQL).bind(now.saturating_sub(ACCOUNT.forget))
    )
}
