//! What an owner is told, on pages and by letter, and how it is put aside; AUD-04.

use crate::{
    auth::accounts::flow as accounts,
    mail::{Kept, Mailer},
    mfa::settings::flow as settings,
    services::Client,
    tests::support::{Browser, DEACTIVATE, Kind, PASSWORD, SETTINGS, TestApp, on_both},
};

on_both!(
    aud_04_notices_stand_on_three_pages_until_they_are_put_aside,
    aud_04_notices_are_those_of_their_owner_alone,
    putting_aside_takes_what_was_shown_and_goes_on_within_this_site,
    a_label_in_a_notice_is_text,
    a_browser_is_new_once_and_only_after_the_second_factor,
    aud_04_each_thing_told_is_one_letter_to_the_owner,
    without_an_address_there_is_no_letter_and_still_a_notice,
);

const DISMISS: &str = "/accounts/notices/dismiss/";
const ADDED: &str = "Authenticator app “phone” was added to your account.";
const PAGES: [&str; 3] = ["/", SETTINGS, "/accounts/sessions/"];

/// The ids that the form of a page puts aside.
async fn ids_on(browser: &mut Browser, path: &str) -> String {
    browser.get(path).await.hidden("ids")
}

async fn aud_04_notices_stand_on_three_pages_until_they_are_put_aside(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    for page in PAGES {
        browser
            .get(page)
            .await
            .assert_status(200)
            .assert_lacks("Since you last looked");
    }
    app.enrol(&mut browser, "phone").await;
    // looking does not put aside
    for page in PAGES.into_iter().chain(PAGES) {
        browser
            .get(page)
            .await
            .assert_says(200, ADDED)
            .assert_says(200, "2026-11-18 11:07 UTC, from 192.0.2.1");
    }
    for page in PAGES {
        let ids = ids_on(&mut browser, page).await;
        let answer = browser
            .post(DISMISS, &[("ids", &ids), ("next", page)])
            .await;
        answer.assert_redirect(page);
        for page in PAGES {
            browser
                .get(page)
                .await
                .assert_status(200)
                .assert_lacks("Since you last looked");
        }
        browser
            .post("/accounts/2fa/recovery-codes/generate/", &[])
            .await
            .assert_status(303);
    }
    // the trail keeps what was put aside
    assert_eq!(app.details("factor.added").await, ["phone"]);
}

async fn aud_04_notices_are_those_of_their_owner_alone(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut anna, _) = app.with_factor("anna").await;
    app.account("berta").await;
    let mut berta = app.signed_in("berta").await;
    for page in PAGES {
        berta.get(page).await.assert_status(200).assert_lacks(ADDED);
    }
    berta.post("/api/notices", &[]).await.assert_lacks(ADDED);
    let ids = ids_on(&mut anna, "/").await;
    for mut other in [berta, app.browser(), app.pending("anna").await] {
        other
            .post(DISMISS, &[("ids", &ids)])
            .await
            .assert_status(303);
    }
    anna.get("/").await.assert_says(200, ADDED);
    anna.post(DISMISS, &[("ids", &ids)])
        .await
        .assert_redirect("/");
    anna.get("/").await.assert_status(200).assert_lacks(ADDED);
}

async fn putting_aside_takes_what_was_shown_and_goes_on_within_this_site(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut browser, _) = app.with_factor("anna").await;
    let shown = ids_on(&mut browser, "/").await;
    browser
        .post("/accounts/2fa/recovery-codes/generate/", &[])
        .await
        .assert_status(303);
    let fields = [("ids", &*shown), ("next", "//evil.example/")];
    browser.post(DISMISS, &fields).await.assert_redirect("/");
    browser
        .get("/")
        .await
        .assert_says(200, "A new set of recovery codes was made")
        .assert_lacks(ADDED);
    let before = app.contents().await;
    for garbage in ["", ",,,", "x", "' or 1=1 --", &shown] {
        browser
            .post(DISMISS, &[("ids", garbage)])
            .await
            .assert_redirect("/");
    }
    assert_eq!(app.contents().await, before);
}

async fn a_label_in_a_notice_is_text(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    app.enrol(&mut browser, "<img src=x onerror=alert(1)>")
        .await;
    for page in PAGES {
        browser
            .get(page)
            .await
            .assert_says(200, "&lt;img src=x")
            .assert_lacks("<img");
    }
}

async fn a_browser_is_new_once_and_only_after_the_second_factor(kind: Kind) {
    const NEW: &str = "sign in from a new browser: Firefox on Linux";
    let app = TestApp::new(kind).await;
    let (mut first, authenticator) = app.with_factor("anna").await;
    first.get("/").await.assert_status(200).assert_lacks(NEW);
    let mut other = app.pending("anna").await;
    first.get("/").await.assert_status(200).assert_lacks(NEW);
    other.authenticate(&app.next_code(&authenticator)).await;
    first.get("/").await.assert_says(200, NEW);
    other.sign_in("anna", PASSWORD).await.assert_status(303);
    other.authenticate(&app.next_code(&authenticator)).await;
    assert!(other.is_signed_in().await);
    assert_eq!(app.details("browser.new").await.len(), 1);
}

/// With letters kept.
async fn with_letters(kind: Kind) -> (TestApp, Kept) {
    let (mailer, letters) = Mailer::kept();
    let app = TestApp::new(kind).await;
    (app.variant(|services| services.mailer = mailer), letters)
}

/// Subjects of the letters since the last call, sorted, after a look at what is in each.
fn subjects(letters: &Kept, origin: &str, secrets: &[String]) -> Vec<String> {
    let mut subjects = Vec::new();
    for letter in letters.take() {
        assert_eq!(letter.to, "anna@example.org");
        for part in [origin, "http://localhost:3000/", "If that was not you"] {
            assert!(letter.body.contains(part), "{part} is not in {letter:?}");
        }
        for secret in secrets {
            assert!(!letter.body.contains(secret), "{secret} is in {letter:?}");
        }
        subjects.push(letter.subject);
    }
    subjects.sort();
    subjects
}

async fn aud_04_each_thing_told_is_one_letter_to_the_owner(kind: Kind) {
    const HERE: &str = "from 192.0.2.1\nBrowser: Mozilla/5.0";
    let (app, letters) = with_letters(kind).await;
    let anna = app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    app.browser()
        .sign_in("anna", "wrong")
        .await
        .assert_status(401);
    assert!(subjects(&letters, HERE, &[]).is_empty());
    let phone = app.enrol(&mut browser, "phone").await;
    assert_eq!(
        subjects(&letters, HERE, &[]),
        ["Authenticator App Activated"]
    );
    let codes = app.recovery_codes(&mut browser).await;
    let told = |origin| subjects(&letters, origin, &codes);

    let mut other = app.pending("anna").await;
    assert!(told(HERE).is_empty());
    other.authenticate(&app.wrong_code(&phone)).await;
    assert_eq!(told(HERE), ["Wrong Code After Your Password"]);
    other.authenticate(&app.next_code(&phone)).await;
    assert_eq!(told(HERE), ["New Sign-in"]);
    other.confirm(&app.wrong_code(&phone)).await;
    assert!(told(HERE).is_empty());
    other.confirm(&codes[0]).await;
    assert_eq!(told(HERE), ["Recovery Code Used"]);
    app.execute("update mfa_totp set failures = 99").await;
    let mut guesser = app.pending("anna").await.at([198, 51, 100, 7]);
    guesser.authenticate(&app.wrong_code(&phone)).await;
    assert_eq!(
        told("from 198.51.100.7"),
        ["Too Many Wrong Codes", "Wrong Code After Your Password"]
    );
    other
        .post("/accounts/2fa/recovery-codes/generate/", &[])
        .await
        .assert_status(303);
    assert_eq!(told(HERE), ["New Recovery Codes Generated"]);
    other.post(DEACTIVATE, &[]).await.assert_status(303);
    assert_eq!(told(HERE), ["Authenticator App Deactivated"]);
    settings::reset(&app.services, &Client::shell(), &anna)
        .await
        .unwrap();
    assert_eq!(told("at the server"), ["Two-Factor Authentication Reset"]);
}

async fn without_an_address_there_is_no_letter_and_still_a_notice(kind: Kind) {
    let (app, letters) = with_letters(kind).await;
    app.create("anna", "", PASSWORD).await;
    let mut browser = app.signed_in("anna").await;
    app.enrol(&mut browser, "phone").await;
    browser.get("/").await.assert_says(200, ADDED);
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(anna.email, None);
    assert!(letters.take().is_empty());
}
