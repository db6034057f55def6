//! Figures, and how they are written.

/// Prints one figure: its name, what was measured, and the goal, if there is one.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub fn row(name: &str, measured: &str, goal: &str) {
    println!("{}", format!("{name:49} {measured:34} {goal}").trim_end());
}

/// The middle one; of an even number the upper of both.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn millis(seconds: f64) -> String {
    let millis = seconds * 1000.0;
    if millis < 10.0 {
        format!("{millis:.2} ms")
    } else {
        format!("{millis:.0} ms")
    }
}

pub fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}
