//! How a session gets to a site.

use super::{BROWSER, OTHER, OWN, Person, THIRD, ask, bring, gated, status, url};
use crate::tests::support::{Browser, Kind, PASSWORD, SecurityKey, on_both};

on_both!(
    gat_07_14_a_deep_link_leads_over_the_ticket_and_back_to_the_same_address,
    gat_06_nobody_is_led_on_to_another_host_by_what_looks_like_a_path,
    gat_07_without_cookies_the_way_ends_at_a_page_that_says_so,
    gat_12_a_rule_that_asks_for_more_leads_to_a_confirmation,
    gat_12_sud_10_a_code_does_not_make_a_key_fresh,
    gat_14_a_ticket_is_good_once_for_one_minute_one_host_and_one_browser,
    gat_14_a_confirmation_ends_what_a_session_had_on_sites,
);

async fn gat_07_14_a_deep_link_leads_over_the_ticket_and_back_to_the_same_address(kind: Kind) {
    let app = gated(kind).await;
    let deep = "/users/7/?tab=a%20b&next=/x";
    let mut person = Person {
        here: app.browser(),
        there: app.browser(),
    };
    let path = person.sent_to(&url(OTHER, deep)).await;
    let sign_in = person.here.get(&path).await;
    let login = sign_in.assert_status(303).header("location").to_owned();
    assert!(
        login.starts_with("/accounts/login/?next=/authz/hand-over/"),
        "{login}"
    );
    let next = url::form_urlencoded::parse(login.split_once('?').unwrap().1.as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned();
    let fields = [("login", "anna"), ("password", PASSWORD), ("next", &next)];
    let back = person.here.post("/accounts/login/", &fields).await;
    back.assert_redirect(&next);
    let page = person.here.get(&next).await;
    page.assert_status(200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' http://admin.localhost;"),
        "{policy}"
    );
    assert!(
        page.body
            .contains("action=\"http://admin.localhost/.inmor-mfa/accept/\"")
    );
    let (_, rest) = page.body.split_once("name=\"ticket\" value=\"").unwrap();
    let ticket = rest.split_once('"').unwrap().0;
    assert!(!page.header("location").contains(ticket));
    let over = person.bring(OTHER, ticket).await;
    over.assert_redirect(&url(OTHER, deep));
    assert!(person.there.cookie(BROWSER).is_empty());
    let passed = ask(&mut person.there, &url(OTHER, deep), &[]).await;
    passed.assert_status(200);
    assert_eq!(passed.header("remote-user"), "anna");
    assert_eq!(passed.header("remote-email"), "anna@example.org");
    assert_eq!(passed.header("remote-auth-method"), "pwd");
    assert_eq!(passed.header("remote-auth-level"), "session");
    assert_eq!(passed.header("x-inmor-assertion").split('.').count(), 3);
}

async fn gat_06_nobody_is_led_on_to_another_host_by_what_looks_like_a_path(kind: Kind) {
    let app = gated(kind).await;
    app.execute("update account set is_superuser = true").await;
    let mut key = SecurityKey::default();
    app.signed_in("anna")
        .await
        .add_key(&mut key, "", "blue key")
        .await;
    let mut person = Person {
        here: app.signed_in_with_key("anna", &mut key).await,
        there: app.browser(),
    };
    for path in ["//evil.example/login", "/\\evil.example/login"] {
        let link = url(OTHER, path);
        person.there = app.browser();
        let ticket = person.ticket(&link).await;
        person.bring(OTHER, &ticket).await.assert_redirect(&link);
        let own = url(OWN, path);
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("to", &own)
            .append_pair("browser", &"0".repeat(64))
            .finish();
        let led = person.here.get(&format!("/authz/hand-over/?{query}")).await;
        led.assert_redirect(&own);
    }
}

async fn gat_07_without_cookies_the_way_ends_at_a_page_that_says_so(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    let ticket = person.ticket(&url(OTHER, "/a")).await;
    person.there.cookies.clear();
    let answer = person.bring(OTHER, &ticket).await;
    answer.assert_status(403);
    assert!(answer.body.contains("Allow cookies"), "{}", answer.body);
    // a page on the site's host finds its files where the proxy passes them on
    assert!(!answer.body.contains("href=\"/pkg/"), "{}", answer.body);
    let (_, rest) = answer.body.split_once("href=\"/.inmor-mfa/").unwrap();
    let file = rest.split_once('"').unwrap().0;
    for file in [file, "favicon.svg"] {
        let there = person.there.get(&format!("/.inmor-mfa/{file}")).await;
        let here = person.here.get(&format!("/{file}")).await;
        assert_eq!(there.assert_status(200).body, here.body, "{file}");
    }
}

async fn gat_12_a_rule_that_asks_for_more_leads_to_a_confirmation(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    assert_eq!(status(&mut person.here, &url(OWN, "/root/")).await, 403);
    app.execute("update account set is_superuser = true").await;
    let passed = ask(&mut person.here, &url(OWN, "/root/"), &[]).await;
    assert_eq!(
        passed.assert_status(200).header("remote-groups"),
        "superuser"
    );
    // whoever has nothing to show is told at once, and where to add it
    for (path, what) in [
        ("/two/", "a second factor"),
        ("/key/", "a security key or a passkey"),
    ] {
        let to = led_to(&mut person.here, path).await;
        let told = person.here.get(&to).await;
        told.assert_status(403);
        assert!(
            told.body.contains(&format!("asks for {what}")),
            "{}",
            told.body
        );
        assert!(
            told.body.contains("href=\"/accounts/2fa/\""),
            "{}",
            told.body
        );
    }
    app.hands.advance(61);
    let to = led_to(&mut person.here, "/fresh/").await;
    let there = person.here.get(&to).await;
    let location = there.assert_status(303).header("location").to_owned();
    assert!(
        location.starts_with("/accounts/reauthenticate/?next=/authz/hand-over/"),
        "{location}"
    );
    // whoever comes back without it is told, and not sent in a circle
    let back = person.here.get(&format!("{to}&confirmed=yes")).await;
    back.assert_status(403);
    person.confirm().await;
    assert_eq!(status(&mut person.here, &url(OWN, "/fresh/")).await, 200);
}

async fn gat_12_sud_10_a_code_does_not_make_a_key_fresh(kind: Kind) {
    let app = gated(kind).await;
    let mut key = SecurityKey::default();
    app.signed_in("anna")
        .await
        .add_key(&mut key, "", "blue key")
        .await;
    let mut browser = app.signed_in_with_key("anna", &mut key).await;
    let codes = app.recovery_codes(&mut browser).await;
    let path = "/fresh/key/";
    assert_eq!(status(&mut browser, &url(OWN, path)).await, 200);
    app.hands.advance(61);
    led_to(&mut browser, path).await;
    browser.confirm(&codes[0]).await.assert_status(303);
    assert_eq!(status(&mut browser, &url(OWN, "/fresh/")).await, 200);
    assert_eq!(status(&mut browser, &url(OWN, "/key/")).await, 200);
    let to = led_to(&mut browser, path).await;
    browser
        .get(&format!("{to}&confirmed=yes"))
        .await
        .assert_says(403, "asks for a security key or a passkey");
    browser
        .prove(&mut key, "reauthenticate")
        .await
        .assert_status(200);
    assert_eq!(status(&mut browser, &url(OWN, path)).await, 200);
}

/// Where a path that asks for more leads to: a path of this program.
async fn led_to(browser: &mut Browser, path: &str) -> String {
    let answer = ask(browser, &url(OWN, path), &[]).await;
    answer.assert_status(401);
    assert!(answer.body.contains("step_up"), "{}", answer.body);
    let to = answer.header("x-inmor-redirect");
    to.strip_prefix("http://localhost:3000").unwrap().to_owned()
}

async fn gat_14_a_ticket_is_good_once_for_one_minute_one_host_and_one_browser(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    let link = url(OTHER, "/a");
    let ticket = person.ticket(&link).await;
    let mut other_browser = app.browser();
    ask(&mut other_browser, &link, &[]).await;
    assert!(!other_browser.cookie(BROWSER).is_empty());
    bring(&mut other_browser, OTHER, &ticket)
        .await
        .assert_status(403);
    person.bring(THIRD, &ticket).await.assert_status(403);
    person
        .bring("evil.example", &ticket)
        .await
        .assert_status(403);
    let around = bring(
        &mut person.there.clone().at([203, 0, 113, 9]),
        OTHER,
        &ticket,
    )
    .await;
    around.assert_status(403);
    let copy = person.there.clone();
    person.bring(OTHER, &ticket).await.assert_redirect(&link);
    person.there = copy;
    person.bring(OTHER, &ticket).await.assert_status(403);
    // nor after the session has got another token, by whoever holds it now
    let ticket = person.ticket(&link).await;
    person.confirm().await;
    person.bring(OTHER, &ticket).await.assert_status(403);
    let ticket = person.ticket(&link).await;
    app.hands.advance(60);
    person.bring(OTHER, &ticket).await.assert_status(403);
    let ticket = person.ticket(&link).await;
    app.hands.advance(59);
    person.bring(OTHER, &ticket).await.assert_status(303);
    person.there.cookies.clear();
    let ticket = person.ticket(&link).await;
    person.here.post("/accounts/logout/", &[]).await;
    person.bring(OTHER, &ticket).await.assert_status(403);
}

async fn gat_14_a_confirmation_ends_what_a_session_had_on_sites(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    person.cross(&url(OTHER, "/a"), OTHER).await;
    let stolen = person.there.clone();
    person.confirm().await;
    assert_eq!(status(&mut stolen.clone(), &url(OTHER, "/a")).await, 401);
    person.cross(&url(OTHER, "/a"), OTHER).await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 200);
}
