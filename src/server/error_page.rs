//! Gives an answer that is only a status a page that says what to do next.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use leptos::prelude::*;

use super::{
    headers::{self, RequestId},
    router::Shared,
    site::Place,
};
use crate::ui::ErrorPage;

/// Beside a status: the sentence its page shows instead of the usual one.
#[derive(Clone, Debug)]
pub(super) struct Explained(pub(super) String);

/// Beside a status: where its page leads on to, and in what words, instead of the home page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onward(pub(super) &'static str, pub(super) &'static str);

impl IntoResponseParts for Onward {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponseParts for Explained {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponse for Explained {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// The layer: leaves programs' answers, successes and pages as they are, except those of a defect,
/// which lack the number to look for in the log.
pub(super) async fn put_into_words(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let for_programs = [
        "/api/",
        "/authz/nginx",
        "/authz/forward",
        "/healthz",
        "/readyz",
    ]
    .iter()
    .any(|path| request.uri().path().starts_with(path));
    let id = request.extensions().get::<RequestId>().cloned();
    let place = Place::of(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let later = HeaderValue::from_static("5");
        response
            .headers_mut()
            .entry(header::RETRY_AFTER)
            .or_insert(later);
    }
    let failed = status.is_client_error() || status.is_server_error();
    let is_page =
        headers::is_page(response.headers()) && status != StatusCode::INTERNAL_SERVER_ERROR;
    let is_explained = response.extensions().get::<Explained>().is_some();
    if for_programs && !is_explained || !failed || is_page {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let (title, usual) = words(status);
    let text = parts
        .extensions
        .remove::<Explained>()
        .map_or_else(|| usual.to_owned(), |Explained(text)| text);
    let Onward(path, words) = parts
        .extensions
        .remove()
        .unwrap_or(Onward("/", "Go to the home page"));
    let request_id = id.map(|RequestId(id)| id.to_string()).unwrap_or_default();
    let (brand, files) = (shared.brand(), shared.site.files(place));
    let page = Owner::new().with(|| {
        view! { <ErrorPage status=status.as_u16() title=title.to_owned() text request_id brand files path words/> }.to_html()
    });
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    Response::from_parts(parts, Body::from(page))
}

/// A title and what to do, for a status.
fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::FORBIDDEN => (
            "Not allowed",
            "This is not open to you. Go back to the home page.",
        ),
        StatusCode::NOT_FOUND => (
            "Page not found",
            "There is nothing at this address. Check it, or go to the home page.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "Not done that way",
            "This address does not take that kind of request. Open it in a browser, or go to the home page.",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            "Too slow",
            "The request took too long to arrive. Check your connection and try again.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "Too much",
            "That form holds more than this page takes. Shorten it and send it again.",
        ),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            "Wrong kind",
            "This address takes only forms. Send it from the page in a browser.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Not available at the moment",
            "The service cannot do its work just now. Nothing was changed; try again in a moment.",
        ),
        status if status.is_server_error() => (
            "Something went wrong",
            "The server failed; its log has the details under the number below. Nothing was changed.",
        ),
        _ => (
            "That did not work",
            "The request could not be understood. Go back and try again.",
        ),
    }
}
