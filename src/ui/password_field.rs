//! The field for a password.

use leptos::{
    context::Provider,
    html::{Button, P},
    prelude::*,
};

use super::form::{Mark, described_by};
use crate::browser;

/// A labelled password field.
///
/// In a browser with JavaScript it can show what was typed and, for a new password, says how
/// many characters are missing; without, it is a plain field.
#[component]
pub fn PasswordField(
    /// The field's name in the form, and its id.
    name: &'static str,
    /// What to type.
    label: &'static str,
    /// The least number of characters of a new password; none for one that exists.
    #[prop(optional)]
    least: Option<u32>,
    /// Whether the form was refused because of it.
    fault: bool,
    /// Whether typing starts here.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let hint = least.map(|_| format!("{name}-hint"));
    view! {
        <div class="field">
            <div class="label">
                <label for=name>{label}</label>
                <Mark fault/>
            </div>
            <div class="password">
                <input
                    id=name
                    name=name
                    type="password"
                    autocomplete=if least.is_some() { "new-password" } else { "current-password" }
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    data-least=least.map(|least| least.to_string())
                    aria-invalid=fault.then_some("true")
                    aria-describedby=described_by(fault, hint.as_deref())
                    autofocus=fault || first
                />
                <Provider value=Shown { name, what: label.to_lowercase() }><Reveal/></Provider>
            </div>
            {least.map(|least| view! {
                <div class="hints">
                    <p id=hint>{least} " characters or more"</p>
                    <Missing/>
                </div>
            })}
        </div>
    }
}

/// The field that a [`Reveal`] is for; the server alone knows it.
#[derive(Clone, Default)]
struct Shown {
    name: &'static str,
    what: String,
}

/// Shows and hides what was typed in the field before it; only there in browsers with JavaScript.
#[island]
fn Reveal() -> impl IntoView {
    let Shown { name, what } = use_context().unwrap_or_default();
    let button = NodeRef::<Button>::new();
    let (alive, shown) = (RwSignal::new(false), RwSignal::new(false));
    // runs in browsers only: before, the button is of no use
    Effect::new(move || alive.set(true));
    view! {
        <button
            type="button"
            class="reveal"
            node_ref=button
            hidden=move || !alive.get()
            aria-controls=name
            // the name changes with the state, so there is no aria-pressed beside it
            on:click=move |_| {
                shown.update(|shown| *shown = !*shown);
                if let Some(field) = button.get().and_then(|button| browser::field_above(&button)) {
                    field.set_type(if shown.get_untracked() { "text" } else { "password" });
                }
            }
        >
            {move || if shown.get() { "Hide" } else { "Show" }}
            <span class="unseen">" " {what}</span>
        </button>
    }
}

/// Counts the characters that a new password still needs.
#[island]
fn Missing() -> impl IntoView {
    let (place, text) = (NodeRef::<P>::new(), RwSignal::new(String::new()));
    // runs in browsers only: something may be typed already
    Effect::new(move || {
        let Some(field) = place.get().and_then(|place| browser::field_above(&place)) else {
            return;
        };
        let least = browser::told(&field, "least").parse().unwrap_or_default();
        text.set(missing(least, field.value().chars().count()));
        browser::on_input(&field, move |field| {
            text.set(missing(least, field.value().chars().count()));
        });
    });
    view! { <p aria-live="polite" node_ref=place>{move || text.get()}</p> }
}

/// How many characters are missing, once something was typed.
fn missing(least: usize, length: usize) -> String {
    match least.saturating_sub(length) {
        _ if length == 0 => String::new(),
        0 => "Long enough".to_owned(),
        1 => "1 more character".to_owned(),
        more => format!("{more} more characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn the_hint_counts_down_and_is_silent_before_the_first_character() {
        assert_eq!(missing(15, 0), "");
        assert_eq!(missing(15, 6), "9 more characters");
        assert_eq!(missing(15, 14), "1 more character");
        assert_eq!(missing(15, 15), "Long enough");
        assert_eq!(missing(15, 300), "Long enough");
    }
}
