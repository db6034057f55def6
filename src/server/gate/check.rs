//! Answers proxies.

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{HAND_OVER, Keys, asker, client_of, headers::identify, is_proxy};
use crate::{
    auth::sessions::flow::Holder,
    crypto::token::Token,
    gate::{
        Site,
        flow::{self as gate, Asked, Outcome, SigningKeys, Unclear, Verdict, Wants},
    },
    request::{
        cookies::{self, Cookie},
        sign_in_path,
    },
    server::{error_page::Explained, router::Shared},
    services::FlowError,
};

/// Where a person is to go, for proxies that make the redirect themselves.
const REDIRECT: HeaderName = HeaderName::from_static("x-inmor-redirect");
/// Where a person can sign in, for the body of an answer to a program.
const SIGN_IN: HeaderName = HeaderName::from_static("x-inmor-sign-in");
const STRANGER: &str = "the proxy is not among TRUSTED_PROXIES";
/// Seconds that a browser keeps the cookie which a ticket is bound to.
const BROWSER: i64 = 3600;

/// How a proxy asks, and passes an answer on.
#[derive(Clone, Copy)]
pub(super) enum Dialect {
    /// nginx's `auth_request`: it understands 2xx, 401 and 403 and nothing else.
    Original,
    /// Traefik's `ForwardAuth`, Caddy's `forward_auth`: the browser gets whatever is not 2xx.
    Forwarded,
}

impl Dialect {
    fn read(self, headers: &HeaderMap) -> Result<Asked, Unclear> {
        match self {
            Self::Original => Asked::by_original(headers),
            Self::Forwarded => Asked::by_forwarded(headers),
        }
    }
}

/// Answers a proxy of one dialect.
pub(super) async fn answer(
    State(shared): State<Shared>,
    Extension(Keys { signing, marks }): Extension<Keys>,
    Extension(dialect): Extension<Dialect>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    let asked = dialect.read(&head.headers);
    let found = match &asked {
        Ok(asked) => judge(&shared, &signing, &head, asked, dialect).await,
        Err(Unclear(header)) if is_proxy(&shared, &head) => Found::refused(format!(
            "the request could not be understood: {header} is missing, doubled or no such thing"
        )),
        Err(_) => Found::refused(STRANGER.to_owned()),
    };
    let client = client_of(&head);
    let by = asker(&head, &client, super::mark(&shared, &marks, &head.headers));
    let (outcome, visitor) = (found.outcome, found.visitor.as_ref());
    if outcome == Outcome::Refused {
        tracing::warn!(
            peer = by.peer,
            why = found.why,
            "the gate refused an answer"
        );
    }
    let what = (outcome, found.why);
    let kept = gate::keep(
        &shared.services,
        &shared.decisions,
        by,
        asked.as_ref().ok(),
        visitor,
        what,
    );
    match kept.await {
        Ok(()) => found.response,
        Err(error) => unavailable(&error),
    }
}

/// An answer, and what is kept of it.
struct Found {
    response: Response,
    visitor: Option<Holder>,
    outcome: Outcome,
    why: String,
}

impl Found {
    fn refused(why: String) -> Self {
        Self {
            response: denied(&why),
            visitor: None,
            outcome: Outcome::Refused,
            why,
        }
    }

    fn unavailable(error: &FlowError) -> Self {
        Self {
            response: unavailable(error),
            visitor: None,
            outcome: Outcome::Unavailable,
            why: "the database does not answer".to_owned(),
        }
    }
}

async fn judge(
    shared: &Shared,
    signing: &SigningKeys,
    head: &Parts,
    asked: &Asked,
    dialect: Dialect,
) -> Found {
    if !is_proxy(shared, head) {
        return Found::refused(STRANGER.to_owned());
    }
    let services = &shared.services;
    let Some(site) = gate::site(services, asked) else {
        return Found::refused(format!("{} is no site of the login gate", asked.origin()));
    };
    let own = gate::is_own(services, site);
    let token = cookies::find(&head.headers, super::cookie(services, site));
    let found = match gate::check(services, &client_of(head), site, asked, token.as_ref()).await {
        Ok(found) => found,
        Err(error) => return Found::unavailable(&error),
    };
    let visitor = found.visitor;
    let (outcome, response) = match found.verdict {
        Verdict::Allow => (
            Outcome::Allowed,
            allowed(shared, signing, site, visitor.as_ref()),
        ),
        Verdict::Forbid => {
            let response = match (dialect, asked.wants) {
                (Dialect::Forwarded, Wants::Page) => with_nobody(denied_to_person()),
                _ => denied("your account has not the role that this part of the site asks for"),
            };
            (Outcome::Forbidden, response)
        }
        Verdict::SignIn | Verdict::StepUp => {
            let step_up = found.verdict == Verdict::StepUp;
            match lead(shared, &head.headers, asked, (own, step_up), dialect) {
                Ok(response) if step_up => (Outcome::StepUp, response),
                Ok(response) => (Outcome::SignIn, response),
                Err(error) => return Found::unavailable(&error),
            }
        }
    };
    Found {
        response,
        visitor,
        outcome,
        why: found.needs,
    }
}

fn allowed(
    shared: &Shared,
    signing: &SigningKeys,
    site: &Site,
    visitor: Option<&Holder>,
) -> Response {
    let mut response = StatusCode::OK.into_response();
    let visitor = visitor.and_then(|visitor| {
        let assertion = gate::assertion(&shared.services, signing, site, visitor)?;
        Some((visitor, assertion))
    });
    identify(response.headers_mut(), visitor);
    response
}

/// Sends a person to where they can cure it, and tells a program where that is.
fn lead(
    shared: &Shared,
    headers: &HeaderMap,
    asked: &Asked,
    (own, step_up): (bool, bool),
    dialect: Dialect,
) -> Result<Response, FlowError> {
    let services = &shared.services;
    let mut response = Response::<()>::default();
    let path = if own && !step_up {
        sign_in_path(asked.return_to())
    } else {
        // the cookie that the ticket will be bound to; one that is there serves again
        let browser = match cookies::find(headers, Cookie::Browser) {
            Some(token) => token,
            None => Token::generate(&services.random)?,
        };
        if !own && asked.wants == Wants::Page {
            let cookie = Cookie::Browser.set(&browser, Some(BROWSER));
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        let to = format!("{}{}", asked.origin(), asked.return_to());
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("to", &to)
            .append_pair("browser", &crate::crypto::hex(browser.hash().as_slice()))
            .finish();
        format!("{HAND_OVER}?{query}")
    };
    let address = services.settings.public_url.join(&path);
    let value = HeaderValue::from_str(&address).ok();
    let status = match (dialect, asked.wants) {
        (Dialect::Forwarded, Wants::Page) => StatusCode::SEE_OTHER,
        _ => StatusCode::UNAUTHORIZED,
    };
    *response.status_mut() = status;
    // programs too are told where a person can sign in; only a page goes there by itself
    let names = match (asked.wants, status) {
        (Wants::Page, StatusCode::SEE_OTHER) => &[header::LOCATION][..],
        (Wants::Page, _) => &[REDIRECT, SIGN_IN],
        (Wants::Data, _) => &[SIGN_IN],
    };
    for (name, value) in names.iter().zip(value.iter().cycle()) {
        response.headers_mut().insert(name, value.clone());
    }
    let error = if step_up { "step_up" } else { "sign_in" };
    let (mut head, ()) = response.into_parts();
    let body = Json(json!({ "error": error, "sign_in": address }));
    let told = body.into_response();
    head.headers.extend(told.headers().clone());
    Ok(with_nobody(Response::from_parts(head, told.into_body())))
}

/// What a person sees who has not the role.
pub(super) fn denied_to_person() -> Response {
    let text =
        "Your account has not the role that this part of the site asks for. Ask who runs it.";
    (StatusCode::FORBIDDEN, Explained(text.to_owned())).into_response()
}

fn denied(why: &str) -> Response {
    let body = Json(json!({ "error": "denied", "reason": why }));
    with_nobody((StatusCode::FORBIDDEN, body).into_response())
}

fn unavailable(error: &FlowError) -> Response {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "the gate cannot answer"
    );
    with_nobody((StatusCode::SERVICE_UNAVAILABLE, "unavailable\n").into_response())
}

fn with_nobody(mut response: Response) -> Response {
    identify(response.headers_mut(), None);
    response
}
