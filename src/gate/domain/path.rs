//! How the path of a request is read, when a proxy, this program and a site must agree on it.

use percent_encoding::percent_decode_str;

/// A path as rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Everybody reads it so; percent-encoding undone.
    Plain(String),
    /// A site may read it as the path of another rule: dot segments, two slashes in a row, encoded
    /// slashes, backslashes, parameters of segments, bytes that are no UTF-8. Then every rule of the site holds.
    Ambiguous,
}

impl Reading {
    /// Reads a path, without its query, in which everything but ASCII is percent-encoded.
    #[must_use]
    pub fn of(path: &str) -> Self {
        let Ok(decoded) = percent_decode_str(path).decode_utf8() else {
            return Self::Ambiguous;
        };
        let slashes = |text: &str| text.matches('/').count();
        let odd = slashes(&decoded) != slashes(path)
            || decoded.contains("//")
            || decoded.contains(['\\', '%', ';'])
            || decoded.chars().any(char::is_control)
            || decoded
                .split('/')
                .any(|segment| matches!(segment.trim(), "." | ".."));
        if odd || !has_whole_escapes(path) {
            Self::Ambiguous
        } else {
            Self::Plain(decoded.into_owned())
        }
    }

    /// Whether the path is the rule's or below it.
    #[must_use]
    pub fn is_below(path: &str, rule: &str) -> bool {
        let rule = rule.trim_end_matches('/');
        path.strip_prefix(rule)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn has_whole_escapes(path: &str) -> bool {
    path.split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gat_04_a_path_that_can_be_read_in_two_ways_is_ambiguous() {
        for odd in [
            "//users/",
            "/a//b",
            "/./users/",
            "/static/../users/",
            "/static/%2e%2e/users/",
            "/static/.%2E/users/",
            "/static%2fusers",
            "/a\\b",
            "/a%5cb",
            "/%252e/",
            "/a;b/users/",
            "/%",
            "/%4",
            "/%zz",
            "/%ff",
            "/%c3%28",
            "/%00",
            "/%0a",
            "/static/..",
            "/static/..%20/",
        ] {
            assert_eq!(Reading::of(odd), Reading::Ambiguous, "{odd}");
        }
        for (plain, read) in [
            ("/", "/"),
            ("/users/7/", "/users/7/"),
            ("/%75sers/", "/users/"),
            ("/a%20b", "/a b"),
            ("/caf%C3%A9", "/café"),
            ("/...", "/..."),
            ("/a.b/..c/", "/a.b/..c/"),
        ] {
            assert_eq!(Reading::of(plain), Reading::Plain(read.to_owned()));
        }
    }

    #[test]
    fn a_rule_holds_for_whole_segments() {
        for rule in ["/users/", "/users"] {
            assert!(Reading::is_below("/users", rule) && Reading::is_below("/users/7", rule));
            assert!(!Reading::is_below("/users-of-old", rule) && !Reading::is_below("/", rule));
        }
        assert!(Reading::is_below("/", "/") && Reading::is_below("/a", "/"));
    }
}
