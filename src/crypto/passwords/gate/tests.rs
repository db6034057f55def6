use std::{collections::HashSet, sync::mpsc};

use argon2::{Params, Version};

use super::super::{
    cost::OUTPUT_BYTES,
    hash::SALT_BYTES,
    tests::{foreign, password, passwords, verify},
};
use super::*;

#[tokio::test(start_paused = true)]
async fn who_waits_longer_than_ten_seconds_is_told_so() {
    let passwords = passwords();
    let permits = Arc::clone(&passwords.0.permits)
        .acquire_many_owned(2)
        .await
        .unwrap();
    let begun = time::Instant::now();
    let error = passwords.hash(password("swordfish")).await.unwrap_err();
    assert!(matches!(error, HashingError::Busy), "{error:?}");
    assert_eq!(begun.elapsed().as_secs(), 10);
    let verify = passwords
        .verify(password("swordfish"), None, Turn::Soon)
        .await;
    assert!(matches!(verify, Err(HashingError::Busy)), "{verify:?}");
    drop(permits);
    passwords.hash(password("swordfish")).await.unwrap();
    assert_eq!(passwords.0.queue.available_permits(), QUEUE);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once_and_a_hung_up_client_leaves_it() {
    let passwords = passwords();
    let _permits = Arc::clone(&passwords.0.permits)
        .acquire_many_owned(2)
        .await
        .unwrap();
    let mut waiting = task::JoinSet::new();
    for _ in 0..QUEUE {
        let passwords = passwords.clone();
        waiting.spawn(async move { passwords.hash(password("swordfish")).await });
    }
    while passwords.0.queue.available_permits() > 0 {
        task::yield_now().await;
    }
    let begun = time::Instant::now();
    let error = passwords.hash(password("swordfish")).await.unwrap_err();
    assert!(matches!(error, HashingError::Busy), "{error:?}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    waiting.shutdown().await;
    assert_eq!(passwords.0.queue.available_permits(), QUEUE);
}

#[tokio::test(start_paused = true)]
async fn loa_02_a_crowd_of_failed_sources_holds_up_nobody_else() {
    let passwords = passwords();
    let permits = Arc::clone(&passwords.0.permits)
        .acquire_many_owned(2)
        .await
        .unwrap();
    let (told, mut order) = tokio::sync::mpsc::unbounded_channel();
    let mut waiting = task::JoinSet::new();
    let come = |turn: Turn, waiting: &mut task::JoinSet<()>| {
        let (passwords, told) = (passwords.clone(), told.clone());
        waiting.spawn(async move {
            let permit = passwords.0.enter(turn).await.unwrap();
            told.send(turn).unwrap();
            drop(permit);
        });
    };
    for _ in 0..QUEUE {
        come(Turn::Later, &mut waiting);
    }
    while passwords.0.later.0.available_permits() > 0 {
        task::yield_now().await;
    }
    come(Turn::Soon, &mut waiting);
    while passwords.0.queue.available_permits() == QUEUE {
        task::yield_now().await;
    }
    assert_eq!(passwords.load().1, QUEUE + 1);
    drop(permits);
    waiting.join_all().await;
    let first: Vec<_> = [order.recv().await, order.recv().await, order.recv().await].to_vec();
    assert!(first.contains(&Some(Turn::Soon)), "{first:?}");
    assert_eq!(passwords.load(), (0, 0));
}

#[tokio::test]
async fn cra_18_a_hung_up_client_neither_frees_the_permit_early_nor_keeps_it() {
    let passwords = Passwords::with_cost(1, Random::seeded(1), Cost::TEST);
    let (started, has_started) = tokio::sync::oneshot::channel();
    let (finish, may_finish) = mpsc::channel::<()>();
    let hashing = {
        let passwords = passwords.clone();
        tokio::spawn(async move {
            passwords
                .run(Turn::Soon, move |_, _| {
                    started.send(()).unwrap();
                    may_finish.recv().unwrap();
                    Ok(())
                })
                .await
        })
    };
    has_started.await.unwrap();
    hashing.abort();
    assert!(hashing.await.unwrap_err().is_cancelled());
    // the client is gone, the work is not
    assert_eq!(passwords.0.permits.available_permits(), 0);
    finish.send(()).unwrap();
    // the one permit comes back
    passwords.hash(password("swordfish")).await.unwrap();
    assert_eq!(passwords.0.permits.available_permits(), 1);
}

#[tokio::test]
async fn cra_18_a_panic_in_the_work_returns_the_permit() {
    let passwords = Passwords::with_cost(1, Random::seeded(1), Cost::TEST);
    let outcome: Result<(), _> = passwords.run(Turn::Soon, |_, _| panic!("on purpose")).await;
    assert!(
        matches!(outcome, Err(HashingError::Stopped(_))),
        "{outcome:?}"
    );
    passwords.hash(password("swordfish")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cra_18_a_thousand_disconnects_leave_all_permits_and_the_queue_free() {
    let passwords = passwords();
    let mut clients = Vec::new();
    for client in 0..1_000 {
        let passwords = passwords.clone();
        clients.push(tokio::spawn(async move {
            passwords
                .verify(password(&client.to_string()), None, Turn::Soon)
                .await
        }));
        if client % 3 == 0 {
            task::yield_now().await;
        }
    }
    for client in &clients {
        client.abort();
    }
    for client in clients {
        match client.await {
            Ok(verdict) => assert_eq!(verdict.unwrap(), Verdict::Wrong),
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
    }
    let all = passwords.0.permits.acquire_many(2).await.unwrap();
    assert_eq!(passwords.0.queue.available_permits(), QUEUE);
    assert!(passwords.0.spare().pieces.len() <= 2);
    drop(all);
    passwords.hash(password("swordfish")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loa_01_never_more_hashes_at_a_time_than_permits() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let passwords = Passwords::with_cost(3, Random::seeded(1), Cost::TEST);
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut clients = task::JoinSet::new();
    for _ in 0..200 {
        let (passwords, running, most) =
            (passwords.clone(), Arc::clone(&running), Arc::clone(&most));
        clients.spawn(async move {
            passwords
                .run(Turn::Soon, move |gate, memory| {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    let hash = gate.hasher.hash(&password("swordfish"), memory);
                    running.fetch_sub(1, Ordering::SeqCst);
                    hash
                })
                .await
        });
    }
    let hashes: HashSet<String> = clients
        .join_all()
        .await
        .into_iter()
        .map(|hash| hash.unwrap().as_str().to_owned())
        .collect();
    assert_eq!(hashes.len(), 200, "salts repeat");
    assert!(most.load(Ordering::SeqCst) <= 3);
}

#[tokio::test(start_paused = true)]
async fn memory_is_used_again_and_given_back_soon_after_the_last_hash() {
    let passwords = passwords();
    let pieces = || passwords.0.spare().pieces.len();
    for _ in 0..3 {
        passwords.hash(password("swordfish")).await.unwrap();
        assert_eq!(pieces(), 1);
    }
    time::sleep(KEEP + Duration::from_millis(1)).await;
    assert_eq!(pieces(), 0);
    // and again: the sweep is not for once
    passwords.hash(password("swordfish")).await.unwrap();
    assert_eq!(pieces(), 1);
    time::sleep(KEEP + Duration::from_millis(1)).await;
    assert_eq!(pieces(), 0);
}

#[tokio::test]
async fn memory_of_a_costlier_stored_hash_is_not_kept() {
    let passwords = passwords();
    let params = Params::new(4_096, 1, 1, Some(OUTPUT_BYTES)).unwrap();
    let old = foreign("swordfish", Version::V0x13, params, &[7; SALT_BYTES]);
    assert!(matches!(
        verify(&passwords, "swordfish", &old).await,
        Verdict::Right { .. }
    ));
    assert!(
        passwords
            .0
            .spare()
            .pieces
            .iter()
            .all(|memory| memory.blocks().len() == 8)
    );
}
