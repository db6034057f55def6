//! Letters to account owners, through the operator's SMTP server
//! ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)).
//!
//! Without a server there are no letters, and nothing else changes. With one, nobody waits for
//! it: [`Mailer::send`] takes a letter and returns. Each letter is a task of its own, so that one
//! that has to be tried again holds up no other; at most [`QUEUE`] exist at a time, and only one
//! talks to the server.
//!
//! What is logged names a letter by its `Message-ID`. It has no address in it and none of the
//! server's own words, which may repeat one.

mod office;
mod sender;
mod smtp_url;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

pub use office::QUEUE;
pub use sender::Sender;
pub use smtp_url::{SmtpUrl, Unfit};

use crate::{clock::Clock, crypto::random::Random};
use office::Office;

/// A letter of plain text to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// An e-mail address without a name. When it is none, the letter is dropped with a line in the log.
    pub to: String,
    /// One line; what would break it becomes a space.
    pub subject: String,
    /// Lines that end in `\n`.
    pub body: String,
}

/// Sends letters, or does not. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(Way);

#[derive(Clone)]
enum Way {
    Off,
    Smtp(Arc<Office>),
    Kept(Arc<Mutex<Vec<Letter>>>),
}

impl Mailer {
    /// Sends nothing.
    #[must_use]
    pub fn off() -> Self {
        Self(Way::Off)
    }

    /// Hands letters to a server. Letters are dated by `clock`; `random` makes their ids.
    #[must_use]
    pub fn start(server: &SmtpUrl, sender: Sender, clock: Clock, random: Random) -> Self {
        let office = Office::new(server, sender, clock, random);
        Self(Way::Smtp(Arc::new(office)))
    }

    /// For tests: letters are not sent but kept, for whoever holds the second half.
    #[must_use]
    pub fn kept() -> (Self, Kept) {
        let letters = Arc::default();
        (Self(Way::Kept(Arc::clone(&letters))), Kept(letters))
    }

    /// Takes a letter and returns at once.
    ///
    /// It is sent in the background and tried a few times. One too many is dropped; what becomes
    /// of a letter is told to the log alone.
    pub fn send(&self, letter: Letter) {
        match &self.0 {
            Way::Off => {}
            Way::Smtp(office) => office.take(&letter),
            Way::Kept(letters) => lock(letters).push(letter),
        }
    }

    /// As [`Mailer::send`], but where as many letters as can be are on the way, waits for one of them to
    /// arrive: for somebody with many letters and time. At most a minute, and not again when that was in
    /// vain.
    pub async fn send_in_turn(&self, letter: Letter) {
        match &self.0 {
            Way::Smtp(office) => office.take_in_turn(&letter).await,
            Way::Off | Way::Kept(_) => self.send(letter),
        }
    }

    /// Waits until no letter is on the way, at most two minutes.
    pub async fn settle(&self) {
        if let Way::Smtp(office) = &self.0 {
            office.settle().await;
        }
    }

    /// How many letters were dropped or given up so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        match &self.0 {
            Way::Smtp(office) => office.lost(),
            Way::Off | Way::Kept(_) => 0,
        }
    }

    /// Takes no more letters, and gives those on the way 5 s.
    ///
    /// One that waits for its next try gets it now, as its last.
    pub async fn close(&self) {
        if let Way::Smtp(office) = &self.0 {
            office.close().await;
        }
    }
}

/// The letters of [`Mailer::kept`].
pub struct Kept(Arc<Mutex<Vec<Letter>>>);

impl Kept {
    /// The letters since the last call, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Letter> {
        std::mem::take(&mut lock(&self.0))
    }
}

fn lock(letters: &Mutex<Vec<Letter>>) -> std::sync::MutexGuard<'_, Vec<Letter>> {
    letters.lock().unwrap_or_else(PoisonError::into_inner)
}
