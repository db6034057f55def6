//! What an operator sees, and who else does not.

use std::net::IpAddr;

use crate::{
    mfa::rotation::flow as rotation,
    services::Client,
    tests::support::{Kind, OTHER_KEY, OWN, PASSWORD, SecurityKey, TestApp, on_both},
};

on_both!(
    htp_24_without_a_token_metrics_are_read_on_this_machine_without_a_proxy_between,
    htp_24_with_a_token_metrics_are_read_by_who_knows_it_alone,
    metrics_count_what_happens_and_name_nobody,
    metrics_of_a_key_that_holds_nothing_any_more_go_to_zero,
    metrics_tell_a_refused_passkey_from_a_password,
    ready_is_who_holds_every_key,
);

const METRICS: &str = "/metrics";
const HERE: [u8; 4] = [127, 0, 0, 1];

async fn htp_24_without_a_token_metrics_are_read_on_this_machine_without_a_proxy_between(
    kind: Kind,
) {
    let app = TestApp::new(kind).await;
    for here in ["127.0.0.1", "::1"] {
        let here: IpAddr = here.parse().unwrap();
        let mut local = app.browser().at(here);
        local.get(METRICS).await.assert_status(200);
        for name in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
            let mut proxied = app.browser().at(here).with_header(name, "127.0.0.1");
            proxied.get(METRICS).await.assert_status(404);
        }
    }
    // as a proxy passes it on that adds nothing
    for (host, status) in [
        ("localhost", 200),
        ("127.0.0.1:3000", 200),
        ("[::1]:3000", 200),
        ("mfa.example.org", 404),
        ("192.0.2.1:3000", 404),
        ("localhost.example.org", 404),
    ] {
        let mut local = app.browser().at(HERE).with_header("host", host);
        local.get(METRICS).await.assert_status(status);
    }
    let mut stranger = app.browser();
    let refused = stranger.get(METRICS).await;
    let nothing = stranger.get("/nothing").await;
    assert_eq!(refused.status, nothing.status);
    app.browser()
        .at_nowhere()
        .get(METRICS)
        .await
        .assert_status(404);
}

async fn htp_24_with_a_token_metrics_are_read_by_who_knows_it_alone(kind: Kind) {
    let token = "0123456789abcdef0123456789abcdef";
    let app = TestApp::with_settings(kind, &[("METRICS_TOKEN", token)]).await;
    let with = |value: &str| app.browser().with_header("authorization", value);
    with(&format!("Bearer {token}"))
        .get(METRICS)
        .await
        .assert_says(200, "inmor_mfa_database_up 1");
    for wrong in [
        format!("Bearer {}", &token[1..]),
        format!("Bearer {token}0"),
        format!("Basic {token}"),
        token.to_owned(),
        "Bearer".to_owned(),
    ] {
        with(&wrong).at(HERE).get(METRICS).await.assert_status(404);
    }
    app.browser().at(HERE).get(METRICS).await.assert_status(404);
}

/// The value of a line of the metrics, 0 when it is not there.
fn value(text: &str, line: &str) -> f64 {
    text.lines()
        .find_map(|found| found.strip_prefix(line)?.trim().parse().ok())
        .unwrap_or_default()
}

async fn metrics_count_what_happens_and_name_nobody(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let mut operator = app.browser().at(HERE);
    let before = operator.get(METRICS).await.body;
    app.browser()
        .sign_in("anna", "wrong")
        .await
        .assert_status(401);
    app.pending("anna").await.authenticate("000000").await;
    app.account("berta").await;
    app.signed_in("berta").await;
    for _ in 0..8 {
        app.browser().sign_in("berta", "wrong").await;
    }
    let after = operator.get(METRICS).await.body;
    // other tests of this process count too
    for line in [
        "inmor_mfa_sign_ins_total{outcome=\"right\",method=\"pwd\"}",
        "inmor_mfa_sign_ins_total{outcome=\"refused\",method=\"pwd\"}",
        "inmor_mfa_sign_ins_total{outcome=\"refused\",method=\"second factor\"}",
        "inmor_mfa_events_total{action=\"second_factor.failed\"}",
        "inmor_mfa_throttled_total{limit=\"password\"}",
        "inmor_mfa_hash_wait_seconds_count",
        "inmor_mfa_request_seconds_count{method=\"POST\",route=\"/accounts/login/\",status=\"401\"}",
    ] {
        assert!(
            value(&after, line) > value(&before, line),
            "{line}\n{after}"
        );
    }
    for line in [
        "inmor_mfa_hashes{state=\"running\"}",
        "inmor_mfa_hashes{state=\"waiting\"}",
        "inmor_mfa_database_connections{state=\"idle\"}",
        "inmor_mfa_database_up 1",
        "inmor_mfa_sessions ",
        "inmor_mfa_build{version=",
        &format!(
            "inmor_mfa_sealed_secrets{{key=\"{}\",state=\"seals\"}}",
            app.services.keyring().first_id()
        ),
    ] {
        assert!(after.contains(line), "{line}\n{after}");
    }
    for secret in ["anna", "berta", PASSWORD, "192.0.2.1"] {
        assert!(!after.contains(secret), "{secret}");
    }
}

async fn metrics_of_a_key_that_holds_nothing_any_more_go_to_zero(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    let old = app.services.settings.encryption_keys.first();
    let id = app.services.keyring().first_id().to_owned();
    let both = app.with_keys(&format!("{OTHER_KEY},{}", old.fernet_text()));
    let line = format!("inmor_mfa_sealed_secrets{{key=\"{id}\",state=\"opens\"}}");
    let mut operator = both.browser().at(HERE);
    assert!(value(&operator.get(METRICS).await.body, &line) > 0.0);
    let moved = rotation::rotate(&both.services, &Client::shell(), |_| ()).await;
    assert!(moved.unwrap().moved > 0);
    let after = operator.get(METRICS).await.body;
    assert!(after.contains(&line), "{after}");
    assert!(value(&after, &line) < 1.0, "{after}");
}

async fn metrics_tell_a_refused_passkey_from_a_password(kind: Kind) {
    let line = "inmor_mfa_sign_ins_total{outcome=\"refused\",method=\"passkey\"}";
    let app = TestApp::new(kind).await;
    let mut key = SecurityKey::synced();
    app.with_key("anna", &mut key, "passkey").await;
    let mut stranger = app.browser();
    let asked = stranger.start_proving("passkey").await.json();
    let answer = key.get(&asked, OWN);
    let mut operator = app.browser().at(HERE);
    let before = operator.get(METRICS).await.body;
    let mut again = stranger.clone();
    for (browser, status) in [(&mut stranger, 200), (&mut again, 422)] {
        browser
            .finish_proving("passkey", &answer)
            .await
            .assert_status(status);
    }
    let after = operator.get(METRICS).await.body;
    assert!(value(&after, line) > value(&before, line), "{after}");
}

async fn ready_is_who_holds_every_key(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.with_factor("anna").await;
    app.browser().get("/readyz").await.assert_status(200);
    let other = app.with_keys(OTHER_KEY);
    let answer = other.browser().get("/readyz").await;
    answer.assert_status(503);
    let id = app.services.keyring().first_id();
    other.browser().get("/readyz").await.assert_lacks(id);
}
