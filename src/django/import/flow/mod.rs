//! Brings accounts over: looks at all of them, then writes them.

mod fit;
mod plan;
mod taken;
mod write;

use std::{io, sync::Arc};

use plan::Plan;
use taken::Unwritten;

pub use super::{
    domain::{AccountReport, CodesReport, Keys, Left, Outcome},
    store::SourceError,
};
use super::{
    domain::{Names, Record},
    store,
    store::Source as Tables,
};
use crate::{
    mfa::webauthn::flow as webauthn,
    services::{Client, FlowError, Services},
    store::StoreError,
};

/// Accounts of one transaction.
const TOGETHER: i64 = 500;

/// What the operator wants.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug)]
pub struct Wanted {
    /// What secrets may be sealed with.
    pub keys: Arc<Keys>,
    /// Only accounts that may use Django's admin.
    pub staff_only: bool,
    /// Bring accounts up to date that came over before and were not used since.
    pub update: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// Go on although no key opens some secrets, and leave those behind.
    pub without_unreadable: bool,
}

/// How many accounts had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    /// Came over.
    pub imported: u64,
    /// Were brought up to date.
    pub updated: u64,
    /// Are as they were.
    pub unchanged: u64,
    /// Were left as they are here.
    pub kept: u64,
    /// Did not come over.
    pub refused: u64,
}

impl Totals {
    fn count(&mut self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Imported => &mut self.imported,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Kept => &mut self.kept,
            Outcome::Refused => &mut self.refused,
        };
        *counter = counter.saturating_add(1);
    }
}

/// Who is told how it goes.
pub trait Listener {
    /// So many accounts are to be looked at, twice.
    fn begin(&mut self, accounts: u64);

    /// So many more were looked at.
    fn passed(&mut self, accounts: u64);

    /// What became of an account.
    ///
    /// # Errors
    /// When it cannot be told; the import ends then.
    fn account(&mut self, report: &AccountReport) -> io::Result<()>;
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The other side cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// This side failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// Secrets are there that no key opens.
    #[error(
        "no key opens the secrets of {0} accounts, listed above: give the keys with --fernet-key, or go on with --without-unreadable, which leaves those secrets behind; nothing was written"
    )]
    Unreadable(u64),
    /// An account could not be looked at to the end.
    #[error("an account could not be looked at: {0}")]
    Look(#[from] tokio::task::JoinError),
    /// The report cannot be printed.
    #[error("the report cannot be printed: {0}")]
    Report(#[from] io::Error),
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

/// A Django database, open for reading.
pub struct Source(Tables);

impl Source {
    /// Opens the database of a `postgres://` URL, a `sqlite://` URL or a path.
    ///
    /// # Errors
    /// [`SourceError`]
    pub async fn open(place: &str) -> Result<Self, SourceError> {
        Ok(Self(Tables::open(place).await?))
    }
}

/// Brings accounts over and tells of each. Nothing is written before all were looked at.
///
/// # Errors
/// [`ImportError`]; what was told as imported before stays so, unless it is a dry run.
pub async fn import(
    services: &Services,
    client: &Client,
    source: &mut Source,
    wanted: &Wanted,
    listener: &mut dyn Listener,
) -> Result<Totals, ImportError> {
    let count = source.0.count(wanted.staff_only).await;
    listener.begin(u64::try_from(count.map_err(SourceError::from)?).unwrap_or_default());
    let stop = !wanted.without_unreadable && !wanted.dry_run;
    let (names, unreadable) = look(services, source, wanted, stop, listener).await?;
    source.0.still()?;
    if unreadable > 0 && stop {
        return Err(ImportError::Unreadable(unreadable));
    }
    let names = Arc::new(names);
    if !wanted.dry_run {
        // before the first key is here: from now on another host name is a decision, as it is after the
        // first start
        webauthn::adopt_party(services).await?;
    }
    services.db.expect_many_rows().await?;
    let (mut totals, mut unwritten) = (Totals::default(), Unwritten::default());
    let mut next = planned(services, source, wanted, &names, i64::MIN).await?;
    while let Some((page, plans)) = next {
        source.0.still()?;
        // the next page is read and planned while this one is written
        let (written, following) = tokio::join!(
            write::write(services, client, wanted, &plans, &mut unwritten),
            planned(services, source, wanted, &names, page.last),
        );
        let mut reports = written?;
        reports.extend(page.broken.iter().map(|id| broken(*id)));
        for report in &reports {
            totals.count(report.outcome);
            listener.account(report)?;
        }
        listener.passed(page.len());
        // what was written is told before this ends
        next = following?;
    }
    if unreadable > 0 && !wanted.without_unreadable {
        return Err(ImportError::Unreadable(unreadable));
    }
    Ok(totals)
}

/// The accounts that came over, each with its id in `auth_user`.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn ids(services: &Services) -> Result<Vec<(String, i64)>, FlowError> {
    Ok(store::ids(&services.db).await?)
}

/// Looks at all accounts: their names, and how many have secrets that no key opens; those are told
/// where the import is to `stop` because of them.
async fn look(
    services: &Services,
    source: &mut Source,
    wanted: &Wanted,
    stop: bool,
    listener: &mut dyn Listener,
) -> Result<(Names, u64), ImportError> {
    let (mut names, mut unreadable) = (Names::default(), 0_u64);
    // who has a name twice does not matter to what keys open
    let nobody = Arc::new(Names::default());
    let mut next = Page::after(i64::MIN, source, wanted.staff_only).await?;
    while let Some(page) = next {
        // the next page is read while this one is planned
        let (plans, following) = tokio::join!(
            plans(services, wanted, &nobody, &page),
            Page::after(page.last, source, wanted.staff_only),
        );
        next = following?;
        let plans = plans?;
        for account in plans.iter().filter_map(|plan| plan.account.as_ref()) {
            let email = account.email.as_ref();
            let email = email.map(|email| email.canonical().as_str());
            names.note(account.username.canonical().as_str(), email);
        }
        for plan in plans.into_iter().filter(|plan| plan.unreadable) {
            unreadable = unreadable.saturating_add(1);
            if stop {
                listener.account(&AccountReport {
                    reason: Some("nothing was written".to_owned()),
                    ..plan.report
                })?;
            }
        }
        listener.passed(page.len());
    }
    names.close();
    Ok((names, unreadable))
}

/// The accounts after an id, with what is to be done for each.
async fn planned(
    services: &Services,
    source: &mut Source,
    wanted: &Wanted,
    names: &Arc<Names>,
    after: i64,
) -> Result<Option<(Page, Vec<Plan>)>, ImportError> {
    let Some(page) = Page::after(after, source, wanted.staff_only).await? else {
        return Ok(None);
    };
    let plans = plans(services, wanted, names, &page).await?;
    Ok(Some((page, plans)))
}

/// What is to be done for accounts. The work is done beside whatever waits for it.
async fn plans(
    services: &Services,
    wanted: &Wanted,
    names: &Arc<Names>,
    page: &Page,
) -> Result<Vec<Plan>, ImportError> {
    let (services, keys, names) = (
        services.clone(),
        Arc::clone(&wanted.keys),
        Arc::clone(names),
    );
    let records = Arc::clone(&page.records);
    let plans = tokio::task::spawn_blocking(move || {
        let plan = |record| plan::plan(&services, &keys, &names, record);
        records.iter().map(plan).collect()
    });
    Ok(plans.await?)
}

/// Some accounts, by id.
struct Page {
    records: Arc<Vec<Record>>,
    /// Ids of rows that cannot be read.
    broken: Vec<i64>,
    last: i64,
}

impl Page {
    /// The accounts after an id; `None` when there are no more.
    async fn after(
        after: i64,
        source: &mut Source,
        staff_only: bool,
    ) -> Result<Option<Self>, SourceError> {
        let tables = &mut source.0;
        let ids = tables.ids(after, TOGETHER, staff_only).await?;
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
            return Ok(None);
        };
        let (mut found, mut broken, last) = (Vec::new(), Vec::new(), *last);
        match tables.read(*first, last, staff_only).await {
            Ok(records) => found = records,
            Err(StoreError::Driver(_)) => {
                for id in ids {
                    match tables.read(id, id, staff_only).await {
                        Ok(mut records) => found.append(&mut records),
                        Err(StoreError::Driver(error)) => {
                            tracing::warn!(%error, django_id = id, "an account could not be read");
                            broken.push(id);
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Some(Self {
            records: Arc::new(found),
            broken,
            last,
        }))
    }

    fn len(&self) -> u64 {
        let count = self.records.len().saturating_add(self.broken.len());
        u64::try_from(count).unwrap_or_default()
    }
}

/// What is told of an account whose rows cannot be read.
fn broken(django_id: i64) -> AccountReport {
    AccountReport {
        django_id,
        username: String::new(),
        outcome: Outcome::Refused,
        reason: Some("its rows cannot be read; the log says why".to_owned()),
        email: None,
        disabled: false,
        roles: Vec::new(),
        password: None,
        totp: false,
        webauthn: Vec::new(),
        recovery_codes: None,
        exposed: None,
        left_behind: Vec::new(),
    }
}
