//! The program, on a database and a clock of its own.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use sqlx::AssertSqlSafe;
use tokio::time::timeout;

use super::{Browser, Kind, TestDatabase};
use crate::{
    auth::accounts::flow::{self as accounts, Account, Wanted},
    clock::{Clock, Hands},
    crypto::{
        passwords::{Cost, Password, Passwords},
        random::Random,
    },
    mail::Mailer,
    server::{router::router, settings::Settings},
    services::{Client, Services},
    store::{Db, Pool, Tx},
};

/// When tests begin, in seconds since 1970 UTC: 2026-11-18 11:06:40.
pub(in crate::tests) const NOW: i64 = 1_795_000_000;

/// The password of every account of [`TestApp::account`].
pub(in crate::tests) const PASSWORD: &str = "lilac velvet candlesticks";
/// A key for `MFA_ENCRYPTION_KEY` that an installation does not begin with.
pub(in crate::tests) const OTHER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A running program without its socket.
pub(in crate::tests) struct TestApp {
    pub(in crate::tests) kind: Kind,
    pub(in crate::tests) services: Services,
    pub(in crate::tests) hands: Hands,
    pub(in crate::tests) database: Arc<TestDatabase>,
    router: Router,
}

impl TestApp {
    pub(in crate::tests) async fn new(kind: Kind) -> Self {
        Self::with_settings(kind, &[]).await
    }

    /// With settings as in the environment, over the defaults.
    pub(in crate::tests) async fn with_settings(kind: Kind, more: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new(kind).await;
        let db = database.open().await.unwrap();
        let (clock, hands) = Clock::fixed(NOW);
        let random = Random::system();
        let services = Services {
            db,
            clock,
            passwords: Passwords::with_cost(4, random.clone(), Cost::TEST),
            random,
            mailer: Mailer::off(),
            settings: Arc::new(settings(more)),
        };
        let router = router(services.clone());
        Self {
            kind,
            services,
            hands,
            database: Arc::new(database),
            router,
        }
    }

    /// With one account, `anna`, whose browser is signed in.
    pub(in crate::tests) async fn with_anna(kind: Kind) -> (Self, Browser) {
        let app = Self::new(kind).await;
        app.account("anna").await;
        let browser = app.signed_in("anna").await;
        (app, browser)
    }

    /// The same installation with other services: a second process, or one with something broken.
    pub(in crate::tests) fn variant(&self, change: impl FnOnce(&mut Services)) -> Self {
        let mut services = self.services.clone();
        change(&mut services);
        let router = router(services.clone());
        Self {
            kind: self.kind,
            services,
            hands: self.hands.clone(),
            database: Arc::clone(&self.database),
            router,
        }
    }

    /// The same installation with other keys in its settings.
    pub(in crate::tests) fn with_keys(&self, keys: &str) -> Self {
        let nothing = Some(std::path::Path::new("/dev/null"));
        let loaded = Settings::load(nothing, [("MFA_ENCRYPTION_KEY", keys)]).unwrap();
        self.variant(|services| services.settings = Arc::new(loaded.settings))
    }

    /// A second process on the same database.
    pub(in crate::tests) async fn second_process(&self) -> Self {
        let db = self.database.open().await.unwrap();
        self.variant(|services| services.db = db)
    }

    /// A browser that has never been here.
    pub(in crate::tests) fn browser(&self) -> Browser {
        Browser::new(
            self.router.clone(),
            self.services.settings.public_url.origin(),
        )
    }

    /// A new browser in which an account has signed in.
    pub(in crate::tests) async fn signed_in(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_in(login, PASSWORD).await.assert_redirect("/");
        browser
    }

    /// Creates an account with [`PASSWORD`] and the e-mail address `<name>@example.org`.
    pub(in crate::tests) async fn account(&self, name: &str) -> Account {
        self.create(name, &format!("{name}@example.org"), PASSWORD)
            .await
    }

    pub(in crate::tests) async fn create(
        &self,
        username: &str,
        email: &str,
        password: &str,
    ) -> Account {
        let wanted = Wanted {
            username,
            email,
            password: Password::parse(password.to_owned()).unwrap(),
        };
        let id = accounts::create(&self.services, &Client::shell(), wanted)
            .await
            .unwrap();
        accounts::get(&self.services, &id).await.unwrap().unwrap()
    }

    pub(in crate::tests) async fn disable(&self, account: &Account) {
        assert!(
            accounts::set_disabled(&self.services, &Client::shell(), account, true)
                .await
                .unwrap()
        );
    }

    /// Runs statements, whatever they do.
    pub(in crate::tests) async fn execute(&self, sql: &str) {
        execute(&self.services.db, sql).await;
    }

    /// Runs a statement that the database may refuse.
    pub(in crate::tests) async fn try_to_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.services.db.read {
            Pool::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
            Pool::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
        }
    }

    /// The one number that a query answers.
    pub(in crate::tests) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.services.db.read {
            Pool::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
            Pool::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
        }
        .unwrap()
    }

    /// The texts that a query answers, one a row.
    pub(in crate::tests) async fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.services.db, sql).await
    }

    /// Everything that a refused request must leave as it is, as text.
    pub(in crate::tests) async fn contents(&self) -> Vec<String> {
        let mut all = Vec::new();
        for sql in [
            "select id || coalesce(password_hash, '-') || coalesce(cast(disabled_at as text), '-') from account order by id",
            "select id || account_id || source || user_agent || cast(last_seen_at as text) from session order by id",
            "select id || account_id || cast(last_used_at as text) from known_device order by id",
            "select purpose || subject || cast(failures as text) || cast(free_at as text) from throttle order by purpose, subject",
            "select id from audit_event order by id",
            "select cast(expires_at as text) from setup_link order by expires_at",
            "select id || cast(tries as text) from login_attempt order by id",
            "select id || label || cast(last_step as text) || cast(failures as text) from mfa_totp order by id",
            "select id || session_id from mfa_totp_enrolment order by id",
            "select account_id || cast(failures as text) from mfa_recovery_set order by account_id",
            "select id || coalesce(cast(spent_at as text), '-') from mfa_recovery_code order by id",
            "select id || name || cast(sign_count as text) from mfa_webauthn_credential order by id",
            "select purpose || owner from webauthn_ceremony order by expires_at, owner",
            "select event_id from notice order by event_id",
        ] {
            all.extend(self.texts(sql).await);
        }
        all
    }

    /// The `detail` of audit events of one action, oldest first.
    pub(in crate::tests) async fn details(&self, action: &str) -> Vec<String> {
        self.texts(&format!(
            "select detail from audit_event where action = '{action}' order by at, id"
        ))
        .await
    }
}

fn settings(more: &[(&str, &str)]) -> Settings {
    let mut environment = vec![("PUBLIC_URL", "http://localhost:3000")];
    environment.extend(more);
    // an empty settings file, so that none that lies about in the checkout is read
    Settings::load(Some(Path::new("/dev/null")), environment)
        .unwrap()
        .settings
}

/// Runs `work` to where it waits for what an open transaction holds, or to its end; then commits
/// the transaction, and finishes the work.
pub(in crate::tests) async fn while_open<T>(work: impl Future<Output = T>, tx: Tx) -> T {
    let mut work = pin!(work);
    // what has no lock to wait for is through by then, and fails its test
    let early = timeout(Duration::from_millis(300), &mut work).await;
    tx.commit().await.unwrap();
    match early {
        Ok(outcome) => outcome,
        Err(_) => work.await,
    }
}

pub(in crate::tests) async fn execute(db: &Db, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match &db.read {
        Pool::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
        Pool::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
    }
    .unwrap();
}

pub(in crate::tests) async fn texts(db: &Db, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(sql.to_owned());
    match &db.read {
        Pool::Sqlite(pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
        Pool::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
    }
    .unwrap()
}
