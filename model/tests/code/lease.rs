//! The sidecar's lease: when the signer runs, and when an engine counts the fence, in the model and in the program.
//!
//! The program's side is what decides: [`Duty`](watchdog_supervise::sidecar::duty::Duty) with the belief in a
//! [`Term`](watchdog_supervise::sidecar::Term) and the node's
//! [`Authority`](watchdog_supervise::authority::Authority), looking many times in a tick, and the engine's
//! [`Wait`](watchdog_supervise::lapse::Wait). What carries them, the tasks of `Sidecar` and `Lapse`, is in that crate's
//! own tests.
//!
//! Where the program is stricter, the model may do what the program never does: an engine takes the lease only when the
//! store gives it away, a new boot gets it only when the term of the one before has lapsed, and a signer needs a grant
//! for its term besides.
mod both;
mod machine;
mod store;
mod time;

use both::{Both, Bounds, Difference, Event};
use stateright::Model;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use tanist_model::sidecar::{Action, DRIFT, LEASE, Sidecar, WAIT, WATCHDOG};

/// Each looks far in one direction: together they would be too many states for a test.
const WALKS: [Bounds; 4] = [
    // An engine takes the lease, waits and counts.
    Bounds { horizon: 11, engines: 1, questions: 1, lost: 1, fences: 0 },
    // It dies on the way, and another one waits anew.
    Bounds { horizon: 12, engines: 2, questions: 1, lost: 0, fences: 0 },
    // The node alone, and how it renews its lease.
    Bounds { horizon: 6, engines: 0, questions: 3, lost: 1, fences: 0 },
    // A fence by command in between.
    Bounds { horizon: 5, engines: 0, questions: 2, lost: 1, fences: 1 },
];

/// What was met, so that agreement about nothing is no agreement.
#[derive(Debug, Default)]
struct Met {
    states: usize,
    renewed_late: usize,
    refused_to_new_boot: usize,
    signs_after_restart: usize,
    fenced: usize,
    reset: usize,
    counted: usize,
    counted_after_restart: usize,
    counted_by_second: usize,
}

/// Every state with the one before it and what happened in between.
type Trail = Vec<Option<(usize, Event)>>;

/// Walks through every state of both.
fn walk(model: &Sidecar, bounds: Bounds, met: &mut Met) -> Result<(), Difference> {
    let model = Sidecar { horizon: bounds.horizon, takeovers_max: bounds.engines, ..*model };
    let (mut trail, mut waiting) = (Trail::new(), Vec::new());
    // Of every state only a hash, as the model checker keeps it: whole ones would fill the memory.
    let (mut seen, hashes) = (HashSet::new(), RandomState::new());
    for state in model.init_states() {
        waiting.push((Both::begin(state), trail.len()));
        trail.push(None);
    }
    // By number of steps, so that a difference is told with a shortest way.
    while !waiting.is_empty() {
        for (both, place) in std::mem::take(&mut waiting) {
            let told = |difference: Difference| told(&trail, place, &both, &difference);
            both.agree(&model).map_err(told)?;
            let mut further = Vec::new();
            for event in both.events(&model, bounds) {
                match both.after(&model, event).map_err(|difference| format!("{event:?}: {}", told(difference)))? {
                    Some(after) => further.push((after, event)),
                    None => met.refused_to_new_boot += 1,
                }
            }
            for (after, event) in further {
                if seen.insert(hashes.hash_one(after.key())) {
                    met.note(&after, event);
                    waiting.push((after, trail.len()));
                    trail.push(Some((place, event)));
                }
            }
        }
    }
    Ok(())
}

fn told(trail: &Trail, mut place: usize, both: &Both, difference: &str) -> Difference {
    let mut steps = Vec::new();
    while let Some((from, event)) = trail[place] {
        steps.push(format!("{event:?}"));
        place = from;
    }
    steps.reverse();
    format!("{difference}\nafter {}\n{}", steps.join(", "), both.shown())
}

impl Met {
    fn note(&mut self, both: &Both, by: Event) {
        let (state, runs) = (&both.state, both.machine.runs);
        let is_by = |action| usize::from(matches!(by, Event::Model(by) if by == action));
        self.states += 1;
        self.renewed_late += is_by(Action::Arrive) * usize::from((1..LEASE).contains(&state.node.lease) && runs);
        self.signs_after_restart += usize::from(runs && state.node.boot > 0);
        self.fenced += usize::from(matches!(by, Event::Fence));
        self.reset += usize::from(state.was_reset);
        self.counted += is_by(Action::Count);
        self.counted_after_restart += is_by(Action::Count) * usize::from(both.machine.boot > 0);
        let is_second = both.engine.is_some_and(|engine| engine.number == 1);
        self.counted_by_second += is_by(Action::Count) * usize::from(is_second);
    }
}

#[test]
fn the_signer_runs_and_the_fence_is_counted_when_the_model_says_so_and_never_else() {
    let mut met = Met::default();
    for bounds in WALKS {
        walk(&Sidecar::SOUND, bounds, &mut met).unwrap_or_else(|difference| panic!("{difference}"));
    }
    println!("{met:?}");
    let all = [
        met.renewed_late,
        met.refused_to_new_boot,
        met.signs_after_restart,
        met.fenced,
        met.reset,
        met.counted,
        met.counted_after_restart,
        met.counted_by_second,
    ];
    assert!(met.states > 1_000_000 && all.iter().all(|count| *count > 100), "{met:?}");
}

/// Every row of the model's table that breaks a rule, and one that waits too long.
#[test]
fn a_model_that_breaks_a_rule_is_not_the_program() {
    const SOUND: Sidecar = Sidecar::SOUND;
    let counts = "the model counts the fence, the program does not";
    let signs = "the model signs, the program does not";
    let broken = [
        ("counted one tick too early", Sidecar { wait: WAIT - 1, ..SOUND }, counts),
        (
            "counted one tick too late",
            Sidecar { wait: WAIT + 1, ..SOUND },
            "the program counts the fence, the model does not",
        ),
        ("drift of the node's clock left out", Sidecar { wait: LEASE + WATCHDOG, ..SOUND }, counts),
        ("the machine's watchdog left out", Sidecar { wait: LEASE + DRIFT, ..SOUND }, counts),
        ("watchdog not confirmed active", Sidecar { watchdog_is_confirmed: false, ..SOUND }, counts),
        ("authority back after a restart without a grant", Sidecar { restart_needs_grant: false, ..SOUND }, signs),
        (
            "lease counted from the answer instead of the question",
            Sidecar { counts_from_asking: false, ..SOUND },
            signs,
        ),
        ("a grant asked for before the restart is taken", Sidecar { answer_fits_boot: false, ..SOUND }, signs),
        ("a new holder counts at once", Sidecar { successor_waits_anew: false, ..SOUND }, counts),
        (
            "an outdated holder still grants",
            Sidecar { grants_are_conditional: false, ..SOUND },
            "the model grants to Node(0) what Engine(0) holds",
        ),
    ];
    for (name, model, expected) in broken {
        let found = WALKS.into_iter().find_map(|bounds| walk(&model, bounds, &mut Met::default()).err());
        let difference = found.unwrap_or_else(|| panic!("{name}: not found"));
        println!("{name}: {}", difference.lines().take(2).collect::<Vec<_>>().join(" "));
        assert!(difference.contains(expected), "{name}: {difference}");
    }
}

#[test]
fn every_fault_of_the_table_is_tried_here() {
    let rows = tanist_model::rows::rows();
    let faults = rows.iter().filter(|row| row.group == "Sidecar lease" && row.name != "full protocol");
    let text = include_str!("lease.rs");
    for row in faults {
        assert!(text.contains(&format!("\"{}\"", row.name)), "`{}` is not tried", row.name);
    }
}
