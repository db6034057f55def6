//! Starts, finds, lists and ends sessions. Only this room can make a [`Holder`] and
//! what proves more: [`Admin`], [`RecentAdmin`], [`Enroller`].

mod on_sites;
mod proofs;

pub use self::{
    on_sites::{Place, begin_on_site, find_at},
    proofs::{Admin, Enroller, Holder, RecentAdmin},
};
pub use super::domain::{Method, browser_in_words};
use super::{
    SessionLine, Standing,
    domain::{self, Limits},
    store::{self, Row},
};
pub use crate::clock::time_in_words;
use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::{attempts::flow as attempts, devices::flow as devices},
    crypto::token::Token,
    error::Error,
    services::{Client, FlowError, Services},
    store::Tx,
};

fn limits(services: &Services) -> Limits {
    Limits {
        idle: services.settings.session_idle_timeout,
        lifetime: services.settings.session_lifetime,
    }
}

/// Starts a session in the transaction of the sign-in and answers its token.
///
/// # Errors
/// [`Error::WrongCredentials`] when the account was disabled meanwhile.
pub async fn start(
    services: &Services,
    tx: &mut Tx,
    client: &Client,
    account_id: &str,
    methods: &[Method],
) -> Result<Token, FlowError> {
    let now = services.clock.now();
    let token = Token::generate(&services.random)?;
    let id = services.random.uuid_v7(now)?;
    let key_shown_at = methods.iter().any(|method| method.is_key()).then_some(now);
    let methods = methods
        .iter()
        .map(|method| method.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let hash = token.hash();
    let new = store::New {
        id: &id,
        hash: hash.as_slice(),
        account_id,
        methods: &methods,
        key_shown_at,
        now,
    };
    if !store::hold(tx, account_id).await? || !store::insert(tx, &new, client).await? {
        return Err(Error::WrongCredentials.into());
    }
    store::keep_latest(tx, account_id, &id).await?;
    let event = Event {
        action: Action::SignedIn,
        actor: Some(account_id),
        subject: Some(account_id),
        session: Some(&id),
        detail: &methods,
    };
    audit::record(services, tx, client, &event).await?;
    Ok(token)
}

/// Who holds this token, if it is that of a live session; notes the request once a minute.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn find(
    services: &Services,
    client: &Client,
    token: &Token,
) -> Result<Option<Holder>, FlowError> {
    let row = store::find(&services.db, token.hash().as_slice()).await?;
    let found = alive(services, row);
    note(services, client, found.as_ref()).await?;
    Ok(found.map(Holder::from))
}

fn alive(services: &Services, row: Option<Row>) -> Option<Row> {
    let (limits, now) = (limits(services), services.clock.now());
    row.filter(|row| limits.alive(row.created_at, row.last_seen_at, now))
}

/// Notes a request, once a minute.
async fn note(services: &Services, client: &Client, row: Option<&Row>) -> Result<(), FlowError> {
    let now = services.clock.now();
    let before = now.saturating_sub(limits(services).seen_every());
    if let Some(row) = row.filter(|row| row.last_seen_at <= before) {
        let mut tx = services.db.begin().await?;
        store::touch(&mut tx, &row.id, now, before, client).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What the home page shows.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn standing(services: &Services, who: &Admin) -> Result<Standing, FlowError> {
    Ok(Standing {
        username: who.username().to_owned(),
        email: who.email_address(),
        signed_in: time_in_words(who.authenticated_at()),
        methods: domain::methods_in_words(who.methods()),
        failures: audit::failures_before(&services.db, who.account_id(), who.authenticated_at())
            .await?,
        sessions: i64::try_from(live(services, who).await?.len()).unwrap_or(i64::MAX),
        sites: services.settings.sites.len(),
    })
}

async fn live(services: &Services, who: &Admin) -> Result<Vec<Row>, FlowError> {
    let (limits, now) = (limits(services), services.clock.now());
    let mut rows = store::list(&services.db, who.account_id()).await?;
    rows.retain(|row| limits.alive(row.created_at, row.last_seen_at, now));
    Ok(rows)
}

/// The caller's live sessions, the latest used first.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn list(services: &Services, who: &Admin) -> Result<Vec<SessionLine>, FlowError> {
    let rows = live(services, who).await?;
    let line = |row: Row| SessionLine {
        current: row.id == who.session_id(),
        browser: domain::browser_in_words(&row.user_agent),
        address: row.source,
        signed_in: time_in_words(row.authenticated_at),
        methods: domain::methods_in_words(&row.methods),
        last_seen: time_in_words(row.last_seen_at),
        id: row.id,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Ends one of the caller's own sessions.
///
/// # Errors
/// [`Error::NotFound`] when the id is nobody's or somebody else's.
pub async fn end(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    id: &str,
) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    if !store::delete(&mut tx, who.account_id(), id).await? {
        return Err(Error::NotFound.into());
    }
    audit::record(
        services,
        &mut tx,
        client,
        &who.event(Action::SessionEnded, id),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Ends all sessions of the caller but this one, which gets the answered token, and knows no other browser
/// of theirs any more.
///
/// # Errors
/// [`Error::SignInFirst`] when this session was ended meanwhile.
pub async fn end_others(
    services: &Services,
    client: &Client,
    who: &RecentAdmin,
    device: Option<&Token>,
) -> Result<Token, FlowError> {
    let id = who.account_id();
    let known = devices::recognise(services, id, device).await?;
    let mut tx = services.db.begin().await?;
    let token = keep_only(services, &mut tx, who).await?;
    devices::forget_others(&mut tx, id, known.as_deref()).await?;
    audit::record(
        services,
        &mut tx,
        client,
        &who.event(Action::OtherSessionsEnded, ""),
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// In the caller's transaction, ends all of an administrator's sessions but this one, under a new token.
///
/// # Errors
/// [`Error::SignInFirst`] when this session was ended meanwhile, or given another token.
pub async fn keep_only(services: &Services, tx: &mut Tx, who: &Holder) -> Result<Token, FlowError> {
    let token = Token::generate(&services.random)?;
    let live = store::hold(tx, who.account_id()).await?
        && store::rotate(tx, who.session(), token.hash().as_slice()).await?;
    if !live {
        return Err(Error::SignInFirst.into());
    }
    end_rest(tx, who).await?;
    Ok(token)
}

/// In the caller's transaction, which has given this session a new token, ends all other sessions of its
/// account and all sign-ins under way.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_rest(tx: &mut Tx, who: &Holder) -> Result<(), FlowError> {
    store::delete_all_of(tx, who.account_id(), who.session_id()).await?;
    attempts::end_all_of(tx, who.account_id()).await
}

/// In the caller's transaction, notes that the holder of a session has confirmed who they are, by a
/// method that counts from now on; answers the session's new token.
///
/// # Errors
/// [`Error::SignInFirst`] when this session was ended meanwhile, or given another token.
pub async fn confirm(
    services: &Services,
    tx: &mut Tx,
    who: &Holder,
    method: Method,
) -> Result<Token, FlowError> {
    let token = Token::generate(&services.random)?;
    let (methods, now) = (
        domain::with_method(who.methods(), method),
        services.clock.now(),
    );
    let live = store::hold(tx, who.account_id()).await?
        && store::confirm(
            tx,
            who.session(),
            token.hash().as_slice(),
            &methods,
            now,
            method.is_key().then_some(now),
        )
        .await?;
    if live {
        Ok(token)
    } else {
        Err(Error::SignInFirst.into())
    }
}

/// In the caller's transaction, holds an account so that what changes it is done one after the
/// other; says whether it is there and not disabled.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn hold(tx: &mut Tx, account_id: &str) -> Result<bool, FlowError> {
    Ok(store::hold(tx, account_id).await?)
}

/// Signs the caller out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn sign_out(services: &Services, client: &Client, who: &Holder) -> Result<(), FlowError> {
    let mut tx = services.db.begin().await?;
    if store::delete(&mut tx, who.account_id(), who.session_id()).await? {
        audit::record(services, &mut tx, client, &who.event(Action::SignedOut, "")).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// In the caller's transaction, ends all sessions of an account and all sign-ins under way.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_all_of(tx: &mut Tx, account_id: &str) -> Result<u64, FlowError> {
    attempts::end_all_of(tx, account_id).await?;
    Ok(store::delete_all_of(tx, account_id, "").await?)
}

/// In the caller's transaction, ends every session, of everybody.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_everybodys(tx: &mut Tx) -> Result<(), FlowError> {
    Ok(store::delete_everybodys(tx).await?)
}

/// How many sessions have not run out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn count(services: &Services) -> Result<i64, FlowError> {
    let (limits, now) = (limits(services), services.clock.now());
    let (seen, created) = (
        now.saturating_sub(limits.idle),
        now.saturating_sub(limits.lifetime),
    );
    Ok(store::count(&services.db, seen, created).await?)
}

/// Deletes at most a thousand sessions that have run out.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn purge(services: &Services) -> Result<u64, FlowError> {
    let (limits, now) = (limits(services), services.clock.now());
    let mut tx = services.db.begin().await?;
    let gone = store::purge(
        &mut tx,
        now.saturating_sub(limits.idle),
        now.saturating_sub(limits.lifetime),
    )
    .await?;
    tx.commit().await?;
    Ok(gone)
}
