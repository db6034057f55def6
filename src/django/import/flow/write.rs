//! Writes accounts, each whole or not at all.

use std::borrow::Cow;

use super::{Plan, Wanted, taken::Taken};
use crate::{
    audit::{
        flow::{self as audit, Action, Event},
        notices::flow::{self as notices, Told},
    },
    auth::accounts::flow::{self as accounts, Adopted, Email},
    django::import::{
        domain::{AccountReport, Left, Outcome},
        store::{self, Known},
    },
    mfa::{
        ceremonies::flow as ceremonies, recovery_codes::flow as recovery_codes, totp::flow as totp,
        webauthn::flow as webauthn,
    },
    services::{Client, FlowError, Services},
    store::{StoreError, Tx},
};

/// Writes some accounts and answers what became of each. What the database refuses of them together is
/// tried again one by one, so that one bad row stops no other.
pub(super) async fn write(
    services: &Services,
    client: &Client,
    wanted: &Wanted,
    plans: &[Plan],
) -> Result<Vec<AccountReport>, FlowError> {
    match at_once(services, client, wanted, plans).await {
        Err(FlowError::Store(StoreError::Driver(_))) => {}
        outcome => return outcome,
    }
    let mut reports = Vec::with_capacity(plans.len());
    for plan in plans {
        match at_once(services, client, wanted, std::slice::from_ref(plan)).await {
            Ok(mut one) => reports.append(&mut one),
            Err(FlowError::Store(StoreError::Driver(error))) => {
                tracing::warn!(%error, django_id = plan.django_id, "an account could not be written");
                reports.push(AccountReport {
                    reason: Some("the database refused it; the log says why".to_owned()),
                    ..plan.report.clone()
                });
            }
            Err(other) => return Err(other),
        }
    }
    Ok(reports)
}

async fn at_once(
    services: &Services,
    client: &Client,
    wanted: &Wanted,
    plans: &[Plan],
) -> Result<Vec<AccountReport>, FlowError> {
    let (Some(first), Some(last)) = (plans.first(), plans.last()) else {
        return Ok(Vec::new());
    };
    let mut tx = services.db.begin().await?;
    accounts::hold_names(&mut tx).await?;
    let known = store::known(&mut tx, first.django_id, last.django_id).await?;
    let taken = Taken::of(&mut tx, plans).await?;
    let mut writer = Writer {
        services,
        client,
        wanted,
        tx,
        taken,
        accounts: Vec::new(),
        apps: Vec::new(),
        keys: Vec::new(),
        sets: Vec::new(),
        done: Vec::new(),
        told: Vec::new(),
    };
    let mut reports = Vec::with_capacity(plans.len());
    for plan in plans {
        let known = known.iter().find(|known| known.django_id == plan.django_id);
        reports.push(writer.one(plan, known).await?);
    }
    accounts::adopt(services, &mut writer.tx, &writer.accounts).await?;
    totp::adopt(services, &mut writer.tx, &writer.apps).await?;
    webauthn::adopt(services, &mut writer.tx, &writer.keys).await?;
    recovery_codes::adopt(services, &mut writer.tx, &writer.sets).await?;
    writer.note().await?;
    if wanted.dry_run {
        return Ok(reports);
    }
    writer.record().await?;
    if reports
        .iter()
        .any(|report| report.outcome == Outcome::Imported)
    {
        accounts::claim_installation(services, &mut writer.tx).await?;
    }
    writer.tx.commit().await?;
    for told in writer.told {
        told.send(services);
    }
    Ok(reports)
}

struct Writer<'a> {
    services: &'a Services,
    client: &'a Client,
    wanted: &'a Wanted,
    tx: Tx,
    taken: Taken,
    /// What is written for all accounts together: each statement has its price.
    accounts: Vec<(String, Cow<'a, Adopted>)>,
    apps: Vec<totp::Adoption<'a>>,
    keys: Vec<webauthn::Adoption<'a>>,
    sets: Vec<recovery_codes::Adoption<'a>>,
    done: Vec<Done<'a>>,
    told: Vec<Told>,
}

/// An account that was written, whose rows of the tables that all share are still to be.
struct Done<'a> {
    plan: &'a Plan,
    id: String,
    action: Action,
}

impl<'a> Writer<'a> {
    async fn one(
        &mut self,
        plan: &'a Plan,
        known: Option<&Known>,
    ) -> Result<AccountReport, FlowError> {
        let mut report = plan.report.clone();
        let Some(account) = &plan.account else {
            return Ok(report);
        };
        let (outcome, reason) = match known {
            Some(known) if known.created_at != account.created_at => {
                let reason = format!(
                    "{:?} here has come from the same id of another Django site",
                    known.username
                );
                (Outcome::Refused, Some(reason))
            }
            Some(known) if known.digest == plan.digest => (Outcome::Unchanged, None),
            Some(_) if !self.wanted.update => {
                let reason =
                    "it has changed in Django since it came over; --update brings that here";
                (Outcome::Kept, Some(reason.to_owned()))
            }
            Some(known) => self.update(plan, account, known, &mut report).await?,
            None => self.add(plan, account, &mut report)?,
        };
        report.outcome = outcome;
        report.reason = reason;
        Ok(report)
    }

    fn add(
        &mut self,
        plan: &'a Plan,
        account: &'a Adopted,
        report: &mut AccountReport,
    ) -> Result<(Outcome, Option<String>), FlowError> {
        let Some(mut account) = self.fitting(account, report) else {
            let reason = "an account here has its username already: rename it in Django";
            return Ok((Outcome::Refused, Some(reason.to_owned())));
        };
        let now = self.services.clock.now();
        let id = self.services.random.uuid_v7(now)?;
        self.add_factors(plan, &id, &mut account, report);
        self.taken.note(&account);
        self.accounts.push((id.clone(), account));
        self.done.push(Done {
            plan,
            id,
            action: Action::AccountImported,
        });
        Ok((Outcome::Imported, None))
    }

    async fn update(
        &mut self,
        plan: &'a Plan,
        account: &'a Adopted,
        known: &Known,
        report: &mut AccountReport,
    ) -> Result<(Outcome, Option<String>), FlowError> {
        let id = &*known.account_id;
        // a wrong password changes nothing; whatever else has happened, the owner or an operator did
        let harmless = [
            Action::AccountImported,
            Action::AccountRefreshed,
            Action::FactorExposed,
            Action::SignInFailed,
        ];
        if !audit::nothing_but(&mut self.tx, id, &harmless).await? {
            let reason = "it has been used or changed here since it came over";
            return Ok((Outcome::Kept, Some(reason.to_owned())));
        }
        self.taken.forget(known);
        let Some(mut account) = self.fitting(account, report) else {
            self.taken.keep(known);
            let reason = "another account here has its new username";
            return Ok((Outcome::Kept, Some(reason.to_owned())));
        };
        self.taken.forget_keys_of(id);
        self.add_factors(plan, id, &mut account, report);
        self.taken.note(&account);
        accounts::refresh(self.services, &mut self.tx, id, &account).await?;
        totp::remove_all_of(&mut self.tx, id).await?;
        webauthn::remove_all_of(&mut self.tx, id).await?;
        recovery_codes::remove_all_of(&mut self.tx, id).await?;
        ceremonies::end_all_of(&mut self.tx, id).await?;
        let now = self.services.clock.now();
        store::refreshed(&mut self.tx, id, &plan.digest, now).await?;
        self.done.push(Done {
            plan,
            id: id.to_owned(),
            action: Action::AccountRefreshed,
        });
        Ok((Outcome::Updated, None))
    }

    /// An account as it may be written: without its address where somebody has that, and not at all
    /// where somebody has its username.
    fn fitting(
        &self,
        account: &'a Adopted,
        report: &mut AccountReport,
    ) -> Option<Cow<'a, Adopted>> {
        if self.taken.fits(account) {
            return Some(Cow::Borrowed(account));
        }
        let without = without_address(account, report)?;
        self.taken.fits(&without).then_some(Cow::Owned(without))
    }

    /// Notes what an account gets; with no factor left of those that it had, it is disabled.
    fn add_factors(
        &mut self,
        plan: &'a Plan,
        id: &str,
        account: &mut Cow<'_, Adopted>,
        report: &mut AccountReport,
    ) {
        let factors = &plan.factors;
        self.apps
            .extend(factors.apps.iter().map(|(app, exposed)| totp::Adoption {
                account_id: id.to_owned(),
                app,
                exposed: *exposed,
            }));
        let mut names = Vec::with_capacity(factors.keys.len());
        for key in &factors.keys {
            if self.taken.give(key, id) {
                names.push(key.name.clone());
                self.keys.push(webauthn::Adoption {
                    account_id: id.to_owned(),
                    key,
                });
                continue;
            }
            report.left_behind.push(Left {
                what: format!("security key “{}”", key.name),
                why: "there is a key with its id already, and only one can be: add it anew"
                    .to_owned(),
            });
        }
        report.webauthn = names;
        if !factors.keys.is_empty() && factors.apps.is_empty() && report.webauthn.is_empty() {
            account.to_mut().disabled = true;
            report.disabled = true;
            report.recovery_codes = None;
            report.left_behind.push(Left::second_factor());
            return;
        }
        if let Some((set, exposed)) = &factors.codes {
            self.sets.push(recovery_codes::Adoption {
                account_id: id.to_owned(),
                set,
                exposed: *exposed,
            });
        }
    }

    /// Notes where the new accounts came from.
    async fn note(&mut self) -> Result<(), FlowError> {
        let new: Vec<store::New<'_>> = self
            .done
            .iter()
            .filter(|done| done.action == Action::AccountImported)
            .map(|done| store::New {
                account_id: &done.id,
                django_id: done.plan.django_id,
                digest: &done.plan.digest,
            })
            .collect();
        Ok(store::insert(&mut self.tx, &new, self.services.clock.now()).await?)
    }

    /// Records what was done.
    async fn record(&mut self) -> Result<(), FlowError> {
        let (services, tx) = (self.services, &mut self.tx);
        let details: Vec<String> = self
            .done
            .iter()
            .map(|done| format!("django {}", done.plan.django_id))
            .collect();
        let events: Vec<Event<'_>> = self
            .done
            .iter()
            .zip(&details)
            .map(|(done, detail)| done.event(done.action, detail))
            .collect();
        audit::record_all(services, tx, self.client, &events).await?;
        for done in &self.done {
            let Some(what) = &done.plan.report.exposed else {
                continue;
            };
            let account = done.plan.account.as_ref();
            let email = account
                .and_then(|account| account.email.as_ref())
                .map_or("", Email::as_str);
            let event = done.event(Action::FactorExposed, what);
            let told = notices::tell(services, tx, self.client, &event, email).await?;
            self.told.push(told);
        }
        Ok(())
    }
}

impl Done<'_> {
    fn event<'b>(&'b self, action: Action, detail: &'b str) -> Event<'b> {
        Event {
            action,
            actor: None,
            subject: Some(&self.id),
            session: None,
            detail,
        }
    }
}

/// The same account without its address, which somebody here has already; `None` when it has none.
fn without_address(account: &Adopted, report: &mut AccountReport) -> Option<Adopted> {
    account.email.as_ref()?;
    report.email = None;
    report.left_behind.push(Left {
        what: "e-mail address".to_owned(),
        why: "an account here has it already".to_owned(),
    });
    Some(Adopted {
        email: None,
        ..account.clone()
    })
}
