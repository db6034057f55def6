//! What a proxy is answered.

use std::sync::Arc;

use axum::{body::Body, http::Request};

use super::{BROWSER, OTHER, OWN, Person, SITE, THIRD, ask, gated, status, url};
use crate::tests::support::{Kind, PASSWORD, SESSION, on_both};

on_both!(
    gat_02_what_is_no_live_session_of_this_site_never_passes,
    gat_02_signing_out_and_disabling_bite_on_the_next_request,
    gat_02_a_factor_that_this_program_requires_is_required_at_its_sites,
    gat_03_a_database_that_fails_is_a_503,
    gat_04_06_11_13_what_is_not_told_clearly_by_a_trusted_proxy_is_denied,
    gat_08_09_a_person_is_redirected_and_a_program_gets_401,
    gat_10_polling_does_not_keep_a_session_alive_and_a_person_does,
    gat_16_checks_write_last_seen_once_a_minute_at_most,
    the_published_key_is_a_set_with_one_key,
);

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
    // also where a session has outlived that
    let mut person = Person::signed_in(&app).await;
    person.cross(&url(OTHER, "/a"), OTHER).await;
    app.execute("update account set disabled_at = 1").await;
    assert_eq!(status(&mut person.there, &url(OTHER, "/a")).await, 401);
    assert_eq!(status(&mut person.here, &url(OWN, "/a")).await, 401);
}

async fn gat_02_a_factor_that_this_program_requires_is_required_at_its_sites(kind: Kind) {
    let app = gated(kind).await;
    let mut person = Person::signed_in(&app).await;
    person.cross(&url(OTHER, "/a"), OTHER).await;
    let strict = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.mfa_required = true;
        services.settings = Arc::new(settings);
    });
    for (browser, host) in [(person.here, OWN), (person.there, OTHER)] {
        let mut after = strict.browser();
        after.cookies = browser.cookies;
        assert_eq!(status(&mut after, &url(host, "/a")).await, 401, "{host}");
        assert_eq!(status(&mut after, &url(host, "/static/a")).await, 200);
    }
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
