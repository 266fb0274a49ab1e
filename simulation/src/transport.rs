//! Turmoil as the carrier of a run's messages: each machine is one of its hosts, each message a
//! datagram, and it decides what arrives, when, and in which order.
use crate::kernel::{Message, Micros};
use crate::wire::Host;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use turmoil::net::UdpSocket;
use turmoil::{Builder, Sim};

/// Port of every machine.
const PORT: u16 = 9000;
/// Time between two steps of turmoil.
const TICK: Micros = 20_000;
const LATENCY_MILLIS: (u64, u64) = (1, 15);
/// After this time nothing of what was sent is still under way.
const QUIET: Micros = 60_000;
/// The same while a machine is slow.
const QUIET_SLOW: Micros = 400_000;

/// What one machine sends, and what has arrived anywhere.
#[derive(Default)]
struct Post {
    leaving: BTreeMap<Host, VecDeque<(Host, u64)>>,
    arrived: Vec<u64>,
}

/// The carrier of one run.
pub(crate) struct Carrier {
    sim: Sim<'static>,
    post: Rc<RefCell<Post>>,
    bells: BTreeMap<Host, Rc<Notify>>,
    messages: BTreeMap<u64, Message>,
    numbers: u64,
    cut: BTreeSet<(Host, Host)>,
    slow: BTreeSet<Host>,
    now: Micros,
    last_sent: Micros,
}

impl Carrier {
    pub(crate) fn new(seed: u64, hosts: &[Host]) -> Self {
        let (least, most) = LATENCY_MILLIS;
        let mut sim = Builder::new()
            .rng_seed(seed)
            .tick_duration(Duration::from_micros(TICK))
            .min_message_latency(Duration::from_millis(least))
            .max_message_latency(Duration::from_millis(most))
            .simulation_duration(Duration::from_hours(24))
            .udp_capacity(4096)
            .build();
        let post = Rc::new(RefCell::new(Post::default()));
        let mut bells = BTreeMap::new();
        for host in hosts.iter().copied() {
            let bell = Rc::new(Notify::new());
            bells.insert(host, bell.clone());
            let post = post.clone();
            sim.host(host.to_string(), move || carry(host, post.clone(), bell.clone()));
        }
        let messages = BTreeMap::new();
        let (cut, slow) = (BTreeSet::new(), BTreeSet::new());
        Self { sim, post, bells, messages, numbers: 0, cut, slow, now: 0, last_sent: 0 }
    }

    /// Takes a message.
    pub(crate) fn post(&mut self, message: Message, now: Micros) {
        self.numbers += 1;
        self.last_sent = now;
        self.now = self.now.max(now);
        let mut post = self.post.borrow_mut();
        post.leaving.entry(message.from).or_default().push_back((message.to, self.numbers));
        if let Some(bell) = self.bells.get(&message.from) {
            bell.notify_one();
        }
        self.messages.insert(self.numbers, message);
    }

    /// Goes on until `until` or to the first arrival: when that is, and what has arrived.
    pub(crate) fn advance(&mut self, until: Micros) -> Result<(Micros, Vec<Message>), String> {
        while self.now + TICK <= until {
            let quiet = if self.slow.is_empty() { QUIET } else { QUIET_SLOW };
            if self.now > self.last_sent + quiet {
                // Nothing is under way: no need to look at every moment in between.
                self.messages.clear();
                self.now = until;
                break;
            }
            self.sim.step().map_err(|error| error.to_string())?;
            self.now += TICK;
            let arrived = std::mem::take(&mut self.post.borrow_mut().arrived);
            if !arrived.is_empty() {
                let messages = arrived.iter().filter_map(|number| self.messages.get(number).cloned()).collect();
                return Ok((self.now, messages));
            }
        }
        Ok((self.now, Vec::new()))
    }

    /// Makes the network as it is said to be.
    pub(crate) fn shape(&mut self, cut: &BTreeSet<(Host, Host)>, slow: &BTreeSet<Host>) {
        for (from, to) in self.cut.difference(cut) {
            self.sim.repair_oneway(from.to_string(), to.to_string());
        }
        for (from, to) in cut.difference(&self.cut) {
            self.sim.partition_oneway(from.to_string(), to.to_string());
        }
        self.cut.clone_from(cut);
        if self.slow != *slow {
            let hosts: Vec<_> = self.bells.keys().copied().collect();
            for (index, a) in hosts.iter().enumerate() {
                for b in hosts.iter().skip(index + 1) {
                    let factor = if slow.contains(a) || slow.contains(b) { 10 } else { 1 };
                    let most = Duration::from_millis(LATENCY_MILLIS.1 * factor);
                    self.sim.set_link_max_message_latency(a.to_string(), b.to_string(), most);
                }
            }
            self.slow.clone_from(slow);
        }
    }

    /// Ends a machine: what it has not sent yet is gone.
    pub(crate) fn crash(&mut self, host: Host) {
        self.post.borrow_mut().leaving.remove(&host);
        self.sim.crash(host.to_string());
    }

    /// Starts a machine anew.
    pub(crate) fn bounce(&mut self, host: Host) {
        self.sim.bounce(host.to_string());
    }
}

/// Sends what leaves `host` and takes in what comes.
async fn carry(host: Host, post: Rc<RefCell<Post>>, bell: Rc<Notify>) -> turmoil::Result {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    let mut buffer = [0; 8];
    loop {
        tokio::select! {
            biased;
            received = socket.recv_from(&mut buffer) => {
                received?;
                post.borrow_mut().arrived.push(u64::from_le_bytes(buffer));
            }
            () = bell.notified() => {
                loop {
                    let next = post.borrow_mut().leaving.get_mut(&host).and_then(VecDeque::pop_front);
                    let Some((to, number)) = next else { break };
                    socket.send_to(&number.to_le_bytes(), (to.to_string(), PORT)).await?;
                }
            }
        }
    }
}
