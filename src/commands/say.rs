//! Prints answers.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
};

use super::run::Failure;

/// Prints a line of the answer. A reader that has gone away, as in `… | head -1`, is no failure.
///
/// # Errors
/// Any other, such as a full disk.
pub(super) fn say(line: impl Display) -> Result<(), Failure> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("the answer cannot be printed: {error}").into())
        }
        _ => Ok(()),
    }
}
