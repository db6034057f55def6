//! Which path is answered by what, and the layers around all of them.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Router,
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use leptos::{config::LeptosOptions, nonce::Nonce, prelude::provide_context};
use leptos_axum::{
    generate_route_list, handle_server_fns_with_context, render_app_async_with_context,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, CompressionLevel},
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyTimeoutLayer, TimeoutLayer},
};

use super::{
    client_address, download,
    error_page::{self, Explained},
    forms, gate,
    headers::{self, ResponseNonce},
    health, host, metrics, origin,
    site::{self, Site},
};
use crate::{
    app::{App, shell},
    error::Error,
    gate::flow::Decisions,
    request::{IdInPath, Visit},
    services::Services,
    ui::Brand,
};

/// The largest body that is taken, in bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Functions whose bodies are JSON.
const JSON: [&str; 2] = [
    "/api/webauthn/registration/",
    "/api/webauthn/authentication/",
];
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a request may take in all: a place in the hashing gate is waited for at most 10 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The paths of the pages. Listed once, since no page anywhere in the process gets its data while
/// Leptos lists them: one being rendered at that moment would wait for ever.
pub static PAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let pages = generate_route_list(App);
    pages.iter().map(|page| page.path().to_owned()).collect()
});

/// What the handlers of this folder share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) services: Services,
    pub(super) site: Arc<Site>,
    pub(super) options: LeptosOptions,
    pub(super) decisions: Decisions,
}

impl Shared {
    fn new(services: Services) -> Self {
        let site = Site::embedded();
        let options = LeptosOptions::builder()
            .output_name("inmor-mfa")
            .site_pkg_dir(site.package_path())
            .build();
        Self {
            services,
            site: Arc::new(site),
            options,
            decisions: Decisions::default(),
        }
    }

    /// Renders the page of a request whole; `more` provides what only this page finds in its context.
    /// One that is not there any more is as one that never was.
    pub(super) async fn page(
        &self,
        visit: Request,
        more: impl Fn() + Clone + Send + Sync + 'static,
    ) -> Response {
        let (shared, options) = (self.clone(), self.options.clone());
        let nonce = visit.extensions().get::<ResponseNonce>().cloned();
        let context = move || {
            provide_context(shared.services.clone());
            provide_context(Visit::default());
            provide_context(shared.brand());
            provide_context(shared.decisions.clone());
            if let Some(ResponseNonce(nonce)) = &nonce {
                provide_context(Nonce::from_value(Arc::clone(nonce)));
            }
            more();
        };
        let page = render_app_async_with_context(context, move || shell(options.clone()));
        let answer = page(visit).await;
        if answer.status() == StatusCode::NOT_FOUND {
            // its head was written before it knew
            return (
                StatusCode::NOT_FOUND,
                Explained(Error::NotFound.to_string()),
            )
                .into_response();
        }
        answer
    }

    /// Runs the server function of a request, which is told that a program calls it: Leptos then
    /// neither reads `Referer` nor redirects by itself.
    pub(super) async fn call(&self, mut request: Request) -> Response {
        let (services, decisions) = (self.services.clone(), self.decisions.clone());
        // Leptos knows a function by the path of its route
        let extensions = request.extensions();
        if extensions.get::<IdInPath>().is_some()
            && let Some(route) = extensions.get::<MatchedPath>()
            && let Ok(uri) = route.as_str().parse()
        {
            *request.uri_mut() = uri;
        }
        let headers = request.headers_mut();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.remove(header::REFERER);
        let context = move || {
            provide_context(services.clone());
            provide_context(decisions.clone());
            provide_context(Visit::default());
        };
        handle_server_fns_with_context(context, request)
            .await
            .into_response()
    }

    /// The page head.
    pub(super) fn brand(&self) -> Brand {
        let brand = &self.services.settings.brand;
        Brand {
            operator: brand.operator.clone(),
            name: brand.name.clone(),
            tagline: brand.tagline.clone(),
        }
    }
}

/// The whole program as a service. Requests should carry `ConnectInfo<SocketAddr>`.
pub fn router(services: Services) -> Router {
    metrics::start();
    let shared = Shared::new(services);
    let mut router = Router::new();
    for path in PAGES.iter() {
        let shared = shared.clone();
        let page = get(move |visit: Request| async move { shared.page(visit, || {}).await });
        router = router.route(path, page.layer(from_fn(name_id)));
        if let Some(bare) = path.strip_suffix('/').filter(|bare| !bare.is_empty()) {
            router = router.route(bare, get(with_slash).post(with_slash));
        }
    }
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        // writing functions only: a read that anybody may link to is not for this program
        debug_assert_eq!(method, axum::http::Method::POST, "{path}");
        let function = if JSON.iter().any(|folder| path.starts_with(folder)) {
            post(forms::call_with_json)
        } else if path.starts_with("/api/") {
            post(forms::call)
        } else {
            post(forms::submit)
        };
        router = router.route(path, function.layer(from_fn(name_id)));
    }
    router
        .route(
            "/accounts/2fa/recovery-codes/download/",
            get(download::recovery_codes),
        )
        .route("/accounts/2fa/recovery-codes/download", get(with_slash))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .merge(gate::routes(&shared))
        .fallback(file)
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(from_fn_with_state(shared.clone(), origin::require_own))
        .layer(from_fn_with_state(shared.clone(), client_address::find))
        .layer(from_fn(host::require_one))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(
            shared.clone(),
            error_page::put_into_words,
        ))
        .layer(from_fn(metrics::time))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn_with_state(shared.clone(), headers::add))
        .with_state(shared)
}

/// Notes what stands for `{id}` in the path, where the route has one.
async fn name_id(parameters: RawPathParams, mut request: Request, next: Next) -> Response {
    if let Some((_, id)) = parameters.iter().find(|(name, _)| *name == "id") {
        let id = IdInPath(id.to_owned());
        request.extensions_mut().insert(id);
    }
    next.run(request).await
}

/// The same address with a slash at its end.
async fn with_slash(request: Request) -> Redirect {
    let uri = request.uri();
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    Redirect::permanent(&format!("{}/{query}", uri.path()))
}

/// A file of the site, or 404; 405 for a method that is nowhere taken.
async fn file(State(shared): State<Shared>, request: Request) -> Response {
    let known = matches!(*request.method(), Method::GET | Method::HEAD | Method::POST);
    match shared.site.answer(&request) {
        Some(answer) => answer,
        None if known => StatusCode::NOT_FOUND.into_response(),
        None => site::only_read(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature is tower-http's"
)]
fn after_panic(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(panic = text, "a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
