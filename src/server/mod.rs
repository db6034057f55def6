//! The HTTP server: settings, router, what surrounds every request, and its start and stop.

#[cfg(feature = "ssr")]
pub(crate) mod client_address;
#[cfg(feature = "ssr")]
mod clock_watch;
#[cfg(feature = "ssr")]
mod download;
#[cfg(feature = "ssr")]
mod error_page;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "ssr")]
pub(crate) mod gate;
#[cfg(feature = "ssr")]
mod headers;
#[cfg(feature = "ssr")]
mod health;
#[cfg(feature = "ssr")]
mod host;
#[cfg(feature = "ssr")]
mod metrics;
#[cfg(feature = "ssr")]
mod origin;
#[cfg(feature = "ssr")]
pub mod router;
#[cfg(feature = "ssr")]
pub mod run;
#[cfg(feature = "ssr")]
pub mod settings;
#[cfg(feature = "ssr")]
mod site;
#[cfg(feature = "ssr")]
pub mod telemetry;
