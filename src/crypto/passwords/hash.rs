use std::fmt;

use argon2::{
    ARGON2ID_IDENT, Algorithm, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use subtle::ConstantTimeEq;

use super::{
    Cost, HashingError, Password,
    cost::{OUTPUT_BYTES, within_ceilings},
    django,
    memory::Memory,
};
use crate::crypto::random::Random;

pub(super) const SALT_BYTES: usize = 16;

/// A password hash as it is stored: a PHC string such as
/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<output>`, a hash of Django that came over with its account, or
/// whatever else is found in its column.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// What was read from the database; it is understood only when a password is verified.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// What became of a password that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the account's password.
    Right {
        /// The same password hashed anew, when the stored hash was not made at the current cost.
        /// Store it where the old hash still stands (`where password_hash = $old`), so that a
        /// password changed meanwhile is not brought back.
        rehash: Option<PasswordHash>,
    },
    /// It is not, or there is no account or no password.
    Wrong,
    /// The stored hash cannot be read, so no password is right; a case for the log.
    Corrupt,
}

/// Makes hashes and compares with them, in memory that is given to it.
pub(super) struct Hasher {
    pub(super) cost: Cost,
    pub(super) random: Random,
}

impl Hasher {
    /// A new hash, with a fresh salt.
    pub(super) fn hash(
        &self,
        password: &Password,
        memory: &mut Memory,
    ) -> Result<PasswordHash, HashingError> {
        let salt: [u8; SALT_BYTES] = self.random.bytes()?;
        let mut output = [0; OUTPUT_BYTES];
        memory.argon2id(Version::V0x13, &self.cost.0, password, &salt, &mut output)?;
        let hash = phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.cost.0).map_err(|_| HashingError::Encoding)?,
            salt: Some(Salt::new(&salt).map_err(|_| HashingError::Encoding)?),
            hash: Some(Output::new(&output).map_err(|_| HashingError::Encoding)?),
        };
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether the password is the one of the stored hash; as much work when there is none.
    pub(super) fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> Result<Verdict, HashingError> {
        let Some(hash) = stored else {
            return self.dummy(password, memory, Verdict::Wrong);
        };
        let right = if let Some(target) = Target::parse(&hash.0) {
            let mut output = vec![0; target.output.len()];
            memory.argon2(&target, password, &mut output)?;
            bool::from(output.ct_eq(target.output.as_ref())).then_some(self.is_current(&target))
        } else if let Ok(hash) = django::Hash::parse(&hash.0) {
            let output = hash.compute(password, memory)?;
            bool::from(output.ct_eq(hash.output())).then_some(false)
        } else {
            return self.dummy(password, memory, Verdict::Corrupt);
        };
        Ok(match right {
            None => Verdict::Wrong,
            Some(true) => Verdict::Right { rehash: None },
            Some(false) => Verdict::Right {
                rehash: self.hash(password, memory).ok(),
            },
        })
    }

    /// Nothing to compare with, but the work is done all the same.
    fn dummy(
        &self,
        password: &Password,
        memory: &mut Memory,
        verdict: Verdict,
    ) -> Result<Verdict, HashingError> {
        let mut output = [0; OUTPUT_BYTES];
        let salt = &[0; SALT_BYTES];
        memory.argon2id(Version::V0x13, &self.cost.0, password, salt, &mut output)?;
        Ok(verdict)
    }

    fn is_current(&self, target: &Target) -> bool {
        target.version == Version::V0x13
            && target.params == self.cost.0
            && target.salt.len() == SALT_BYTES
    }
}

/// A stored hash that makes sense.
pub(super) struct Target {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    pub(super) salt: Salt,
    pub(super) output: Output,
}

impl Target {
    /// An Argon2id hash within the ceilings, or `None`.
    fn parse(stored: &str) -> Option<Self> {
        Self::read(stored, &[Algorithm::Argon2id]).filter(|target| within_ceilings(&target.params))
    }

    /// A hash by one of some variants of Argon2, whatever it costs.
    pub(super) fn read(stored: &str, variants: &[Algorithm]) -> Option<Self> {
        let hash = phc::PasswordHash::new(stored).ok()?;
        let algorithm = variants
            .iter()
            .find(|variant| variant.as_str() == hash.algorithm.as_str())?;
        Some(Self {
            algorithm: *algorithm,
            version: Version::try_from(hash.version?).ok()?,
            params: Params::try_from(&hash).ok()?,
            salt: hash.salt?,
            output: hash.hash?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{password, stored};
    use super::*;

    #[test]
    fn an_unknown_account_a_corrupt_hash_and_a_wrong_password_fill_the_same_memory() {
        let cost = Cost::new(64, 1).unwrap();
        let random = Random::seeded(1);
        let hasher = Hasher { cost, random };
        let real = hasher
            .hash(&password("swordfish"), &mut Memory::default())
            .unwrap();
        for hash in [None, Some(stored("nonsense")), Some(stored("")), Some(real)] {
            let mut memory = Memory::default();
            hasher
                .verify(&password("wrong"), hash.as_ref(), &mut memory)
                .unwrap();
            // every one of the 64 blocks was written, so Argon2 ran to the end
            assert_eq!(memory.blocks().len(), 64);
            assert!(
                memory
                    .blocks()
                    .iter()
                    .all(|block| block.as_ref().iter().any(|word| *word != 0))
            );
        }
    }

    #[test]
    fn nothing_secret_prints() {
        let hash = PasswordHash::stored("$argon2id$".into());
        let verdict = Verdict::Right {
            rehash: Some(hash.clone()),
        };
        let text = format!("{:?} {hash:?} {verdict:?}", password("swordfish"));
        assert!(
            !text.contains("swordfish") && !text.contains("argon2id"),
            "{text}"
        );
    }
}
