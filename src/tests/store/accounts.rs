//! One name is one account's, whichever column it stands in and whoever is quicker.

use tokio::task::JoinSet;

use crate::{
    auth::accounts::flow::{self as accounts, Prepared, Wanted},
    crypto::passwords::Password,
    error::Error,
    services::{Client, FlowError, Services},
    tests::support::{Kind, PASSWORD, TestApp, on_both, while_open},
};

on_both!(
    log_08_a_name_is_taken_whichever_column_it_stands_in,
    log_08_parallel_inserts_of_one_name_in_either_column_make_one_account,
    log_08_a_name_that_is_being_taken_at_this_moment_is_taken,
    an_account_is_found_by_either_name_in_any_spelling_and_by_its_id,
    disabling_and_enabling_say_whether_they_changed_anything,
);

async fn prepare(services: &Services, (username, email): (&str, &str)) -> Prepared {
    let wanted = Wanted {
        username,
        email,
        password: Password::parse(PASSWORD.to_owned()).unwrap(),
    };
    accounts::prepare(services, wanted).await.unwrap()
}

async fn add(services: Services, prepared: Prepared) -> Result<String, FlowError> {
    let mut tx = services.db.begin().await?;
    let id = accounts::add(&services, &mut tx, &Client::shell(), prepared).await?;
    tx.commit().await?;
    Ok(id)
}

fn is_taken<T>(outcome: &Result<T, FlowError>) -> bool {
    matches!(outcome, Err(FlowError::Refused(Error::NameTaken)))
}

async fn log_08_a_name_is_taken_whichever_column_it_stands_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.create("Anna", "anna@example.org", PASSWORD).await;
    for names in [
        ("anna", ""),
        ("ＡＮＮＡ", ""),
        ("anna@example.org", ""),
        ("ANNA@Example.ORG", ""),
        ("berta", "anna@example.org"),
        ("berta", "ANNA＠EXAMPLE.ORG".replace('＠', "@").as_str()),
    ] {
        let outcome = add(app.services.clone(), prepare(&app.services, names).await).await;
        assert!(is_taken(&outcome), "{names:?}: {outcome:?}");
    }
    app.create("cecilia@example.org", "", PASSWORD).await;
    let outcome = add(
        app.services.clone(),
        prepare(&app.services, ("dora", "Cecilia@example.org")).await,
    )
    .await;
    assert!(is_taken(&outcome), "{outcome:?}");
    assert_eq!(app.number("select count(*) from account").await, 2);
}

async fn log_08_parallel_inserts_of_one_name_in_either_column_make_one_account(kind: Kind) {
    let app = TestApp::new(kind).await;
    for round in 0..8 {
        let shared = format!("shared{round}@example.org");
        let mut adding = JoinSet::new();
        for number in 0..12 {
            let other = format!("other{round}-{number}");
            let names = match number % 3 {
                0 => (shared.as_str(), ""),
                1 => (other.as_str(), shared.as_str()),
                _ => (shared.as_str(), shared.as_str()),
            };
            adding.spawn(add(
                app.services.clone(),
                prepare(&app.services, names).await,
            ));
        }
        let outcomes = adding.join_all().await;
        assert!(
            outcomes
                .iter()
                .all(|outcome| outcome.is_ok() || is_taken(outcome)),
            "{outcomes:?}"
        );
        assert_eq!(
            outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
            1,
            "round {round}: {outcomes:?}"
        );
    }
    assert_eq!(app.number("select count(*) from account").await, 8);
}

/// Two transactions open at once, in the order in which a database without a lock lets both in.
async fn log_08_a_name_that_is_being_taken_at_this_moment_is_taken(kind: Kind) {
    let app = TestApp::new(kind).await;
    for (first, second) in [
        (("anna", "shared@example.org"), ("shared@example.org", "")),
        (("common@example.org", ""), ("berta", "common@example.org")),
    ] {
        let (one, other) = (
            prepare(&app.services, first).await,
            prepare(&app.services, second).await,
        );
        let mut tx = app.services.db.begin().await.unwrap();
        accounts::add(&app.services, &mut tx, &Client::shell(), one)
            .await
            .unwrap();
        let outcome = while_open(add(app.services.clone(), other), tx).await;
        assert!(
            is_taken(&outcome),
            "{second:?} got in beside {first:?}: {outcome:?}"
        );
    }
}

async fn an_account_is_found_by_either_name_in_any_spelling_and_by_its_id(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.create("Anna", "Anna.K@Example.org", PASSWORD).await;
    for typed in [
        "anna",
        " ANNA ",
        "ａｎｎａ",
        "anna.k@example.org",
        "ANNA.K@EXAMPLE.ORG",
    ] {
        let found = accounts::find(&app.services, typed).await.unwrap();
        assert_eq!(
            found.map(|account| account.id),
            Some(anna.id.clone()),
            "{typed}"
        );
    }
    for typed in [
        "",
        "ann",
        "anna%",
        "anna_",
        "%",
        "' or '1'='1",
        "anna\0",
        "an\u{200d}na",
        &anna.id,
    ] {
        assert!(
            accounts::find(&app.services, typed)
                .await
                .unwrap()
                .is_none(),
            "{typed:?}"
        );
    }
    assert_eq!(
        (anna.username.as_str(), anna.email.as_deref()),
        ("Anna", Some("Anna.K@Example.org"))
    );
    assert!(
        accounts::get(&app.services, "anna")
            .await
            .unwrap()
            .is_none()
    );
}

async fn disabling_and_enabling_say_whether_they_changed_anything(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (anna, shell) = (app.account("anna").await, Client::shell());
    for (disabled, changed) in [(false, false), (true, true), (true, false), (false, true)] {
        let outcome = accounts::set_disabled(&app.services, &shell, &anna, disabled)
            .await
            .unwrap();
        assert_eq!(outcome, changed, "{disabled}");
        let now = accounts::get(&app.services, &anna.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(now.disabled, disabled);
    }
    assert_eq!(
        app.details("account.disabled").await.len() + app.details("account.enabled").await.len(),
        2
    );
}
