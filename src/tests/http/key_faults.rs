//! Keys, browsers and people who lie, each in one way; group WA.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::tests::support::{
    Browser, DEVICE, Fault, Kind, OWN, SESSION, SecurityKey, TestApp, on_both, rounds,
};

on_both!(
    wa_01_to_26_a_registration_with_any_one_fault_is_refused_and_adds_nothing,
    wa_01_to_26_an_answer_with_any_one_fault_is_refused_and_changes_nothing,
    wa_04_an_answer_works_once,
    wa_05_fifty_at_once_with_one_answer_are_one,
    wa_06_a_challenge_lives_five_minutes_and_is_purged,
    wa_08_a_challenge_is_for_one_purpose_one_account_and_one_browser,
    wa_10_a_passkey_has_to_say_whose_it_is,
    wa_12_a_credential_has_one_owner,
    wa_13_a_counter_that_goes_back_is_refused_and_told,
    wa_14_original_and_copy_with_one_counter_are_one,
    wa_18_a_key_that_becomes_synced_is_refused,
    wa_22_large_and_deep_bodies_are_refused_before_they_cost,
    wa_23_no_json_or_not_the_right_one_is_refused_in_one_text,
    wa_33_a_damaged_public_key_lets_nobody_in,
    cra_12_a_ceremony_may_begin_at_one_process_and_end_at_another,
);

const ALL: &str = "select id || account_id || name || cast(sign_count as text) || cast(backup_state as text) \
     || coalesce(cast(last_used_at as text), '-') || coalesce(cast(suspect_at as text), '-') from mfa_webauthn_credential order by id";

async fn wa_01_to_26_a_registration_with_any_one_fault_is_refused_and_adds_nothing(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app
        .with_key("anna", &mut SecurityKey::default(), "passkey")
        .await;
    let before = app.texts(ALL).await;
    for fault in Fault::at_registration() {
        let asked = browser.start_adding("passkey").await;
        let answer = SecurityKey::default().create_with(&asked, OWN, fault);
        let refused = browser.finish_adding("x", &answer).await;
        assert_eq!(refused.status, 422, "{fault:?}: {}", refused.body);
        assert_eq!(refused.body, "\"KeyRefused\"", "{fault:?}");
        assert!(refused.set_cookies().is_empty(), "{fault:?}");
    }
    let rsa = SecurityKey {
        algorithm: crate::tests::support::RS256,
        ..SecurityKey::default()
    };
    for fault in [Fault::RsaShort, Fault::RsaExponentOne] {
        let asked = browser.start_adding("passkey").await;
        let answer = rsa.clone().create_with(&asked, OWN, fault);
        let refused = browser.finish_adding("x", &answer).await;
        assert_eq!(refused.status, 422, "{fault:?}");
    }
    assert_eq!(app.texts(ALL).await, before);
    let mut key = SecurityKey::default();
    browser.add_key(&mut key, "passkey", "good").await;
}

async fn wa_01_to_26_an_answer_with_any_one_fault_is_refused_and_changes_nothing(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    let before = app.texts(ALL).await;
    for fault in Fault::at_authentication() {
        let mut browser = app.browser();
        let asked = browser.start_proving("passkey").await.json();
        let answer = key.get_with(&asked, OWN, fault);
        let refused = browser.finish_proving("passkey", &answer).await;
        assert_eq!(refused.status, 422, "{fault:?}: {}", refused.body);
        assert_eq!(refused.body, "\"KeyRefused\"", "{fault:?}");
        assert_eq!(browser.cookie(SESSION), "", "{fault:?}");
        // the challenge is used up, whatever was wrong with the answer
        if matches!(
            fault,
            Fault::SignatureFlipped | Fault::CrossOrigin | Fault::TypePassword
        ) {
            let good = key.get(&asked, OWN);
            browser
                .finish_proving("passkey", &good)
                .await
                .assert_status(422);
        }
        assert_eq!(app.texts(ALL).await, before, "WA-19: {fault:?}");
    }
    for fault in [
        Fault::SignatureFlipped,
        Fault::UserHandle,
        Fault::CrossOrigin,
    ] {
        let mut pending = app.before_key("anna").await;
        pending
            .prove_with(&mut key, "second_factor", fault)
            .await
            .assert_status(422);
        assert!(!pending.is_signed_in().await);
    }
    assert_eq!(app.texts(ALL).await, before);
    app.browser()
        .prove(&mut key, "passkey")
        .await
        .assert_status(200);
}

async fn wa_04_an_answer_works_once(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::synced();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    let asked = browser.start_adding("passkey").await;
    let answer = SecurityKey::default().create(&asked, OWN);
    browser
        .finish_adding("once", &answer)
        .await
        .assert_status(200);
    browser
        .finish_adding("twice", &answer)
        .await
        .assert_status(422);
    let mut stranger = app.browser();
    let asked = stranger.start_proving("passkey").await.json();
    let answer = key.get(&asked, OWN);
    let mut again = stranger.clone();
    stranger
        .finish_proving("passkey", &answer)
        .await
        .assert_status(200);
    again
        .finish_proving("passkey", &answer)
        .await
        .assert_status(422);
    assert!(!again.is_signed_in().await);
}

/// Statuses of fifty answers sent at once, by two processes.
async fn fifty(browsers: [Browser; 2], path: &'static str, body: &Value) -> Vec<u16> {
    let mut sending = JoinSet::new();
    for number in 0..50 {
        let (mut browser, body) = (browsers[number % 2].clone(), body.clone());
        sending.spawn(async move { browser.call(path, &body).await.status.as_u16() });
    }
    sending.join_all().await
}

async fn wa_05_fifty_at_once_with_one_answer_are_one(kind: Kind) {
    for _ in 0..rounds(1) {
        Box::pin(one_answer_of_each_kind(kind)).await;
    }
}

async fn one_answer_of_each_kind(kind: Kind) {
    let app = TestApp::new(kind).await;
    let other = app.second_process().await;
    let mut key = SecurityKey::synced();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    let there = |here: &Browser| {
        let mut there = other.browser();
        there.cookies = here.cookies.clone();
        there
    };
    let mut adding = SecurityKey::default();
    let asked = browser.start_adding("passkey").await;
    let body = json!({ "name": "x", "credential": adding.create(&asked, OWN) });
    let path = "/api/webauthn/registration/finish";
    let statuses = fifty([browser.clone(), there(&browser)], path, &body).await;
    let added = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(added, 1, "{statuses:?}");
    assert!(
        statuses
            .iter()
            .all(|status| [200, 401, 422].contains(status)),
        "{statuses:?}"
    );
    assert_eq!(
        app.number("select count(*) from mfa_webauthn_credential")
            .await,
        2
    );
    for _ in 0..3 {
        let mut stranger = app.browser();
        let asked = stranger.start_proving("passkey").await.json();
        let body = json!({ "purpose": "passkey", "credential": key.get(&asked, OWN) });
        let path = "/api/webauthn/authentication/finish";
        let statuses = fifty([stranger.clone(), there(&stranger)], path, &body).await;
        let signed_in = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(signed_in, 1, "{statuses:?}");
        assert!(
            statuses.iter().all(|status| [200, 422].contains(status)),
            "{statuses:?}"
        );
    }
}

async fn wa_06_a_challenge_lives_five_minutes_and_is_purged(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    for (wait, status) in [(299, 200), (301, 422)] {
        let mut stranger = app.browser();
        let asked = stranger.start_proving("passkey").await.json();
        app.hands.advance(wait);
        let answer = key.get(&asked, OWN);
        stranger
            .finish_proving("passkey", &answer)
            .await
            .assert_status(status);
    }
    browser
        .prove(&mut key, "reauthenticate")
        .await
        .assert_status(200);
    let asked = browser.start_adding("passkey").await;
    app.hands.advance(299);
    let open = "select count(*) from webauthn_ceremony";
    assert_eq!(app.number(open).await, 2);
    assert_eq!(
        crate::mfa::ceremonies::flow::purge(&app.services)
            .await
            .unwrap(),
        1
    );
    app.hands.advance(2);
    let answer = SecurityKey::default().create(&asked, OWN);
    assert!(
        !browser
            .finish_adding("late", &answer)
            .await
            .status
            .is_success()
    );
    crate::mfa::ceremonies::flow::purge(&app.services)
        .await
        .unwrap();
    assert_eq!(app.number(open).await, 0);
}

async fn wa_08_a_challenge_is_for_one_purpose_one_account_and_one_browser(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut key, mut bertas) = (SecurityKey::default(), SecurityKey::default());
    let mut anna = app.with_key("anna", &mut key, "passkey").await;
    let mut berta = app.with_key("berta", &mut bertas, "passkey").await;
    // for another purpose of the same browser
    let asked = anna.start_proving("reauthenticate").await.json();
    let mut alone = anna.clone();
    alone.start_proving("passkey").await.assert_status(200);
    let answer = key.get(&asked, OWN);
    alone
        .finish_proving("passkey", &answer)
        .await
        .assert_status(422);
    anna.finish_proving("reauthenticate", &answer)
        .await
        .assert_status(200);
    let asked = anna.start_adding("passkey").await;
    let as_request = json!({ "publicKey": { "challenge": asked["publicKey"]["challenge"], "rpId": "localhost" } });
    let answer = key.get(&as_request, OWN);
    anna.finish_proving("reauthenticate", &answer)
        .await
        .assert_status(422);
    // another account's
    let asked = anna.start_adding("passkey").await;
    let answer = SecurityKey::default().create(&asked, OWN);
    berta.finish_adding("x", &answer).await.assert_status(422);
    // another browser's
    let asked = app.browser().start_proving("passkey").await.json();
    let answer = key.get(&asked, OWN);
    let mut other = app.browser();
    other
        .finish_proving("passkey", &answer)
        .await
        .assert_status(422);
    other.start_proving("passkey").await.assert_status(200);
    other
        .finish_proving("passkey", &answer)
        .await
        .assert_status(422);
    assert_eq!(other.cookie(DEVICE), "");
}

async fn wa_10_a_passkey_has_to_say_whose_it_is(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    app.browser()
        .prove_with(&mut key, "passkey", Fault::UserHandleMissing)
        .await
        .assert_status(422);
    let mut pending = app.before_key("anna").await;
    pending
        .prove_with(&mut key, "second_factor", Fault::UserHandle)
        .await
        .assert_status(422);
    // where the account is known it need not
    pending
        .prove_with(&mut key, "second_factor", Fault::UserHandleMissing)
        .await
        .assert_status(200);
}

async fn wa_12_a_credential_has_one_owner(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut annas = SecurityKey::default();
    let mut anna = app.with_key("anna", &mut annas, "passkey").await;
    app.account("berta").await;
    let mut berta = app.signed_in("berta").await;
    let stolen = annas.id_of_first();
    for key in [SecurityKey::default(), annas.clone()] {
        let asked = berta.start_adding("passkey").await;
        let answer = key.clone().create_as(&asked, OWN, &stolen);
        berta
            .finish_adding("mine", &answer)
            .await
            .assert_status(422);
    }
    assert_eq!(
        app.number("select count(*) from mfa_webauthn_credential")
            .await,
        1
    );
    assert!(berta.is_signed_in().await, "a refused key ends no session");
    app.browser()
        .prove(&mut annas, "passkey")
        .await
        .assert_status(200);
    // both at once
    let id = vec![5; 32];
    let (first, second) = (
        anna.start_adding("passkey").await,
        berta.start_adding("passkey").await,
    );
    let first = SecurityKey::default().create_as(&first, OWN, &id);
    let second = SecurityKey::default().create_as(&second, OWN, &id);
    let (first, second) = tokio::join!(
        anna.finish_adding("x", &first),
        berta.finish_adding("x", &second)
    );
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
}

async fn wa_13_a_counter_that_goes_back_is_refused_and_told(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey {
        counter: 41,
        ..SecurityKey::default()
    };
    app.with_key("anna", &mut key, "passkey").await;
    app.browser()
        .prove(&mut key, "passkey")
        .await
        .assert_status(200);
    let before = app
        .texts("select cast(sign_count as text) from mfa_webauthn_credential")
        .await;
    assert_eq!(before, ["42"]);
    for counter in [41, 42, 0] {
        let mut browser = app.browser();
        browser
            .prove_with(&mut key, "passkey", Fault::Counter(counter))
            .await
            .assert_status(422);
        assert_eq!(browser.cookie(SESSION), "");
    }
    assert_eq!(app.details("key.suspect").await, ["blue key"; 3]);
    assert_eq!(
        app.texts("select cast(sign_count as text) from mfa_webauthn_credential")
            .await,
        before
    );
    let mut browser = app.browser();
    browser.prove(&mut key, "passkey").await.assert_status(200);
    browser
        .get("/")
        .await
        .assert_says(200, "somebody may have a copy of it");
    browser
        .get("/accounts/2fa/webauthn/")
        .await
        .assert_says(200, "went back once");
    // one that never counts is fine for ever
    let mut synced = SecurityKey::synced();
    app.with_key("berta", &mut synced, "passkey").await;
    for _ in 0..3 {
        app.browser()
            .prove(&mut synced, "passkey")
            .await
            .assert_status(200);
    }
}

async fn wa_14_original_and_copy_with_one_counter_are_one(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut original = SecurityKey::default();
    app.with_key("anna", &mut original, "passkey").await;
    let mut copy = original.clone();
    let (mut here, mut there) = (app.browser(), app.browser());
    let (first, second) = (
        here.start_proving("passkey").await.json(),
        there.start_proving("passkey").await.json(),
    );
    let (first, second) = (original.get(&first, OWN), copy.get(&second, OWN));
    let (first, second) = tokio::join!(
        here.finish_proving("passkey", &first),
        there.finish_proving("passkey", &second)
    );
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    assert_eq!(app.details("key.suspect").await, ["blue key"]);
}

async fn wa_18_a_key_that_becomes_synced_is_refused(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    let before = app.texts(ALL).await;
    key.synced = true;
    app.browser()
        .prove(&mut key, "passkey")
        .await
        .assert_status(422);
    assert_eq!(app.texts(ALL).await, before);
}

async fn wa_22_large_and_deep_bodies_are_refused_before_they_cost(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app
        .with_key("anna", &mut SecurityKey::default(), "passkey")
        .await;
    for megabytes in [3, 30] {
        let asked = browser.start_adding("passkey").await;
        let mut answer = SecurityKey::default().create(&asked, OWN);
        answer["response"]["attestationObject"] = json!("A".repeat(megabytes << 20));
        browser.finish_adding("x", &answer).await.assert_status(413);
    }
    let deep = format!(
        "{{\"credential\":{}{}}}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    for path in ["registration", "authentication"] {
        let path = format!("/api/webauthn/{path}/finish");
        let answer = browser
            .call_with_bytes(&path, deep.clone().into_bytes())
            .await;
        answer.assert_status(400);
    }
}

async fn wa_23_no_json_or_not_the_right_one_is_refused_in_one_text(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut browser = app
        .with_key("anna", &mut SecurityKey::default(), "passkey")
        .await;
    for credential in [
        json!(null),
        json!([]),
        json!("x"),
        json!(7),
        json!({}),
        json!({ "id": [] }),
    ] {
        browser.start_adding("passkey").await;
        let refused = browser.finish_adding("x", &credential).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body.as_str()),
            (422, "\"KeyRefused\""),
            "{credential}"
        );
        let mut stranger = app.browser();
        stranger.start_proving("passkey").await;
        let refused = stranger.finish_proving("passkey", &credential).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body.as_str()),
            (422, "\"KeyRefused\""),
            "{credential}"
        );
    }
    for body in [&b""[..], b"{", b"[]", b"\xff", b"{\"name\":7}"] {
        let path = "/api/webauthn/registration/finish";
        browser
            .call_with_bytes(path, body.to_vec())
            .await
            .assert_status(400);
    }
}

async fn wa_33_a_damaged_public_key_lets_nobody_in(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    let length = app
        .number("select cast(length(public_key) as bigint) from mfa_webauthn_credential")
        .await;
    let hex = app
        .texts(match kind {
            Kind::Sqlite => "select hex(public_key) from mfa_webauthn_credential",
            Kind::Postgres => "select encode(public_key, 'hex') from mfa_webauthn_credential",
        })
        .await;
    for byte in 0..usize::try_from(length).unwrap() {
        let mut damaged = hex[0].to_lowercase().into_bytes();
        let digit = &mut damaged[2 * byte + 1];
        *digit = if *digit == b'0' { b'1' } else { b'0' };
        let damaged = String::from_utf8(damaged).unwrap();
        app.execute(&match kind {
            Kind::Sqlite => format!("update mfa_webauthn_credential set public_key = x'{damaged}'"),
            Kind::Postgres => format!(
                "update mfa_webauthn_credential set public_key = decode('{damaged}', 'hex')"
            ),
        })
        .await;
        app.browser()
            .prove(&mut key, "passkey")
            .await
            .assert_status(422);
    }
}

async fn cra_12_a_ceremony_may_begin_at_one_process_and_end_at_another(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    let other = app.second_process().await;
    let mut here = app.browser();
    let asked = here.start_proving("passkey").await.json();
    let mut there = other.browser();
    there.cookies = here.cookies.clone();
    there
        .finish_proving("passkey", &key.get(&asked, OWN))
        .await
        .assert_status(200);
    assert!(there.is_signed_in().await);
}
