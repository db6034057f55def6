//! An administrator as the harness knows him: what he holds, and what must not work any more.

use std::{thread, time::Duration};

use inmor_mfa::clock::Clock;
use totp_rs::{Builder, Secret};

use crate::{
    Outcomes, ensure,
    http::{Answer, Browser},
    support::{Server, sign_in},
};

pub const AUTHENTICATE: &str = "/accounts/2fa/authenticate/";
/// Seconds of a time step.
const PERIOD: i64 = 30;

/// An authenticator app.
#[derive(Clone, Debug)]
pub struct App {
    pub label: String,
    pub secret: String,
    /// The latest step whose code was accepted.
    pub last: i64,
}

/// What an account holds.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub name: String,
    pub password: String,
    pub old_password: Option<String>,
    pub apps: Vec<App>,
    /// Recovery codes that are left, where they were seen.
    pub codes: Vec<String>,
    /// Codes of all kinds that were used or replaced, the latest last.
    pub void: Vec<String>,
}

impl App {
    /// What the app shows in a step.
    pub fn code_of(&self, step: i64) -> Outcomes<String> {
        let secret = Secret::try_from_base32(&self.secret).map_err(|error| error.to_string())?;
        let totp = Builder::new().with_secret(secret).build();
        let totp = totp.map_err(|error| error.to_string())?;
        Ok(totp.generate(u64::try_from(step * PERIOD)?).to_string())
    }

    /// The next code that the app has not shown, and its step; waits until the program takes it.
    pub fn next(&self) -> Outcomes<(String, i64)> {
        while !self.has_next() {
            thread::sleep(Duration::from_millis(200));
        }
        // the step before only while it has some seconds left to be taken in
        let early = Clock::system().now().rem_euclid(PERIOD) < PERIOD - 12;
        let next = (self.last + 1).max(this_step() - i64::from(early));
        Ok((self.code_of(next)?, next))
    }

    /// Whether the program takes the next code now.
    fn has_next(&self) -> bool {
        self.last <= this_step()
    }
}

fn this_step() -> i64 {
    Clock::system().now().div_euclid(PERIOD)
}

impl Person {
    /// A browser of his, at his own address.
    pub fn browser(&self, server: &Server) -> Browser {
        let mut browser = server.browser();
        browser.more = from(&self.name);
        browser
    }

    /// A browser in which his password was right.
    pub fn pending(&self, server: &Server) -> Outcomes<Browser> {
        let mut browser = self.browser(server);
        let answer = sign_in(&mut browser, &self.name, &self.password);
        ensure!(
            answer.status == 303 && answer.header("location") == Some(AUTHENTICATE),
            "the password of {} does not lead to the second step: {}",
            self.name,
            words(&answer)
        );
        Ok(browser)
    }

    /// A code that must work now, noted as used.
    pub fn use_code(&mut self) -> Outcomes<String> {
        let no_code = || format!("{} has no code left", self.name);
        let waits = !self.codes.is_empty();
        let code = match self.apps.last_mut() {
            Some(app) if app.has_next() || !waits => {
                // of this step at least: under load a code may take long to arrive
                app.last = app.last.max(this_step() - 1);
                let (code, step) = app.next()?;
                app.last = step;
                code
            }
            _ => self.codes.pop().ok_or_else(no_code)?,
        };
        self.void.push(code.clone());
        Ok(code)
    }

    /// Signs in with everything that is needed.
    pub fn get_in(&mut self, server: &Server) -> Outcomes<Browser> {
        if self.apps.is_empty() {
            let mut browser = self.browser(server);
            let answer = sign_in(&mut browser, &self.name, &self.password);
            ensure!(
                answer.status == 303 && answer.header("location") == Some("/"),
                "{} does not get in by password: {}",
                self.name,
                words(&answer)
            );
            return Ok(browser);
        }
        let mut browser = self.pending(server)?;
        let code = self.use_code()?;
        let answer = browser.post(AUTHENTICATE, &[("code", &code)])?;
        ensure!(
            answer.status == 303,
            "a code of {} that was never used is refused: {}",
            self.name,
            words(&answer)
        );
        Ok(browser)
    }

    /// Sees that a code is refused at the second step.
    pub fn check_refused(&self, server: &Server, code: &str) -> Outcomes<()> {
        let answer = self
            .pending(server)?
            .post(AUTHENTICATE, &[("code", code)])?;
        ensure!(
            answer.status == 422,
            "a code of {} that was used before is answered {}",
            self.name,
            words(&answer)
        );
        Ok(())
    }
}

/// The header that gives a name an address.
pub fn from(name: &str) -> String {
    let hash = name.bytes().fold(7_u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let [_, a, b, c] = hash.to_be_bytes();
    format!("X-Forwarded-For: 10.{a}.{b}.{c}\r\n")
}

/// An answer in a few words.
pub fn words(answer: &Answer) -> String {
    let place = answer.header("location").unwrap_or_default();
    format!("{} {place}", answer.status)
}
