//! One measured number beside its target.
use std::fmt::Write;
use std::time::Duration;

/// A number, its target and its ratio to a floor of the same run.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: String,
    value: String,
    target: String,
    ratio: String,
    met: Option<bool>,
}

impl Figure {
    /// A number without a target.
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), target: String::new(), ratio: String::new(), met: None }
    }

    /// A time without a target.
    pub(crate) fn time(name: impl Into<String>, time: Duration) -> Self {
        Self::new(name, ms(time))
    }

    /// The same with a target, and whether it is met.
    #[must_use]
    pub(crate) fn target(self, target: impl Into<String>, met: bool) -> Self {
        Self { target: target.into(), met: Some(met), ..self }
    }

    /// The same with a ratio.
    #[must_use]
    pub(crate) fn ratio(self, time: Duration, floor: Duration, of: &str) -> Self {
        let ratio = time.as_secs_f64() / floor.as_secs_f64().max(f64::MIN_POSITIVE);
        Self { ratio: format!("{ratio:.2} × {of}"), ..self }
    }

    /// Whether it has a target and misses it.
    pub(crate) fn is_missed(&self) -> bool {
        self.met == Some(false)
    }

    fn row(&self) -> [&str; 5] {
        let met = match self.met {
            None => "",
            Some(true) => "ok",
            Some(false) => "MISSED",
        };
        [&self.name, &self.value, &self.target, &self.ratio, met]
    }
}

/// Milliseconds with as many digits as mean something.
pub(crate) fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 100.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}

/// All of them as a table that can be pasted into a document.
pub(crate) fn table(figures: &[Figure]) -> String {
    let head = ["figure", "value", "target", "ratio", ""];
    let rows: Vec<_> = std::iter::once(head).chain(figures.iter().map(Figure::row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            write!(text, "| {cell:width$} ").ok();
        }
        text.push_str("|\n");
        if place == 0 {
            for width in &widths {
                write!(text, "|{:-<1$}", "", width + 2).ok();
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_is_said_in_its_row() {
        let time = Duration::from_micros(61_500);
        let figure =
            Figure::time("latency", time).target("50 ms", false).ratio(time, Duration::from_millis(6), "floor");
        assert!(figure.is_missed());
        let table = table(&[figure, Figure::new("memory", "9 MiB")]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[2], "| latency | 61.50 ms | 50 ms  | 10.25 × floor | MISSED |");
        assert_eq!(lines[3], "| memory  | 9 MiB    |        |               |        |");
    }
}
