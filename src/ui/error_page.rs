//! The page of an answer that no route gives: not found, too large, a defect.

use leptos::prelude::*;

use super::{Brand, Document, Files};

/// A whole document without scripts, for the server to render with `to_html`.
#[component]
pub fn ErrorPage(
    /// The HTTP status.
    status: u16,
    /// What happened, in two or three words.
    title: String,
    /// What to do now.
    text: String,
    /// What to tell the operator, who finds it in the log.
    request_id: String,
    /// Where it leads on to.
    path: &'static str,
    /// And in what words.
    words: &'static str,
    /// Where its files are.
    files: Files,
    /// The words of the head.
    brand: Brand,
) -> impl IntoView {
    view! {
        <Document title files brand>
            <p>{text}</p>
            <p><a href=path>{words}</a></p>
            <p class="small">"Error " {status} ", request " <code>{request_id}</code></p>
        </Document>
    }
}
