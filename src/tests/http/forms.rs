//! Only plain url-encoded forms are understood; there is no second parser.

use crate::tests::support::{Kind, OWN, PASSWORD, TestApp, form, on_both, post};

on_both!(
    htp_14_other_content_types_are_refused_by_every_server_function,
    htp_14_a_missing_field_is_a_400_and_no_try,
    a_refused_form_comes_back_with_what_was_typed_and_without_secrets,
);

const FORM: &str = "application/x-www-form-urlencoded";

async fn htp_14_other_content_types_are_refused_by_every_server_function(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    let json = format!("{{\"login\":\"anna\",\"password\":\"{PASSWORD}\",\"id\":\"0\"}}");
    let multipart = format!(
        "--x\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nanna\r\n--x--\r\n{PASSWORD}"
    );
    let plain = form(&super::FIELDS);
    for path in super::server_functions()
        .into_iter()
        .filter(|path| !super::takes_json(path))
    {
        for (content_type, body) in [
            (None, &plain),
            (Some(""), &plain),
            (Some("text/plain"), &json),
            (Some("text/plain"), &plain),
            (Some("multipart/form-data; boundary=x"), &multipart),
            (Some("multipart/form-data"), &plain),
            (Some("application/json"), &json),
            (Some("application/json; charset=utf-8"), &json),
            (Some("application/cbor"), &plain),
            (Some("application/msgpack"), &plain),
            (Some("application/octet-stream"), &plain),
            (
                Some("application/x-www-form-urlencoded; charset=utf-7"),
                &plain,
            ),
            (
                Some("application/x-www-form-urlencoded; charset=utf-16"),
                &plain,
            ),
            (
                Some("application/x-www-form-urlencoded, text/plain"),
                &plain,
            ),
            (
                Some("text/plain; application/x-www-form-urlencoded"),
                &plain,
            ),
        ] {
            let mut request = post(path, OWN);
            if let Some(content_type) = content_type {
                request = request.header("content-type", content_type);
            }
            let answer = browser
                .send(request.body(body.clone().into()).unwrap())
                .await;
            assert_eq!(answer.status, 415, "{path} {content_type:?}");
            assert!(answer.set_cookies().is_empty());
        }
    }
    for path in super::server_functions() {
        for content_type in [FORM, "text/plain", ""] {
            let request = post(path, OWN).header("content-type", content_type);
            let wrong = super::takes_json(path) || content_type != FORM;
            let answer = browser
                .clone()
                .forgetful()
                .send(request.body(json.clone().into()).unwrap())
                .await;
            assert_eq!(answer.status == 415, wrong, "{path} {content_type:?}");
        }
    }
    assert_eq!(app.contents().await, before);
}

async fn htp_14_a_missing_field_is_a_400_and_no_try(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.contents().await;
    for (path, fields) in [
        ("/accounts/login/", &[][..]),
        ("/accounts/login/", &[("login", "anna")]),
        ("/accounts/login/", &[("password", PASSWORD)]),
        ("/accounts/password/change/", &[("password", PASSWORD)]),
        (
            "/accounts/password/change/",
            &[("new_password", "seven otters juggle lanterns")],
        ),
        ("/accounts/sessions/end/", &[]),
    ] {
        let answer = browser.post(path, fields).await;
        answer.assert_says(400, "Something was missing from that form.");
    }
    assert_eq!(app.contents().await, before);
}

async fn a_refused_form_comes_back_with_what_was_typed_and_without_secrets(kind: Kind) {
    let app = TestApp::new(kind).await;
    let fields = [
        ("login", "Anna K"),
        ("password", "hunter2"),
        ("next", "/accounts/sessions/"),
        ("code", "123456"),
    ];
    let page = app.browser().post("/accounts/login/", &fields).await;
    page.assert_says(401, "value=\"Anna K\"")
        .assert_says(401, "value=\"/accounts/sessions/\"");
    page.assert_says(401, "role=\"alert\"")
        .assert_lacks("hunter2")
        .assert_lacks("123456");
}
