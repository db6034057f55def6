//! Hashes as Django writes them; the examples were made by Django 5.2 itself.

use super::*;

const TYPED: &str = "correct horse battery staple";

const EXAMPLES: [(&str, &str); 5] = [
    (
        "pbkdf2_sha256",
        "pbkdf2_sha256$1000$SaltSaltSaltSaltSalt22$nLvfUoBGk3hSCbCKcQKp4wfQ+pTPUuDjBkoQUVN6crs=",
    ),
    (
        "pbkdf2_sha1",
        "pbkdf2_sha1$1000$SaltSaltSaltSaltSalt22$iUgNLScmh8mQTa3Xx2ShN81sXlc=",
    ),
    (
        "argon2",
        "argon2$argon2id$v=19$m=102400,t=2,p=8$U2FsdFNhbHRTYWx0U2FsdFNhbHQyMg$0RxcguH7iYlK+DbE5/hfWQfTKr1FWbOg9xfzXCV1WS0",
    ),
    (
        "bcrypt_sha256",
        "bcrypt_sha256$$2b$12$abcdefghijklmnopqrstuOnYUZVUBNzrsqbQHY0Js6Z.mVem796Ii",
    ),
    (
        "scrypt",
        "scrypt$16384$SaltSaltSaltSaltSalt22$8$5$QMoS/gX3DW0Xn30Qk7XzQRb9ZCfuygllq35bM2MQ0+roN1AZQeEeJEIMomWZsJKMyfiKQcT9YNCvUujFi8yTGQ==",
    ),
];

#[tokio::test]
async fn django_hashes_of_each_algorithm_verify_and_come_back_renewed() {
    let passwords = passwords();
    for (name, text) in EXAMPLES {
        let (hash, algorithm) = PasswordHash::of_django(text).unwrap().unwrap();
        assert_eq!((algorithm, hash.as_str()), (name, text));
        assert_eq!(hash.for_django(), text);
        let wrong = verify(&passwords, "Correct horse battery staple", &hash).await;
        assert_eq!(wrong, Verdict::Wrong, "{name}");
        let right = verify(&passwords, TYPED, &hash).await;
        let Verdict::Right { rehash: Some(new) } = right else {
            panic!("{name}: {right:?}")
        };
        assert!(new.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_eq!(verify(&passwords, TYPED, &new).await, RIGHT, "{name}");
        assert_eq!(new.for_django(), format!("argon2{}", new.as_str()));
    }
}

#[test]
fn django_unusable_passwords_are_none() {
    for text in ["", "!", "!ryiwBYHIEA7Mm82vorja9ljfDT0Zsv9ZuDrGOpkU"] {
        assert_eq!(PasswordHash::of_django(text), Ok(None));
    }
}

#[test]
fn django_hashes_that_cost_too_much_or_make_no_sense_are_not_taken() {
    let [pbkdf2, _, argon2, bcrypt, scrypt] = EXAMPLES.map(|(_, text)| text);
    for (text, why) in [
        (pbkdf2.replace("$1000$", "$4000001$"), NotTaken::Costly),
        (pbkdf2.replace("$1000$", "$4294967295$"), NotTaken::Costly),
        (pbkdf2.replace("$1000$", "$0$"), NotTaken::Damaged),
        (pbkdf2.replace("$1000$", "$-1$"), NotTaken::Damaged),
        (pbkdf2.replace("$1000$", "$+1000$"), NotTaken::Damaged),
        (pbkdf2.replace("$1000$", "$99999999999$"), NotTaken::Damaged),
        (pbkdf2.replace("nLvf", "n*vf"), NotTaken::Damaged),
        (pbkdf2.replace("crs=", ""), NotTaken::Damaged),
        (pbkdf2.replace("_sha256", "_sha1"), NotTaken::Damaged),
        (format!("{pbkdf2}$"), NotTaken::Damaged),
        (argon2.replace("m=102400", "m=262145"), NotTaken::Costly),
        (argon2.replace("t=2", "t=17"), NotTaken::Costly),
        (argon2.replace("p=8", "p=17"), NotTaken::Costly),
        (argon2.replace("argon2id", "argon2d"), NotTaken::Damaged),
        (argon2.replace("m=102400", "m=x"), NotTaken::Damaged),
        (bcrypt.replace("$12$", "$16$"), NotTaken::Costly),
        (bcrypt.replace("$12$", "$31$"), NotTaken::Costly),
        (bcrypt.replace("$12$", "$3$"), NotTaken::Damaged),
        (bcrypt.replace("796Ii", "796I"), NotTaken::Damaged),
        (bcrypt.replace("$2b$", "$2x$"), NotTaken::Damaged),
        (scrypt.replace("16384", "1048576"), NotTaken::Costly),
        (scrypt.replace("$8$5$", "$8$65$"), NotTaken::Costly),
        (scrypt.replace("$8$5$", "$4294967295$1$"), NotTaken::Costly),
        (scrypt.replace("16384", "16385"), NotTaken::Damaged),
        (scrypt.replace("16384", "1"), NotTaken::Damaged),
        (scrypt.replace("$8$5$", "$0$5$"), NotTaken::Damaged),
        (scrypt.replace("$8$5$", "$8$0$"), NotTaken::Damaged),
        ("bcrypt$$2b$12$abc".into(), NotTaken::Unknown),
        (
            "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99".into(),
            NotTaken::Unknown,
        ),
        ("5f4dcc3b5aa765d61d8327deb882cf99".into(), NotTaken::Unknown),
        ("pbkdf2_sha256".into(), NotTaken::Unknown),
        ("scrypt$".repeat(10_000), NotTaken::Damaged),
    ] {
        assert_eq!(PasswordHash::of_django(&text), Err(why), "{text:.120}");
    }
}

#[test]
fn django_hashes_of_argon2i_as_of_old_are_taken() {
    let old = "argon2$argon2i$v=19$m=512,t=2,p=2$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA";
    assert!(matches!(PasswordHash::of_django(old), Ok(Some(_))));
}

/// A stored hash that could not have been imported costs one Argon2 run of ours, like any other.
#[tokio::test]
async fn django_hashes_that_are_not_taken_are_corrupt() {
    let costly = EXAMPLES[0].1.replace("$1000$", "$4294967295$");
    let verdict = verify(&passwords(), TYPED, &stored(&costly)).await;
    assert_eq!(verdict, Verdict::Corrupt);
}
