//! The text file with the recovery codes.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};

use super::router::{BODY_LIMIT, Shared};
use crate::{error::Error, mfa::recovery_codes::Shown, request};

/// The server function that knows the codes.
const FUNCTION: &str = "/api/recovery-codes";

/// Answers the codes as an attachment, or leads to where the caller confirms who they are.
pub(super) async fn recovery_codes(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let (mut parts, _) = request.into_parts();
    parts.method = Method::POST;
    parts.uri = Uri::from_static(FUNCTION);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    let answer = shared.call(Request::from_parts(parts, Body::empty())).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), BODY_LIMIT)
        .await
        .unwrap_or_default();
    if status == StatusCode::OK
        && let Ok(shown) = serde_json::from_slice::<Shown>(&body)
    {
        if shown.codes.is_empty() {
            return StatusCode::FORBIDDEN.into_response();
        }
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"recovery-codes.txt\"",
            ),
        ];
        return (headers, shown.file).into_response();
    }
    let error = serde_json::from_slice::<Error>(&body).unwrap_or(Error::Internal);
    match request::cure(error, &path) {
        Some(cure) => Redirect::to(&cure).into_response(),
        None => StatusCode::from_u16(error.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
    }
}
