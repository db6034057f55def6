//! Hands a session over to the host of a site, by a ticket.

use super::check::judge_visitor;
use crate::{
    auth::sessions::flow::{self as sessions, Admin},
    crypto::token::{Token, TokenHash},
    gate::{
        Require, Site,
        domain::{Asked, Needs, Verdict, level},
        store,
    },
    mfa::{factors::flow as factors, webauthn::flow as webauthn},
    services::{FlowError, Services},
};

/// How long a ticket may take from one host to another, in seconds.
const TICKET_LIFETIME: i64 = 60;

/// What stands between a signed-in person and a site.
pub enum Crossing {
    /// Nothing: the ticket that their browser carries over.
    Ticket(Token),
    /// They must confirm themselves, with a key where `key` says so.
    StepUp {
        /// Whether only a security key or passkey helps.
        key: bool,
    },
    /// They have nothing that they could show: no key where `key` says so, else no second factor.
    Lacking {
        /// Whether only a security key or passkey helps.
        key: bool,
    },
    /// They have not the role; with what the request needs, in words.
    Forbidden(String),
}

/// Writes a ticket for a browser, known by the hash of a cookie on the site's host, if its person may go there.
/// It is good as long as the session has the token that was shown here.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn hand_over(
    services: &Services,
    who: &Admin,
    site: &Site,
    asked: &Asked,
    browser: &[u8],
) -> Result<Crossing, FlowError> {
    let needs = Needs::of(site, &asked.reading);
    match judge_visitor(services, &needs, Some(who)) {
        Verdict::Forbid => return Ok(Crossing::Forbidden(needs.to_string())),
        Verdict::StepUp | Verdict::SignIn => {
            let (shown, needed) = (level(who.methods()), needs.require());
            // a code does not stand in for a key that has to be shown again
            let key = needed == Require::PhishingResistant;
            let id = who.account_id();
            let helps = if key {
                !webauthn::keys_of(services, id).await?.is_empty()
            } else {
                shown > Require::Session
                    || needed <= shown
                    || factors::count(services, id).await? > 0
            };
            return Ok(if helps {
                Crossing::StepUp { key }
            } else {
                Crossing::Lacking { key }
            });
        }
        Verdict::Allow => {}
    }
    let ticket = Token::generate(&services.random)?;
    let hash = ticket.hash();
    let mut tx = services.db.begin().await?;
    let new = store::New {
        hash: hash.as_slice(),
        browser_hash: browser,
        session: who.session(),
        host: &site.host,
        uri: asked.return_to(),
        expires_at: services.clock.now().saturating_add(TICKET_LIFETIME),
    };
    store::insert(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(Crossing::Ticket(ticket))
}

/// Takes a ticket: the token for the site's host, and the address to go on to. `None` when it is not
/// for this host or browser, was used, has run out, or its session has ended.
///
/// # Errors
/// [`FlowError::Store`], [`FlowError::Random`].
pub async fn accept(
    services: &Services,
    site: &Site,
    ticket: &Token,
    browser: &TokenHash,
) -> Result<Option<(Token, String)>, FlowError> {
    let (hash, now) = (ticket.hash(), services.clock.now());
    let mut tx = services.db.begin().await?;
    let ticket = (hash.as_slice(), browser.as_slice(), &*site.host);
    // the session first, as whoever ends it does
    let Some(found) = store::find(&mut tx, ticket, now).await? else {
        return Ok(None);
    };
    let session = (&*found.session_id, &*found.session_hash);
    let token = sessions::begin_on_site(services, &mut tx, session, &site.host).await?;
    if !store::take(&mut tx, ticket, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(token.map(|token| (token, found.uri)))
}

/// Deletes at most a thousand tickets that have run out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn purge(services: &Services) -> Result<u64, FlowError> {
    let mut tx = services.db.begin().await?;
    let gone = store::purge(&mut tx, services.clock.now()).await?;
    tx.commit().await?;
    Ok(gone)
}
