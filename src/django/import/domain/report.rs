//! What is told of an account.

use std::fmt;

use serde::Serialize;

/// What became of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It came over.
    Imported,
    /// It was brought up to date.
    Updated,
    /// It had come over before, and is there as it was.
    Unchanged,
    /// It had come over before; it has changed, there or here, and is left as it is here.
    Kept,
    /// It did not come over.
    Refused,
}

impl Outcome {
    /// As the table has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Kept => "kept",
            Self::Refused => "refused",
        }
    }
}

/// Something that does not come over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// What.
    pub what: String,
    /// Why, and what to do.
    pub why: String,
}

impl Left {
    /// The second factor as a whole: of an account that had one, and comes over without.
    #[must_use]
    pub fn second_factor() -> Self {
        Self {
            what: "the second factor".to_owned(),
            why: "none comes over, so the account is disabled: let its owner confirm who they are, then use accounts enable"
                .to_owned(),
        }
    }
}

/// The recovery codes that come over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CodesReport {
    /// Those that work.
    pub unused: usize,
    /// Those that are spent.
    pub used: usize,
}

/// An account, and what comes over of it. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountReport {
    /// Id in `auth_user`.
    pub django_id: i64,
    /// The username, as written there.
    pub username: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused or kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The e-mail address that it has here.
    pub email: Option<String>,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Its roles.
    pub roles: Vec<&'static str>,
    /// Algorithm of the password hash.
    pub password: Option<&'static str>,
    /// Whether an authenticator app comes over.
    pub totp: bool,
    /// Names of the keys that come over.
    pub webauthn: Vec<String>,
    /// The recovery codes.
    pub recovery_codes: Option<CodesReport>,
    /// What its owner has to renew, for everybody may know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposed: Option<String>,
    /// What does not come over.
    pub left_behind: Vec<Left>,
}

/// A text without what could move the cursor of a terminal.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self
            .0
            .chars()
            .map(|letter| {
                if letter.is_control() {
                    '\u{fffd}'
                } else {
                    letter
                }
            })
            .collect();
        f.pad(&text)
    }
}

impl fmt::Display for AccountReport {
    /// A line of the table, and one for each thing that does not come over.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comes = Vec::new();
        comes.extend(self.password.map(|name| format!("password ({name})")));
        comes.extend(self.totp.then(|| "authenticator app".to_owned()));
        comes.extend(match self.webauthn.len() {
            0 => None,
            1 => Some("1 key".to_owned()),
            keys => Some(format!("{keys} keys")),
        });
        comes.extend(
            self.recovery_codes
                .map(|codes| format!("{} recovery codes ({} used)", codes.unused, codes.used)),
        );
        comes.extend(self.disabled.then(|| "disabled".to_owned()));
        let comes = if matches!(self.outcome, Outcome::Imported | Outcome::Updated) {
            comes.join(", ")
        } else {
            String::new()
        };
        let line = format!(
            "{:>8} {:24} {:10} {comes}",
            self.django_id,
            Printable(&self.username),
            self.outcome.as_str(),
        );
        write!(f, "{}", line.trim_end())?;
        if let Some(reason) = &self.reason {
            write!(f, "\n{:9}{reason}", "")?;
        }
        if let Some(exposed) = &self.exposed {
            write!(f, "\n{:9}to be renewed by its owner: {exposed}", "")?;
        }
        for left in &self.left_behind {
            write!(
                f,
                "\n{:9}left behind: {}: {}",
                "",
                Printable(&left.what),
                left.why
            )?;
        }
        Ok(())
    }
}
