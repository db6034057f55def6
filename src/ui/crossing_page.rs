//! The page that carries a ticket over to another site.

use leptos::prelude::*;

use super::{Brand, Document, Files};

/// A whole document with a form that sends itself, for the server to render with `to_html`.
#[component]
pub fn CrossingPage(
    /// The address on the other host.
    action: String,
    /// Where it leads, in a few words.
    title: String,
    /// What is carried over.
    ticket: String,
    /// The nonce of the answer.
    nonce: String,
    /// Where its files are.
    files: Files,
    /// The words of the head.
    brand: Brand,
) -> impl IntoView {
    view! {
        <Document title files brand>
            <p>"You are signed in. If nothing happens, press the button."</p>
            <form method="post" action=action>
                <input type="hidden" name="ticket" value=ticket/>
                <button type="submit">"Continue"</button>
            </form>
            <script nonce=nonce>"document.forms[0].submit()"</script>
        </Document>
    }
}
