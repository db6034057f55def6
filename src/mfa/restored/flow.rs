//! Ends what was under way when the backup was made.

use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::{attempts::flow as attempts, sessions::flow as sessions, setup::flow as setup},
    mfa::{ceremonies::flow as ceremonies, totp::flow as totp},
    services::{Client, FlowError, Services},
};

/// Ends all sessions and sign-ins under way, which their owners may have ended since, and takes no code
/// of an authenticator app that may have been used since.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn begin_anew(services: &Services, client: &Client) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    sessions::end_everybodys(&mut tx).await?;
    attempts::end_everybodys(&mut tx).await?;
    ceremonies::end_everybodys(&mut tx).await?;
    setup::revoke(&mut tx).await?;
    totp::spend_until_now(services, &mut tx).await?;
    let event = Event {
        action: Action::DatabaseRestored,
        actor: None,
        subject: None,
        session: None,
        detail: "",
    };
    audit::record(services, &mut tx, client, &event).await?;
    tx.commit().await?;
    Ok(())
}
