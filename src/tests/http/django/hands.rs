//! What changes hands between two imports, or between an import and now.

use super::{by_app, imported, moved, pending};
use crate::{
    django::import::flow::{Outcome, Totals, Wanted},
    mail::Mailer,
    tests::support::{Kind, Site, TestApp, foreign_key, on_both},
};

on_both!(
    django_addresses_change_hands_with_the_second_update_at_the_latest,
    django_addresses_that_are_swapped_come_over_with_the_second_update,
    django_keys_change_hands_and_nobody_is_shut_out_on_the_way,
    django_addresses_that_were_taken_here_come_over_when_they_are_free,
    django_letters_about_exposed_secrets_go_to_nobody_else,
    django_codes_that_stay_behind_are_not_called_exposed,
);

/// Addresses here, by id there.
const ADDRESSES: &str = "select coalesce(email, '-') from account join django_account on account_id = id order by django_id limit 2";

fn updating(site: &Site) -> Wanted {
    Wanted {
        update: true,
        ..site.wanted()
    }
}

/// Gives users addresses in Django, one after the other.
async fn address(site: &Site, users: &[(i64, &str)]) {
    for (user, address) in users {
        site.execute(&format!(
            "update account_emailaddress set email = '{address}' where user_id = {user}; \
             update auth_user set email = '{address}' where id = {user}"
        ))
        .await;
    }
}

fn totals(updated: u64, kept: u64) -> Totals {
    Totals {
        updated,
        kept,
        unchanged: 5 - updated - kept,
        ..imported(0)
    }
}

async fn django_addresses_change_hands_with_the_second_update_at_the_latest(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    address(
        &site,
        &[(2, "robert@inmor.example"), (1, "bob@inmor.example")],
    )
    .await;
    let outcome = app.import(&site, &updating(&site)).await;
    assert_eq!(outcome.totals(), totals(2, 0));
    let alice = outcome.of("alice");
    assert_eq!(
        (alice.email.as_deref(), &*alice.left_behind[0].why),
        (None, "an account here has it already")
    );
    assert_eq!(app.texts(ADDRESSES).await, ["-", "robert@inmor.example"]);
    // what has come free is told, and comes
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), totals(0, 1));
    assert_eq!(outcome.of("alice").outcome, Outcome::Kept);
    let outcome = app.import(&site, &updating(&site)).await;
    assert_eq!(outcome.totals(), totals(1, 0));
    assert!(outcome.of("alice").left_behind.is_empty());
    let both = ["bob@inmor.example", "robert@inmor.example"];
    assert_eq!(app.texts(ADDRESSES).await, both);
    let outcome = app.import(&site, &updating(&site)).await;
    assert_eq!(outcome.totals(), totals(0, 0));
}

async fn django_addresses_that_are_swapped_come_over_with_the_second_update(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    address(
        &site,
        &[
            (2, "between@inmor.example"),
            (1, "bob@inmor.example"),
            (2, "alice@inmor.example"),
        ],
    )
    .await;
    for changed in [2, 1, 0] {
        let outcome = app.import(&site, &updating(&site)).await;
        assert_eq!(outcome.totals(), totals(changed, 0));
    }
    let both = ["bob@inmor.example", "alice@inmor.example"];
    assert_eq!(app.texts(ADDRESSES).await, both);
}

async fn django_keys_change_hands_and_nobody_is_shut_out_on_the_way(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    // alice has one of bob's keys beside her app, and then nothing but that key
    site.execute(
        "update mfa_authenticator set data = (select data from mfa_authenticator where id = 7) where id = 3; \
         delete from mfa_authenticator where id in (2, 7)",
    )
    .await;
    let keys = "select name from mfa_webauthn_credential as key join django_account on key.account_id = django_account.account_id \
         where django_id = 1";
    let outcome = app.import(&site, &updating(&site)).await;
    assert_eq!(outcome.totals(), totals(2, 0));
    assert!(app.texts(keys).await.is_empty());
    assert_eq!(
        app.import(&site, &updating(&site)).await.totals(),
        totals(1, 0)
    );
    assert_eq!(app.texts(keys).await, ["Backup key"]);
    site.execute(
        "delete from mfa_authenticator where id = 1; \
         update mfa_authenticator set data = (select data from mfa_authenticator where id = 6) where id = 3; \
         delete from mfa_authenticator where id = 6",
    )
    .await;
    let outcome = app.import(&site, &updating(&site)).await;
    assert_eq!(outcome.totals(), totals(1, 1));
    assert_eq!(
        outcome.of("alice").reason.as_deref(),
        Some("another account here has its only security key")
    );
    pending(&app, site.user("alice")).await;
    assert_eq!(
        app.import(&site, &updating(&site)).await.totals(),
        totals(1, 0)
    );
    assert_eq!(app.texts(keys).await, ["MacBook"]);
}

async fn django_addresses_that_were_taken_here_come_over_when_they_are_free(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    app.create("somebody", "BOB@inmor.example", "lilac velvet candlesticks")
        .await;
    assert_eq!(
        app.import(&site, &site.wanted()).await.totals(),
        imported(5)
    );
    // as long as it is somebody's, nothing has changed, and that is what is told
    for wanted in [site.wanted(), updating(&site)] {
        let outcome = app.import(&site, &wanted).await;
        assert_eq!(outcome.totals(), totals(0, 0));
        let bob = outcome.of("bob");
        assert_eq!((&bob.email, bob.left_behind.len()), (&None, 1));
    }
    app.execute(
        "update account set email = null, email_canonical = null where username = 'somebody'",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.of("bob").outcome, Outcome::Kept);
    let outcome = app.import(&site, &updating(&site)).await;
    assert_eq!(outcome.totals(), totals(1, 0));
    assert_eq!(app.texts(ADDRESSES).await[1], "bob@inmor.example");
}

const PUBLISHED: &str = "s098x330cQk5XaIdRWI2-bRsWiiy7ggvJfPrq8OKmQE=";

async fn django_letters_about_exposed_secrets_go_to_nobody_else(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    let (mailer, letters) = Mailer::kept();
    let app = app.variant(|services| services.mailer = mailer);
    app.create(
        "somebody",
        "carol@inmor.example",
        "lilac velvet candlesticks",
    )
    .await;
    for (row, user) in [(10, "carol"), (8, "dave")] {
        let secret = super::text(&site.user(user)["totp"]["secret"]);
        let sealed = foreign_key(PUBLISHED).seal(1_700_000_000, secret);
        site.execute(&format!(
            "update mfa_authenticator set data = '{{\"secret\": \"{sealed}\"}}' where id = {row}"
        ))
        .await;
    }
    assert_eq!(
        app.import(&site, &site.wanted()).await.totals(),
        imported(5)
    );
    let told: Vec<_> = letters.take().into_iter().map(|letter| letter.to).collect();
    assert_eq!(told, ["dave@inmor.example"]);
    // carol is told on her page
    let user = site.user("carol");
    let mut browser = by_app(&app, user).await;
    browser
        .get("/")
        .await
        .assert_says(200, "which everybody knows");
}

async fn django_codes_that_stay_behind_are_not_called_exposed(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    // bob has alice's key and codes under the key that everybody knows, and no more
    let sealed = foreign_key(PUBLISHED).seal(1_700_000_000, &"0123456789abcdef".repeat(5));
    site.execute(&format!(
        "delete from mfa_authenticator where id in (4, 6); \
         update mfa_authenticator set data = '{{\"seed\": \"{sealed}\", \"used_mask\": 0}}' where id = 5; \
         update mfa_authenticator set data = (select data from mfa_authenticator where id = 3) where id = 7"
    ))
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(5));
    let bob = outcome.of("bob");
    assert!(bob.disabled && bob.recovery_codes.is_none());
    assert_eq!(bob.exposed, None);
    assert!(app.details("factor.exposed").await.is_empty());
}
