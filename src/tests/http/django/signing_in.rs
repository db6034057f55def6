//! Everybody signs in as before: with the old password and each of the old factors.

use serde_json::Value;

use super::{PLACES, after_password, by_app, by_passkey, code, moved, pending, text, texts};
use crate::tests::support::{AUTHENTICATE, Authenticator, Kind, SecurityKey, TestApp, on_both};

on_both!(
    django_accounts_sign_in_with_the_old_password_and_each_old_factor,
    django_odd_accounts_sign_in_with_the_old_password_and_each_old_factor,
    django_hashes_are_renewed_by_the_first_sign_in_alone,
    django_accounts_sign_in_by_address_and_in_any_case,
    django_keys_confirm_who_one_is_and_counters_go_on,
    django_wrong_codes_count_against_what_they_look_like,
    django_codes_are_seen_by_their_owner_and_go_with_a_new_set,
);

async fn django_accounts_sign_in_with_the_old_password_and_each_old_factor(target: Kind) {
    for source in PLACES {
        let (app, site) = moved(target, source, "db").await;
        for user in site.users() {
            Box::pin(everything(&app, user)).await;
        }
    }
}

async fn django_odd_accounts_sign_in_with_the_old_password_and_each_old_factor(target: Kind) {
    for source in PLACES {
        let (app, site) = moved(target, source, "edge").await;
        for user in site.users() {
            Box::pin(everything(&app, user)).await;
        }
    }
}

/// All that `expected.json` says of a user.
async fn everything(app: &TestApp, user: &Value) {
    let name = text(&user["username"]);
    let keys: Vec<_> = user["webauthn"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry, SecurityKey::imported(entry)))
        .collect();
    let (active, has_password) = (user["is_active"] == true, user["password"].is_string());
    if has_password {
        let (mut browser, answer) = after_password(app, user).await;
        if !active {
            answer.assert_status(401);
        } else if user["mfa_enabled"] == true {
            answer.assert_redirect(AUTHENTICATE);
            assert!(!browser.is_signed_in().await, "{name}");
        } else {
            answer.assert_redirect("/");
        }
    } else {
        for typed in ["", "!", text(&user["email"])] {
            app.browser().sign_in(name, typed).await.assert_status(401);
            app.execute("delete from throttle").await;
        }
    }
    for (entry, mut key) in keys {
        let (mut browser, answer) = by_passkey(app, &mut key).await;
        if entry["passwordless"] == true && active {
            answer.assert_status(200);
            assert!(browser.is_signed_in().await, "{name}");
        } else {
            answer.assert_status(422);
            assert!(!browser.is_signed_in().await, "{name}");
        }
        if has_password && active {
            let mut browser = pending(app, user).await;
            browser
                .prove(&mut key, "second_factor")
                .await
                .assert_status(200);
            assert!(browser.is_signed_in().await, "{name}");
        }
    }
    if !has_password || !active || user["mfa_enabled"] != true {
        return;
    }
    if user["totp"].is_object() {
        let mut browser = pending(app, user).await;
        let code = code(app, user);
        browser.authenticate(&code).await.assert_redirect("/");
        // once
        let mut browser = pending(app, user).await;
        browser.authenticate(&code).await.assert_status(422);
    }
    for code in texts(&user["recovery_codes"]["used"]) {
        let answer = pending(app, user).await.authenticate(code).await;
        answer.assert_status(422);
    }
    for code in texts(&user["recovery_codes"]["unused"]) {
        let spaced = format!(" {} {}", &code[..4], code[4..].to_uppercase());
        let mut browser = pending(app, user).await;
        let answer = browser.authenticate(&spaced).await;
        assert_eq!(answer.status, 303, "{name}: {code}");
        assert!(browser.is_signed_in().await, "{name}: {code}");
        // once
        let answer = pending(app, user).await.authenticate(code).await;
        answer.assert_status(422);
    }
}

async fn django_hashes_are_renewed_by_the_first_sign_in_alone(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    let hash = "select password_hash from account where username = 'erin'";
    let old = app.texts(hash).await;
    assert!(old[0].starts_with("scrypt$16384$"), "{old:?}");
    app.browser()
        .sign_in("erin", "wrong")
        .await
        .assert_status(401);
    assert_eq!(app.texts(hash).await, old);
    let (_, answer) = after_password(&app, site.user("erin")).await;
    answer.assert_redirect("/");
    let new = app.texts(hash).await;
    assert!(new[0].starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{new:?}");
    let (_, answer) = after_password(&app, site.user("erin")).await;
    answer.assert_redirect("/");
    assert_eq!(app.texts(hash).await, new);
}

async fn django_accounts_sign_in_by_address_and_in_any_case(kind: Kind) {
    let (app, site) = moved(kind, kind, "edge").await;
    // from the table of addresses, and from `auth_user` where that has none
    for (login, username) in [
        ("ASA.OST@inmor.example", "åsa.öst"),
        ("Åsa.Öst", "åsa.öst"),
        ("judy@inmor.example", "Judy"),
        ("JUDY", "Judy"),
    ] {
        let password = text(&site.user(username)["password"]);
        let answer = app.browser().sign_in(login, password).await;
        answer.assert_redirect(AUTHENTICATE);
    }
}

async fn django_keys_confirm_who_one_is_and_counters_go_on(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    let user = site.user("bob");
    let mut eddsa = SecurityKey::imported(&user["webauthn"][1]);
    let mut copy = eddsa.clone();
    let mut browser = pending(&app, user).await;
    browser
        .prove(&mut eddsa, "second_factor")
        .await
        .assert_status(200);
    app.hands.advance(1_000);
    browser
        .prove(&mut eddsa, "reauthenticate")
        .await
        .assert_status(200);
    // a copy of the key that has counted less
    let mut other = pending(&app, user).await;
    let answer = other.prove(&mut copy, "second_factor").await;
    answer.assert_status(422);
    assert!(!other.is_signed_in().await);
    let suspect = "select name from mfa_webauthn_credential where suspect_at is not null";
    assert_eq!(app.texts(suspect).await, ["Backup key"]);
}

async fn django_wrong_codes_count_against_what_they_look_like(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    let user = site.user("carol");
    let wrong = |failures: i64, closed: &str| {
        format!(
            "select cast(failures as text) from {closed} join account on account.id = account_id \
             where username = 'carol' and failures = {failures}"
        )
    };
    let secret = Authenticator::with_secret(text(&user["totp"]["secret"]));
    let mut browser = pending(&app, user).await;
    browser
        .authenticate(&app.wrong_code(&secret))
        .await
        .assert_status(422);
    assert_eq!(app.texts(&wrong(1, "mfa_totp")).await.len(), 1);
    assert_eq!(app.texts(&wrong(0, "mfa_recovery_set")).await.len(), 1);
    browser.authenticate("00000000").await.assert_status(422);
    assert_eq!(app.texts(&wrong(1, "mfa_totp")).await.len(), 1);
    assert_eq!(app.texts(&wrong(1, "mfa_recovery_set")).await.len(), 1);
}

async fn django_codes_are_seen_by_their_owner_and_go_with_a_new_set(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    let user = site.user("carol");
    let mut browser = by_app(&app, user).await;
    let page = browser.get("/accounts/2fa/recovery-codes/").await;
    for code in texts(&user["recovery_codes"]["unused"]) {
        page.assert_says(200, code);
    }
    for code in texts(&user["recovery_codes"]["used"]) {
        page.assert_lacks(code);
    }
    let generate = "/accounts/2fa/recovery-codes/generate/";
    browser.post(generate, &[]).await.assert_status(303);
    let old = texts(&user["recovery_codes"]["unused"])[0];
    let answer = pending(&app, user).await.authenticate(old).await;
    answer.assert_status(422);
}
