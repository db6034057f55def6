//! What is typed and what of it counts.

use super::*;

#[tokio::test]
async fn two_hashes_of_one_password_differ_and_both_verify() {
    let passwords = passwords();
    let first = passwords.hash(password("swordfish")).await.unwrap();
    let second = passwords.hash(password("swordfish")).await.unwrap();
    assert_ne!(first, second);
    for hash in [first, second] {
        assert_eq!(verify(&passwords, "swordfish", &hash).await, RIGHT);
        assert_eq!(verify(&passwords, "swordfisH", &hash).await, Verdict::Wrong);
    }
}

#[tokio::test]
async fn log_10_composed_and_decomposed_are_one_password_both_ways() {
    let passwords = passwords();
    let (composed, decomposed) = ("caf\u{e9} \u{1e69}", "cafe\u{301} s\u{307}\u{323}");
    for (set, typed) in [(composed, decomposed), (decomposed, composed)] {
        let hash = passwords.hash(password(set)).await.unwrap();
        assert_eq!(verify(&passwords, typed, &hash).await, RIGHT);
    }
    // canonical forms meet, look-alikes do not: this is no NFKC
    let hash = passwords.hash(password("\u{fb01}sh")).await.unwrap();
    assert_eq!(verify(&passwords, "fish", &hash).await, Verdict::Wrong);
}

#[tokio::test]
async fn log_11_the_end_of_the_longest_password_counts() {
    let passwords = passwords();
    let emoji = "\u{1f511}".repeat(255);
    let hash = passwords
        .hash(password(&format!("{emoji}a")))
        .await
        .unwrap();
    let verdict = passwords
        .verify(
            password(&format!("{emoji}a")),
            Some(hash.clone()),
            Turn::Soon,
        )
        .await;
    assert_eq!(verdict.unwrap(), RIGHT);
    let verdict = passwords
        .verify(password(&format!("{emoji}b")), Some(hash), Turn::Soon)
        .await;
    assert_eq!(verdict.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn log_13_nul_newlines_and_blanks_are_kept_exactly() {
    let passwords = passwords();
    let all = [
        "a\0b", "a", "a\0", " a", "a ", "a\n", "a\r\n", "\ta", "   ", "    ", "", "\u{a0}", " ",
    ];
    for set in all {
        let hash = passwords.hash(password(set)).await.unwrap();
        for typed in all {
            let verdict = verify(&passwords, typed, &hash).await;
            let expected = if set == typed { RIGHT } else { Verdict::Wrong };
            assert_eq!(verdict, expected, "{set:?} {typed:?}");
        }
    }
}

#[tokio::test]
async fn without_a_hash_no_password_is_right() {
    let passwords = passwords();
    for text in ["", "password", "\0"] {
        assert_eq!(
            passwords
                .verify(password(text), None, Turn::Soon)
                .await
                .unwrap(),
            Verdict::Wrong
        );
    }
}
