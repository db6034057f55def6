use std::fmt;
use std::net::SocketAddr;

use super::error::{Problem, quoted};
use super::names::no_such_word;
use super::read::Written;
use super::table::Setting;

/// A list shown as it is written in the environment.
pub(super) struct Listed<T>(pub(super) Vec<T>);

impl<T: fmt::Display> fmt::Display for Listed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (at, item) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{item}")?;
        }
        Ok(())
    }
}

impl Written {
    fn kind(&self) -> &'static str {
        match self {
            Self::Plain(_) | Self::Text(_) => "a string",
            Self::Flag(_) => "a boolean",
            Self::Whole(_) => "a number",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }

    fn but_need(&self, right: &str) -> Problem {
        Problem::new(format!("is {}", self.kind()), right)
    }
}

/// Text without the blanks around it, which may be all there is.
pub(super) fn text_or_nothing(written: &Written) -> Result<String, Problem> {
    match written {
        Written::Plain(text) | Written::Text(text) => Ok(text.trim().to_owned()),
        other => Err(other.but_need("write one string in quotes")),
    }
}

pub(super) fn text(written: &Written) -> Result<String, Problem> {
    let text = text_or_nothing(written)?;
    if text.is_empty() {
        return Err(Problem::new(
            "is empty",
            "give it a value, or leave it out for the default",
        ));
    }
    Ok(text)
}

pub(super) fn flag(written: &Written) -> Result<bool, Problem> {
    let right = "write true or false, without quotes";
    match written {
        Written::Flag(flag) => Ok(*flag),
        Written::Plain(text) => match text.trim() {
            "true" => Ok(true),
            "false" => Ok(false),
            "" => Err(Problem::new("is empty", right)),
            other => Err(Problem::new(
                format!("{} is not allowed", quoted(other)),
                right,
            )),
        },
        other => Err(other.but_need(right)),
    }
}

/// A whole number within the limits of the setting.
pub(super) fn whole<T: TryFrom<i64>>(setting: &Setting) -> impl Fn(&Written) -> Result<T, Problem> {
    let limits = setting.limits;
    let unit = setting.unit;
    move |written| {
        let (from, to, why) = limits.map_or((0, i64::MAX, ""), |l| (l.from, l.to, l.why));
        let space = if unit.is_empty() { "" } else { " " };
        let range = format!("use {from} to {to}{space}{unit}; {why}");
        let number = match written {
            Written::Whole(number) => *number,
            Written::Plain(text) if text.trim().is_empty() => {
                return Err(Problem::new("is empty", range));
            }
            Written::Plain(text) => text.trim().parse().map_err(|_| {
                Problem::new(
                    format!("{} is no whole number", quoted(text.trim())),
                    range.as_str(),
                )
            })?,
            other => return Err(other.but_need("write a whole number, without quotes")),
        };
        let refused = || Problem::new(format!("{number} is not allowed"), range.as_str());
        if (from..=to).contains(&number) {
            T::try_from(number).map_err(|_| refused())
        } else {
            Err(refused())
        }
    }
}

pub(super) fn list(written: &Written) -> Result<Vec<String>, Problem> {
    match written {
        Written::List(items) => Ok(items.iter().map(|item| item.trim().to_owned()).collect()),
        Written::Plain(text) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()),
        other => Err(other.but_need("write a list of strings, such as [\"one\", \"two\"]")),
    }
}

/// A list, which the file may also hold as one string with commas in it.
pub(super) fn list_or_text(written: &Written) -> Result<Vec<String>, Problem> {
    match written {
        Written::Text(text) => list(&Written::Plain(text.clone())),
        other => list(other),
    }
}

/// One of a few words, or what is allowed instead.
pub(super) fn word(word: &str, allowed: &[&'static str]) -> Result<&'static str, Problem> {
    allowed
        .iter()
        .find(|known| **known == word)
        .copied()
        .ok_or_else(|| no_such_word(word, allowed))
}

/// A name for people: at most 64 characters on one line.
pub(super) fn name(written: &Written) -> Result<String, Problem> {
    short(text(written)?)
}

pub(super) fn name_or_nothing(written: &Written) -> Result<String, Problem> {
    short(text_or_nothing(written)?)
}

/// A name that can stand in an `otpauth:` label, where a colon ends the issuer.
pub(super) fn issuer(written: &Written) -> Result<String, Problem> {
    let name = name(written)?;
    if name.contains(':') {
        return Err(Problem::new(
            format!("{} has a colon", quoted(&name)),
            "leave the colon out, it would end the issuer in an otpauth label",
        ));
    }
    Ok(name)
}

fn short(name: String) -> Result<String, Problem> {
    const LONGEST: usize = 64;
    if name.chars().count() > LONGEST {
        return Err(Problem::new(
            format!("{} is too long", quoted(&name)),
            "use at most 64 characters",
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(Problem::new(
            "has a control character",
            "write one line of plain text",
        ));
    }
    Ok(name)
}

/// What `tracing` is to log; only its shape is looked at here.
pub(super) fn filter(written: &Written) -> Result<String, Problem> {
    let filter = text(written)?;
    if filter.chars().any(char::is_control) {
        return Err(Problem::new(
            "has a control character",
            "write for example info,sqlx=warn",
        ));
    }
    Ok(filter)
}

pub(super) fn address(written: &Written) -> Result<SocketAddr, Problem> {
    let text = text(written)?;
    text.parse().map_err(|_| {
        Problem::new(
            format!("{} is no address with a port", quoted(&text)),
            "write for example 127.0.0.1:3000 or [::]:3000",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    fn plain(text: &str) -> Written {
        Written::Plain(text.to_owned())
    }

    #[test]
    fn only_true_and_false_are_flags() {
        assert_eq!(flag(&plain(" true\n")), Ok(true));
        assert_eq!(flag(&plain("false")), Ok(false));
        for wrong in ["", "1", "yes", "True", "TRUE", "on"] {
            assert!(flag(&plain(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_keep_their_limits() {
        for setting in table::table() {
            let Some(limits) = setting.limits else {
                continue;
            };
            let parse = whole::<i64>(setting);
            assert_eq!(
                parse(&plain(&limits.from.to_string())),
                Ok(limits.from),
                "{setting:?}"
            );
            assert_eq!(
                parse(&Written::Whole(limits.to)),
                Ok(limits.to),
                "{setting:?}"
            );
            for wrong in [limits.from - 1, limits.to + 1, i64::MAX, i64::MIN] {
                let problem = parse(&Written::Whole(wrong)).unwrap_err();
                assert!(problem.right.contains(limits.why), "{problem:?}");
            }
            for wrong in [
                "",
                "x",
                "6s",
                "1e1",
                "0x6",
                "6.0",
                "1_0",
                "99999999999999999999",
            ] {
                assert!(parse(&plain(wrong)).is_err(), "{setting:?} {wrong}");
            }
        }
    }

    #[test]
    fn a_list_in_the_environment_has_commas() {
        assert_eq!(
            list(&plain(" a, b ,")),
            Ok(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(list(&plain("")), Ok(vec![]));
    }

    #[test]
    fn names_have_1_to_64_characters_on_one_line() {
        assert_eq!(name(&plain(&"å".repeat(64))).unwrap().chars().count(), 64);
        assert!(name(&plain(&"å".repeat(65))).is_err());
        assert!(name(&plain("  ")).is_err());
        assert!(name(&plain("a\u{7f}b")).is_err());
        assert!(name(&plain("a\nb")).is_err());
        assert_eq!(name_or_nothing(&plain("")), Ok(String::new()));
        assert!(issuer(&plain("a:b")).is_err());
        assert!(name(&plain("a:b")).is_ok());
    }
}
