//! Calls a site through its proxy, and asks the program what it was asked meanwhile.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use ureq::{
    Agent,
    config::Config,
    http::{Method, Request, Uri},
    tls::{RootCerts, TlsConfig},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use crate::{
    commands::run::Failure,
    gate::flow::{Decision, MarkKeys},
    server::gate::{MADE_OF, MARK, mark_keys},
    services::Services,
};

/// How long a site may take for an answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long a mark is good, in seconds.
const MARK_LIFETIME: i64 = 120;
/// How much of a page is looked at, in bytes.
const MOST: u64 = 1 << 20;

/// What a site answered, and what the gate was asked for it.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) body: String,
    /// Nothing when the gate was not asked.
    pub(super) decision: Option<Decision>,
}

impl Reply {
    /// Whether the site itself, or whoever speaks for it, let the request in.
    pub(super) const fn is_let_in(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

pub(super) struct Caller<'a> {
    agent: Agent,
    services: &'a Services,
    keys: MarkKeys,
    program: String,
}

impl<'a> Caller<'a> {
    /// # Errors
    /// One line when the program does not answer at its own address.
    pub(super) fn new(services: &'a Services, program: String) -> Result<Self, Failure> {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let config = Config::builder()
            .tls_config(tls.build())
            .max_redirects(0)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .user_agent("inmor-mfa gate doctor")
            .build();
        let agent = Agent::with_parts(config, DefaultConnector::default(), AsBrowsersDo::default());
        let caller = Self {
            agent,
            services,
            keys: mark_keys(services),
            program,
        };
        let mark = caller.mark()?;
        caller.made_of(&mark)?;
        Ok(caller)
    }

    /// Calls an address with headers, and no others.
    ///
    /// # Errors
    /// In words, when nothing answers.
    pub(super) fn call(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        let mark = self.mark()?;
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(MARK, &mark);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = self.agent.run(request.body(())?)?;
        let location = answer.headers().get("location");
        let location = location.and_then(|value| value.to_str().ok());
        let location = location.unwrap_or_default().to_owned();
        let body = answer.body_mut().with_config().limit(MOST).read_to_vec();
        Ok(Reply {
            status: answer.status().as_u16(),
            location,
            body: String::from_utf8_lossy(&body.unwrap_or_default()).into_owned(),
            // the newest first
            decision: self.made_of(&mark)?.into_iter().next(),
        })
    }

    /// Whether an address is one of the program's own.
    pub(super) fn leads_to_program(&self, address: &str) -> bool {
        let rest = address.strip_prefix(self.services.settings.public_url.origin());
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    fn mark(&self) -> Result<String, Failure> {
        let until = self.services.clock.now().saturating_add(MARK_LIFETIME);
        let mark = self.keys.make(until, self.services.random.bytes()?);
        mark.ok_or_else(|| "there is no encryption key".into())
    }

    fn made_of(&self, mark: &str) -> Result<Vec<Decision>, Failure> {
        let program = &self.program;
        let request = Request::get(format!("http://{program}{MADE_OF}")).header(MARK, mark);
        let no_answer = |why: String| {
            format!(
                "the program does not answer at {program}, so it cannot say what it was asked: run the doctor beside it, with its settings ({why})"
            )
        };
        let mut answer = self
            .agent
            .run(request.body(())?)
            .map_err(|error| no_answer(error.to_string()))?;
        if answer.status() != 200 {
            return Err(no_answer(format!("status {}", answer.status().as_u16())).into());
        }
        let text = answer.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }
}

/// Finds names below `localhost` on this machine, as browsers do and many systems do not
/// ([RFC 6761 §6.3](https://www.rfc-editor.org/rfc/rfc6761#section-6.3)).
#[derive(Debug, Default)]
struct AsBrowsersDo(DefaultResolver);

impl Resolver for AsBrowsersDo {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let is_here = uri.host().is_some_and(|host| host.ends_with(".localhost"));
        if !is_here {
            return self.0.resolve(uri, config, timeout);
        }
        let usual = if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        let port = uri.port_u16().unwrap_or(usual);
        let mut found = self.empty();
        found.push(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        Ok(found)
    }
}
