//! The field for a code.

use leptos::{html::Input, prelude::*};

use super::form::{Mark, described_by};
use crate::browser;

/// A labelled field for a numeric code. In a browser with JavaScript the form sends itself with the
/// last digit; without, it is a plain field.
#[island]
pub fn CodeField(
    /// What to type.
    #[prop(into)]
    label: String,
    /// Digits of a whole code.
    digits: u32,
    /// Whether the form was refused because of it.
    fault: bool,
    /// Whether typing starts here.
    first: bool,
) -> impl IntoView {
    let (input, alive, sent) = (
        NodeRef::<Input>::new(),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    // runs in browsers only: that it is sent by itself is said before it happens (WCAG 3.2.2)
    Effect::new(move || alive.set(true));
    view! {
        <div class="field">
            <div class="label">
                <label for="code">{label}</label>
                <Mark fault/>
            </div>
            <input
                node_ref=input
                id="code"
                name="code"
                class="digits"
                type="text"
                inputmode="numeric"
                autocomplete="one-time-code"
                spellcheck="false"
                required
                aria-invalid=fault.then_some("true")
                aria-describedby=move || described_by(fault, alive.get().then_some("code-hint"))
                autofocus=fault || first
                on:input:target=move |event| {
                    let whole = is_whole(&event.target().value(), digits);
                    sent.set(whole);
                    if whole {
                        browser::send_form_of(&event.target());
                    }
                }
                // who presses Enter by habit would send a code that is used by then
                on:keydown=move |event| {
                    if sent.get() && event.key() == "Enter" {
                        event.prevent_default();
                    }
                }
            />
            <p class="hints" id="code-hint" hidden=move || !alive.get()>"Sent by itself with the last digit"</p>
        </div>
    }
}

/// Whether a text is a whole code, blanks and dashes aside.
fn is_whole(text: &str, digits: u32) -> bool {
    let kept = || {
        text.chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
    };
    kept().all(|letter| letter.is_ascii_digit())
        && u32::try_from(kept().count()).is_ok_and(|count| count == digits)
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_code_is_whole_with_its_last_digit_however_it_is_spaced() {
        assert!(!is_whole("12345", 6));
        assert!(is_whole("123456", 6));
        assert!(is_whole("123 456", 6) && is_whole("123-456", 6));
        assert!(!is_whole("12345a", 6) && !is_whole("1234567", 6));
    }
}
