//! Prints the page.

use leptos::prelude::*;

use crate::browser;

/// A button that prints the page; only there in browsers with JavaScript.
#[island]
pub fn PrintButton() -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move || alive.set(true));
    view! {
        <button
            type="button"
            class="quiet"
            hidden=move || !alive.get()
            on:click=move |_| browser::print()
        >
            "Print"
        </button>
    }
}
