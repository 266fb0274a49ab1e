//! The engine under test, on a simulated clock, with a shared store that can be cut off.
use crate::nodes::{Nodes, name};
use crate::reference::{Answer, COOLDOWN, LONG_REST, Operation as Expected, Reference};
use crate::transition::Transition;
use proptest_state_machine::StateMachineTest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchdog_core::action::{Kind, Refusal};
use watchdog_core::clock::{Clock, Uptime};
use watchdog_core::config::{ActLimits, Mode};
use watchdog_core::cx::Cx;
use watchdog_core::engine::{Engine, Handle, Parameters, PauseOrder, Watched};
use watchdog_core::id::{InstanceId, NodeName, OperationId, ValidatorName};
use watchdog_core::journal::standing::Standing;
use watchdog_core::journal::timeline::Timeline;
use watchdog_core::journal::{Outcome, Record};
use watchdog_core::status::{Offer, OperationState};
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::shared::{Link, SharedStore};

const TTL: Duration = Duration::from_secs(15);

/// How often the cases came to what they are for. Clones count together.
#[derive(Clone, Default)]
pub(crate) struct Reached(Arc<[AtomicU64; 9]>);

const NAMES: [&str; 9] = [
    "moved by itself",
    "moved by order",
    "reverted",
    "blocked",
    "cancelled",
    "signer adopted",
    "restarts",
    "restarts under way",
    "orders twice",
];

impl Reached {
    fn count(&self, place: usize) {
        self.0[place].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, is_automatic: bool, is_cancelled: bool, outcome: Outcome) {
        match outcome {
            _ if is_cancelled => self.count(4),
            Outcome::Completed => self.count(usize::from(!is_automatic)),
            Outcome::Reverted => self.count(2),
            _ => self.count(3),
        }
    }

    pub(crate) fn adopted(&self) {
        self.count(5);
    }

    pub(crate) fn restarted(&self, is_under_way: bool) {
        self.count(6 + usize::from(is_under_way));
    }

    pub(crate) fn ordered_twice(&self) {
        self.count(8);
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.0.iter().all(|count| count.load(Ordering::Relaxed) > 0)
    }
}

impl fmt::Debug for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(NAMES.iter().zip(self.0.iter().map(|count| count.load(Ordering::Relaxed)))).finish()
    }
}

/// One life of the engine.
struct Process {
    id: InstanceId,
    handle: Handle,
    cx: Cx,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

pub(crate) struct Machine {
    runtime: Runtime,
    nodes: Nodes,
    clock: PausedClock,
    store: Arc<SharedStore>,
    began: Uptime,
    lives: u8,
    process: Process,
    offer: Option<Offer>,
    answer: Answer,
}

fn validator() -> ValidatorName {
    ValidatorName::new("main").unwrap()
}

fn number(node: &NodeName) -> usize {
    usize::from(*node == name(1))
}

fn refused(refusal: Refusal) -> Answer {
    Answer::Refused(refusal.code)
}

fn done(answer: Result<(), Refusal>) -> Answer {
    answer.map_or_else(refused, |()| Answer::Done)
}

fn began(answer: Result<OperationId, Refusal>) -> Answer {
    answer.map_or_else(refused, |id| Answer::Began(id.saga.0))
}

async fn start(nodes: &Nodes, clock: &PausedClock, store: &Arc<SharedStore>, life: u8) -> Process {
    let id = InstanceId([life; 16]);
    let client = store.instance(&format!("life {life}"), id, None);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let watched = Watched {
        unit: nodes.unit(validator(), Duration::from_secs(COOLDOWN)),
        chain: "nodes".into(),
        mode: Mode::Act,
        act: ActLimits::default(),
        services: Vec::new(),
        fingerprint: String::new(),
    };
    let parameters = Parameters::new("test", "0.0.0");
    let engine = Engine::open(parameters, client.clone(), client, shared.clone(), vec![watched]).await.unwrap();
    let stop = CancellationToken::new();
    let cx = Cx::root(shared, stop.clone());
    let handle = engine.handle();
    let task = tokio::spawn({
        let cx = cx.clone();
        async move { engine.run(&cx).await }
    });
    Process { id, handle, cx, stop, task }
}

impl Machine {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let nodes = Nodes::new();
        let (clock, began, store, process) = runtime.block_on(async {
            let clock = PausedClock::new();
            let began = clock.uptime();
            let store = SharedStore::new(Arc::new(clock.clone()), TTL);
            let process = start(&nodes, &clock, &store, 1).await;
            (clock, began, store, process)
        });
        let machine =
            Self { runtime, nodes, clock, store, began, lives: 1, process, offer: None, answer: Answer::Nothing };
        machine.rest_until(LONG_REST);
        machine
    }

    /// Lets the engine run until so many seconds have passed since the beginning.
    fn rest_until(&self, seconds: u64) {
        let at = self.began.after(Duration::from_secs(seconds));
        self.runtime.block_on(self.clock.sleep_until(at));
    }

    fn happen(&mut self, transition: &Transition, model: &Reference) -> Answer {
        match transition {
            Transition::Health(node, is_healthy) => self.nodes.world().is_healthy[*node] = *is_healthy,
            Transition::Silent(is_silent) => self.nodes.world().is_silent = *is_silent,
            Transition::Ready(is_ready) => self.nodes.world().is_ready = *is_ready,
            Transition::Recipe(recipe) => self.nodes.world().recipe = *recipe,
            Transition::Trouble(trouble) => self.nodes.world().trouble = *trouble,
            Transition::LetGo => self.nodes.world().let_go(),
            Transition::Outside(signer) => self.nodes.world().set_signer(*signer),
            Transition::Pass(_) => {}
            Transition::Sleep(hours) => self.clock.suspend(Duration::from_hours(*hours)),
            Transition::Lease(is_there) => {
                self.store.link(self.process.id, if *is_there { Link::Up } else { Link::Cut });
            }
            Transition::Restart(is_killed) => self.restart(*is_killed),
            ordered => return self.order(ordered, model),
        }
        Answer::Nothing
    }

    fn restart(&mut self, is_killed: bool) {
        self.lives += 1;
        let Self { runtime, process, nodes, clock, store, lives, .. } = self;
        runtime.block_on(async {
            if is_killed {
                process.task.abort();
            }
            process.stop.cancel();
            (&mut process.task).await.ok();
            *process = start(nodes, clock, store, *lives).await;
        });
    }

    fn order(&mut self, transition: &Transition, model: &Reference) -> Answer {
        let (handle, cx, name_of) = (self.process.handle.clone(), self.process.cx.clone(), validator());
        let (by, clock) = ("tester".to_owned(), self.clock.clone());
        let offer = self.offer.clone();
        let mut made = None;
        let answer = self.runtime.block_on(async {
            match transition {
                Transition::Plan(to) => match handle.plan(&name_of, Kind::Failover, to.map(name), &cx).await {
                    Err(refusal) => refused(refusal),
                    Ok(offer) => {
                        let answer = Answer::Offered(number(&offer.from), number(offer.to.as_ref().unwrap()));
                        made = Some(offer);
                        answer
                    }
                },
                Transition::Execute { key, is_wrong, is_twice } => {
                    let offer = offer.unwrap();
                    let digest = if *is_wrong { "0".repeat(64) } else { offer.digest };
                    let key = key.map(|key| format!("key {key}"));
                    let execute = || handle.execute(&offer.id, &digest, &by, key.as_deref(), &cx);
                    if *is_twice && key.is_some() {
                        model.reached.ordered_twice();
                        let (first, second) = tokio::join!(execute(), execute());
                        let (first, second) = (began(first), began(second));
                        assert_eq!(first, second, "a repeated order gets another answer");
                        first
                    } else {
                        began(execute().await)
                    }
                }
                Transition::ExecuteAndCancel => {
                    let offer = offer.unwrap();
                    match handle.execute(&offer.id, &offer.digest, &by, None, &cx).await {
                        Err(refusal) => refused(refusal),
                        Ok(id) => {
                            clock.sleep_until(clock.uptime().after(Duration::from_secs(2))).await;
                            handle.cancel(&id, &by).unwrap();
                            began(Ok(id))
                        }
                    }
                }
                Transition::Cancel => {
                    let newest = handle.operations().pop().unwrap();
                    done(handle.cancel(&newest.id, &by))
                }
                Transition::Pause(hours) => {
                    let lasts = hours.map(Duration::from_hours);
                    done(handle.pause(&name_of, PauseOrder { lasts, reason: "a test".into(), by }).await)
                }
                Transition::Resume => done(handle.resume(&name_of, &by).await),
                Transition::Acknowledge => done(handle.acknowledge(&name_of, &by).await),
                other => unreachable!("{other:?} is no order"),
            }
        });
        self.offer = made.or_else(|| self.offer.take());
        answer
    }

    fn operations(&self) -> Vec<(bool, usize, usize, OperationState)> {
        let all = self.process.handle.operations().into_iter();
        all.map(|found| (found.by.is_none(), number(&found.from), number(found.to.as_ref().unwrap()), found.state))
            .collect()
    }

    /// Gates that are closed, by name.
    fn closed(&self) -> BTreeSet<&'static str> {
        let explained = self.runtime.block_on(self.process.handle.explain(&validator())).unwrap();
        assert_eq!(explained.acts, explained.gates.iter().all(|gate| gate.closed.is_none()));
        explained.gates.into_iter().filter(|gate| gate.closed.is_some()).map(|gate| gate.name).collect()
    }

    /// What the journal says by itself: no gap, no falling token, no command number twice, no result that
    /// counts twice, a fold that is what the engine shows, and the same fold from any checkpoint on.
    fn check_journal(&self) {
        let entries = self.store.entries();
        let (mut standing, mut time) = (Standing::default(), Timeline::default());
        let mut commands = Vec::new();
        for (entry, seq) in entries.iter().zip(1..) {
            assert_eq!(entry.seq, seq);
            let now = time.advance(entry);
            if let Record::Intended { epoch, .. } | Record::Undoing { epoch, .. } = &entry.record {
                commands.push(*epoch);
            }
            if entry.validator.is_some() {
                standing.apply_at(entry, now.clone()).unwrap();
            }
            if is_final(&entry.record) {
                assert!(standing.clone().apply_at(entry, now).is_err(), "it counts twice: {entry:?}");
            }
            if seq == entries.len() as u64 / 2 {
                (standing, time) = (read_again(&standing), read_again(&time));
            }
        }
        let whole =
            entries.iter().fold((Standing::default(), Timeline::default()), |(mut standing, mut time), entry| {
                let now = time.advance(entry);
                let applies = entry.validator.is_some().then(|| standing.apply_at(entry, now));
                applies.transpose().unwrap();
                (standing, time)
            });
        assert_eq!(json(&whole), json(&(&standing, &time)), "a checkpoint in the middle changes nothing");
        assert!(entries.is_sorted_by_key(|entry| entry.token), "tokens never fall");
        assert!(commands.windows(2).all(|pair| pair[0] < pair[1]), "commands are numbered upwards: {commands:?}");
        let status = self.process.handle.validator(&validator()).unwrap();
        assert_eq!(standing.signer(), status.signer.as_ref());
        assert_eq!(standing.current().is_some(), status.operation.is_some());
        let all = standing.finished().len() + usize::from(standing.current().is_some());
        assert_eq!(all, self.operations().len());
    }
}

/// Whether it must not follow itself.
fn is_final(record: &Record) -> bool {
    matches!(
        record,
        Record::Planned { .. }
            | Record::Done { .. }
            | Record::Refused { .. }
            | Record::Cancelled { .. }
            | Record::Undone { .. }
            | Record::Closed { .. }
    )
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

fn read_again<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&json(value)).unwrap()
}

/// Names of the gates that the model knows, closed as it says.
fn closed(model: &Reference) -> BTreeSet<&'static str> {
    let day = 24 * 3600;
    [
        ("verdict_is_down", !model.is_down()),
        ("lease_is_held", !model.has_lease),
        ("operation_under_way", model.is_under_way()),
        ("paused", model.is_paused()),
        ("end_of_last_operation_seen", model.is_unseen()),
        ("cooldown_left", model.is_cooling()),
        ("budget_per_day", model.is_spent(2, day)),
        ("budget_per_week", model.is_spent(3, 7 * day)),
    ]
    .into_iter()
    .filter_map(|(gate, is_closed)| is_closed.then_some(gate))
    .collect()
}

fn state(operation: &Expected) -> OperationState {
    match operation.end {
        None => OperationState::Running,
        Some((Outcome::Completed, _)) => OperationState::Succeeded,
        Some(_) if operation.is_cancelled => OperationState::Cancelled,
        Some((Outcome::Blocked, _)) => OperationState::Unknown,
        Some(_) => OperationState::Failed,
    }
}

impl StateMachineTest for Machine {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(_: &Reference) -> Self {
        Self::new()
    }

    fn apply(mut machine: Self, model: &Reference, transition: Transition) -> Self {
        machine.answer = machine.happen(&transition, model);
        machine.rest_until(model.now);
        machine
    }

    fn check_invariants(machine: &Self, model: &Reference) {
        // Outside of its runtime, the clock would be that of the host.
        let _inside = machine.runtime.enter();
        assert_eq!(machine.clock.uptime().since(machine.began).as_secs(), model.now, "the time");
        let world = machine.nodes.world();
        assert!(!world.has_seen_two, "two signers");
        assert_eq!(world.signer(), model.signer, "who can sign");
        drop(world);
        assert_eq!(machine.answer, model.answer, "what was answered");
        let status = machine.process.handle.validator(&validator()).unwrap();
        assert_eq!(status.signer.as_ref().map(number), model.known, "who signs by the journal");
        assert_eq!(machine.process.handle.status().lease.held, model.has_lease, "the lease");
        let wanted: Vec<_> = model
            .operations
            .iter()
            .map(|wanted| (wanted.is_automatic, wanted.from, wanted.to, state(wanted)))
            .collect();
        assert_eq!(machine.operations(), wanted, "operations: by itself, from, to, state");
        assert_eq!(machine.closed(), closed(model), "gates that are closed");
        assert_eq!(status.pause.is_some(), model.is_paused(), "the pause");
        assert_eq!(status.cooldown_seconds.is_some(), model.is_cooling(), "the cool-down");
        machine.check_journal();
    }

    fn teardown(machine: Self, _: Reference) {
        machine.process.stop.cancel();
        machine.runtime.block_on(machine.process.task).unwrap();
    }
}
