//! What runs in the browser for security keys and passkeys.

use leptos::{
    context::Provider,
    html::{Button, Span},
    prelude::*,
    task::spawn_local,
};

use super::form::Field;
use crate::browser::{self, Trouble};

/// What went wrong and what to do, to its owner.
const fn words(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Insecure => {
            "Keys need an address that begins with https, or localhost. Use another way here."
        }
        Trouble::NoKeys => {
            "This browser does not know security keys, or is too old. Update it, or use another way."
        }
        Trouble::Cancelled => "That was cancelled, or took too long. Try again.",
        Trouble::Replaced => "",
        Trouble::Registered => "That device has a key of this account already. Use another one.",
        Trouble::WrongSite => {
            "This page has another address than keys are made for. Tell your operator."
        }
        Trouble::Unable => "That device cannot do this. Use another one.",
        Trouble::Refused => {
            "That key was not accepted, or it took too long. Try again, or use another way."
        }
        Trouble::Name => "Use a name of at most 64 ordinary characters.",
        Trouble::TooMany => "You have twenty keys, which is the most. Remove one first.",
        Trouble::Over => "This page is not valid any more. Load it again.",
        Trouble::Server => "The server did not answer as it should. Try again in a moment.",
    }
}

/// Goes on, or says what went wrong.
fn end(outcome: Result<String, Trouble>, said: RwSignal<Option<Trouble>>) {
    match outcome {
        Ok(path) => browser::go(&path),
        Err(trouble) => said.set(Some(trouble)),
    }
}

/// What went wrong, read out at once.
#[component]
fn Said(
    /// What went wrong.
    said: RwSignal<Option<Trouble>>,
) -> impl IntoView {
    view! {
        <p class="key-said" role="alert">{move || said.get().map(words)}</p>
    }
}

/// A button that has a key answer; only there in browsers with JavaScript.
#[component]
pub fn KeyButton(
    /// What for: `passkey`, `second_factor` or `reauthenticate`.
    purpose: &'static str,
    /// Where to go on to.
    next: Option<String>,
    /// What the button says.
    label: &'static str,
    /// Whether the browser offers passkeys in the field for the name, too.
    #[prop(optional)]
    fill_in: bool,
    /// Whether it stands beside a more usual way.
    #[prop(optional)]
    quiet: bool,
) -> impl IntoView {
    let asked = Asked {
        purpose: Some(purpose),
        next,
        label,
        fill_in: fill_in.then_some("yes"),
        class: if quiet { "quiet" } else { "" },
    };
    view! { <Provider value=asked><AskKey/></Provider> }
}

/// What an [`AskKey`] asks; the server alone knows it, the browser finds it in the document.
#[derive(Clone, Default)]
struct Asked {
    purpose: Option<&'static str>,
    next: Option<String>,
    label: &'static str,
    fill_in: Option<&'static str>,
    class: &'static str,
}

#[island]
fn AskKey() -> impl IntoView {
    let Asked {
        purpose,
        next,
        label,
        fill_in,
        class,
    } = use_context().unwrap_or_default();
    let button = NodeRef::<Button>::new();
    let (alive, busy) = (RwSignal::new(false), RwSignal::new(false));
    let said = RwSignal::new(None);
    let told = move |name| {
        button
            .get_untracked()
            .map(|button| browser::told(&button, name))
            .unwrap_or_default()
    };
    let ask = move |fill_in| async move {
        browser::use_key(&told("purpose"), &told("next"), fill_in).await
    };
    // runs in browsers only
    Effect::new(move || {
        alive.set(true);
        browser::scripts_run();
        let fill_in = !told("fill-in").is_empty();
        match browser::keys_work() {
            Ok(()) if fill_in => spawn_local(async move {
                // a challenge lives for minutes, the page for longer
                while browser::keys_fill_in().await {
                    match ask(true).await {
                        Err(Trouble::Refused) => said.set(Some(Trouble::Refused)),
                        Err(Trouble::Replaced | Trouble::Cancelled) => break,
                        outcome => {
                            end(outcome, said);
                            break;
                        }
                    }
                }
            }),
            // the name and the password work everywhere
            Err(_) if fill_in => {}
            outcome => said.set(outcome.err()),
        }
    });
    view! {
        <div class="key">
            <button
                type="button"
                class=class
                node_ref=button
                data-purpose=purpose
                data-next=next
                data-fill-in=fill_in
                hidden=move || !alive.get()
                disabled=move || busy.get()
                on:click=move |_| {
                    busy.set(true);
                    said.set(None);
                    spawn_local(async move {
                        end(ask(false).await, said);
                        busy.set(false);
                    });
                }
            >
                {label}
            </button>
            <Said said/>
        </div>
    }
}

/// The fields and the button that add a key; only there in browsers with JavaScript.
#[component]
pub fn KeyAdder() -> impl IntoView {
    view! {
        <form class="key-adder">
            <Field name="name" label="Name" autocomplete="off" optional=true first=true hint="For you to tell it apart, such as: blue key. Without one, it gets the name of its maker."/>
            <fieldset>
                <legend>"What is it for?"</legend>
                <label class="choice">
                    <input type="radio" name="kind" value="passkey" checked/>
                    <span>"Passkey" <span class="small">" sign in without a password, by fingerprint, face or PIN"</span></span>
                </label>
                <label class="choice">
                    <input type="radio" name="kind" value="security_key"/>
                    <span>"Security key" <span class="small">" the second step after your password"</span></span>
                </label>
            </fieldset>
            <AddKey/>
        </form>
    }
}

#[island]
fn AddKey() -> impl IntoView {
    let button = NodeRef::<Button>::new();
    let (alive, busy) = (RwSignal::new(false), RwSignal::new(false));
    let said = RwSignal::new(None);
    // runs in browsers only
    Effect::new(move || {
        let Some(button) = button.get() else { return };
        browser::on_submit(&button, move |name, kind| {
            busy.set(true);
            said.set(None);
            spawn_local(async move {
                end(browser::add_key(&kind, &name).await, said);
                busy.set(false);
            });
        });
        alive.set(true);
        browser::scripts_run();
        said.set(browser::keys_work().err());
    });
    view! {
        <Said said/>
        <button node_ref=button disabled=move || busy.get() || !alive.get()>"Add it"</button>
    }
}

/// Tells password managers of a change; shows nothing.
#[component]
pub fn KeySignals(
    /// Which keys are left, as JSON for the browser.
    keys: String,
    /// What the account is called, as JSON for the browser.
    user: String,
) -> impl IntoView {
    let told = Told {
        keys: Some(keys),
        user: Some(user),
    };
    view! { <Provider value=told><Signal/></Provider> }
}

/// What a [`Signal`] tells; the server alone knows it, the browser finds it in the document.
#[derive(Clone, Default)]
struct Told {
    keys: Option<String>,
    user: Option<String>,
}

#[island]
fn Signal() -> impl IntoView {
    let Told { keys, user } = use_context().unwrap_or_default();
    let place = NodeRef::<Span>::new();
    // runs in browsers only
    Effect::new(move || {
        if let Some(place) = place.get() {
            browser::signal(
                &browser::told(&place, "keys"),
                &browser::told(&place, "user"),
            );
        }
    });
    view! { <span node_ref=place data-keys=keys data-user=user></span> }
}
