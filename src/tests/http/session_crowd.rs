//! Many sessions of one account at once.

use tokio::task::JoinSet;

use super::session_list::five;
use crate::tests::support::{Kind, PASSWORD, TestApp, on_both};

on_both!(
    ses_10_browsers_that_end_all_others_at_once_leave_one,
    ses_17_a_hundred_sign_ins_at_once_leave_ten_sessions_and_no_500,
    ses_17_a_hundred_sign_ins_at_once_from_one_address_are_slowed_and_not_broken,
);

async fn ses_10_browsers_that_end_all_others_at_once_leave_one(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    for _ in 0..6 {
        let mut at_once = JoinSet::new();
        for mut browser in five(&app).await {
            at_once.spawn(async move { browser.post("/accounts/sessions/end-others/", &[]).await });
        }
        let answers = at_once.join_all().await;
        let ended = |location: &str| {
            answers
                .iter()
                .filter(|answer| {
                    answer
                        .assert_status(303)
                        .header("location")
                        .starts_with(location)
                })
                .count()
        };
        let (done, late) = (
            ended("/accounts/sessions/?done="),
            ended("/accounts/login/"),
        );
        assert!(done >= 1 && done + late == 5, "{done} {late}");
        assert_eq!(app.number("select count(*) from session").await, 1);
    }
}

/// Signs in a hundred times at once and counts the answers that let in.
async fn hundred(app: &TestApp, addresses: u8) -> usize {
    let mut at_once = JoinSet::new();
    for number in 0..100 {
        let mut browser = app.browser().at([198, 51, 100, number % addresses]);
        at_once.spawn(async move { browser.sign_in("anna", PASSWORD).await.status.as_u16() });
    }
    let statuses = at_once.join_all().await;
    assert!(
        statuses
            .iter()
            .all(|status| [303, 401, 429].contains(status)),
        "{statuses:?}"
    );
    statuses.iter().filter(|status| **status == 303).count()
}

async fn ses_17_a_hundred_sign_ins_at_once_leave_ten_sessions_and_no_500(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    assert_eq!(hundred(&app, 100).await, 100);
    assert_eq!(app.number("select count(*) from session").await, 10);
    assert_eq!(app.number("select count(*) from known_device").await, 10);
}

async fn ses_17_a_hundred_sign_ins_at_once_from_one_address_are_slowed_and_not_broken(kind: Kind) {
    let app = TestApp::new(kind).await;
    app.account("anna").await;
    assert!(hundred(&app, 1).await >= 5);
    assert!(app.number("select count(*) from session").await <= 10);
}
