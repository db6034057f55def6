//! Secrets move under another key while people use them; group RST.

use crate::{
    crypto::sealing::{Binding, Purpose},
    mfa::rotation::flow::{self as rotation, Held, Rotated, State},
    services::Client,
    store::sealed::{self, Replacement, SealedColumn},
    tests::support::{ACTIVATE, Authenticator, Kind, OTHER_KEY, TestApp, on_both},
};

on_both!(
    rst_07_a_rotation_moves_every_secret_and_all_work_under_the_new_key_alone,
    rst_06_a_rotation_that_is_over_changes_nothing_when_it_is_run_again,
    rst_06_a_rotation_that_was_stopped_between_two_batches_is_continued,
    rst_09_two_rotations_at_once_move_each_secret_once,
    rst_07_a_secret_that_was_replaced_meanwhile_stays_replaced,
    rst_08_secrets_that_no_key_opens_are_counted_and_stay_as_they_are,
);

const SECRETS: SealedColumn = SealedColumn {
    table: "mfa_totp",
    token: "sealed_secret",
    account: "account_id",
};

/// The same installation with a new key before the old one.
fn with_both(app: &TestApp) -> TestApp {
    let old = app.services.settings.encryption_keys.first().fernet_text();
    app.with_keys(&format!("{OTHER_KEY},{old}"))
}

async fn rotate(app: &TestApp) -> Rotated {
    let rotated = rotation::rotate(&app.services, &Client::shell(), |_| ()).await;
    rotated.unwrap()
}

/// Gives an account so many more apps as nobody could add by hand.
async fn add_apps(app: &TestApp, many: usize) {
    let account = app.account("berta").await;
    let mut rows = Vec::new();
    for number in 0..many {
        let id = format!("00000000-0000-7000-8000-{number:012}");
        let binding = Binding {
            purpose: Purpose::Totp,
            account: &account.id,
            factor: &id,
        };
        let keyring = app.services.keyring();
        let sealed = keyring.seal(0, binding, &format!("secret {number}"));
        let sealed = sealed.unwrap();
        rows.push(format!(
            "('{id}', '{}', 'app', '{}', '{}', 0, 0, 0, 0)",
            account.id, sealed.token, sealed.key_id
        ));
    }
    for some in rows.chunks(500) {
        app.execute(&format!(
            "insert into mfa_totp (id, account_id, label, sealed_secret, key_id, last_step, burned_step, failures, created_at) \
             values {}",
            some.join(", ")
        ))
        .await;
    }
}

/// Opens every app's secret, and answers how many there are.
async fn open_all(app: &TestApp) -> usize {
    let all = sealed::under_other_keys(&app.services.db, SECRETS, "", "", 0, i64::MAX).await;
    let all = all.unwrap();
    for row in &all {
        let binding = Binding {
            purpose: Purpose::Totp,
            account: &row.account_id,
            factor: &row.id,
        };
        let keyring = app.services.keyring();
        keyring.open(&row.token, &row.key_id, binding).unwrap();
    }
    all.len()
}

async fn rst_07_a_rotation_moves_every_secret_and_all_work_under_the_new_key_alone(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, phone) = app.with_factor("anna").await;
    let codes = app.recovery_codes(&mut browser).await;
    let tablet = Authenticator::scan(&browser.get(ACTIVATE).await);
    let both = with_both(&app);
    let old = app.services.keyring().first_id();
    let new = both.services.keyring().first_id();
    let held = |key_id: &str, secrets, state| Held {
        key_id: key_id.to_owned(),
        secrets,
        state,
    };
    assert_eq!(
        rotation::status(&both.services).await.unwrap(),
        [held(new, 0, State::Seals), held(old, 11, State::Opens)]
    );
    // an app, its ten recovery codes, and one that is being set up
    let mut told = Vec::new();
    let moved = rotation::rotate(&both.services, &Client::shell(), |moved| told.push(moved)).await;
    let all = Rotated {
        moved: 12,
        unreadable: 0,
    };
    assert_eq!(moved.unwrap(), all);
    assert_eq!(told.last(), Some(&12));
    let expected = format!("12 secrets under {new}");
    assert_eq!(app.details("keys.rotated").await, [expected]);

    let alone = app.with_keys(OTHER_KEY);
    assert_eq!(
        rotation::status(&alone.services).await.unwrap(),
        [held(new, 11, State::Seals)]
    );
    let code = app.next_code(&phone);
    let mut again = alone.pending("anna").await;
    again.authenticate(&code).await.assert_redirect("/");
    assert_eq!(alone.recovery_codes(&mut again).await, codes);
    let mut there = alone.browser();
    there.cookies.clone_from(&browser.cookies);
    assert_eq!(
        Authenticator::scan(&there.get(ACTIVATE).await).secret(),
        tablet.secret()
    );
}

async fn rst_06_a_rotation_that_is_over_changes_nothing_when_it_is_run_again(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let both = with_both(&app);
    rotate(&both).await;
    let before = app.contents().await;
    assert_eq!(rotate(&both).await, Rotated::default());
    assert_eq!(app.contents().await, before);
}

async fn rst_06_a_rotation_that_was_stopped_between_two_batches_is_continued(kind: Kind) {
    let app = TestApp::new(kind).await;
    add_apps(&app, 1_200).await;
    let both = with_both(&app);
    let first_batch = tokio::sync::Notify::new();
    let shell = Client::shell();
    let rotation = rotation::rotate(&both.services, &shell, |_| first_batch.notify_one());
    tokio::select! {
        biased;
        () = first_batch.notified() => {}
        _ = rotation => panic!("it was not stopped"),
    }
    assert_eq!(open_all(&both).await, 1_200);
    let held = rotation::status(&both.services).await.unwrap();
    assert!(held.iter().all(|held| held.secrets > 0), "{held:?}");
    let waiting = rotation::waiting(&both.services).await.unwrap();
    assert_eq!(rotate(&both).await.moved, waiting);
    assert_eq!(open_all(&app.with_keys(OTHER_KEY)).await, 1_200);
}

async fn rst_09_two_rotations_at_once_move_each_secret_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    add_apps(&app, 3_000).await;
    let one = with_both(&app);
    let two = with_both(&app.second_process().await);
    let (one, two) = tokio::join!(rotate(&one), rotate(&two));
    assert_eq!(one.moved + two.moved, 3_000);
    assert_eq!(open_all(&app.with_keys(OTHER_KEY)).await, 3_000);
}

async fn rst_07_a_secret_that_was_replaced_meanwhile_stays_replaced(kind: Kind) {
    let app = TestApp::new(kind).await;
    add_apps(&app, 2).await;
    let tokens = "select sealed_secret from mfa_totp order by id";
    let before = app.texts(tokens).await;
    let ids = app.texts("select id from mfa_totp order by id").await;
    let replacement = |at: usize, old: &str| Replacement {
        id: ids[at].clone(),
        old: old.to_owned(),
        new: format!("new {at}"),
    };
    let both = [replacement(0, &before[0]), replacement(1, "replaced")];
    let mut tx = app.services.db.begin().await.unwrap();
    let changed = sealed::replace(&mut tx, SECRETS, "key", &both).await;
    tx.commit().await.unwrap();
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(app.texts(tokens).await, ["new 0", &before[1]]);
}

async fn rst_08_secrets_that_no_key_opens_are_counted_and_stay_as_they_are(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let other = app.with_keys(OTHER_KEY);
    let before = app.contents().await;
    let none = Rotated {
        moved: 0,
        unreadable: 11,
    };
    assert_eq!(rotate(&other).await, none);
    assert_eq!(app.contents().await, before);
    // one that is damaged is left, and the others move
    let damaged = "update mfa_totp set sealed_secret = 'gAAAAA=='";
    app.execute(damaged).await;
    let rest = Rotated {
        moved: 10,
        unreadable: 1,
    };
    assert_eq!(rotate(&with_both(&app)).await, rest);
}
