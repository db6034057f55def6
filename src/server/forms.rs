//! Plain forms, with and without scripts: one POST, answered by a redirect or by the same page
//! with what is wrong and what was typed.
//!
//! Leptos would send a failed form back to the `Referer` with the error in the address. That
//! lets a foreign page choose where to, anybody forge an error, and loses what was typed; so the
//! server function is called as by a program, and its outcome is put into a page here.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::provide_context;

use super::router::{BODY_LIMIT, Shared};
use crate::{error::Error, request, ui::form::Failure};

/// Fields that are never sent back.
const SECRET: [&str; 4] = ["password", "new_password", "code", "token"];

/// Whether a request carries a plain form and nothing else.
fn is_form(headers: &HeaderMap) -> bool {
    is(headers, "application/x-www-form-urlencoded")
}

/// Whether a request carries JSON and nothing else.
fn is_json(headers: &HeaderMap) -> bool {
    is(headers, "application/json")
}

fn is(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let right = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case(wanted));
    let utf8 = parts.all(|part| part.to_ascii_lowercase().replace('"', "") == "charset=utf-8");
    right && utf8 && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Runs the server function that an island or a program calls with a form.
pub(super) async fn call(State(shared): State<Shared>, request: Request) -> Response {
    run(&shared, read(request, is_form).await).await
}

/// Runs the server function that an island or a program calls with JSON.
pub(super) async fn call_with_json(State(shared): State<Shared>, request: Request) -> Response {
    run(&shared, read(request, is_json).await).await
}

async fn run(shared: &Shared, request: Result<(Parts, Bytes), StatusCode>) -> Response {
    let (parts, body) = match request {
        Ok(read) => read,
        Err(status) => return status.into_response(),
    };
    let answer = shared
        .call(Request::from_parts(parts, Body::from(body)))
        .await;
    // Leptos says 500 to an error for which nobody has set the status
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
    if let Ok(error) = serde_json::from_slice::<Error>(&body)
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(body))
}

/// A body of the right type, whole.
async fn read(
    request: Request,
    is_right: fn(&HeaderMap) -> bool,
) -> Result<(Parts, Bytes), StatusCode> {
    if !is_right(request.headers()) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_LIMIT).await {
        Ok(body) => Ok((parts, body)),
        Err(error) => Err(status_of(&error)),
    }
}

/// Runs the server function of a form.
pub(super) async fn submit(State(shared): State<Shared>, request: Request) -> Response {
    let (parts, body) = match read(request, is_form).await {
        Ok(read) => read,
        Err(status) => return status.into_response(),
    };
    let copy = copy_of(&parts);
    let answer = shared
        .call(Request::from_parts(parts, Body::from(body.clone())))
        .await;
    if answer.status() == StatusCode::SEE_OTHER {
        return redirected(answer);
    }
    let (status, cookies) = (answer.status(), set_cookies(answer.headers()));
    let Some(error) = error_of(answer).await else {
        tracing::error!(%status, "a server function answered a form with neither an error nor a redirect");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(cure) = request::cure(error, &page_with(copy.uri().path(), &typed(&body))) {
        let mut answer = Redirect::to(&cure).into_response();
        answer.headers_mut().extend(cookies);
        return answer;
    }
    let mut page = page_again(
        &shared,
        copy,
        Failure {
            error,
            typed: typed(&body),
        },
    )
    .await;
    page.headers_mut().extend(cookies);
    page
}

/// The parts of a request that a page needs, as of a visit to it.
fn copy_of(parts: &Parts) -> Request {
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = Method::GET;
    *copy.uri_mut() = parts.uri.clone();
    *copy.headers_mut() = parts.headers.clone();
    *copy.extensions_mut() = parts.extensions.clone();
    copy
}

/// Why a body could not be read: it was too large, too slow, or broke off.
fn status_of(error: &axum::Error) -> StatusCode {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if inner.is::<http_body_util::LengthLimitError>() {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        if inner.is::<tower_http::timeout::TimeoutError>() {
            return StatusCode::REQUEST_TIMEOUT;
        }
        cause = inner.source();
    }
    StatusCode::BAD_REQUEST
}

/// The redirect alone: what the function returned is for programs.
fn redirected(answer: Response) -> Response {
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

fn set_cookies(headers: &HeaderMap) -> HeaderMap {
    headers
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|value| (header::SET_COOKIE, value.clone()))
        .collect()
}

async fn error_of(answer: Response) -> Option<Error> {
    let body = to_bytes(answer.into_body(), BODY_LIMIT).await.ok()?;
    serde_json::from_slice(&body).ok()
}

/// The fields of a form that may be shown again.
fn typed(body: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body)
        .filter(|(name, _)| !SECRET.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The page a form stands on: the form's own path, or the one above it for an action without a page.
fn page_of(path: &str) -> String {
    const ACTIONS: [&str; 4] = ["end/", "end-others/", "new-secret/", "cancel/"];
    ACTIONS
        .iter()
        .find_map(|action| path.strip_suffix(action))
        .unwrap_or(path)
        .to_owned()
}

/// The page a form stands on, with what was typed in its address: for coming back after a confirmation.
fn page_with(path: &str, typed: &[(String, String)]) -> String {
    let page = page_of(path);
    let kept = typed
        .iter()
        .filter(|(name, _)| name != "next" && name != "kind");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    if query.is_empty() {
        page
    } else {
        format!("{page}?{query}")
    }
}

async fn page_again(shared: &Shared, mut visit: Request, failure: Failure) -> Response {
    let status =
        StatusCode::from_u16(failure.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let query = visit
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let address = format!("{}{query}", page_of(visit.uri().path()));
    match address.parse() {
        Ok(uri) => *visit.uri_mut() = uri,
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    }
    let mut page = shared
        .page(visit, move || provide_context(failure.clone()))
        .await;
    if page.status() == StatusCode::OK {
        *page.status_mut() = status;
    }
    if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
        page.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(header::HeaderName, &str)]) -> HeaderMap {
        let pairs = headers.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn htp_14_only_plain_url_encoded_forms_are_read() {
        for good in [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=UTF-8",
        ] {
            assert!(is_form(&request(&[(header::CONTENT_TYPE, good)])), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/json",
            "application/cbor",
            "application/x-www-form-urlencoded; charset=utf-7",
            "application/x-www-form-urlencodedx",
        ] {
            assert!(!is_form(&request(&[(header::CONTENT_TYPE, bad)])), "{bad}");
        }
        assert!(!is_form(&request(&[])));
        let packed = [
            (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            (header::CONTENT_ENCODING, "gzip"),
        ];
        assert!(!is_form(&request(&packed)));
        assert!(is_json(&request(&[(
            header::CONTENT_TYPE,
            "application/json"
        )])));
        assert!(!is_json(&request(&[(header::CONTENT_TYPE, "text/plain")])));
    }

    #[test]
    fn what_was_typed_comes_back_without_secrets() {
        let body =
            b"login=a%20b&password=secret&new_password=secret&next=%2Fx&token=secret&code=123";
        let kept: Vec<_> = typed(body).into_iter().map(|(name, _)| name).collect();
        assert_eq!(kept, ["login", "next"]);
    }

    #[test]
    fn a_failed_action_shows_the_page_it_stands_on() {
        assert_eq!(page_of("/accounts/sessions/end/"), "/accounts/sessions/");
        assert_eq!(
            page_of("/accounts/sessions/end-others/"),
            "/accounts/sessions/"
        );
        assert_eq!(page_of("/accounts/login/"), "/accounts/login/");
    }

    #[test]
    fn sud_08_what_was_typed_stands_in_the_address_of_the_page_to_come_back_to() {
        let typed = [
            ("name".to_owned(), "my phone".to_owned()),
            ("next".to_owned(), "/x".to_owned()),
        ];
        assert_eq!(
            page_with("/accounts/2fa/totp/activate/", &typed),
            "/accounts/2fa/totp/activate/?name=my+phone"
        );
        assert_eq!(
            page_with("/accounts/sessions/end-others/", &[]),
            "/accounts/sessions/"
        );
    }
}
