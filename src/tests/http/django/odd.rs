//! What a site may hold that nobody would expect there.

use super::{PLACES, after_password, imported, moved, pending, text, texts};
use crate::{
    django::import::flow::Outcome,
    tests::support::{AUTHENTICATE, Kind, Site, TestApp, on_both},
};

on_both!(
    django_fixtures_become_what_their_file_says,
    django_codes_without_a_factor_do_not_switch_the_second_factor_on,
    django_usernames_that_fold_into_one_are_both_reported_and_neither_comes,
    django_addresses_of_two_accounts_come_over_with_neither,
    django_names_that_are_taken_here_stay_here,
    django_keys_of_two_users_go_to_the_first_of_them,
    django_accounts_whose_only_key_is_somebody_elses_come_over_disabled,
    django_accounts_whose_only_factor_stays_behind_come_over_disabled,
    django_rows_that_are_damaged_stop_no_other,
    django_rows_that_a_server_cannot_read_stop_no_other,
    django_names_with_control_characters_come_over_without,
    django_hostile_hashes_are_left_behind,
    django_codes_of_as_many_digits_as_those_of_an_app_work,
    django_codes_stay_usable_where_codes_are_shown_once,
);

async fn django_fixtures_become_what_their_file_says(target: Kind) {
    for (source, name) in PLACES
        .into_iter()
        .flat_map(|place| [(place, "db"), (place, "edge")])
    {
        let (app, site) = moved(target, source, name).await;
        let again = app.import(&site, &site.wanted()).await;
        for user in site.users() {
            let report = again.of(text(&user["username"]));
            assert_eq!(report.outcome, Outcome::Unchanged);
            assert_eq!(report.django_id, user["id"].as_i64().unwrap());
            assert_eq!(report.email.as_deref(), user["email"].as_str());
            assert_eq!(report.password, user["password_algorithm"].as_str());
            assert_eq!(report.totp, user["totp"].is_object());
            assert_eq!(report.disabled, user["is_active"] == false);
            let roles = [("staff", "is_staff"), ("superuser", "is_superuser")];
            let roles = roles.iter().filter(|(_, flag)| user[flag] == true);
            assert_eq!(
                report.roles,
                roles.map(|(role, _)| *role).collect::<Vec<_>>()
            );
            let keys = user["webauthn"].as_array().unwrap();
            let names: Vec<_> = keys.iter().map(|key| text(&key["name"])).collect();
            assert_eq!(report.webauthn, names);
            let codes = &user["recovery_codes"];
            if user["mfa_enabled"] == true {
                let count = report
                    .recovery_codes
                    .map(|codes| (codes.unused, codes.used));
                let wanted = (texts(&codes["unused"]).len(), texts(&codes["used"]).len());
                assert_eq!(count, codes.is_object().then_some(wanted), "{report:?}");
                assert!(report.left_behind.is_empty(), "{report:?}");
            } else {
                assert_eq!(report.recovery_codes, None);
            }
            let handle = format!(
                "select hex from (select {} as hex, username from account) as handles where username = '{}'",
                match target {
                    Kind::Sqlite => "lower(hex(user_handle))",
                    Kind::Postgres => "encode(user_handle, 'hex')",
                },
                report.username,
            );
            let expected = format!("{:02x}", user["id"].as_i64().unwrap() + i64::from(b'0'));
            assert_eq!(app.texts(&handle).await, [expected]);
        }
        let names = "select first_name || ' ' || last_name from account where username = 'alice'";
        if name == "db" {
            assert_eq!(app.texts(names).await, ["Alice Andersson"]);
        }
        let joined =
            "select count(*) from account where created_at between 1795534797 and 1795534920";
        let users = i64::try_from(site.users().count()).unwrap();
        assert_eq!(app.number(joined).await, users);
    }
}

async fn django_codes_without_a_factor_do_not_switch_the_second_factor_on(kind: Kind) {
    let (app, site) = moved(kind, kind, "edge").await;
    let again = app.import(&site, &site.wanted()).await;
    assert_eq!(again.of("ivan").left_behind[0].what, "recovery codes");
    let (mut browser, answer) = after_password(&app, site.user("ivan")).await;
    answer.assert_redirect("/");
    assert!(browser.is_signed_in().await);
}

async fn django_usernames_that_fold_into_one_are_both_reported_and_neither_comes(kind: Kind) {
    for source in PLACES {
        let (app, site) = (TestApp::new(kind).await, Site::new(source, "db").await);
        site.execute("update auth_user set username = 'ALICE' where username = 'erin'")
            .await;
        let outcome = app.import(&site, &site.wanted()).await;
        assert_eq!(
            (outcome.totals().imported, outcome.totals().refused),
            (3, 2)
        );
        for name in ["alice", "ALICE"] {
            let report = outcome.of(name);
            assert_eq!(report.outcome, Outcome::Refused);
            assert!(report.reason.as_ref().unwrap().contains("same username"));
        }
        assert_eq!(app.number("select count(*) from account").await, 3);
    }
}

async fn django_addresses_of_two_accounts_come_over_with_neither(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    // erin has alice's address, and carol has bob's username for an address beside hers
    site.execute(
        "delete from account_emailaddress where user_id in (3, 5); \
         update auth_user set email = 'ALICE@inmor.example' where id = 5; \
         update auth_user set username = 'carol@inmor.example' where id = 2",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(5));
    for name in ["alice", "erin", "carol"] {
        let report = outcome.of(name);
        assert_eq!(
            (report.email.as_deref(), &*report.left_behind[0].what),
            (None, "e-mail address")
        );
    }
    let (_, answer) = after_password(&app, site.user("alice")).await;
    answer.assert_redirect(AUTHENTICATE);
}

async fn django_names_that_are_taken_here_stay_here(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    app.create("Alice", "x@example.org", "lilac velvet candlesticks")
        .await;
    app.create("somebody", "BOB@inmor.example", "lilac velvet candlesticks")
        .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(
        (outcome.totals().imported, outcome.totals().refused),
        (4, 1)
    );
    assert!(
        outcome
            .of("alice")
            .reason
            .as_ref()
            .unwrap()
            .contains("already")
    );
    // her address is nobody's here
    assert!(outcome.of("alice").left_behind.is_empty());
    let bob = outcome.of("bob");
    assert_eq!(
        (bob.email.as_deref(), &*bob.left_behind[0].why),
        (None, "an account here has it already")
    );
    assert_eq!(app.number("select count(*) from mfa_totp").await, 3);
    // the one who was here is as they were
    let (_, answer) = after_password(&app, site.user("alice")).await;
    answer.assert_status(401);
    app.signed_in("Alice").await;
}

async fn django_keys_of_two_users_go_to_the_first_of_them(kind: Kind) {
    for source in PLACES {
        let (app, site) = (TestApp::new(kind).await, Site::new(source, "db").await);
        site.execute(
            "update mfa_authenticator set data = (select data from mfa_authenticator where id = 3) where id = 7",
        )
        .await;
        let outcome = app.import(&site, &site.wanted()).await;
        assert_eq!(outcome.totals(), imported(5));
        assert_eq!(outcome.of("alice").webauthn, ["YubiKey 5 NFC"]);
        let bob = outcome.of("bob");
        assert_eq!(bob.webauthn, ["MacBook"]);
        assert!(
            bob.left_behind[0].why.contains("only one can be"),
            "{bob:?}"
        );
        assert_eq!(
            app.number("select count(*) from mfa_webauthn_credential")
                .await,
            2
        );
    }
}

async fn django_accounts_whose_only_key_is_somebody_elses_come_over_disabled(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    // bob has alice's key and his recovery codes, and no more
    site.execute(
        "delete from mfa_authenticator where id in (4, 6); \
         update mfa_authenticator set data = (select data from mfa_authenticator where id = 3) where id = 7",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(5));
    let bob = outcome.of("bob");
    assert!(bob.disabled && bob.webauthn.is_empty() && bob.recovery_codes.is_none());
    let (_, answer) = after_password(&app, site.user("bob")).await;
    answer.assert_status(401);
    let sets = "select count(*) from mfa_recovery_set join account on account.id = account_id where username = 'bob'";
    assert_eq!(app.number(sets).await, 0);
}

async fn django_accounts_whose_only_factor_stays_behind_come_over_disabled(kind: Kind) {
    let site = Site::new(kind, "edge").await;
    let settings = [
        ("PUBLIC_URL", "https://mfa.example.org"),
        (
            "MFA_ENCRYPTION_KEY",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ),
    ];
    let app = TestApp::with_settings(kind, &settings).await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(6));
    // judy has keys alone, which were made for another host
    let judy = outcome.of("Judy");
    assert!(judy.disabled && judy.webauthn.is_empty() && judy.recovery_codes.is_none());
    let why: Vec<_> = judy
        .left_behind
        .iter()
        .map(|left| left.why.as_str())
        .collect();
    assert_eq!(why[..2], ["it was made for another host name"; 2]);
    assert!(
        why.iter()
            .any(|why| why.contains("the account is disabled")),
        "{why:?}"
    );
    let (_, answer) = after_password(&app, site.user("Judy")).await;
    answer.assert_status(401);
    // åsa has an app, which works everywhere
    assert!(!outcome.of("åsa.öst").disabled);
    pending(&app, site.user("åsa.öst")).await;
}

async fn django_rows_that_are_damaged_stop_no_other(kind: Kind) {
    let (app, site) = (
        TestApp::new(kind).await,
        Site::new(Kind::Sqlite, "db").await,
    );
    site.execute(
        "update mfa_authenticator set data = '{}' where id = 1; \
         update mfa_authenticator set data = '{\"name\": \"x\"}' where id = 3; \
         update mfa_authenticator set type = 'telepathy' where id = 6; \
         update mfa_authenticator set data = '[]' where id = 11; \
         update auth_user set username = 'not a name' where id = 4; \
         update auth_user set username = cast(x'ff' as text) where id = 5; \
         update auth_user set date_joined = 'yesterday', email = 'nowhere' where id = 3; \
         delete from account_emailaddress where user_id = 3",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(
        (outcome.totals().imported, outcome.totals().refused),
        (3, 2)
    );
    let left = |name: &str| -> Vec<String> {
        let left = &outcome.of(name).left_behind;
        left.iter().map(|left| left.what.clone()).collect()
    };
    assert_eq!(
        left("alice"),
        [
            "authenticator app",
            "security key “x”",
            "recovery codes",
            "the second factor"
        ]
    );
    assert_eq!(left("bob"), ["a factor of another kind"]);
    assert_eq!(left("carol"), ["recovery codes", "e-mail address"]);
    assert!(outcome.of("alice").disabled && !outcome.of("bob").disabled);
    assert!(
        outcome
            .of("not a name")
            .reason
            .as_ref()
            .unwrap()
            .contains("not allowed")
    );
    let broken = outcome
        .reports
        .iter()
        .find(|report| report.django_id == 5)
        .unwrap();
    assert!(broken.reason.as_ref().unwrap().contains("cannot be read"));
    pending(&app, site.user("carol")).await;
}

async fn django_rows_that_a_server_cannot_read_stop_no_other(kind: Kind) {
    let (app, site) = (
        TestApp::new(kind).await,
        Site::new(Kind::Postgres, "db").await,
    );
    site.execute(
        "alter table auth_user rename to kept; \
         create view auth_user as select id, password, email, first_name, last_name, is_active, is_staff, is_superuser, \
         date_joined, case when 1 / (id - 3) = 7 then '' else username end as username from kept",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(
        (outcome.totals().imported, outcome.totals().refused),
        (4, 1)
    );
    let broken = outcome.reports.iter().find(|report| report.django_id == 3);
    let reason = broken.unwrap().reason.as_ref().unwrap();
    assert!(reason.contains("cannot be read"));
    assert_eq!(outcome.of("erin").outcome, Outcome::Imported);
}

async fn django_names_with_control_characters_come_over_without(kind: Kind) {
    let (app, site) = (
        TestApp::new(kind).await,
        Site::new(Kind::Sqlite, "db").await,
    );
    site.execute(
        "update auth_user set first_name = 'A' || char(0) || 'l' || char(27), last_name = char(10) where id = 1",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(5));
    let names = "select first_name || '.' || last_name from account where username = 'alice'";
    assert_eq!(app.texts(names).await, ["Al."]);
}

async fn django_hostile_hashes_are_left_behind(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    site.execute(
        "update auth_user set password = 'pbkdf2_sha256$4000000000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' where id = 1; \
         update auth_user set password = 'md5$salt$5f4dcc3b5aa765d61d8327deb882cf99' where id = 5",
    )
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(5));
    let why = |name: &str| outcome.of(name).left_behind[0].why.clone();
    assert!(why("alice").contains("costs too much"), "{}", why("alice"));
    assert!(why("erin").contains("not known here"), "{}", why("erin"));
    assert_eq!(
        app.number("select count(*) from account where password_hash is null")
            .await,
        2
    );
    app.browser()
        .sign_in("erin", "password")
        .await
        .assert_status(401);
}

async fn django_codes_of_as_many_digits_as_those_of_an_app_work(kind: Kind) {
    let settings = [("MFA_TOTP_DIGITS", "8")];
    let (app, site) = (
        TestApp::with_settings(kind, &settings).await,
        Site::new(kind, "edge").await,
    );
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(outcome.totals(), imported(6));
    for name in ["åsa.öst", "Judy"] {
        let user = site.user(name);
        let unused = texts(&user["recovery_codes"]["unused"]);
        let code = unused
            .iter()
            .find(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        let answer = pending(&app, user).await.authenticate(code.unwrap()).await;
        assert_eq!(answer.status, 303, "{name}");
        let answer = pending(&app, user).await.authenticate(code.unwrap()).await;
        answer.assert_status(422);
    }
}

async fn django_codes_stay_usable_where_codes_are_shown_once(kind: Kind) {
    let settings = [("MFA_RECOVERY_CODES_SHOW_ONCE", "true")];
    let (app, site) = (
        TestApp::with_settings(kind, &settings).await,
        Site::new(kind, "db").await,
    );
    app.import(&site, &site.wanted()).await.totals();
    let user = site.user("carol");
    let unused = texts(&user["recovery_codes"]["unused"]);
    let mut browser = pending(&app, user).await;
    assert_eq!(browser.authenticate(unused[0]).await.status, 303);
    let page = browser.get("/accounts/2fa/recovery-codes/").await;
    page.assert_status(200).assert_lacks(unused[1]);
    assert_eq!(
        pending(&app, user)
            .await
            .authenticate(unused[1])
            .await
            .status,
        303
    );
}
