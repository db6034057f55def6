//! The field for a password.

use leptos::{html::Input, prelude::*};

use super::form::{Mark, described_by};

/// A labelled password field.
///
/// In a browser with JavaScript it can show what was typed and, for a new password, says how
/// many characters are missing; without, it is a plain field.
#[island]
pub fn PasswordField(
    /// The field's name in the form, and its id.
    #[prop(into)]
    name: String,
    /// What to type.
    #[prop(into)]
    label: String,
    /// The least number of characters of a new password; none for one that exists.
    #[prop(optional)]
    least: Option<u32>,
    /// Whether the form was refused because of it.
    fault: bool,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    let (alive, shown, length) = (
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(0_usize),
    );
    // runs in browsers only: the button is of no use before, and something may be typed already
    Effect::new(move || {
        if let Some(input) = input.get() {
            length.set(input.value().chars().count());
            alive.set(true);
        }
    });
    let (hint, what) = (least.map(|_| format!("{name}-hint")), label.to_lowercase());
    view! {
        <div class="field">
            <div class="label">
                <label for=name.clone()>{label}</label>
                <Mark fault/>
            </div>
            <div class="password">
                <input
                    node_ref=input
                    id=name.clone()
                    name=name.clone()
                    type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=if least.is_some() { "new-password" } else { "current-password" }
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    aria-invalid=fault.then_some("true")
                    aria-describedby=described_by(fault, hint.as_deref())
                    autofocus=fault
                    on:input:target=move |event| length.set(event.target().value().chars().count())
                />
                <button
                    type="button"
                    class="reveal"
                    hidden=move || !alive.get()
                    aria-controls=name
                    // the name changes with the state, so there is no aria-pressed beside it
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    {move || if shown.get() { "Hide" } else { "Show" }}
                    <span class="unseen">" " {what}</span>
                </button>
            </div>
            {least.map(|least| view! {
                <div class="hints">
                    <p id=hint>{least} " characters or more"</p>
                    <p aria-live="polite">{move || missing(least, length.get())}</p>
                </div>
            })}
        </div>
    }
}

/// How many characters are missing, once something was typed.
fn missing(least: u32, length: usize) -> String {
    let length = u32::try_from(length).unwrap_or(u32::MAX);
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
