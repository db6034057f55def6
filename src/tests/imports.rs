//! What a source file names: the paths of its `use` lines and of its code, from the crate's root.
//!
//! Reads text, not syntax trees: enough for files that `rustfmt` has formatted.

use std::{collections::HashMap, iter::Peekable, vec::IntoIter};

/// A path such as `crate::auth::login::flow` or `sqlx::query`, and the line it begins on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) line: usize,
    pub(super) path: String,
}

/// The code of a source, line by line as it was, without texts, comments and unit tests.
pub(super) fn code(source: &str) -> String {
    let source = source
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let (mut code, mut rest) = (String::new(), source);
    while let Some(letter) = rest.chars().next() {
        let skipped = match letter {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if rest.starts_with("r#\"") => rest.find("\"#").map_or(rest.len(), |end| end + 2),
            '"' => text_end(rest, '"'),
            // a lifetime has no second quote where a letter has it
            '\'' if rest.starts_with("'\\") || rest.chars().nth(2) == Some('\'') => {
                text_end(rest, '\'')
            }
            _ => {
                code.push(letter);
                rest = &rest[letter.len_utf8()..];
                continue;
            }
        };
        code.extend(rest[..skipped].chars().filter(|letter| *letter == '\n'));
        rest = &rest[skipped..];
    }
    code
}

/// The bytes of a quoted text at the beginning, with both quotes.
fn text_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// All paths that the code of a module names, resolved as far as `crate`, `self`, `super` and its
/// own `use` lines go. `module` is where the file stands: `["auth", "login", "flow"]`.
pub(super) fn names(module: &[&str], source: &str) -> Vec<Name> {
    let mut reader = Reader {
        module,
        known: HashMap::new(),
        names: Vec::new(),
    };
    let tokens = tokens(&code(source));
    reader.read(tokens.clone().into_iter().peekable(), true);
    reader.read(tokens.into_iter().peekable(), false);
    reader.names
}

/// A word, `::`, or a sign, with its line.
type Token = (usize, String);
type Tokens = Peekable<IntoIter<Token>>;

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let word = rest
                .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
                .unwrap_or(rest.len());
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => letter.len_utf8(),
                word => word,
            };
            if !letter.is_whitespace() {
                tokens.push((line, rest[..length].to_owned()));
            }
            rest = &rest[length..];
        }
    }
    tokens
}

struct Reader<'a> {
    module: &'a [&'a str],
    /// What `use` lines have given a name to.
    known: HashMap<String, String>,
    names: Vec<Name>,
}

impl Reader<'_> {
    /// Once for the `use` lines, once for the rest.
    fn read(&mut self, mut tokens: Tokens, uses: bool) {
        while let Some((line, word)) = tokens.next() {
            if word == "use" {
                let mut statement = tokens
                    .by_ref()
                    .take_while(|(_, word)| word != ";")
                    .collect::<Vec<_>>()
                    .into_iter()
                    .peekable();
                if uses {
                    self.tree(&mut statement, &[]);
                }
            } else if !uses && is_word(&word) && tokens.peek().is_some_and(|(_, next)| next == "::")
            {
                let mut path = vec![word];
                while tokens.next_if(|(_, next)| next == "::").is_some() {
                    match tokens.next_if(|(_, next)| is_word(next)) {
                        Some((_, word)) => path.push(word),
                        None => break,
                    }
                }
                self.note(line, &path);
            }
        }
    }

    /// One tree of a `use` statement, whose beginning is `before`.
    fn tree(&mut self, tokens: &mut Tokens, before: &[String]) {
        let mut path = before.to_vec();
        while let Some((line, word)) = tokens.next() {
            match word.as_str() {
                "::" => {}
                "{" => {
                    while tokens.peek().is_some_and(|(_, next)| next != "}") {
                        self.tree(tokens, &path);
                        tokens.next_if(|(_, next)| next == ",");
                    }
                    tokens.next();
                    return;
                }
                _ => {
                    if word != "self" || path.is_empty() {
                        path.push(word);
                    }
                    if tokens.peek().is_some_and(|(_, next)| next == "::") {
                        continue;
                    }
                    let mut name = path.last().cloned().unwrap_or_default();
                    if tokens.next_if(|(_, next)| next == "as").is_some() {
                        name = tokens.next().map_or(name, |(_, alias)| alias);
                    }
                    let whole = self.note(line, &path);
                    self.known.insert(name, whole);
                    return;
                }
            }
        }
    }

    fn note(&mut self, line: usize, path: &[String]) -> String {
        let up = path.iter().take_while(|word| *word == "super").count();
        let own = || {
            format!(
                "crate::{}",
                self.module[..self.module.len() - up].join("::")
            )
        };
        let (begin, rest) = match path[0].as_str() {
            "super" => (own(), &path[up..]),
            "self" => (own(), &path[1..]),
            first => (
                self.known
                    .get(first)
                    .cloned()
                    .unwrap_or_else(|| first.to_owned()),
                &path[1..],
            ),
        };
        let path = [&[begin], rest]
            .concat()
            .join("::")
            .replace("crate::::", "crate::");
        self.names.push(Name {
            line,
            path: path.clone(),
        });
        path
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

#[test]
fn nested_renamed_and_relative_paths_are_found_with_their_lines() {
    let source = "//! use sqlx::Nothing;\nuse crate::{\n    auth::{devices::flow as devices, sessions},\n    \
                  error::Error,\n};\nuse super::{api, store::{self, Row}};\n\nfn f<'a>() {\n    \
                  sessions::flow::end(\"axum::no\", 'x');\n    devices::find(store::get, axum::http::header::COOKIE)\n}\n\
                  #[cfg(test)]\nmod tests {\n    use web_sys::Window;\n}\n";
    let found: Vec<_> = names(&["auth", "login", "flow"], source)
        .into_iter()
        .map(|name| (name.line, name.path))
        .collect();
    for wanted in [
        (3, "crate::auth::devices::flow"),
        (3, "crate::auth::sessions"),
        (4, "crate::error::Error"),
        (6, "crate::auth::login::api"),
        (6, "crate::auth::login::store"),
        (6, "crate::auth::login::store::Row"),
        (9, "crate::auth::sessions::flow::end"),
        (10, "crate::auth::devices::flow::find"),
        (10, "crate::auth::login::store::get"),
        (10, "axum::http::header::COOKIE"),
    ] {
        assert!(
            found.contains(&(wanted.0, wanted.1.to_owned())),
            "{wanted:?} is not in {found:#?}"
        );
    }
    assert_eq!(found.len(), 10, "{found:#?}");
}
