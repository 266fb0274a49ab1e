//! The sidecar on simulated time, with a signer and a watchdog device that keep account.
use crate::world::{order, target};
use async_trait::async_trait;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchdog_core::clock::{Clock, Uptime};
use watchdog_core::cx::Cx;
use watchdog_core::id::InstanceId;
use watchdog_supervise::authority::AuthorityStore;
use watchdog_supervise::doubt::Doubt;
use watchdog_supervise::sidecar::device::Device;
use watchdog_supervise::sidecar::{Sidecar, SidecarTimes};
use watchdog_supervise::signer::{Force, Presence, Signer};
use watchdog_testkit::clock::PausedClock;
use watchdog_testkit::shared::{Link, SharedStore};

const TTL: Duration = Duration::from_secs(15);
const NODE: InstanceId = InstanceId([1; 16]);

#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "what was seen and what is to be, of two things")]
struct Account {
    running: bool,
    stubborn: bool,
    /// Not even killing ends it, as a process in uninterruptible sleep.
    immortal: bool,
    log: Vec<(Uptime, &'static str)>,
    fed: Option<Uptime>,
    inactive: bool,
    disarmed: bool,
}

type Shared = Arc<Mutex<Account>>;

#[derive(Debug)]
struct Counted(Shared, Arc<PausedClock>);

impl Counted {
    fn log(&self, what: &'static str) {
        let now = self.1.uptime();
        self.0.lock().unwrap().log.push((now, what));
    }
}

#[async_trait]
impl Signer for Counted {
    async fn start(&self, _: &Cx) -> Result<(), Doubt> {
        self.log("start");
        self.0.lock().unwrap().running = true;
        Ok(())
    }

    async fn press(&self, force: Force, _: &Cx) -> Result<(), Doubt> {
        self.log(if force == Force::Ask { "ask" } else { "kill" });
        let mut account = self.0.lock().unwrap();
        let ends = !account.immortal && (force == Force::Kill || !account.stubborn);
        account.running = account.running && !ends;
        Ok(())
    }

    async fn presence(&self, _: &Cx) -> Result<Presence, Doubt> {
        let running = self.0.lock().unwrap().running;
        Ok(if running { Presence::Present("it".into()) } else { Presence::Absent })
    }

    async fn bar(&self, _: &Cx) -> Result<(), Doubt> {
        Ok(())
    }

    async fn is_barred(&self, _: &Cx) -> Result<bool, Doubt> {
        Ok(true)
    }

    async fn unbar(&self, _: &Cx) -> Result<(), Doubt> {
        Ok(())
    }
}

#[derive(Debug)]
struct Dog(Shared, Arc<PausedClock>);

impl Device for Dog {
    fn timeout(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn is_active(&self) -> bool {
        !self.0.lock().unwrap().inactive
    }

    fn feed(&mut self) -> io::Result<()> {
        let now = self.1.uptime();
        self.0.lock().unwrap().fed = Some(now);
        Ok(())
    }

    fn disarm(self: Box<Self>) -> io::Result<()> {
        self.0.lock().unwrap().disarmed = true;
        Ok(())
    }
}

struct World {
    account: Shared,
    clock: Arc<PausedClock>,
    shared: Arc<SharedStore>,
    store: AuthorityStore,
    cancel: CancellationToken,
    work: tokio::task::JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl World {
    async fn new(stubborn: bool) -> Self {
        let clock = Arc::new(PausedClock::new());
        let shared = SharedStore::new(clock.clone(), TTL);
        let account = Shared::default();
        account.lock().unwrap().stubborn = stubborn;
        let directory = tempfile::tempdir().unwrap();
        let store = AuthorityStore::open(directory.path(), target()).unwrap();
        let cancel = CancellationToken::new();
        let lease = shared.instance("node", NODE, None);
        let signer = Arc::new(Counted(account.clone(), clock.clone()));
        let device = Box::new(Dog(account.clone(), clock.clone()));
        let sidecar = Sidecar::new(lease, signer, store.clone(), Some(device), SidecarTimes::of(TTL));
        let cx = Cx::root(clock.clone(), cancel.clone());
        let work = tokio::spawn(async move { sidecar.run(&cx).await.unwrap() });
        let world = Self { account, clock, shared, store, cancel, work, _directory: directory };
        world.pass(1).await;
        world
    }

    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    fn grant(&self, seq: u64, term: u64) {
        let locked = self.store.try_lock().unwrap().unwrap();
        locked.write(&locked.read().unwrap().granted(&order(7, seq), term).unwrap()).unwrap();
    }

    fn is_running(&self) -> bool {
        self.account.lock().unwrap().running
    }

    fn first(&self, wanted: &str) -> Option<Uptime> {
        self.account.lock().unwrap().log.iter().find(|(_, what)| *what == wanted).map(|(at, _)| *at)
    }
}

#[tokio::test(start_paused = true)]
async fn a_signer_runs_only_after_a_grant_for_the_present_term() {
    let world = World::new(false).await;
    assert!(!world.is_running(), "nothing was granted");
    world.grant(1, 9);
    world.pass(2).await;
    assert!(!world.is_running(), "another term was granted");
    world.grant(2, 1);
    world.pass(2).await;
    assert!(world.is_running());
    world.pass(3600).await;
    assert!(world.is_running(), "an hour of renewals");
    assert_eq!(world.account.lock().unwrap().log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_renewal_a_stubborn_signer_is_gone_before_the_store_gives_the_lease_to_another() {
    let world = World::new(true).await;
    world.grant(1, 1);
    world.pass(5).await;
    assert!(world.is_running());
    let cut = world.clock.uptime();
    world.shared.link(NODE, Link::Cut);
    // The last renewal was at most one interval before the cut.
    let lapses = cut.after(TTL);
    world.pass(15).await;
    assert!(!world.is_running());
    let (asked, killed) = (world.first("ask").unwrap(), world.first("kill").unwrap());
    assert!(killed < lapses, "{killed:?} {lapses:?}");
    assert!(killed.since(asked) >= Duration::from_secs(3) - Duration::from_millis(200), "it had its grace");
    assert_eq!(world.shared.holder(), None);
}

#[tokio::test(start_paused = true)]
async fn answers_that_get_lost_do_not_prolong_the_belief() {
    let world = World::new(false).await;
    world.grant(1, 1);
    world.pass(5).await;
    let cut = world.clock.uptime();
    world.shared.link(NODE, Link::Deaf);
    world.pass(15).await;
    assert!(!world.is_running());
    assert!(world.first("ask").unwrap().since(cut) < TTL);
    assert_eq!(world.shared.holder().as_deref(), Some("node"), "the store renewed all the while");
}

#[tokio::test(start_paused = true)]
async fn after_a_lapse_the_new_term_needs_a_new_grant() {
    let world = World::new(false).await;
    world.grant(1, 1);
    world.pass(5).await;
    world.shared.link(NODE, Link::Cut);
    world.pass(20).await;
    assert!(!world.is_running());
    world.shared.link(NODE, Link::Up);
    world.pass(30).await;
    assert!(!world.is_running(), "it holds term 2 and was granted term 1");
    world.grant(2, 2);
    world.pass(2).await;
    assert!(world.is_running());
}

#[tokio::test(start_paused = true)]
async fn a_suspended_machine_wakes_up_to_a_signer_that_is_killed_at_once() {
    let world = World::new(true).await;
    world.grant(1, 1);
    world.pass(5).await;
    assert!(world.is_running());
    world.clock.suspend(Duration::from_mins(10));
    let woken = world.clock.uptime();
    world.pass(1).await;
    assert!(!world.is_running());
    assert!(world.first("kill").unwrap().since(woken) <= Duration::from_millis(200));
    assert_eq!(world.first("ask"), None, "there is no time for grace");
}

#[tokio::test(start_paused = true)]
async fn the_device_is_fed_while_the_lease_is_valid_or_nothing_signs_and_not_otherwise() {
    let world = World::new(false).await;
    let fed = |world: &World| world.clock.uptime().since(world.account.lock().unwrap().fed.unwrap());
    assert!(fed(&world) < Duration::from_secs(1), "nothing signs");
    world.grant(1, 1);
    world.pass(60).await;
    assert!(fed(&world) < Duration::from_secs(1), "the lease is valid");
    world.shared.link(NODE, Link::Cut);
    world.pass(60).await;
    assert!(!world.is_running() && fed(&world) < Duration::from_secs(1), "nothing signs");
    {
        let mut account = world.account.lock().unwrap();
        (account.running, account.immortal) = (true, true);
    }
    world.pass(60).await;
    assert!(fed(&world) >= Duration::from_secs(59), "what signs without a lease is left to the device");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_active_no_more_stops_the_signer() {
    let world = World::new(false).await;
    world.grant(1, 1);
    world.pass(5).await;
    assert!(world.is_running());
    world.account.lock().unwrap().inactive = true;
    world.pass(1).await;
    assert!(!world.is_running());
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_cannot_be_read_stops_the_signer() {
    let world = World::new(false).await;
    world.grant(1, 1);
    world.pass(5).await;
    assert!(world.is_running());
    std::fs::write(world.store.directory().join("authority.json"), "{").unwrap();
    world.pass(1).await;
    assert!(!world.is_running());
}

#[tokio::test(start_paused = true)]
async fn at_its_end_it_stops_the_signer_first_and_then_lets_go() {
    let mut world = World::new(true).await;
    world.grant(1, 1);
    world.pass(5).await;
    assert!(world.is_running());
    world.cancel.cancel();
    (&mut world.work).await.unwrap();
    assert!(!world.is_running());
    assert!(world.account.lock().unwrap().disarmed);
    assert_eq!(world.shared.holder(), None, "the lease was given back");
}
