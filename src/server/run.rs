//! Starts the server and stops it in an orderly way.

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use axum_server::{Handle, accept::NoDelayAcceptor};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{SignalKind, signal};

use super::router::router;
use crate::{
    auth::{attempts, sessions, setup, throttle},
    mfa::{ceremonies, totp},
    services::{Client, FlowError, Services},
};

/// How long a client may take to send a request's head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running requests may take after SIGTERM.
const GRACE: Duration = Duration::from_secs(10);
/// Between two looks for rows that have run out.
const PURGE_EVERY: Duration = Duration::from_mins(1);

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
    server
        .first_request_timeout(HEADER_TIMEOUT)
        .serve(service)
        .await?;
    purge.abort();
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
    tracing::info!(connections = handle.connection_count(), "stopping");
    handle.graceful_shutdown(Some(GRACE));
}

/// Deletes what has run out, a little at a time.
async fn purge(services: Services) {
    let mut every = tokio::time::interval(PURGE_EVERY);
    loop {
        every.tick().await;
        let gone = async {
            Ok::<_, FlowError>((
                sessions::flow::purge(&services).await?,
                throttle::flow::purge(&services).await?,
                attempts::flow::purge(&services).await?,
                totp::flow::purge(&services).await?,
                ceremonies::flow::purge(&services).await?,
            ))
        };
        match gone.await {
            Ok((sessions, throttles, attempts, enrolments, ceremonies)) => {
                tracing::debug!(
                    sessions, throttles, attempts, enrolments, ceremonies, "purged"
                );
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "nothing purged");
            }
        }
    }
}
