//! The vectors of the [Fernet spec](https://github.com/fernet/spec): generate.json, verify.json and
//! invalid.json, and a token that Python made.

use base64::{Engine as _, prelude::BASE64_URL_SAFE};

use super::super::key::Key;

/// Of all vectors.
const KEY: &str = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
/// 1985-10-26T01:20:00-07:00
const NOW: i64 = 499_162_800;

/// The token of generate.json and of verify.json, and what is in it.
const HELLO: (&str, &[u8]) = (
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
    b"hello",
);

/// All of invalid.json but those of [`UNTIMELY`]: what is wrong with them, and the token.
const INVALID: [(&str, &str); 9] = [
    (
        "incorrect mac",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
    ),
    (
        "too short",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==",
    ),
    (
        "invalid base64",
        "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    ),
    (
        "payload size not multiple of block size",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
    ),
    (
        "payload padding error",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
    ),
    (
        "incorrect IV (causes padding error)",
        "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
    ),
    (
        "trailing characters after b64 padding",
        "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==trailingdata",
    ),
    (
        "invalid characters in b64",
        "*gAAAAAAdwJ6wAAECAwQFBgcI!CQoLDA0ODy021?cpGVWKZ_eEwC@GM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
    ),
    (
        "invalid non-urlsafe characters in b64",
        "gAAAAAAdwJ6wAAEC/AwQFBgcICQoLDA0ODy+021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==",
    ),
];

/// Those of invalid.json that only the clock makes invalid; they hold an empty text.
const UNTIMELY: [(&str, &str); 2] = [
    (
        "far-future TS (unacceptable clock skew)",
        "gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
    ),
    (
        "expired TTL",
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
    ),
];

fn key(text: &str) -> Key {
    let bytes = BASE64_URL_SAFE.decode(text).unwrap();
    Key::new(&bytes.try_into().unwrap()).unwrap()
}

fn open(token: &str) -> Option<Vec<u8>> {
    key(KEY).open(token).map(|plain| plain.to_vec())
}

#[test]
fn the_vector_of_verify_json_opens() {
    assert_eq!(open(HELLO.0).as_deref(), Some(HELLO.1));
}

/// Version, stamp and length are the same; what stands between, the crate draws by itself.
#[test]
fn the_vector_of_generate_json_is_what_we_seal_but_for_the_initialisation_vector() {
    let sealed = key(KEY).seal(NOW, HELLO.1);
    let [ours, theirs] = [&sealed, HELLO.0].map(|token| BASE64_URL_SAFE.decode(token).unwrap());
    assert_eq!(ours[..9], theirs[..9]);
    assert_eq!(ours.len(), theirs.len());
    assert_eq!(open(&sealed).as_deref(), Some(HELLO.1));
}

#[test]
fn rst_12_the_vectors_of_invalid_json_are_refused() {
    for (wrong, token) in INVALID {
        assert_eq!(open(token), None, "{wrong}");
    }
}

#[test]
fn rst_13_the_vectors_of_invalid_json_that_only_the_clock_makes_invalid_open() {
    for (wrong, token) in UNTIMELY {
        assert_eq!(open(token).as_deref(), Some([].as_slice()), "{wrong}");
    }
}

/// Made by cryptography's `_encrypt_from_parts`, at 1700000000, with the bytes 0 to 15 as vector.
#[test]
fn a_token_that_python_made_opens() {
    let key = key("cGVlci1vbmx5LWZlcm5ldC1rZXktMzItYnl0ZXMtISE=");
    let token = "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD7A0Jk_8h7Aw_7BswXmDVHOqh98XeG55swmQFVNE0KJOXcTlSuphpH5Qhno0Scyj5Qnsb3ZHnM2MlatJGHHVUypvi2uTY5fKNm6mVIJJnhgj";
    assert_eq!(
        key.open(token).unwrap().as_slice(),
        b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    );
}
