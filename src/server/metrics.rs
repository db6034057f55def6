//! What an operator watches, in Prometheus' text format: counters of what happened in this process, and
//! what the database holds at the moment of asking.

use std::{
    net::IpAddr,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use subtle::ConstantTimeEq as _;

use super::{error_page::Explained, router::Shared};
use crate::{
    auth::sessions::flow as sessions,
    error::Error,
    mfa::rotation::flow::{self as rotation, State as KeyState},
    services::{Client, FlowError, Services},
};

const REQUEST_SECONDS: &str = "inmor_mfa_request_seconds";
/// Upper bounds of the durations that are told apart, in seconds.
const BOUNDS: [f64; 11] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

/// One for the process: the counters are written to from everywhere.
static RECORDER: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BOUNDS)
        .ok()?;
    let handle = builder.install_recorder().ok()?;
    describe();
    Some(handle)
});

/// The id of a key and what it is to the settings.
type Seal = (String, &'static str);
/// Those of the last look.
static SEALS: Mutex<Vec<Seal>> = Mutex::new(Vec::new());
/// Between two times that durations are put into their buckets: until then each is kept by itself.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Keeps what is counted small, whether anybody reads it or not.
pub(super) async fn keep_up() {
    let mut every = tokio::time::interval(UPKEEP_EVERY);
    loop {
        every.tick().await;
        if let Some(recorder) = &*RECORDER {
            recorder.run_upkeep();
        }
    }
}

/// Counts from now on.
pub(super) fn start() {
    if RECORDER.is_none() {
        tracing::error!("nothing can be counted: the metrics will be empty");
    }
}

fn describe() {
    describe_counter!(
        "inmor_mfa_sign_ins_total",
        "Sign-ins, and steps of them that were refused, by outcome and method"
    );
    describe_counter!(
        "inmor_mfa_events_total",
        "Events of the audit trail by action"
    );
    describe_counter!(
        "inmor_mfa_throttled_total",
        "Tries that came too early, by what was limited"
    );
    describe_counter!(
        "inmor_mfa_clock_jumps_total",
        "Times that the clock of the machine was set"
    );
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Requests by route");
    describe_histogram!(
        "inmor_mfa_hash_wait_seconds",
        Unit::Seconds,
        "What passwords waited for their turn to be hashed"
    );
    describe_gauge!(
        "inmor_mfa_hashes",
        "Passwords that are being hashed, or wait for it"
    );
    describe_gauge!(
        "inmor_mfa_database_connections",
        "Connections to the database"
    );
    describe_gauge!("inmor_mfa_database_up", "Whether the database answers");
    describe_gauge!("inmor_mfa_sessions", "Sessions that have not run out");
    describe_gauge!(
        "inmor_mfa_sealed_secrets",
        "Secrets by the key that sealed them"
    );
    describe_gauge!("inmor_mfa_build", "The version that runs");
}

/// The layer: how long each request took.
pub(super) async fn time(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str)
        .to_owned();
    let method = request.method().clone();
    // a duration for the operator decides nothing
    let begun = tokio::time::Instant::now();
    let answer = next.run(request).await;
    // methods are the client's words
    let method = match method.as_str() {
        known @ ("GET" | "HEAD" | "POST") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let status = answer.status().as_u16().to_string();
    histogram!(REQUEST_SECONDS, "method" => method, "route" => route, "status" => status)
        .record(begun.elapsed());
    answer
}

/// The metrics, to whoever may read them; nobody else learns that they are there.
pub(super) async fn show(State(shared): State<Shared>, request: Request) -> Response {
    if !may_read(&shared.services, &request) {
        return (
            StatusCode::NOT_FOUND,
            Explained(Error::NotFound.to_string()),
        )
            .into_response();
    }
    let answers = match look(&shared.services).await {
        Ok(()) => 1.0,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the database cannot be measured"
            );
            0.0
        }
    };
    gauge!("inmor_mfa_database_up").set(answers);
    let text = RECORDER.as_ref().map(|recorder| {
        recorder.run_upkeep();
        recorder.render()
    });
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, text.unwrap_or_default()).into_response()
}

/// With a token set, whoever knows it; else a program on this machine that asks without a proxy between,
/// by an address of this machine.
fn may_read(services: &Services, request: &Request) -> bool {
    let headers = request.headers();
    if let Some(token) = &services.settings.metrics_token {
        return bearer(headers)
            .is_some_and(|given| given.as_bytes().ct_eq(token.expose().as_bytes()).into());
    }
    let forwarded = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];
    let local = request
        .extensions()
        .get::<Client>()
        .and_then(|client| client.address.parse::<IpAddr>().ok())
        .is_some_and(|address| address.is_loopback());
    local
        && names_this_machine(headers)
        && forwarded.iter().all(|name| !headers.contains_key(*name))
}

/// A proxy that adds no header of its own mostly leaves `Host` as browsers send it.
fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    host.is_some_and(|host| {
        let host = host.host().trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Reads what stands for itself at this moment.
async fn look(services: &Services) -> Result<(), FlowError> {
    gauge!("inmor_mfa_build", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    let (hashing, waiting) = services.passwords.load();
    gauge!("inmor_mfa_hashes", "state" => "running").set(number(hashing));
    gauge!("inmor_mfa_hashes", "state" => "waiting").set(number(waiting));
    let (open, idle) = services.db.connections();
    gauge!("inmor_mfa_database_connections", "state" => "used")
        .set(number(open.saturating_sub(idle)));
    gauge!("inmor_mfa_database_connections", "state" => "idle").set(number(idle));
    let live = sessions::count(services).await?;
    gauge!("inmor_mfa_sessions").set(number(usize::try_from(live).unwrap_or_default()));
    let held = rotation::status(services).await?;
    let seal = |(key, state): &Seal| gauge!("inmor_mfa_sealed_secrets", "key" => key.clone(), "state" => *state);
    let mut seals = SEALS.lock().unwrap_or_else(PoisonError::into_inner);
    let before = std::mem::take(&mut *seals);
    for held in held {
        let state = match held.state {
            KeyState::Seals => "seals",
            KeyState::Opens => "opens",
            KeyState::Missing => "missing",
        };
        let secrets = usize::try_from(held.secrets).unwrap_or_default();
        let one = (held.key_id, state);
        seal(&one).set(number(secrets));
        seals.push(one);
    }
    // a key that holds nothing any more is no longer told of, and would stay as it was
    for gone in before.iter().filter(|one| !seals.contains(one)) {
        seal(gone).set(0.0);
    }
    Ok(())
}

/// Prometheus knows floating-point numbers only; counts of this program are exact in them.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
