//! Logging: what happened, for operators, on standard error. No secret is ever an argument here.

use std::{env, ffi::OsStr, io::IsTerminal};

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
        .with_ansi(in_colour(
            std::io::stderr().is_terminal(),
            env::var_os("NO_COLOR").as_deref(),
        ))
        .with_target(false);
    let _ = match log.format {
        LogFormat::Human => output.try_init(),
        LogFormat::Json => output.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// For a terminal whose owner has not said no ([no-color.org](https://no-color.org): any text but an empty one).
fn in_colour(terminal: bool, no_color: Option<&OsStr>) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_in_colour_only_on_a_terminal_whose_owner_allows_it() {
        assert!(in_colour(true, None));
        assert!(in_colour(true, Some(OsStr::new(""))));
        assert!(!in_colour(true, Some(OsStr::new("1"))));
        assert!(!in_colour(false, None));
    }
}
