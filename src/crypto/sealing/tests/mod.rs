//! Sealing and opening as a whole; the clock, other rows, other keys.

mod damaged;
mod python;
mod vectors;

use super::*;

/// The 32 bytes from 0 on, and from 100 on; the ids by Python's `hashlib`.
const KEYS: [[u8; 32]; 2] = [counting_from(0), counting_from(100)];
const IDS: [&str; 2] = ["630dcd29", "e3e16780"];

const NOW: i64 = 1_700_000_000;
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const ROW: Binding<'_> = Binding {
    purpose: Purpose::Totp,
    account: "018f3c5e-0000-7000-8000-000000000001",
    factor: "018f3c5e-0000-7000-8000-0000000000f1",
};

const fn counting_from(first: u8) -> [u8; 32] {
    let mut key = [first; 32];
    let mut at = 0;
    while at < 32 {
        key[at as usize] += at;
        at += 1;
    }
    key
}

fn keyring(keys: &[[u8; 32]]) -> Keyring {
    Keyring::new(keys).unwrap()
}

/// How a token opens that says to be sealed by the first key for [`ROW`].
fn open(token: &str) -> Result<String, OpenError> {
    let opened = keyring(&KEYS).open(token, IDS[0], ROW)?;
    Ok(opened.to_string())
}

#[test]
fn a_secret_survives_its_sealing() {
    let keys = keyring(&KEYS);
    for secret in [SECRET, "", "\"\\\0\u{1f}\n", "snö ✓", &"\u{7}".repeat(1000)] {
        let sealed = keys.seal(NOW, ROW, secret).unwrap();
        assert!(sealed.token.starts_with("gAAAAA"), "{}", sealed.token);
        assert_eq!(open(&sealed.token).as_deref(), Ok(secret));
    }
}

#[test]
fn the_same_secret_is_never_sealed_to_the_same_token() {
    let keys = keyring(&KEYS);
    let tokens: std::collections::HashSet<_> = (0..1000)
        .map(|_| keys.seal(NOW, ROW, SECRET).unwrap().token)
        .collect();
    assert_eq!(tokens.len(), 1000);
}

/// Whoever changes it makes what is stored unreadable.
#[test]
fn the_plaintext_names_purpose_account_and_factor() {
    for (purpose, name) in [
        (Purpose::Totp, "totp"),
        (Purpose::TotpEnrolment, "totp_enrolment"),
        (Purpose::RecoveryCode, "recovery_code"),
    ] {
        let row = Binding {
            purpose,
            account: "a",
            factor: "f",
        };
        let plain = format!(r#"{{"purpose":"{name}","account":"a","factor":"f","secret":"s"}}"#);
        assert_eq!(row.around("s").unwrap().as_slice(), plain.as_bytes());
    }
}

#[test]
fn a_plaintext_never_outgrows_its_first_buffer() {
    let controls = "\u{1}".repeat(500);
    let row = Binding {
        purpose: Purpose::TotpEnrolment,
        account: &controls,
        factor: &controls,
    };
    let plain = row.around(&controls).unwrap();
    assert_eq!(plain.capacity(), 100 + 6 * 1500);
}

#[test]
fn rst_10_a_token_opens_for_its_own_purpose_account_and_factor_only() {
    let keys = keyring(&KEYS);
    let Sealed { token, key_id } = keys.seal(NOW, ROW, SECRET).unwrap();
    let (account, factor) = (ROW.account, ROW.factor);
    let purpose = |purpose| Binding { purpose, ..ROW };
    for other in [
        purpose(Purpose::TotpEnrolment),
        purpose(Purpose::RecoveryCode),
        Binding { account: "", ..ROW },
        Binding {
            account: factor,
            ..ROW
        },
        Binding { factor: "", ..ROW },
        Binding {
            factor: account,
            ..ROW
        },
        Binding {
            account: factor,
            factor: account,
            ..ROW
        },
        Binding {
            account: &account[1..],
            ..ROW
        },
    ] {
        let opened = keys.open(&token, &key_id, other);
        assert_eq!(opened, Err(OpenError::Broken), "{other:?}");
    }
    assert!(keys.open(&token, &key_id, ROW).is_ok());
}

#[test]
fn rst_10_swapped_rows_are_both_refused() {
    let keys = keyring(&KEYS);
    let other = Binding {
        account: "018f3c5e-0000-7000-8000-000000000002",
        ..ROW
    };
    let (mine, theirs) = (
        keys.seal(NOW, ROW, SECRET).unwrap(),
        keys.seal(NOW, other, SECRET).unwrap(),
    );
    for (token, row) in [(mine.token, other), (theirs.token, ROW)] {
        let opened = keys.open(&token, IDS[0], row);
        assert_eq!(opened, Err(OpenError::Broken));
    }
}

#[test]
fn rst_13_a_secret_opens_whatever_the_clock_said_when_it_was_sealed() {
    let year = 365 * 86_400;
    for stamped in [
        NOW - 10 * year,
        NOW + 3600,
        NOW + year,
        NOW + 1000 * year,
        0,
        -1,
        i64::MIN,
        i64::MAX,
    ] {
        let sealed = keyring(&KEYS).seal(stamped, ROW, SECRET).unwrap();
        assert_eq!(open(&sealed.token).as_deref(), Ok(SECRET), "{stamped}");
    }
}

#[test]
fn the_first_key_seals_and_each_opens_what_it_sealed() {
    let (before, after) = (keyring(&KEYS[..1]), keyring(&[KEYS[1], KEYS[0]]));
    assert_eq!((before.first_id(), after.first_id()), (IDS[0], IDS[1]));
    let old = before.seal(NOW, ROW, SECRET).unwrap();
    let new = after.seal(NOW, ROW, SECRET).unwrap();
    assert_eq!((old.key_id.as_str(), new.key_id.as_str()), (IDS[0], IDS[1]));
    for sealed in [old, new] {
        let opened = after.open(&sealed.token, &sealed.key_id, ROW).unwrap();
        assert_eq!(opened.as_str(), SECRET);
    }
}

#[test]
fn a_key_that_is_not_held_is_named() {
    let keys = keyring(&KEYS[1..]);
    let sealed = keyring(&KEYS).seal(NOW, ROW, SECRET).unwrap();
    assert!(keys.holds(IDS[1]) && !keys.holds(IDS[0]) && !keys.holds(""));
    let error = keys.open(&sealed.token, &sealed.key_id, ROW).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no key in MFA_ENCRYPTION_KEY has the id 630dcd29"
    );
}

#[test]
fn only_the_key_with_the_id_in_the_row_is_tried() {
    let keys = keyring(&KEYS);
    let sealed = keys.seal(NOW, ROW, SECRET).unwrap();
    assert_eq!(
        keys.open(&sealed.token, IDS[1], ROW),
        Err(OpenError::Broken)
    );
}

#[test]
fn without_a_key_there_is_no_keyring() {
    assert!(Keyring::new([]).is_none());
}

#[test]
fn nothing_but_ids_prints() {
    let keys = keyring(&KEYS);
    let sealed = keys.seal(NOW, ROW, SECRET).unwrap();
    assert_eq!(
        format!("{keys:?} {sealed:?} {:?}", OpenError::Broken),
        "Keyring(630dcd29, e3e16780) Sealed(key 630dcd29) Broken"
    );
}
