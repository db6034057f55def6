use std::fmt;

use zeroize::Zeroizing;

use super::key::Key;

/// A Fernet key of another system: opens and makes tokens that name no purpose, account or factor.
/// Prints as its id.
pub struct ForeignKey(Key);

impl ForeignKey {
    /// The key of these 32 bytes; no 32 bytes are known to be none.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        Key::new(bytes).map(Self)
    }

    /// The text in a token, whenever it was stamped; `None` when this key did not make it.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<Zeroizing<String>> {
        let plain = self.0.open(token)?;
        let text = std::str::from_utf8(&plain).ok()?;
        Some(Zeroizing::new(text.to_owned()))
    }

    /// A token of a text, stamped `now` in seconds since 1970 UTC.
    #[must_use]
    pub fn seal(&self, now: i64, text: &str) -> String {
        self.0.seal(now, text.as_bytes())
    }
}

impl fmt::Debug for ForeignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ForeignKey({})", self.0.id)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE};

    use super::*;

    /// Made by Python's `cryptography` at 1700000000 with the initialisation vector 00..0f.
    const TOKEN: &str = "gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD7A0Jk_8h7Aw_7BswXmDVHOqh98XeG55swmQFVNE0KJOXcTlSuphpH5Qhno0Scyj5Qnsb3ZHnM2MlatJGHHVUypvi2uTY5fKNm6mVIJJnhgj";

    fn key(text: &str) -> ForeignKey {
        let bytes = BASE64_URL_SAFE.decode(text).unwrap();
        ForeignKey::new(&bytes.try_into().unwrap()).unwrap()
    }

    #[test]
    fn django_tokens_open_with_their_key_alone_and_go_back() {
        let right = key("cGVlci1vbmx5LWZlcm5ldC1rZXktMzItYnl0ZXMtISE=");
        let text = right.open(TOKEN).unwrap();
        assert_eq!(*text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let back = right.seal(1_700_000_000, &text);
        assert_eq!(right.open(&back), Some(text));
        let wrong = key("s098x330cQk5XaIdRWI2-bRsWiiy7ggvJfPrq8OKmQE=");
        assert_eq!(wrong.open(TOKEN), None);
        assert_eq!(right.open(&TOKEN.replace("lU_", "lU-")), None);
    }
}
