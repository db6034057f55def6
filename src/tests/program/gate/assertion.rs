//! A site checks what the gate signed, with the lines that the README shows.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use super::{proxies::Kind, world::World};

/// The Python of the README that checks an assertion.
fn lines() -> String {
    let readme = include_str!("../../../../README.md");
    let mut blocks = readme.split("```python\n").skip(1);
    let block = blocks.find(|block| block.contains("def check("));
    let block = block.expect("Python in the README");
    block.split_once("```").unwrap().0.to_owned()
}

/// Whom the lines find in an assertion; what they say when they refuse it.
fn check(keys: &str, assertion: &str, host: &str, issuer: &str) -> Result<String, String> {
    let program = format!(
        "{}\nimport sys\nkeys, token, host, issuer = sys.stdin.read().split('\\n')[:4]\n\
         print(check(token, json.loads(keys), host, issuer)['preferred_username'])\n",
        lines()
    );
    let python = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        let imports = Command::new(python)
            .args(["-c", "import cryptography"])
            .output();
        imports.is_ok_and(|ended| ended.status.success())
    });
    let python = python.expect("python3 with cryptography is needed: run .ci/setup test");
    let mut child = Command::new(python)
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = format!("{keys}\n{assertion}\n{host}\n{issuer}\n");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if ended.status.success() {
        Ok(text(ended.stdout))
    } else {
        Err(text(ended.stderr))
    }
}

#[test]
fn the_ten_lines_of_the_readme_take_what_the_gate_signed_and_nothing_else() {
    let mut world = World::new(Kind::Nginx);
    assert_eq!(lines().lines().filter(|line| !line.is_empty()).count(), 10);
    let keys = world.here.get("/.well-known/jwks.json").unwrap().text();
    let cookie = world.cross();
    let answer = world.get("/a", &cookie);
    let text = answer.text();
    let header = text
        .lines()
        .find_map(|line| line.strip_prefix("X-Inmor-Assertion: "));
    let token = header.unwrap();
    let issuer = "http://localhost:3000";
    assert_eq!(
        check(&keys, token, &world.host, issuer),
        Ok("anna".to_owned())
    );
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = signed.replacen("eyJ", "eyI", 1);
    for (keys, token, host, issuer) in [
        (
            &*keys,
            &*format!("{other}.{signature}"),
            &*world.host,
            issuer,
        ),
        (&keys, token, "other.localhost", issuer),
        (&keys, token, &world.host, "https://evil.example"),
        ("{\"keys\":[]}", token, &world.host, issuer),
        (&keys, &format!("{signed}."), &world.host, issuer),
        (&keys, "", &world.host, issuer),
    ] {
        assert!(check(keys, token, host, issuer).is_err());
    }
}
