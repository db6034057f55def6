//! The field for a code.

use leptos::{html::P, prelude::*};

use super::form::{Mark, described_by};
use crate::browser;

/// A labelled field for a numeric code. In a browser with JavaScript the form sends itself with the
/// last digit; without, it is a plain field.
#[component]
pub fn CodeField(
    /// What to type.
    label: &'static str,
    /// Digits of a whole code.
    digits: u32,
    /// Whether the form was refused because of it.
    fault: bool,
    /// Whether typing starts here.
    first: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <div class="label">
                <label for="code">{label}</label>
                <Mark fault/>
            </div>
            <input
                id="code"
                name="code"
                class="digits"
                type="text"
                inputmode="numeric"
                autocomplete="one-time-code"
                spellcheck="false"
                required
                data-digits=digits.to_string()
                aria-invalid=fault.then_some("true")
                aria-describedby=described_by(fault, Some("code-hint"))
                autofocus=fault || first
            />
            <SendsItself/>
        </div>
    }
}

/// Sends the form of the field above with its last digit, and says so before it happens (WCAG 3.2.2).
#[island]
fn SendsItself() -> impl IntoView {
    let (hint, alive) = (NodeRef::<P>::new(), RwSignal::new(false));
    // runs in browsers only
    Effect::new(move || {
        let Some(field) = hint.get().and_then(|hint| browser::field_above(&hint)) else {
            return;
        };
        let digits = browser::told(&field, "digits").parse().unwrap_or_default();
        let sent = StoredValue::new(false);
        browser::on_input(&field, move |field| {
            let whole = is_whole(&field.value(), digits);
            sent.set_value(whole);
            if whole {
                browser::send_form_of(field);
            }
        });
        // who presses Enter by habit would send a code that is used by then
        browser::on_enter(&field, move || !sent.get_value());
        alive.set(true);
    });
    view! {
        <p class="hints" id="code-hint" node_ref=hint hidden=move || !alive.get()>{move || alive.get().then_some("Sent by itself with the last digit")}</p>
    }
}

/// Whether a text is a whole code, blanks and dashes aside.
fn is_whole(text: &str, digits: usize) -> bool {
    let kept = || {
        text.chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
    };
    kept().all(|letter| letter.is_ascii_digit()) && kept().count() == digits
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
