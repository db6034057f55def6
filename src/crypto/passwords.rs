//! Hashing and verifying passwords with Argon2id, behind a gate that bounds memory and work.
//!
//! One hash takes 19 MiB and some 20 ms of a core ([RFC 9106], parameters of the [OWASP cheat
//! sheet]). At most `permits` run at a time, off the async threads; others queue fairly, up to
//! [`QUEUE`] of them and for up to [`PATIENCE`], and are then refused as [`HashingError::Busy`].
//! A permit belongs to the work, not to the request: a client that hangs up while queueing leaves
//! the queue, and one that hangs up while its password is hashed frees the permit when the hash is
//! done, neither earlier nor never.
//!
//! An unknown account, an account without a password and a broken hash cost the same Argon2id run
//! as a wrong password. What cannot be hidden: while the stored hash is of other parameters than
//! the current ones, a wrong password takes as long as those do.
//!
//! [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106
//! [OWASP cheat sheet]: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id

use std::{
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{self, Output, ParamsString, Salt},
};
use subtle::ConstantTimeEq;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use zeroize::Zeroizing;

use super::random::{Random, RandomError};

/// How long a password waits for its turn; also a good `Retry-After`.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How many passwords may wait for their turn; one more is refused at once.
pub const QUEUE: usize = 1_024;

/// How long the memory of a finished hash is kept for the next one, at most.
const KEEP: Duration = Duration::from_secs(10);

/// The most memory a stored hash may ask for, in KiB: 1 GiB.
const MEMORY_CEILING: u32 = 1 << 20;
/// The most passes and lanes a stored hash may ask for.
const PASSES_CEILING: u32 = 16;
const LANES_CEILING: u32 = 16;

const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// A password as typed, in Unicode normal form C and otherwise untouched: blanks, newlines and NUL
/// are part of it. It does not print, and its memory is wiped when it goes.
///
/// The form is fixed here so that hashing and verifying cannot disagree about it, and a password
/// set on one system can be typed on another
/// ([NIST SP 800-63B-4 §3.1.1.2](https://pages.nist.gov/800-63-4/sp800-63b.html)).
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// The password has more than [`Password::MAX_CHARS`] characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has at most {} characters", Password::MAX_CHARS)]
pub struct PasswordTooLong;

impl Password {
    /// The most characters (Unicode scalar values in normal form C) of a password.
    pub const MAX_CHARS: usize = 256;

    /// The most bytes as received: what [`MAX_CHARS`](Self::MAX_CHARS) take when decomposed, with
    /// room to spare. Longer texts are refused unread.
    pub const MAX_BYTES: usize = 4_096;

    /// Takes a password over.
    ///
    /// # Errors
    ///
    /// [`PasswordTooLong`], without looking at the text when it is longer than
    /// [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn parse(text: String) -> Result<Self, PasswordTooLong> {
        let text = Zeroizing::new(text);
        if text.len() > Self::MAX_BYTES {
            return Err(PasswordTooLong);
        }
        let text = if is_nfc_quick(text.chars()) == IsNormalized::Yes {
            text
        } else {
            // C is at most three times as long; a string that grew would leave copies behind
            let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
            normal.extend(text.nfc());
            normal
        };
        if text.chars().count() > Self::MAX_CHARS {
            return Err(PasswordTooLong);
        }
        Ok(Self(text))
    }

    /// The characters, in normal form C; for the rules and for comparing two of them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A password hash as it is stored: a PHC string such as
/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<output>`, or whatever else is found in its column.
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

/// What a hash costs: memory, passes over it and lanes. A value, so that tests can be quick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost(Params);

impl Cost {
    /// 19 456 KiB (19 MiB), 2 passes, 1 lane.
    pub const STANDARD: Self = Self(match Params::new(19_456, 2, 1, Some(OUTPUT_BYTES)) {
        Ok(params) => params,
        Err(_) => Params::DEFAULT,
    });

    /// The least Argon2 allows (8 KiB, 1 pass), for tests that are not about the cost.
    pub const TEST: Self = Self(match Params::new(8, 1, 1, Some(OUTPUT_BYTES)) {
        Ok(params) => params,
        Err(_) => Params::DEFAULT,
    });

    /// `memory` KiB (at least 8, at most 1 048 576), `passes` from 1 to 16, one lane; otherwise
    /// `None`.
    pub fn new(memory: u32, passes: u32) -> Option<Self> {
        let params = Params::new(memory, passes, 1, Some(OUTPUT_BYTES)).ok()?;
        within_ceilings(&params).then_some(Self(params))
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

/// A password could be neither hashed nor verified. None of these says anything about it.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// No permit within [`PATIENCE`], or [`QUEUE`] others are waiting. 503 with `Retry-After`.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// There was no salt to be had.
    #[error("no salt for a password hash")]
    Random(#[from] RandomError),
    /// Argon2 refused, for want of memory most likely.
    #[error("Argon2 failed: {0}")]
    Argon2(argon2::Error),
    /// The salt or the output does not fit a PHC string.
    #[error("a password hash cannot be written as a PHC string")]
    Encoding,
    /// The hashing task ended early: the server is stopping.
    #[error("password hashing was stopped")]
    Stopped(#[source] task::JoinError),
}

/// Hashes and verifies passwords; clones share one gate.
#[derive(Clone)]
pub struct Passwords(Arc<Gate>);

struct Gate {
    cost: Cost,
    random: Random,
    permits: Arc<Semaphore>,
    queue: Semaphore,
    spare: Mutex<Spare>,
}

/// Memory of finished hashes for the next ones, which take a third less time for it; never more
/// pieces than permits.
#[derive(Default)]
struct Spare {
    pieces: Vec<Memory>,
    /// Somebody is going to give all pieces back to the system.
    sweep_due: bool,
}

impl Passwords {
    /// A gate that lets `permits` hashes (from 1 to 1024) run at a time, at the standard cost.
    /// It takes `permits` × 19 MiB at most.
    pub fn new(permits: usize, random: Random) -> Self {
        Self::with_cost(permits, random, Cost::STANDARD)
    }

    /// [`new`](Self::new) at another cost. Hashes of any other cost are renewed when their
    /// password is next right.
    pub fn with_cost(permits: usize, random: Random, cost: Cost) -> Self {
        Self(Arc::new(Gate {
            cost,
            random,
            permits: Arc::new(Semaphore::new(permits.clamp(1, 1_024))),
            queue: Semaphore::new(QUEUE),
            spare: Mutex::default(),
        }))
    }

    /// A new hash of the password, with a fresh salt.
    ///
    /// # Errors
    ///
    /// [`HashingError`]; `Busy` when there was no permit.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        self.run(move |gate, memory| gate.hash(&password, memory))
            .await
    }

    /// Whether the password is the one of the stored hash.
    ///
    /// `None` is for an unknown account and an account without a password: it costs the same and
    /// answers [`Verdict::Wrong`].
    ///
    /// # Errors
    ///
    /// [`HashingError`]; `Busy` when there was no permit. A failed renewal is no error: the
    /// password is right all the same, and the next sign-in renews the hash.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<Verdict, HashingError> {
        self.run(move |gate, memory| gate.verify(&password, stored.as_ref(), memory))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Gate, &mut Memory) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let permit = self.0.enter().await?;
        let gate = Arc::clone(&self.0);
        task::spawn_blocking(move || {
            let mut memory = gate.take_memory();
            let outcome = work(&gate, &mut memory);
            gate.give_back(memory);
            drop(permit);
            outcome
        })
        .await
        .map_err(HashingError::Stopped)?
    }
}

impl Gate {
    async fn enter(&self) -> Result<OwnedSemaphorePermit, HashingError> {
        let _place = self.queue.try_acquire().map_err(|_| HashingError::Busy)?;
        match time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(HashingError::Busy),
        }
    }

    fn hash(&self, password: &Password, memory: &mut Memory) -> Result<PasswordHash, HashingError> {
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

    fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
        memory: &mut Memory,
    ) -> Result<Verdict, HashingError> {
        let target = stored.map(|hash| Target::parse(&hash.0));
        let Some(Some(target)) = target else {
            // nothing to compare with, but the work is done all the same
            let mut output = [0; OUTPUT_BYTES];
            memory.argon2id(
                Version::V0x13,
                &self.cost.0,
                password,
                &[0; SALT_BYTES],
                &mut output,
            )?;
            return Ok(if stored.is_some() {
                Verdict::Corrupt
            } else {
                Verdict::Wrong
            });
        };
        let mut output = vec![0; target.output.len()];
        memory.argon2id(
            target.version,
            &target.params,
            password,
            &target.salt,
            &mut output,
        )?;
        if !bool::from(output.ct_eq(target.output.as_ref())) {
            return Ok(Verdict::Wrong);
        }
        let current = target.version == Version::V0x13
            && target.params == self.cost.0
            && target.salt.len() == SALT_BYTES;
        let rehash = if current {
            None
        } else {
            self.hash(password, memory).ok()
        };
        Ok(Verdict::Right { rehash })
    }

    fn take_memory(&self) -> Memory {
        self.spare().pieces.pop().unwrap_or_default()
    }

    /// Keeps the memory for the next hash, for [`KEEP`] at most: the program is small again soon
    /// after the last sign-in. A sweep amid a rush costs each permit one slow hash. What a costlier
    /// stored hash needed goes at once.
    fn give_back(self: &Arc<Self>, memory: Memory) {
        if memory.0.len() > self.cost.0.block_count() {
            return;
        }
        let mut spare = self.spare();
        spare.pieces.push(memory);
        if !mem::replace(&mut spare.sweep_due, true) {
            let gate = Arc::clone(self);
            task::spawn(async move {
                time::sleep(KEEP).await;
                let swept = mem::take(&mut *gate.spare());
                drop(swept); // not under the lock
            });
        }
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stored hash that makes sense.
struct Target {
    version: Version,
    params: Params,
    salt: Salt,
    output: Output,
}

impl Target {
    /// An Argon2id hash within the ceilings, or `None`.
    fn parse(stored: &str) -> Option<Self> {
        let hash = phc::PasswordHash::new(stored).ok()?;
        let params = Params::try_from(&hash).ok()?;
        if hash.algorithm != ARGON2ID_IDENT || !within_ceilings(&params) {
            return None;
        }
        let version = Version::try_from(hash.version?).ok()?;
        Some(Self {
            version,
            params,
            salt: hash.salt?,
            output: hash.hash?,
        })
    }
}

/// Whether a hash of these parameters may be computed: a row of the database must not decide how
/// much memory and time the server spends.
fn within_ceilings(params: &Params) -> bool {
    params.m_cost() <= MEMORY_CEILING
        && params.t_cost() <= PASSES_CEILING
        && params.p_cost() <= LANES_CEILING
}

/// What Argon2 works in; it grows to what the costliest hash needed.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    /// Blocks (KiB) reserved at least, of which only those in use are backed by memory: glibc
    /// returns what is over 32 MiB to the system as soon as it is freed, but keeps smaller pieces
    /// for each thread that ever hashed (431 MB in a test of Argon2's own allocation).
    const RESERVE: usize = 33 * 1_024;

    /// Fills `output` with the Argon2id hash of the password.
    fn argon2id(
        &mut self,
        version: Version,
        params: &Params,
        password: &Password,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), HashingError> {
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0 = Vec::new();
            self.0
                .try_reserve_exact(blocks.max(Self::RESERVE))
                .map_err(|_| HashingError::Argon2(argon2::Error::OutOfMemory))?;
            self.0.resize(blocks, Block::new());
        }
        Argon2::new(Algorithm::Argon2id, version, params.clone())
            .hash_password_into_with_memory(password.0.as_bytes(), salt, output, &mut self.0)
            .map_err(HashingError::Argon2)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::mpsc, time::Duration};

    use super::*;

    const RIGHT: Verdict = Verdict::Right { rehash: None };

    fn password(text: &str) -> Password {
        Password::parse(text.to_owned()).unwrap()
    }

    fn passwords() -> Passwords {
        Passwords::with_cost(2, Random::seeded(1), Cost::TEST)
    }

    async fn verify(passwords: &Passwords, typed: &str, hash: &PasswordHash) -> Verdict {
        let outcome = passwords.verify(password(typed), Some(hash.clone())).await;
        outcome.unwrap()
    }

    fn stored(text: &str) -> PasswordHash {
        PasswordHash::stored(text.to_owned())
    }

    /// A stored hash of other parameters, made without the code under test.
    fn foreign(text: &str, version: Version, params: Params, salt: &[u8]) -> PasswordHash {
        use argon2::PasswordHasher;
        let hash = Argon2::new(Algorithm::Argon2id, version, params)
            .hash_password_with_salt(text.as_bytes(), salt)
            .unwrap();
        stored(&hash.to_string())
    }

    #[tokio::test]
    async fn the_standard_is_argon2id_19_mib_2_passes_1_lane_and_others_can_verify_it() {
        use argon2::PasswordVerifier;
        let passwords = Passwords::new(1, Random::system());
        let hash = passwords
            .hash(password("correct horse battery"))
            .await
            .unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_str()
        );
        let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
        assert_eq!(parsed.salt.unwrap().len(), 16);
        assert_eq!(parsed.hash.unwrap().len(), 32);
        Argon2::default()
            .verify_password(b"correct horse battery", &parsed)
            .unwrap();
        assert_eq!(
            verify(&passwords, "correct horse battery", &hash).await,
            RIGHT
        );
    }

    /// The string of the reference implementation: `echo -n password | argon2 somesalt -id -t 2
    /// -m 16 -p 1`, from phc-winner-argon2's test.c.
    #[tokio::test]
    async fn a_hash_of_the_reference_implementation_verifies_and_is_renewed() {
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$\
                    CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let passwords = passwords();
        let verdict = verify(&passwords, "password", &stored(hash)).await;
        assert!(
            matches!(verdict, Verdict::Right { rehash: Some(_) }),
            "{verdict:?}"
        );
        let verdict = verify(&passwords, "Password", &stored(hash)).await;
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ_and_both_verify() {
        let passwords = passwords();
        let first = passwords.hash(password("swordfish")).await.unwrap();
        let second = passwords.hash(password("swordfish")).await.unwrap();
        assert_ne!(first, second);
        for hash in [first, second] {
            assert_eq!(verify(&passwords, "swordfish", &hash).await, RIGHT);
            assert_eq!(verify(&passwords, "swordfisH", &hash).await, Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn log_10_composed_and_decomposed_are_one_password_both_ways() {
        let passwords = passwords();
        let (composed, decomposed) = ("caf\u{e9} \u{1e69}", "cafe\u{301} s\u{307}\u{323}");
        for (set, typed) in [(composed, decomposed), (decomposed, composed)] {
            let hash = passwords.hash(password(set)).await.unwrap();
            assert_eq!(verify(&passwords, typed, &hash).await, RIGHT);
        }
        // canonical forms meet, look-alikes do not: this is no NFKC
        let hash = passwords.hash(password("\u{fb01}sh")).await.unwrap();
        assert_eq!(verify(&passwords, "fish", &hash).await, Verdict::Wrong);
    }

    #[test]
    fn log_11_the_limit_counts_characters_after_nfc() {
        let fits = |text: String| Password::parse(text).is_ok();
        for character in ["a", "\u{e9}", "e\u{301}", "\u{1f511}", "s\u{323}\u{307}"] {
            assert!(fits(character.repeat(64)), "{character}");
            assert!(fits(character.repeat(128)), "{character}");
            assert!(fits(character.repeat(256)), "{character}");
            assert!(!fits(character.repeat(257)), "{character}");
        }
        // normalising can lengthen: U+0958 has no composed form and becomes two
        assert!(fits("\u{958}".repeat(128)));
        assert!(!fits("\u{958}".repeat(129)));
    }

    #[tokio::test]
    async fn log_11_the_end_of_the_longest_password_counts() {
        let passwords = passwords();
        let emoji = "\u{1f511}".repeat(255);
        let hash = passwords
            .hash(password(&format!("{emoji}a")))
            .await
            .unwrap();
        let verdict = passwords
            .verify(password(&format!("{emoji}a")), Some(hash.clone()))
            .await;
        assert_eq!(verdict.unwrap(), RIGHT);
        let verdict = passwords
            .verify(password(&format!("{emoji}b")), Some(hash))
            .await;
        assert_eq!(verdict.unwrap(), Verdict::Wrong);
    }

    #[test]
    fn log_14_a_megabyte_is_refused_and_the_longest_decomposed_password_is_not() {
        assert!(Password::parse(format!("a{}", "\u{301}".repeat(500_000))).is_err());
        // the longest there is: 256 characters of three letters, 2 304 bytes
        assert!(Password::parse("\u{1112}\u{1161}\u{11ab}".repeat(256)).is_ok());
        assert_eq!(
            Password::parse("\0".repeat(1_000_000)).err(),
            Some(PasswordTooLong)
        );
    }

    #[tokio::test]
    async fn log_13_nul_newlines_and_blanks_are_kept_exactly() {
        let passwords = passwords();
        let all = [
            "a\0b", "a", "a\0", " a", "a ", "a\n", "a\r\n", "\ta", "   ", "    ", "", "\u{a0}", " ",
        ];
        for set in all {
            let hash = passwords.hash(password(set)).await.unwrap();
            for typed in all {
                let verdict = verify(&passwords, typed, &hash).await;
                let expected = if set == typed { RIGHT } else { Verdict::Wrong };
                assert_eq!(verdict, expected, "{set:?} {typed:?}");
            }
        }
    }

    #[tokio::test]
    async fn without_a_hash_no_password_is_right() {
        let passwords = passwords();
        for text in ["", "password", "\0"] {
            assert_eq!(
                passwords.verify(password(text), None).await.unwrap(),
                Verdict::Wrong
            );
        }
    }

    #[test]
    fn an_unknown_account_a_corrupt_hash_and_a_wrong_password_fill_the_same_memory() {
        let cost = Cost::new(64, 1).unwrap();
        let Passwords(gate) = Passwords::with_cost(1, Random::seeded(1), cost);
        let real = gate
            .hash(&password("swordfish"), &mut Memory::default())
            .unwrap();
        for hash in [None, Some(stored("nonsense")), Some(stored("")), Some(real)] {
            let mut memory = Memory::default();
            gate.verify(&password("wrong"), hash.as_ref(), &mut memory)
                .unwrap();
            // every one of the 64 blocks was written, so Argon2 ran to the end
            assert_eq!(memory.0.len(), 64);
            assert!(
                memory
                    .0
                    .iter()
                    .all(|block| block.as_ref().iter().any(|word| *word != 0))
            );
        }
    }

    #[tokio::test]
    async fn log_17_hashes_of_other_parameters_verify_and_come_back_renewed() {
        let passwords = passwords();
        let long = Some(OUTPUT_BYTES);
        let salt = &[7; SALT_BYTES];
        for (what, old) in [
            (
                "memory",
                foreign(
                    "swordfish",
                    Version::V0x13,
                    Params::new(16, 1, 1, long).unwrap(),
                    salt,
                ),
            ),
            (
                "passes",
                foreign(
                    "swordfish",
                    Version::V0x13,
                    Params::new(8, 2, 1, long).unwrap(),
                    salt,
                ),
            ),
            (
                "lanes",
                foreign(
                    "swordfish",
                    Version::V0x13,
                    Params::new(16, 1, 2, long).unwrap(),
                    salt,
                ),
            ),
            (
                "output",
                foreign(
                    "swordfish",
                    Version::V0x13,
                    Params::new(8, 1, 1, Some(16)).unwrap(),
                    salt,
                ),
            ),
            (
                "version",
                foreign(
                    "swordfish",
                    Version::V0x10,
                    Params::new(8, 1, 1, long).unwrap(),
                    salt,
                ),
            ),
            (
                "salt",
                foreign(
                    "swordfish",
                    Version::V0x13,
                    Params::new(8, 1, 1, long).unwrap(),
                    &[7; 8],
                ),
            ),
        ] {
            let wrong = verify(&passwords, "Swordfish", &old).await;
            assert_eq!(wrong, Verdict::Wrong, "{what}");
            let right = verify(&passwords, "swordfish", &old).await;
            let Verdict::Right { rehash: Some(new) } = right else {
                panic!("{what}: {right:?}")
            };
            assert_ne!(new, old);
            assert!(
                new.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
                "{what}"
            );
            assert_eq!(verify(&passwords, "swordfish", &new).await, RIGHT, "{what}");
        }
        let current = foreign(
            "swordfish",
            Version::V0x13,
            Params::new(8, 1, 1, long).unwrap(),
            salt,
        );
        assert_eq!(verify(&passwords, "swordfish", &current).await, RIGHT);
    }

    #[tokio::test]
    async fn a_right_password_stays_right_when_it_cannot_be_hashed_anew() {
        let passwords = Passwords::with_cost(1, Random::failing(), Cost::TEST);
        let old = foreign(
            "swordfish",
            Version::V0x13,
            Params::new(16, 1, 1, None).unwrap(),
            &[7; 16],
        );
        assert_eq!(verify(&passwords, "swordfish", &old).await, RIGHT);
        let error = passwords.hash(password("swordfish")).await.unwrap_err();
        assert!(matches!(error, HashingError::Random(_)), "{error:?}");
    }

    #[tokio::test]
    async fn log_17_a_corrupt_hash_is_told_from_a_wrong_password_and_never_panics() {
        let passwords = passwords();
        let good = passwords.hash(password("swordfish")).await.unwrap().0;
        let output = &good[good.rfind('$').unwrap()..];
        for hash in [
            String::new(),
            "$".into(),
            "swordfish".into(),
            "!unusable".into(),
            "pbkdf2_sha256$1000000$salt$hash".into(),
            good.replace("argon2id", "argon2i"),
            good.replace("argon2id", "argon2d"),
            good.replace("argon2id", "scrypt"),
            good.replace("$v=19", ""),
            good.replace("v=19", "v=20"),
            good.replace("m=8", "m=7"),
            good.replace("m=8", "m=4294967295"),
            good.replace("m=8", "m=1048577"),
            good.replace("t=1", "t=0"),
            good.replace("t=1", "t=17"),
            good.replace("p=1", "p=0"),
            good.replace("m=8,t=1,p=1", "m=1048576,t=1,p=17"),
            good.replace("p=1", "p=4294967295"),
            good.replace(output, ""),
            good.replace(output, "$"),
            good.replace(output, "$AAAA"),
            format!("{good}="),
            format!("{good}$"),
            format!("{good}\n"),
            format!(" {good}"),
            good.to_uppercase(),
            "$argon2id$v=19$m=8,t=1,p=1".repeat(10_000),
        ] {
            let verdict = verify(&passwords, "swordfish", &stored(&hash)).await;
            assert_eq!(verdict, Verdict::Corrupt, "{hash:?}");
        }
        // cut or changed anywhere, it is never right
        for end in 0..good.len() {
            let cut = verify(&passwords, "swordfish", &stored(&good[..end])).await;
            assert!(
                matches!(cut, Verdict::Corrupt | Verdict::Wrong),
                "{end}: {cut:?}"
            );
        }
        assert_eq!(verify(&passwords, "swordfish", &stored(&good)).await, RIGHT);
    }

    #[test]
    fn a_cost_beyond_the_ceilings_cannot_be_made() {
        assert!(Cost::new(1 << 20, 16).is_some());
        assert!(Cost::new((1 << 20) + 1, 1).is_none());
        assert!(Cost::new(8, 17).is_none());
        assert!(Cost::new(7, 1).is_none());
        assert!(Cost::new(8, 0).is_none());
        assert_eq!(Cost::new(19_456, 2), Some(Cost::STANDARD));
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

    #[tokio::test(start_paused = true)]
    async fn who_waits_longer_than_ten_seconds_is_told_so() {
        let passwords = passwords();
        let permits = Arc::clone(&passwords.0.permits)
            .acquire_many_owned(2)
            .await
            .unwrap();
        let begun = time::Instant::now();
        let error = passwords.hash(password("swordfish")).await.unwrap_err();
        assert!(matches!(error, HashingError::Busy), "{error:?}");
        assert_eq!(begun.elapsed().as_secs(), 10);
        let verify = passwords.verify(password("swordfish"), None).await;
        assert!(matches!(verify, Err(HashingError::Busy)), "{verify:?}");
        drop(permits);
        passwords.hash(password("swordfish")).await.unwrap();
        assert_eq!(passwords.0.queue.available_permits(), QUEUE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once_and_a_hung_up_client_leaves_it() {
        let passwords = passwords();
        let _permits = Arc::clone(&passwords.0.permits)
            .acquire_many_owned(2)
            .await
            .unwrap();
        let mut waiting = task::JoinSet::new();
        for _ in 0..QUEUE {
            let passwords = passwords.clone();
            waiting.spawn(async move { passwords.hash(password("swordfish")).await });
        }
        while passwords.0.queue.available_permits() > 0 {
            task::yield_now().await;
        }
        let begun = time::Instant::now();
        let error = passwords.hash(password("swordfish")).await.unwrap_err();
        assert!(matches!(error, HashingError::Busy), "{error:?}");
        assert_eq!(begun.elapsed(), Duration::ZERO);
        waiting.shutdown().await;
        assert_eq!(passwords.0.queue.available_permits(), QUEUE);
    }

    #[tokio::test]
    async fn cra_18_a_hung_up_client_neither_frees_the_permit_early_nor_keeps_it() {
        let passwords = Passwords::with_cost(1, Random::seeded(1), Cost::TEST);
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = mpsc::channel::<()>();
        let hashing = {
            let passwords = passwords.clone();
            tokio::spawn(async move {
                passwords
                    .run(move |_, _| {
                        started.send(()).unwrap();
                        may_finish.recv().unwrap();
                        Ok(())
                    })
                    .await
            })
        };
        has_started.await.unwrap();
        hashing.abort();
        assert!(hashing.await.unwrap_err().is_cancelled());
        // the client is gone, the work is not
        assert_eq!(passwords.0.permits.available_permits(), 0);
        finish.send(()).unwrap();
        // the one permit comes back
        passwords.hash(password("swordfish")).await.unwrap();
        assert_eq!(passwords.0.permits.available_permits(), 1);
    }

    #[tokio::test]
    async fn cra_18_a_panic_in_the_work_returns_the_permit() {
        let passwords = Passwords::with_cost(1, Random::seeded(1), Cost::TEST);
        let outcome: Result<(), _> = passwords.run(|_, _| panic!("on purpose")).await;
        assert!(
            matches!(outcome, Err(HashingError::Stopped(_))),
            "{outcome:?}"
        );
        passwords.hash(password("swordfish")).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn cra_18_a_thousand_disconnects_leave_all_permits_and_the_queue_free() {
        let passwords = passwords();
        let mut clients = Vec::new();
        for client in 0..1_000 {
            let passwords = passwords.clone();
            clients.push(tokio::spawn(async move {
                passwords.verify(password(&client.to_string()), None).await
            }));
            if client % 3 == 0 {
                task::yield_now().await;
            }
        }
        for client in &clients {
            client.abort();
        }
        for client in clients {
            match client.await {
                Ok(verdict) => assert_eq!(verdict.unwrap(), Verdict::Wrong),
                Err(error) => assert!(error.is_cancelled(), "{error}"),
            }
        }
        let all = passwords.0.permits.acquire_many(2).await.unwrap();
        assert_eq!(passwords.0.queue.available_permits(), QUEUE);
        assert!(passwords.0.spare().pieces.len() <= 2);
        drop(all);
        passwords.hash(password("swordfish")).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn loa_01_never_more_hashes_at_a_time_than_permits() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let passwords = Passwords::with_cost(3, Random::seeded(1), Cost::TEST);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut clients = task::JoinSet::new();
        for _ in 0..200 {
            let (passwords, running, most) =
                (passwords.clone(), Arc::clone(&running), Arc::clone(&most));
            clients.spawn(async move {
                passwords
                    .run(move |gate, memory| {
                        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        let hash = gate.hash(&password("swordfish"), memory);
                        running.fetch_sub(1, Ordering::SeqCst);
                        hash
                    })
                    .await
            });
        }
        let hashes: HashSet<String> = clients
            .join_all()
            .await
            .into_iter()
            .map(|hash| hash.unwrap().0)
            .collect();
        assert_eq!(hashes.len(), 200, "salts repeat");
        assert!(most.load(Ordering::SeqCst) <= 3);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_used_again_and_given_back_soon_after_the_last_hash() {
        let passwords = passwords();
        let pieces = || passwords.0.spare().pieces.len();
        for _ in 0..3 {
            passwords.hash(password("swordfish")).await.unwrap();
            assert_eq!(pieces(), 1);
        }
        time::sleep(KEEP + Duration::from_millis(1)).await;
        assert_eq!(pieces(), 0);
        // and again: the sweep is not for once
        passwords.hash(password("swordfish")).await.unwrap();
        assert_eq!(pieces(), 1);
        time::sleep(KEEP + Duration::from_millis(1)).await;
        assert_eq!(pieces(), 0);
    }

    #[tokio::test]
    async fn memory_of_a_costlier_stored_hash_is_not_kept() {
        let passwords = passwords();
        let params = Params::new(4_096, 1, 1, Some(OUTPUT_BYTES)).unwrap();
        let old = foreign("swordfish", Version::V0x13, params, &[7; SALT_BYTES]);
        assert!(matches!(
            verify(&passwords, "swordfish", &old).await,
            Verdict::Right { .. }
        ));
        assert!(
            passwords
                .0
                .spare()
                .pieces
                .iter()
                .all(|memory| memory.0.len() == 8)
        );
    }
}
