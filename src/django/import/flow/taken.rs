//! What accounts here have already, and may not be given to another.

use std::collections::{HashMap, HashSet};

use super::{Plan, fit::Fit};
use crate::{
    auth::accounts::flow::{self as accounts, Adopted},
    django::import::store::Known,
    mfa::webauthn::flow as webauthn,
    services::FlowError,
    store::Tx,
};

/// Names and keys among those that some accounts are to get. What is written later is noted here at once.
pub(super) struct Taken {
    /// Canonical usernames and addresses: one person's address is not another's username.
    names: HashSet<String>,
    /// Credential ids, each with the id of its account.
    keys: HashMap<Vec<u8>, String>,
}

/// The names of an account, folded.
fn names(account: &Adopted) -> impl Iterator<Item = &str> {
    let email = account
        .email
        .as_ref()
        .map(|email| email.canonical().as_str());
    [account.username.canonical().as_str()]
        .into_iter()
        .chain(email)
}

impl Taken {
    /// Of what these plans would write. The caller holds the names.
    ///
    /// # Errors
    /// [`FlowError::Store`].
    pub(super) async fn of(tx: &mut Tx, plans: &[Plan]) -> Result<Self, FlowError> {
        let accounts = plans.iter().filter_map(|plan| plan.account.as_ref());
        let wanted: Vec<&str> = accounts.flat_map(names).collect();
        let keys = plans.iter().flat_map(|plan| &plan.factors.keys);
        let ids: Vec<&[u8]> = keys.map(|key| &*key.key.credential_id).collect();
        Ok(Self {
            names: accounts::taken(tx, &wanted).await?.into_iter().collect(),
            keys: webauthn::owners(tx, &ids).await?.into_iter().collect(),
        })
    }

    /// Whether nobody has a name, but perhaps the account that asks.
    pub(super) fn is_free(&self, name: &str, known: Option<&Known>) -> bool {
        let own = known.is_some_and(|known| {
            known.username_canonical == name || known.email_canonical.as_deref() == Some(name)
        });
        own || !self.names.contains(name)
    }

    /// Whether nobody has a key, but perhaps the account that asks.
    pub(super) fn is_free_key(&self, credential_id: &[u8], known: Option<&Known>) -> bool {
        let own = known.map(|known| &known.account_id);
        self.keys
            .get(credential_id)
            .is_none_or(|owner| Some(owner) == own)
    }

    /// Notes what an account is given.
    pub(super) fn give(&mut self, fit: &Fit<'_>, account_id: &str) {
        self.names.extend(names(&fit.account).map(str::to_owned));
        let ids = fit.keys.iter().map(|key| key.key.credential_id.clone());
        self.keys.extend(ids.map(|id| (id, account_id.to_owned())));
    }

    /// Forgets what an account has that is to get something else.
    pub(super) fn forget(&mut self, known: &Known) {
        self.names.remove(&known.username_canonical);
        if let Some(email) = &known.email_canonical {
            self.names.remove(email);
        }
        self.keys.retain(|_, owner| *owner != known.account_id);
    }
}
