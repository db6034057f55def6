//! What accounts here have already, and may not be given to another.

use std::collections::{HashMap, HashSet};

use super::{Plan, fit::Fit};
use crate::{
    auth::accounts::flow::{self as accounts, Adopted},
    django::import::{domain::hash, store::Known},
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
    changes: Unwritten,
    ghosts: Ghosts,
}

/// What is free, as far as a dry run knows, and still stands in the database: an account that is to get any of
/// it cannot be tried there.
#[derive(Default)]
struct Ghosts {
    names: HashSet<String>,
    keys: HashSet<Vec<u8>>,
}

/// What a dry run would have changed so far, which the database does not say: of each name and id a hash.
///
/// A name that an account would have got is not here: no two accounts of a site want the same.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Names that accounts have given up.
    names: HashSet<u128>,
    /// Accounts that have given up their keys.
    accounts: HashSet<u128>,
    /// Credential ids of keys that accounts have got.
    keys: HashSet<u128>,
}

impl Unwritten {
    /// Adds what some more accounts would have changed.
    pub(super) fn add(&mut self, taken: Taken) {
        self.names.extend(taken.changes.names);
        self.accounts.extend(taken.changes.accounts);
        self.keys.extend(taken.changes.keys);
    }
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
    /// Of what these plans would write, after what is unwritten. The caller holds the names.
    ///
    /// # Errors
    /// [`FlowError::Store`].
    pub(super) async fn of(
        tx: &mut Tx,
        plans: &[Plan],
        unwritten: &Unwritten,
    ) -> Result<Self, FlowError> {
        let accounts = plans.iter().filter_map(|plan| plan.account.as_ref());
        let wanted: Vec<&str> = accounts.flat_map(names).collect();
        let keys = plans.iter().flat_map(|plan| &plan.factors.keys);
        let ids: Vec<&[u8]> = keys.map(|key| &*key.key.credential_id).collect();
        let names = accounts::taken(tx, &wanted).await?;
        let (ghosts, names) = names
            .into_iter()
            .partition(|name| unwritten.names.contains(&hash(name)));
        let (given_up, mut owners): (Vec<_>, Vec<_>) = webauthn::owners(tx, &ids)
            .await?
            .into_iter()
            .partition(|(_, owner)| unwritten.accounts.contains(&hash(owner)));
        // whoever it is, it is none of those that are still to come
        let got = ids.iter().filter(|id| unwritten.keys.contains(&hash(id)));
        owners.extend(got.map(|id| (id.to_vec(), String::new())));
        Ok(Self {
            names,
            keys: owners.into_iter().collect(),
            changes: Unwritten::default(),
            ghosts: Ghosts {
                names: ghosts,
                keys: given_up.into_iter().map(|(id, _)| id).collect(),
            },
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

    /// Whether the database has room for an account: always, but in a dry run.
    pub(super) fn is_real(&self, fit: &Fit<'_>) -> bool {
        let name = names(&fit.account).any(|name| self.ghosts.names.contains(name));
        let mut keys = fit.keys.iter().map(|key| &key.key.credential_id);
        !name && !keys.any(|id| self.ghosts.keys.contains(id))
    }

    /// Notes what an account is given.
    pub(super) fn give(&mut self, fit: &Fit<'_>, account_id: &str) {
        self.names.extend(names(&fit.account).map(str::to_owned));
        for key in &fit.keys {
            let id = &key.key.credential_id;
            self.changes.keys.insert(hash(id));
            self.keys.insert(id.clone(), account_id.to_owned());
        }
    }

    /// Forgets what an account has that is to get something else, be it in the database as well or not.
    pub(super) fn forget(&mut self, known: &Known, real: bool) {
        let both = [
            Some(&known.username_canonical),
            known.email_canonical.as_ref(),
        ];
        for name in both.into_iter().flatten() {
            self.changes.names.insert(hash(name));
            if self.names.remove(name) && !real {
                self.ghosts.names.insert(name.clone());
            }
        }
        self.changes.accounts.insert(hash(&known.account_id));
        for (id, _) in self.keys.extract_if(|_, owner| *owner == known.account_id) {
            if !real {
                self.ghosts.keys.insert(id);
            }
        }
    }
}
