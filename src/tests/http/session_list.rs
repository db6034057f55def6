//! The list of sessions: what it shows, whom it can end.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    auth::accounts::flow as accounts,
    crypto::{hex, token::Token},
    services::Client,
    tests::support::{Browser, Kind, PASSWORD, SESSION, TestApp, on_both},
};

on_both!(
    ses_10_ending_all_others_ends_four_of_five_and_renews_this_one,
    ses_10_ending_one_session_ends_that_one,
    ses_11_a_session_ended_by_one_process_is_refused_by_the_other,
    ses_12_21_a_disabled_account_is_out_at_its_next_request,
    ses_15_somebody_elses_session_cannot_be_ended,
    ses_16_the_list_shows_neither_tokens_nor_hashes_and_ids_open_nothing,
    ses_20_a_copied_row_is_no_cookie,
    ses_22_a_session_goes_on_from_any_address_and_browser,
    a_password_change_ends_all_other_sessions,
);

async fn ids(app: &TestApp) -> Vec<String> {
    app.texts("select id from session order by id").await
}

pub(super) async fn five(app: &TestApp) -> Vec<Browser> {
    let mut browsers = Vec::new();
    for _ in 0..5 {
        browsers.push(app.signed_in("anna").await);
    }
    browsers
}

async fn alive(browsers: &mut [Browser]) -> Vec<bool> {
    let mut alive = Vec::new();
    for browser in browsers {
        alive.push(browser.is_signed_in().await);
    }
    alive
}

async fn ses_10_ending_all_others_ends_four_of_five_and_renews_this_one(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    app.account("berta").await;
    let mut stranger = app.signed_in("berta").await;
    let mut browsers = five(&app).await;
    let before = browsers[2].clone();
    browsers[2]
        .post("/accounts/sessions/end-others/", &[])
        .await
        .assert_status(303);
    assert_eq!(
        alive(&mut browsers).await,
        [false, false, true, false, false]
    );
    assert_ne!(browsers[2].cookie(SESSION), before.cookie(SESSION));
    assert!(stranger.is_signed_in().await);
    // this browser, and the stranger's
    assert_eq!(app.number("select count(*) from known_device").await, 2);
    assert_eq!(app.details("session.others_ended").await.len(), 1);
}

async fn ses_10_ending_one_session_ends_that_one(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let own = ids(&app).await;
    let mut other = app.signed_in("anna").await;
    let id = ids(&app)
        .await
        .into_iter()
        .find(|id| !own.contains(id))
        .unwrap();
    let page = browser.get("/accounts/sessions/").await;
    page.assert_says(200, &id)
        .assert_says(200, "This session")
        .assert_says(
            200,
            "End session <span class=\"unseen\">of Firefox on Linux, 192.0.2.1, signed in 2026-11-18 11:06 UTC<",
        );
    let answer = browser
        .post("/accounts/sessions/end/", &[("id", &id)])
        .await;
    answer.assert_redirect("/accounts/sessions/?done=session-ended");
    assert!(browser.is_signed_in().await && !other.is_signed_in().await);
    assert_eq!(app.details("session.ended").await, [id.as_str()]);
    browser
        .post("/accounts/sessions/end/", &[("id", &id)])
        .await
        .assert_says(404, "There is nothing here")
        .assert_says(404, "Your sessions");
}

async fn ses_11_a_session_ended_by_one_process_is_refused_by_the_other(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let second = app.second_process().await;
    let mut there = second.browser();
    there.cookies = browser.cookies.clone();
    assert!(there.is_signed_in().await);
    browser
        .post("/accounts/logout/", &[])
        .await
        .assert_status(303);
    assert!(!there.is_signed_in().await);
}

async fn ses_12_21_a_disabled_account_is_out_at_its_next_request(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let anna = accounts::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    app.disable(&anna).await;
    assert!(!browser.is_signed_in().await);
    browser.post("/api/sessions", &[]).await.assert_status(401);
    let disabled = browser.sign_in("anna", PASSWORD).await;
    let wrong = browser.sign_in("nobody", PASSWORD).await;
    assert_eq!(disabled.comparable("anna"), wrong.comparable("nobody"));
    disabled.assert_status(401);
    accounts::set_disabled(&app.services, &Client::shell(), &anna, false)
        .await
        .unwrap();
    assert!(
        !browser.is_signed_in().await,
        "the session came back with the account"
    );
    browser.sign_in("anna", PASSWORD).await.assert_redirect("/");
}

async fn ses_15_somebody_elses_session_cannot_be_ended(kind: Kind) {
    let (app, mut anna) = TestApp::with_anna(kind).await;
    let id = ids(&app).await.remove(0);
    app.account("berta").await;
    let mut berta = app.signed_in("berta").await;
    let (shouted, either) = (id.to_uppercase(), format!("' or id = '{id}"));
    for id in [
        id.as_str(),
        "",
        "%",
        &shouted,
        &either,
        "0197f3a0-0000-7000-8000-000000000000",
    ] {
        berta
            .post("/accounts/sessions/end/", &[("id", id)])
            .await
            .assert_status(404);
    }
    berta
        .get("/accounts/sessions/")
        .await
        .assert_status(200)
        .assert_lacks(&id);
    assert!(anna.is_signed_in().await && berta.is_signed_in().await);
}

async fn ses_16_the_list_shows_neither_tokens_nor_hashes_and_ids_open_nothing(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    app.signed_in("anna").await;
    for path in ["/accounts/sessions/", "/"] {
        let page = browser.get(path).await;
        for token in browser.cookies.values() {
            let hash = Token::parse(token).unwrap().hash();
            let (digits, letters) = (
                hex(hash.as_slice()),
                BASE64_URL_SAFE_NO_PAD.encode(hash.as_slice()),
            );
            page.assert_status(200)
                .assert_lacks(token)
                .assert_lacks(&digits)
                .assert_lacks(&letters);
        }
    }
    let answer = browser.post("/api/sessions", &[]).await;
    answer
        .assert_says(200, "\"current\":true")
        .assert_lacks(browser.cookie(SESSION))
        .assert_lacks("hash");
    for id in ids(&app).await {
        let mut thief = app.browser();
        for cookie in [
            id.clone(),
            BASE64_URL_SAFE_NO_PAD.encode(&id),
            format!("{:A<43}", id.replace('-', "")),
        ] {
            thief.set_cookie(SESSION, &cookie);
            assert!(!thief.is_signed_in().await);
        }
    }
}

async fn ses_20_a_copied_row_is_no_cookie(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let cookies = browser.cookies.clone();
    let bytes = if kind == Kind::Sqlite {
        "hex(token_hash)"
    } else {
        "encode(token_hash, 'hex')"
    };
    for table in ["session", "known_device"] {
        for stored in app.texts(&format!("select {bytes} from {table}")).await {
            let stored = stored.to_lowercase();
            let raw: Vec<u8> = stored
                .as_bytes()
                .chunks(2)
                .map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap())
                .collect();
            for text in [
                BASE64_URL_SAFE_NO_PAD.encode(&raw),
                stored.clone(),
                stored[..43].to_owned(),
            ] {
                assert!(!cookies.values().any(|token| *token == text));
                let mut thief = app.browser();
                thief.set_cookie(SESSION, &text);
                assert!(!thief.is_signed_in().await);
            }
            for token in cookies.values() {
                assert_ne!(hex(&BASE64_URL_SAFE_NO_PAD.decode(token).unwrap()), stored);
            }
        }
    }
    assert!(browser.is_signed_in().await);
}

/// A session is not bound to an address or a browser; the list shows those of the last request.
async fn ses_22_a_session_goes_on_from_any_address_and_browser(kind: Kind) {
    use std::net::Ipv6Addr;
    let (app, browser) = TestApp::with_anna(kind).await;
    let mapped = std::net::Ipv4Addr::new(203, 0, 113, 7).to_ipv6_mapped();
    let mut silent = browser.clone();
    silent.headers.clear();
    for (mut browser, shown) in [
        (browser.clone().at([203, 0, 113, 9]), "203.0.113.9"),
        (
            browser
                .clone()
                .at(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7)),
            "2001:db8::7",
        ),
        (browser.clone().at(mapped), "<dd>203.0.113.7"),
        (silent.clone(), "Unknown browser"),
        (browser.clone().at_nowhere(), "<dd>::"),
    ] {
        app.hands.advance(61);
        browser.get("/").await.assert_status(200);
        browser
            .get("/accounts/sessions/")
            .await
            .assert_says(200, shown);
    }
}

async fn a_password_change_ends_all_other_sessions(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut browsers = five(&app).await;
    let fields = [
        ("password", PASSWORD),
        ("new_password", "seven otters juggle lanterns"),
    ];
    browsers[4]
        .post("/accounts/password/change/", &fields)
        .await
        .assert_redirect("/?done=password-changed");
    // whoever knew the old one has no browser that is known
    assert_eq!(app.number("select count(*) from known_device").await, 1);
    assert_eq!(
        alive(&mut browsers).await,
        [false, false, false, false, true]
    );
    app.browser()
        .sign_in("anna", PASSWORD)
        .await
        .assert_status(401);
    app.browser()
        .sign_in("anna", "seven otters juggle lanterns")
        .await
        .assert_redirect("/");
}
