//! What only a browser can do. The one place that names its interfaces.

use std::cell::RefCell;

use js_sys::{JSON, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{
    JsCast as _, JsValue,
    prelude::{Closure, wasm_bindgen},
};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Element, Event, EventTarget, FormData, HtmlButtonElement, HtmlInputElement,
    RequestInit, Response,
};

/// Copies a text to the clipboard; says whether that worked.
pub async fn copy(text: &str) -> bool {
    let window = window();
    // elsewhere the clipboard is not there at all
    window.is_secure_context()
        && JsFuture::from(window.navigator().clipboard().write_text(text))
            .await
            .is_ok()
}

/// Opens the browser's own window for printing.
pub fn print() {
    // a browser that cannot print says so itself
    let _ = window().print();
}

/// Sends the form that a field stands in, as its button would.
pub fn send_form_of(field: &HtmlInputElement) {
    if let Some(form) = field.form() {
        // a form that cannot be sent by itself can still be sent by hand
        let _ = form.request_submit();
    }
}

/// The field that an element belongs to: the input in the nearest element of class `field`.
#[must_use]
pub fn field_above(element: &Element) -> Option<HtmlInputElement> {
    let around = element.closest(".field").ok()??;
    around.query_selector("input").ok()??.dyn_into().ok()
}

/// Takes away what the page says to browsers without scripts.
pub fn scripts_run() {
    if let Some(said) = document().get_element_by_id("without-scripts") {
        said.remove();
    }
}

/// What the server tells an element, in its attribute `data-<name>`; empty when it tells nothing.
#[must_use]
pub fn told(element: &Element, name: &str) -> String {
    let name = ["data-", name].concat();
    element.get_attribute(&name).unwrap_or_default()
}

/// Runs something whenever a field has changed, for as long as the page is there.
pub fn on_input(field: &HtmlInputElement, mut run: impl FnMut(&HtmlInputElement) + 'static) {
    let changed = field.clone();
    listen(field, "input", move |_| run(&changed));
}

/// Lets the Enter key send the form of a field only if `may` says so.
pub fn on_enter(field: &HtmlInputElement, may: impl Fn() -> bool + 'static) {
    listen(field, "keydown", move |event| {
        if member(&event, "key").as_string().as_deref() == Some("Enter") && !may() {
            event.prevent_default();
        }
    });
}

/// Runs something with the fields `name` and `kind` instead of sending the form of a button.
pub fn on_submit(button: &HtmlButtonElement, run: impl Fn(String, String) + 'static) {
    let Some(form) = button.form() else { return };
    let fields = form.clone();
    listen(&form, "submit", move |event| {
        event.prevent_default();
        let Ok(data) = FormData::new_with_form(&fields) else {
            return;
        };
        let text = |name| data.get(name).as_string().unwrap_or_default();
        run(text("name"), text("kind"));
    });
}

fn listen(target: &EventTarget, event: &str, run: impl FnMut(Event) + 'static) {
    let run = Closure::<dyn FnMut(Event)>::new(run).into_js_value();
    // an event of which the browser knows nothing never comes
    let _ = target.add_event_listener_with_callback(event, run.unchecked_ref());
}

/// Goes on to a path of this site.
pub fn go(path: &str) {
    // a browser that does not go leaves the page as it is
    let _ = window().location().assign(path);
}

/// Why a key was not added or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The page is not in a secure context, so the browser offers no keys.
    Insecure,
    /// The browser does not know keys, or is too old.
    NoKeys,
    /// The person gave up, or it took too long; browsers do not tell which.
    Cancelled,
    /// Something newer took its place; nothing to be said.
    Replaced,
    /// The authenticator has a key of this account already.
    Registered,
    /// The address of the page is not that of the relying party.
    WrongSite,
    /// The authenticator cannot do what was asked.
    Unable,
    /// The server refused the answer of the key.
    Refused,
    /// The name is too long or has characters that do not print.
    Name,
    /// The account has as many keys as it may.
    TooMany,
    /// The page is over: what it shows when loaded again says why.
    Over,
    /// The server did not answer, or with a failure.
    Server,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = parseCreationOptionsFromJSON)]
    fn creation_options(json: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = parseRequestOptionsFromJSON)]
    fn request_options(json: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = isConditionalMediationAvailable)]
    fn conditional_mediation() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = signalAllAcceptedCredentials)]
    fn signal_all(options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = signalCurrentUserDetails)]
    fn signal_user(options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "credentials"], js_name = create)]
    fn create_credential(options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "credentials"], js_name = get)]
    fn get_credential(options: &JsValue) -> Result<Promise, JsValue>;
}

thread_local! {
    /// What ends the prompt that is open: a browser takes one at a time.
    static OPEN: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// Whether keys can be used here.
///
/// # Errors
/// [`Trouble::Insecure`], [`Trouble::NoKeys`].
pub fn keys_work() -> Result<(), Trouble> {
    let window = window();
    if !window.is_secure_context() {
        return Err(Trouble::Insecure);
    }
    let known = Reflect::get(&window, &"PublicKeyCredential".into())
        .and_then(|keys| Reflect::has(&keys, &"parseRequestOptionsFromJSON".into()));
    if known == Ok(true) {
        Ok(())
    } else {
        Err(Trouble::NoKeys)
    }
}

/// Whether the browser offers passkeys where names are filled in.
pub async fn keys_fill_in() -> bool {
    match (keys_work(), conditional_mediation()) {
        (Ok(()), Ok(asked)) => JsFuture::from(asked).await == Ok(JsValue::TRUE),
        _ => false,
    }
}

/// Adds a key and answers where to go on to.
///
/// # Errors
/// [`Trouble`].
pub async fn add_key(kind: &str, name: &str) -> Result<String, Trouble> {
    keys_work()?;
    let asked = post(
        "/api/webauthn/registration/start",
        &format!("{{\"kind\":{}}}", quoted(kind)),
    )
    .await?;
    let options = creation_options(&member(&asked, "publicKey")).map_err(|_| Trouble::NoKeys)?;
    let answer = prompt(create_credential, &options, false).await?;
    let body = format!("{{\"name\":{},\"credential\":{answer}}}", quoted(name));
    redirect(&post("/api/webauthn/registration/finish", &body).await?)
}

/// Has a key answer for a purpose, and answers where to go on to; with `fill_in`, not before the
/// person chooses a passkey where the browser offers it.
///
/// # Errors
/// [`Trouble`].
pub async fn use_key(purpose: &str, next: &str, fill_in: bool) -> Result<String, Trouble> {
    keys_work()?;
    let purpose = quoted(purpose);
    let asked = post(
        "/api/webauthn/authentication/start",
        &format!("{{\"purpose\":{purpose}}}"),
    )
    .await?;
    let options = request_options(&member(&asked, "publicKey")).map_err(|_| Trouble::NoKeys)?;
    let answer = prompt(get_credential, &options, fill_in).await?;
    let next = quoted(next);
    let body = format!("{{\"purpose\":{purpose},\"credential\":{answer},\"next\":{next}}}");
    redirect(&post("/api/webauthn/authentication/finish", &body).await?)
}

/// Tells password managers which keys of an account are left and what it is called
/// ([Web Authentication Level 3 §5.1.10](https://www.w3.org/TR/webauthn-3/#sctn-signal-methods));
/// both texts are JSON.
pub fn signal(keys: &str, user: &str) {
    // a browser without the interface goes on as it is
    if let Ok(keys) = JSON::parse(keys) {
        let _ = signal_all(&keys);
    }
    if let Ok(user) = JSON::parse(user) {
        let _ = signal_user(&user);
    }
}

/// Opens the browser's prompt, after ending one that is open, and answers the credential as JSON.
/// One that fills in a field ends none: a person may have pressed the button while it was prepared.
async fn prompt(
    open: fn(&JsValue) -> Result<Promise, JsValue>,
    options: &JsValue,
    fill_in: bool,
) -> Result<String, Trouble> {
    let controller = AbortController::new().map_err(|_| Trouble::NoKeys)?;
    let asked = Object::new();
    let set = |name: &str, value: &JsValue| Reflect::set(&asked, &name.into(), value).is_ok();
    let mut done = set("publicKey", options) && set("signal", &controller.signal());
    if fill_in {
        done &= set("mediation", &"conditional".into());
    }
    if !done {
        return Err(Trouble::NoKeys);
    }
    if fill_in && OPEN.with_borrow(Option::is_some) {
        return Err(Trouble::Replaced);
    }
    if let Some(before) = OPEN.with_borrow_mut(|open| open.replace(controller.clone())) {
        before.abort();
    }
    let credential = match open(&asked) {
        Ok(promise) => JsFuture::from(promise).await,
        Err(error) => Err(error),
    };
    OPEN.with_borrow_mut(|open| open.take_if(|open| *open == controller));
    let credential = credential.map_err(|error| trouble(&error))?;
    JSON::stringify(&credential)
        .ok()
        .and_then(|text| text.as_string())
        .ok_or(Trouble::NoKeys)
}

/// A browser's failure by its name
/// ([Web IDL §2.8.1](https://webidl.spec.whatwg.org/#idl-DOMException-error-names)).
fn trouble(error: &JsValue) -> Trouble {
    match member(error, "name").as_string().as_deref() {
        Some("AbortError") => Trouble::Replaced,
        Some("InvalidStateError") => Trouble::Registered,
        Some("SecurityError") => Trouble::WrongSite,
        Some("NotSupportedError" | "ConstraintError" | "UnknownError") => Trouble::Unable,
        _ => Trouble::Cancelled,
    }
}

/// Calls a function of the server with JSON and answers its JSON.
async fn post(path: &str, body: &str) -> Result<JsValue, Trouble> {
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&body.into());
    let headers = Object::new();
    let json = Reflect::set(&headers, &"Content-Type".into(), &"application/json".into());
    if json.is_err() {
        return Err(Trouble::Server);
    }
    request.set_headers(&headers);
    let answer = JsFuture::from(window().fetch_with_str_and_init(path, &request))
        .await
        .map_err(|_| Trouble::Server)?;
    let answer: Response = answer.dyn_into().map_err(|_| Trouble::Server)?;
    let text = answer.text().map_err(|_| Trouble::Server)?;
    let text = JsFuture::from(text).await.map_err(|_| Trouble::Server)?;
    let text = text.as_string().unwrap_or_default();
    if answer.ok() {
        return JSON::parse(&text).map_err(|_| Trouble::Server);
    }
    Err(match (answer.status(), text.as_str()) {
        (401 | 403 | 404, _) => Trouble::Over,
        (_, "\"KeyRefused\"") => Trouble::Refused,
        (_, "\"LabelNotAllowed\"") => Trouble::Name,
        (_, "\"TooManyKeys\"") => Trouble::TooMany,
        _ => Trouble::Server,
    })
}

fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn redirect(answer: &JsValue) -> Result<String, Trouble> {
    member(answer, "redirect")
        .as_string()
        .ok_or(Trouble::Server)
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    JSON::stringify(&text.into())
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}
