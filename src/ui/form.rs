//! Form fields, and what a refused form brings back to its page.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::error::Error;

/// A form that was refused; the server provides it as a context when it shows the page again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why it was refused.
    pub error: Error,
    /// What was typed, by field name, without secrets.
    pub typed: Vec<(String, String)>,
}

/// The id of the notice that says why, for the field at fault to point at.
pub(super) const FAILURE_ID: &str = "failure";

/// The form that was just refused, if one was.
#[must_use]
pub fn failure() -> Option<Failure> {
    use_context()
}

/// What was typed into a field of the form that was just refused.
#[must_use]
pub fn typed(name: &str) -> Option<String> {
    let failure = failure()?;
    failure
        .typed
        .into_iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value)
}

/// What a field begins with: what was typed into it before the form was refused, or before its
/// owner was led away to confirm who they are, which stands in the address.
fn value(name: &str) -> Option<String> {
    typed(name).or_else(|| query(name))
}

/// A value of the page's address.
#[must_use]
pub fn query(name: &str) -> Option<String> {
    use_query_map().with_untracked(|query| query.get(name))
}

/// Whether a field of the form that was just refused is at fault.
#[must_use]
pub fn at_fault(name: &str) -> bool {
    failure().is_some_and(|failure| failure.error.field() == Some(name))
}

/// The ids that describe a field: the failure when it is at fault, and its hint.
pub(super) fn described_by(fault: bool, hint: Option<&str>) -> Option<String> {
    let ids: Vec<&str> = fault
        .then_some(FAILURE_ID)
        .into_iter()
        .chain(hint)
        .collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// A labelled line of text. Keeps what was typed when its form is shown again.
#[component]
pub fn Field(
    /// The field's name in the form, and its id.
    name: &'static str,
    /// Its id, where a page has two fields of that name.
    #[prop(default = name)]
    id: &'static str,
    /// What to type.
    label: &'static str,
    /// What helps to fill it in.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// What the browser may fill in.
    autocomplete: &'static str,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    /// Whether the form can be sent without it.
    #[prop(optional)]
    optional: bool,
    /// Whether typing starts here when no form was refused.
    #[prop(optional)]
    first: bool,
    /// Whether another field of that name is meant when the name is at fault.
    #[prop(optional)]
    blameless: bool,
) -> impl IntoView {
    let fault = at_fault(name) && !blameless;
    let hint_id = hint.map(|_| format!("{id}-hint"));
    view! {
        <div class="field">
            <div class="label">
                <label for=id>{label}</label>
                <Mark fault/>
            </div>
            <input
                id=id
                name=name
                type=kind
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                required=!optional
                value=value(name)
                aria-invalid=fault.then_some("true")
                aria-describedby=described_by(fault, hint_id.as_deref())
                autofocus=fault || (first && failure().is_none())
            />
            {hint.map(|hint| view! { <p class="hints" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// Marks the field at fault in words, for colour alone would not be seen by everybody.
#[component]
pub(super) fn Mark(fault: bool) -> impl IntoView {
    fault.then(|| view! { <span class="mark-fault">"Not accepted"</span> })
}

#[cfg(test)]
mod tests {
    use super::described_by;

    #[test]
    fn a_field_points_at_the_failure_before_its_hint() {
        assert_eq!(
            described_by(true, Some("hint")).as_deref(),
            Some("failure hint")
        );
        assert_eq!(described_by(false, Some("hint")).as_deref(), Some("hint"));
        assert_eq!(described_by(false, None), None);
    }
}
