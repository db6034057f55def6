//! Accounts that came over from Django, from both databases to both.

mod again;
mod exposed;
mod hands;
mod odd;
mod pages;
mod refusals;
mod signing_in;

use serde_json::Value;

use crate::{
    django::import::flow::Totals,
    tests::support::{
        AUTHENTICATE, Answer, Authenticator, Browser, Kind, OWN, STEP, SecurityKey, Site, TestApp,
    },
};

/// Where a site may be.
const PLACES: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];

/// So many came over, and nothing else.
const fn imported(imported: u64) -> Totals {
    Totals {
        imported,
        updated: 0,
        unchanged: 0,
        kept: 0,
        refused: 0,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// An installation to which a fixture's accounts have come.
async fn moved(target: Kind, source: Kind, name: &str) -> (TestApp, Site) {
    let (app, site) = (TestApp::new(target).await, Site::new(source, name).await);
    let outcome = app.import(&site, &site.wanted()).await;
    let users = u64::try_from(site.users().count()).unwrap();
    assert_eq!(outcome.totals(), imported(users), "{outcome:#?}");
    assert_eq!(outcome.told, (users, users * 2));
    (app, site)
}

/// A browser in which the old password of a user was right.
async fn after_password(app: &TestApp, user: &Value) -> (Browser, Answer) {
    // of more than ten sessions of one second, any may be the one that ends
    app.hands.advance(1);
    let mut browser = app.browser();
    let answer = browser
        .sign_in(text(&user["username"]), text(&user["password"]))
        .await;
    (browser, answer)
}

/// A browser that is asked for the second factor of a user.
async fn pending(app: &TestApp, user: &Value) -> Browser {
    let (browser, answer) = after_password(app, user).await;
    answer.assert_redirect(AUTHENTICATE);
    browser
}

/// A browser in which a user has signed in by the old password and app.
async fn by_app(app: &TestApp, user: &Value) -> Browser {
    let mut browser = pending(app, user).await;
    let answer = browser.authenticate(&code(app, user)).await;
    answer.assert_redirect("/");
    browser
}

/// What the old app of a user shows, after a step in which it was not used.
fn code(app: &TestApp, user: &Value) -> String {
    app.hands.advance(STEP);
    let authenticator = Authenticator::with_secret(text(&user["totp"]["secret"]));
    authenticator.code_at(app.services.clock.now())
}

/// Signs in with a key alone.
async fn by_passkey(app: &TestApp, key: &mut SecurityKey) -> (Browser, Answer) {
    let mut browser = app.browser();
    let asked = browser.start_proving("passkey").await;
    let answer = key.get(&asked.assert_status(200).json(), OWN);
    let answer = browser.finish_proving("passkey", &answer).await;
    (browser, answer)
}
