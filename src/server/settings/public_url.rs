use std::fmt;

use url::{Host, Url};

use super::error::Problem;

/// The one origin under which browsers reach the program: scheme, host and port, nothing else.
///
/// Kept as browsers write it: lower case, international names in Punycode, default port left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    host: Host<String>,
    host_text: String,
    https: bool,
}

const RIGHT: &str = "write scheme and host alone, such as https://mfa.example.org";

impl PublicUrl {
    // The text itself is not quoted in errors: who pastes a whole URL may paste a password.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = |what: &str| Err(Problem::new(what, RIGHT));
        let lower = text.to_ascii_lowercase();
        if !lower.starts_with("https://") && !lower.starts_with("http://") {
            return wrong("does not begin with https:// or http://");
        }
        if text.contains('@') {
            return wrong("has a user name in it");
        }
        // the parser would repair these
        if text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return wrong("has a blank or backslash in it");
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(error) => return wrong(&format!("is no URL, {error}")),
        };
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return wrong("has a path, query or fragment");
        }
        let (Some(host), Some(host_text)) = (url.host(), url.host_str()) else {
            return wrong("has no host");
        };
        if host_text.ends_with('.') {
            return wrong("has a host that ends in a dot");
        }
        if url.port() == Some(0) {
            return wrong("has port 0");
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            host: host.to_owned(),
            host_text: host_text.to_owned(),
            https: url.scheme() == "https",
        })
    }

    /// The origin as browsers send it in `Origin`, such as `https://mfa.example.org:8443`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The origin without its scheme: the host, and the port where it is not the scheme's own.
    pub fn authority(&self) -> &str {
        self.origin
            .split_once("://")
            .map_or(self.host(), |(_, authority)| authority)
    }

    /// The host without port; an IPv6 address in brackets. The relying party id.
    pub fn host(&self) -> &str {
        &self.host_text
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is this machine: `localhost`, a name under it, 127.0.0.0/8 or `[::1]`.
    ///
    /// Browsers trust these without https
    /// ([Secure Contexts §3.1](https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy)).
    pub fn is_localhost(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }

    /// Whether the host is an address and no name, so that it is no relying party id.
    pub fn is_address(&self) -> bool {
        !matches!(self.host, Host::Domain(_))
    }

    /// The origin followed by `path`, with one slash between them.
    pub fn join(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.origin)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_written_as_browsers_write_it() {
        for (text, origin, host) in [
            (
                "https://mfa.example.org",
                "https://mfa.example.org",
                "mfa.example.org",
            ),
            (
                "HTTPS://MFA.Example.ORG:443/",
                "https://mfa.example.org",
                "mfa.example.org",
            ),
            ("http://localhost:80", "http://localhost", "localhost"),
            (
                "http://localhost:3000/",
                "http://localhost:3000",
                "localhost",
            ),
            (
                "https://räksmörgås.example:8443",
                "https://xn--rksmrgs-5wao1o.example:8443",
                "xn--rksmrgs-5wao1o.example",
            ),
            ("http://[::1]:3000", "http://[::1]:3000", "[::1]"),
            ("http://127.1:3000", "http://127.0.0.1:3000", "127.0.0.1"),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!((url.origin(), url.host()), (origin, host), "{text}");
            assert_eq!(url.is_https(), origin.starts_with("https"), "{text}");
            assert_eq!(PublicUrl::parse(url.origin()), Ok(url));
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_without_being_quoted() {
        for wrong in [
            "",
            "mfa.marker.org",
            "https:marker.org",
            "https:/marker.org",
            "https://",
            "ftp://marker.org",
            "https://marker.org/mfa",
            "https://marker.org//",
            "https://marker.org/?",
            "https://marker.org?marker",
            "https://marker.org/#",
            "https://a:marker@example.org",
            "https://@marker.org",
            "https://marker.org:0",
            "https://marker.org:70000",
            "https://marker .org",
            "https:\\\\marker.org",
            "https://marker.org.",
            "https://mar\tker.org",
            "https://[marker]",
            "https://mar%ker.org",
            "file:///marker",
        ] {
            let problem = PublicUrl::parse(wrong).expect_err(wrong);
            assert!(!problem.wrong.contains("marker"), "{problem:?}");
        }
    }

    #[test]
    fn localhost_is_this_machine_and_nothing_that_looks_like_it() {
        let is = |host: &str| {
            PublicUrl::parse(&format!("http://{host}"))
                .unwrap()
                .is_localhost()
        };
        for yes in [
            "localhost",
            "LOCALHOST:3000",
            "mfa.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "0x7f.1",
        ] {
            assert!(is(yes), "{yes}");
        }
        for no in [
            "localhost.example.org",
            "notlocalhost",
            "128.0.0.1",
            "[::2]",
            "127.0.0.1.example.org",
            "0.0.0.0",
        ] {
            assert!(!is(no), "{no}");
        }
    }

    #[test]
    fn a_path_is_joined_with_one_slash() {
        let url = PublicUrl::parse("https://a.example/").unwrap();
        assert_eq!(
            url.join("/accounts/setup/"),
            "https://a.example/accounts/setup/"
        );
        assert_eq!(url.join("x"), "https://a.example/x");
    }
}
