//! Secrets that were sealed with the key that everybody knows.

use super::{by_app, imported, text};
use crate::tests::support::{Kind, Site, TestApp, foreign_key, on_both};

on_both!(
    django_secrets_under_the_published_key_come_over_and_their_owner_is_told,
    django_secrets_under_other_keys_are_not_marked,
);

const PUBLISHED: &str = "s098x330cQk5XaIdRWI2-bRsWiiy7ggvJfPrq8OKmQE=";
const TOLD: &str = "a key that everybody knows";

async fn django_secrets_under_the_published_key_come_over_and_their_owner_is_told(kind: Kind) {
    for given in [Vec::new(), vec![foreign_key(PUBLISHED)]] {
        let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
        let user = site.user("carol");
        let sealed = foreign_key(PUBLISHED).seal(1_700_000_000, text(&user["totp"]["secret"]));
        // the others of this site have secrets under its own key
        site.execute(&format!(
            "update mfa_authenticator set data = '{{\"secret\": \"{sealed}\"}}' where id = 10; \
             delete from mfa_authenticator where user_id in (1, 2, 4)"
        ))
        .await;
        let outcome = app.import(&site, &Site::wanted_with(given)).await;
        assert_eq!(outcome.totals(), imported(5));
        let exposed = outcome.of("carol").exposed.as_deref();
        assert_eq!(exposed, Some("authenticator app"));
        assert_eq!(app.details("factor.exposed").await, ["authenticator app"]);
        let mut browser = by_app(&app, user).await;
        browser
            .get("/")
            .await
            .assert_says(200, "which everybody knows");
        browser.get("/accounts/2fa/").await.assert_says(200, TOLD);
    }
}

async fn django_secrets_under_other_keys_are_not_marked(kind: Kind) {
    let (app, site) = super::moved(kind, kind, "db").await;
    assert!(app.details("factor.exposed").await.is_empty());
    let user = site.user("carol");
    let mut browser = by_app(&app, user).await;
    browser
        .get("/accounts/2fa/")
        .await
        .assert_status(200)
        .assert_lacks(TOLD);
}
