//! Which passwords may be chosen: the rules of [NIST SP 800-63B-4 §3.1.1.2].
//!
//! A length, a limit, and a list of what attackers try first; no rule about digits or capitals.
//! The list is the one inside [zxcvbn]: some 30 000 leaked passwords, names and words, with the
//! keyboard walks, repeats, sequences, dates and spellings (`p4ssw0rd`) that guessing programs
//! derive from them. It needs no network.
//!
//! [NIST SP 800-63B-4 §3.1.1.2]: https://pages.nist.gov/800-63-4/sp800-63b.html
//! [zxcvbn]: https://www.usenix.org/conference/usenixsecurity16/technical-sessions/presentation/wheeler

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::crypto::passwords::Password;

/// Words that anybody would try here first, whoever the user is.
const PRODUCT: [&str; 4] = ["inmor", "administrator", "admin", "federation"];

/// Context words shorter than this (in characters) are too common within other words to count.
const WORD: usize = 4;

/// Characters that must be left of a password when the context words are taken out.
const REST: usize = 8;

/// Guesses a password must be worth, by zxcvbn's estimate. It gives every character that is part
/// of no pattern a factor of 10, so eight random ones are worth this much.
const GUESSES: u64 = 100_000_000;

/// The same for passwords longer than eight characters. zxcvbn adds 10^8 for anything of three
/// pieces, be they as bad as those of `Password1234567!`; the pieces must be worth something too.
const GUESSES_IF_LONGER: u64 = 120_000_000;

/// Characters of a password that zxcvbn looks at, as its time grows with their square. More can
/// only make a password better, except for one that begins with this many worthless ones.
const LOOKED_AT: usize = 32;

/// The rules for one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The fewest characters (Unicode scalar values in normal form C).
    pub min_length: usize,
}

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer characters than the rules ask for.
    #[error("use at least {min} characters")]
    TooShort {
        /// The fewest characters.
        min: usize,
    },
    /// More than [`Password::MAX_CHARS`] characters.
    #[error("use at most {} characters", Password::MAX_CHARS)]
    TooLong,
    /// Attackers try it early: it is on the list, or made of what is.
    #[error("this password is easy to guess; a few unrelated words are better")]
    Common,
    /// Little is left of it without the names of the product, the operator and the user.
    #[error("do not build the password from your name or the name of this service")]
    Context,
}

impl Rules {
    /// Where the password may be the only factor: 15 characters.
    pub const ONLY_FACTOR: Self = Self { min_length: 15 };

    /// Where a second factor is always asked for: 8 characters.
    pub const WITH_SECOND_FACTOR: Self = Self { min_length: 8 };

    /// Judges a password that somebody wants to choose.
    ///
    /// `context` is what an attacker knows of the account: user name, e-mail address, operator;
    /// each counts as a whole and by its words. The words of four or more characters are taken out
    /// of the password (upper and lower case and compatibility forms being the same), longest
    /// first; if there were any, eight characters must be left. A phrase may thus mention the
    /// service but cannot consist of it.
    ///
    /// Takes some milliseconds, and 0.1 s for a text made to be slow: call it off the async threads.
    ///
    /// # Errors
    ///
    /// The first [`Weakness`] found, in the order of the variants' declaration except that
    /// [`Weakness::Context`] comes before [`Weakness::Common`], for it says more.
    pub fn judge(self, candidate: &str, context: &[&str]) -> Result<(), Weakness> {
        if candidate.len() > Password::MAX_BYTES {
            return Err(Weakness::TooLong);
        }
        let chars = candidate.nfc().count();
        if chars < self.min_length {
            return Err(Weakness::TooShort {
                min: self.min_length,
            });
        }
        if chars > Password::MAX_CHARS {
            return Err(Weakness::TooLong);
        }
        let words = words(context);
        if made_of(candidate, &words) {
            return Err(Weakness::Context);
        }
        let start: Zeroizing<String> = Zeroizing::new(candidate.nfc().take(LOOKED_AT).collect());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let enough = if chars > 8 {
            GUESSES_IF_LONGER
        } else {
            GUESSES
        };
        if zxcvbn::zxcvbn(&start, &words).guesses() < enough {
            return Err(Weakness::Common);
        }
        Ok(())
    }
}

/// Every context in whole, without its blanks and signs, and by its words; longest first.
fn words(context: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for text in PRODUCT.iter().chain(context) {
        let text = fold(text);
        let parts = text.split(|c: char| !c.is_alphanumeric());
        words.extend(parts.clone().map(ToOwned::to_owned));
        words.push(parts.collect());
        words.push(text.as_str().to_owned());
    }
    words.retain(|word| word.chars().count() >= WORD);
    words.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    words.dedup();
    words
}

/// Whether fewer than [`REST`] characters are left when the words are taken out.
fn made_of(candidate: &str, words: &[String]) -> bool {
    let folded = fold(candidate);
    let mut rest = folded.clone();
    for word in words {
        rest = Zeroizing::new(rest.replace(word.as_str(), ""));
    }
    rest.len() < folded.len() && rest.chars().count() < REST
}

fn fold(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfkc().flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: [&str; 3] = [
        "annabergstrom",
        "anna.bergstrom@sunet.example",
        "Sunet Trust AB",
    ];

    fn judge(candidate: &str) -> Result<(), Weakness> {
        Rules::ONLY_FACTOR.judge(candidate, &CONTEXT)
    }

    fn judge_with_second_factor(candidate: &str) -> Result<(), Weakness> {
        Rules::WITH_SECOND_FACTOR.judge(candidate, &CONTEXT)
    }

    #[test]
    fn log_21_phrases_without_digits_capitals_or_signs_are_accepted() {
        for phrase in [
            "correct horse battery staple",
            "correcthorsebatt",
            "greenapplewindow",
            "my dog likes cheese",
            "ganz schön langes wort",
            "пароль пароль да",
            "三匹の子豚が橋の下で歌をうたっている",
            "🔑🐎🔋📎🔑🐎🔋📎🦊🌧🍋🧲🪁🎻🛶",
        ] {
            assert_eq!(judge(phrase), Ok(()), "{phrase}");
        }
    }

    #[test]
    fn log_21_common_passwords_and_what_is_made_of_them_are_refused() {
        for common in [
            "password12345678",
            "Password1234567!",
            "P@ssw0rdP@ssw0rd",
            "passwordpassword",
            "qwertyuiopasdfgh",
            "1q2w3e4r5t6y7u8i",
            "zaq12wsxcde34rfv",
            "aaaaaaaaaaaaaaaaaaaa",
            "11111111111111a",
            "abcabcabcabcabcabc",
            "abcdefghijklmnop",
            "1234567890123456",
            "letmeinletmeinletmein",
            "iloveyoumichelle",
            "dragonmonkey1234",
            "Summer2026Summer2026",
            "               ",
        ] {
            assert_eq!(judge(common), Err(Weakness::Common), "{common}");
        }
        for common in [
            "password",
            "12345678",
            "sunshine",
            "Sommer26",
            "welcome1",
            "football1",
        ] {
            assert_eq!(
                judge_with_second_factor(common),
                Err(Weakness::Common),
                "{common}"
            );
        }
    }

    #[test]
    fn log_21_names_of_the_product_the_user_and_the_operator_are_refused() {
        for named in [
            "inmoradmin2026!!",
            "InmorInmorInmor",
            "annabergstrom2026",
            "AnnaBergstrom-2026",
            "anna.bergstrom@sunet.example",
            "anna bergstrom 1",
            "sunet trust sunet!",
            "Sunet-Trust-AB-26",
            "\u{ff29}\u{ff2e}\u{ff2d}\u{ff2f}\u{ff32}administrator",
            "ADMINISTRATOR 2026",
        ] {
            assert_eq!(judge(named), Err(Weakness::Context), "{named}");
        }
        // the same characters with somebody else's names around them
        let other = ["kim", "kim@example.org", "Elsewhere"];
        assert_eq!(
            Rules::ONLY_FACTOR.judge("AnnaBergstrom-9xk", &other),
            Ok(())
        );
        assert_eq!(judge("AnnaBergstrom-9xk"), Err(Weakness::Context));
    }

    #[test]
    fn a_phrase_may_mention_the_service_and_a_short_name_bans_nothing() {
        assert_eq!(judge("inmor sails past the lighthouse"), Ok(()));
        assert_eq!(
            Rules::ONLY_FACTOR.judge("lilac velvet candlesticks", &["li", "ab@c.d"]),
            Ok(())
        );
    }

    #[test]
    fn a_short_password_without_a_name_in_it_is_not_blamed_on_names() {
        let lax = Rules { min_length: 4 };
        assert_eq!(lax.judge("kxvqwz", &CONTEXT), Err(Weakness::Common));
        assert_eq!(lax.judge("anna-x", &CONTEXT), Err(Weakness::Context));
    }

    #[test]
    fn spelling_the_product_with_digits_or_backwards_does_not_help() {
        for disguised in ["1nm0r1nm0r1nm0r", "romniromniromni", "nimdanimdanimda"] {
            assert_eq!(judge(disguised), Err(Weakness::Common), "{disguised}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_after_nfc_and_is_asked_first() {
        assert_eq!(judge("kvaxbinoruteml"), Err(Weakness::TooShort { min: 15 }));
        assert_eq!(judge("kvaxbinorutemlq"), Ok(()));
        assert_eq!(judge("kvåxbinörutémlq"), Ok(()));
        // 14 composed characters, 17 as typed, 20 bytes
        assert_eq!(
            judge("kva\u{30a}xbino\u{308}rute\u{301}ml"),
            Err(Weakness::TooShort { min: 15 })
        );
        assert_eq!(judge("🔑🐎🔋📎"), Err(Weakness::TooShort { min: 15 }));
        assert_eq!(judge(""), Err(Weakness::TooShort { min: 15 }));
        assert_eq!(judge("password"), Err(Weakness::TooShort { min: 15 }));
        assert_eq!(
            judge_with_second_factor("kxvqwzj"),
            Err(Weakness::TooShort { min: 8 })
        );
    }

    #[test]
    fn eight_random_characters_do_where_a_second_factor_is_asked_for() {
        for random in ["kxvqwzjp", "x7#kQ2pv", "q0Zt!mRe"] {
            assert_eq!(judge_with_second_factor(random), Ok(()), "{random}");
        }
    }

    #[test]
    fn log_11_the_longest_passwords_are_accepted_and_one_more_character_is_too_long() {
        let phrase = "tangerine kettles argue with patient owls about umbrellas; ";
        for length in [64, 128, Password::MAX_CHARS] {
            let candidate: String = phrase.chars().cycle().take(length).collect();
            assert_eq!(judge(&candidate), Ok(()), "{length}");
        }
        let longer: String = phrase
            .chars()
            .cycle()
            .take(Password::MAX_CHARS + 1)
            .collect();
        assert_eq!(judge(&longer), Err(Weakness::TooLong));
        assert_eq!(judge(&phrase.repeat(20_000)), Err(Weakness::TooLong));
        // what is too long here is too long for the hasher, and the other way round
        for characters in [255, 256, 257] {
            let candidate = "e\u{301}x"
                .chars()
                .cycle()
                .take(characters / 2 * 3)
                .collect::<String>();
            let too_long = Password::parse(candidate.clone()).is_err();
            assert_eq!(
                judge(&candidate) == Err(Weakness::TooLong),
                too_long,
                "{characters}"
            );
        }
    }

    #[test]
    fn characters_that_change_length_with_their_case_break_nothing() {
        for odd in [
            "İİİİİİİİİİİİİİİİ",
            "ẞẞßßŉŉǰǰΐΐﬃﬃaaaa",
            "a\0b\0c\0d\0e\0f\0g\0h\0",
            "\u{200d}\u{202e}\u{feff}aaaaaaaaaaaaaaaa",
        ] {
            let _ = judge(odd);
        }
        assert_eq!(
            Rules::ONLY_FACTOR.judge("İstanbul2026 İstanbul", &["İSTANBUL"]),
            Err(Weakness::Context)
        );
    }
}
