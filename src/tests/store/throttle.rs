//! The schedule of tries, as `auth::throttle` publishes it.

use crate::{
    auth::throttle::flow::{self as throttle, ACCOUNT, Limit, SOURCE, Subject},
    tests::support::{Kind, TestApp, on_both},
};

on_both!(
    log_03_the_schedule_is_five_at_once_then_1_2_4_up_to_900_seconds,
    log_05_the_schedule_of_a_source_is_a_hundred_at_once_then_up_to_a_minute,
    log_24_the_published_bound_a_day_holds_for_who_never_stops,
    log_24_the_published_bound_a_day_holds_for_who_waits_until_it_is_forgotten,
    log_16_clearing_and_giving_back_concern_one_subject_only,
    a_clock_set_back_delays_nobody_for_longer_than_it_was_set_back,
    tot_10_a_clock_that_was_years_ahead_locks_no_account_out_once_it_is_right,
    purging_forgets_only_what_no_longer_counts,
);

const DAY: i64 = 24 * 3600;

async fn take(app: &TestApp, limit: Limit, subject: &Subject) -> bool {
    let mut tx = app.services.db.begin().await.unwrap();
    let taken = throttle::take(&app.services, &mut tx, limit, subject)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    taken
}

/// Makes a try that must not be possible a second earlier, after `delay` seconds.
async fn take_after(app: &TestApp, limit: Limit, subject: &Subject, delay: i64) {
    if delay > 0 {
        app.hands.advance(delay - 1);
        assert!(
            !take(app, limit, subject).await,
            "a try was let in a second before {delay} s"
        );
        app.hands.advance(1);
    }
    assert!(take(app, limit, subject).await, "no try after {delay} s");
}

async fn log_03_the_schedule_is_five_at_once_then_1_2_4_up_to_900_seconds(kind: Kind) {
    let app = TestApp::new(kind).await;
    let subject = Subject::of(&["anna", "source", "192.0.2.1"]);
    for delay in [
        0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900,
    ] {
        take_after(&app, ACCOUNT, &subject, delay).await;
    }
    // a refused try costs nothing, however many there are
    app.hands.advance(899);
    for _ in 0..20 {
        assert!(!take(&app, ACCOUNT, &subject).await);
    }
    take_after(&app, ACCOUNT, &subject, 1).await;
    assert!(
        take(
            &app,
            ACCOUNT,
            &Subject::of(&["anna", "source", "192.0.2.2"])
        )
        .await
    );
    assert!(
        take(
            &app,
            ACCOUNT,
            &Subject::of(&["berta", "source", "192.0.2.1"])
        )
        .await
    );
}

async fn log_05_the_schedule_of_a_source_is_a_hundred_at_once_then_up_to_a_minute(kind: Kind) {
    let app = TestApp::new(kind).await;
    let subject = Subject::of(&["192.0.2.1"]);
    for _ in 0..100 {
        take_after(&app, SOURCE, &subject, 0).await;
    }
    for delay in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        take_after(&app, SOURCE, &subject, delay).await;
    }
}

/// Tries that are let in within a day: as soon as each is possible, but resting until all is
/// forgotten after each `burst` of them.
async fn tries_in_a_day(app: &TestApp, subject: &str, burst: usize) -> usize {
    let (subject, begin) = (Subject::of(&[subject]), app.services.clock.now());
    let mut tries = 0;
    while app.services.clock.now() < begin + DAY {
        assert!(take(app, ACCOUNT, &subject).await);
        tries += 1;
        let rest = if tries % burst == 0 {
            ACCOUNT.forget
        } else {
            0
        };
        app.hands
            .set(rest + app.number("select max(free_at) from throttle").await);
    }
    tries
}

async fn log_24_the_published_bound_a_day_holds_for_who_never_stops(kind: Kind) {
    let app = TestApp::new(kind).await;
    let tries = tries_in_a_day(&app, "steadily", usize::MAX).await;
    assert!((100..=110).contains(&tries), "{tries}");
}

async fn log_24_the_published_bound_a_day_holds_for_who_waits_until_it_is_forgotten(kind: Kind) {
    let app = TestApp::new(kind).await;
    for burst in [5, 10, 13, 14] {
        let tries = tries_in_a_day(&app, &format!("bursts of {burst}"), burst).await;
        assert!(tries <= 110, "{tries} tries in bursts of {burst}");
    }
}

async fn log_16_clearing_and_giving_back_concern_one_subject_only(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (one, other) = (Subject::of(&["one"]), Subject::of(&["other"]));
    for subject in [&one, &other] {
        for _ in 0..5 {
            assert!(take(&app, ACCOUNT, subject).await);
        }
        assert!(!take(&app, ACCOUNT, subject).await);
    }
    let mut tx = app.services.db.begin().await.unwrap();
    throttle::clear(&mut tx, ACCOUNT, &one).await.unwrap();
    throttle::give_back(&app.services, &mut tx, SOURCE, &other)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for _ in 0..5 {
        assert!(take(&app, ACCOUNT, &one).await);
    }
    assert!(!take(&app, ACCOUNT, &other).await);
    // a try given back leaves the four before it: one more at once, no two
    let mut tx = app.services.db.begin().await.unwrap();
    throttle::give_back(&app.services, &mut tx, ACCOUNT, &other)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(take(&app, ACCOUNT, &other).await);
    assert!(!take(&app, ACCOUNT, &other).await);
}

async fn a_clock_set_back_delays_nobody_for_longer_than_it_was_set_back(kind: Kind) {
    let app = TestApp::new(kind).await;
    let subject = Subject::of(&["anna"]);
    for delay in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256] {
        take_after(&app, ACCOUNT, &subject, delay).await;
    }
    app.hands.advance(-60);
    take_after(&app, ACCOUNT, &subject, 512 + 60).await;
}

async fn tot_10_a_clock_that_was_years_ahead_locks_no_account_out_once_it_is_right(kind: Kind) {
    const YEARS: i64 = 10 * 365 * DAY;
    let app = TestApp::new(kind).await;
    for (limit, subject) in [
        (ACCOUNT, Subject::of(&["anna"])),
        (SOURCE, Subject::of(&["192.0.2.1"])),
    ] {
        app.hands.advance(YEARS);
        for _ in 0..200 {
            take(&app, limit, &subject).await;
        }
        app.hands.advance(-YEARS);
        assert!(take(&app, limit, &subject).await, "{limit:?}");
        // and what failed then has not been forgotten
        assert!(!take(&app, limit, &subject).await, "{limit:?}");
    }
}

async fn purging_forgets_only_what_no_longer_counts(kind: Kind) {
    let app = TestApp::new(kind).await;
    let (old, young) = (Subject::of(&["old"]), Subject::of(&["young"]));
    for _ in 0..5 {
        assert!(take(&app, ACCOUNT, &old).await);
    }
    app.hands.advance(ACCOUNT.forget);
    for _ in 0..5 {
        assert!(take(&app, ACCOUNT, &young).await);
    }
    assert_eq!(throttle::purge(&app.services).await.unwrap(), 0);
    app.hands.advance(1);
    assert_eq!(throttle::purge(&app.services).await.unwrap(), 1);
    // five at once again for the one, the sixth for the other
    assert!(take(&app, ACCOUNT, &young).await);
    assert!(!take(&app, ACCOUNT, &young).await);
    for _ in 0..5 {
        assert!(take(&app, ACCOUNT, &old).await);
    }
}
