//! MFA-01, MFA-09: no request of somebody below policy opens a page of an administrator or changes
//! what is theirs, whatever is asked, in any order, with whatever fields and cookies.

use proptest::{prelude::*, sample::Index, test_runner::TestCaseError};
use serde_json::{Map, Value, json};

use super::holds;
use crate::tests::{
    http::{pages, server_functions, takes_json},
    support::{ATTEMPT, Answer, Authenticator, Browser, DEVICE, Kind, PASSWORD, SESSION, TestApp},
};

/// Whose browser, what it asks for, and what cookies somebody has put into it before.
#[derive(Clone, Debug)]
struct Step {
    who: Index,
    what: What,
    planted: Vec<(Index, Index)>,
}

#[derive(Clone, Debug)]
enum What {
    Page(Index),
    /// With a value for each of [`FIELDS`] that is sent.
    Function(Index, Vec<Option<Index>>),
    Wait(i64),
}

const FIELDS: [&str; 13] = [
    "login",
    "password",
    "new_password",
    "email",
    "id",
    "ids",
    "token",
    "next",
    "name",
    "code",
    "purpose",
    "kind",
    "credential",
];
const COOKIES: [&str; 4] = [SESSION, ATTEMPT, "__Host-ceremony", DEVICE];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fields = prop::collection::vec(prop::option::weighted(0.85, any::<Index>()), FIELDS.len());
    let what = prop_oneof![
        3 => any::<Index>().prop_map(What::Page),
        8 => (any::<Index>(), fields).prop_map(|(path, fields)| What::Function(path, fields)),
        1 => (1..2000_i64).prop_map(What::Wait),
    ];
    let planted = prop::collection::vec((any::<Index>(), any::<Index>()), 0..3);
    let planted = prop_oneof![2 => Just(Vec::new()), 1 => planted];
    let one = (any::<Index>(), what, planted);
    let one = one.prop_map(|(who, what, planted)| Step { who, what, planted });
    prop::collection::vec(one, 20..50)
}

/// A site that asks for a second factor, `anna` who has one, and three who are below policy: nobody,
/// one who knows her password, and `berta` who has yet to add a factor.
struct Site {
    app: TestApp,
    app_of_anna: Authenticator,
    secrets: Vec<String>,
    browsers: Vec<Browser>,
    /// Values of cookies and ids that may have leaked, none of which is a session of `anna`.
    found: Vec<String>,
    before: Vec<String>,
}

impl Site {
    async fn new() -> Self {
        let app = TestApp::with_settings(Kind::Sqlite, &[("MFA_REQUIRED", "true")]).await;
        let (mut anna, app_of_anna) = app.with_factor("anna").await;
        let mut secrets = app.recovery_codes(&mut anna).await;
        secrets.push(app_of_anna.secret().to_owned());
        app.account("berta").await;
        let berta = app.signed_in("berta").await;
        let pending = app.pending("anna").await;
        let ended = anna.cookie(SESSION).to_owned();
        let mut found = vec![ended, "0".to_owned(), "ended".to_owned()];
        // one that was signed out, and one that is still there
        anna.post("/accounts/logout/", &[]).await.assert_status(303);
        let mut again = app.pending("anna").await;
        let code = app.next_code(&app_of_anna);
        again.authenticate(&code).await.assert_redirect("/");
        found.extend(
            [
                anna.cookie(DEVICE),
                pending.cookie(ATTEMPT),
                berta.cookie(SESSION),
            ]
            .map(str::to_owned),
        );
        for sql in [
            "select id from session",
            "select id from account",
            "select id from mfa_totp",
            "select id from mfa_recovery_code",
        ] {
            found.extend(app.texts(sql).await);
        }
        let mut site = Self {
            browsers: vec![app.browser(), pending, berta],
            app,
            app_of_anna,
            secrets,
            found,
            before: Vec::new(),
        };
        site.before = site.protected().await;
        site
    }

    /// What only an administrator with a second factor may change.
    async fn protected(&self) -> Vec<String> {
        let mut all = Vec::new();
        for sql in [
            "select id || username || coalesce(email, '-') || coalesce(password_hash, '-') || coalesce(cast(disabled_at as text), '-') from account order by id",
            "select session.id from session join account on account.id = account_id where username = 'anna' order by session.id",
            "select id || label || sealed_secret || cast(last_step as text) from mfa_totp order by id",
            "select id || coalesce(cast(spent_at as text), '-') from mfa_recovery_code order by id",
            "select id || name from mfa_webauthn_credential order by id",
        ] {
            all.extend(self.app.texts(sql).await);
        }
        all
    }

    /// A value for a field: mostly what belongs there, at times what was found.
    fn value(&self, field: &str, index: Index) -> String {
        let now = self.app.services.clock.now();
        let fitting: Vec<String> = match field {
            "login" => vec!["anna", "berta", "anna@example.org", "nobody"]
                .into_iter()
                .map(str::to_owned)
                .collect(),
            "password" => vec![PASSWORD.to_owned(), "wrong".to_owned()],
            "new_password" => vec!["seven otters juggle lanterns".to_owned()],
            "email" => vec!["eve@example.org".to_owned()],
            "next" => vec![
                "/accounts/sessions/".to_owned(),
                "//evil.example".to_owned(),
            ],
            "code" => vec![
                self.app_of_anna.wrong_at(now),
                String::new(),
                "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA".to_owned(),
            ],
            "purpose" => vec!["passkey", "second_factor", "reauthenticate"]
                .into_iter()
                .map(str::to_owned)
                .collect(),
            "kind" => vec!["passkey".to_owned(), "security_key".to_owned()],
            _ => self.found.clone(),
        };
        // twice as often as anything else
        let all: Vec<_> = fitting.iter().chain(&fitting).chain(&self.found).collect();
        all[index.index(all.len())].clone()
    }

    async fn ask(&mut self, step: &Step) -> Option<(String, Answer)> {
        let who = step.who.index(self.browsers.len());
        let mut browser = self.browsers[who].clone();
        for (name, value) in &step.planted {
            let value = &self.found[value.index(self.found.len())];
            browser.set_cookie(COOKIES[name.index(COOKIES.len())], value);
        }
        let id = |path: &str, index: &Index| {
            path.replace("{id}", &self.found[index.index(self.found.len())])
        };
        let asked = match &step.what {
            What::Wait(seconds) => {
                self.app.hands.advance(*seconds);
                return None;
            }
            What::Page(index) => {
                let pages = pages();
                let path = id(pages[index.index(pages.len())], index);
                let answer = browser.get(&path).await;
                (path, answer)
            }
            What::Function(index, values) => {
                let functions = server_functions();
                let route = functions[index.index(functions.len())];
                let path = id(route, index);
                let fields: Vec<(&str, String)> = FIELDS
                    .iter()
                    .zip(values)
                    .filter_map(|(name, value)| Some((*name, self.value(name, (*value)?))))
                    .collect();
                let answer = if takes_json(route) {
                    let body: Map<String, Value> = fields
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), json!(value)))
                        .collect();
                    browser.call(&path, &body.into()).await
                } else {
                    let fields: Vec<_> = fields
                        .iter()
                        .map(|(name, value)| (*name, &**value))
                        .collect();
                    browser.post(&path, &fields).await
                };
                (path, answer)
            }
        };
        self.browsers[who] = browser;
        Some(asked)
    }

    /// Nobody has got anywhere.
    async fn check(&mut self, path: &str, answer: &Answer) -> Result<(), TestCaseError> {
        prop_assert!(answer.status.as_u16() < 500, "{} of {path}", answer.status);
        if let Some(place) = answer.headers.get("location") {
            let place = place.to_str().unwrap();
            prop_assert!(
                place.starts_with('/') && !place.starts_with("//"),
                "{path} leads to {place}"
            );
        }
        for secret in &self.secrets {
            prop_assert!(
                !answer.body.replace(' ', "").contains(secret),
                "{path} tells a secret"
            );
        }
        for (who, browser) in ["a stranger", "a password", "berta"]
            .iter()
            .zip(&mut self.browsers)
        {
            // of a copy: looking must change nothing
            let answer = browser.clone().get("/accounts/sessions/").await;
            prop_assert!(
                answer.status == 303,
                "after {path} {who} sees sessions: {}",
                answer.status
            );
        }
        prop_assert_eq!(&self.protected().await, &self.before, "changed by {}", path);
        Ok(())
    }
}

#[test]
fn mfa_01_no_route_gives_a_session_below_policy() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    holds(6, &steps(), |steps| {
        runtime.block_on(async {
            let mut site = Box::pin(Site::new()).await;
            for step in &steps {
                if let Some((path, answer)) = Box::pin(site.ask(step)).await {
                    site.check(&path, &answer).await?;
                }
            }
            Ok(())
        })
    });
}
