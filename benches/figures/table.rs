//! Figures, and how they are written.

/// Name, measured, goal.
pub struct Table(Vec<[String; 3]>);

impl Table {
    pub fn new(cores: usize) -> Self {
        let head = ["figure", "measured", "goal"].map(str::to_owned);
        let mut table = Self(vec![head]);
        table.row("cores, shared by client and server", cores.to_string(), "");
        table
    }

    pub fn row(&mut self, name: &str, measured: String, goal: &str) {
        self.0.push([name.to_owned(), measured, goal.to_owned()]);
    }

    #[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
    pub fn print(&self) {
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let (names, measures) = (width(0), width(1));
        for [name, measured, goal] in &self.0 {
            println!(
                "{}",
                format!("{name:names$}  {measured:measures$}  {goal}").trim_end()
            );
        }
    }
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
