//! What runs came to.
use crate::fault::{Cell, matrix};
use crate::oracle::{Moment, Violation};
use std::collections::BTreeMap;
use std::fmt;

/// What one run came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// Hash of everything that happened.
    pub trace: u64,
    /// Events that it took.
    pub events: u64,
    /// Simulated seconds.
    pub seconds: u64,
    /// What must not happen and did.
    pub violations: Vec<Violation>,
    /// Failovers begun, by the watchdog or by an operator.
    pub planned: u64,
    /// Those that the watchdog began by itself.
    pub automatic: u64,
    /// How failovers ended.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Signatures seen.
    pub signatures: u64,
    /// Faults begun, with the state of the failover at the time.
    pub hits: BTreeMap<(Cell, Moment), u64>,
    /// Ends of a watchdog, with the state of the failover at the time.
    pub crash_points: BTreeMap<Moment, u64>,
    /// Whether it was one in which a failover within the bound was due.
    pub is_calm: bool,
    /// Whether turmoil carried the messages.
    pub by_turmoil: bool,
}

/// Many runs together.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Those whose messages turmoil carried.
    pub by_turmoil: u64,
    /// Those in which a failover within the bound was due.
    pub calm: u64,
    /// Events.
    pub events: u64,
    /// Simulated seconds.
    pub seconds: u64,
    /// Failovers begun.
    pub planned: u64,
    /// Those begun by the watchdog itself.
    pub automatic: u64,
    /// Signatures seen.
    pub signatures: u64,
    /// How failovers ended.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Faults begun, by cell and state.
    pub hits: BTreeMap<(Cell, Moment), u64>,
    /// Ends of a watchdog, by state.
    pub crash_points: BTreeMap<Moment, u64>,
}

impl Tally {
    /// Adds one run.
    pub fn add(&mut self, report: &Report) {
        self.runs += 1;
        self.by_turmoil += u64::from(report.by_turmoil);
        self.calm += u64::from(report.is_calm);
        self.events += report.events;
        self.seconds += report.seconds;
        self.planned += report.planned;
        self.automatic += report.automatic;
        self.signatures += report.signatures;
        merge(&mut self.outcomes, &report.outcomes);
        merge(&mut self.hits, &report.hits);
        merge(&mut self.crash_points, &report.crash_points);
    }

    /// Adds what another thread found.
    pub fn join(&mut self, other: &Self) {
        self.runs += other.runs;
        self.by_turmoil += other.by_turmoil;
        self.calm += other.calm;
        self.events += other.events;
        self.seconds += other.seconds;
        self.planned += other.planned;
        self.automatic += other.automatic;
        self.signatures += other.signatures;
        merge(&mut self.outcomes, &other.outcomes);
        merge(&mut self.hits, &other.hits);
        merge(&mut self.crash_points, &other.crash_points);
    }

    /// Faults of one cell.
    pub fn hits_of(&self, cell: Cell) -> u64 {
        self.hits.iter().filter(|((of, _), _)| *of == cell).map(|(_, count)| count).sum()
    }

    /// Cells of the matrix in which nothing happened.
    pub fn missing(&self) -> Vec<Cell> {
        matrix().into_iter().filter(|cell| self.hits_of(*cell) == 0).collect()
    }
}

fn merge<K: Ord + Copy>(into: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(*key).or_default() += count;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.seconds / 3600;
        writeln!(
            f,
            "runs            {} ({} carried by turmoil, {} with a bound)",
            self.runs, self.by_turmoil, self.calm
        )?;
        writeln!(f, "events          {} in {hours} simulated hours", self.events)?;
        writeln!(f, "failovers       {} ({} automatic)", self.planned, self.automatic)?;
        for (outcome, count) in &self.outcomes {
            writeln!(f, "  {outcome:<13} {count}")?;
        }
        writeln!(f, "signatures      {}", self.signatures)?;
        writeln!(f, "crash points    {}", self.crash_points.values().sum::<u64>())?;
        for (moment, count) in &self.crash_points {
            writeln!(f, "  {:<13} {count}", format!("{moment:?}").to_lowercase())?;
        }
        writeln!(f, "faults          {}", self.hits.values().sum::<u64>())?;
        let states = Moment::ALL.map(|moment| format!("{moment:?}").to_lowercase());
        write!(f, "  {:<28}{:>9}", "", "all")?;
        for state in &states {
            write!(f, "{state:>11}")?;
        }
        writeln!(f)?;
        for cell in matrix() {
            write!(f, "  {:<28}{:>9}", cell.to_string(), self.hits_of(cell))?;
            for moment in Moment::ALL {
                write!(f, "{:>11}", self.hits.get(&(cell, moment)).copied().unwrap_or(0))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
