//! Answers proxies.

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{HAND_OVER, headers::identify, is_proxy};
use crate::{
    auth::sessions::flow::Holder,
    crypto::token::Token,
    gate::{
        Site,
        flow::{self as gate, Asked, SigningKeys, Unclear, Verdict, Wants},
    },
    request::{
        cookies::{self, Cookie},
        sign_in_path,
    },
    server::router::Shared,
    services::{Client, FlowError},
};

/// Where a person is to go, for proxies that make the redirect themselves.
const REDIRECT: HeaderName = HeaderName::from_static("x-inmor-redirect");
/// Seconds that a browser keeps the cookie which a ticket is bound to.
const BROWSER: i64 = 3600;

/// How a proxy passes an answer on.
#[derive(Clone, Copy)]
enum Dialect {
    /// It understands 2xx, 401 and 403 and nothing else.
    Original,
    /// It gives the browser whatever is not 2xx.
    Forwarded,
}

/// nginx's `auth_request`.
pub(super) async fn by_original(
    State(shared): State<Shared>,
    Extension(keys): Extension<SigningKeys>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    let asked = Asked::by_original(&head.headers);
    answer(&shared, &keys, &head, asked, Dialect::Original).await
}

/// Traefik's `ForwardAuth`, Caddy's `forward_auth`.
pub(super) async fn by_forwarded(
    State(shared): State<Shared>,
    Extension(keys): Extension<SigningKeys>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    let asked = Asked::by_forwarded(&head.headers);
    answer(&shared, &keys, &head, asked, Dialect::Forwarded).await
}

async fn answer(
    shared: &Shared,
    keys: &SigningKeys,
    head: &Parts,
    asked: Result<Asked, Unclear>,
    dialect: Dialect,
) -> Response {
    if !is_proxy(shared, head) {
        return denied("the proxy is not among TRUSTED_PROXIES");
    }
    let asked = match asked {
        Ok(asked) => asked,
        Err(Unclear(header)) => {
            tracing::warn!(
                header,
                "the gate was asked something that it does not understand"
            );
            return denied("the request could not be understood");
        }
    };
    let Some(site) = gate::site(&shared.services, &asked) else {
        tracing::warn!(
            host = asked.host,
            https = asked.https,
            "the gate was asked for no site of its own"
        );
        return denied("the host is no site of the login gate");
    };
    match judge(shared, keys, head, site, &asked, dialect).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the gate cannot answer"
            );
            with_nobody((StatusCode::SERVICE_UNAVAILABLE, "unavailable\n").into_response())
        }
    }
}

async fn judge(
    shared: &Shared,
    keys: &SigningKeys,
    head: &Parts,
    site: &Site,
    asked: &Asked,
    dialect: Dialect,
) -> Result<Response, FlowError> {
    let services = &shared.services;
    let own = gate::is_own(services, site);
    let cookie = if own { Cookie::Session } else { Cookie::Site };
    let token = cookies::find(&head.headers, cookie);
    let client = head
        .extensions
        .get::<Client>()
        .cloned()
        .unwrap_or_else(Client::shell);
    let found = gate::check(services, &client, site, asked, token.as_ref()).await?;
    Ok(match found.verdict {
        Verdict::Allow => {
            let mut response = StatusCode::OK.into_response();
            let visitor = found.visitor.as_ref().and_then(|visitor| {
                Some((visitor, gate::assertion(services, keys, site, visitor)?))
            });
            identify(response.headers_mut(), visitor);
            response
        }
        Verdict::Forbid => {
            tracing::info!(
                host = site.host,
                account = found.visitor.as_ref().map(Holder::account_id),
                "the gate denied an account without the role"
            );
            denied("your account has not the role that this part of the site asks for")
        }
        Verdict::SignIn | Verdict::StepUp => {
            let step_up = found.verdict == Verdict::StepUp;
            lead(shared, &head.headers, asked, (own, step_up), dialect)?
        }
    })
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
        let scheme = if asked.https { "https" } else { "http" };
        let to = format!("{scheme}://{}{}", asked.host, asked.return_to());
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("to", &to)
            .append_pair("browser", &crate::crypto::hex(browser.hash().as_slice()))
            .finish();
        format!("{HAND_OVER}?{query}")
    };
    let address = services.settings.public_url.join(&path);
    let status = match (dialect, asked.wants) {
        (Dialect::Forwarded, Wants::Page) => StatusCode::SEE_OTHER,
        _ => StatusCode::UNAUTHORIZED,
    };
    *response.status_mut() = status;
    if asked.wants == Wants::Page
        && let Ok(value) = HeaderValue::from_str(&address)
    {
        let name = if status == StatusCode::SEE_OTHER {
            header::LOCATION
        } else {
            REDIRECT
        };
        response.headers_mut().insert(name, value);
    }
    let error = if step_up { "step_up" } else { "sign_in" };
    let (mut head, ()) = response.into_parts();
    let body = Json(json!({ "error": error, "sign_in": address }));
    let told = body.into_response();
    head.headers.extend(told.headers().clone());
    Ok(with_nobody(Response::from_parts(head, told.into_body())))
}

fn denied(why: &str) -> Response {
    let body = Json(json!({ "error": "denied", "reason": why }));
    with_nobody((StatusCode::FORBIDDEN, body).into_response())
}

fn with_nobody(mut response: Response) -> Response {
    identify(response.headers_mut(), None);
    response
}
