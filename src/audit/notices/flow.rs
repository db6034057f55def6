//! Tells an owner, and lets them put it aside.

use super::{NoticeLine, domain, store};
use crate::{
    audit::flow::{self as audit, Event},
    mail::Letter,
    services::{Client, FlowError, Services},
    store::Tx,
};

/// A letter to be sent once what it tells of is committed.
#[must_use = "send it after the commit"]
pub struct Told(Option<Letter>);

impl Told {
    /// Nothing to tell.
    pub const fn nothing() -> Self {
        Self(None)
    }

    /// Sends it, where e-mail is set up, as one of many: waits while too many are on the way. Does not fail.
    pub async fn send_in_turn(self, services: &Services) {
        if let Some(letter) = self.0 {
            services.mailer.send_in_turn(letter).await;
        }
    }

    /// Sends it, where e-mail is set up. Neither waits nor fails.
    pub fn send(self, services: &Services) {
        if let Some(letter) = self.0 {
            services.mailer.send(letter);
        }
    }
}

/// Records an event and puts a notice of it on its owner's next page. `email` is the owner's
/// address, empty when there is none.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`]; the caller's change must then not be committed.
pub async fn tell(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    event: &Event<'_>,
    email: &str,
) -> Result<Told, FlowError> {
    let id = audit::record(services, tx, client, event).await?;
    let (Some(account), Some((text, subject))) = (
        event.subject,
        domain::words(event.action.as_str(), event.detail),
    ) else {
        return Ok(Told(None));
    };
    store::insert(tx, &id, account).await?;
    let letter = (!email.is_empty()).then(|| {
        let origin = domain::origin(services.clock.now(), &client.address);
        let browser = match client.user_agent.as_str() {
            "" => String::new(),
            agent => format!("Browser: {agent}\n"),
        };
        Letter {
            to: email.to_owned(),
            subject: subject.to_owned(),
            body: format!(
                "{text}\n\n{origin}\n{browser}\nIf that was not you, sign in at {} and look at your sessions and methods.\n",
                services.settings.public_url.join("/")
            ),
        }
    });
    Ok(Told(letter))
}

/// What the owner of an account has not yet put aside, the latest first.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn list(services: &Services, account_id: &str) -> Result<Vec<NoticeLine>, FlowError> {
    let rows = store::list(&services.db, account_id).await?;
    let line = |row: store::Row| {
        let (text, _) = domain::words(&row.action, &row.detail)?;
        Some(NoticeLine {
            id: row.id,
            text,
            origin: domain::origin(row.at, &row.source),
        })
    };
    Ok(rows.into_iter().filter_map(line).collect())
}

/// Puts notices aside. Those of somebody else stay.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn dismiss<'a>(
    services: &Services,
    account_id: &str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    for id in ids.take(20) {
        store::delete(&mut tx, account_id, id).await?;
    }
    tx.commit().await?;
    Ok(())
}
