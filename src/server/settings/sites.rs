//! The sites behind the login gate: `[[site]]` and `[[site.rule]]` of the settings file.

use std::{collections::BTreeSet, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::PublicUrl;
use super::error::{Problem, SettingsError, quoted};
use super::parse::word;
use super::read::position;
use crate::gate::{Require, Role, Rule, Site};

/// The key of the list of sites.
pub(super) const KEY: &str = "site";
const LONGEST_FRESH: i64 = 86_400;

/// Where the sites are written, for refusals.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

type Entry<'a, 'b> = (
    &'b Spanned<std::borrow::Cow<'a, str>>,
    &'b Spanned<DeValue<'a>>,
);

impl File<'_> {
    fn refuse(&self, name: &str, at: usize, wrong: &str, right: &str) -> SettingsError {
        let (line, _) = position(self.text, at);
        let place = format!("{}:{line}", self.path.display());
        SettingsError::new(name, &place, &Problem::new(wrong, right))
    }
}

/// Reads the value of [`KEY`].
pub(super) fn sites(
    path: &Path,
    text: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<Vec<Site>, SettingsError> {
    let file = File { path, text };
    let mut sites: Vec<Site> = Vec::new();
    for (table, at) in tables(&file, KEY, value)? {
        let site = site(&file, table, at)?;
        if sites.iter().any(|other| other.host == site.host) {
            let wrong = format!("{} stands there twice", quoted(&site.host));
            return Err(file.refuse("site.host", at, &wrong, "put its rules into one [[site]]"));
        }
        // cookies know no ports; a developer's machine has one name
        let shares = |other: &&Site| name_of(other) == name_of(&site);
        if let Some(other) = sites.iter().find(shares).filter(|_| !is_local(&site)) {
            let wrong = format!(
                "{} and {} are one name, so browsers send the cookies of each to both",
                site.host, other.host
            );
            return Err(file.refuse("site.host", at, &wrong, "give each a name of its own"));
        }
        sites.push(site);
    }
    Ok(sites)
}

/// The host of a site without its port.
pub(super) fn name_of(site: &Site) -> String {
    as_url(site).map_or_else(|| site.host.clone(), |url| url.host().to_owned())
}

fn is_local(site: &Site) -> bool {
    as_url(site).is_some_and(|url| url.is_localhost())
}

fn as_url(site: &Site) -> Option<PublicUrl> {
    PublicUrl::parse(&format!("https://{}", site.host)).ok()
}

/// The tables of a list, with where each begins.
fn tables<'a, 'b>(
    file: &File<'_>,
    name: &str,
    value: &'b Spanned<DeValue<'a>>,
) -> Result<Vec<(&'b DeTable<'a>, usize)>, SettingsError> {
    let right = format!("write [[{name}]] with two brackets for each");
    let wrong = |at| file.refuse(name, at, "is no list of sections", &right);
    let DeValue::Array(items) = value.get_ref() else {
        return Err(wrong(value.span().start));
    };
    items
        .iter()
        .map(|item| {
            let at = item.span().start;
            item.get_ref()
                .as_table()
                .map(|table| (table, at))
                .ok_or_else(|| wrong(at))
        })
        .collect()
}

fn site(file: &File<'_>, table: &DeTable<'_>, at: usize) -> Result<Site, SettingsError> {
    let (mut host, mut rules) = (None, Vec::<Rule>::new());
    for (key, value) in table {
        match known(file, KEY, &["host", "rule"], (key, value))? {
            "host" => host = Some(canonical(file, value)?),
            _ => {
                for (table, at) in tables(file, "site.rule", value)? {
                    let rule = rule(file, table, at)?;
                    let bare = |path: &str| path.trim_end_matches('/').to_owned();
                    if rules
                        .iter()
                        .any(|other| bare(&other.path) == bare(&rule.path))
                    {
                        let wrong = format!("{} stands there twice", quoted(&rule.path));
                        return Err(file.refuse(
                            "site.rule.path",
                            at,
                            &wrong,
                            "keep one of the two",
                        ));
                    }
                    rules.push(rule);
                }
            }
        }
    }
    let missing = || {
        file.refuse(
            "site.host",
            at,
            "is missing",
            "write host = \"admin.example.org\" below [[site]]",
        )
    };
    Ok(Site {
        host: host.ok_or_else(missing)?,
        rules,
    })
}

/// The key of an entry, if it is one of a few.
fn known(
    file: &File<'_>,
    within: &str,
    allowed: &[&'static str],
    (key, _): Entry<'_, '_>,
) -> Result<&'static str, SettingsError> {
    word(key.get_ref(), allowed).map_err(|problem| {
        let name = format!("{within}.{}", key.get_ref());
        file.refuse(&name, key.span().start, "is no setting", &problem.right)
    })
}

fn text<'b>(
    file: &File<'_>,
    name: &str,
    value: &'b Spanned<DeValue<'_>>,
) -> Result<&'b str, SettingsError> {
    value.get_ref().as_str().ok_or_else(|| {
        file.refuse(
            name,
            value.span().start,
            "is no string",
            "write one string in quotes",
        )
    })
}

/// A host as browsers send it.
fn canonical(file: &File<'_>, value: &Spanned<DeValue<'_>>) -> Result<String, SettingsError> {
    let host = text(file, "site.host", value)?;
    let right = |right: &str| {
        file.refuse(
            "site.host",
            value.span().start,
            &format!("{} is no host", quoted(host)),
            right,
        )
    };
    let url = PublicUrl::parse(&format!("https://{host}"))
        .map_err(|_| right("write the host alone, such as admin.example.org"))?;
    let canonical = url.authority();
    if canonical == host {
        Ok(canonical.to_owned())
    } else {
        Err(right(&format!("write it as browsers do: {canonical}")))
    }
}

fn rule(file: &File<'_>, table: &DeTable<'_>, at: usize) -> Result<Rule, SettingsError> {
    let mut rule = Rule {
        path: String::new(),
        ..Rule::default_of_a_site()
    };
    let mut fresh_at = at;
    for (key, value) in table {
        let begins = value.span().start;
        match known(
            file,
            "site.rule",
            &["path", "require", "fresh", "roles"],
            (key, value),
        )? {
            "path" => {
                let path = text(file, "site.rule.path", value)?;
                if !is_path(path) {
                    let wrong = format!("{} is no path", quoted(path));
                    let right =
                        "write it as it is read, such as /users/, without query, % or dot segments";
                    return Err(file.refuse("site.rule.path", begins, &wrong, right));
                }
                path.clone_into(&mut rule.path);
            }
            "require" => {
                let names = Require::ALL.map(Require::as_str);
                let name = word(text(file, "site.rule.require", value)?, &names)
                    .map_err(|it| file.refuse("site.rule.require", begins, &it.wrong, &it.right))?;
                let found = Require::ALL
                    .into_iter()
                    .find(|require| require.as_str() == name);
                rule.require = found.unwrap_or(Require::PhishingResistant);
            }
            "fresh" => {
                fresh_at = begins;
                rule.fresh = Some(seconds(file, value)?);
            }
            _ => rule.roles = roles(file, value)?,
        }
    }
    if rule.path.is_empty() {
        return Err(file.refuse(
            "site.rule.path",
            at,
            "is missing",
            "write path = \"/users/\" below [[site.rule]]",
        ));
    }
    if rule.require == Require::Nothing && (rule.fresh.is_some() || !rule.roles.is_empty()) {
        let right = "leave fresh and roles out, or require a session or more";
        return Err(file.refuse(
            "site.rule.require",
            fresh_at,
            "`nothing` has conditions beside it",
            right,
        ));
    }
    Ok(rule)
}

/// A path in which nothing can be read in two ways.
fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains(['%', '?', '#', '\\', ';'])
        && !path
            .chars()
            .any(|letter| letter.is_control() || letter.is_whitespace())
        && !path
            .split('/')
            .any(|segment| segment == "." || segment == "..")
}

fn seconds(file: &File<'_>, value: &Spanned<DeValue<'_>>) -> Result<i64, SettingsError> {
    let number = match value.get_ref() {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    };
    number
        .filter(|seconds| (1..=LONGEST_FRESH).contains(seconds))
        .ok_or_else(|| {
            let right = format!("use 1 to {LONGEST_FRESH} seconds, without quotes");
            file.refuse(
                "site.rule.fresh",
                value.span().start,
                "is not allowed",
                &right,
            )
        })
}

fn roles(file: &File<'_>, value: &Spanned<DeValue<'_>>) -> Result<Vec<Role>, SettingsError> {
    let refuse =
        |wrong: &str, right: &str| file.refuse("site.rule.roles", value.span().start, wrong, right);
    let right = "write a list such as [\"staff\", \"superuser\"]";
    let Some(items) = value.get_ref().as_array().filter(|items| !items.is_empty()) else {
        return Err(refuse("is no list of roles", right));
    };
    let mut seen = BTreeSet::new();
    let mut roles = Vec::new();
    for item in items {
        let name = item
            .get_ref()
            .as_str()
            .ok_or_else(|| refuse("is no list of roles", right))?;
        let name =
            word(name, &Role::ALL.map(Role::as_str)).map_err(|it| refuse(&it.wrong, &it.right))?;
        if seen.insert(name) {
            roles.extend(Role::ALL.into_iter().find(|role| role.as_str() == name));
        }
    }
    Ok(roles)
}
