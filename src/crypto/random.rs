//! Where random bytes come from.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sha2::{Digest, Sha256};

/// A source of random bytes; clones draw from the same source.
#[derive(Clone, Debug)]
pub struct Random(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Seeded { seed: u64, drawn: Arc<AtomicU64> },
    Failing,
}

/// No random bytes could be had; whoever asked has to give up, not to go on without.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum RandomError {
    /// The operating system refused.
    #[error("the system's random source failed: {0}")]
    System(getrandom::Error),
    /// A test asked for the failure with [`Random::failing`].
    #[error("the random source was told to fail")]
    Told,
}

impl Random {
    /// The operating system's source, the only one outside tests.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// For tests: bytes that repeat in every run with the same seed, and are no secret.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded {
            seed,
            drawn: Arc::default(),
        })
    }

    /// For tests: a source that never answers.
    pub fn failing() -> Self {
        Self(Source::Failing)
    }

    /// `N` fresh random bytes.
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the source fails.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomError> {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the one place that asks the system for randomness"
                )]
                getrandom::fill(&mut bytes).map_err(RandomError::System)?;
            }
            Source::Seeded { seed, drawn } => {
                for chunk in bytes.chunks_mut(32) {
                    let block = Sha256::new()
                        .chain_update(seed.to_be_bytes())
                        .chain_update(drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes())
                        .finalize();
                    chunk
                        .iter_mut()
                        .zip(block)
                        .for_each(|(byte, random)| *byte = random);
                }
            }
            Source::Failing => return Err(RandomError::Told),
        }
        Ok(bytes)
    }

    /// A new `UUIDv7` as text of 36 characters, for the time `now` in seconds since 1970 UTC.
    ///
    /// Ids of different seconds sort by time; those of one second sort anyhow. A time before 1970
    /// counts as 1970 ([RFC 9562 §5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)).
    ///
    /// # Errors
    ///
    /// [`RandomError`] when the source fails.
    pub fn uuid_v7(&self, now: i64) -> Result<String, RandomError> {
        let millis = u64::try_from(now).unwrap_or(0).saturating_mul(1_000);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()?).into_uuid();
        Ok(uuid.hyphenated().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_never_gives_the_same_bytes_twice() {
        let random = Random::system();
        assert_ne!(random.bytes::<32>().unwrap(), random.bytes::<32>().unwrap());
    }

    #[test]
    fn a_seed_repeats_between_runs_and_never_within_one_nor_between_clones() {
        let (first, again, other) = (Random::seeded(1), Random::seeded(1), Random::seeded(2));
        let drawn: [u8; 70] = first.bytes().unwrap();
        assert_eq!(drawn, again.bytes::<70>().unwrap());
        assert_ne!(drawn, other.bytes::<70>().unwrap());
        assert_ne!(drawn, first.clone().bytes::<70>().unwrap());
        assert_ne!(drawn[..32], drawn[32..64]);
    }

    #[test]
    fn a_failing_source_gives_neither_bytes_nor_ids() {
        let random = Random::failing();
        assert!(matches!(random.bytes::<1>(), Err(RandomError::Told)));
        assert!(matches!(random.uuid_v7(0), Err(RandomError::Told)));
    }

    #[test]
    fn a_uuid_is_version_7_carries_its_time_and_sorts_by_it() {
        let random = Random::seeded(7);
        let id = random.uuid_v7(1_645_557_742).unwrap();
        // the time of RFC 9562's example in appendix A.6, 0x017F22E279B0 milliseconds
        assert!(id.starts_with("017f22e2-79b0-7"), "{id}");
        assert_eq!(id.len(), 36);
        assert!("89ab".contains(&id[19..20]), "{id}");
        let later: Vec<String> = (0..200)
            .map(|second| random.uuid_v7(1_645_557_743 + second).unwrap())
            .collect();
        assert!(later.is_sorted());
        assert!(id < later[0]);
    }

    #[test]
    fn a_uuid_for_an_impossible_time_is_still_a_uuid() {
        let random = Random::seeded(7);
        assert!(random.uuid_v7(-1).unwrap().starts_with("00000000-0000-7"));
        assert_eq!(random.uuid_v7(i64::MAX).unwrap().len(), 36);
    }
}
