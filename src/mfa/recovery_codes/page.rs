//! The pages of recovery codes.

use leptos::prelude::*;

use super::{
    SetStanding, Shown,
    api::{recovery_codes, set_standing},
};
use crate::ui::{CopyButton, Notice, Page, PrintButton, Refused, Tone};

/// Shows the codes.
#[component]
pub fn CodesPage() -> impl IntoView {
    let shown = Resource::new_blocking(|| (), |()| recovery_codes());
    view! {
        <Page heading="Recovery codes" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    shown.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |shown| view! { <Codes shown/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Codes(shown: Shown) -> impl IntoView {
    let Shown {
        standing,
        codes,
        only_now,
        whose,
        file,
    } = shown;
    let SetStanding {
        left,
        made,
        stored,
        closed,
        ..
    } = standing;
    let text = codes.join("\n");
    let download = if only_now {
        format!("data:text/plain;charset=utf-8,{}", percent(&file))
    } else {
        "/accounts/2fa/recovery-codes/download/".to_owned()
    };
    let list = if codes.is_empty() {
        // when none is left, that was said above
        (left > 0)
            .then(|| view! {
                <p>"Your codes were shown once and are not kept where they can be read. If you do not have them, make a new set."</p>
            })
            .into_any()
    } else {
        view! {
            <p>"Each code signs you in once when your authenticator app is not at hand. Keep them where only you can find them, not beside your password."</p>
            {only_now.then(|| view! {
                <Notice tone=Tone::Warning><p>"You see these codes now and never again."</p></Notice>
            })}
            <ul class="codes">{codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}</ul>
            <p class="small">{whose}</p>
            <p class="tools">
                <CopyButton text=text what="recovery codes"/>
                // an address of this site says by itself that it is a file, or leads elsewhere first
                <a class="button quiet" href=download download=only_now.then_some("recovery-codes.txt")>"Download"</a>
                <PrintButton/>
            </p>
            {(!stored).then(|| view! {
                <form method="post" action="/accounts/2fa/recovery-codes/">
                    <button>"I have stored them"</button>
                </form>
            })}
        }
        .into_any()
    };
    view! {
        <Left left made closed/>
        {list}
        <p class="beside"><a href="/accounts/2fa/recovery-codes/generate/">"Make a new set"</a></p>
    }
}

/// Escapes a text for a `data:` address.
fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// How many codes are left, with a warning when they are few.
#[component]
pub fn Left(
    /// Codes that are left.
    left: i64,
    /// Codes it was made with.
    made: i64,
    /// Whether too many wrong codes have closed it.
    closed: bool,
) -> impl IntoView {
    let verb = if left == 1 { "is" } else { "are" };
    let text = format!("{left} of {made} codes {verb} left.");
    if closed {
        view! {
            <Notice tone=Tone::Warning>
                <p>"Too many wrong codes have closed this set. " <a href="/accounts/2fa/recovery-codes/generate/">"Make a new set"</a> "."</p>
            </Notice>
        }
        .into_any()
    } else if left == 0 {
        view! {
            <Notice tone=Tone::Warning>
                <p>"All codes are used. " <a href="/accounts/2fa/recovery-codes/generate/">"Make a new set"</a> "."</p>
            </Notice>
        }
        .into_any()
    } else if left <= 3 && left < made {
        view! {
            <Notice tone=Tone::Warning>
                <p>{text} " " <a href="/accounts/2fa/recovery-codes/generate/">"Make a new set"</a> " before you run out."</p>
            </Notice>
        }
        .into_any()
    } else {
        view! { <p>{text}</p> }.into_any()
    }
}

/// Asks before the codes are replaced.
#[component]
pub fn GeneratePage() -> impl IntoView {
    let standing = Resource::new_blocking(|| (), |()| set_standing());
    view! {
        <Page heading="Make recovery codes?" back="/accounts/2fa/">
            <Suspense>
                {Suspend::new(async move {
                    standing.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |standing| {
                            let what = match standing {
                                Some(set) if set.left == 1 => "The one code that is left of the old set will not work any more.".to_owned(),
                                Some(set) if set.left > 0 => format!("The {} codes that are left of the old set will not work any more.", set.left),
                                Some(_) => "All codes of the old set are used.".to_owned(),
                                None => "You have no recovery codes yet.".to_owned(),
                            };
                            view! {
                                <p>{what}</p>
                                <form method="post" action="/accounts/2fa/recovery-codes/generate/">
                                    <button>"Make a new set"</button>
                                </form>
                            }.into_any()
                        },
                    )
                })}
            </Suspense>
        </Page>
    }
}
