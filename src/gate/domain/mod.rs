//! What a proxy asks, what a rule needs, and what a site is told: all of it without input or output.

mod asked;
mod assertion;
mod decisions;
mod derive;
mod mark;
mod path;
mod verdict;

pub use asked::{Asked, Unclear, Wants};
pub use assertion::{Claims, SigningKeys};
pub use decisions::{Decision, Decisions, Outcome};
pub use mark::MarkKeys;
pub use path::Reading;
pub use verdict::{Needs, Standing, Verdict, level};
