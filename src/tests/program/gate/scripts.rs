//! The scripts that ask the gate: when one fails, nobody gets in.

use super::{
    proxies::Kind,
    world::{PAGE, World},
};

#[test]
fn a_script_that_fails_lets_nobody_in() {
    for (kind, status, begins, asks, answered) in [
        (
            Kind::Haproxy,
            503,
            "    local sent = ",
            "    local answer = ",
            "    local status = ",
        ),
        (
            Kind::Apache,
            500,
            "    local ask = ",
            "    local body = ",
            "    if done and status == 200 then",
        ),
    ] {
        for place in [begins, asks, answered] {
            let world = World::with_script(kind, |script| {
                assert_eq!(script.matches(place).count(), 1, "{place}\n{script}");
                script.replace(place, &format!("    error(\"x\")\n{place}"))
            });
            for path in ["/a", "/static/a"] {
                for headers in [&[][..], &[PAGE]] {
                    let answer = world.ask("GET", path, headers);
                    let text = answer.text();
                    assert_eq!(answer.status, status, "{kind:?} {place}: {text}");
                    assert!(!text.contains("of: site"), "{kind:?} {place}: {text}");
                }
            }
        }
    }
}
