//! Both ways with Python's package `cryptography`, whose tokens Inmor's secrets are.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE};

use super::*;

/// Prints a new key, then a token for each number of bytes from 0 to 64.
const ENCRYPT: &str = "
from cryptography.fernet import Fernet
key = Fernet.generate_key()
print(key.decode())
for length in range(65):
    print(Fernet(key).encrypt(b'x' * length).decode())
";

/// Reads a key, then tokens, each from a line of its own, and prints what is in the tokens.
const DECRYPT: &str = "
import sys
from cryptography.fernet import Fernet
key, *tokens = sys.stdin.read().split()
for token in tokens:
    print(Fernet(key).decrypt(token.encode()).decode())
";

/// The first Python that has the package: the one on PATH or the system's, as `.ci/setup` asks.
fn python() -> &'static str {
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| {
            Command::new(python)
                .args(["-c", "import cryptography.fernet"])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
        .expect("no python3 here has the package `cryptography`; `.ci/setup test` installs it")
}

/// The lines that a Python program prints.
fn run(program: &str, input: &str) -> Vec<String> {
    let mut python = Command::new(python())
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "Python failed, see above");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(ToOwned::to_owned).collect()
}

#[test]
fn what_python_encrypts_opens() {
    let lines = run(ENCRYPT, "");
    let [key, tokens @ ..] = lines.as_slice() else {
        panic!("Python printed nothing")
    };
    let key = Key::new(&BASE64_URL_SAFE.decode(key).unwrap().try_into().unwrap()).unwrap();
    assert_eq!(tokens.len(), 65);
    for (length, token) in tokens.iter().enumerate() {
        assert_eq!(key.open(token).unwrap().as_slice(), vec![b'x'; length]);
    }
}

#[test]
fn what_is_sealed_decrypts_in_python() {
    let key = Key::new(&KEYS[0]).unwrap();
    let mut input = BASE64_URL_SAFE.encode(KEYS[0]);
    let mut wanted = vec![String::from_utf8(ROW.around(SECRET).unwrap().to_vec()).unwrap()];
    let sealed = keyring(&KEYS).seal(NOW, ROW, SECRET).unwrap();
    input = format!("{input}\n{}", sealed.token);
    for length in 0..65 {
        let plain = "x".repeat(length);
        input = format!("{input}\n{}", key.seal(NOW, plain.as_bytes()));
        wanted.push(plain);
    }
    assert_eq!(run(DECRYPT, &input), wanted);
}
