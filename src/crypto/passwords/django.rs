//! Password hashes as Django writes them: `{algorithm}${…}`
//! ([its documentation](https://docs.djangoproject.com/en/5.2/topics/auth/passwords/)).

use argon2::{Algorithm, Params};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{HashingError, Password, PasswordHash, hash::Target, memory::Memory};
use crate::crypto::hex;

/// The most rounds of PBKDF2: Django 5.2 writes 1 000 000, and a few hundred thousand more each year.
const ROUNDS_CEILING: u32 = 4_000_000;
/// The highest cost of bcrypt, a power of two; Django writes 12.
const BCRYPT_CEILING: u32 = 15;
/// The most memory of scrypt, in bytes; Django's parameters take 16 MiB.
const SCRYPT_CEILING: u64 = 64 << 20;
/// The most work of scrypt, in bytes that are mixed: its memory, `p` times.
const SCRYPT_WORK: u64 = 1 << 30;
/// The most memory of Argon2, in KiB; Django writes 100 MiB.
const ARGON2_CEILING: u32 = 256 << 10;
/// The longest text that `auth_user.password` holds, with room to spare.
const LONGEST: usize = 512;

/// Why a hash of Django is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Another algorithm.
    #[error("password hash of an algorithm that is not known here")]
    Unknown,
    /// It does not have the parts that its algorithm asks for.
    #[error("damaged password hash")]
    Damaged,
    /// Verifying it would take too much memory or time.
    #[error("password hash that costs too much to verify")]
    Costly,
}

impl PasswordHash {
    /// A hash of Django as it is to be stored; `None` when the account has no password that could be
    /// typed (`!…`, or nothing). Its algorithm's name comes with it.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub fn of_django(text: &str) -> Result<Option<(Self, &'static str)>, NotTaken> {
        if text.is_empty() || text.starts_with('!') {
            return Ok(None);
        }
        let hash = Hash::parse(text)?;
        Ok(Some((Self::stored(text.to_owned()), hash.name())))
    }

    /// The hash as Django stores it: its own as it is, ours as Django's Argon2.
    #[must_use]
    pub fn for_django(&self) -> String {
        if self.as_str().starts_with('$') {
            format!("argon2{}", self.as_str())
        } else {
            self.as_str().to_owned()
        }
    }
}

/// A stored hash that makes sense, and is not too costly.
pub(super) enum Hash<'a> {
    Pbkdf2 {
        sha1: bool,
        rounds: u32,
        salt: &'a str,
        output: Vec<u8>,
    },
    Argon2(Target),
    Bcrypt {
        cost: u32,
        salt: [u8; 16],
        output: Vec<u8>,
    },
    Scrypt {
        params: scrypt::Params,
        salt: &'a str,
        output: Vec<u8>,
    },
}

impl<'a> Hash<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, NotTaken> {
        if text.len() > LONGEST {
            return Err(NotTaken::Damaged);
        }
        let (algorithm, rest) = text.split_once('$').ok_or(NotTaken::Unknown)?;
        match algorithm {
            "pbkdf2_sha256" => pbkdf2(rest, false),
            "pbkdf2_sha1" => pbkdf2(rest, true),
            "argon2" => argon2(text),
            "bcrypt_sha256" => bcrypt(rest),
            "scrypt" => scrypt(rest),
            _ => Err(NotTaken::Unknown),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Pbkdf2 { sha1: false, .. } => "pbkdf2_sha256",
            Self::Pbkdf2 { sha1: true, .. } => "pbkdf2_sha1",
            Self::Argon2(_) => "argon2",
            Self::Bcrypt { .. } => "bcrypt_sha256",
            Self::Scrypt { .. } => "scrypt",
        }
    }

    /// What the output should be.
    pub(super) fn output(&self) -> &[u8] {
        match self {
            Self::Argon2(target) => target.output.as_ref(),
            Self::Pbkdf2 { output, .. }
            | Self::Bcrypt { output, .. }
            | Self::Scrypt { output, .. } => output,
        }
    }

    /// What it is for a password.
    pub(super) fn compute(
        &self,
        password: &Password,
        memory: &mut Memory,
    ) -> Result<Vec<u8>, HashingError> {
        let typed = password.expose().as_bytes();
        let mut output = vec![0; self.output().len()];
        match self {
            Self::Pbkdf2 {
                sha1, rounds, salt, ..
            } => {
                let salt = salt.as_bytes();
                if *sha1 {
                    pbkdf2_hmac::<Sha1>(typed, salt, *rounds, &mut output);
                } else {
                    pbkdf2_hmac::<Sha256>(typed, salt, *rounds, &mut output);
                }
            }
            Self::Argon2(target) => memory.argon2(target, password, &mut output)?,
            Self::Bcrypt { cost, salt, .. } => {
                // bcrypt reads 72 bytes and no more, so Django gives it the hash of the password
                let digest = Zeroizing::new(hex(&Sha256::digest(typed)));
                let terminated = Zeroizing::new([digest.as_bytes(), b"\0"].concat());
                output = bcrypt::bcrypt(*cost, *salt, &terminated)
                    .get(..BCRYPT_OUTPUT)
                    .unwrap_or_default()
                    .to_vec();
            }
            Self::Scrypt { params, salt, .. } => {
                scrypt::scrypt(typed, salt.as_bytes(), params, &mut output)
                    .map_err(|_| HashingError::Encoding)?;
            }
        }
        Ok(output)
    }
}

/// `rounds$salt$base64`.
fn pbkdf2(text: &str, sha1: bool) -> Result<Hash<'_>, NotTaken> {
    let [rounds, salt, output] = parts(text)?;
    let rounds: u32 = number(rounds)?;
    if rounds == 0 {
        return Err(NotTaken::Damaged);
    }
    if rounds > ROUNDS_CEILING {
        return Err(NotTaken::Costly);
    }
    Ok(Hash::Pbkdf2 {
        sha1,
        rounds,
        salt,
        output: decode(output, if sha1 { 20 } else { 32 })?,
    })
}

/// `argon2` and a PHC string, whose `$` is the separator.
fn argon2(text: &str) -> Result<Hash<'_>, NotTaken> {
    let phc = text.strip_prefix("argon2").unwrap_or_default();
    // until Django 3.2 it was the variant i
    let target =
        Target::read(phc, &[Algorithm::Argon2id, Algorithm::Argon2i]).ok_or(NotTaken::Damaged)?;
    let within =
        |params: &Params| super::cost::within_ceilings(params) && params.m_cost() <= ARGON2_CEILING;
    if within(&target.params) {
        Ok(Hash::Argon2(target))
    } else {
        Err(NotTaken::Costly)
    }
}

/// Bytes that bcrypt puts out, of the 24 that it computes.
const BCRYPT_OUTPUT: usize = 23;

/// `$2b$cost$` and 22 letters of salt and 31 of output, in an alphabet of bcrypt's own.
fn bcrypt(text: &str) -> Result<Hash<'_>, NotTaken> {
    let [empty, version, cost, rest] = parts(text)?;
    if !empty.is_empty() || !["2a", "2b", "2y"].contains(&version) || rest.len() != 53 {
        return Err(NotTaken::Damaged);
    }
    let cost: u32 = number(cost)?;
    if cost > BCRYPT_CEILING {
        return Err(NotTaken::Costly);
    }
    let (salt, output) = rest.split_at_checked(22).ok_or(NotTaken::Damaged)?;
    let decode = |text| bcrypt::BASE_64.decode(text).map_err(|_| NotTaken::Damaged);
    let salt: [u8; 16] = decode(salt)?.try_into().map_err(|_| NotTaken::Damaged)?;
    let output = decode(output)?;
    if cost < 4 || output.len() != BCRYPT_OUTPUT {
        return Err(NotTaken::Damaged);
    }
    Ok(Hash::Bcrypt { cost, salt, output })
}

/// `N$salt$r$p$base64`.
fn scrypt(text: &str) -> Result<Hash<'_>, NotTaken> {
    let [n, salt, r, p, output] = parts(text)?;
    let (n, r, p): (u64, u32, u32) = (number(n)?, number(r)?, number(p)?);
    if !n.is_power_of_two() || n < 2 {
        return Err(NotTaken::Damaged);
    }
    let memory = n.saturating_mul(u64::from(r)).saturating_mul(128);
    if memory > SCRYPT_CEILING || memory.saturating_mul(u64::from(p)) > SCRYPT_WORK {
        return Err(NotTaken::Costly);
    }
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| NotTaken::Damaged)?;
    Ok(Hash::Scrypt {
        params: scrypt::Params::new(log_n, r, p).map_err(|_| NotTaken::Damaged)?,
        salt,
        output: decode(output, 64)?,
    })
}

/// The parts of a text between `$`, as many as are asked for.
fn parts<const N: usize>(text: &str) -> Result<[&str; N], NotTaken> {
    let parts: Vec<&str> = text.split('$').collect();
    parts.try_into().map_err(|_| NotTaken::Damaged)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, NotTaken> {
    if text.starts_with('+') {
        return Err(NotTaken::Damaged);
    }
    text.parse().map_err(|_| NotTaken::Damaged)
}

fn decode(text: &str, length: usize) -> Result<Vec<u8>, NotTaken> {
    let bytes = BASE64_STANDARD
        .decode(text)
        .map_err(|_| NotTaken::Damaged)?;
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(NotTaken::Damaged)
    }
}
