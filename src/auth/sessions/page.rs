//! The home page, the list of sessions, and signing out.

use leptos::prelude::*;

use super::{SessionLine, Standing, api};
use crate::{
    audit::notices::page::Notices,
    ui::{Notice, Page, Refused, Tone},
};

/// Who is signed in here, and where to go from here.
#[component]
pub fn HomePage() -> impl IntoView {
    let standing = Resource::new_blocking(|| (), |()| api::standing());
    view! {
        <Suspense>
            {Suspend::new(async move {
                standing.await.map_or_else(
                    |error| view! { <Page heading="Home"><Refused error/></Page> }.into_any(),
                    |standing| view! { <Home standing/> }.into_any(),
                )
            })}
        </Suspense>
    }
}

#[component]
fn Home(standing: Standing) -> impl IntoView {
    let sessions = match standing.sessions {
        1 => "Only this browser is signed in.".to_owned(),
        several => format!("{several} browsers are signed in."),
    };
    let sites = match standing.sites {
        1 => "One site is behind the login gate.".to_owned(),
        several => format!("{several} sites are behind the login gate."),
    };
    view! {
        <Page heading=format!("Signed in as {}", standing.username) wide=true>
            <Notices here="/"/>
            {warning(standing.failures).map(|text| view! { <Notice tone=Tone::Warning><p>{text}</p></Notice> })}
            <dl class="facts">
                {standing.email.map(|email| view! { <div><dt>"E-mail"</dt><dd>{email}</dd></div> })}
                <div><dt>"Signed in"</dt><dd>{standing.signed_in}</dd></div>
                <div><dt>"Signed in with"</dt><dd>{standing.methods}</dd></div>
            </dl>
            <ul class="doors">
                <li>
                    <a href="/accounts/2fa/">"MFA Settings"</a>
                    <p>"Authenticator app, security keys and recovery codes."</p>
                </li>
                <li><a href="/accounts/sessions/">"Sessions"</a><p>{sessions}</p></li>
                <li>
                    <a href="/accounts/password/change/">"Change password"</a>
                    <p>"Ends all other sessions too."</p>
                </li>
                {(standing.sites > 0).then(|| view! { <li><a href="/admin/gate/">"Guarded sites"</a><p>{sites}</p></li> })}
            </ul>
            <SignOut/>
        </Page>
    }
}

/// What to know of wrong tries since the last visit.
fn warning(failures: i64) -> Option<String> {
    let tries = match failures {
        ..=0 => return None,
        1 => "1 wrong try".to_owned(),
        several => format!("{several} wrong tries"),
    };
    Some(format!(
        "{tries} to sign in to your account since your last visit. If that was not you, change your password."
    ))
}

/// The browsers that are signed in, each with a way to end that.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let lines = Resource::new_blocking(|| (), |()| api::sessions());
    view! {
        <Page heading="Your sessions" wide=true back="/">
            <Notices here="/accounts/sessions/"/>
            <Suspense>
                {Suspend::new(async move {
                    lines.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |lines| view! { <Sessions lines/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Sessions(mut lines: Vec<SessionLine>) -> impl IntoView {
    lines.sort_by_key(|line| !line.current);
    let others = lines.iter().any(|line| !line.current);
    let lines = lines
        .into_iter()
        .map(|line| view! { <Session line/> })
        .collect_view();
    view! {
        <p>"Every browser in which you are signed in. End a session that you do not know, then change your password."</p>
        <ul class="sessions">{lines}</ul>
        {others.then(|| view! {
            <form method="post" action="/accounts/sessions/end-others/">
                <button>"End all other sessions"</button>
            </form>
        })}
    }
}

#[component]
fn Session(line: SessionLine) -> impl IntoView {
    let which = format!(
        "of {}, {}, signed in {}",
        line.browser, line.address, line.signed_in
    );
    let end = if line.current {
        view! { <SignOut/> }.into_any()
    } else {
        view! {
            <form method="post" action="/accounts/sessions/end/">
                <input type="hidden" name="id" value=line.id/>
                <button class="quiet">"End session "<span class="unseen">{which}</span></button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <h2>{line.browser} {line.current.then(|| view! { " " <span class="badge">"This session"</span> })}</h2>
            <dl class="facts">
                <div><dt>"Address"</dt><dd>{line.address}</dd></div>
                <div><dt>"Signed in"</dt><dd>{line.signed_in}</dd></div>
                <div><dt>"Signed in with"</dt><dd>{line.methods}</dd></div>
                <div><dt>"Last used"</dt><dd>{line.last_seen}</dd></div>
            </dl>
            {end}
        </li>
    }
}

/// Asks before signing out, for whoever comes by a link; who is not signed in is sent to do that.
#[component]
pub fn LogoutPage() -> impl IntoView {
    let standing = Resource::new_blocking(|| (), |()| api::standing());
    view! {
        <Page heading="Sign out?">
            <Suspense>
                {Suspend::new(async move {
                    standing.await.map_or_else(
                        |error| view! { <Refused error/> }.into_any(),
                        |_| view! { <Logout/> }.into_any(),
                    )
                })}
            </Suspense>
        </Page>
    }
}

#[component]
fn Logout() -> impl IntoView {
    view! {
        <p>"This ends the session in this browser only."</p>
        <form method="post" action="/accounts/logout/"><button>"Sign out"</button></form>
        <p class="beside"><a href="/">"Stay signed in"</a></p>
    }
}

#[component]
fn SignOut() -> impl IntoView {
    view! { <form method="post" action="/accounts/logout/"><button class="quiet">"Sign out"</button></form> }
}

#[cfg(test)]
mod tests {
    use super::warning;

    #[test]
    fn wrong_tries_are_told_once_there_is_one() {
        assert_eq!(warning(0), None);
        assert!(warning(1).is_some_and(|text| text.starts_with("1 wrong try to sign in")));
        assert!(warning(2).is_some_and(|text| text.starts_with("2 wrong tries to sign in")));
    }
}
