//! Takes letters in, and sees them off.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, UNIX_EPOCH},
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::AddressError,
    message::{
        Mailbox, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp,
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};

use super::{Letter, Sender, SmtpUrl};
use crate::{
    clock::Clock,
    crypto::random::{Random, RandomError},
};

/// The most letters on the way, those included that wait for another try.
pub const QUEUE: u32 = 100;

/// How long to wait for what.
pub(super) struct Patience {
    /// For one try, from connecting to the server's receipt.
    pub(super) attempt: Duration,
    /// Between tries, of which there is one more.
    pub(super) pauses: &'static [Duration],
    /// For a place among the letters on the way, by who would rather wait than drop one.
    pub(super) place: Duration,
    /// For the letters on the way, by who has nothing else to do.
    pub(super) settle: Duration,
    /// For the letters on the way when the program stops.
    pub(super) close: Duration,
}

/// The last pause outlasts most servers that put off whoever they do not know ("greylisting").
pub(super) const PATIENCE: Patience = Patience {
    attempt: Duration::from_secs(30),
    pauses: &[
        Duration::from_secs(5),
        Duration::from_mins(1),
        Duration::from_mins(10),
    ],
    place: Duration::from_mins(1),
    settle: Duration::from_mins(2),
    close: Duration::from_secs(5),
};

pub(super) struct Office {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    sender: Sender,
    clock: Clock,
    random: Random,
    pub(super) patience: Patience,
    places: Arc<Semaphore>,
    /// Whose letter is at the server.
    turn: Mutex<()>,
    closing: watch::Sender<bool>,
    /// Whether the last who waited for a place got none: the next one does not wait as long again.
    stuck: AtomicBool,
    lost: AtomicU64,
}

/// A letter as it travels.
struct Sealed {
    id: String,
    message: Message,
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("the recipient's address is none")]
    Address(#[from] AddressError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Form(#[from] lettre::error::Error),
}

/// Why a try failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the server takes too long")]
    Slow,
    #[error("{}", reason(.0))]
    Smtp(#[from] smtp::Error),
}

/// Without the server's own words, which may repeat an address or a user name.
fn reason(error: &smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the server answered {code}"),
        None if error.is_response() => "the server's answer makes no sense".to_owned(),
        None => error.to_string(),
    }
}

impl Failure {
    /// Whether another try would fail as well: a 5xx answer
    /// ([RFC 5321 §4.2.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1)).
    fn is_final(&self) -> bool {
        matches!(self, Self::Smtp(error) if error.is_permanent())
    }
}

impl Office {
    pub(super) fn new(server: &SmtpUrl, sender: Sender, clock: Clock, random: Random) -> Self {
        Self {
            transport: server.transport(),
            sender,
            clock,
            random,
            patience: PATIENCE,
            places: Arc::new(Semaphore::new(QUEUE as usize)),
            turn: Mutex::new(()),
            closing: watch::Sender::new(false),
            stuck: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        }
    }

    pub(super) fn take(self: &Arc<Self>, letter: &Letter) {
        let place = Arc::clone(&self.places).try_acquire_owned().ok();
        self.post(letter, place);
    }

    /// Waits for a place, unless somebody has just done so in vain.
    pub(super) async fn take_in_turn(self: &Arc<Self>, letter: &Letter) {
        let places = Arc::clone(&self.places);
        let place = if self.stuck.load(Relaxed) {
            places.try_acquire_owned().ok()
        } else {
            let place = timeout(self.patience.place, places.acquire_owned()).await;
            place.ok().and_then(Result::ok)
        };
        self.stuck.store(place.is_none(), Relaxed);
        self.post(letter, place);
    }

    fn post(self: &Arc<Self>, letter: &Letter, place: Option<OwnedSemaphorePermit>) {
        let sent = match (Handle::try_current(), place) {
            (Err(_), _) => {
                tracing::error!("a letter is dropped: nothing runs that could send it");
                None
            }
            _ if *self.closing.borrow() => {
                tracing::warn!("a letter is dropped: the program stops");
                None
            }
            (_, None) => {
                tracing::warn!("a letter is dropped: {QUEUE} are waiting already");
                None
            }
            (Ok(runtime), Some(place)) => match self.write(letter) {
                Ok(sealed) => Some(runtime.spawn(Arc::clone(self).deliver(sealed, place))),
                Err(error) => {
                    tracing::error!(%error, "a letter is dropped: it cannot be written");
                    None
                }
            },
        };
        if sent.is_none() {
            self.lose(1);
        }
    }

    fn lose(&self, letters: usize) {
        let letters = u64::try_from(letters).unwrap_or(u64::MAX);
        self.lost.fetch_add(letters, Relaxed);
    }

    /// How many letters were dropped or given up.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// The letter with its headers, none of which the text can add to: line breaks become
    /// spaces, and what is not ASCII is encoded.
    fn write(&self, letter: &Letter) -> Result<Sealed, Unwritten> {
        let now = self.clock.now();
        let id = self.random.uuid_v7(now)?;
        let since_1970 = Duration::from_secs(u64::try_from(now).unwrap_or(0));
        // so that no out-of-office note comes back (RFC 3834 §5)
        let automatic = HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        );
        let message = Message::builder()
            .from(self.sender.mailbox())
            .to(Mailbox::new(None, letter.to.parse()?))
            .subject(letter.subject.replace(char::is_control, " "))
            .date(UNIX_EPOCH + since_1970)
            .message_id(Some(format!("<{id}@{}>", self.sender.domain())))
            .raw_header(automatic)
            .singlepart(SinglePart::plain(letter.body.clone()))?;
        Ok(Sealed { id, message })
    }

    /// Tries until the letter is gone, or hopeless.
    async fn deliver(self: Arc<Self>, letter: Sealed, _place: OwnedSemaphorePermit) {
        let id = &letter.id;
        let mut closing = self.closing.subscribe();
        let mut pauses = self.patience.pauses.iter();
        while let Err(failure) = self.attempt(&letter.message).await {
            let pause = pauses.next().filter(|_| !failure.is_final());
            let (Some(pause), false) = (pause, *closing.borrow()) else {
                self.lose(1);
                return tracing::error!(letter = %id, %failure, "a letter is given up");
            };
            let seconds = pause.as_secs();
            tracing::warn!(letter = %id, %failure, seconds, "a letter has to be tried again");
            // cut short when the program stops
            let _ = timeout(*pause, closing.wait_for(|closing| *closing)).await;
        }
        tracing::debug!(letter = %id, "a letter is sent");
    }

    async fn attempt(&self, message: &Message) -> Result<(), Failure> {
        let _turn = self.turn.lock().await;
        let text = message.formatted();
        let sent = self.transport.send_raw(message.envelope(), &text);
        // lettre's own time limit is for connecting alone
        timeout(self.patience.attempt, sent)
            .await
            .map_err(|_| Failure::Slow)??;
        Ok(())
    }

    pub(super) async fn settle(&self) {
        // whether they are gone or not, nobody waits any longer
        let _ = timeout(self.patience.settle, self.places.acquire_many(QUEUE)).await;
    }

    pub(super) async fn close(&self) {
        self.closing.send_replace(true);
        let all = self.places.acquire_many(QUEUE);
        if timeout(self.patience.close, all).await.is_err() {
            let letters = QUEUE as usize - self.places.available_permits();
            self.lose(letters);
            tracing::error!(letters, "letters are not sent: the program stops");
        }
    }
}
