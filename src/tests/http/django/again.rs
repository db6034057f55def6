//! Once more, without writing, and refreshed.

use std::time::Duration;

use super::{after_password, by_app, imported, moved, text};
use crate::{
    audit::flow::{self as audit, Action, Event},
    auth::sessions::flow as sessions,
    django::import::flow::{Outcome, Totals, Wanted},
    services::Client,
    tests::support::{Kind, Site, TestApp, on_both},
};

on_both!(
    django_imports_that_are_run_twice_change_nothing,
    django_dry_runs_write_nothing_and_say_the_same,
    django_updates_refresh_accounts_that_nobody_has_used,
    django_names_change_hands_once_their_holder_has_given_them_up,
    django_accounts_that_are_being_used_are_not_refreshed,
    django_accounts_that_cannot_be_refreshed_are_kept_and_not_refused,
    django_accounts_of_another_site_with_the_same_ids_are_refused,
    django_imports_of_staff_leave_others_there,
    django_accounts_are_never_half_there_and_one_that_fails_stops_no_other,
    django_imports_that_run_at_once_bring_each_account_once,
    django_imports_set_the_installation_up,
    django_imports_hold_no_secret_in_the_audit_trail,
);

/// Everything that an import writes.
async fn all(app: &TestApp) -> Vec<String> {
    let mut all = app.contents().await;
    all.extend(app.texts("select account_id || cast(django_id as text) || cast(imported_at as text) from django_account order by django_id").await);
    all.extend(app.texts("select username || first_name || coalesce(email, '') || cast(created_at as text) from account order by id").await);
    all.extend(
        app.texts("select coalesce(cast(set_up_at as text), '-') from installation")
            .await,
    );
    all
}

async fn django_imports_that_are_run_twice_change_nothing(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    let before = all(&app).await;
    app.hands.advance(60);
    for update in [false, true] {
        let wanted = Wanted {
            update,
            ..site.wanted()
        };
        let totals = app.import(&site, &wanted).await.totals();
        assert_eq!(
            totals,
            Totals {
                unchanged: 5,
                ..imported(0)
            }
        );
        assert_eq!(all(&app).await, before);
    }
}

async fn django_dry_runs_write_nothing_and_say_the_same(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    let before = all(&app).await;
    let wanted = Wanted {
        dry_run: true,
        ..site.wanted()
    };
    let dry = app.import(&site, &wanted).await;
    assert_eq!(dry.totals(), imported(5));
    assert_eq!(all(&app).await, before);
    let real = app.import(&site, &site.wanted()).await;
    assert_eq!(dry.reports, real.reports);
    assert_ne!(all(&app).await, before);
}

async fn django_updates_refresh_accounts_that_nobody_has_used(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    // bob signs in here; somebody tries carol's account
    by_app(&app, site.user("bob")).await;
    app.browser()
        .sign_in("carol", "wrong")
        .await
        .assert_status(401);
    let bob = app
        .texts("select id || password_hash from account where username = 'bob'")
        .await;
    // meanwhile in Django: alice loses her key and is no superuser any more, erin is carol's namesake, bob
    // and carol are put out, carol's codes are used
    site.execute(
        "delete from mfa_authenticator where id = 3; \
         update auth_user set is_superuser = false, last_name = 'Ask' where id = 1; \
         update auth_user set is_active = false where id in (2, 3)",
    )
    .await;
    let totals = app.import(&site, &site.wanted()).await.totals();
    assert_eq!(
        totals,
        Totals {
            unchanged: 2,
            kept: 3,
            ..imported(0)
        }
    );
    let wanted = Wanted {
        update: true,
        ..site.wanted()
    };
    let outcome = app.import(&site, &wanted).await;
    assert_eq!(
        outcome.totals(),
        Totals {
            unchanged: 2,
            kept: 1,
            updated: 2,
            ..imported(0)
        }
    );
    assert_eq!(outcome.of("bob").outcome, Outcome::Kept);
    assert!(
        outcome
            .of("bob")
            .reason
            .as_ref()
            .unwrap()
            .contains("used or changed here")
    );
    assert_eq!(
        app.texts("select id || password_hash from account where username = 'bob'")
            .await,
        bob
    );
    let alice =
        "select last_name || cast(is_superuser as text) from account where username = 'alice'";
    let told = app.texts(alice).await;
    assert!(["Ask0", "Askfalse"].contains(&told[0].as_str()), "{told:?}");
    assert_eq!(
        app.number("select count(*) from mfa_webauthn_credential")
            .await,
        2
    );
    assert_eq!(app.number("select count(*) from mfa_totp").await, 4);
    by_app(&app, site.user("alice")).await;
    let (_, answer) = after_password(&app, site.user("carol")).await;
    answer.assert_status(401);
    let totals = app.import(&site, &wanted).await.totals();
    assert_eq!(
        totals,
        Totals {
            unchanged: 4,
            kept: 1,
            ..imported(0)
        }
    );
}

/// Accounts are refreshed in the order of their ids.
async fn django_names_change_hands_once_their_holder_has_given_them_up(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    site.execute("update auth_user set username = 'alma' where id = 1")
        .await;
    site.execute("update auth_user set username = 'carla' where id = 3")
        .await;
    site.execute("update auth_user set username = 'alice' where id = 4")
        .await;
    site.execute("update auth_user set username = 'carol' where id = 2")
        .await;
    let wanted = Wanted {
        update: true,
        ..site.wanted()
    };
    let names =
        "select username from account join django_account on account_id = id order by django_id";
    let outcome = app.import(&site, &wanted).await;
    let totals = Totals {
        unchanged: 1,
        kept: 1,
        updated: 3,
        ..imported(0)
    };
    assert_eq!(outcome.totals(), totals);
    let waits = outcome.of("carol");
    assert_eq!(waits.outcome, Outcome::Kept);
    assert_eq!(
        waits.reason.as_deref(),
        Some("another account here has its new username")
    );
    assert_eq!(
        app.texts(names).await,
        ["alma", "bob", "carla", "alice", "erin"]
    );
    let totals = Totals {
        unchanged: 4,
        updated: 1,
        ..imported(0)
    };
    assert_eq!(app.import(&site, &wanted).await.totals(), totals);
    assert_eq!(
        app.texts(names).await,
        ["alma", "carol", "carla", "alice", "erin"]
    );
}

async fn django_accounts_of_another_site_with_the_same_ids_are_refused(kind: Kind) {
    let (app, _) = moved(kind, kind, "db").await;
    let other = Site::new(kind, "edge").await;
    let outcome = app.import(&other, &other.wanted()).await;
    assert_eq!(
        (outcome.totals().imported, outcome.totals().refused),
        (1, 5)
    );
    assert!(
        outcome
            .of("frank")
            .reason
            .as_ref()
            .unwrap()
            .contains("another Django site")
    );
    assert_eq!(outcome.of("Judy").outcome, Outcome::Imported);
}

async fn django_imports_of_staff_leave_others_there(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    let wanted = Wanted {
        staff_only: true,
        ..site.wanted()
    };
    let outcome = app.import(&site, &wanted).await;
    assert_eq!((outcome.totals(), outcome.told), (imported(3), (3, 6)));
    let names = "select username from account order by username";
    assert_eq!(app.texts(names).await, ["alice", "bob", "dave"]);
}

async fn django_accounts_are_never_half_there_and_one_that_fails_stops_no_other(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    // the last thing that is written of carol fails
    app.execute(match kind {
        Kind::Sqlite => {
            "create trigger refusal before insert on mfa_recovery_code \
             when new.account_id in (select id from account where username = 'carol') \
             begin select raise(abort, 'no'); end"
        }
        Kind::Postgres => {
            "create function refuse() returns trigger language plpgsql as \
             $$ begin if new.account_id in (select id from account where username = 'carol') \
             then raise exception 'no'; end if; return new; end $$; \
             create trigger refusal before insert on mfa_recovery_code for each row execute function refuse()"
        }
    })
    .await;
    let outcome = app.import(&site, &site.wanted()).await;
    assert_eq!(
        outcome.totals(),
        Totals {
            refused: 1,
            ..imported(4)
        }
    );
    assert!(
        outcome
            .of("carol")
            .reason
            .as_ref()
            .unwrap()
            .contains("database refused")
    );
    let names = "select username from account order by username";
    assert_eq!(app.texts(names).await, ["alice", "bob", "dave", "erin"]);
    assert_eq!(app.number("select count(*) from mfa_totp").await, 3);
    assert_eq!(app.number("select count(*) from django_account").await, 4);
    assert_eq!(app.details("account.imported").await.len(), 4);
    app.execute(match kind {
        Kind::Sqlite => "drop trigger refusal",
        Kind::Postgres => "drop trigger refusal on mfa_recovery_code",
    })
    .await;
    let totals = app.import(&site, &site.wanted()).await.totals();
    assert_eq!(
        totals,
        Totals {
            unchanged: 4,
            ..imported(1)
        }
    );
}

async fn django_imports_that_run_at_once_bring_each_account_once(kind: Kind) {
    let (app, site) = (TestApp::new(kind).await, Site::new(kind, "db").await);
    let other = app.second_process().await;
    let (wanted, again) = (site.wanted(), site.wanted());
    let (one, two) = tokio::join!(app.import(&site, &wanted), other.import(&site, &again));
    let (one, two) = (one.totals(), two.totals());
    assert_eq!(one.imported + two.imported, 5, "{one:?} {two:?}");
    assert_eq!(one.unchanged + two.unchanged, 5, "{one:?} {two:?}");
    assert_eq!(app.number("select count(*) from account").await, 5);
    assert_eq!(app.details("account.imported").await.len(), 5);
}

async fn django_imports_set_the_installation_up(kind: Kind) {
    let (app, _) = moved(kind, kind, "db").await;
    let free = "select count(*) from installation where set_up_at is null";
    assert_eq!(app.number(free).await, 0);
}

async fn django_imports_hold_no_secret_in_the_audit_trail(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    assert_eq!(app.details("account.imported").await.len(), 5);
    let everything = app
        .texts("select detail || source from audit_event")
        .await
        .join(" ");
    let user = site.user("carol");
    for secret in [
        &user["totp"]["secret"],
        &user["password"],
        &user["recovery_codes"]["unused"][0],
    ] {
        assert!(!everything.contains(text(secret)));
    }
    // nor does the database hold one in clear, nor a code as a hash that could be tried
    let clear = app
        .texts("select coalesce(sealed_code, '') from mfa_recovery_code union all select sealed_secret from mfa_totp")
        .await
        .join(" ");
    assert!(!clear.contains(text(&user["totp"]["secret"])));
    assert!(!clear.contains(text(&user["recovery_codes"]["unused"][0])));
}

async fn django_accounts_that_cannot_be_refreshed_are_kept_and_not_refused(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    // erin becomes alice's namesake, dave's name none that can be here, and of carol nothing can be written
    site.execute(
        "update auth_user set username = 'ALICE' where id = 5; \
         update auth_user set username = 'not a name' where id = 4; \
         update auth_user set first_name = 'Caroline' where id = 3",
    )
    .await;
    app.execute(match kind {
        Kind::Sqlite => {
            "create trigger refusal before update on account when new.first_name = 'Caroline' \
             begin select raise(abort, 'no'); end"
        }
        Kind::Postgres => {
            "create function refuse() returns trigger language plpgsql as \
             $$ begin if new.first_name = 'Caroline' then raise exception 'no'; end if; return new; end $$; \
             create trigger refusal before update on account for each row execute function refuse()"
        }
    })
    .await;
    let wanted = Wanted {
        update: true,
        ..site.wanted()
    };
    let outcome = app.import(&site, &wanted).await;
    let totals = Totals {
        kept: 4,
        unchanged: 1,
        ..imported(0)
    };
    assert_eq!(outcome.totals(), totals, "{outcome:#?}");
    for (name, why) in [
        ("alice", "same username"),
        ("ALICE", "same username"),
        ("not a name", "not allowed"),
        ("carol", "database refused"),
    ] {
        assert!(outcome.of(name).reason.as_ref().unwrap().contains(why));
    }
    assert_eq!(app.number("select count(*) from account").await, 5);
}

/// A sign-in that spends a code holds the account while it does, and has recorded that when it ends.
async fn django_accounts_that_are_being_used_are_not_refreshed(kind: Kind) {
    let (app, site) = moved(kind, kind, "db").await;
    site.execute("update auth_user set last_name = 'Ask' where id = 1")
        .await;
    let id = app
        .texts("select id from account where username = 'alice'")
        .await
        .remove(0);
    let mut tx = app.services.db.begin().await.unwrap();
    assert!(sessions::hold(&mut tx, &id).await.unwrap());
    let wanted = Wanted {
        update: true,
        ..site.wanted()
    };
    let used = async {
        // until the import waits for the account, or has looked too early
        tokio::time::sleep(Duration::from_millis(500)).await;
        let event = Event {
            action: Action::RecoveryCodeUsed,
            actor: Some(&id),
            subject: Some(&id),
            session: None,
            detail: "6",
        };
        audit::record(&app.services, &mut tx, &Client::shell(), &event)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(app.import(&site, &wanted), used);
    let totals = Totals {
        kept: 1,
        unchanged: 4,
        ..imported(0)
    };
    assert_eq!(outcome.totals(), totals);
}
