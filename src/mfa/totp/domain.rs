//! Secrets, codes and time steps. Time and randomness are arguments.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::Qr;
use crate::crypto::random::{Random, RandomError};

/// Bytes of a new secret ([RFC 4226 §4 R6](https://www.rfc-editor.org/rfc/rfc4226#section-4) asks for 20).
const SECRET_BYTES: usize = 20;
/// Seconds around now in which a wrong code is looked for, to tell how far a device's clock is off.
const DRIFT: i64 = 600;
/// Seconds that a spent step may be ahead of the clock and still count. After a clock that was years
/// ahead has been set right, its steps must not keep the owner out; a clock set back by minutes must not
/// let a code pass twice.
const PLAUSIBLE: i64 = 24 * 3600;
/// Bytes that a QR code holds at most at its level
/// ([ISO/IEC 18004](https://www.iso.org/standard/83389.html), version 40-M).
pub const QR_BYTES: usize = 2331;
/// Modules of white around a QR code.
const QUIET_ZONE: usize = 4;

/// What codes are like here.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// Digits of a code.
    pub digits: u32,
    /// Seconds of a time step.
    pub period: i64,
    /// Time steps to each side of now whose codes pass.
    pub tolerance: i64,
}

impl Parameters {
    /// The time step of a time in seconds since 1970 UTC; times before that have none.
    #[must_use]
    pub const fn step(self, now: i64) -> i64 {
        let seconds = if now < 0 { 0 } else { now };
        match seconds.checked_div(self.period) {
            Some(step) => step,
            None => 0,
        }
    }

    /// The latest step that may be spent at `now` before it is no step that this clock ever reached.
    #[must_use]
    pub const fn implausible_after(self, now: i64) -> i64 {
        self.step(now.saturating_add(PLAUSIBLE))
    }

    fn totp(self, secret: &[u8]) -> Totp {
        let digits = u8::try_from(self.digits).unwrap_or(6);
        let period = u64::try_from(self.period).unwrap_or(30).max(1);
        // not `build`, which refuses the short secrets of other systems
        Builder::new()
            .with_secret(secret.to_vec())
            .with_digits(digits)
            .with_step_duration(period)
            .with_skew(0)
            .build_noncompliant()
    }

    /// Whether a code is that of a step.
    fn is_of(self, totp: &Totp, code: &Code, step: i64) -> bool {
        let at = step.saturating_mul(self.period);
        u64::try_from(at).is_ok_and(|at| totp.check(&code.0, at).is_some())
    }
}

/// A code as typed: as many ASCII digits as codes have here, without the blanks and dashes between.
pub struct Code(Zeroizing<String>);

impl Code {
    /// The code in a text, or `None`.
    #[must_use]
    pub fn parse(text: &str, digits: u32) -> Option<Self> {
        let digits = usize::try_from(digits).ok()?;
        let kept: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|letter| !letter.is_whitespace() && *letter != '-')
                .take(digits.saturating_add(1))
                .collect(),
        );
        (kept.len() == digits && kept.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(kept))
    }
}

/// Which steps of a device are not to be accepted any more.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The latest step that was spent.
    pub last: i64,
    /// A step whose code was seen before its time.
    pub burned: i64,
}

/// A memory in which nothing has been spent.
pub const NOTHING_SPENT: Memory = Memory {
    last: -1,
    burned: -1,
};

/// What a typed code is to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The code of a step that may be spent.
    Right {
        /// The step.
        step: i64,
        /// A later step, soon to be current, that happens to have the same code.
        same_later: Option<i64>,
    },
    /// The code of a step that was spent already.
    Used,
    /// The code of a step that is out of reach: the device's clock is off by so many seconds, ahead
    /// when positive.
    Off {
        /// How far.
        seconds: i64,
        /// Its step, which comes yet when `seconds` is positive.
        step: i64,
    },
    /// Nothing.
    Wrong,
}

/// Compares a code with all steps from which it may come. Looks ten minutes around when it is not
/// right, which accepts nothing ([RFC 6238 §6](https://www.rfc-editor.org/rfc/rfc6238#section-6)).
#[must_use]
pub fn compare(
    secret: &[u8],
    code: &Code,
    now: i64,
    parameters: Parameters,
    memory: Memory,
) -> Outcome {
    let totp = parameters.totp(secret);
    let at = parameters.step(now);
    let near = parameters.tolerance;
    let last = if memory.last > parameters.implausible_after(now) {
        -1
    } else {
        memory.last
    };
    let mut used = false;
    for step in (at.saturating_sub(near).max(0)..=at.saturating_add(near)).rev() {
        if !parameters.is_of(&totp, code, step) {
            continue;
        }
        if step <= last || step == memory.burned {
            used = true;
            continue;
        }
        // two steps may have one code: once is enough
        let soon = at.saturating_add(near.saturating_mul(2)).saturating_add(1);
        let same_later =
            (step.saturating_add(1)..=soon).find(|later| parameters.is_of(&totp, code, *later));
        return Outcome::Right { step, same_later };
    }
    if used {
        return Outcome::Used;
    }
    let reach = DRIFT.checked_div(parameters.period).unwrap_or(0);
    let found = (1..=reach)
        .flat_map(|distance| [at.saturating_sub(distance), at.saturating_add(distance)])
        .find(|step| *step >= 0 && parameters.is_of(&totp, code, *step));
    found.map_or(Outcome::Wrong, |step| Outcome::Off {
        seconds: step.saturating_sub(at).saturating_mul(parameters.period),
        step,
    })
}

/// A new secret as base32 without padding.
///
/// # Errors
/// [`RandomError`].
pub fn new_secret(random: &Random) -> Result<Zeroizing<String>, RandomError> {
    let bytes = Zeroizing::new(random.bytes::<SECRET_BYTES>()?);
    Ok(Zeroizing::new(Secret::from(bytes.to_vec()).to_base32()))
}

/// The bytes of a base32 secret.
#[must_use]
pub fn secret_bytes(base32: &str) -> Option<Zeroizing<Vec<u8>>> {
    let secret = Secret::try_from_base32(base32).ok()?;
    Some(Zeroizing::new(secret.as_ref().to_vec()))
}

/// A secret as people copy it: groups of four.
#[must_use]
pub fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// The `otpauth://` address of a secret
/// ([Key Uri Format](https://github.com/google/google-authenticator/wiki/Key-Uri-Format)), with as much
/// of the account's name as a QR code has room for.
#[must_use]
pub fn uri(secret: &[u8], account: &str, issuer: &str, parameters: Parameters) -> Option<String> {
    // a colon would end the issuer
    let mut account = account.replace(':', "_");
    loop {
        let address = Builder::new()
            .with_secret(secret.to_vec())
            .with_digits(u8::try_from(parameters.digits).ok()?)
            .with_step_duration(u64::try_from(parameters.period).ok()?)
            .with_account_name(account.as_str())
            .with_issuer(Some(issuer.to_owned()))
            .build()
            .ok()?
            .to_url()
            .ok()?;
        if address.len() <= QR_BYTES {
            return Some(address);
        }
        account.pop()?;
    }
}

/// A text as a QR code, or `None` for one that is too long.
#[must_use]
pub fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (row, modules) in code.to_colors().chunks(width).enumerate() {
        for (column, _) in (0..)
            .zip(modules)
            .filter(|(_, color)| **color == Color::Dark)
        {
            let (x, y): (usize, usize) = (column, row);
            let (x, y) = (x.saturating_add(QUIET_ZONE), y.saturating_add(QUIET_ZONE));
            // writing to a String does not fail
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let side = u32::try_from(width.saturating_add(QUIET_ZONE * 2)).ok()?;
    Some(Qr { side, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shared secret of RFC 6238 appendix B, for SHA-1.
    const RFC: &[u8] = b"12345678901234567890";
    const SIX: Parameters = Parameters {
        digits: 6,
        period: 30,
        tolerance: 1,
    };
    const EIGHT: Parameters = Parameters { digits: 8, ..SIX };

    fn code(text: &str) -> Code {
        Code::parse(text, u32::try_from(text.len()).unwrap()).unwrap()
    }

    fn right(step: i64) -> Outcome {
        Outcome::Right {
            step,
            same_later: None,
        }
    }

    #[test]
    fn tot_01_rfc6238_appendix_b_for_sha_1_with_its_leading_zeros() {
        for (time, text) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let outcome = compare(RFC, &code(text), time, EIGHT, NOTHING_SPENT);
            assert_eq!(outcome, right(time / 30), "{text}");
        }
    }

    #[test]
    fn tot_01_rfc4226_appendix_d_by_their_counters() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, text) in (0..).zip(codes) {
            let outcome = compare(RFC, &code(text), step * 30, SIX, NOTHING_SPENT);
            assert_eq!(outcome, right(step), "{text}");
        }
    }

    #[test]
    fn tot_02_only_the_tolerance_is_accepted_and_ten_minutes_are_told() {
        let at = |step: i64| {
            SIX.totp(RFC)
                .generate(u64::try_from(step * 30).unwrap())
                .to_string()
        };
        let now = 1_000_000_020;
        let step = SIX.step(now);
        for distance in -30..=30 {
            let outcome = compare(RFC, &code(&at(step + distance)), now, SIX, NOTHING_SPENT);
            let expected = match distance {
                -1..=1 => right(step + distance),
                -20..=20 => Outcome::Off {
                    seconds: distance * 30,
                    step: step + distance,
                },
                _ => Outcome::Wrong,
            };
            assert_eq!(outcome, expected, "{distance}");
        }
        let strict = Parameters {
            tolerance: 0,
            ..SIX
        };
        let before = compare(RFC, &code(&at(step - 1)), now, strict, NOTHING_SPENT);
        assert!(matches!(before, Outcome::Off { seconds: -30, .. }));
    }

    #[test]
    fn a_spent_step_all_before_it_and_a_burned_one_are_used() {
        let now = 59;
        let text = code("94287082");
        for (last, burned, expected) in [
            (0, -1, right(1)),
            (1, -1, Outcome::Used),
            (2, -1, Outcome::Used),
            (0, 1, Outcome::Used),
        ] {
            let memory = Memory { last, burned };
            assert_eq!(
                compare(RFC, &text, now, EIGHT, memory),
                expected,
                "{memory:?}"
            );
        }
    }

    #[test]
    fn tot_10_a_spent_step_a_day_ahead_counts_and_one_years_ahead_does_not() {
        let text = code("94287082");
        let with_last = |last| compare(RFC, &text, 59, EIGHT, Memory { last, burned: -1 });
        assert_eq!(with_last(EIGHT.implausible_after(59)), Outcome::Used);
        assert_eq!(with_last(EIGHT.implausible_after(59) + 1), right(1));
    }

    #[test]
    fn tot_12_of_two_near_steps_with_one_code_the_later_is_spent_or_burned() {
        // looked for by brute force: the first steps of this secret within three of each other
        let totp = SIX.totp(RFC);
        let at = |step: i64| totp.generate(u64::try_from(step * 30).unwrap()).to_string();
        let (step, distance) = (0..10_000_000)
            .flat_map(|step| [(step, 1), (step, 2), (step, 3)])
            .find(|(step, distance)| at(*step) == at(step + distance))
            .unwrap();
        let outcome = compare(RFC, &code(&at(step)), step * 30, SIX, NOTHING_SPENT);
        let expected = if distance == 1 {
            right(step + 1)
        } else {
            Outcome::Right {
                step,
                same_later: Some(step + distance),
            }
        };
        assert_eq!(outcome, expected);
        let Outcome::Right { step, same_later } = outcome else {
            unreachable!()
        };
        let memory = Memory {
            last: step,
            burned: same_later.unwrap_or(-1),
        };
        for later in 0..=4 {
            let again = compare(RFC, &code(&at(step)), (step + later) * 30, SIX, memory);
            assert!(
                !matches!(again, Outcome::Right { .. }),
                "{later}: {again:?}"
            );
        }
    }

    #[test]
    fn absurd_times_neither_panic_nor_match() {
        for now in [i64::MIN, -1, i64::MAX] {
            let _ = compare(RFC, &code("000000"), now, SIX, NOTHING_SPENT);
        }
        assert_eq!(SIX.step(-1), 0);
    }

    #[test]
    fn only_ascii_digits_of_the_right_number_are_a_code() {
        for good in ["123456", " 123 456 ", "123-456", "1 2 3 4 5 6"] {
            assert!(Code::parse(good, 6).is_some(), "{good}");
        }
        for bad in [
            "",
            "12345",
            "1234567",
            "12345a",
            "€#",
            "１２３４５６",
            "+12345",
            "12.456",
        ] {
            assert!(Code::parse(bad, 6).is_none(), "{bad}");
        }
        assert!(Code::parse(&"1".repeat(1_000_000), 6).is_none());
    }

    #[test]
    fn tot_13_a_secret_has_160_fresh_bits_and_stands_in_groups_of_four() {
        let random = Random::seeded(1);
        let (one, two) = (new_secret(&random).unwrap(), new_secret(&random).unwrap());
        assert_ne!(one, two);
        assert_eq!(secret_bytes(&one).unwrap().len(), 20);
        let grouped = in_groups(&one);
        assert_eq!(grouped.len(), 39);
        assert!(grouped.split(' ').all(|group| group.len() == 4));
        assert_eq!(grouped.replace(' ', ""), *one);
    }

    #[test]
    fn tot_13_the_address_escapes_what_would_end_a_part_of_it() {
        let address = uri(RFC, "å:/%?&#@x", "Ünïcode / 100%", SIX).unwrap();
        let parsed = url::Url::parse(&address).unwrap();
        assert_eq!(
            (parsed.scheme(), parsed.host_str()),
            ("otpauth", Some("totp"))
        );
        let label = percent_encoding::percent_decode_str(parsed.path())
            .decode_utf8()
            .unwrap();
        assert_eq!(label, "/Ünïcode / 100%:å_/%?&#@x");
        let query: std::collections::HashMap<_, _> = parsed.query_pairs().collect();
        assert_eq!(query["secret"], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(query["issuer"], "Ünïcode / 100%");
        assert!(!address.contains('+'), "{address}");
    }

    #[test]
    fn tot_13_the_longest_names_that_are_allowed_still_fit_into_a_qr_code() {
        // four bytes each, twelve in an address
        let (account, issuer) = ("\u{20000}".repeat(150), "\u{20000}".repeat(64));
        let address = uri(RFC, &account, &issuer, EIGHT).unwrap();
        assert!(qr(&address).is_some());
        let read = Totp::from_url(&address).unwrap();
        assert_eq!(read.issuer(), Some(&*issuer));
        assert!(account.starts_with(read.account_name()) && read.account_name().len() >= 200);
    }

    #[test]
    fn a_qr_code_has_a_quiet_zone_and_one_path() {
        let code = qr("otpauth://totp/Inmor%20Admin:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
            .unwrap();
        assert!(code.side >= 21 + 8);
        assert!(
            code.path.starts_with("M4 4h1v1h-1z"),
            "the finder pattern begins in its corner"
        );
        assert!(qr(&"x".repeat(10_000)).is_none());
    }
}
