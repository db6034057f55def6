//! What the doctor found, a line each.

use std::fmt::Display;

use crate::commands::{run::Failure, say::say};

/// How a finding is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Good,
    /// Not looked at, or not to be seen from here.
    Open,
    Wrong,
}

pub(super) struct Report {
    json: bool,
    wrong: usize,
}

impl Report {
    pub(super) const fn new(json: bool) -> Self {
        Self { json, wrong: 0 }
    }

    pub(super) fn good(&mut self, site: &str, what: impl Display) -> Result<(), Failure> {
        self.line(Kind::Good, site, &what)
    }

    pub(super) fn open(&mut self, site: &str, what: impl Display) -> Result<(), Failure> {
        self.line(Kind::Open, site, &what)
    }

    pub(super) fn wrong(&mut self, site: &str, what: impl Display) -> Result<(), Failure> {
        self.wrong += 1;
        self.line(Kind::Wrong, site, &what)
    }

    fn line(&self, kind: Kind, site: &str, what: &dyn Display) -> Result<(), Failure> {
        let word = match kind {
            Kind::Good => "ok",
            Kind::Open => "open",
            Kind::Wrong => "WRONG",
        };
        if self.json {
            let finding = word.to_lowercase();
            return say(
                serde_json::json!({ "site": site, "finding": finding, "what": what.to_string() }),
            );
        }
        say(format_args!("{word:6}{site}: {what}"))
    }

    /// # Errors
    /// When something is wrong.
    pub(super) fn end(&self) -> Result<(), Failure> {
        match self.wrong {
            0 => Ok(()),
            1 => Err("one thing is wrong".into()),
            several => Err(format!("{several} things are wrong").into()),
        }
    }
}
