//! Parts of pages that call no server function: the frame, notices, form fields.
//!
//! Pages are rendered on the server and never hydrated; what runs in a browser are small islands
//! inside [`PasswordField`], [`CodeField`], [`CopyButton`], [`PrintButton`], [`KeyButton`], [`KeyAdder`]
//! and [`KeySignals`]. None of them has props, which would bring a JSON reader of 15 KiB to every visitor:
//! what an island needs to know stands in the document, where the server put it. An attribute `data-…` of an
//! island is an `Option` for that: hydrating sets it again, but not to nothing. Without JavaScript the fields are plain
//! fields, and the buttons are not there.

mod brand;
mod code_field;
mod copy_button;
mod crossing_page;
mod document;
mod error_page;
pub mod form;
mod frame;
mod key;
mod notice;
mod password_field;
mod print_button;

pub use brand::Brand;
pub use code_field::CodeField;
pub use copy_button::CopyButton;
pub use crossing_page::CrossingPage;
pub use document::{Document, Files};
pub use error_page::ErrorPage;
pub use frame::{Frame, Page};
pub use key::{KeyAdder, KeyButton, KeySignals};
pub use notice::{Notice, Refused, Tone};
pub use password_field::PasswordField;
pub use print_button::PrintButton;
