//! Copies a text.

use leptos::{context::Provider, html::Button, prelude::*, task::spawn_local};

use crate::browser;

/// A button that copies a text to the clipboard; only there in browsers with JavaScript.
#[component]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// What it is, for the button's name.
    what: &'static str,
) -> impl IntoView {
    let text = Some(text);
    view! { <Provider value=Copied { text, what }><Copy/></Provider> }
}

/// What a [`Copy`] copies; the server alone knows it, the browser finds it in the document.
#[derive(Clone, Default)]
struct Copied {
    text: Option<String>,
    what: &'static str,
}

#[island]
fn Copy() -> impl IntoView {
    let Copied { text, what } = use_context().unwrap_or_default();
    let button = NodeRef::<Button>::new();
    let (alive, copied) = (RwSignal::new(false), RwSignal::new(None));
    // runs in browsers only: without one the button is of no use
    Effect::new(move || alive.set(true));
    view! {
        <button
            type="button"
            class="quiet"
            node_ref=button
            data-text=text
            hidden=move || !alive.get()
            on:click=move |_| {
                let text = button.get().map(|button| browser::told(&button, "text"));
                spawn_local(async move {
                    copied.set(Some(browser::copy(&text.unwrap_or_default()).await));
                });
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
