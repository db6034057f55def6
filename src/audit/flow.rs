//! Records events, and answers what an account's owner is told of them.

pub use super::domain::{Action, Event};
use super::store;
use crate::{
    services::{Client, FlowError, Services},
    store::{Db, StoreError, Tx},
};

/// Writes an event in the transaction of the change, and answers its id.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`]; the caller's change must then not be committed.
pub async fn record(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    event: &Event<'_>,
) -> Result<String, FlowError> {
    let now = services.clock.now();
    let id = announce(services, client, event, now)?;
    store::insert(tx, now, client, &[(id.clone(), event)]).await?;
    count(event);
    Ok(id)
}

/// Writes events in the transaction of the changes, all with one statement: some hundreds at most.
///
/// # Errors
/// As [`record`].
pub async fn record_all(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    events: &[Event<'_>],
) -> Result<(), FlowError> {
    if events.is_empty() {
        return Ok(());
    }
    let now = services.clock.now();
    let rows = events
        .iter()
        .map(|event| Ok((announce(services, client, event, now)?, event)))
        .collect::<Result<Vec<_>, FlowError>>()?;
    store::insert(tx, now, client, &rows).await?;
    events.iter().for_each(count);
    Ok(())
}

/// Logs an event, and answers an id for it.
fn announce(
    services: &Services,
    client: &Client,
    event: &Event<'_>,
    now: i64,
) -> Result<String, FlowError> {
    let id = services.random.uuid_v7(now)?;
    tracing::info!(
        action = event.action.as_str(),
        actor = event.actor,
        subject = event.subject,
        session = event.session,
        source = client.address,
        detail = event.detail,
        "audit"
    );
    Ok(id)
}

/// Counts an event for the operator; the few that are then not committed do not matter there.
fn count(event: &Event<'_>) {
    metrics::counter!("inmor_mfa_events_total", "action" => event.action.as_str()).increment(1);
    match event.action {
        // words of this program, not of a client
        Action::SignedIn => count_sign_in("right", event.detail),
        Action::SecondFactorFailed => count_refused("second factor"),
        _ => {}
    }
}

/// Counts a try to sign in that was refused, which its event does not say the method of.
pub fn count_refused(method: &str) {
    count_sign_in("refused", method);
}

fn count_sign_in(outcome: &'static str, method: &str) {
    metrics::counter!("inmor_mfa_sign_ins_total", "outcome" => outcome, "method" => method.to_owned())
        .increment(1);
}

/// Whether nothing has happened to an account but what some actions say.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn nothing_but(
    tx: &mut Tx,
    account_id: &str,
    actions: &[Action],
) -> Result<bool, FlowError> {
    let happened = store::actions(tx, account_id).await?;
    Ok(happened
        .iter()
        .all(|action| actions.iter().any(|allowed| allowed.as_str() == action)))
}

/// How many tries to sign in were refused between the sign-in before `at` and `at`.
///
/// # Errors
/// [`StoreError`].
pub async fn failures_before(db: &Db, account_id: &str, at: i64) -> Result<i64, StoreError> {
    store::failures_before(db, account_id, at).await
}
