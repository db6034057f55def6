//! An authenticator app in software, and what people do with one.

use totp_rs::{Builder, Secret};

use super::{Answer, Browser, PASSWORD, TestApp};

pub(in crate::tests) const ACTIVATE: &str = "/accounts/2fa/totp/activate/";
pub(in crate::tests) const AUTHENTICATE: &str = "/accounts/2fa/authenticate/";
pub(in crate::tests) const CODES: &str = "/accounts/2fa/recovery-codes/";
pub(in crate::tests) const DEACTIVATE: &str = "/accounts/2fa/totp/deactivate/";
pub(in crate::tests) const REAUTHENTICATE: &str = "/accounts/reauthenticate/";
pub(in crate::tests) const SETTINGS: &str = "/accounts/2fa/";
/// The cookie of a sign-in under way.
pub(in crate::tests) const ATTEMPT: &str = "__Host-login";
/// Seconds of a time step.
pub(in crate::tests) const STEP: i64 = 30;

/// An app that has scanned a secret.
#[derive(Clone, Debug)]
pub(in crate::tests) struct Authenticator {
    secret: String,
}

impl Authenticator {
    /// The app that has scanned the code on the page that sets one up.
    #[track_caller]
    pub(in crate::tests) fn scan(page: &Answer) -> Self {
        let found = page.body.split_once("id=\"secret\"");
        let (_, rest) = found.unwrap_or_else(|| panic!("no secret is in\n{}", page.body));
        let (_, rest) = rest.split_once('>').unwrap();
        let (secret, _) = rest.split_once('<').unwrap();
        Self {
            secret: secret.replace(' ', ""),
        }
    }

    /// The app that has a secret in base32.
    pub(in crate::tests) fn with_secret(secret: &str) -> Self {
        Self {
            secret: secret.to_owned(),
        }
    }

    /// The secret in base32.
    pub(in crate::tests) fn secret(&self) -> &str {
        &self.secret
    }

    /// What the app shows at a time, in seconds since 1970 UTC.
    pub(in crate::tests) fn code_at(&self, seconds: i64) -> String {
        let totp = Builder::new()
            .with_secret(Secret::try_from_base32(&self.secret).unwrap())
            .build()
            .unwrap();
        totp.generate(u64::try_from(seconds).unwrap()).to_string()
    }

    /// A code that no step near a time has.
    pub(in crate::tests) fn wrong_at(&self, seconds: i64) -> String {
        let near: Vec<_> = (-40..=40)
            .map(|steps| self.code_at(seconds + steps * STEP))
            .collect();
        (0..1000)
            .map(|number| format!("{number:06}"))
            .find(|code| !near.contains(code))
            .unwrap()
    }
}

impl TestApp {
    /// What an app shows now.
    pub(in crate::tests) fn code(&self, authenticator: &Authenticator) -> String {
        authenticator.code_at(self.services.clock.now())
    }

    /// Waits until the app shows a code that was not used yet, and answers it.
    pub(in crate::tests) fn next_code(&self, authenticator: &Authenticator) -> String {
        self.hands.advance(STEP);
        self.code(authenticator)
    }

    /// A code that is wrong now.
    pub(in crate::tests) fn wrong_code(&self, authenticator: &Authenticator) -> String {
        authenticator.wrong_at(self.services.clock.now())
    }

    /// Adds an authenticator app in a browser that is signed in and has confirmed itself lately.
    pub(in crate::tests) async fn enrol(
        &self,
        browser: &mut Browser,
        label: &str,
    ) -> Authenticator {
        let page = browser.get(ACTIVATE).await;
        page.assert_status(200);
        let authenticator = Authenticator::scan(&page);
        let code = self.next_code(&authenticator);
        let answer = browser
            .post(ACTIVATE, &[("code", &code), ("name", label)])
            .await;
        answer.assert_status(303);
        authenticator
    }

    /// An account with an authenticator app `phone`, the browser it was added in, and the app.
    pub(in crate::tests) async fn with_factor(&self, name: &str) -> (Browser, Authenticator) {
        self.account(name).await;
        let mut browser = self.signed_in(name).await;
        let authenticator = self.enrol(&mut browser, "phone").await;
        (browser, authenticator)
    }

    /// A new browser in which the password of an account was right, and nothing more.
    pub(in crate::tests) async fn pending(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser
            .sign_in(name, PASSWORD)
            .await
            .assert_redirect(AUTHENTICATE);
        browser
    }

    /// The recovery codes that the page shows to a browser that has confirmed itself lately.
    pub(in crate::tests) async fn recovery_codes(&self, browser: &mut Browser) -> Vec<String> {
        codes_on(&browser.get(CODES).await)
    }
}

impl Browser {
    /// Sends a code to the second step.
    pub(in crate::tests) async fn authenticate(&mut self, code: &str) -> Answer {
        self.post(AUTHENTICATE, &[("code", code)]).await
    }

    /// Sends a code to the re-authentication page.
    pub(in crate::tests) async fn confirm(&mut self, code: &str) -> Answer {
        self.post(REAUTHENTICATE, &[("code", code)]).await
    }
}

/// The recovery codes on a page.
pub(in crate::tests) fn codes_on(page: &Answer) -> Vec<String> {
    page.body
        .split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</code>"))
        .map(|(code, _)| code.to_owned())
        // pages of failures show the number of the request in the same way
        .filter(|code| code.len() == 29)
        .collect()
}
