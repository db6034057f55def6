//! Large and strange bodies are refused before they cost anything.

use axum::{body::Body, http::header};

use crate::{
    server::router::BODY_LIMIT,
    tests::support::{Answer, Kind, OWN, PASSWORD, TestApp, form, on_both, post},
};

on_both!(
    htp_10_a_body_over_64_kib_is_refused_with_and_without_its_length,
    htp_10_a_packed_body_is_refused_unread,
    htp_10_a_body_of_exactly_64_kib_is_read,
    log_14_a_megabyte_of_name_or_password_is_refused,
    log_14_ten_thousand_fields_and_deep_nesting_are_refused_or_ignored,
);

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(app: &TestApp, path: &str, more: &[(&str, &str)], body: Body) -> Answer {
    let mut request = post(path, OWN).header(header::CONTENT_TYPE, FORM);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    app.browser().send(request.body(body).unwrap()).await
}

/// A body that says nothing of its length.
fn untold(text: &str) -> Body {
    Body::from_stream(Body::from(text.to_owned()).into_data_stream())
}

async fn htp_10_a_body_over_64_kib_is_refused_with_and_without_its_length(kind: Kind) {
    let app = TestApp::new(kind).await;
    let text = "x".repeat(BODY_LIMIT + 1);
    let functions = super::server_functions().into_iter();
    let functions = functions.filter(|path| !super::takes_json(path));
    for path in functions.chain(["/nowhere"]) {
        let length = text.len().to_string();
        let told = send(
            &app,
            path,
            &[("content-length", &length)],
            text.clone().into(),
        )
        .await;
        let untold = send(&app, path, &[], untold(&text)).await;
        if path == "/nowhere" {
            assert!([404, 413].contains(&untold.status.as_u16()));
        } else {
            told.assert_status(413);
            untold.assert_status(413);
        }
    }
    assert!(app.contents().await.is_empty());
}

async fn htp_10_a_packed_body_is_refused_unread(kind: Kind) {
    let app = TestApp::new(kind).await;
    let body = form(&[("login", "anna"), ("password", PASSWORD)]);
    for path in super::server_functions() {
        for encoding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
            send(
                &app,
                path,
                &[("content-encoding", encoding)],
                body.clone().into(),
            )
            .await
            .assert_status(415);
        }
    }
    assert!(app.contents().await.is_empty());
}

async fn htp_10_a_body_of_exactly_64_kib_is_read(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let mut body = form(&[("login", "anna"), ("password", PASSWORD), ("filling", "")]);
    body.push_str(&"x".repeat(BODY_LIMIT - body.len()));
    send(&app, "/accounts/login/", &[], body.clone().into())
        .await
        .assert_redirect("/");
    send(&app, "/accounts/login/", &[], untold(&body))
        .await
        .assert_redirect("/");
}

async fn log_14_a_megabyte_of_name_or_password_is_refused(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let before = app.contents().await;
    let megabyte = "a".repeat(1 << 20);
    app.browser()
        .sign_in("anna", &megabyte)
        .await
        .assert_status(413);
    app.browser()
        .sign_in(&megabyte, PASSWORD)
        .await
        .assert_status(413);
    assert_eq!(app.contents().await, before);
    // what just fits into a body is no name either
    let sixty = "a".repeat(60_000);
    app.browser()
        .sign_in(&sixty, PASSWORD)
        .await
        .assert_status(401);
    app.browser()
        .sign_in("anna", &sixty)
        .await
        .assert_status(422);
}

async fn log_14_ten_thousand_fields_and_deep_nesting_are_refused_or_ignored(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let deep = format!("login{}=x&password=wrong", "[a]".repeat(5_000));
    let twice = "login=anna&login=berta&password=wrong&password=x".to_owned();
    let list = format!("{}password=wrong", "login[]=anna&".repeat(2_000));
    let bodies = [
        "a=&".repeat(10_000),
        "login=anna&".repeat(5_000),
        deep,
        twice,
        list,
        "%".to_owned(),
        "%ff=%fe&login=%80".to_owned(),
        "&&&==".to_owned(),
        String::new(),
    ];
    for path in super::server_functions()
        .into_iter()
        .filter(|path| *path != "/accounts/logout/")
    {
        for body in &bodies {
            let answer = send(&app, path, &[], body.clone().into()).await;
            let refused = answer.status.is_client_error()
                || answer.header("location").starts_with("/accounts/login/");
            // what takes no fields reads none
            assert!(
                refused || path.starts_with("/api/") && answer.status == 200,
                "{path}: {} for {body:.60}\n{}",
                answer.status,
                answer.body
            );
            assert!(answer.set_cookies().is_empty());
        }
    }
    let many = (0..10_000)
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join("=&");
    let many = many + "=&" + &form(&[("login", "anna"), ("password", PASSWORD)]);
    send(&app, "/accounts/login/", &[], many.into())
        .await
        .assert_redirect("/");
}
