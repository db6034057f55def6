//! Who may hash, and when: permits, the queue for them, and the memory that goes round.

#[cfg(test)]
mod tests;

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};

use super::{Cost, HashingError, Password, PasswordHash, Verdict, hash::Hasher, memory::Memory};
use crate::crypto::random::Random;

/// How long a password waits for its turn; also a good `Retry-After`.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How many passwords may wait for their turn, of each kind of turn; one more is refused at once.
pub const QUEUE: usize = 1_024;

/// How long the memory of a finished hash is kept for the next one, at most.
const KEEP: Duration = Duration::from_secs(10);

/// When a password is hashed, among those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Before all of the other kind but one, and after those of its own that came earlier.
    Soon,
    /// One at a time of this kind stands in the queue of the others: it is for sources that have failed
    /// before, so that any number of them holds nobody else up.
    Later,
}

/// Hashes and verifies passwords; clones share one gate.
#[derive(Clone)]
pub struct Passwords(Arc<Gate>);

struct Gate {
    hasher: Hasher,
    permits: Arc<Semaphore>,
    /// Permits, given out or not.
    all: usize,
    queue: Semaphore,
    /// Places of [`Turn::Later`], and the one of them who stands in the other queue.
    later: (Semaphore, Semaphore),
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

    /// From now on there is no place for anybody, as in a flood.
    #[cfg(test)]
    pub(crate) fn fill(&self) {
        self.0.queue.forget_permits(QUEUE);
        self.0.later.0.forget_permits(QUEUE);
    }

    /// [`new`](Self::new) at another cost. Hashes of any other cost are renewed when their
    /// password is next right.
    pub fn with_cost(permits: usize, random: Random, cost: Cost) -> Self {
        let all = permits.clamp(1, 1_024);
        Self(Arc::new(Gate {
            hasher: Hasher { cost, random },
            permits: Arc::new(Semaphore::new(all)),
            all,
            queue: Semaphore::new(QUEUE),
            later: (Semaphore::new(QUEUE), Semaphore::new(1)),
            spare: Mutex::default(),
        }))
    }

    /// A new hash of the password, with a fresh salt.
    ///
    /// # Errors
    ///
    /// [`HashingError`]; `Busy` when there was no permit.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        self.run(Turn::Soon, move |gate, memory| {
            gate.hasher.hash(&password, memory)
        })
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
        turn: Turn,
    ) -> Result<Verdict, HashingError> {
        self.run(turn, move |gate, memory| {
            gate.hasher.verify(&password, stored.as_ref(), memory)
        })
        .await
    }

    /// Passwords that are being hashed, and those that wait for it.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        let hashing = self
            .0
            .all
            .saturating_sub(self.0.permits.available_permits());
        let free = self.0.queue.available_permits() + self.0.later.0.available_permits();
        (hashing, (2 * QUEUE).saturating_sub(free))
    }

    async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&Gate, &mut Memory) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let begun = time::Instant::now();
        let permit = self.0.enter(turn).await?;
        metrics::histogram!("inmor_mfa_hash_wait_seconds").record(begun.elapsed());
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
    async fn enter(&self, turn: Turn) -> Result<OwnedSemaphorePermit, HashingError> {
        let (places, alone) = match turn {
            Turn::Soon => (&self.queue, None),
            Turn::Later => (&self.later.0, Some(&self.later.1)),
        };
        let _place = places.try_acquire().map_err(|_| HashingError::Busy)?;
        let permit = async {
            let _alone = match alone {
                Some(alone) => Some(alone.acquire().await?),
                None => None,
            };
            Arc::clone(&self.permits).acquire_owned().await
        };
        match time::timeout(PATIENCE, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(HashingError::Busy),
        }
    }

    fn take_memory(&self) -> Memory {
        self.spare().pieces.pop().unwrap_or_default()
    }

    /// Keeps the memory for the next hash, for [`KEEP`] at most: the program is small again soon
    /// after the last sign-in. A sweep amid a rush costs each permit one slow hash. What a costlier
    /// stored hash needed goes at once.
    fn give_back(self: &Arc<Self>, memory: Memory) {
        if memory.blocks().len() > self.hasher.cost.0.block_count() {
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
