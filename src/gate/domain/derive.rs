//! Keys of the gate's own, from the encryption keys: nothing more to keep secret, the same in every process.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A key for one purpose; `None` never, for HMAC takes keys of any length.
pub(super) fn derive(key: &[u8; 32], purpose: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    Some(Zeroizing::new(authenticate(key, purpose)?))
}

/// HMAC-SHA256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)).
pub(super) fn authenticate(key: &[u8; 32], text: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text);
    Some(mac.finalize().into_bytes().into())
}
