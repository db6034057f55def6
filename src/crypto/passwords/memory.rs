use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::{HashingError, Password, hash::Target};

/// What Argon2 works in; it grows to what the costliest hash needed.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// Blocks (KiB) reserved at least, of which only those in use are backed by memory: glibc
    /// returns what is over 32 MiB to the system as soon as it is freed, but keeps smaller pieces
    /// for each thread that ever hashed (431 MB in a test of Argon2's own allocation).
    const RESERVE: usize = 33 * 1_024;

    /// Those in use.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.0
    }

    /// Fills `output` with the Argon2id hash of the password.
    pub(super) fn argon2id(
        &mut self,
        version: Version,
        params: &Params,
        password: &Password,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), HashingError> {
        self.fill(
            &Argon2::new(Algorithm::Argon2id, version, params.clone()),
            password,
            salt,
            output,
        )
    }

    /// Fills `output` with the hash of the password that is to be compared with a stored one.
    pub(super) fn argon2(
        &mut self,
        target: &Target,
        password: &Password,
        output: &mut [u8],
    ) -> Result<(), HashingError> {
        let argon2 = Argon2::new(target.algorithm, target.version, target.params.clone());
        self.fill(&argon2, password, &target.salt, output)
    }

    fn fill(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Password,
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<(), HashingError> {
        let blocks = argon2.params().block_count();
        if self.0.len() < blocks {
            self.0 = Vec::new();
            self.0
                .try_reserve_exact(blocks.max(Self::RESERVE))
                .map_err(|_| HashingError::Argon2(argon2::Error::OutOfMemory))?;
            self.0.resize(blocks, Block::new());
        }
        argon2
            .hash_password_into_with_memory(password.expose().as_bytes(), salt, output, &mut self.0)
            .map_err(HashingError::Argon2)
    }
}
