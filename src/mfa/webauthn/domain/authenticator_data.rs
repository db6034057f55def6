//! Authenticator data, byte for byte: nothing missing, nothing left over
//! ([§6.1](https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data)).

use serde::Deserialize as _;
use serde_cbor_2::{Deserializer, Value};

use super::{CREDENTIAL_ID_LIMIT, Fault};

const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;
const LONG: Fault = Fault::Answer("authenticator data too long");
const SHORT: Fault = Fault::Answer("authenticator data too short");

/// Attested credential data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attested {
    pub(super) aaguid: [u8; 16],
    pub(super) credential_id: Vec<u8>,
    /// The `COSE_Key` as it was sent.
    pub(super) public_key: Vec<u8>,
}

/// Reads the authenticator data of a registration.
pub(super) fn attested(bytes: &[u8]) -> Result<Attested, Fault> {
    let (flags, rest) = head(bytes)?;
    if flags & ATTESTED == 0 {
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
    end(flags, rest)?;
    Ok(Attested {
        aaguid: *aaguid,
        credential_id: credential_id.to_vec(),
        public_key: public_key.to_vec(),
    })
}

/// Checks the authenticator data of an authentication, which attests no key.
pub(super) fn assertion(bytes: &[u8]) -> Result<(), Fault> {
    let (flags, rest) = head(bytes)?;
    if flags & ATTESTED != 0 {
        return Err(Fault::Answer("attested credential data"));
    }
    end(flags, rest)
}

/// The flags, and what follows hash, flags and counter.
fn head(bytes: &[u8]) -> Result<(u8, &[u8]), Fault> {
    match bytes.split_at_checked(37) {
        Some((head, rest)) => Ok((head.get(32).copied().unwrap_or_default(), rest)),
        None => Err(SHORT),
    }
}

/// Extensions if the flags say so, and then the end.
fn end(flags: u8, rest: &[u8]) -> Result<(), Fault> {
    let expected = if flags & EXTENSIONS == 0 {
        0
    } else {
        item(rest)?
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
