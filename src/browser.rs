//! What only a browser can do. The one place that names its interfaces.

use leptos::prelude::window;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlInputElement;

/// Copies a text to the clipboard; says whether that worked.
pub async fn copy(text: &str) -> bool {
    let window = window();
    // elsewhere the clipboard is not there at all
    window.is_secure_context()
        && JsFuture::from(window.navigator().clipboard().write_text(text))
            .await
            .is_ok()
}

/// Opens the browser's own window for printing.
pub fn print() {
    // a browser that cannot print says so itself
    let _ = window().print();
}

/// Sends the form that a field stands in, as its button would.
pub fn send_form_of(field: &HtmlInputElement) {
    if let Some(form) = field.form() {
        // a form that cannot be sent by itself can still be sent by hand
        let _ = form.request_submit();
    }
}
