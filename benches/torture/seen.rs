//! What people have seen of a rush, and whether a code of it works twice.

use std::time::{Duration, Instant};

use crate::{
    Outcomes, ensure,
    http::Browser,
    person::{AUTHENTICATE, Person, words},
    site::{Site, id_of},
    support::Server,
};

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Accepted,
    /// Nobody answered, or 503: it may be spent or not, and works once more at most.
    Unknown,
}

/// A code that was sent, by whom.
pub struct Sent {
    pub person: usize,
    pub code: String,
    pub fate: Fate,
}

/// What a rush has seen.
#[derive(Default)]
pub struct Seen {
    pub sent: Vec<Sent>,
    /// When each request began, how long it took, and its status; 0 for none.
    pub asked: Vec<(Instant, Duration, u16)>,
    pub cookies: Vec<Browser>,
}

impl Seen {
    /// Sees that no code works twice: not one that was accepted, and one whose answer was lost not more
    /// than once. At most `most` codes are tried, those last that were sent last.
    pub fn check_codes(
        &self,
        site: &Site,
        server: &Server,
        people: &[Person],
        most: usize,
    ) -> Outcomes<usize> {
        let unknown = self.sent.iter().filter(|sent| sent.fate == Fate::Unknown);
        let accepted = self
            .sent
            .iter()
            .rev()
            .filter(|sent| sent.fate == Fate::Accepted);
        let mut tried = 0;
        for sent in unknown.chain(accepted).take(most) {
            let person = people.get(sent.person).ok_or("nobody")?;
            if sent.fate == Fate::Unknown {
                let mut browser = person.pending(server)?;
                let answer = browser.post(AUTHENTICATE, &[("code", &sent.code)])?;
                ensure!(
                    [303, 422].contains(&answer.status),
                    "a code of {} is answered {}",
                    person.name,
                    words(&answer)
                );
            }
            person.check_refused(server, &sent.code)?;
            tried += 1;
        }
        for (number, person) in people.iter().enumerate() {
            let of = |fate| {
                self.sent
                    .iter()
                    .filter(|sent| sent.person == number && sent.fate == fate)
                    .count()
            };
            let (accepted, unknown) = (of(Fate::Accepted), of(Fate::Unknown));
            let id = id_of(&person.name);
            let recorded = site.base.count(&format!(
                "select count(*) from audit_event where action = 'sign_in' and subject_id = {id}"
            ))?;
            ensure!(
                (accepted..=accepted + unknown).contains(&recorded),
                "{} has {recorded} sign-ins recorded after {accepted} answers and {unknown} lost ones",
                person.name
            );
        }
        Ok(tried)
    }

    /// How many were accepted, how many were not answered.
    pub fn counts(&self) -> (usize, usize) {
        let accepted = self
            .sent
            .iter()
            .filter(|sent| sent.fate == Fate::Accepted)
            .count();
        (accepted, self.sent.len() - accepted)
    }
}
