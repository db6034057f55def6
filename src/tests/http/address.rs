//! Whose address counts.

use std::net::{IpAddr, Ipv6Addr};

use crate::tests::support::{Browser, Kind, PASSWORD, TestApp, on_both};

on_both!(
    log_09_an_untrusted_peer_is_its_own_address_whatever_it_says,
    log_09_forged_addresses_do_not_widen_the_limit,
    htp_09_the_chain_is_read_from_the_right_as_far_as_hops_are_trusted,
    limits_count_an_ipv6_network_once_and_ipv4_in_ipv6_as_ipv4,
);

const FORGED: [(&str, &str); 6] = [
    ("x-forwarded-for", "203.0.113.77"),
    ("x-forwarded-for", "127.0.0.1, 10.0.0.1"),
    ("forwarded", "for=203.0.113.77;proto=https"),
    ("x-real-ip", "203.0.113.77"),
    ("cf-connecting-ip", "203.0.113.77"),
    ("true-client-ip", "203.0.113.77"),
];

/// The address that the audit trail has of the wrong try of this second.
async fn last_source(app: &TestApp) -> String {
    let now = app.services.clock.now();
    let sql =
        format!("select source from audit_event where action = 'sign_in.failed' and at = {now}");
    app.texts(&sql).await.pop().unwrap_or_default()
}

/// The address that the audit trail has of one wrong try.
async fn seen(app: &TestApp, mut browser: Browser) -> String {
    app.hands.advance(1);
    browser.sign_in("anna", "wrong").await;
    let source = last_source(app).await;
    app.execute("delete from throttle").await;
    source
}

async fn log_09_an_untrusted_peer_is_its_own_address_whatever_it_says(kind: Kind) {
    for settings in [&[][..], &[("TRUSTED_PROXIES", "10.0.0.0/8")]] {
        let app = TestApp::with_settings(kind, settings).await;
        for (name, value) in FORGED {
            let browser = app.browser().at([192, 0, 2, 9]).with_header(name, value);
            assert_eq!(seen(&app, browser).await, "192.0.2.9", "{name}: {value}");
        }
    }
}

async fn log_09_forged_addresses_do_not_widen_the_limit(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    for number in 0..5 {
        let mut browser = app
            .browser()
            .with_header("x-forwarded-for", &format!("203.0.113.{number}"));
        browser.sign_in("anna", "wrong").await.assert_status(401);
    }
    app.browser()
        .with_header("x-forwarded-for", "203.0.113.99")
        .sign_in("anna", PASSWORD)
        .await
        .assert_status(401);
}

async fn htp_09_the_chain_is_read_from_the_right_as_far_as_hops_are_trusted(kind: Kind) {
    let app = TestApp::with_settings(
        kind,
        &[("TRUSTED_PROXIES", "10.0.0.0/8,2001:db8:ffff::/48")],
    )
    .await;
    let (proxy, proxy6): (IpAddr, IpAddr) =
        ([10, 0, 0, 1].into(), "2001:db8:ffff::1".parse().unwrap());
    for (peer, chain, expected) in [
        (proxy, "", "10.0.0.1"),
        (proxy, "198.51.100.7", "198.51.100.7"),
        (proxy, "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        (proxy, "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (
            proxy,
            "6.6.6.6,198.51.100.7,2001:db8:ffff::2,10.0.0.2",
            "198.51.100.7",
        ),
        (proxy, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (proxy, "198.51.100.7:4711", "198.51.100.7"),
        (proxy, "6.6.6.6, garbage", "10.0.0.1"),
        (proxy, "6.6.6.6, ", "10.0.0.1"),
        (proxy, "6.6.6.6, <script>, 10.0.0.2", "10.0.0.2"),
        (proxy, "::ffff:198.51.100.7", "198.51.100.7"),
        (proxy6, "[2001:db8::7]:443", "2001:db8::7"),
        (proxy6, "6.6.6.6, 2001:db8::7", "2001:db8::7"),
        (
            IpAddr::V6(std::net::Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped()),
            "198.51.100.7",
            "198.51.100.7",
        ),
    ] {
        let mut browser = app.browser().at(peer);
        if !chain.is_empty() {
            browser = browser.with_header("x-forwarded-for", chain);
        }
        assert_eq!(seen(&app, browser).await, expected, "{peer}: {chain}");
    }
    // several headers are one chain
    let two = app
        .browser()
        .at(proxy)
        .with_header("x-forwarded-for", "6.6.6.6")
        .with_header("x-forwarded-for", "198.51.100.7");
    assert_eq!(seen(&app, two).await, "198.51.100.7");
}

async fn limits_count_an_ipv6_network_once_and_ipv4_in_ipv6_as_ipv4(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    app.account("berta").await;
    for number in 0..5 {
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, number, 0, 0, 1);
        app.browser()
            .at(address)
            .sign_in("anna", "wrong")
            .await
            .assert_status(401);
        app.browser()
            .at([192, 0, 2, 5])
            .sign_in("berta", "wrong")
            .await
            .assert_status(401);
    }
    let same = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0xffff, 0, 0, 1);
    app.browser()
        .at(same)
        .sign_in("anna", PASSWORD)
        .await
        .assert_status(401);
    let mapped = std::net::Ipv4Addr::new(192, 0, 2, 5).to_ipv6_mapped();
    app.browser()
        .at(mapped)
        .sign_in("berta", PASSWORD)
        .await
        .assert_status(401);
    let other = Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1);
    app.browser()
        .at(other)
        .sign_in("anna", PASSWORD)
        .await
        .assert_redirect("/");
}
