use std::fmt;
use std::path::Path;

use url::Url;

use super::error::Problem;
use super::table;

/// Where the database is. `Debug` and `Display` leave passwords out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    raw: String,
    shown: String,
    backend: Backend,
}

/// The two databases the program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file, or memory.
    Sqlite,
    /// A server.
    Postgres,
}

const SQLITE: &str = "sqlite://";
const MEMORY: &str = "sqlite::memory:";
const RIGHT: &str = "write sqlite://PATH, sqlite::memory: or postgres://USER@HOST/DATABASE";
const ENCODE: &str = "percent-encode what is special in user name and password";

/// What sqlx knows in such a URL; it would log anything else, value and all. The second
/// half may hold secrets.
const SHOWN: [&str; 8] = [
    "sslmode",
    "ssl-mode",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
];
const HIDDEN: [&str; 10] = [
    "password",
    "options",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
];

impl DatabaseUrl {
    // No error quotes the text, since it may hold a password in an unforeseen place.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let shown = if text.starts_with("sqlite:") {
            sqlite(text)?
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            postgres(text)?
        } else {
            return Err(Problem::new("is no database this program knows", RIGHT));
        };
        let backend = if text.starts_with("sqlite:") {
            Backend::Sqlite
        } else {
            Backend::Postgres
        };
        Ok(Self {
            raw: text.to_owned(),
            shown,
            backend,
        })
    }

    /// A URL as an argument of a command; `None` when it is none of a database that this program knows.
    #[must_use]
    pub fn from_argument(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// Which database it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether it is the default, whose folder the program makes itself.
    pub fn is_default(&self) -> bool {
        self.raw == table::DATABASE_URL.default
    }

    /// The file behind `sqlite://` as written, relative to the working folder; `None` for a
    /// database in memory or on a server.
    pub fn sqlite_path(&self) -> Option<&Path> {
        self.raw.strip_prefix(SQLITE).map(Path::new)
    }

    /// The text as written, password and all: for the driver, never for people.
    pub fn expose(&self) -> &str {
        &self.raw
    }
}

fn sqlite(text: &str) -> Result<String, Problem> {
    if text == MEMORY {
        return Ok(text.to_owned());
    }
    let Some(path) = text
        .strip_prefix(SQLITE)
        .filter(|path| !path.is_empty() && !path.starts_with(':'))
    else {
        return Err(Problem::new("is no SQLite database", RIGHT));
    };
    // drivers differ in what these mean, so that a file may be made where nobody looks
    if path.contains(|c: char| matches!(c, '?' | '%' | '#') || c.is_control()) {
        return Err(Problem::new(
            "has one of ?, % and # in its path",
            "write a plain path without options",
        ));
    }
    Ok(text.to_owned())
}

fn postgres(text: &str) -> Result<String, Problem> {
    let mut url =
        Url::parse(text).map_err(|error| Problem::new(format!("is no URL, {error}"), ENCODE))?;
    let database = url.path().trim_start_matches('/');
    if url.fragment().is_some() || database.contains(['/', '@', ':']) {
        return Err(Problem::new("has an unexpected # or / in it", ENCODE));
    }
    let mut query = Vec::new();
    for (key, value) in url.query_pairs() {
        if SHOWN.contains(&key.as_ref()) {
            query.push(format!("{key}={value}"));
        } else if HIDDEN.contains(&key.as_ref()) || key.starts_with("options[") {
            query.push(format!("{}=***", key.split('[').next().unwrap_or_default()));
        } else {
            let right = format!("use only {} and {}", SHOWN.join(", "), HIDDEN.join(", "));
            return Err(Problem::new("has an option that is not known", right));
        }
    }
    let hidden = url.password().is_none() || url.set_password(Some("***")).is_ok();
    url.set_query(
        if query.is_empty() {
            None
        } else {
            Some(query.join("&"))
        }
        .as_deref(),
    );
    if hidden {
        Ok(url.to_string())
    } else {
        Err(Problem::new("has a password but no host", RIGHT))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_is_a_path_or_memory() {
        let path = |text: &str| {
            DatabaseUrl::parse(text)
                .unwrap()
                .sqlite_path()
                .map(Path::to_owned)
        };
        assert_eq!(
            path("sqlite://data/a.sqlite3"),
            Some("data/a.sqlite3".into())
        );
        assert_eq!(
            path("sqlite:///var/lib/a b.sqlite3"),
            Some("/var/lib/a b.sqlite3".into())
        );
        assert_eq!(path("sqlite::memory:"), None);
        assert_eq!(path("postgres://localhost/inmor"), None);
    }

    #[test]
    fn the_backend_goes_by_the_scheme() {
        let backend = |text: &str| DatabaseUrl::parse(text).map(|url| url.backend());
        assert_eq!(backend("sqlite::memory:"), Ok(Backend::Sqlite));
        assert_eq!(backend("postgres://u@h/d"), Ok(Backend::Postgres));
        assert_eq!(
            backend("postgresql:///d?host=/run/postgresql"),
            Ok(Backend::Postgres)
        );
    }

    #[test]
    fn only_the_default_is_the_default() {
        assert!(
            DatabaseUrl::parse("sqlite://data/inmor-mfa.sqlite3")
                .unwrap()
                .is_default()
        );
        assert!(
            !DatabaseUrl::parse("sqlite://data/other.sqlite3")
                .unwrap()
                .is_default()
        );
    }

    #[test]
    fn what_is_no_database_is_refused_without_being_quoted() {
        for wrong in [
            "marker",
            "",
            "mysql://a:marker@h/d",
            "sqlite:marker.db",
            "sqlite:/marker",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://marker?mode=ro",
            "sqlite://marker%20x",
            "sqlite::marker:",
            "SQLITE://marker",
            "postgres:marker",
            "postgres://u:ma#rker@h/d",
            "postgres://u:1#marker@h/d",
            "postgres://u:1/marker@h/d",
            "postgres://u:1?marker@h/d",
            "postgres://u@h:marker/d",
            "postgres://u@h/d?marker=x",
            "postgres://u@h/a/marker",
            "postgres://u@[marker/d",
        ] {
            let problem = DatabaseUrl::parse(wrong).expect_err(wrong);
            assert!(!format!("{problem:?}").contains("marker"), "{problem:?}");
        }
    }

    #[test]
    fn passwords_do_not_print() {
        for (text, shown) in [
            ("postgres://u:marker@h:5/d", "postgres://u:***@h:5/d"),
            ("postgres://:mark%25er@h/d", "postgres://:***@h/d"),
            (
                "postgres://u@h/d?password=marker&sslmode=require",
                "postgres://u@h/d?password=***&sslmode=require",
            ),
            (
                "postgres://u@h/d?options[marker]=1&ssl-key=marker",
                "postgres://u@h/d?options=***&ssl-key=***",
            ),
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({shown})"));
            assert_eq!(url.expose(), text);
        }
    }
}
