//! What a request gets: the rule that holds for it, and whether the visitor is what it needs.

use std::fmt;

use super::path::Reading;
use crate::gate::{Require, Role, Rule, Site};

/// Everything that a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs(Vec<Rule>);

/// A signed-in visitor.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Stored method names.
    pub methods: &'a str,
    /// When a factor was last shown, seconds since 1970 UTC.
    pub shown_at: i64,
    /// When a security key or passkey was last shown.
    pub key_shown_at: Option<i64>,
    /// What the account is.
    pub roles: &'a [Role],
}

/// What a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes.
    Allow,
    /// Somebody must sign in.
    SignIn,
    /// The visitor must show more than they did, or show it again.
    StepUp,
    /// Nothing that the visitor could show would help.
    Forbid,
}

impl Needs {
    /// The rule with the longest path; where the path is ambiguous, all rules at once.
    #[must_use]
    pub fn of(site: &Site, reading: &Reading) -> Self {
        let whole = site.rules.iter().any(|rule| rule.path == "/");
        let default = (!whole).then(Rule::default_of_a_site);
        let rules = site.rules.iter().chain(&default);
        Self(match reading {
            Reading::Ambiguous => rules.cloned().collect(),
            Reading::Plain(path) => rules
                .filter(|rule| Reading::is_below(path, &rule.path))
                .max_by_key(|rule| rule.path.trim_end_matches('/').len())
                .cloned()
                .into_iter()
                .collect(),
        })
    }

    /// The rules that hold at once; never none.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0
    }

    /// How strongly the visitor must have signed in.
    #[must_use]
    pub fn require(&self) -> Require {
        let strongest = self.0.iter().map(|rule| rule.require).max();
        strongest.unwrap_or(Require::PhishingResistant)
    }

    /// What the request gets. `shown_at` may be ahead of a clock that was set back; then it counts by its distance.
    #[must_use]
    pub fn verdict(&self, visitor: Option<Standing<'_>>, now: i64) -> Verdict {
        if !self.0.is_empty() && self.require() == Require::Nothing {
            return Verdict::Allow;
        }
        let Some(visitor) = visitor else {
            return Verdict::SignIn;
        };
        let in_roles = |rule: &Rule| {
            rule.roles.is_empty() || rule.roles.iter().any(|role| visitor.roles.contains(role))
        };
        if !self.0.iter().all(in_roles) {
            return Verdict::Forbid;
        }
        let is_fresh = |rule: &Rule| {
            // a code does not make a key fresh
            let shown_at = match rule.require {
                Require::PhishingResistant => visitor.key_shown_at,
                _ => Some(visitor.shown_at),
            };
            rule.fresh.is_none_or(|seconds| {
                shown_at.is_some_and(|at| now.saturating_sub(at).saturating_abs() <= seconds)
            })
        };
        if level(visitor.methods) >= self.require() && self.0.iter().all(is_fresh) {
            Verdict::Allow
        } else {
            Verdict::StepUp
        }
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rule) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" and ")?;
            }
            write!(f, "{} asks for {}", rule.path, rule.require)?;
            if let Some(seconds) = rule.fresh {
                write!(f, ", shown within {seconds} s")?;
            }
            let roles: Vec<_> = rule.roles.iter().map(|role| role.as_str()).collect();
            if !roles.is_empty() {
                write!(f, ", role {}", roles.join(" or "))?;
            }
        }
        Ok(())
    }
}

/// How strongly somebody has signed in who used these methods.
#[must_use]
pub fn level(methods: &str) -> Require {
    let has = |names: &[&str]| {
        methods
            .split_whitespace()
            .any(|method| names.contains(&method))
    };
    if has(&["hwk", "swk"]) {
        Require::PhishingResistant
    } else if has(&["otp", "rc"]) {
        Require::TwoFactor
    } else {
        Require::Session
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let rule = |path: &str, require, fresh, roles: &[Role]| Rule {
            path: path.to_owned(),
            require,
            fresh,
            roles: roles.to_vec(),
        };
        Site {
            host: "admin.example.org".to_owned(),
            rules: vec![
                rule("/static/", Require::Nothing, None, &[]),
                rule(
                    "/users/",
                    Require::PhishingResistant,
                    Some(300),
                    &[Role::Superuser],
                ),
                rule("/users/list/", Require::Session, None, &[Role::Staff]),
            ],
        }
    }

    #[test]
    fn what_a_request_needs_is_put_into_words() {
        let needs = |path| Needs::of(&site(), &Reading::of(path)).to_string();
        assert_eq!(
            needs("/users/7"),
            "/users/ asks for phishing_resistant, shown within 300 s, role superuser"
        );
        assert!(needs("//").starts_with("/static/ asks for nothing and /users/ asks for"));
    }

    fn verdict(path: &str, methods: Option<&str>, roles: &[Role], age: i64) -> Verdict {
        let visitor = methods.map(|methods| Standing {
            methods,
            shown_at: 1000,
            key_shown_at: (level(methods) == Require::PhishingResistant).then_some(1000),
            roles,
        });
        Needs::of(&site(), &Reading::of(path)).verdict(visitor, 1000 + age)
    }

    #[test]
    fn a_key_is_fresh_only_by_itself() {
        let needs = Needs::of(&site(), &Reading::of("/users/7"));
        let shown = |key_shown_at| {
            let visitor = Standing {
                methods: "hwk otp",
                shown_at: 1000,
                key_shown_at,
                roles: &[Role::Superuser],
            };
            needs.verdict(Some(visitor), 1000)
        };
        assert_eq!(shown(Some(700)), Verdict::Allow);
        assert_eq!(shown(Some(699)), Verdict::StepUp);
        assert_eq!(shown(None), Verdict::StepUp);
    }

    #[test]
    fn the_longest_path_wins_and_a_site_without_a_rule_for_it_needs_two_factors() {
        for (path, require) in [
            ("/", Require::TwoFactor),
            ("/static/x.css", Require::Nothing),
            ("/static", Require::Nothing),
            ("/static-secret/", Require::TwoFactor),
            ("/users/7/", Require::PhishingResistant),
            ("/users/list/7", Require::Session),
            ("/%75sers/7/", Require::PhishingResistant),
        ] {
            assert_eq!(
                Needs::of(&site(), &Reading::of(path)).require(),
                require,
                "{path}"
            );
        }
    }

    #[test]
    fn gat_04_an_ambiguous_path_passes_by_no_rule_but_all() {
        let both = [Role::Staff, Role::Superuser];
        for path in ["/static/../users/", "/static//x", "/static%2f..%2fusers/"] {
            assert_eq!(verdict(path, None, &[], 0), Verdict::SignIn);
            assert_eq!(verdict(path, Some("pwd otp"), &both, 0), Verdict::StepUp);
            assert_eq!(
                verdict(path, Some("hwk"), &[Role::Superuser], 0),
                Verdict::Forbid
            );
            assert_eq!(verdict(path, Some("hwk"), &both, 301), Verdict::StepUp);
            assert_eq!(verdict(path, Some("hwk"), &both, 300), Verdict::Allow);
        }
    }

    #[test]
    fn gat_12_a_code_is_not_enough_where_a_key_is_asked_for() {
        let root = [Role::Superuser];
        assert_eq!(
            verdict("/users/", Some("pwd otp"), &root, 0),
            Verdict::StepUp
        );
        assert_eq!(
            verdict("/users/", Some("pwd swk"), &root, 0),
            Verdict::Allow
        );
        assert_eq!(
            verdict("/users/", Some("pwd swk"), &root, 301),
            Verdict::StepUp
        );
        assert_eq!(
            verdict("/users/", Some("pwd swk"), &root, -301),
            Verdict::StepUp
        );
        assert_eq!(verdict("/users/", Some("pwd swk"), &[], 0), Verdict::Forbid);
        assert_eq!(verdict("/", Some("pwd"), &[], 0), Verdict::StepUp);
        assert_eq!(verdict("/", Some("pwd rc"), &[], 0), Verdict::Allow);
        assert_eq!(verdict("/static/", None, &[], 0), Verdict::Allow);
    }
}
