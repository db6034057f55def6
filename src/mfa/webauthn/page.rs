//! The pages of security keys and passkeys.

use leptos::prelude::*;
use serde_json::json;

use super::{
    Key, Keys, Removal, Signals,
    api::{key, keys, may_add, removal},
};
use crate::ui::{KeyAdder, KeySignals, Notice, Page, Refused, Tone, form::Field};

const LIST: &str = "/accounts/2fa/webauthn/";

/// All keys of an account.
#[component]
pub fn KeysPage() -> impl IntoView {
    let all = Resource::new_blocking(|| (), |()| keys());
    view! {
        <Page heading="Security keys and passkeys" wide=true back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    all.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |keys| view! { <List keys/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn List(keys: Keys) -> impl IntoView {
    let Keys { keys, signals } = keys;
    let none = keys.is_empty();
    view! {
        {none.then(|| view! { <p>"None yet."</p> })}
        <ul class="devices">{keys.into_iter().map(|key| view! { <Line key/> }).collect_view()}</ul>
        <p><a class="button" href="/accounts/2fa/webauthn/add/">
            {if none { "Add a security key or passkey" } else { "Add another key" }}
        </a></p>
        {signals.map(|signals| view! { <Signal signals/> })}
    }
}

#[component]
fn Line(key: Key) -> impl IntoView {
    let to = |action| format!("{LIST}{}/{action}/", key.id);
    let (rename, remove) = (to("edit"), to("remove"));
    view! {
        <li>
            <h2>{key.name.clone()}</h2>
            {key.suspect.then(|| view! {
                <Notice tone=Tone::Warning>
                    <p>"The counter of this key went back once: somebody may have a copy of it. If it is not faulty, remove it."</p>
                </Notice>
            })}
            <KeyFacts key=key.clone()/>
            <p class="tools">
                <a href=rename>"Rename" <span class="unseen">" " {key.name.clone()}</span></a>
                <a href=remove>"Remove" <span class="unseen">" " {key.name.clone()}</span></a>
            </p>
        </li>
    }
}

/// What there is to say of a key beside its name.
#[component]
pub fn KeyFacts(
    /// The key.
    key: Key,
) -> impl IntoView {
    let kind = if key.passkey {
        "Passkey: signs in by itself"
    } else {
        "Security key: second step after the password"
    };
    let place = if key.synced {
        "Synced: may be on several devices"
    } else {
        "Bound to one device"
    };
    view! {
        <dl class="facts">
            <div><dt>"Kind"</dt><dd>{kind}</dd></div>
            {key.elsewhere.map(|host| view! { <div><dt>"Works"</dt><dd>"Not here: it was made for " {host}</dd></div> })}
            {key.vendor.map(|vendor| view! { <div><dt>"Made by"</dt><dd>{vendor}</dd></div> })}
            <div><dt>"Kept"</dt><dd>{place}</dd></div>
            <div><dt>"Asks who you are"</dt><dd>{if key.user_verified { "Yes, by PIN, fingerprint or face" } else { "No, a touch is enough" }}</dd></div>
            <div><dt>"Added"</dt><dd>{key.added}</dd></div>
            <div><dt>"Last used"</dt><dd>{key.last_used.unwrap_or_else(|| "Never".to_owned())}</dd></div>
        </dl>
    }
}

#[component]
fn Signal(signals: Signals) -> impl IntoView {
    let Signals {
        rp_id,
        user_id,
        name,
        credential_ids,
    } = signals;
    let keys =
        json!({ "rpId": rp_id, "userId": user_id, "allAcceptedCredentialIds": credential_ids });
    let user = json!({ "rpId": rp_id, "userId": user_id, "name": name, "displayName": name });
    view! { <KeySignals keys=keys.to_string() user=user.to_string()/> }
}

/// Adds a key.
#[component]
pub fn AddKeyPage() -> impl IntoView {
    let allowed = Resource::new_blocking(|| (), |()| may_add());
    view! {
        <Page heading="Add a security key or passkey" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    allowed.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |()| view! {
                            <KeyAdder/>
                            <div id="without-scripts">
                                <Notice tone=Tone::Warning>
                                    <p>"Adding a key needs JavaScript, which is off in this browser. An "
                                        <a href="/accounts/2fa/totp/activate/">"authenticator app"</a> " works without."</p>
                                </Notice>
                            </div>
                            <p class="small">"All other sessions will be ended: every browser but this one has to sign in again."</p>
                        }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

/// Renames a key.
#[component]
pub fn RenameKeyPage() -> impl IntoView {
    let which = Resource::new_blocking(|| (), |()| key());
    view! {
        <Page heading="Rename a key" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    which.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |key| view! {
                            <p>"Now called " <strong>"“" {key.name} "”"</strong> "."</p>
                            <form method="post">
                                <Field name="name" label="New name" autocomplete="off" first=true/>
                                <button>"Rename"</button>
                            </form>
                            <p class="beside"><a href=LIST>"Keep the name"</a></p>
                        }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

/// Asks before a key is removed.
#[component]
pub fn RemoveKeyPage() -> impl IntoView {
    let what = Resource::new_blocking(|| (), |()| removal());
    view! {
        <Page heading="Remove this key?" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    what.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |removal| view! { <Remove removal/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Remove(removal: Removal) -> impl IntoView {
    let Removal {
        key,
        is_last,
        forbidden,
    } = removal;
    if forbidden {
        return view! {
            <Notice tone=Tone::Warning>
                <p>"This site asks for a second factor, so the last one cannot be removed. Add another first."</p>
            </Notice>
            <p><a href="/accounts/2fa/">"MFA Settings"</a></p>
        }
        .into_any();
    }
    view! {
        {is_last.then(|| view! {
            <Notice tone=Tone::Warning>
                <p>"This is your only factor. Your recovery codes go with it, and your password alone will sign you in."</p>
            </Notice>
        })}
        <p>"The key " <strong>"“" {key.name} "”"</strong> ", added " {key.added} ", will not be accepted here any more. "
            "What is on the device stays there until you delete it."</p>
        <form method="post">
            <p class="small">"All other sessions will be ended: every browser but this one has to sign in again."</p>
            <button>"Remove"</button>
        </form>
        <p class="beside"><a href=LIST>"Keep it"</a></p>
    }
    .into_any()
}
