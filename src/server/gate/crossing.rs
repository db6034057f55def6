//! Takes a session from this program's host to a site's, by a ticket that a form carries over: it is
//! in no address, so in no log and no `Referer`.

use axum::{
    Form,
    body::Body,
    extract::{FromRequest, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use serde::Deserialize;

use super::{ACCEPT, asker, check::denied_to_person, client_of, is_proxy, only};
use crate::{
    auth::sessions::flow as sessions,
    crypto::token::Token,
    error::Error,
    gate::flow::{self as gate, Asked, Crossing, Outcome, Site},
    request::{
        self, ReturnPath,
        cookies::{self, Cookie},
    },
    server::{
        error_page::{Explained, Onward},
        headers::{FormTarget, ResponseNonce},
        router::Shared,
        site::Place,
    },
    services::FlowError,
    ui::CrossingPage,
};

/// Where a browser wants to go, and the hash of its cookie there.
#[derive(Deserialize)]
pub(super) struct Wanted {
    to: String,
    browser: String,
    /// That the person has been sent to confirm themselves for this.
    #[serde(default)]
    confirmed: Option<String>,
}

/// Leads somebody to what they lack, or their browser over to the site.
pub(super) async fn hand_over(
    State(shared): State<Shared>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    match cross(&shared, &wanted, &head).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "nobody was handed over"
            );
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn cross(shared: &Shared, wanted: &Wanted, head: &Parts) -> Result<Response, FlowError> {
    let services = &shared.services;
    let not_ours = || {
        explained(
            StatusCode::NOT_FOUND,
            "That address is no site of this login gate. Check it, or go to the home page.",
        )
    };
    let Some(asked) = Asked::by_url(&wanted.to) else {
        return Ok(not_ours());
    };
    let (Some(site), Some(browser)) = (gate::site(services, &asked), unhex(&wanted.browser)) else {
        return Ok(not_ours());
    };
    let here = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let to =
        |cure: Error| Redirect::to(&request::cure(cure, here).unwrap_or_else(|| "/".to_owned()));
    let Some(token) = cookies::find(&head.headers, Cookie::Session) else {
        return Ok(to(Error::SignInFirst).into_response());
    };
    let client = client_of(head);
    let Some(holder) = sessions::find(services, &client, &token).await? else {
        return Ok(to(Error::SignInFirst).into_response());
    };
    let admin = match holder.admin(services) {
        Ok(admin) => admin,
        Err(error) => return Ok(to(error).into_response()),
    };
    Ok(
        match gate::hand_over(services, &admin, site, &asked, &browser).await? {
            Crossing::Forbidden(needs) => {
                let by = asker(head, &client, None);
                let what = (Outcome::Forbidden, needs);
                gate::keep(
                    services,
                    &shared.decisions,
                    by,
                    Some(&asked),
                    Some(&admin),
                    what,
                )
                .await?;
                denied_to_person()
            }
            Crossing::Lacking { key } => lacking(site, key),
            // whoever has confirmed themselves otherwise, or slowly, is not sent in a circle
            Crossing::StepUp { key: true } if wanted.confirmed.is_some() => lacking(site, true),
            Crossing::StepUp { key: false } if wanted.confirmed.is_some() => explained(
                StatusCode::FORBIDDEN,
                &format!(
                    "{} asks that you have confirmed yourself a moment ago. Open the page again.",
                    site.host
                ),
            ),
            Crossing::StepUp { .. } => {
                let again = format!("{here}&confirmed=yes");
                Redirect::to(&match ReturnPath::parse(&again) {
                    Some(next) => format!("/accounts/reauthenticate/?next={}", next.encoded()),
                    None => "/accounts/reauthenticate/".to_owned(),
                })
                .into_response()
            }
            Crossing::Ticket(_) if gate::is_own(services, site) => on_to(&asked, asked.return_to()),
            Crossing::Ticket(ticket) => carry_over(shared, head, &asked, &ticket),
        },
    )
}

/// What somebody is told who cannot show what a site asks for.
fn lacking(site: &Site, key: bool) -> Response {
    let what = if key {
        "a security key or a passkey"
    } else {
        "a second factor"
    };
    let text = format!(
        "{} asks for {what}. Add one under MFA settings, or confirm yourself with it, and open the page again.",
        site.host
    );
    (
        Onward("/accounts/2fa/", "Go to MFA settings"),
        explained(StatusCode::FORBIDDEN, &text),
    )
        .into_response()
}

/// The page whose form goes to the site at once; without JavaScript, by its button.
fn carry_over(shared: &Shared, head: &Parts, asked: &Asked, ticket: &Token) -> Response {
    let origin = asked.origin();
    let nonce = head.extensions.get::<ResponseNonce>();
    let nonce = nonce
        .map(|ResponseNonce(nonce)| nonce.to_string())
        .unwrap_or_default();
    let (brand, files) = (shared.brand(), shared.site.files(Place::Own));
    let (action, title, ticket) = (
        format!("{origin}{ACCEPT}"),
        format!("On to {}", asked.host),
        ticket.expose(),
    );
    let page = Owner::new()
        .with(|| view! { <CrossingPage action title ticket nonce brand files/> }.to_html());
    let mut response = Response::new(Body::from(page));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response.extensions_mut().insert(FormTarget(origin));
    response
}

/// Leads on to an address of a site, by the whole of it: a path of two slashes would be another host.
fn on_to(asked: &Asked, uri: &str) -> Response {
    Redirect::to(&format!("{}{uri}", asked.origin())).into_response()
}

/// What the form brings.
#[derive(Deserialize)]
pub(super) struct Brought {
    ticket: String,
}

/// Takes a ticket on the host of a site and gives the browser a session there.
pub(super) async fn accept(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if !is_proxy(&shared, &parts) {
        return explained(
            StatusCode::FORBIDDEN,
            "This came around the proxy of the site.",
        );
    }
    let services = &shared.services;
    let Some(asked) = on_site(&parts.headers) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let Some(site) = gate::site(services, &asked) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let form = Request::from_parts(parts.clone(), body);
    let Ok(Form(brought)) = Form::<Brought>::from_request(form, &()).await else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let Brought { ticket } = brought;
    let Some(browser) = cookies::find(&parts.headers, Cookie::Browser) else {
        return explained(
            StatusCode::FORBIDDEN,
            &format!(
                "Your browser did not send the cookie of {}. Allow cookies for it, and open the page again.",
                site.host
            ),
        );
    };
    let accepted = match Token::parse(&ticket) {
        Some(ticket) => gate::accept(services, site, &ticket, &browser.hash()).await,
        None => Ok(None),
    };
    match accepted {
        Ok(Some((token, uri))) => {
            let mut response = on_to(&asked, &uri);
            for cookie in [Cookie::Site.set(&token, None), Cookie::Browser.clear()] {
                if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                    response.headers_mut().append(header::SET_COOKIE, cookie);
                }
            }
            response
        }
        Ok(None) => explained(
            StatusCode::FORBIDDEN,
            &format!(
                "That way in was used or took longer than a minute. Open {} again.",
                site.host
            ),
        ),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a ticket was not taken"
            );
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The start of the site that a proxy has passed a request of its browser on from.
fn on_site(headers: &HeaderMap) -> Option<Asked> {
    let (scheme, host) = (
        only(headers, "x-forwarded-proto")?,
        only(headers, "x-forwarded-host")?,
    );
    Asked::by_url(&format!("{scheme}://{host}/"))
}

fn explained(status: StatusCode, text: &str) -> Response {
    (status, Explained(text.to_owned())).into_response()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}
