//! Which names of a site are not those of one account alone.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

/// Canonical usernames and addresses of all accounts, of each no more than a hash: a million take 32 MB.
#[derive(Default)]
pub struct Names {
    usernames: Vec<u128>,
    addresses: Vec<u128>,
    twice: HashSet<u128>,
    shared: HashSet<u128>,
}

/// A hash of which a million take 16 MB.
#[must_use]
pub fn hash(name: impl AsRef<[u8]>) -> u128 {
    let digest: [u8; 32] = Sha256::digest(name).into();
    digest.first_chunk().copied().map_or(0, u128::from_be_bytes)
}

/// What stands more than once in a sorted list.
fn doubles(sorted: &[u128]) -> HashSet<u128> {
    sorted
        .windows(2)
        .filter_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        })
        .collect()
}

impl Names {
    /// Notes an account.
    pub fn note(&mut self, username: &str, address: Option<&str>) {
        self.usernames.push(hash(username));
        self.addresses.extend(address.map(hash));
    }

    /// All accounts are noted.
    pub fn close(&mut self) {
        self.usernames.sort_unstable();
        self.addresses.sort_unstable();
        self.twice = doubles(&self.usernames);
        self.shared = doubles(&self.addresses);
    }

    /// Whether two accounts have a username.
    #[must_use]
    pub fn is_twice(&self, username: &str) -> bool {
        self.twice.contains(&hash(username))
    }

    /// Whether another account than that of a username has an address, as address or as username.
    #[must_use]
    pub fn is_shared(&self, address: &str, username: &str) -> bool {
        let hash = hash(address);
        self.shared.contains(&hash)
            || address != username && self.usernames.binary_search(&hash).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn django_names_of_two_accounts_are_found() {
        let mut names = Names::default();
        names.note("anna", Some("a@example.org"));
        names.note("berta", Some("b@example.org"));
        names.note("berta", None);
        names.note("c@example.org", Some("c@example.org"));
        names.note("dora", Some("berta"));
        names.note("emma", Some("a@example.org"));
        names.close();
        assert!(names.is_twice("berta") && !names.is_twice("anna"));
        assert!(names.is_shared("a@example.org", "anna"));
        assert!(!names.is_shared("b@example.org", "berta"));
        assert!(!names.is_shared("c@example.org", "c@example.org"));
        assert!(names.is_shared("berta", "dora"));
    }
}
