//! Authenticator data, byte for byte: nothing missing, nothing left over
//! ([§6.1](https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data)).

use serde::Deserialize as _;
use serde_cbor_2::{Deserializer, Value};

use super::{CREDENTIAL_ID_LIMIT, Fault};

/// The user was there.
pub(super) const PRESENT: u8 = 1;
/// The user was verified.
pub(super) const VERIFIED: u8 = 1 << 2;
/// The credential may be on several devices.
pub(super) const ELIGIBLE: u8 = 1 << 3;
/// It is.
pub(super) const BACKED_UP: u8 = 1 << 4;
pub(super) const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;
const LONG: Fault = Fault::Answer("authenticator data too long");
const SHORT: Fault = Fault::Answer("authenticator data too short");

/// What every authenticator data begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// SHA-256 of the relying party id.
    pub(super) rp_id_hash: [u8; 32],
    pub(super) flags: u8,
    pub(super) sign_count: u32,
}

impl Head {
    /// Whether a flag is set.
    pub(super) const fn says(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Attested credential data, and what stands before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attested {
    pub(super) head: Head,
    pub(super) aaguid: [u8; 16],
    pub(super) credential_id: Vec<u8>,
    /// The `COSE_Key` as it was sent.
    pub(super) public_key: Vec<u8>,
}

/// Reads the authenticator data of a registration.
pub(super) fn attested(bytes: &[u8]) -> Result<Attested, Fault> {
    let (head, rest) = head(bytes)?;
    if !head.says(ATTESTED) {
        return Err(Fault::Answer("no attested credential data"));
    }
    let (aaguid, rest) = rest.split_first_chunk::<16>().ok_or(SHORT)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_ID_LIMIT {
        return Err(Fault::Answer("length of the credential id"));
    }
    let (credential_id, rest) = rest.split_at_checked(length).ok_or(SHORT)?;
    let (public_key, rest) = rest.split_at_checked(item(rest)?).ok_or(SHORT)?;
    end(head, rest)?;
    Ok(Attested {
        head,
        aaguid: *aaguid,
        credential_id: credential_id.to_vec(),
        public_key: public_key.to_vec(),
    })
}

/// Reads the authenticator data of an authentication, which attests no key.
pub(super) fn assertion(bytes: &[u8]) -> Result<Head, Fault> {
    let (head, rest) = head(bytes)?;
    if head.says(ATTESTED) {
        return Err(Fault::Answer("attested credential data"));
    }
    end(head, rest)?;
    Ok(head)
}

/// Hash, flags and counter, and what follows them.
fn head(bytes: &[u8]) -> Result<(Head, &[u8]), Fault> {
    let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(SHORT)?;
    let (flags, rest) = rest.split_first().ok_or(SHORT)?;
    let (sign_count, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    let head = Head {
        rp_id_hash: *rp_id_hash,
        flags: *flags,
        sign_count: u32::from_be_bytes(*sign_count),
    };
    Ok((head, rest))
}

/// Extensions if the flags say so, and then the end.
fn end(head: Head, rest: &[u8]) -> Result<(), Fault> {
    let expected = if head.says(EXTENSIONS) {
        item(rest)?
    } else {
        0
    };
    if rest.len() == expected {
        Ok(())
    } else {
        Err(LONG)
    }
}

/// Length of the CBOR map at the beginning of some bytes.
fn item(bytes: &[u8]) -> Result<usize, Fault> {
    let mut reader = Deserializer::from_slice(bytes);
    match Value::deserialize(&mut reader) {
        Ok(Value::Map(_)) => Ok(reader.byte_offset()),
        _ => Err(Fault::Answer("CBOR in the authenticator data")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![7; 32];
        bytes.push(flags);
        bytes.extend([0, 0, 0, 1]);
        bytes.extend(rest);
        bytes
    }

    /// AAGUID, a credential id of three bytes, a map of one pair.
    fn credential(id: &[u8]) -> Vec<u8> {
        let length = u16::try_from(id.len()).unwrap().to_be_bytes();
        [&[9; 16], &length[..], id, &[0xa1, 1, 2]].concat()
    }

    #[test]
    fn attested_data_is_read_and_has_an_end() {
        let good = data(ATTESTED | 1, &credential(&[1, 2, 3]));
        let read = attested(&good).unwrap();
        assert_eq!(read.credential_id, [1, 2, 3]);
        assert_eq!(read.public_key, [0xa1, 1, 2]);
        assert_eq!(read.aaguid, [9; 16]);
        let head = Head {
            rp_id_hash: [7; 32],
            flags: ATTESTED | 1,
            sign_count: 1,
        };
        assert_eq!(read.head, head);
        for length in 0..good.len() {
            assert!(attested(&good[..length]).is_err(), "{length}");
        }
        assert_eq!(attested(&[&good[..], &[0]].concat()), Err(LONG));
        let extended = [&credential(&[1])[..], &[0xa0]].concat();
        assert!(attested(&data(ATTESTED | EXTENSIONS, &extended)).is_ok());
        assert_eq!(attested(&data(ATTESTED, &extended)), Err(LONG));
    }

    #[test]
    fn a_credential_id_has_1_to_1023_bytes() {
        for (length, fine) in [(0, false), (1, true), (1023, true), (1024, false)] {
            let read = attested(&data(ATTESTED, &credential(&vec![5; length])));
            assert_eq!(read.is_ok(), fine, "{length}");
        }
    }

    #[test]
    fn an_assertion_is_37_bytes_and_its_extensions() {
        assert!(assertion(&data(1, &[])).is_ok());
        assert!(assertion(&data(1, &[0])).is_err());
        assert!(assertion(&data(1 | EXTENSIONS, &[0xa0])).is_ok());
        assert!(assertion(&data(1 | EXTENSIONS, &[])).is_err());
        assert!(assertion(&data(1 | EXTENSIONS, &[0x80])).is_err());
        assert!(assertion(&data(1 | ATTESTED, &credential(&[1]))).is_err());
        assert!(assertion(&[0; 36]).is_err());
    }
}
