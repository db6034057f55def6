//! A caller who keeps cookies and sends what browsers send.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, HeaderValue, Method, Request, header, request::Builder},
};
use tower::ServiceExt as _;

use super::Answer;

/// The origin of the site under the default settings.
pub(in crate::tests) const OWN: &str = "http://localhost:3000";
pub(in crate::tests) const SESSION: &str = "__Host-session";
pub(in crate::tests) const DEVICE: &str = "__Host-device";

/// A browser at one network address, with its cookies.
#[derive(Clone)]
pub(in crate::tests) struct Browser {
    router: Router,
    peer: Option<SocketAddr>,
    origin: String,
    /// What is sent as `Host` with a request that names none.
    host: Option<HeaderValue>,
    /// What is sent beside the usual headers.
    pub(in crate::tests) headers: Vec<(HeaderName, HeaderValue)>,
    pub(in crate::tests) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(super) fn new(router: Router, origin: &str) -> Self {
        let peer = Some(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let agent = HeaderValue::from_static(
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        );
        let headers = vec![(header::USER_AGENT, agent)];
        Self {
            router,
            peer,
            origin: origin.to_owned(),
            host: origin
                .split_once("://")
                .map(|(_, host)| host.parse().unwrap()),
            headers,
            cookies: BTreeMap::new(),
        }
    }

    /// The same browser at another network address.
    pub(in crate::tests) fn at(mut self, address: impl Into<IpAddr>) -> Self {
        self.peer = Some(SocketAddr::new(address.into(), 40_000));
        self
    }

    /// The same browser through a listener that does not tell who connects.
    pub(in crate::tests) fn at_nowhere(mut self) -> Self {
        self.peer = None;
        self
    }

    /// The same browser, which says nothing of the host it wants.
    pub(in crate::tests) fn without_host(mut self) -> Self {
        self.host = None;
        self
    }

    /// The same browser with one more header on every request.
    pub(in crate::tests) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers
            .push((HeaderName::from_static(name), value.parse().unwrap()));
        self
    }

    /// The same browser without cookies.
    pub(in crate::tests) fn forgetful(mut self) -> Self {
        self.cookies.clear();
        self
    }

    pub(in crate::tests) fn cookie(&self, name: &str) -> &str {
        self.cookies.get(name).map_or("", String::as_str)
    }

    pub(in crate::tests) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(in crate::tests) async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path)
            .header(header::ACCEPT, "text/html")
            .body(Body::empty());
        self.send(request.unwrap()).await
    }

    /// Sends a form as a page of this site would.
    pub(in crate::tests) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = post(path, &self.origin)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(form(fields).into()).unwrap()).await
    }

    pub(in crate::tests) async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        self.post(
            "/accounts/login/",
            &[("login", login), ("password", password)],
        )
        .await
    }

    /// Whether the home page knows who this is.
    pub(in crate::tests) async fn is_signed_in(&mut self) -> bool {
        let answer = self.get("/").await;
        match answer.status.as_u16() {
            200 => true,
            303 => {
                assert_eq!(answer.header("location"), "/accounts/login/");
                false
            }
            other => panic!("{other} for the home page: {}", answer.body),
        }
    }

    /// The session goes on under another token than `old` has, whose own is dead.
    pub(in crate::tests) async fn assert_renewed(&mut self, old: &Self) {
        assert_ne!(old.cookie(SESSION), self.cookie(SESSION));
        assert!(!old.clone().is_signed_in().await && self.is_signed_in().await);
    }

    /// Sends a request with this browser's cookies and headers, and keeps the cookies of the answer.
    pub(in crate::tests) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        if let Some(host) = self
            .host
            .clone()
            .filter(|_| !headers.contains_key(header::HOST))
        {
            headers.insert(header::HOST, host);
        }
        if !self.cookies.is_empty() && !headers.contains_key(header::COOKIE) {
            let pairs: Vec<_> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            headers.insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let answer = Answer::read(self.router.clone().oneshot(request).await.unwrap()).await;
        for cookie in answer.set_cookies() {
            let (name, rest) = cookie.split_once('=').unwrap();
            if cookie.contains("; Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.set_cookie(name, rest.split(';').next().unwrap());
            }
        }
        answer
    }
}

/// A POST as a browser sends it from a page of `origin`.
pub(in crate::tests) fn post(path: &str, origin: &str) -> Builder {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::ACCEPT, "text/html")
        .header(header::ORIGIN, origin)
        .header("sec-fetch-site", "same-origin")
}

/// Fields as a form sends them.
pub(in crate::tests) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}
