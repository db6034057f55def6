//! Shows how far a long command is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::run::Failure;

/// A bar on standard error, drawn only where that is a terminal.
///
/// # Errors
/// When `template` is none.
pub(super) fn bar(length: Option<u64>, template: &str) -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}
