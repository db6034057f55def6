//! What is stored, by this program and by others, now and of old.

use argon2::password_hash::phc;

use super::super::{cost::OUTPUT_BYTES, hash::SALT_BYTES};
use super::*;

#[tokio::test]
async fn the_standard_is_argon2id_19_mib_2_passes_1_lane_and_others_can_verify_it() {
    use argon2::PasswordVerifier;
    let passwords = Passwords::new(1, Random::system());
    let hash = passwords
        .hash(password("correct horse battery"))
        .await
        .unwrap();
    assert!(
        hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        hash.as_str()
    );
    let parsed = phc::PasswordHash::new(hash.as_str()).unwrap();
    assert_eq!(parsed.salt.unwrap().len(), 16);
    assert_eq!(parsed.hash.unwrap().len(), 32);
    Argon2::default()
        .verify_password(b"correct horse battery", &parsed)
        .unwrap();
    assert_eq!(
        verify(&passwords, "correct horse battery", &hash).await,
        RIGHT
    );
}

/// The string of the reference implementation: `echo -n password | argon2 somesalt -id -t 2
/// -m 16 -p 1`, from phc-winner-argon2's test.c.
#[tokio::test]
async fn a_hash_of_the_reference_implementation_verifies_and_is_renewed() {
    let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$\
                CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let passwords = passwords();
    let verdict = verify(&passwords, "password", &stored(hash)).await;
    assert!(
        matches!(verdict, Verdict::Right { rehash: Some(_) }),
        "{verdict:?}"
    );
    let verdict = verify(&passwords, "Password", &stored(hash)).await;
    assert_eq!(verdict, Verdict::Wrong);
}

#[tokio::test]
async fn log_17_hashes_of_other_parameters_verify_and_come_back_renewed() {
    let passwords = passwords();
    let long = Some(OUTPUT_BYTES);
    let salt = &[7; SALT_BYTES];
    for (what, old) in [
        (
            "memory",
            foreign(
                "swordfish",
                Version::V0x13,
                Params::new(16, 1, 1, long).unwrap(),
                salt,
            ),
        ),
        (
            "passes",
            foreign(
                "swordfish",
                Version::V0x13,
                Params::new(8, 2, 1, long).unwrap(),
                salt,
            ),
        ),
        (
            "lanes",
            foreign(
                "swordfish",
                Version::V0x13,
                Params::new(16, 1, 2, long).unwrap(),
                salt,
            ),
        ),
        (
            "output",
            foreign(
                "swordfish",
                Version::V0x13,
                Params::new(8, 1, 1, Some(16)).unwrap(),
                salt,
            ),
        ),
        (
            "version",
            foreign(
                "swordfish",
                Version::V0x10,
                Params::new(8, 1, 1, long).unwrap(),
                salt,
            ),
        ),
        (
            "salt",
            foreign(
                "swordfish",
                Version::V0x13,
                Params::new(8, 1, 1, long).unwrap(),
                &[7; 8],
            ),
        ),
    ] {
        let wrong = verify(&passwords, "Swordfish", &old).await;
        assert_eq!(wrong, Verdict::Wrong, "{what}");
        let right = verify(&passwords, "swordfish", &old).await;
        let Verdict::Right { rehash: Some(new) } = right else {
            panic!("{what}: {right:?}")
        };
        assert_ne!(new, old);
        assert!(
            new.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
            "{what}"
        );
        assert_eq!(verify(&passwords, "swordfish", &new).await, RIGHT, "{what}");
    }
    let current = foreign(
        "swordfish",
        Version::V0x13,
        Params::new(8, 1, 1, long).unwrap(),
        salt,
    );
    assert_eq!(verify(&passwords, "swordfish", &current).await, RIGHT);
}

#[tokio::test]
async fn a_right_password_stays_right_when_it_cannot_be_hashed_anew() {
    let passwords = Passwords::with_cost(1, Random::failing(), Cost::TEST);
    let old = foreign(
        "swordfish",
        Version::V0x13,
        Params::new(16, 1, 1, None).unwrap(),
        &[7; 16],
    );
    assert_eq!(verify(&passwords, "swordfish", &old).await, RIGHT);
    let error = passwords.hash(password("swordfish")).await.unwrap_err();
    assert!(matches!(error, HashingError::Random(_)), "{error:?}");
}

#[tokio::test]
async fn log_17_a_corrupt_hash_is_told_from_a_wrong_password_and_never_panics() {
    let passwords = passwords();
    let hash = passwords.hash(password("swordfish")).await.unwrap();
    let good = hash.as_str().to_owned();
    let output = &good[good.rfind('$').unwrap()..];
    for hash in [
        String::new(),
        "$".into(),
        "swordfish".into(),
        "!unusable".into(),
        "pbkdf2_sha256$1000000$salt$hash".into(),
        good.replace("argon2id", "argon2i"),
        good.replace("argon2id", "argon2d"),
        good.replace("argon2id", "scrypt"),
        good.replace("$v=19", ""),
        good.replace("v=19", "v=20"),
        good.replace("m=8", "m=7"),
        good.replace("m=8", "m=4294967295"),
        good.replace("m=8", "m=1048577"),
        good.replace("t=1", "t=0"),
        good.replace("t=1", "t=17"),
        good.replace("p=1", "p=0"),
        good.replace("m=8,t=1,p=1", "m=1048576,t=1,p=17"),
        good.replace("p=1", "p=4294967295"),
        good.replace(output, ""),
        good.replace(output, "$"),
        good.replace(output, "$AAAA"),
        format!("{good}="),
        format!("{good}$"),
        format!("{good}\n"),
        format!(" {good}"),
        good.to_uppercase(),
        "$argon2id$v=19$m=8,t=1,p=1".repeat(10_000),
    ] {
        let verdict = verify(&passwords, "swordfish", &stored(&hash)).await;
        assert_eq!(verdict, Verdict::Corrupt, "{hash:?}");
    }
    // cut or changed anywhere, it is never right
    for end in 0..good.len() {
        let cut = verify(&passwords, "swordfish", &stored(&good[..end])).await;
        assert!(
            matches!(cut, Verdict::Corrupt | Verdict::Wrong),
            "{end}: {cut:?}"
        );
    }
    assert_eq!(verify(&passwords, "swordfish", &stored(&good)).await, RIGHT);
}
