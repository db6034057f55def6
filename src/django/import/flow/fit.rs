//! What of an account fits beside those that are here.

use std::{borrow::Cow, collections::HashSet};

use super::{Plan, taken::Taken};
use crate::{
    auth::accounts::flow::Adopted,
    django::import::{
        domain::{self, AccountReport, Left},
        store::Known,
    },
    mfa::{recovery_codes::flow as recovery_codes, webauthn::flow as webauthn},
};

/// An account as it may be written.
pub(super) struct Fit<'a> {
    pub(super) account: Cow<'a, Adopted>,
    pub(super) keys: Vec<&'a webauthn::Moving>,
    pub(super) codes: Option<&'a (recovery_codes::Moving, bool)>,
    /// Of what was read, and of all that is left behind.
    pub(super) digest: [u8; 32],
    pub(super) report: AccountReport,
}

impl<'a> Fit<'a> {
    /// Without its address and keys where others have those; `None` where somebody has its username. What
    /// the account that it is `known` as has is no obstacle.
    pub(super) fn of(
        plan: &'a Plan,
        account: &'a Adopted,
        taken: &Taken,
        known: Option<&Known>,
    ) -> Option<Self> {
        if !taken.is_free(account.username.canonical().as_str(), known) {
            return None;
        }
        let mut fit = Self {
            account: Cow::Borrowed(account),
            keys: Vec::with_capacity(plan.factors.keys.len()),
            codes: plan.factors.codes.as_ref(),
            digest: plan.digest,
            report: plan.report.clone(),
        };
        let mut lost = Vec::new();
        if let Some(email) = &account.email
            && !taken.is_free(email.canonical().as_str(), known)
        {
            fit.account.to_mut().email = None;
            fit.report.email = None;
            lost.push(Left {
                what: "e-mail address".to_owned(),
                why: "an account here has it already".to_owned(),
            });
        }
        let mut own = HashSet::new();
        for key in &plan.factors.keys {
            let id = &*key.key.credential_id;
            if taken.is_free_key(id, known) && own.insert(id) {
                fit.keys.push(key);
                continue;
            }
            lost.push(Left {
                what: format!("security key “{}”", key.name),
                why: "there is a key with its id already, and only one can be: add it anew"
                    .to_owned(),
            });
        }
        fit.report.webauthn = fit.keys.iter().map(|key| key.name.clone()).collect();
        if !plan.factors.keys.is_empty() && plan.factors.apps.is_empty() && fit.keys.is_empty() {
            fit.shut(&mut lost);
        }
        fit.digest = domain::lessened(plan.digest, &lost);
        fit.report.left_behind.append(&mut lost);
        Some(fit)
    }

    /// With no factor left of those that it had, it is disabled.
    fn shut(&mut self, lost: &mut Vec<Left>) {
        self.account.to_mut().disabled = true;
        self.codes = None;
        self.report.disabled = true;
        self.report.recovery_codes = None;
        // it was the codes that were, if any
        self.report.exposed = None;
        lost.push(Left::second_factor());
    }

    /// Whether an account that works would be disabled, because its only key is another's still. One
    /// without its address works on, and gets it when it is free: two that swap theirs both can.
    pub(super) fn shuts(&self, wanted: &Adopted, known: &Known) -> bool {
        self.account.disabled && !wanted.disabled && known.disabled_at.is_none()
    }
}
