//! Answers a proxy's question, says why, and hands a session over to the host of a site.

mod check;
mod crossing;
mod explain;
mod overview;
mod trial;

pub use self::{
    check::{Answer, Asker, assertion, check, keep},
    crossing::{Crossing, accept, hand_over, purge},
    explain::{Explained, explain},
    overview::overview,
    trial::{Trial, begin_trial, end_trial},
};
pub use super::domain::{
    Asked, Decision, Decisions, MarkKeys, Needs, Outcome, SigningKeys, Unclear, Verdict, Wants,
    level,
};
pub use super::{Require, Role, Site};
use crate::{
    auth::sessions::flow::{Holder, Place},
    services::Services,
};

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

/// What an account is, by whether it has each role.
fn roles_of(is_staff: bool, is_superuser: bool) -> Vec<Role> {
    [(is_staff, Role::Staff), (is_superuser, Role::Superuser)]
        .into_iter()
        .filter_map(|(has, role)| has.then_some(role))
        .collect()
}

/// What a visitor is.
#[must_use]
pub fn roles(visitor: &Holder) -> Vec<Role> {
    roles_of(visitor.is_staff(), visitor.is_superuser())
}
