//! What is kept of decisions, and who sees it; roles; Traefik's way to ask.

use axum::{body::Body, http::Request};

use super::{OTHER, OWN, Person, ask, gated, status, url};
use crate::{
    auth::accounts::flow as accounts,
    services::Client,
    tests::support::{Kind, TestApp, on_both},
};

on_both!(
    the_page_shows_the_sites_and_to_each_their_own_decisions,
    aud_01_the_denial_of_a_person_is_one_event_a_minute,
    ses_21_a_role_that_is_given_or_taken_holds_from_the_next_request_on,
    gat_15_traefik_asks_as_its_documentation_says,
    the_gate_tells_nobody_without_a_mark_what_it_was_asked,
);

async fn set_superuser(app: &TestApp, name: &str, has: bool) {
    let account = accounts::find(&app.services, name).await.unwrap().unwrap();
    let changed = accounts::set_roles(&app.services, &Client::shell(), &account, false, has).await;
    assert!(changed.unwrap());
}

async fn the_page_shows_the_sites_and_to_each_their_own_decisions(kind: Kind) {
    let app = gated(kind).await;
    app.account("berta").await;
    let mut nobody = app.browser();
    nobody
        .get("/admin/gate/")
        .await
        .assert_redirect("/accounts/login/?next=/admin/gate/");
    let mut anna = app.signed_in("anna").await;
    let mut berta = app.signed_in("berta").await;
    let page = anna.get("/admin/gate/").await;
    for text in [
        "admin.localhost",
        "router.localhost",
        "security key or passkey",
        "None yet.",
    ] {
        assert!(
            page.assert_status(200).body.contains(text),
            "{text}: {}",
            page.body
        );
    }
    status(&mut anna, &url(OWN, "/of-anna?secret=1")).await;
    status(&mut berta, &url(OWN, "/of-berta")).await;
    status(&mut nobody, &url(OWN, "/of-nobody")).await;
    ask(&mut nobody, "http://evil.example/", &[]).await;
    let sees = async |browser: &mut crate::tests::support::Browser| {
        let body = browser.get("/admin/gate/").await.body;
        assert!(!body.contains("secret"), "{body}");
        [
            "of-anna",
            "of-berta",
            "of-nobody",
            "evil.example is no site",
        ]
        .map(|text| body.contains(text))
    };
    assert_eq!(sees(&mut anna).await, [true, false, false, false]);
    assert_eq!(sees(&mut berta).await, [false, true, false, false]);
    set_superuser(&app, "berta", true).await;
    assert_eq!(sees(&mut berta).await, [true; 4]);
}

async fn aud_01_the_denial_of_a_person_is_one_event_a_minute(kind: Kind) {
    let app = gated(kind).await;
    let mut anna = app.signed_in("anna").await;
    let mut nobody = app.browser();
    for _ in 0..3 {
        assert_eq!(status(&mut anna, &url(OWN, "/root/a?secret=1")).await, 403);
        assert_eq!(status(&mut nobody, &url(OWN, "/root/")).await, 401);
    }
    let detail = "localhost:3000: /root/ asks for session, role superuser";
    assert_eq!(app.details("gate.denied").await, [detail]);
    app.hands.advance(60);
    assert_eq!(status(&mut anna, &url(OWN, "/root/")).await, 403);
    assert_eq!(app.details("gate.denied").await, [detail, detail]);
    // on the way to a site where they have nothing yet, too
    let mut person = Person {
        here: anna,
        there: app.browser(),
    };
    app.hands.advance(1);
    let path = person.sent_to(&url(OTHER, "/root/")).await;
    person.here.get(&path).await.assert_status(403);
    let there = "admin.localhost: /root/ asks for session, role superuser";
    let last = app.details("gate.denied").await.pop();
    assert_eq!(last.as_deref(), Some(there));
    let whole = "select count(*) from audit_event join session on session.id = audit_event.session_id \
         where action = 'gate.denied' and actor_id = session.account_id and subject_id = actor_id";
    assert_eq!(app.number(whole).await, 3);
}

async fn ses_21_a_role_that_is_given_or_taken_holds_from_the_next_request_on(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    person.cross(&url(OTHER, "/a"), OTHER).await;
    for (has, expected) in [(true, 200), (false, 403), (true, 200)] {
        set_superuser(&app, "anna", has).await;
        app.hands.advance(1);
        assert_eq!(
            status(&mut person.here, &url(OWN, "/root/")).await,
            expected
        );
        assert_eq!(
            status(&mut person.there, &url(OTHER, "/root/")).await,
            expected
        );
    }
    assert_eq!(
        app.details("account.roles").await,
        ["superuser", "", "superuser"]
    );
}

/// [ForwardAuth](https://doc.traefik.io/traefik/middlewares/http/forwardauth/): the request's own
/// headers, and five of Traefik's; a WebSocket's scheme is `ws` or `wss`.
async fn gat_15_traefik_asks_as_its_documentation_says(kind: Kind) {
    let app = gated(kind).await;
    let mut anna = app.signed_in("anna").await;
    let mut nobody = app.browser();
    let asked = |method: &str, scheme: &str, uri: &str, more: &[(&str, &str)]| {
        let mut request = Request::get("/authz/forward")
            .header("x-forwarded-method", method)
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-host", OWN)
            .header("x-forwarded-uri", uri)
            .header("x-forwarded-for", "203.0.113.7")
            .header("x-forwarded-port", "3000")
            .header("x-forwarded-server", "traefik")
            .header("x-real-ip", "203.0.113.7");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let page = [
        ("accept", "text/html,*/*;q=0.8"),
        ("remote-user", "mallory"),
    ];
    let web_socket = [("connection", "Upgrade"), ("upgrade", "websocket")];
    for (method, scheme, uri, more, stranger) in [
        ("GET", "http", "/a?b=c", &page[..], 303),
        ("POST", "http", "/a", &page, 401),
        ("GET", "http", "/a", &[("accept", "application/json")], 401),
        ("GET", "ws", "/live", &web_socket, 401),
        ("GET", "http", "/static/a.css", &page, 200),
    ] {
        let answer = nobody.send(asked(method, scheme, uri, more)).await;
        assert_eq!(answer.status, stranger, "{method} {scheme} {uri}");
        assert_eq!(answer.header("remote-user"), "");
        let answer = anna.send(asked(method, scheme, uri, more)).await;
        answer.assert_status(200);
        assert_eq!(answer.header("remote-user"), "anna");
    }
}

async fn the_gate_tells_nobody_without_a_mark_what_it_was_asked(kind: Kind) {
    let app = gated(kind).await;
    let mut browser = app.signed_in("anna").await;
    status(&mut browser, &url(OWN, "/a")).await;
    for mark in [
        "",
        "x",
        "9999999999.00.00",
        "9999999999..",
        "9999999999.0123456789abcdef0123456789abcdef.",
    ] {
        let request = Request::get("/authz/doctor").header("x-inmor-doctor", mark);
        let answer = browser.send(request.body(Body::empty()).unwrap()).await;
        answer.assert_status(404);
    }
    browser.get("/authz/doctor").await.assert_status(404);
}
