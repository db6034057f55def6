//! Security keys and passkeys: added, used, renamed, removed.

use serde_json::json;

use crate::tests::support::{
    ADD, AUTHENTICATE, Fault, KEYS, Kind, OWN, PASSWORD, REAUTHENTICATE, RS256, SESSION, SETTINGS,
    SecurityKey, TestApp, on_both,
};

on_both!(
    a_passkey_signs_in_alone_and_as_a_second_factor_and_confirms,
    a_touch_only_key_is_a_second_factor_and_never_more,
    a_security_key_that_verifies_its_user_does_not_sign_in_alone,
    without_a_kind_the_key_is_what_the_authenticator_makes_of_it,
    the_first_key_makes_recovery_codes_and_ends_other_sessions,
    keys_are_listed_renamed_and_removed_by_their_owner_alone,
    removing_the_last_key_takes_the_recovery_codes_and_is_refused_by_policy,
    mfa_07_the_answer_of_a_key_of_somebody_else_is_refused,
    lif_11_an_account_has_at_most_twenty_keys,
    wa_16_verification_is_asked_for_where_the_key_signs_in_alone,
    wa_27_keys_of_each_algorithm_sign_in_again_and_again,
    wa_29_what_the_browser_is_asked_for_a_new_key,
    wa_30_log_02_nobody_learns_which_keys_there_are_before_the_password,
    a_disabled_account_does_not_get_in_with_a_passkey,
    what_is_switched_off_is_not_there,
    loa_09_a_source_that_asks_for_passkeys_without_end_is_slowed_alone_until_it_shows_one,
);

async fn a_passkey_signs_in_alone_and_as_a_second_factor_and_confirms(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::synced();
    app.with_key("anna", &mut key, "passkey").await;
    let mut alone = app.browser();
    let answer = alone.prove(&mut key, "passkey").await;
    assert_eq!(answer.assert_status(200).json(), json!({ "redirect": "/" }));
    assert!(alone.is_signed_in().await);
    alone.get("/").await.assert_says(200, "synced passkey");
    let mut second = app.before_key("anna").await;
    second
        .prove(&mut key, "second_factor")
        .await
        .assert_status(200);
    second
        .get("/")
        .await
        .assert_says(200, "password and synced passkey");
    app.hands.advance(301);
    second
        .get(ADD)
        .await
        .assert_redirect("/accounts/reauthenticate/?next=/accounts/2fa/webauthn/add/");
    second
        .get(REAUTHENTICATE)
        .await
        .assert_says(200, "Use a security key or passkey");
    let before = second.clone();
    second
        .prove(&mut key, "reauthenticate")
        .await
        .assert_status(200);
    second.assert_renewed(&before).await;
    second.get(ADD).await.assert_status(200);
}

async fn a_touch_only_key_is_a_second_factor_and_never_more(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::touch_only();
    app.with_key("anna", &mut key, "security_key").await;
    let mut browser = app.browser();
    browser
        .prove(&mut key, "passkey")
        .await
        .assert_says(422, "KeyRefused");
    assert!(!browser.is_signed_in().await);
    let mut browser = app.before_key("anna").await;
    browser
        .prove(&mut key, "second_factor")
        .await
        .assert_status(200);
    browser
        .get("/")
        .await
        .assert_says(200, "password and security key");
    // nor does it become a passkey
    let mut other = app.signed_in_with_key("anna", &mut key).await;
    let asked = other.start_adding("passkey").await;
    let answer = SecurityKey::touch_only().create(&asked, OWN);
    other.finish_adding("x", &answer).await.assert_status(422);
}

async fn a_security_key_that_verifies_its_user_does_not_sign_in_alone(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "security_key").await;
    app.browser()
        .prove(&mut key, "passkey")
        .await
        .assert_status(422);
}

async fn without_a_kind_the_key_is_what_the_authenticator_makes_of_it(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut verifying, mut touched) = (SecurityKey::default(), SecurityKey::touch_only());
    let mut browser = app.with_key("anna", &mut verifying, "").await;
    browser.add_key(&mut touched, "", "touched").await;
    let kinds = "select name || case when passkey then ' passkey' else ' key' end from mfa_webauthn_credential order by name";
    assert_eq!(app.texts(kinds).await, ["blue key passkey", "touched key"]);
    app.browser()
        .prove(&mut verifying, "passkey")
        .await
        .assert_status(200);
}

async fn the_first_key_makes_recovery_codes_and_ends_other_sessions(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    let (mut here, mut there) = (app.signed_in("anna").await, app.signed_in("anna").await);
    let asked = here.start_adding("passkey").await;
    let mut key = SecurityKey::default();
    let old = here.clone();
    let answer = here.finish_adding("  ", &key.create(&asked, OWN)).await;
    let answer = answer.assert_status(200).json();
    assert_eq!(
        answer["redirect"],
        "/accounts/2fa/recovery-codes/?done=key-added"
    );
    here.assert_renewed(&old).await;
    assert!(!there.is_signed_in().await);
    assert_eq!(app.recovery_codes(&mut here).await.len(), 10);
    // a name of its own, since none was typed and its maker is unknown
    here.get(KEYS).await.assert_says(200, "Passkey");
    let answer = here.start_adding("passkey").await;
    let second = SecurityKey::default().create(&answer, OWN);
    let answer = here.finish_adding("second", &second).await;
    assert_eq!(
        answer.json()["redirect"],
        "/accounts/2fa/webauthn/?done=key-added"
    );
    let mut added = app.details("key.added").await;
    added.sort();
    assert_eq!(added, ["Passkey", "second"]);
}

async fn keys_are_listed_renamed_and_removed_by_their_owner_alone(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut annas, mut bertas) = (SecurityKey::default(), SecurityKey::default());
    let mut anna = app.with_key("anna", &mut annas, "passkey").await;
    let mut berta = app.with_key("berta", &mut bertas, "security_key").await;
    let id = app
        .texts("select key.id from mfa_webauthn_credential as key join account on account.id = account_id where username = 'anna'")
        .await;
    let to = |action: &str| format!("{KEYS}{}/{action}/", id[0]);
    for path in [to("edit"), to("remove")] {
        berta.get(&path).await.assert_status(404);
        berta
            .post(&path, &[("name", "mine")])
            .await
            .assert_status(404);
    }
    anna.get(&to("edit")).await.assert_says(200, "blue key");
    anna.post(&to("edit"), &[("name", "x\u{7}")])
        .await
        .assert_says(422, "at most 64 ordinary characters");
    anna.post(&to("edit"), &[("name", " red <b> key ")])
        .await
        .assert_redirect("/accounts/2fa/webauthn/?done=key-renamed");
    anna.get("/accounts/2fa/webauthn/?done=key-renamed")
        .await
        .assert_says(200, "red &lt;b&gt; key")
        .assert_says(200, "allAcceptedCredentialIds");
    anna.get(KEYS)
        .await
        .assert_says(200, "Passkey: signs in by itself")
        .assert_says(200, "Bound to one device")
        .assert_lacks("allAcceptedCredentialIds");
    let others = app.signed_in_with_key("anna", &mut annas).await;
    anna.get(&to("remove"))
        .await
        .assert_says(200, "This is your only factor");
    let old = anna.clone();
    anna.post(&to("remove"), &[])
        .await
        .assert_redirect("/accounts/2fa/webauthn/?done=key-removed");
    anna.assert_renewed(&old).await;
    assert!(!others.clone().is_signed_in().await);
    assert!(
        !app.browser()
            .prove(&mut annas, "passkey")
            .await
            .status
            .is_success()
    );
    assert!(app.signed_in("anna").await.is_signed_in().await);
    anna.get(&to("edit")).await.assert_status(404);
    assert_eq!(app.details("key.renamed").await, ["red <b> key"]);
    assert_eq!(app.details("key.removed").await, ["red <b> key"]);
}

async fn removing_the_last_key_takes_the_recovery_codes_and_is_refused_by_policy(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    let id = app.texts("select id from mfa_webauthn_credential").await;
    let path = format!("{KEYS}{}/remove/", id[0]);
    let strict = app.variant(|services| {
        let mut settings = (*services.settings).clone();
        settings.mfa_required = true;
        services.settings = std::sync::Arc::new(settings);
    });
    let mut there = strict.browser();
    there.cookies = browser.cookies.clone();
    there.get(&path).await.assert_says(200, "cannot be removed");
    there.post(&path, &[]).await.assert_status(422);
    assert_eq!(app.number("select count(*) from mfa_recovery_set").await, 1);
    browser.post(&path, &[]).await.assert_status(303);
    assert_eq!(app.number("select count(*) from mfa_recovery_set").await, 0);
    assert_eq!(
        app.number("select count(*) from webauthn_ceremony").await,
        0
    );
}

async fn mfa_07_the_answer_of_a_key_of_somebody_else_is_refused(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut annas, mut bertas) = (SecurityKey::default(), SecurityKey::default());
    app.with_key("anna", &mut annas, "passkey").await;
    app.with_key("berta", &mut bertas, "passkey").await;
    let (mut anna, mut berta) = (app.before_key("anna").await, app.before_key("berta").await);
    let asked = anna.start_proving("second_factor").await.json();
    let answer = annas.get(&asked, OWN);
    berta
        .finish_proving("second_factor", &answer)
        .await
        .assert_status(422);
    // her own challenge answered by another's key
    berta
        .prove(&mut annas, "second_factor")
        .await
        .assert_status(422);
    assert!(!berta.is_signed_in().await);
    anna.finish_proving("second_factor", &answer)
        .await
        .assert_status(200);
}

async fn lif_11_an_account_has_at_most_twenty_keys(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    let asked = browser.start_adding("passkey").await;
    for _ in 1..20 {
        browser
            .add_key(&mut SecurityKey::default(), "passkey", "one more")
            .await;
    }
    browser
        .call("/api/webauthn/registration/start", &json!({}))
        .await
        .assert_says(422, "TooManyKeys");
    // one that was begun before
    let late = SecurityKey::default().create(&asked, OWN);
    assert!(
        !browser
            .finish_adding("late", &late)
            .await
            .status
            .is_success()
    );
    assert_eq!(
        app.number("select count(*) from mfa_webauthn_credential")
            .await,
        20
    );
    app.browser()
        .get("/accounts/login/")
        .await
        .assert_status(200);
}

async fn wa_16_verification_is_asked_for_where_the_key_signs_in_alone(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    let asked = browser.start_adding("passkey").await;
    assert_eq!(
        asked["publicKey"]["authenticatorSelection"]["userVerification"],
        "required"
    );
    let careless = SecurityKey::default().create_with(&asked, OWN, Fault::NoUv);
    browser
        .finish_adding("x", &careless)
        .await
        .assert_status(422);
    let mut pending = app.before_key("anna").await;
    for (browser, purpose) in [
        (&mut app.browser(), "passkey"),
        (&mut pending, "second_factor"),
        (&mut browser, "reauthenticate"),
    ] {
        browser
            .prove_with(&mut key, purpose, Fault::NoUv)
            .await
            .assert_status(422);
        browser.prove(&mut key, purpose).await.assert_status(200);
    }
}

async fn wa_27_keys_of_each_algorithm_sign_in_again_and_again(kind: Kind) {
    let app = TestApp::new(kind).await;
    for (name, algorithm) in [("anna", -7), ("berta", RS256)] {
        let mut key = SecurityKey {
            algorithm,
            ..SecurityKey::default()
        };
        app.with_key(name, &mut key, "passkey").await;
        for _ in 0..3 {
            let mut browser = app.browser();
            browser.prove(&mut key, "passkey").await.assert_status(200);
            assert!(browser.is_signed_in().await);
        }
    }
}

async fn wa_29_what_the_browser_is_asked_for_a_new_key(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (mut key, mut bertas) = (SecurityKey::default(), SecurityKey::default());
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    app.with_key("berta", &mut bertas, "passkey").await;
    let asked = browser.start_adding("passkey").await;
    let options = &asked["publicKey"];
    assert_eq!(
        options["rp"],
        json!({ "id": "localhost", "name": "Inmor Admin" })
    );
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["user"]["name"], "anna");
    let handle = options["user"]["id"].as_str().unwrap();
    assert!(
        (22..=86).contains(&handle.len()) && !handle.contains("anna"),
        "{handle}"
    );
    let algorithms: Vec<_> = options["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["alg"].as_i64().unwrap())
        .collect();
    assert_eq!(algorithms, [-7, -35, -257]);
    let excluded = options["excludeCredentials"].as_array().unwrap();
    assert_eq!(excluded.len(), 1, "{excluded:?}");
    assert_eq!(excluded[0]["transports"], json!(["nfc", "usb"]));
    let again = browser.start_adding("passkey").await;
    let challenge =
        |asked: &serde_json::Value| asked["publicKey"]["challenge"].as_str().unwrap().to_owned();
    assert_ne!(challenge(&asked), challenge(&again));
    assert_eq!(challenge(&asked).len(), 43);
    assert_eq!(again["publicKey"]["user"]["id"], options["user"]["id"]);
    let plain = browser.start_adding("security_key").await;
    let selection = &plain["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "discouraged");
    assert_eq!(selection["userVerification"], "preferred");
    browser
        .call("/api/webauthn/registration/start", &json!({ "kind": "x" }))
        .await
        .assert_status(400);
}

async fn wa_30_log_02_nobody_learns_which_keys_there_are_before_the_password(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    let mut stranger = app.browser();
    for purpose in ["second_factor", "reauthenticate"] {
        stranger.start_proving(purpose).await.assert_status(401);
    }
    let asked = stranger.start_proving("passkey").await.json();
    assert_eq!(asked["publicKey"]["allowCredentials"], json!([]));
    assert_eq!(asked["publicKey"]["userVerification"], "required");
    assert_eq!(asked["publicKey"]["rpId"], "localhost");
    let mut pending = app.before_key("anna").await;
    let asked = pending.start_proving("second_factor").await.json();
    let allowed = asked["publicKey"]["allowCredentials"].as_array().unwrap();
    assert_eq!(allowed.len(), 1);
    stranger
        .call(
            "/api/webauthn/authentication/start",
            &json!({ "purpose": "else" }),
        )
        .await
        .assert_status(400);
}

async fn a_disabled_account_does_not_get_in_with_a_passkey(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    app.with_key("anna", &mut key, "passkey").await;
    let mut browser = app.browser();
    let asked = browser.start_proving("passkey").await.json();
    let answer = key.get(&asked, OWN);
    let anna = crate::auth::accounts::flow::find(&app.services, "anna")
        .await
        .unwrap()
        .unwrap();
    app.disable(&anna).await;
    browser
        .finish_proving("passkey", &answer)
        .await
        .assert_status(422);
    browser.prove(&mut key, "passkey").await.assert_status(422);
    assert_eq!(browser.cookie(SESSION), "");
}

async fn what_is_switched_off_is_not_there(kind: Kind) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::default();
    let mut browser = app.with_key("anna", &mut key, "passkey").await;
    let with = |change: fn(&mut crate::server::settings::Settings)| {
        app.variant(|services| {
            let mut settings = (*services.settings).clone();
            change(&mut settings);
            services.settings = std::sync::Arc::new(settings);
        })
    };
    let off = with(|settings| {
        settings.supported_types.webauthn = false;
        settings.passkey_login_enabled = false;
    });
    let mut there = off.browser();
    there.cookies = browser.cookies.clone();
    for path in [ADD, KEYS] {
        there.get(path).await.assert_status(404);
    }
    there.get(SETTINGS).await.assert_lacks("Security key");
    let start = "/api/webauthn/registration/start";
    there.call(start, &json!({})).await.assert_status(404);
    there
        .start_proving("reauthenticate")
        .await
        .assert_status(404);
    // a password is still not enough
    let mut other = off.browser();
    other
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect(AUTHENTICATE);
    other
        .start_proving("second_factor")
        .await
        .assert_status(404);

    let no_passkeys = with(|settings| settings.passkey_login_enabled = false);
    let mut stranger = no_passkeys.browser();
    stranger.start_proving("passkey").await.assert_status(404);
    stranger
        .get("/accounts/login/")
        .await
        .assert_lacks("passkey");
    stranger.sign_in("anna", PASSWORD).await;
    stranger
        .prove(&mut key, "second_factor")
        .await
        .assert_status(200);
    browser.get("/accounts/login/").await;
    app.browser()
        .get("/accounts/login/")
        .await
        .assert_says(200, "Sign in with a passkey")
        .assert_says(200, "username webauthn");
}

async fn loa_09_a_source_that_asks_for_passkeys_without_end_is_slowed_alone_until_it_shows_one(
    kind: Kind,
) {
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::synced();
    app.with_key("anna", &mut key, "passkey").await;
    let flood = || app.browser().at([198, 51, 100, 7]);
    for _ in 0..300 {
        flood().start_proving("passkey").await.assert_status(200);
    }
    let answer = flood().start_proving("passkey").await;
    answer.assert_says(429, "TooManyTries");
    let rows = "select count(*) from webauthn_ceremony";
    assert_eq!(app.number(rows).await, 300);
    let mut elsewhere = app.browser().at([198, 51, 100, 8]);
    let answer = elsewhere.prove(&mut key, "passkey").await;
    answer.assert_status(200);
    app.hands.advance(1);
    let mut owner = flood();
    owner.prove(&mut key, "passkey").await.assert_status(200);
    for _ in 0..300 {
        flood().start_proving("passkey").await.assert_status(200);
    }
    // wrong answers are rows of the audit trail, and no more of them
    let nonsense = json!({ "id": "AAAA" });
    let told = app.details("sign_in.failed").await.len();
    let mut wrong = flood();
    let answer = wrong.finish_proving("passkey", &nonsense).await;
    answer.assert_says(422, "KeyRefused");
    app.hands.advance(1);
    wrong.set_cookie("__Host-ceremony", &"A".repeat(43));
    let answer = wrong.finish_proving("passkey", &nonsense).await;
    answer.assert_says(422, "KeyRefused");
    let answer = wrong.finish_proving("passkey", &nonsense).await;
    answer.assert_says(429, "TooManyTries");
    assert_eq!(app.details("sign_in.failed").await.len(), told + 1);
}
