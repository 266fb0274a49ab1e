//! Prints the table of the protocol model: every row with its result, states, depth and time.
//!
//! Arguments name some rows by a part of their group or name; without any, all are checked. Ends with 1 where a row is
//! not as expected.
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]
#![allow(clippy::disallowed_methods, reason = "the time of a run is part of the table")]
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread::{available_parallelism, scope};
use std::time::{Duration, Instant};
use tanist_model::row::{Found, Row, Verdict};
use tanist_model::rows::rows;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |row: &Row| {
        let named = |part: &String| row.group.contains(part.as_str()) || row.name.contains(part.as_str());
        wanted.is_empty() || wanted.iter().any(named)
    };
    let rows: Vec<Row> = rows().into_iter().filter(is_wanted).collect();
    if rows.is_empty() {
        eprintln!("error: no row has `{}` in its group or name", wanted.join("` or `"));
        return ExitCode::from(2);
    }
    let began = Instant::now();
    let lines = check(&rows);
    println!("| class | variant | expected | result | states | depth | time |");
    println!("|---|---|---|---|--:|--:|--:|");
    for (row, (found, time)) in rows.iter().zip(&lines) {
        let (mark, seconds) = (if found.is(row.expected) { "" } else { "**NOT AS EXPECTED**: " }, time.as_secs_f32());
        let (states, depth) = (found.states, found.depth);
        println!(
            "| {} | {} | {} | {mark}{found} | {states} | {depth} | {seconds:.2} s |",
            row.group, row.name, row.expected
        );
    }
    let wrong: Vec<_> = rows.iter().zip(&lines).filter(|(row, (found, _))| !found.is(row.expected)).collect();
    println!("\n{} rows in {:.0} s, {} not as expected", rows.len(), began.elapsed().as_secs_f32(), wrong.len());
    for (row, (found, _)) in &wrong {
        explain(row, found);
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Checks the rows side by side, each in a thread of its own and no more at once than there are cores.
fn check(rows: &[Row]) -> Vec<(Found, Duration)> {
    let (waiting, done) = (Mutex::new(rows.iter().enumerate()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let next = waiting.lock().map_or(None, |mut rows| rows.next());
            let Some((index, row)) = next else { return };
            let began = Instant::now();
            let found = row.check();
            eprintln!("{}, {}: {found}", row.group, row.name);
            if let Ok(mut done) = done.lock() {
                done.push((index, (found, began.elapsed())));
            }
        }
    };
    scope(|scope| {
        for _ in 0..available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, line)| line).collect()
}

fn explain(row: &Row, found: &Found) {
    println!("\n{}, {}: expected {}, found {found}", row.group, row.name, row.expected);
    if let Verdict::Violated { steps, .. } = &found.verdict {
        for (number, step) in (1..).zip(steps) {
            println!("  {number:>2} {step}");
        }
    }
}
