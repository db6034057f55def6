//! The files that browsers load: embedded in the release program, compressed beforehand.
//!
//! Scripts, WASM and style sheet stand under `/pkg/<digest>/`, where the digest is that of all
//! of them, so they may be kept for ever. Debug builds read `target/site` of the checkout.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::{crypto::hex, ui::Files};

#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Embedded;

/// Makes cargo embed the files anew when `.ci/build` has made new ones.
const _: Option<&str> = option_env!("INMOR_MFA_SITE");

/// The site's files and the digest in their path.
pub(super) struct Site {
    digest: String,
}

/// What a proxy passes on to this program from the host of a site behind the login gate.
const OF_GUARDED: &str = "/.inmor-mfa/";

/// Where a proxy asks that gives browsers the answer as it is.
pub(super) const FORWARDED: &str = "/authz/forward";

/// Whose host a page is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// This program's own.
    Own,
    /// That of a site behind the login gate.
    Guarded,
}

impl Place {
    /// By the path of a request.
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with(OF_GUARDED) || path == FORWARDED {
            Self::Guarded
        } else {
            Self::Own
        }
    }
}

/// Encodings by preference, and the ending of the file that holds each.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// Whether `cargo leptos watch` runs this program, which replaces files while it runs.
pub(super) fn is_watched() -> bool {
    cfg!(debug_assertions) && std::env::var_os("LEPTOS_WATCH").is_some()
}

impl Site {
    /// The files that this program carries.
    pub(super) fn embedded() -> Self {
        let mut names: Vec<_> = Embedded::iter()
            .filter(|name| name.starts_with("pkg/"))
            .collect();
        names.sort();
        let mut digest = Sha256::new();
        for file in names.iter().filter_map(|name| Embedded::get(name)) {
            digest.update(file.metadata.sha256_hash());
        }
        if names.is_empty() {
            tracing::warn!(
                "this program was built without its browser files: pages have no style (build it with make build)"
            );
        }
        Self {
            digest: hex(&digest.finalize()).chars().take(16).collect(),
        }
    }

    /// Where scripts and style sheet are, without a slash at either end.
    pub(super) fn package_path(&self) -> String {
        if is_watched() {
            "pkg".to_owned()
        } else {
            format!("pkg/{}", self.digest)
        }
    }

    /// Where a page finds what it needs to look as it should.
    pub(super) fn files(&self, place: Place) -> Files {
        let root = match place {
            Place::Own => "/",
            Place::Guarded => OF_GUARDED,
        };
        Files {
            stylesheet: format!("{root}{}/inmor-mfa.css", self.package_path()),
            icon: format!("{root}favicon.svg"),
        }
    }

    /// The file a request asks for, or `None`.
    pub(super) fn answer(&self, request: &Request) -> Option<Response> {
        let path = request.uri().path();
        let path = path
            .strip_prefix(OF_GUARDED)
            .or_else(|| path.strip_prefix('/'))?;
        let under = path
            .strip_prefix(&self.package_path())
            .and_then(|rest| rest.strip_prefix('/'));
        let (name, keep) = match under {
            Some(name) => (format!("pkg/{name}"), FOR_EVER),
            None if path.starts_with("pkg/") => return None,
            None => (path.to_owned(), FOR_AN_HOUR),
        };
        // the compressed twins are not addresses of their own, and only plain names are files
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        if !plain
            || name
                .split('/')
                .any(|part| part.is_empty() || part.starts_with('.'))
            || is_twin(&name)
        {
            return None;
        }
        let file = Embedded::get(&name)?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Some(only_read());
        }
        Some(send(
            &name,
            file,
            request.headers(),
            if is_watched() { "no-store" } else { keep },
        ))
    }
}

/// 405 for an address that can be read, if it is there at all.
pub(super) fn only_read() -> Response {
    let allowed = [(header::ALLOW, "GET,HEAD")];
    (StatusCode::METHOD_NOT_ALLOWED, allowed).into_response()
}

fn is_twin(name: &str) -> bool {
    ENCODINGS.iter().any(|(_, ending)| name.ends_with(ending))
}

fn send(name: &str, file: EmbeddedFile, headers: &HeaderMap, keep: &'static str) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    let same = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let encoded = ENCODINGS
        .iter()
        .filter(|(encoding, _)| accepts(headers, encoding))
        .find_map(|(encoding, ending)| {
            Some((*encoding, Embedded::get(&format!("{name}{ending}"))?))
        });
    let (encoding, file) = encoded.map_or((None, file), |(encoding, file)| (Some(encoding), file));
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(match file.data {
            std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
            std::borrow::Cow::Owned(bytes) => Body::from(bytes),
        })
    };
    let kind = mime_guess::from_path(name)
        .first_raw()
        .unwrap_or("application/octet-stream");
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether `Accept-Encoding` names an encoding and does not refuse it with `q=0`.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let values = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named && !refused
    })
}
