//! Copies a text.

use leptos::{prelude::*, task::spawn_local};

use crate::browser;

/// A button that copies a text to the clipboard; only there in browsers with JavaScript.
#[island]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What it is, for the button's name.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    let (alive, copied) = (RwSignal::new(false), RwSignal::new(None));
    // runs in browsers only: without one the button is of no use
    Effect::new(move || alive.set(true));
    view! {
        <button
            type="button"
            class="quiet"
            hidden=move || !alive.get()
            on:click=move |_| {
                let text = text.clone();
                spawn_local(async move { copied.set(Some(browser::copy(&text).await)) });
            }
        >
            "Copy"
            <span class="unseen">" " {what}</span>
        </button>
        <span aria-live="polite" class="small">{move || match copied.get() {
            None => "",
            Some(true) => "Copied",
            Some(false) => "Not copied: select the text and copy it by hand",
        }}</span>
    }
}
