//! Writes accounts, each whole or not at all.

use std::borrow::Cow;

use super::{
    Plan, Wanted,
    fit::Fit,
    taken::{Taken, Unwritten},
};
use crate::{
    audit::{
        flow::{self as audit, Action, Event},
        notices::flow::{self as notices, Told},
    },
    auth::accounts::flow::{self as accounts, Adopted, Email},
    django::import::{
        domain::{AccountReport, Outcome},
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
/// tried again one by one, so that one bad row stops no other. A dry run notes what is `unwritten`.
pub(super) async fn write(
    services: &Services,
    client: &Client,
    wanted: &Wanted,
    plans: &[Plan],
    unwritten: &mut Unwritten,
) -> Result<Vec<AccountReport>, FlowError> {
    match at_once(services, client, wanted, plans, unwritten).await {
        Err(FlowError::Store(StoreError::Driver(_))) => {}
        outcome => return outcome,
    }
    let mut reports = Vec::with_capacity(plans.len());
    for plan in plans {
        match at_once(
            services,
            client,
            wanted,
            std::slice::from_ref(plan),
            unwritten,
        )
        .await
        {
            Ok(mut one) => reports.append(&mut one),
            Err(FlowError::Store(StoreError::Driver(error))) => {
                tracing::warn!(%error, django_id = plan.django_id, "an account could not be written");
                let outcome = if is_here(services, plan.django_id).await? {
                    Outcome::Kept
                } else {
                    Outcome::Refused
                };
                let reason = "the database refused it; the log says why";
                reports.push(ended(plan.report.clone(), outcome, Some(reason)));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(reports)
}

/// Whether an account came over before.
async fn is_here(services: &Services, django_id: i64) -> Result<bool, StoreError> {
    let mut tx = services.db.begin().await?;
    let known = store::known(&mut tx, django_id, django_id).await?;
    Ok(!known.is_empty())
}

async fn at_once(
    services: &Services,
    client: &Client,
    wanted: &Wanted,
    plans: &[Plan],
    unwritten: &mut Unwritten,
) -> Result<Vec<AccountReport>, FlowError> {
    let (Some(first), Some(last)) = (plans.first(), plans.last()) else {
        return Ok(Vec::new());
    };
    let mut tx = services.db.begin().await?;
    accounts::hold_names(&mut tx).await?;
    let known = store::known(&mut tx, first.django_id, last.django_id).await?;
    let taken = Taken::of(&mut tx, plans, unwritten).await?;
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
        unwritten.add(writer.taken);
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
        told.send_in_turn(services).await;
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
    done: Vec<Done>,
    told: Vec<Told>,
}

/// An account that was written, whose rows of the tables that all share are still to be.
struct Done {
    django_id: i64,
    id: String,
    action: Action,
    digest: [u8; 32],
    /// What of it everybody may know, and the address that it has.
    exposed: Option<(String, String)>,
}

/// What becomes of an account, with the reason.
fn ended(report: AccountReport, outcome: Outcome, reason: Option<&str>) -> AccountReport {
    AccountReport {
        outcome,
        reason: reason.map(str::to_owned),
        ..report
    }
}

impl<'a> Writer<'a> {
    async fn one(
        &mut self,
        plan: &'a Plan,
        known: Option<&Known>,
    ) -> Result<AccountReport, FlowError> {
        let report = || plan.report.clone();
        match (known, &plan.account) {
            (Some(known), _) if known.created_at != plan.created_at => {
                let reason = format!(
                    "{:?} here has come from the same id of another Django site",
                    known.username
                );
                Ok(ended(report(), Outcome::Refused, Some(&reason)))
            }
            // what cannot come over now has come before
            (Some(_), None) => Ok(AccountReport {
                outcome: Outcome::Kept,
                ..report()
            }),
            (None, None) => Ok(report()),
            (Some(known), Some(_)) if known.digest == plan.digest => {
                Ok(ended(report(), Outcome::Unchanged, None))
            }
            (Some(known), Some(account)) => self.again(plan, account, known).await,
            (None, Some(account)) => self.add(plan, account),
        }
    }

    fn add(&mut self, plan: &'a Plan, account: &'a Adopted) -> Result<AccountReport, FlowError> {
        let Some(fit) = Fit::of(plan, account, &self.taken, None) else {
            let reason = "an account here has its username already: rename it in Django";
            return Ok(ended(plan.report.clone(), Outcome::Refused, Some(reason)));
        };
        let now = self.services.clock.now();
        let id = self.services.random.uuid_v7(now)?;
        if self.taken.is_real(&fit) {
            self.give(plan, &fit, &id, Action::AccountImported);
            self.accounts.push((id, fit.account));
        } else {
            self.taken.give(&fit, &id);
        }
        Ok(ended(fit.report, Outcome::Imported, None))
    }

    /// An account that came over before, and is not now what it was then.
    async fn again(
        &mut self,
        plan: &'a Plan,
        account: &'a Adopted,
        known: &Known,
    ) -> Result<AccountReport, FlowError> {
        let kept = |reason| Ok(ended(plan.report.clone(), Outcome::Kept, Some(reason)));
        let id = &*known.account_id;
        let fit = Fit::of(plan, account, &self.taken, Some(known));
        // what it could not have then, it cannot have now
        let fit = match fit {
            Some(fit) if fit.digest == *known.digest => {
                return Ok(ended(fit.report, Outcome::Unchanged, None));
            }
            fit => fit,
        };
        if !self.wanted.update {
            return kept(
                "it has changed in Django since it came over, or can have more by now; --update brings that here",
            );
        }
        // a wrong password changes nothing; whatever else has happened, the owner or an operator did
        let harmless = [
            Action::AccountImported,
            Action::AccountRefreshed,
            Action::FactorExposed,
            Action::SignInFailed,
        ];
        // first the account, as everybody does: a code that is being spent is spent when that is asked
        accounts::hold_any(&mut self.tx, id).await?;
        if !audit::nothing_but(&mut self.tx, id, &harmless).await? {
            return kept("it has been used or changed here since it came over");
        }
        let Some(fit) = fit else {
            return kept("another account here has its new username");
        };
        if fit.shuts(account, known) {
            return kept("another account here has its only security key");
        }
        let real = self.taken.is_real(&fit);
        self.taken.forget(known, real);
        if !real {
            self.taken.give(&fit, id);
            return Ok(ended(fit.report, Outcome::Updated, None));
        }
        accounts::refresh(self.services, &mut self.tx, id, &fit.account).await?;
        totp::remove_all_of(&mut self.tx, id).await?;
        webauthn::remove_all_of(&mut self.tx, id).await?;
        recovery_codes::remove_all_of(&mut self.tx, id).await?;
        ceremonies::end_all_of(&mut self.tx, id).await?;
        let now = self.services.clock.now();
        store::refreshed(&mut self.tx, id, &fit.digest, now).await?;
        self.give(plan, &fit, id, Action::AccountRefreshed);
        Ok(ended(fit.report, Outcome::Updated, None))
    }

    /// Notes what an account gets.
    fn give(&mut self, plan: &'a Plan, fit: &Fit<'a>, id: &str, action: Action) {
        self.taken.give(fit, id);
        let apps = &plan.factors.apps;
        self.apps
            .extend(apps.iter().map(|(app, exposed)| totp::Adoption {
                account_id: id.to_owned(),
                app,
                exposed: *exposed,
            }));
        self.keys
            .extend(fit.keys.iter().map(|key| webauthn::Adoption {
                account_id: id.to_owned(),
                key,
            }));
        self.sets
            .extend(fit.codes.map(|(set, exposed)| recovery_codes::Adoption {
                account_id: id.to_owned(),
                set,
                exposed: *exposed,
            }));
        self.done.push(Done {
            django_id: plan.django_id,
            id: id.to_owned(),
            action,
            digest: fit.digest,
            exposed: fit.report.exposed.clone().map(|what| {
                let email = fit.account.email.as_ref();
                (what, email.map_or("", Email::as_str).to_owned())
            }),
        });
    }

    /// Notes where the new accounts came from.
    async fn note(&mut self) -> Result<(), FlowError> {
        let new: Vec<store::New<'_>> = self
            .done
            .iter()
            .filter(|done| done.action == Action::AccountImported)
            .map(|done| store::New {
                account_id: &done.id,
                django_id: done.django_id,
                digest: &done.digest,
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
            .map(|done| format!("django {}", done.django_id))
            .collect();
        let events: Vec<Event<'_>> = self
            .done
            .iter()
            .zip(&details)
            .map(|(done, detail)| done.event(done.action, detail))
            .collect();
        audit::record_all(services, tx, self.client, &events).await?;
        for done in &self.done {
            // to the account as it was written: an address that it could not have is somebody else's
            let Some((what, email)) = &done.exposed else {
                continue;
            };
            let event = done.event(Action::FactorExposed, what);
            let told = notices::tell(services, tx, self.client, &event, email).await?;
            self.told.push(told);
        }
        Ok(())
    }
}

impl Done {
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
