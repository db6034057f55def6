//! Tokens that nobody sealed like this (RST-12).

use base64::{Engine as _, prelude::BASE64_URL_SAFE};

use super::*;

fn sealed() -> String {
    keyring(&KEYS).seal(NOW, ROW, SECRET).unwrap().token
}

fn assert_broken(token: &str) {
    assert_eq!(open(token), Err(OpenError::Broken), "{token:?}");
}

/// The token of a plaintext, sealed with the right key.
fn token_of(plain: &str) -> String {
    Key::new(&KEYS[0]).unwrap().seal(NOW, plain.as_bytes())
}

#[test]
fn rst_12_a_token_with_any_bit_flipped_is_broken() {
    let bytes = BASE64_URL_SAFE.decode(sealed()).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_broken(&BASE64_URL_SAFE.encode(bytes));
    }
}

#[test]
fn rst_12_a_token_with_any_character_changed_is_broken() {
    let token = sealed();
    assert!(token.is_ascii());
    for at in 0..token.len() {
        for other in ["A", "_", "=", "%", "+", "/", " ", "\0", "é", ""] {
            if other != &token[at..=at] {
                assert_broken(&format!("{}{other}{}", &token[..at], &token[at + 1..]));
            }
        }
    }
}

#[test]
fn rst_12_a_token_cut_short_anywhere_is_broken() {
    let (token, bytes) = (sealed(), BASE64_URL_SAFE.decode(sealed()).unwrap());
    for length in 0..token.len() {
        assert_broken(&token[..length]);
        assert_broken(&token[token.len() - length..]);
    }
    for length in 0..bytes.len() {
        assert_broken(&BASE64_URL_SAFE.encode(&bytes[..length]));
    }
}

#[test]
fn rst_12_a_token_made_longer_is_broken() {
    let (token, bytes) = (sealed(), BASE64_URL_SAFE.decode(sealed()).unwrap());
    for more in ["=", "==", "====", "A", "AAAA", " ", "\n", "\0", "trailing"] {
        assert_broken(&format!("{token}{more}"));
        assert_broken(&format!("{more}{token}"));
    }
    for more in [1, 16, 32, 100_000] {
        assert_broken(&BASE64_URL_SAFE.encode([bytes.as_slice(), &vec![0; more]].concat()));
    }
    assert_broken(&token.repeat(2));
}

#[test]
fn rst_12_a_token_has_one_spelling() {
    // 57 bytes and n blocks of 16: one n in three makes a multiple of 3, which needs no padding
    let keys = keyring(&KEYS);
    let mut endings = std::collections::BTreeSet::new();
    for length in [1, 17, 33] {
        let Sealed { token, key_id } = keys.seal(NOW, ROW, &"x".repeat(length)).unwrap();
        let bare = token.trim_end_matches('=');
        endings.insert(token.len() - bare.len());
        for padding in (0..5).map(|signs| "=".repeat(signs)) {
            let spelling = format!("{bare}{padding}");
            let opens = keys.open(&spelling, &key_id, ROW).is_ok();
            assert_eq!(opens, spelling == token, "{spelling}");
        }
    }
    assert_eq!(endings.len(), 3, "all three paddings were tried");
}

/// Before the signature is looked at, and after it as well.
#[test]
fn rst_12_an_absurd_stamp_is_broken_without_a_panic() {
    let bytes = BASE64_URL_SAFE.decode(sealed()).unwrap();
    for stamp in [0, 1 << 63, u64::MAX - 60, u64::MAX - 59, u64::MAX] {
        let mut forged = bytes.clone();
        forged[1..9].copy_from_slice(&stamp.to_be_bytes());
        assert_broken(&BASE64_URL_SAFE.encode(forged));
    }
    let fernet = fernet::Fernet::new(&BASE64_URL_SAFE.encode(KEYS[0])).unwrap();
    let plain = ROW.around(SECRET).unwrap();
    for stamp in [u64::MAX / 2 + 61, u64::MAX - 60, u64::MAX - 59, u64::MAX] {
        assert_broken(&fernet.encrypt_at_time(&plain, stamp));
    }
}

#[test]
fn rst_12_garbage_is_broken() {
    for garbage in [
        "", "g", "gAAAAA", "=", "====", "none", "\0", "é", "💥", SECRET,
    ] {
        assert_broken(garbage);
    }
    assert_broken(&"A".repeat(1_000_000));
    for length in 0..200 {
        assert_broken(&BASE64_URL_SAFE.encode(vec![0x80; length]));
    }
}

/// Whoever has the key and nothing else made them.
#[test]
fn rst_12_a_plaintext_of_another_shape_is_broken() {
    let right = String::from_utf8(ROW.around(SECRET).unwrap().to_vec()).unwrap();
    assert_eq!(open(&token_of(&right)).as_deref(), Ok(SECRET));
    for wrong in [
        String::new(),
        SECRET.to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!("{right}{right}"),
        format!("[{right}]"),
        right.replace("totp", "sms"),
        right.replace("secret", "Secret"),
        right.replace(SECRET, "\u{1}"),
        right.replace(&format!("\"{SECRET}\""), "7"),
        right.replace("\"purpose\":\"totp\",", ""),
        right.replace(&format!("\"account\":\"{}\",", ROW.account), ""),
        right.replace('}', ",\"more\":1}"),
        right.replace('}', ",\"secret\":\"twice\"}"),
        right.replace('}', ""),
    ] {
        assert_ne!(wrong, right);
        assert_broken(&token_of(&wrong));
    }
    assert_eq!(
        Key::new(&KEYS[0])
            .unwrap()
            .open(&Key::new(&KEYS[0]).unwrap().seal(NOW, b"\xff\xfe"))
            .and_then(|plain| ROW.secret_in(&plain)),
        None
    );
}
