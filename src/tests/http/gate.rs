//! What a proxy is answered, and how a session gets to a site; group GAT.

use std::sync::Arc;

use axum::{body::Body, http::Request};

use crate::{
    gate::{Require, Role, Rule, Site},
    tests::support::{Answer, Browser, Kind, PASSWORD, SESSION, TestApp, on_both},
};

on_both!(
    gat_02_what_is_no_live_session_of_this_site_never_passes,
    gat_02_signing_out_and_disabling_bite_on_the_next_request,
    gat_03_a_database_that_fails_is_a_503,
    gat_04_06_11_13_what_is_not_told_clearly_by_a_trusted_proxy_is_denied,
    gat_07_14_a_deep_link_leads_over_the_ticket_and_back_to_the_same_address,
    gat_07_without_cookies_the_way_ends_at_a_page_that_says_so,
    gat_08_09_a_person_is_redirected_and_a_program_gets_401,
    gat_10_polling_does_not_keep_a_session_alive_and_a_person_does,
    gat_12_a_rule_that_asks_for_more_leads_to_a_confirmation,
    gat_14_a_ticket_is_good_once_for_one_minute_one_host_and_one_browser,
    gat_14_a_confirmation_ends_what_a_session_had_on_sites,
    gat_16_checks_write_last_seen_once_a_minute_at_most,
    the_published_key_is_a_set_with_one_key,
);

/// A site under this program's own host, and two under others.
const OWN: &str = "localhost:3000";
const OTHER: &str = "admin.localhost";
const THIRD: &str = "router.localhost";
const BROWSER: &str = "__Host-inmor-browser";
const SITE: &str = "__Host-inmor-site";

fn rule(path: &str, require: Require) -> Rule {
    Rule {
        path: path.to_owned(),
        require,
        fresh: None,
        roles: Vec::new(),
    }
}

/// With sites that a session is enough for, save below a few paths.
async fn gated(kind: Kind) -> TestApp {
    let app = TestApp::with_settings(kind, &[("TRUSTED_PROXIES", "192.0.2.1")]).await;
    app.account("anna").await;
    let sites = [OWN, OTHER, THIRD].map(|host| Site {
        host: host.to_owned(),
        rules: vec![
            rule("/", Require::Session),
            rule("/static/", Require::Nothing),
            rule("/two/", Require::TwoFactor),
            rule("/key/", Require::PhishingResistant),
            Rule {
                roles: vec![Role::Superuser],
                ..rule("/root/", Require::Session)
            },
        ],
    });
    app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.sites = sites.to_vec();
        services.settings = Arc::new(settings);
    })
}

/// What a proxy asks for somebody whose browser wants to see a page.
async fn ask(browser: &mut Browser, url: &str, more: &[(&str, &str)]) -> Answer {
    let mut request = Request::get("/authz/nginx")
        .header("x-original-url", url)
        .header("x-original-method", "GET");
    if !more.iter().any(|(name, _)| *name == "accept") {
        request = request.header("accept", "text/html");
    }
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    browser.send(request.body(Body::empty()).unwrap()).await
}

async fn status(browser: &mut Browser, url: &str) -> u16 {
    let answer = ask(browser, url, &[]).await;
    for name in [
        "remote-user",
        "remote-email",
        "remote-name",
        "remote-groups",
        "remote-auth-method",
        "remote-auth-time",
        "remote-auth-level",
        "x-inmor-assertion",
    ] {
        // on every answer, or a proxy would leave what a client sent
        let value = answer.header(name);
        assert!(answer.status == 200 || value.is_empty(), "{name}: {value}");
    }
    answer.status.as_u16()
}

fn url(host: &str, path: &str) -> String {
    format!("http://{host}{path}")
}

/// The browser of a person, with what it has on this program's host and on a site's.
struct Person {
    here: Browser,
    there: Browser,
}

impl Person {
    async fn signed_in(app: &TestApp) -> Self {
        Self {
            here: app.signed_in("anna").await,
            there: app.browser(),
        }
    }

    /// Where a site sends the person: a path of this program.
    async fn sent_to(&mut self, url: &str) -> String {
        let answer = ask(&mut self.there, url, &[]).await;
        answer.assert_status(401);
        let to = answer.header("x-inmor-redirect").to_owned();
        to.strip_prefix("http://localhost:3000").unwrap().to_owned()
    }

    /// The ticket that is carried over to a site.
    async fn ticket(&mut self, url: &str) -> String {
        let path = self.sent_to(url).await;
        let page = self.here.get(&path).await;
        page.assert_status(200);
        let (_, rest) = page.body.split_once("name=\"ticket\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    async fn bring(&mut self, host: &str, ticket: &str) -> Answer {
        bring(&mut self.there, host, ticket).await
    }

    /// Goes over to a site.
    async fn cross(&mut self, url: &str, host: &str) {
        let ticket = self.ticket(url).await;
        self.bring(host, &ticket).await.assert_status(303);
    }
}

async fn bring(browser: &mut Browser, host: &str, ticket: &str) -> Answer {
    let request = Request::post("/.inmor-mfa/accept/")
        .header("accept", "text/html")
        .header("origin", "null")
        .header("sec-fetch-site", "cross-site")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-host", host)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("ticket={ticket}")));
    browser.send(request.unwrap()).await
}

async fn gat_02_what_is_no_live_session_of_this_site_never_passes(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    assert_eq!(status(&mut person.here, &url(OWN, "/a")).await, 200);
    // the session of this program is none on another host, however it is called there
    assert_eq!(status(&mut person.here, &url(OTHER, "/a")).await, 401);
    let token = person.here.cookie(SESSION).to_owned();
    person.there.set_cookie(SITE, &token);
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 401);
    person.cross(&url(OTHER, "/a"), OTHER).await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 200);
    // nor is one of a site good at a third or here
    assert_eq!(status(&mut person.there, &url(THIRD, "/a")).await, 401);
    assert_eq!(status(&mut person.there, &url(OWN, "/a")).await, 401);
    for garbage in ["", "x", "ended", &"A".repeat(43), &"A".repeat(5000)] {
        let mut browser = app.browser();
        for name in [SESSION, SITE] {
            browser.set_cookie(name, garbage);
        }
        assert_eq!(status(&mut browser, &url(OWN, "/a")).await, 401);
        assert_eq!(status(&mut browser, &url(OTHER, "/a")).await, 401);
        assert_eq!(status(&mut browser, &url(OTHER, "/static/a")).await, 200);
    }
    app.hands.advance(3601);
    assert_eq!(status(&mut person.here, &url(OWN, "/a")).await, 401);
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 401);
}

async fn gat_02_signing_out_and_disabling_bite_on_the_next_request(kind: Kind) {
    let app = gated(kind).await;
    let anna = app.account("berta").await;
    let mut person = Person::signed_in(&app).await;
    person.cross(&url(OTHER, "/a"), OTHER).await;
    person.here.post("/accounts/logout/", &[]).await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 401);
    let mut berta = app.browser();
    berta.sign_in("berta", PASSWORD).await.assert_redirect("/");
    let mut person = Person {
        here: berta,
        there: app.browser(),
    };
    person.cross(&url(OTHER, "/a"), OTHER).await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 200);
    app.disable(&anna).await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 401);
    assert_eq!(status(&mut person.here, &url(OWN, "/a")).await, 401);
}

async fn gat_03_a_database_that_fails_is_a_503(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    app.execute("alter table session rename to gone").await;
    assert_eq!(status(&mut person.here, &url(OWN, "/a")).await, 503);
}

async fn gat_04_06_11_13_what_is_not_told_clearly_by_a_trusted_proxy_is_denied(kind: Kind) {
    let app = gated(kind).await;
    let person = Person::signed_in(&app).await;
    let mut browser = person.here.clone();
    for bad in [
        "http://evil.example/",
        "http://localhost:3001/",
        "http://localhost:3000.evil.example/",
        "http://evil@localhost:3000/",
        "http://localhost:3000",
        "/a",
        "",
    ] {
        assert_eq!(status(&mut browser, bad).await, 403, "{bad}");
    }
    for (more, expected) in [
        (
            &[("x-original-url", "http://localhost:3000/static/")][..],
            403,
        ),
        (&[("x-original-method", "GET")], 403),
        (
            &[
                ("x-forwarded-uri", "/static/"),
                ("x-forwarded-prefix", "/static"),
            ],
            200,
        ),
    ] {
        let answer = ask(&mut browser, &url(OWN, "/a"), more).await;
        assert_eq!(answer.status, expected, "{more:?}");
    }
    let forwarded = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", OWN),
        ("x-forwarded-uri", "/a"),
    ];
    for left_out in 0..=forwarded.len() {
        let mut request = Request::get("/authz/forward");
        for (at, (name, value)) in forwarded.iter().enumerate() {
            if at != left_out {
                request = request.header(*name, *value);
            }
        }
        let answer = browser.send(request.body(Body::empty()).unwrap()).await;
        let expected = if left_out == forwarded.len() {
            200
        } else {
            403
        };
        assert_eq!(
            answer.status, expected,
            "without the header number {left_out}"
        );
    }
    // an ambiguous path passes only by all rules at once
    assert_eq!(
        status(&mut browser, &url(OWN, "/static/%2e%2e/root/")).await,
        403
    );
    assert_eq!(
        status(&mut browser, &url(OWN, &format!("/{}", "a".repeat(16_000)))).await,
        200
    );
    let mut nobody = app.browser();
    assert_eq!(status(&mut nobody, &url(OWN, "/static//x")).await, 401);
    // and the very request that passes does not from elsewhere
    let mut stranger = browser.at([203, 0, 113, 9]);
    assert_eq!(status(&mut stranger, &url(OWN, "/a")).await, 403);
    assert_eq!(status(&mut stranger, &url(OWN, "/static/")).await, 403);
}

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
    over.assert_redirect(deep);
    assert!(person.there.cookie(BROWSER).is_empty());
    let passed = ask(&mut person.there, &url(OTHER, deep), &[]).await;
    passed.assert_status(200);
    assert_eq!(passed.header("remote-user"), "anna");
    assert_eq!(passed.header("remote-email"), "anna@example.org");
    assert_eq!(passed.header("remote-auth-method"), "pwd");
    assert_eq!(passed.header("remote-auth-level"), "session");
    assert_eq!(passed.header("x-inmor-assertion").split('.').count(), 3);
}

async fn gat_07_without_cookies_the_way_ends_at_a_page_that_says_so(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    let ticket = person.ticket(&url(OTHER, "/a")).await;
    person.there.cookies.clear();
    let answer = person.bring(OTHER, &ticket).await;
    answer.assert_status(403);
    assert!(answer.body.contains("Allow cookies"), "{}", answer.body);
}

async fn gat_08_09_a_person_is_redirected_and_a_program_gets_401(kind: Kind) {
    let app = gated(kind).await;
    let mut browser = app.browser();
    let forward = |accept: &'static str| {
        Request::get("/authz/forward")
            .header("accept", accept)
            .header("x-forwarded-method", "GET")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-host", OWN)
            .header("x-forwarded-uri", "/a?b=c")
            .body(Body::empty())
            .unwrap()
    };
    let page = browser.send(forward("text/html")).await;
    page.assert_status(303);
    assert_eq!(
        page.header("location"),
        "http://localhost:3000/accounts/login/?next=/a?b=c"
    );
    let data = browser.send(forward("application/json")).await;
    data.assert_status(401);
    assert_eq!(data.header("location"), "");
    let told: serde_json::Value = serde_json::from_str(&data.body).unwrap();
    assert_eq!(told["error"], "sign_in");
    assert_eq!(told["sign_in"], page.header("location"));
    for more in [
        [("upgrade", "websocket"), ("connection", "upgrade")],
        [
            ("x-requested-with", "XMLHttpRequest"),
            ("accept", "text/html"),
        ],
        [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    ] {
        let answer = ask(&mut browser, &url(OTHER, "/a"), &more).await;
        answer.assert_status(401);
        assert_eq!(answer.header("x-inmor-redirect"), "", "{more:?}");
        assert_eq!(browser.cookie(BROWSER), "", "{more:?}");
    }
}

async fn gat_10_polling_does_not_keep_a_session_alive_and_a_person_does(kind: Kind) {
    let app = gated(kind).await;
    let (mut polling, mut visited) = (app.signed_in("anna").await, app.signed_in("anna").await);
    for _ in 0..4 {
        app.hands.advance(1000);
        let data = [("accept", "application/json")];
        ask(&mut polling, &url(OWN, "/a"), &data).await;
        ask(&mut visited, &url(OWN, "/a"), &[]).await;
    }
    assert_eq!(status(&mut polling, &url(OWN, "/a")).await, 401);
    assert_eq!(status(&mut visited, &url(OWN, "/a")).await, 200);
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
    for path in ["/two/", "/key/"] {
        let answer = ask(&mut person.here, &url(OWN, path), &[]).await;
        answer.assert_status(401);
        assert!(answer.body.contains("step_up"), "{}", answer.body);
        let to = answer.header("x-inmor-redirect");
        let to = to.strip_prefix("http://localhost:3000").unwrap();
        let there = person.here.get(to).await;
        let location = there.assert_status(303).header("location").to_owned();
        assert!(
            location.starts_with("/accounts/reauthenticate/?next=/authz/hand-over/"),
            "{location}"
        );
        // whoever comes back without it is told, and not sent in a circle
        let back = person.here.get(&format!("{to}&confirmed=yes")).await;
        back.assert_status(403);
        assert!(back.body.contains("MFA settings"), "{}", back.body);
    }
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
    person.bring(OTHER, &ticket).await.assert_redirect("/a");
    person.there = copy;
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
    let confirmed = person
        .here
        .post("/accounts/reauthenticate/", &[("password", PASSWORD)])
        .await;
    confirmed.assert_status(303);
    assert_eq!(status(&mut stolen.clone(), &url(OTHER, "/a")).await, 401);
    person.cross(&url(OTHER, "/a"), OTHER).await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 200);
}

async fn gat_16_checks_write_last_seen_once_a_minute_at_most(kind: Kind) {
    let app = gated(kind).await;
    let mut browser = app.signed_in("anna").await;
    let seen = "select cast(sum(last_seen_at) as bigint) from session";
    let begun = app.number(seen).await;
    app.hands.advance(59);
    for _ in 0..20 {
        assert_eq!(status(&mut browser, &url(OWN, "/a")).await, 200);
    }
    assert_eq!(app.number(seen).await, begun);
    app.hands.advance(1);
    assert_eq!(status(&mut browser, &url(OWN, "/a")).await, 200);
    assert_eq!(app.number(seen).await, begun + 60);
}

async fn the_published_key_is_a_set_with_one_key(kind: Kind) {
    let app = gated(kind).await;
    let answer = app.browser().get("/.well-known/jwks.json").await;
    answer.assert_status(200);
    let set: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(set["keys"].as_array().unwrap().len(), 1);
    assert_eq!(set["keys"][0]["crv"], "Ed25519");
}
