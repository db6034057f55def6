//! Stored hashes of other kinds: renewed once, or refused.

use tokio::task::JoinSet;

use crate::{
    crypto::passwords::{Cost, Password, Passwords},
    tests::support::{Kind, PASSWORD, TestApp, on_both},
};

on_both!(
    log_17_a_hash_of_old_parameters_is_renewed_once_by_twenty_parallel_sign_ins,
    log_17_a_wrong_password_renews_nothing,
    log_17_a_corrupt_hash_is_refused_without_a_panic,
    log_17_a_password_changed_meanwhile_is_not_brought_back,
);

/// Counts the changes of any password in a table.
async fn count_changes(app: &TestApp) {
    app.execute("create table change (n bigint)").await;
    app.execute(match app.kind {
        Kind::Sqlite => {
            "create trigger counting after update of password_hash on account begin insert into change values (1); end"
        }
        Kind::Postgres => {
            "create function count_change() returns trigger language plpgsql as \
             $$ begin insert into change values (1); return new; end $$; \
             create trigger counting after update of password_hash on account for each row execute function count_change()"
        }
    })
    .await;
}

async fn with_old_hash(kind: Kind) -> (TestApp, String) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let old = Passwords::with_cost(1, app.services.random.clone(), Cost::new(16, 2).unwrap());
    let hash = old
        .hash(Password::parse(PASSWORD.to_owned()).unwrap())
        .await
        .unwrap();
    app.execute(&format!(
        "update account set password_hash = '{}'",
        hash.as_str()
    ))
    .await;
    count_changes(&app).await;
    (app, hash.as_str().to_owned())
}

async fn log_17_a_hash_of_old_parameters_is_renewed_once_by_twenty_parallel_sign_ins(kind: Kind) {
    let (app, old) = with_old_hash(kind).await;
    let mut at_once = JoinSet::new();
    for number in 0..20 {
        let mut browser = app.browser().at([198, 51, 100, number]);
        at_once.spawn(async move { browser.sign_in("anna", PASSWORD).await.status.as_u16() });
    }
    assert_eq!(at_once.join_all().await, [303; 20]);
    let now = app.texts("select password_hash from account").await;
    assert!(
        now[0].starts_with("$argon2id$v=19$m=8,t=1,p=1$") && now[0] != old,
        "{now:?}"
    );
    assert_eq!(app.number("select count(*) from change").await, 1);
    app.browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
    assert_eq!(app.number("select count(*) from change").await, 1);
}

async fn log_17_a_wrong_password_renews_nothing(kind: Kind) {
    let (app, old) = with_old_hash(kind).await;
    app.browser()
        .sign_in("anna", "wrong")
        .await
        .assert_status(401);
    assert_eq!(app.texts("select password_hash from account").await, [old]);
}

async fn log_17_a_corrupt_hash_is_refused_without_a_panic(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let wrong = app
        .browser()
        .sign_in("nobody", PASSWORD)
        .await
        .comparable("nobody");
    for hash in [
        "",
        "$",
        "!",
        PASSWORD,
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
        "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "pbkdf2_sha256$1000000$salt$hash",
    ] {
        app.execute(&format!("update account set password_hash = '{hash}'"))
            .await;
        app.execute("delete from throttle").await;
        for password in [PASSWORD, "", hash] {
            let answer = app.browser().sign_in("anna", password).await;
            assert_eq!(answer.comparable("anna"), wrong, "{hash}");
        }
    }
    assert_eq!(app.number("select count(*) from session").await, 0);
    assert!(
        app.details("sign_in.failed")
            .await
            .iter()
            .any(|reason| reason == "corrupt hash")
    );
}

/// The renewed hash is stored only where the old one still stands.
async fn log_17_a_password_changed_meanwhile_is_not_brought_back(kind: Kind) {
    use crate::auth::accounts::flow as accounts;
    let (app, _) = with_old_hash(kind).await;
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    let renewed = app
        .services
        .passwords
        .hash(Password::parse(PASSWORD.to_owned()).unwrap())
        .await
        .unwrap();
    app.execute("update account set password_hash = 'changed meanwhile'")
        .await;
    let mut tx = app.services.db.begin().await.unwrap();
    assert!(
        !accounts::store_rehash(&mut tx, &anna, &renewed)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    assert_eq!(
        app.texts("select password_hash from account").await,
        ["changed meanwhile"]
    );
}
