//! The latest things that the gate was asked: in memory, of this process.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

/// How many are kept.
const KEPT: usize = 200;
/// How much is kept of what a stranger may have written, in characters.
const LONGEST: usize = 300;
/// For how many seconds the same denial is one event of the audit trail: a page that polls is not a hundred.
const SAME: i64 = 60;

/// What somebody asked for and got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// When, seconds since 1970 UTC.
    pub at: i64,
    /// The address that asked: a proxy, if it is what it should be.
    pub peer: String,
    /// Method of the request; empty where it was not understood, as the next two.
    pub method: String,
    /// Host of the site.
    pub host: String,
    /// Path of the request, without its query, which may hold secrets.
    pub path: String,
    /// Username of whoever is signed in.
    pub username: Option<String>,
    /// What it got.
    pub outcome: Outcome,
    /// Why, in words.
    pub why: String,
    /// The mark that it carried.
    pub mark: Option<String>,
}

/// What a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It passed.
    Allowed,
    /// Somebody had to sign in.
    SignIn,
    /// The visitor had to show more, or to show it again.
    StepUp,
    /// The visitor had not the role.
    Forbidden,
    /// It was not asked by a trusted proxy, or not clearly, or for no site.
    Refused,
    /// The database failed.
    Unavailable,
}

/// The latest decisions, the newest first. Cheap to clone.
#[derive(Clone, Default)]
pub struct Decisions(Arc<Mutex<VecDeque<Decision>>>);

impl Decisions {
    /// Keeps a decision; says whether nobody was denied the same by the same rule within a minute.
    #[must_use]
    pub fn keep(&self, mut decision: Decision) -> bool {
        for text in [&mut decision.host, &mut decision.path, &mut decision.why] {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
            }
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = decision.at.saturating_sub(SAME);
        let is_new = !kept
            .iter()
            .any(|other| other.at > since && other.is_same_denial(&decision));
        kept.truncate(KEPT - 1);
        kept.push_front(decision);
        is_new
    }

    /// All that are kept and fit.
    #[must_use]
    pub fn list(&self, fits: impl Fn(&Decision) -> bool) -> Vec<Decision> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .filter(|decision| fits(decision))
            .cloned()
            .collect()
    }
}

impl Decision {
    fn is_same_denial(&self, other: &Self) -> bool {
        self.outcome == other.outcome
            && self.username == other.username
            && self.host == other.host
            && self.why == other.why
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(at: i64, username: &str) -> Decision {
        Decision {
            at,
            peer: "127.0.0.1".to_owned(),
            method: "GET".to_owned(),
            host: "a.example".to_owned(),
            path: "/".to_owned(),
            username: Some(username.to_owned()),
            outcome: Outcome::Forbidden,
            why: "role".to_owned(),
            mark: None,
        }
    }

    #[test]
    fn the_latest_are_kept_and_the_same_denial_is_new_once_a_minute() {
        let decisions = Decisions::default();
        assert!(decisions.keep(denial(0, "anna")) && decisions.keep(denial(0, "berta")));
        assert!(!decisions.keep(denial(59, "anna")));
        assert!(decisions.keep(denial(119, "anna")));
        for at in 0..300 {
            let _ = decisions.keep(denial(at, "carla"));
        }
        let mut long = denial(300, "dora");
        long.path = "å".repeat(16_000);
        assert!(decisions.keep(long));
        assert_eq!(decisions.list(|_| true)[0].path.chars().count(), LONGEST);
        assert_eq!(decisions.list(|_| true).len(), KEPT);
        assert_eq!(decisions.list(|_| true)[1].at, 299);
        assert!(decisions.list(|one| one.at < 100).is_empty());
    }
}
