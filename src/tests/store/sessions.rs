//! A session that has ended stays ended, and there are never too many.

use tokio::task::JoinSet;

use crate::{
    auth::sessions::{domain::Method, flow as sessions},
    crypto::token::Token,
    services::{Client, FlowError, Services},
    tests::support::{Kind, NOW, TestApp, on_both, while_open},
};

on_both!(
    an_ended_session_does_not_come_back_by_a_request_under_way,
    ses_01_a_token_that_was_renewed_meanwhile_renews_nothing,
    ses_05_06_purging_deletes_what_has_run_out_and_nothing_else,
    ses_17_starts_at_once_leave_the_ten_latest_at_most,
    ses_17_two_starts_in_overlapping_transactions_leave_ten,
    ses_17_a_session_outlives_its_own_beginning_after_ten_of_the_same_second,
    ses_12_a_session_does_not_begin_while_its_account_is_being_disabled,
    last_seen_is_written_once_a_minute_at_most,
    ses_05_at_the_least_idle_timeout_a_session_in_use_lives,
);

async fn start(services: &Services, account_id: &str) -> Result<Token, FlowError> {
    let mut tx = services.db.begin().await?;
    let token = sessions::start(
        services,
        &mut tx,
        &Client::shell(),
        account_id,
        &[Method::Pwd],
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

async fn lives(app: &TestApp, token: &Token) -> bool {
    sessions::find(&app.services, &Client::shell(), token)
        .await
        .unwrap()
        .is_some()
}

async fn ses_01_a_token_that_was_renewed_meanwhile_renews_nothing(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    let (services, shell) = (&app.services, Client::shell());
    let old = start(services, &anna.id).await.unwrap();
    let who = sessions::find(services, &shell, &old).await;
    let who = who.unwrap().unwrap();
    let mut tx = services.db.begin().await.unwrap();
    let new = sessions::confirm(services, &mut tx, &who, Method::Pwd).await;
    tx.commit().await.unwrap();
    // whoever showed the old one before that, and waited
    let mut tx = services.db.begin().await.unwrap();
    let again = sessions::confirm(services, &mut tx, &who, Method::Pwd).await;
    drop(tx);
    assert!(again.is_err());
    let mut tx = services.db.begin().await.unwrap();
    let only = sessions::keep_only(services, &mut tx, &who).await;
    drop(tx);
    assert!(only.is_err());
    assert!(lives(&app, &new.unwrap()).await);
}

async fn an_ended_session_does_not_come_back_by_a_request_under_way(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    for _ in 0..25 {
        let token = start(&app.services, &anna.id).await.unwrap();
        let who = sessions::find(&app.services, &Client::shell(), &token)
            .await
            .unwrap()
            .unwrap();
        // from now on each request notes itself
        app.hands.advance(60);
        let mut at_once = JoinSet::new();
        for _ in 0..4 {
            let (services, text) = (app.services.clone(), token.expose());
            at_once.spawn(async move {
                let token = Token::parse(&text).unwrap();
                sessions::find(&services, &Client::shell(), &token)
                    .await
                    .unwrap();
            });
        }
        sessions::sign_out(&app.services, &Client::shell(), &who)
            .await
            .unwrap();
        at_once.join_all().await;
        assert!(!lives(&app, &token).await);
        assert_eq!(app.number("select count(*) from session").await, 0);
    }
}

async fn ses_05_06_purging_deletes_what_has_run_out_and_nothing_else(kind: Kind) {
    let app = TestApp::with_settings(
        kind,
        &[
            ("SESSION_IDLE_TIMEOUT", "600"),
            ("SESSION_LIFETIME", "3600"),
        ],
    )
    .await;
    let anna = app.account("anna").await;
    let old = start(&app.services, &anna.id).await.unwrap();
    for minute in 1..=50 {
        app.hands.set(NOW + minute * 60);
        assert!(lives(&app, &old).await);
    }
    let idle = start(&app.services, &anna.id).await.unwrap();
    app.hands.set(NOW + 55 * 60);
    assert!(lives(&app, &old).await);
    app.hands.set(NOW + 3599);
    let young = start(&app.services, &anna.id).await.unwrap();
    assert_eq!(sessions::purge(&app.services).await.unwrap(), 0);
    // `old` has lived its hour, `idle` was not used for more than ten minutes
    app.hands.set(NOW + 3601);
    assert!(!lives(&app, &old).await && !lives(&app, &idle).await && lives(&app, &young).await);
    assert_eq!(sessions::purge(&app.services).await.unwrap(), 2);
    assert!(lives(&app, &young).await);
    assert_eq!(app.number("select count(*) from session").await, 1);
}

async fn ses_17_starts_at_once_leave_the_ten_latest_at_most(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    for _ in 0..4 {
        let mut starting = JoinSet::new();
        for _ in 0..30 {
            let (services, id) = (app.services.clone(), anna.id.clone());
            starting.spawn(async move { start(&services, &id).await.unwrap() });
        }
        starting.join_all().await;
        assert_eq!(app.number("select count(*) from session").await, 10);
    }
    // and it is the ones unused for longest that make room
    let before = app.texts("select id from session order by id").await;
    app.hands.advance(1);
    start(&app.services, &anna.id).await.unwrap();
    let after = app.texts("select id from session order by id").await;
    assert_eq!(after.len(), 10);
    assert_eq!(after[..9], before[1..]);
}

/// Ids of the same second are in no order, so the one that begins must not be weighed by its id.
async fn ses_17_a_session_outlives_its_own_beginning_after_ten_of_the_same_second(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    for number in 0..60 {
        let token = start(&app.services, &anna.id).await.unwrap();
        assert!(lives(&app, &token).await, "the start number {number}");
    }
}

async fn ses_17_two_starts_in_overlapping_transactions_leave_ten(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (anna, shell) = (app.account("anna").await, Client::shell());
    for _ in 0..10 {
        start(&app.services, &anna.id).await.unwrap();
    }
    let mut tx = app.services.db.begin().await.unwrap();
    sessions::start(&app.services, &mut tx, &shell, &anna.id, &[Method::Pwd])
        .await
        .unwrap();
    let outcome = while_open(start(&app.services, &anna.id), tx).await;
    outcome.unwrap();
    assert_eq!(app.number("select count(*) from session").await, 10);
}

/// A sign-in that commits after the account was disabled must not leave a session that comes alive
/// when the account is enabled again.
async fn ses_12_a_session_does_not_begin_while_its_account_is_being_disabled(kind: Kind) {
    use crate::auth::accounts::flow as accounts;
    let app = TestApp::new(kind).await;
    let (anna, shell) = (app.account("anna").await, Client::shell());
    let mut tx = app.services.db.begin().await.unwrap();
    let token = sessions::start(&app.services, &mut tx, &shell, &anna.id, &[Method::Pwd])
        .await
        .unwrap();
    let disabled = while_open(
        accounts::set_disabled(&app.services, &shell, &anna, true),
        tx,
    )
    .await;
    assert!(disabled.unwrap());
    assert!(!lives(&app, &token).await);
    accounts::set_disabled(&app.services, &shell, &anna, false)
        .await
        .unwrap();
    assert!(
        !lives(&app, &token).await,
        "the session came back with the account"
    );
}

async fn last_seen_is_written_once_a_minute_at_most(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    let token = start(&app.services, &anna.id).await.unwrap();
    for (second, seen) in [(1, 0), (59, 0), (60, 60), (61, 60), (119, 60), (180, 180)] {
        app.hands.set(NOW + second);
        assert!(lives(&app, &token).await);
        assert_eq!(
            app.number("select last_seen_at from session").await,
            NOW + seen,
            "{second} s"
        );
    }
}

/// A person who clicks every half minute has not been idle for a minute.
async fn ses_05_at_the_least_idle_timeout_a_session_in_use_lives(kind: Kind) {
    let app = TestApp::with_settings(kind, &[("SESSION_IDLE_TIMEOUT", "60")]).await;
    let anna = app.account("anna").await;
    let token = start(&app.services, &anna.id).await.unwrap();
    for second in [31, 62, 93, 124] {
        app.hands.set(NOW + second);
        assert!(
            lives(&app, &token).await,
            "ended {second} s after sign-in, 31 s after it was used"
        );
    }
    app.hands.advance(61);
    assert!(!lives(&app, &token).await);
}
