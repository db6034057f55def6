//! Logging: what happened, for operators, on standard error. No secret is ever an argument here.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

use super::settings::{Log, LogFormat};

/// Starts logging for this process; a second call changes nothing.
///
/// # Errors
/// When the filter is not one, such as `info,inmor_mfa=debug`.
pub fn start(log: &Log) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(&log.filter)?;
    let output = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let _ = match log.format {
        LogFormat::Human => output.try_init(),
        LogFormat::Json => output.json().flatten_event(true).try_init(),
    };
    Ok(())
}
