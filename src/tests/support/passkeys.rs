//! What people do with security keys and passkeys, through the JSON functions.

use axum::http::header;
use serde_json::{Value, json};

use super::{AUTHENTICATE, Answer, Browser, Fault, OWN, PASSWORD, SecurityKey, TestApp, post};

pub(in crate::tests) const ADD: &str = "/accounts/2fa/webauthn/add/";
pub(in crate::tests) const KEYS: &str = "/accounts/2fa/webauthn/";

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(in crate::tests) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {:?}\n{}", self.status, self.body))
    }
}

impl Browser {
    /// Calls a function with JSON as a page of this site would.
    pub(in crate::tests) async fn call(&mut self, path: &str, body: &Value) -> Answer {
        self.call_with_bytes(path, serde_json::to_vec(body).unwrap())
            .await
    }

    pub(in crate::tests) async fn call_with_bytes(&mut self, path: &str, body: Vec<u8>) -> Answer {
        let request = post(path, OWN).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Asks for a new key of a kind.
    pub(in crate::tests) async fn start_adding(&mut self, kind: &str) -> Value {
        let body = if kind.is_empty() {
            json!({})
        } else {
            json!({ "kind": kind })
        };
        let answer = self.call("/api/webauthn/registration/start", &body).await;
        answer.assert_status(200).json()
    }

    /// Sends the answer of a new key.
    pub(in crate::tests) async fn finish_adding(&mut self, name: &str, answer: &Value) -> Answer {
        let body = json!({ "name": name, "credential": answer });
        self.call("/api/webauthn/registration/finish", &body).await
    }

    /// Adds a key; answers its public id.
    pub(in crate::tests) async fn add_key(
        &mut self,
        key: &mut SecurityKey,
        kind: &str,
        name: &str,
    ) -> String {
        let asked = self.start_adding(kind).await;
        let answer = self.finish_adding(name, &key.create(&asked, OWN)).await;
        answer.assert_status(200).json()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Asks for the answer of a key.
    pub(in crate::tests) async fn start_proving(&mut self, purpose: &str) -> Answer {
        let body = json!({ "purpose": purpose });
        self.call("/api/webauthn/authentication/start", &body).await
    }

    /// Sends the answer of a key.
    pub(in crate::tests) async fn finish_proving(
        &mut self,
        purpose: &str,
        answer: &Value,
    ) -> Answer {
        let body = json!({ "purpose": purpose, "credential": answer });
        self.call("/api/webauthn/authentication/finish", &body)
            .await
    }

    /// Has a key answer for a purpose.
    pub(in crate::tests) async fn prove(&mut self, key: &mut SecurityKey, purpose: &str) -> Answer {
        self.prove_with(key, purpose, Fault::None).await
    }

    pub(in crate::tests) async fn prove_with(
        &mut self,
        key: &mut SecurityKey,
        purpose: &str,
        fault: Fault,
    ) -> Answer {
        let asked = self.start_proving(purpose).await.assert_status(200).json();
        let answer = key.get_with(&asked, OWN, fault);
        self.finish_proving(purpose, &answer).await
    }
}

impl TestApp {
    /// An account with one key of a kind, and the browser it was added in.
    pub(in crate::tests) async fn with_key(
        &self,
        name: &str,
        key: &mut SecurityKey,
        kind: &str,
    ) -> Browser {
        self.account(name).await;
        let mut browser = self.signed_in(name).await;
        browser.add_key(key, kind, "blue key").await;
        browser
    }

    /// A new browser in which an account has signed in by password and key.
    pub(in crate::tests) async fn signed_in_with_key(
        &self,
        name: &str,
        key: &mut SecurityKey,
    ) -> Browser {
        let mut browser = self.before_key(name).await;
        let answer = browser.prove(key, "second_factor").await;
        answer.assert_status(200);
        browser
    }

    /// A new browser in which the password was right; its account has a key.
    pub(in crate::tests) async fn before_key(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(name, PASSWORD).await;
        answer.assert_redirect(AUTHENTICATE);
        browser
    }
}
