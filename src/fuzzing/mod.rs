//! What must hold for every input from outside: one function a subject, which panics when it does not.
//!
//! The fuzz targets in `fuzz/` call these with bytes of their own, `src/tests/corpus.rs` with those
//! that are saved in `fuzz/corpus/`. Built for tests and with the feature `fuzzing`, never for a program.

mod cookies;
mod forwarded;
mod gate;
mod next;
mod otpauth;
mod settings;
mod webauthn;

pub use cookies::cookies;
pub use forwarded::forwarded;
pub use gate::gate;
pub use next::next;
pub use otpauth::otpauth;
pub use settings::settings;
pub use webauthn::{authentication, registration};

/// A property of some bytes.
pub type Property = fn(&[u8]);

/// Each property by the name of its fuzz target and of its folder in `fuzz/corpus/`.
pub const TARGETS: [(&str, Property); 8] = [
    ("authentication", authentication),
    ("cookies", cookies),
    ("forwarded", forwarded),
    ("gate", gate),
    ("next", next),
    ("otpauth", otpauth),
    ("registration", registration),
    ("settings", settings),
];
