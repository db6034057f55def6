//! Starts the server and stops it in an orderly way.

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use axum_server::{Handle, accept::NoDelayAcceptor};
use hyper_util::rt::TokioTimer;
use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};

use super::{clock_watch, metrics, router::router};
use crate::{
    auth::{attempts, sessions, setup, throttle},
    gate,
    mfa::{ceremonies, totp},
    services::{Client, FlowError, Services},
};

/// How long a client may take to send a request's head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running requests may take after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);
/// Between two looks for rows that have run out.
const PURGE_EVERY: Duration = Duration::from_mins(1);
/// Rows that one statement deletes at most, as the flows say.
const PURGE_BATCH: u64 = 1_000;
/// Between two batches, for others to write.
const PURGE_PAUSE: Duration = Duration::from_millis(100);

/// Why the server does not run. One line, for an operator.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Somebody else has the port, or it is not ours to take.
    #[error(
        "listen: {address} cannot be used: {cause}; stop what listens there, or set LISTEN to another port"
    )]
    Listen {
        /// What was set.
        address: SocketAddr,
        /// What the system said.
        cause: io::Error,
    },
    /// The first-run link could not be stored.
    #[error("the first-run link cannot be stored: {0}")]
    SetupLink(#[from] FlowError),
    /// The server stopped by itself.
    #[error("the server failed: {0}")]
    Server(#[from] io::Error),
}

/// Takes the port, so that a taken one is told before anything else is done.
///
/// # Errors
/// [`RunError::Listen`].
pub fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    let listener =
        TcpListener::bind(address).map_err(|cause| RunError::Listen { address, cause })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until SIGTERM or SIGINT, then lets running requests finish and gives letters a last moment.
///
/// # Errors
/// [`RunError`].
pub async fn serve(services: Services, listener: TcpListener) -> Result<(), RunError> {
    let address = listener.local_addr()?;
    print_setup_link(&services).await?;
    let handle = Handle::new();
    tokio::spawn(stop_on_signal(handle.clone()));
    let purge = tokio::spawn(purge(services.clone()));
    let watch = tokio::spawn(clock_watch::watch(services.clock.clone()));
    let counting = tokio::spawn(metrics::keep_up());
    let service = router(services.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(NoDelayAcceptor::new())
        .handle(handle)
        .http1_only();
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    tracing::info!(%address, public_url = services.settings.public_url.origin(), "listening");
    // the port has been ours for a while, so whoever connects now is answered
    tell(NotifyState::Ready);
    let watchdog = tokio::spawn(watchdog(services.clone()));
    server
        .first_request_timeout(HEADER_TIMEOUT)
        .serve(service)
        .await?;
    purge.abort();
    watch.abort();
    counting.abort();
    watchdog.abort();
    services.mailer.close().await;
    services.db.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// On standard output: the link is for whoever started the program, not for the log.
async fn print_setup_link(services: &Services) -> Result<(), RunError> {
    if let Some(token) = setup::flow::issue(services, &Client::shell()).await? {
        let link = setup::flow::link(services, &token);
        let printed = writeln!(
            io::stdout().lock(),
            "Create the first administrator within 30 minutes at this address:\n{link}"
        );
        if let Err(error) = printed {
            tracing::warn!(%error, "the first-run link cannot be printed: use inmor-mfa setup-link");
        }
    }
    Ok(())
}

async fn stop_on_signal(handle: Handle<SocketAddr>) {
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::warn!("signals cannot be caught: a stop will not wait for running requests");
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    tell(NotifyState::Stopping);
    tracing::info!(connections = handle.connection_count(), "stopping");
    handle.graceful_shutdown(Some(GRACE));
}

/// Tells systemd, where it asked to be told (`Type=notify`).
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}

/// Tells systemd eight times in each `WatchdogSec=` that the database answers, so that a few answers may
/// fail; it restarts what says nothing.
async fn watchdog(services: Services) {
    let Some(within) = sd_notify::watchdog_enabled().filter(|within| !within.is_zero()) else {
        return;
    };
    let mut every = tokio::time::interval(within / 8);
    loop {
        every.tick().await;
        match services.db.ping().await {
            Ok(()) => tell(NotifyState::Watchdog),
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "systemd is not told to wait: the database does not answer"
            ),
        }
    }
}

/// Deletes what has run out, a little at a time: whoever wants to write waits for one batch at most.
async fn purge(services: Services) {
    let mut every = tokio::time::interval(PURGE_EVERY);
    loop {
        every.tick().await;
        loop {
            match purge_once(&services).await {
                Ok(true) => tokio::time::sleep(PURGE_PAUSE).await,
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "nothing purged");
                    break;
                }
            }
        }
    }
}

/// A batch of each kind; whether there is more.
async fn purge_once(services: &Services) -> Result<bool, FlowError> {
    let gone = [
        ("sessions", sessions::flow::purge(services).await?),
        ("throttles", throttle::flow::purge(services).await?),
        ("attempts", attempts::flow::purge(services).await?),
        ("enrolments", totp::flow::purge(services).await?),
        ("ceremonies", ceremonies::flow::purge(services).await?),
        ("tickets", gate::flow::purge(services).await?),
    ];
    for (what, rows) in gone.iter().filter(|(_, rows)| *rows > 0) {
        tracing::debug!(what, rows, "purged");
    }
    Ok(gone.iter().any(|(_, rows)| *rows >= PURGE_BATCH))
}
