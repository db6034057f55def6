//! Parts of pages that call no server function: the frame, notices, form fields.
//!
//! Pages are rendered on the server and never hydrated; the one thing here that runs in a
//! browser is the island [`PasswordField`], and it is a plain field without JavaScript.

mod brand;
mod error_page;
pub mod form;
mod frame;
mod notice;
mod password_field;

pub use brand::Brand;
pub use error_page::ErrorPage;
pub use frame::{Frame, Page};
pub use notice::{Notice, Refused, Tone};
pub use password_field::PasswordField;
