//! What accounts here have already, and may not be given to another.

use std::collections::{HashMap, HashSet};

use super::Plan;
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

    /// Whether nobody has the names of an account.
    pub(super) fn fits(&self, account: &Adopted) -> bool {
        names(account).all(|name| !self.names.contains(name))
    }

    /// Notes the names of an account.
    pub(super) fn note(&mut self, account: &Adopted) {
        self.names.extend(names(account).map(str::to_owned));
    }

    /// Forgets the names of an account that is to get others.
    pub(super) fn forget(&mut self, known: &Known) {
        self.names.remove(&known.username_canonical);
        if let Some(email) = &known.email_canonical {
            self.names.remove(email);
        }
    }

    /// Notes the names of an account that keeps them.
    pub(super) fn keep(&mut self, known: &Known) {
        self.names.insert(known.username_canonical.clone());
        self.names.extend(known.email_canonical.clone());
    }

    /// Notes a key as an account's, unless somebody has it already; says whether it did.
    pub(super) fn give(&mut self, key: &webauthn::Moving, account_id: &str) -> bool {
        let id = &key.key.credential_id;
        let free = !self.keys.contains_key(id);
        if free {
            self.keys.insert(id.clone(), account_id.to_owned());
        }
        free
    }

    /// Forgets the keys of an account that are about to be removed.
    pub(super) fn forget_keys_of(&mut self, account_id: &str) {
        self.keys.retain(|_, owner| owner != account_id);
    }
}
