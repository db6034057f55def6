//! What a proxy is answered, and how a session gets to a site; group GAT.

use std::sync::Arc;

use axum::{body::Body, http::Request};

use crate::{
    gate::{Require, Role, Rule, Site},
    server::gate::IDENTITY,
    tests::support::{Answer, Browser, Kind, PASSWORD, TestApp},
};

mod checks;
mod crossing;
mod page;

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
                fresh: Some(60),
                ..rule("/fresh/", Require::Session)
            },
            Rule {
                fresh: Some(60),
                ..rule("/fresh/key/", Require::PhishingResistant)
            },
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
    for name in IDENTITY {
        // on every answer, or a proxy would leave what a client sent
        let is_set = answer.headers.get(name).map(|value| !value.is_empty());
        let right = answer.status == 200 || is_set == Some(false);
        assert!(is_set.is_some() && right, "{name}");
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

    /// Confirms who it is, by the password.
    async fn confirm(&mut self) {
        let fields = [("password", PASSWORD)];
        let confirmed = self.here.post("/accounts/reauthenticate/", &fields).await;
        confirmed.assert_status(303);
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
