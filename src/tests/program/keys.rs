//! Security keys with the program as a process: the name of the site they were made for.

use serde_json::{Value, json};

use crate::{
    http::{Answer, Browser},
    security_key::SecurityKey,
    support::Place,
};

fn call(browser: &mut Browser, path: &str, body: &Value) -> Answer {
    let answer = browser.post_json(path, &body.to_string()).unwrap();
    assert_eq!(answer.status, 200, "{}{}", answer.head, answer.text());
    answer
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.text()).unwrap()
}

#[test]
fn wa_36_another_site_name_does_not_start_while_there_are_keys() {
    let place = Place::new();
    place.create("anna");
    let server = place.serve();
    let mut browser = server.signed_in("anna");
    let asked = json_of(&call(
        &mut browser,
        "/api/webauthn/registration/start",
        &json!({}),
    ));
    let answer = SecurityKey::default().create(&asked, crate::http::ORIGIN);
    let body = json!({ "name": "blue key", "credential": answer });
    call(&mut browser, "/api/webauthn/registration/finish", &body);
    server.stop();

    let moved = place.set("PUBLIC_URL", "https://mfa.example.org");
    for command in ["serve", "check"] {
        let ended = moved.run(&[command]);
        let line = ended.failure();
        assert!(
            line.contains("1 security keys and passkeys were made for localhost"),
            "{line}"
        );
        assert!(line.contains("--accept-new-origin"), "{line}");
    }
    let accepted = moved
        .start_with(&["serve", "--accept-new-origin"])
        .listening();
    let ended = accepted.stop();
    assert!(
        ended.stderr.contains("keys made for localhost do not work"),
        "{ended:?}"
    );
    // said once, it is settled
    moved.serve().stop();
    // and back again nothing is lost
    moved.set("PUBLIC_URL", crate::http::ORIGIN).serve().stop();
}
