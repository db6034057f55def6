//! Notices: what went wrong, what was done.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::form;
use crate::error::Error;

/// What a notice says of itself, by colour and to a screen reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done. Read out when there is time.
    Done,
    /// Something wants attention. Part of the page.
    Warning,
    /// Something was refused. Read out at once.
    Failure,
}

/// A sentence or two that stand out.
#[component]
pub fn Notice(
    /// What kind of notice.
    tone: Tone,
    /// The sentences.
    children: Children,
) -> impl IntoView {
    let (class, role) = match tone {
        Tone::Done => ("notice done", Some("status")),
        Tone::Warning => ("notice warning", None),
        Tone::Failure => ("notice failure", Some("alert")),
    };
    view! { <div class=class role=role>{children()}</div> }
}

/// Why the form that was just sent was refused, if one was.
///
/// It takes the focus when no single field is at fault, for a page load does not make
/// `role="alert"` speak in every screen reader.
#[component]
pub(super) fn FailureNotice() -> impl IntoView {
    form::failure().map(|failure| {
        view! {
            <div
                class="notice failure"
                id=form::FAILURE_ID
                role="alert"
                tabindex="-1"
                autofocus=failure.error.field().is_none()
            >
                <p>{words(failure.error)}</p>
            </div>
        }
    })
}

/// What an error says, its commands as code.
fn words(error: Error) -> impl IntoView {
    let text = error.to_string();
    let parts = text.split('`').enumerate().map(|(at, part)| {
        let part = part.to_owned();
        if at % 2 == 1 {
            view! { <code>{part}</code> }.into_any()
        } else {
            part.into_any()
        }
    });
    parts.collect_view()
}

/// What the page before has done, by the code in the address. An unknown code says nothing.
#[component]
pub(super) fn DoneNotice() -> impl IntoView {
    let done = use_query_map().with_untracked(|query| query.get_str("done").and_then(sentence));
    done.filter(|_| form::failure().is_none())
        .map(|sentence| view! { <Notice tone=Tone::Done><p>{sentence}</p></Notice> })
}

fn sentence(code: &str) -> Option<&'static str> {
    Some(match code {
        "signed-out" => "You have signed out.",
        "session-ended" => "The session has been ended.",
        "others-ended" => "All other sessions have been ended.",
        "password-changed" => "Your password was changed. All other sessions have been ended.",
        "attempt-over" => "That sign-in has run out. Start again with your password.",
        "totp-activated" => "Authenticator app activated.",
        "totp-deactivated" => "Authenticator app deactivated.",
        "key-added" => "Security key added.",
        "key-renamed" => "Security key renamed.",
        "key-removed" => "Security key removed.",
        "new-secret" => "Here is a new secret. The one before is not valid any more.",
        "codes-generated" => "A new set of recovery codes has been generated.",
        "codes-stored" => "Your recovery codes are stored.",
        "recovery-code-used" => "You have signed in with a recovery code.",
        "set-up" => "Welcome. Your account is the first administrator.",
        _ => return None,
    })
}

/// Stands in for what a page cannot show, with a way on.
#[component]
pub fn Refused(
    /// Why not.
    error: Error,
) -> impl IntoView {
    let said = form::failure().is_some_and(|failure| failure.error == error);
    let sign_in = matches!(
        error,
        Error::SignInFirst | Error::AttemptOver | Error::LinkNotValid | Error::NotFound
    );
    view! {
        {(!said).then(|| view! { <Notice tone=Tone::Failure><p>{words(error)}</p></Notice> })}
        {sign_in.then(|| view! { <p><a href="/accounts/login/">"Go to the sign-in page"</a></p> })}
    }
}
