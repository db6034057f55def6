//! Which passwords are taken, and that they are kept exactly.

use crate::{
    auth::{accounts::flow as accounts, sessions::flow as sessions},
    crypto::passwords::Password,
    tests::support::{Answer, Browser, Kind, PASSWORD, TestApp, on_both, while_open},
};

on_both!(
    log_10_composed_and_decomposed_are_one_password_both_ways,
    log_11_passwords_up_to_256_characters_are_taken_and_one_more_is_refused,
    log_13_blanks_newlines_and_nul_are_kept_exactly,
    log_21_common_and_context_passwords_are_refused_with_the_reason,
    log_21_choosing_a_bad_password_again_and_again_is_no_wrong_try,
    a_wrong_current_password_changes_nothing_and_is_slowed,
    the_password_one_has_is_no_new_one,
    a_sign_in_under_way_when_the_password_changes_does_not_get_in_by_the_old_one,
    of_two_changes_at_once_by_one_old_password_one_is_made,
);

async fn change(browser: &mut Browser, from: &str, to: &str) -> Answer {
    browser
        .post(
            "/accounts/password/change/",
            &[("password", from), ("new_password", to)],
        )
        .await
}

async fn log_10_composed_and_decomposed_are_one_password_both_ways(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (composed, decomposed) = (
        "l\u{e9}zards \u{f6}ver pianos",
        "le\u{301}zards o\u{308}ver pianos",
    );
    for (name, set, typed) in [
        ("anna", composed, decomposed),
        ("berta", decomposed, composed),
    ] {
        app.create(name, "", set).await;
        app.browser().sign_in(name, set).await.assert_redirect("/");
        app.browser()
            .sign_in(name, typed)
            .await
            .assert_redirect("/");
        app.browser()
            .sign_in(name, "lezards over pianos")
            .await
            .assert_status(401);
    }
}

async fn log_11_passwords_up_to_256_characters_are_taken_and_one_more_is_refused(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let phrase = "tangerine kettles argue with patient owls about umbrellas; ";
    let emoji = "🔑🐎🔋📎🦊🌧🍋🧲🪁🎻🛶👩‍🚀";
    let long = |text: &str, length| text.chars().cycle().take(length).collect::<String>();
    let mut current = PASSWORD.to_owned();
    for next in [
        long(phrase, 64),
        long(phrase, 128),
        long(phrase, 256),
        long(emoji, 64),
        long(emoji, 256),
    ] {
        change(&mut browser, &current, &next)
            .await
            .assert_redirect("/?done=password-changed");
        app.browser()
            .sign_in("anna", &next)
            .await
            .assert_redirect("/");
        let mut shorter = next.clone();
        shorter.pop();
        app.browser()
            .sign_in("anna", &shorter)
            .await
            .assert_status(401);
        current = next;
    }
    let before = app.contents().await;
    for longer in [long(phrase, 257), long(emoji, 257), long("é", 5000)] {
        change(&mut browser, &current, &longer)
            .await
            .assert_says(422, "Use at most 256 characters.");
        app.browser()
            .sign_in("anna", &longer)
            .await
            .assert_says(422, "Use at most 256 characters.");
    }
    assert_eq!(app.contents().await, before, "it is no try, either");
}

async fn log_13_blanks_newlines_and_nul_are_kept_exactly(kind: Kind) {
    let app = TestApp::new(kind).await;
    let cases = [
        (
            "  kettles argue with owls  ",
            &[
                "kettles argue with owls",
                "  kettles argue with owls",
                " kettles argue with owls ",
            ][..],
        ),
        (
            "kettles\0argue with owls",
            &[
                "kettles",
                "kettles\0",
                "kettles\0argue with owlS",
                "kettlesargue with owls",
            ],
        ),
        (
            "kettles\nargue\r\nwith owls\n",
            &[
                "kettles\nargue\nwith owls\n",
                "kettles\nargue\r\nwith owls",
                "kettles",
            ],
        ),
        (
            "\u{3000}\u{2003} \u{a0}\t\u{2009} \u{205f}\u{2028} \u{2004}\u{1680}\u{2005}\u{2006}\u{2007}\u{2008}",
            &["", " "],
        ),
    ];
    for (number, (password, others)) in cases.into_iter().enumerate() {
        let name = format!("name{number}");
        app.create(&name, "", password).await;
        app.browser()
            .sign_in(&name, password)
            .await
            .assert_redirect("/");
        for other in others {
            app.browser().sign_in(&name, other).await.assert_status(401);
        }
    }
}

async fn log_21_common_and_context_passwords_are_refused_with_the_reason(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.create("annabergstrom", "anna.bergstrom@example.org", PASSWORD)
        .await;
    let mut browser = app.signed_in("annabergstrom").await;
    let before = app.texts("select password_hash from account").await;
    for (password, reason) in [
        ("fourteen chars", "Use at least 15 characters."),
        ("passwordpassword", "among those guessed first"),
        ("qwertyuiopasdfgh", "among those guessed first"),
        ("annabergstrom2026", "built from your name"),
        ("inmor-inmor-inmor", "built from your name"),
        ("sunet trust anchor", "built from your name"),
    ] {
        change(&mut browser, PASSWORD, password)
            .await
            .assert_says(422, reason)
            .assert_lacks(password);
        app.execute("delete from throttle").await;
    }
    assert_eq!(app.texts("select password_hash from account").await, before);
    change(&mut browser, PASSWORD, "greenapplewindow")
        .await
        .assert_redirect("/?done=password-changed");
}

async fn log_21_choosing_a_bad_password_again_and_again_is_no_wrong_try(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    for _ in 0..8 {
        change(&mut browser, PASSWORD, "passwordpassword")
            .await
            .assert_says(422, "among those guessed first");
    }
    change(&mut browser, PASSWORD, PASSWORD)
        .await
        .assert_says(422, "That is the password you have now.");
    change(&mut browser, PASSWORD, "greenapplewindow")
        .await
        .assert_redirect("/?done=password-changed");
}

async fn a_wrong_current_password_changes_nothing_and_is_slowed(kind: Kind) {
    let (app, mut browser) = TestApp::with_anna(kind).await;
    let before = app.texts("select password_hash from account").await;
    for _ in 0..5 {
        let answer = change(&mut browser, "wrong", "seven otters juggle lanterns").await;
        answer
            .assert_says(422, "That is not your current password.")
            .assert_lacks("otters");
    }
    // too early, although right
    change(&mut browser, PASSWORD, "seven otters juggle lanterns")
        .await
        .assert_status(422);
    assert_eq!(app.texts("select password_hash from account").await, before);
    let mut reasons = app.details("reauthentication.failed").await;
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "too early",
            "wrong password",
            "wrong password",
            "wrong password",
            "wrong password",
            "wrong password"
        ]
    );
    app.hands.advance(1);
    change(&mut browser, PASSWORD, "seven otters juggle lanterns")
        .await
        .assert_status(303);
}

async fn the_password_one_has_is_no_new_one(kind: Kind) {
    let (_app, mut browser) = TestApp::with_anna(kind).await;
    change(&mut browser, PASSWORD, PASSWORD)
        .await
        .assert_says(422, "That is the password you have now.");
    // whoever does not know it is not told that it is the same
    change(&mut browser, "wrong password wrong", "wrong password wrong")
        .await
        .assert_says(422, "not your current password");
}

/// The account is read and its old password is right; then the change is committed.
async fn a_sign_in_under_way_when_the_password_changes_does_not_get_in_by_the_old_one(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    let new = Password::parse("seven otters juggle lanterns".to_owned()).unwrap();
    let hash = app.services.passwords.hash(new).await.unwrap();
    app.hands.advance(60);
    let mut tx = app.services.db.begin().await.unwrap();
    accounts::store_password(&app.services, &mut tx, &anna.id, &hash)
        .await
        .unwrap();
    sessions::end_all_of(&mut tx, &anna.id).await.unwrap();
    let mut browser = app.browser();
    let answer = while_open(browser.sign_in("anna", PASSWORD), tx).await;
    answer.assert_says(401, "do not match");
    assert_eq!(app.number("select count(*) from session").await, 0);
    app.browser()
        .sign_in("anna", "seven otters juggle lanterns")
        .await
        .assert_redirect("/");
}

async fn of_two_changes_at_once_by_one_old_password_one_is_made(kind: Kind) {
    let app = TestApp::new(kind).await;
    let anna = app.account("anna").await;
    let mut browser = app.signed_in("anna").await;
    let new = Password::parse("seven otters juggle lanterns".to_owned()).unwrap();
    let hash = app.services.passwords.hash(new).await.unwrap();
    app.hands.advance(30);
    let mut tx = app.services.db.begin().await.unwrap();
    accounts::store_password(&app.services, &mut tx, &anna.id, &hash)
        .await
        .unwrap();
    let changing = change(&mut browser, PASSWORD, "greenapplewindow");
    while_open(changing, tx).await.assert_status(422);
    app.browser()
        .sign_in("anna", "seven otters juggle lanterns")
        .await
        .assert_redirect("/");
}
