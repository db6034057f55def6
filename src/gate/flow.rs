//! Answers a proxy's question, and hands a session over to the host of a site.

pub use super::domain::{Asked, Claims, Needs, SigningKeys, Unclear, Verdict, Wants, level};
use super::{Role, Site, domain::Standing, store};
use crate::{
    auth::sessions::flow::{self as sessions, Admin, Holder, Place},
    crypto::token::{Token, TokenHash},
    services::{Client, FlowError, Services},
};

/// How long a ticket may take from one host to another, in seconds.
pub const TICKET_LIFETIME: i64 = 60;
/// How long an assertion is good, in seconds.
pub const ASSERTION_LIFETIME: i64 = 60;

/// What a request gets, and who asked.
pub struct Answer {
    /// What it gets.
    pub verdict: Verdict,
    /// Who is signed in, whatever the verdict.
    pub visitor: Option<Holder>,
}

/// The site of a request. Browsers reach it by https, save on the machine itself.
#[must_use]
pub fn site<'a>(services: &'a Services, asked: &Asked) -> Option<&'a Site> {
    let url = &services.settings.public_url;
    let site = services
        .settings
        .sites
        .iter()
        .find(|site| site.host == asked.host)?;
    (asked.https || !url.is_https()).then_some(site)
}

/// Whether a site has this program's own host, and with it its cookies.
#[must_use]
pub fn is_own(services: &Services, site: &Site) -> bool {
    services.settings.public_url.authority() == site.host
}

/// Where the token of a visitor of a site is good.
#[must_use]
pub fn place<'a>(services: &Services, site: &'a Site) -> Place<'a> {
    if is_own(services, site) {
        Place::Here
    } else {
        Place::Site(&site.host)
    }
}

/// Judges a request by one indexed read. Only what a person does keeps a session from idling away.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn check(
    services: &Services,
    client: &Client,
    site: &Site,
    asked: &Asked,
    token: Option<&Token>,
) -> Result<Answer, FlowError> {
    let by_person = asked.wants == Wants::Page || !asked.method.is_safe();
    let seen_by = by_person.then_some(client);
    let visitor = match token {
        Some(token) => sessions::find_at(services, place(services, site), token, seen_by).await?,
        None => None,
    };
    let needs = Needs::of(site, &asked.reading);
    let verdict = judge(services, &needs, visitor.as_ref());
    Ok(Answer { verdict, visitor })
}

fn judge(services: &Services, needs: &Needs, visitor: Option<&Holder>) -> Verdict {
    let roles = visitor.map(roles).unwrap_or_default();
    let standing = visitor.map(|visitor| Standing {
        methods: visitor.methods(),
        shown_at: visitor.reauthenticated_at(),
        roles: &roles,
    });
    match needs.verdict(standing, services.clock.now()) {
        // the policy of this program holds for its sites too
        Verdict::Allow
            if needs.require() != super::Require::Nothing
                && visitor.is_some_and(|visitor| visitor.clone().admin(services).is_err()) =>
        {
            Verdict::StepUp
        }
        verdict => verdict,
    }
}

/// What an account is.
#[must_use]
pub fn roles(visitor: &Holder) -> Vec<Role> {
    [
        (visitor.is_staff(), Role::Staff),
        (visitor.is_superuser(), Role::Superuser),
    ]
    .into_iter()
    .filter_map(|(has, role)| has.then_some(role))
    .collect()
}

/// The signed form of who is let in.
#[must_use]
pub fn assertion(
    services: &Services,
    keys: &SigningKeys,
    site: &Site,
    visitor: &Holder,
) -> Option<String> {
    let now = services.clock.now();
    keys.sign(&Claims {
        iss: services.settings.public_url.origin(),
        aud: &site.host,
        sub: visitor.account_id(),
        preferred_username: visitor.username(),
        amr: visitor.methods().split_whitespace().collect(),
        auth_time: visitor.authenticated_at(),
        acr: level(visitor.methods()).as_str(),
        groups: roles(visitor).into_iter().map(Role::as_str).collect(),
        iat: now,
        exp: now.saturating_add(ASSERTION_LIFETIME),
    })
}

/// What stands between a signed-in person and a site.
pub enum Crossing {
    /// Nothing: the ticket that their browser carries over.
    Ticket(Token),
    /// They must confirm themselves, with a key where `key` says so.
    StepUp {
        /// Whether only a security key or passkey helps.
        key: bool,
    },
    /// They have not the role.
    Forbidden,
}

/// Writes a ticket for a browser, known by the hash of a cookie on the site's host, if its person may go there.
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
    match judge(services, &needs, Some(who)) {
        Verdict::Forbid => return Ok(Crossing::Forbidden),
        Verdict::StepUp | Verdict::SignIn => {
            return Ok(Crossing::StepUp {
                key: needs.require() > level(who.methods())
                    && needs.require() == super::Require::PhishingResistant,
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
        session_id: who.session_id(),
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
    let used = store::take(
        &mut tx,
        hash.as_slice(),
        browser.as_slice(),
        &site.host,
        now,
    )
    .await?;
    let Some(used) = used else {
        return Ok(None);
    };
    let token = sessions::begin_on_site(services, &mut tx, &used.session_id, &site.host).await?;
    tx.commit().await?;
    Ok(token.map(|token| (token, used.uri)))
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
