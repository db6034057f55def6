//! A session of an account that `gate doctor` tries a site with, for as long as that takes.

use super::is_own;
use crate::{
    auth::{
        accounts::flow::Account,
        sessions::flow::{self as sessions, Holder, Method},
    },
    crypto::token::Token,
    error::Error,
    gate::{
        Require, Site,
        domain::{Asked, Needs},
    },
    services::{Client, FlowError, Services},
};

/// A session that is not of a person.
pub struct Trial {
    holder: Holder,
    /// The token that is good on the site.
    pub token: Token,
}

/// Signs an account in as strongly as a request needs, from the shell; the audit trail says so.
///
/// # Errors
/// [`Error::WrongCredentials`] when the account is disabled; [`FlowError::Store`], [`FlowError::Random`].
pub async fn begin_trial(
    services: &Services,
    site: &Site,
    asked: &Asked,
    account: &Account,
) -> Result<Trial, FlowError> {
    let needed = Needs::of(site, &asked.reading).require();
    let methods = [Method::Pwd, Method::Otp, Method::Hwk];
    let few = match needed {
        Require::PhishingResistant => &methods[..],
        _ => &[Method::Pwd, Method::Otp],
    };
    let shell = Client::shell();
    let mut tx = services.db.begin().await?;
    let here = sessions::start(services, &mut tx, &shell, &account.id, few).await?;
    tx.commit().await?;
    let holder = sessions::find(services, &shell, &here).await?;
    let holder = holder.ok_or(Error::WrongCredentials)?;
    if is_own(services, site) {
        return Ok(Trial {
            holder,
            token: here,
        });
    }
    let mut tx = services.db.begin().await?;
    let there = sessions::begin_on_site(services, &mut tx, holder.session(), &site.host).await?;
    tx.commit().await?;
    Ok(Trial {
        holder,
        token: there.ok_or(Error::WrongCredentials)?,
    })
}

/// Ends it.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn end_trial(services: &Services, trial: &Trial) -> Result<(), FlowError> {
    sessions::sign_out(services, &Client::shell(), &trial.holder).await
}
