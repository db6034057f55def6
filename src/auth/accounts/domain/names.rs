//! Names: how an account is written and by what it is found.
//!
//! Two spellings that a person would call the same name are one [`CanonicalName`]: the account is
//! found by it, it is unique, and failed attempts are counted by it. It is the `UsernameCaseMapped`
//! profile of PRECIS ([RFC 8265 §3.3](https://www.rfc-editor.org/rfc/rfc8265#section-3.3)) on
//! text in normal form KC.
//!
//! Decided where languages differ:
//!
//! - `ß` and `ẞ` are one letter, `ss` is another spelling: `weiß` is not `weiss`.
//! - Turkish `İ` becomes `i` with a dot above, which is neither `i` nor `ı`; `I` becomes `i`.
//! - Greek final `ς` is `σ` (the profile keeps them apart): capitals do not tell them apart, so
//!   whoever types `ΝΙΚΟΣ` would not be found.
//! - Letters of other scripts that look alike (Cyrillic `а`) are other letters.
//! - Invisible characters are refused, joiners too, although Indic scripts may use them.
//! - Text of mixed direction is refused (a Hebrew name before a Latin domain): it can be displayed
//!   as another name than it is.

use precis_core::{
    Error,
    profile::{PrecisFastInvocation, stabilize},
};
use precis_profiles::UsernameCaseMapped;
use unicode_normalization::UnicodeNormalization;

/// The most characters of an e-mail address, and of any name that is looked up
/// ([RFC 5321 §4.5.3.1.3](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3), less the
/// brackets).
pub const MAX_NAME: usize = 254;

/// The most characters of a user name, as in Django's `auth_user`.
pub const MAX_USERNAME: usize = 150;

/// What a name is found and compared by: a user name or an e-mail address, as typed at sign-in or
/// as stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanonicalName(String);

impl CanonicalName {
    /// The canonical form of what was typed, blanks around it dropped.
    ///
    /// `None` for what no account can be called: nothing, more than [`MAX_NAME`] characters,
    /// blanks inside, control or invisible characters, symbols outside ASCII. An account with such
    /// a name does not exist, so at sign-in the answer is the one for unknown accounts.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // nobody's name is longer than this in any form; normalise no more
        if text.len() > MAX_NAME * 4 {
            return None;
        }
        let name = stabilize(text, |name| enforce(name).map(Into::into)).ok()?;
        (name.chars().count() <= MAX_NAME).then(|| Self(name.into_owned()))
    }

    /// The text to store and to look for.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One pass: KC, lower case, then the profile, which checks every character and composes.
fn enforce(name: &str) -> Result<String, Error> {
    if name.contains(['\u{200c}', '\u{200d}']) {
        return Err(Error::Invalid);
    }
    let folded: String = name
        .nfkc()
        .flat_map(char::to_lowercase)
        .map(|character| if character == 'ς' { 'σ' } else { character })
        .collect();
    Ok(UsernameCaseMapped::enforce(folded)?.into_owned())
}

/// A user name as its owner writes it, with what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    text: String,
    canonical: CanonicalName,
}

impl Username {
    /// A user name in normal form C, blanks around it dropped; `None` when it has more than
    /// [`MAX_USERNAME`] characters or no canonical form.
    ///
    /// It may contain an `@`, as Django's may: whoever creates an account has to see to it that no
    /// other account has the canonical form as its user name **or e-mail address**.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = CanonicalName::parse(text)?;
        let text: String = text.trim().nfc().collect();
        (text.chars().count() <= MAX_USERNAME).then_some(Self { text, canonical })
    }

    /// As its owner writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is found by.
    pub fn canonical(&self) -> &CanonicalName {
        &self.canonical
    }
}

/// An e-mail address as its owner writes it, with what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    text: String,
    canonical: CanonicalName,
}

impl Email {
    /// An address in normal form C, blanks around it dropped; `None` unless it has one `@` with
    /// something on each side, at most [`MAX_NAME`] characters and a canonical form. The domain
    /// needs no dot (`root@localhost`); quoted local parts with blanks or `@` are not taken.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = CanonicalName::parse(text)?;
        let text: String = text.trim().nfc().collect();
        let whole = is_address(&text) && is_address(canonical.as_str());
        (whole && text.chars().count() <= MAX_NAME).then_some(Self { text, canonical })
    }

    /// As its owner writes it, and as mail is sent to it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is found by.
    pub fn canonical(&self) -> &CanonicalName {
        &self.canonical
    }

    /// The part before the `@`, as its owner writes it.
    pub fn local_part(&self) -> &str {
        self.text.split_once('@').map_or("", |(local, _)| local)
    }
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> Option<String> {
        CanonicalName::parse(text).map(|name| name.0)
    }

    #[test]
    fn log_08_every_spelling_of_a_name_is_one_canonical_name() {
        for (name, spellings) in [
            (
                "admin",
                &[
                    "admin",
                    "Admin",
                    "ADMIN",
                    " admin ",
                    "\tadmin\r\n",
                    "\u{3000}admin",
                    "ａｄｍｉｎ",
                    "ＡＤＭＩＮ",
                    "𝐚𝐝𝐦𝐢𝐧",
                    "ⓐⓓⓜⓘⓝ",
                    "ᵃᵈᵐⁱⁿ",
                ][..],
            ),
            ("\u{e9}va", &["éva", "e\u{301}va", "E\u{301}VA", "ÉVA"]),
            (
                "\u{1e69}am",
                &[
                    "s\u{323}\u{307}am",
                    "s\u{307}\u{323}am",
                    "\u{1e69}am",
                    "\u{1e68}AM",
                ],
            ),
            ("åsa", &["åsa", "Åsa", "A\u{30a}sa", "\u{212b}sa"]),
            ("kelvin", &["\u{212a}elvin", "Kelvin"]),
            ("fish", &["\u{fb01}sh", "FISH"]),
            (
                "anna@example.org",
                &[
                    "Anna@Example.ORG",
                    "anna＠example.org",
                    "anna﹫example.org",
                    " ANNA@example.org",
                ],
            ),
            ("νίκοσ", &["νίκος", "ΝΊΚΟΣ", "Νίκος", "νι\u{301}κος"]),
            ("weiß", &["Weiß", "WEIẞ"]),
            ("ǆ", &[]),
            ("dž", &["ǅ", "Ǆ", "ǆ", "DŽ", "dz\u{30c}"]),
            ("ᾀ", &["ᾈ", "α\u{313}\u{345}"]),
        ] {
            for spelling in spellings {
                assert_eq!(canonical(spelling).as_deref(), Some(name), "{spelling:?}");
            }
        }
    }

    #[test]
    fn log_08_different_names_stay_different() {
        let names = [
            "admin",
            "àdmin",
            "аdmin",
            "admın",
            "admi\u{307}n",
            "admin1",
            "admin@example.org",
            "weiss",
            "weiß",
            "admin.",
            "a.dmin",
            "istanbul",
            "İstanbul",
            "ıstanbul",
            "o'brien",
            "obrien",
            "o’brien",
        ];
        let all: std::collections::HashSet<_> = names.iter().map(|name| canonical(name)).collect();
        // the typographic apostrophe is refused, so it is the one `None`
        assert_eq!(all.len(), names.len());
        assert_eq!(canonical("o’brien"), None);
        assert_eq!(canonical("İ").as_deref(), Some("i\u{307}"));
    }

    #[test]
    fn log_08_what_cannot_be_seen_or_could_deceive_is_refused() {
        for refused in [
            "",
            " ",
            "\u{3000}",
            "ad min",
            "ad\u{a0}min",
            "ad\u{3000}min",
            "ad\tmin",
            "ad\nmin",
            "ad\0min",
            "\0",
            "ad\u{200d}min",
            "ad\u{200c}min",
            "क\u{94d}\u{200d}ष",
            "ad\u{200b}min",
            "\u{feff}admin",
            "admin\u{200e}",
            "ad\u{202e}min",
            "ad\u{2066}min",
            "ad\u{ad}min",
            "ad\u{34f}min",
            "admin\u{fe0f}",
            "ad\u{2060}min",
            "ad\u{e0041}min",
            "ad\u{3164}min",
            "ad\u{115f}min",
            "ad\u{2800}min",
            "ad\u{7f}min",
            "ad\u{85}min",
            "ad\u{180e}min",
            "admin😀",
            "ad\u{e000}min",
            "ad\u{fffd}min",
            "ad\u{ffff}min",
            "שלוםadmin",
            "¨",
        ] {
            assert_eq!(canonical(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn ordinary_names_of_people_are_taken() {
        for name in [
            "anna.k+test@example.org",
            "o'brien",
            "åsa",
            "jean-luc",
            "x_y",
            "root@localhost",
            "安娜",
            "анна",
            "שלום",
            "1234",
            "a",
            "user!#$%&*/=?^`{|}~",
            "anna@bücher.example",
            "l·l",
        ] {
            assert_eq!(canonical(name).as_deref(), Some(name));
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_canonical_name_is_its_own_canonical_name_whatever_letters_it_has() {
        let mut taken = 0;
        // all scripts with cases or compatibility forms; what is left are Han, Hangul and symbols
        let letters = ('\0'..='\u{33ff}')
            .chain('\u{a640}'..='\u{abff}')
            .chain('\u{f900}'..='\u{118ff}');
        for character in letters
            .chain('\u{1d400}'..='\u{1d7ff}')
            .chain('\u{1e900}'..='\u{1f2ff}')
        {
            for text in [
                character.to_string(),
                format!("a{character}"),
                format!("A\u{327}{character}b"),
            ] {
                let Some(name) = canonical(&text) else {
                    continue;
                };
                taken += 1;
                assert_eq!(canonical(&name).as_ref(), Some(&name), "{text:?}");
                let upper = name.to_uppercase();
                if upper.to_lowercase() == name {
                    assert_eq!(
                        canonical(&upper).as_ref(),
                        Some(&name),
                        "{text:?} {upper:?}"
                    );
                }
            }
        }
        assert!(taken > 20_000, "{taken}");
    }

    #[test]
    fn log_14_length_is_limited_before_and_after_normalising() {
        assert!(canonical(&"a".repeat(254)).is_some());
        assert_eq!(canonical(&"a".repeat(255)), None);
        assert!(canonical(&"字".repeat(254)).is_some());
        // one character that normal form KC makes 18 of
        assert_eq!(canonical(&"\u{fdfa}".repeat(250)), None);
        assert_eq!(canonical(&"\u{33ad}".repeat(100)), None);
        assert_eq!(canonical(&"a".repeat(1_000_000)), None);
        assert_eq!(canonical(&format!("a{}", "\u{301}".repeat(500_000))), None);
    }

    #[test]
    fn a_username_keeps_its_spelling_and_has_150_characters_at_most() {
        let name = Username::parse("  A\u{30a}sa.Ek ").unwrap();
        assert_eq!(
            (name.as_str(), name.canonical().as_str()),
            ("Åsa.Ek", "åsa.ek")
        );
        assert!(Username::parse(&"å".repeat(150)).is_some());
        assert!(Username::parse(&"a\u{30a}".repeat(150)).is_some());
        assert!(Username::parse(&"å".repeat(151)).is_none());
        assert!(Username::parse("ad min").is_none());
    }

    #[test]
    fn an_address_has_one_at_with_something_on_each_side() {
        let email = Email::parse(" Anna.K+test@Example.ORG\n").unwrap();
        assert_eq!(email.as_str(), "Anna.K+test@Example.ORG");
        assert_eq!(email.canonical().as_str(), "anna.k+test@example.org");
        assert_eq!(email.local_part(), "Anna.K+test");
        assert!(Email::parse("root@localhost").is_some());
        assert!(Email::parse(&format!("{}@example.org", "a".repeat(242))).is_some());
        for refused in [
            "",
            "@",
            "anna",
            "anna@",
            "@example.org",
            "a@b@c",
            "anna＠example.org",
            "a@b＠c",
            "an na@example.org",
            "anna@exam ple.org",
            "anna@example.org\0",
            "anna@ex\u{200d}ample.org",
            "a\r\nBcc: b@c",
            "\"a b\"@c",
        ] {
            assert_eq!(Email::parse(refused), None, "{refused:?}");
        }
        assert!(Email::parse(&format!("{}@example.org", "a".repeat(243))).is_none());
    }

    #[test]
    fn a_sign_in_by_address_or_name_finds_what_was_stored() {
        for typed in [
            "ANNA@example.org",
            "  anna@EXAMPLE.org",
            "anna＠example.org",
        ] {
            let stored = Email::parse("Anna@Example.org").unwrap();
            assert_eq!(
                CanonicalName::parse(typed).as_ref(),
                Some(stored.canonical())
            );
        }
        let stored = Username::parse("E\u{301}va").unwrap();
        assert_eq!(
            CanonicalName::parse("éva").as_ref(),
            Some(stored.canonical())
        );
    }
}
