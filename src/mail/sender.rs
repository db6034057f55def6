use std::fmt;

use lettre::message::Mailbox;

/// Who letters are from: an address, with or without a name, such as `Inmor <mfa@example.org>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// One mailbox on one line; the address in ASCII, since not every server takes others.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.chars().any(char::is_control) {
            return None;
        }
        let mailbox: Mailbox = text.parse().ok()?;
        let address: &str = mailbox.email.as_ref();
        address.is_ascii().then_some(Self(mailbox))
    }

    pub(super) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }

    pub(super) fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_one_address_with_or_without_a_name() {
        for (text, shown) in [
            ("mfa@example.org", "mfa@example.org"),
            (
                "Inmor Admin <mfa@example.org>",
                "Inmor Admin <mfa@example.org>",
            ),
            ("Räv <mfa@example.org>", "Räv <mfa@example.org>"),
            (
                "\"Inmor, Admin\" <mfa@example.org>",
                "\"Inmor, Admin\" <mfa@example.org>",
            ),
        ] {
            assert_eq!(
                Sender::parse(text).map(|one| one.to_string()).as_deref(),
                Some(shown)
            );
        }
        for wrong in [
            "",
            "Inmor Admin",
            "mfa@",
            "@example.org",
            "mfa@exa mple.org",
            "mfa@räv.example",
            "räv@example.org",
            "Inmor <mfa@example.org",
            "Inmor mfa@example.org",
            "mfa@example.org, other@example.org",
            "Inmor <mfa@example.org> x",
            "Inmor\n <mfa@example.org>",
            "\"Inmor\u{7}\" <mfa@example.org>",
            "Inmor\r\nBcc: x <mfa@example.org>",
        ] {
            assert_eq!(Sender::parse(wrong), None, "{wrong:?}");
        }
    }
}
