use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::{
    AsyncSmtpTransportBuilder,
    authentication::Credentials,
    client::{Tls, TlsParameters},
    extension::ClientId,
};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// How long one of the server's addresses has to take a connection.
const CONNECT: Duration = Duration::from_secs(10);

const RIGHT: &str = "write smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:587?tls=required, \
                     with %XX for what is special in user name and password";

/// The server that takes letters. `Debug` and `Display` leave user name and password out: some
/// providers have the same secret for both.
#[derive(Clone)]
pub struct SmtpUrl {
    builder: AsyncSmtpTransportBuilder,
    shown: String,
    private: bool,
}

/// Why a text is no [`SmtpUrl`]. Does not quote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong, as the rest of a sentence that begins with the name of the setting.
    pub wrong: String,
    /// What would be right.
    pub right: &'static str,
}

fn unfit(wrong: impl Into<String>) -> Unfit {
    Unfit {
        wrong: wrong.into(),
        right: RIGHT,
    }
}

impl SmtpUrl {
    /// `smtps://` speaks TLS from the first byte, on port 465. `smtp://` speaks none, on port 25;
    /// with `?tls=required` or `?tls=opportunistic` it begins without and changes to TLS, on
    /// port 587. A path is the name the program greets with, otherwise the machine's.
    ///
    /// These are the URLs of [`AsyncSmtpTransport::from_url`], without what that passes over in
    /// silence: options it does not know, a user name without a password, a password that may
    /// travel unencrypted to another machine.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when it is none of these.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        let url = Url::parse(text).map_err(|error| unfit(format!("is no URL, {error}")))?;
        let host = url
            .host_str()
            .and_then(|host| Host::parse(host).ok())
            .ok_or_else(|| unfit("has no host"))?;
        let options: Vec<_> = url.query_pairs().collect();
        let option = match options.as_slice() {
            [] => None,
            [(key, value)] if key == "tls" => Some(value.as_ref()),
            _ => return Err(unfit("has an option that is not known")),
        };
        let server = match &host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let parameters = || {
            TlsParameters::new(server.clone()).map_err(|_| unfit("has a host that TLS cannot have"))
        };
        let (port, tls) = match (url.scheme(), option) {
            ("smtps", None) => (465, Tls::Wrapper(parameters()?)),
            ("smtp", Some("required")) => (587, Tls::Required(parameters()?)),
            ("smtp", Some("opportunistic")) => (587, Tls::Opportunistic(parameters()?)),
            ("smtp", None) => (25, Tls::None),
            _ => return Err(unfit("is no SMTP server this program knows")),
        };
        let port = url.port().unwrap_or(port);
        if url.fragment().is_some() || port == 0 {
            return Err(unfit("has an unexpected # or port"));
        }
        let private = matches!(tls, Tls::Wrapper(_) | Tls::Required(_)) || is_this_machine(&host);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(port)
            .tls(tls)
            .timeout(Some(CONNECT));
        let credentials = credentials(&url)?;
        let hidden = if credentials.is_some() { "***@" } else { "" };
        if let Some(credentials) = credentials {
            if !private {
                return Err(unfit("lets the password travel unencrypted"));
            }
            builder = builder.credentials(credentials);
        }
        let name = url.path().trim_matches('/');
        if !name.is_empty() {
            let Ok(Host::Domain(name)) = Host::parse(name) else {
                return Err(unfit("has an unexpected / in it"));
            };
            builder = builder.hello_name(ClientId::Domain(name));
        }
        let path = url.path().trim_end_matches('/');
        let option = option.map(|value| format!("?tls={value}"));
        let shown = format!(
            "{}://{hidden}{host}:{port}{path}{}",
            url.scheme(),
            option.unwrap_or_default()
        );
        Ok(Self {
            builder,
            shown,
            private,
        })
    }

    /// Whether nobody on the way can read letters: they are encrypted, or do not leave the machine.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.private
    }

    pub(super) fn transport(&self) -> AsyncSmtpTransport<Tokio1Executor> {
        self.builder.clone().build()
    }
}

fn is_this_machine(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, Unfit> {
    let decoded = |part: &str| {
        percent_decode_str(part)
            .decode_utf8()
            .ok()
            .filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
            .map(String::from)
            .ok_or_else(|| unfit("has a user name without a password, or one that cannot be"))
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, password) => Ok(Some(Credentials::new(
            decoded(user)?,
            decoded(password.unwrap_or_default())?,
        ))),
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpUrl({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_goes_by_scheme_and_option_and_no_secret_prints() {
        for (text, shown, private) in [
            ("smtps://h.example", "smtps://h.example:465", true),
            (
                "smtps://marker:marker@h.example/",
                "smtps://***@h.example:465",
                true,
            ),
            ("smtps://u%40x:mark%25er@h:1465", "smtps://***@h:1465", true),
            ("smtp://h?tls=required", "smtp://h:587?tls=required", true),
            (
                "smtp://u:marker@h:25/my.name?tls=required",
                "smtp://***@h:25/my.name?tls=required",
                true,
            ),
            (
                "smtp://h?tls=opportunistic",
                "smtp://h:587?tls=opportunistic",
                false,
            ),
            ("smtp://h", "smtp://h:25", false),
            ("smtp://10.0.0.1", "smtp://10.0.0.1:25", false),
            ("smtp://u:marker@localhost", "smtp://***@localhost:25", true),
            (
                "smtp://u:marker@127.0.0.1:1025",
                "smtp://***@127.0.0.1:1025",
                true,
            ),
            ("smtp://[::1]:1025", "smtp://[::1]:1025", true),
        ] {
            let url = SmtpUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("SmtpUrl({shown})"));
            assert_eq!(url.is_private(), private, "{text}");
            assert!(!format!("{:?}", url.transport()).contains("marker"));
        }
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_quoted() {
        for wrong in [
            "",
            "marker",
            "marker:25",
            "https://marker",
            "smtp:marker",
            "smtps://",
            "smtps://?tls=required",
            "smtps://marker:0",
            "smtps://marker:99999",
            "smtps://[marker",
            "smtps://mar%20ker",
            "smtps://marker?tls=required",
            "smtp://marker?tls=yes",
            "smtp://marker?TLS=required",
            "smtp://marker?tls=required&x=y",
            "smtp://marker?tls=required&tls=required",
            "smtps://u:1/marker@h",
            "smtps://u:1?marker@h",
            "smtps://u:1#marker@h",
            "smtps://u:ma/rker@h",
            "smtps://marker@h",
            "smtps://marker:@h",
            "smtps://:marker@h",
            "smtps://u:marker%00@h",
            "smtps://u:marker%ff@h",
            "smtps://h/marker/x",
        ] {
            let problem = SmtpUrl::parse(wrong).expect_err(wrong);
            assert!(!format!("{problem:?}").contains("marker"), "{problem:?}");
        }
    }

    #[test]
    fn a_password_does_not_travel_unencrypted() {
        for wrong in [
            "smtp://u:p@mail.example.org",
            "smtp://u:p@mail.example.org:587?tls=opportunistic",
            "smtp://u:p@10.0.0.1",
            "smtp://u:p@localhost.example.org",
        ] {
            let problem = SmtpUrl::parse(wrong).unwrap_err();
            assert_eq!(problem.wrong, "lets the password travel unencrypted");
        }
    }
}
