//! A chain on which both nodes sign with one key: the old one is fenced, with proof, before the other starts.
//!
//! The nodes are child processes of this program. Each takes a lock that only one process can have, and notes every
//! signature; a second one that is alive at the same time would note that instead. Then the first one hangs.
//! Run it: `cargo run --package tanist-examples --example shared_key`.
#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{collections::BTreeMap, error::Error, ffi::OsString, fmt, fs, path::Path, sync::Arc, time::Duration};
use tanist_examples::Stage;
use watchdog_core::action::{
    Effect, FailoverAction, PlanError, PlanRequest, Proposal, Receipt, Refusal, Signer, StepError, Stragglers,
};
use watchdog_core::fence::Strength;
use watchdog_core::id::{Epoch, NodeName, Origin, ValidatorName};
use watchdog_core::plan::{Authority, Plan};
use watchdog_core::policy::consecutive::ConsecutiveFailures;
use watchdog_core::probe::{Evidence, HealthProbe, Performance, ProbeError, Source};
use watchdog_core::{clock::SystemClock, config::Text, cx::Cx, guard::Permit, payload::Payload, unit::Unit};
use watchdog_supervise::ladder::{Ladder, Rung};
use watchdog_supervise::order::{Order, Target};
use watchdog_supervise::process::{ProcessSettings, ProcessSigner, stage};
use watchdog_supervise::wire::{Answer, Request, State};
use watchdog_supervise::{authority::AuthorityStore, local_node::LocalNode, node::Node, step::FenceStep};

/// What a node runs. Told to hang, it does nothing any more, and does not end when it is asked to.
const SIGNER: &str = r#"
exec 9>>lock; flock -n 9 || { echo "$NODE" >> two_alive; exit 1; }
trap '' TERM
while [ ! -e "hang_$NODE" ]; do echo "$NODE" >> signed; sleep 0.02; done
while :; do sleep 1; done"#;
const LIMIT: Duration = Duration::from_secs(10);

/// What one look at the signatures shows.
#[derive(Debug, Serialize)]
struct Signed {
    looked_ms: u64,
    grew: bool,
}
impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.grew { "signs" } else { "has not signed since the last look" })
    }
}
impl Evidence for Signed {
    fn performance(&self) -> Performance {
        if self.grew { Performance::Performing } else { Performance::Failing }
    }
    fn position(&self) -> u64 {
        self.looked_ms
    }
}

struct Reader {
    signed: std::path::PathBuf,
    seen: AtomicU64,
}
#[async_trait]
impl HealthProbe for Reader {
    type Evidence = Signed;
    async fn observe(&self, cx: &Cx) -> Result<Signed, ProbeError> {
        let length = fs::metadata(&self.signed).map_or(0, |metadata| metadata.len());
        let looked_ms = u64::try_from(cx.clock().uptime().0.as_millis()).unwrap_or(u64::MAX);
        Ok(Signed { looked_ms, grew: length > self.seen.swap(length, Ordering::SeqCst) })
    }
}

/// What is journaled before it is done; never a secret.
#[derive(Debug, Deserialize, Serialize)]
enum Step {
    SeeWaiting(NodeName),
    Fence(NodeName),
    Start(NodeName),
}
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeeWaiting(node) => write!(f, "see that {node} waits"),
            Self::Fence(node) => write!(f, "fence {node}"),
            Self::Start(node) => write!(f, "start {node}"),
        }
    }
}

/// Each node with its fence. Elsewhere the ladder comes from `[fence.<name>]`, and the other end of it is a sidecar.
#[derive(Clone)]
struct Keys(BTreeMap<NodeName, (Node, FenceStep)>);

impl Keys {
    fn of(&self, name: &NodeName) -> Result<&(Node, FenceStep), StepError> {
        self.0.get(name).ok_or_else(|| StepError::Refuse(format!("there is no node {name}").into()))
    }

    async fn status(&self, name: &NodeName, cx: &Cx) -> Result<Answer, StepError> {
        let (node, _) = self.of(name)?;
        Ok(node.answer(&Request::Status(node.target().clone()), cx).await)
    }
}

#[async_trait]
impl FailoverAction for Keys {
    type Step = Step;
    fn authority(&self) -> Authority {
        Authority::SharedKey
    }
    fn stragglers(&self) -> Stragglers {
        Stragglers::Refused // `FenceStep::stragglers` of every node here: they compare epochs
    }
    fn nodes(&self) -> Vec<NodeName> {
        self.0.keys().cloned().collect()
    }
    fn fence_strength(&self, node: &NodeName) -> Option<Strength> {
        Some(Strength::of(self.0.get(node).map(|(_, fence)| fence.strength())))
    }
    async fn signer(&self, cx: &Cx) -> Result<Signer, ProbeError> {
        let mut able = Vec::new();
        for (name, (node, _)) in &self.0 {
            if node.answer(&Request::Status(node.target().clone()), cx).await.state != State::Fenced {
                able.push(name.clone());
            }
        }
        Ok(match able.len() {
            0 => Signer::Nobody,
            1 => Signer::Node(able.remove(0)),
            _ => Signer::Several(able),
        })
    }
    async fn plan(&self, request: &PlanRequest, _: &Cx) -> Result<Proposal<Step>, PlanError> {
        let (from, to) = (request.from.clone(), request.to.clone());
        let to = to.or_else(|| self.nodes().into_iter().find(|node| *node != from));
        let none = || PlanError::Refused(vec![Refusal::new("no_backup", "there is no other node", "add one")]);
        let (to, (_, fence)) = to.zip(self.0.get(&from)).ok_or_else(none)?;
        let plan = fence.plan_after(Plan::ready(Step::SeeWaiting(to.clone()), LIMIT), Step::Fence(from));
        let plan = plan.activate(Step::Start(to.clone()), LIMIT)?; // too weak a fence ends here
        Ok(Proposal { to: Some(to), plan: plan.build() })
    }
    async fn prepare(&self, _: &Step, _: u32, _: &Cx) -> Result<Payload, StepError> {
        Ok(Payload::empty())
    }
    async fn perform(&self, step: &Step, _: &Payload, permit: Permit, cx: &Cx) -> Result<Receipt, StepError> {
        let answer = match step {
            Step::Fence(from) => return self.of(from)?.1.perform(permit, cx).await,
            Step::SeeWaiting(to) => self.status(to, cx).await?,
            Step::Start(to) => {
                let (node, _) = self.of(to)?;
                let order = Order::permitted(&permit, node.target().clone());
                let answer = node.answer(&Request::Grant { order: order.clone(), term: 0 }, cx).await;
                answer.granted(&order).map_err(|error| StepError::Unknown(error.into()))?;
                answer
            }
        };
        match (step, answer.state) {
            (Step::SeeWaiting(_), State::Fenced) | (Step::Start(_), _) => Ok(Receipt(answer.line().into())),
            (_, state) => Err(StepError::Refuse(format!("the node does not wait: {state}").into())),
        }
    }
    async fn inspect(&self, step: &Step, _: &Payload, epoch: Epoch, cx: &Cx) -> Result<Effect, StepError> {
        match step {
            Step::Fence(from) => self.of(from)?.1.inspect(epoch, cx).await,
            Step::Start(to) if self.status(to, cx).await?.state == State::Granted => {
                Ok(Effect::Done(Receipt("granted".into())))
            }
            Step::SeeWaiting(_) | Step::Start(_) => Ok(Effect::None("not granted".into())),
        }
    }
    async fn undo(&self, step: &Step, permit: Permit, cx: &Cx) -> Result<(), StepError> {
        match step {
            Step::Fence(from) => self.of(from)?.1.undo(permit, cx).await,
            _ => Ok(()),
        }
    }
}

/// A node whose signer is a child process, and its fence: a ladder of one rung, the process group.
fn node(target: &Target, directory: &Path) -> Result<(Node, FenceStep), Box<dyn Error>> {
    let store = AuthorityStore::open(&directory.join(target.node.as_str()), target.clone())?;
    let command = ["/bin/sh", "-c", SIGNER].map(str::to_owned).to_vec();
    let environment = [("NODE".to_owned(), Text(target.node.to_string()))].into();
    let settings = ProcessSettings { command, environment, directory: directory.to_owned() };
    let stage = vec![std::env::current_exe()?.display().to_string(), "stage".to_owned()];
    let node = Node::new(
        store.clone(),
        Arc::new(ProcessSigner::new(settings, &store, stage)),
        Duration::from_millis(200),
        false,
    );
    let rung = Rung { name: "process_group".into(), limit: LIMIT, fence: Box::new(LocalNode::new(node.clone())) };
    Ok((node, FenceStep::new(target.clone(), Ladder::new(vec![rung]), LIMIT)))
}

async fn watch(directory: &Path) -> Result<(), Box<dyn Error>> {
    let validator = ValidatorName::new("main").ok_or("a name")?;
    let named = |node: &str| Some(Target { validator: validator.clone(), node: NodeName::new(node)? });
    let (a, b) = named("node_a").zip(named("node_b")).ok_or("names")?;
    let keys = Keys([(a.node.clone(), node(&a, directory)?), (b.node.clone(), node(&b, directory)?)].into());
    let cx = Cx::root(Arc::new(SystemClock::new()), tokio_util::sync::CancellationToken::new());
    let order = |target: &Target, token| Order { target: target.clone(), epoch: Epoch { token, seq: 1 } };
    keys.of(&a.node)?.0.answer(&Request::Grant { order: order(&a, 0), term: 0 }, &cx).await;

    let probe = Arc::new(Reader { signed: directory.join("signed"), seen: AtomicU64::new(0) });
    let sources = vec![Source { name: "signatures".into(), origin: Origin::new("disk").ok_or("a name")?, probe }];
    let interval = Duration::from_millis(200);
    let mut unit = Unit::new(validator, sources, ConsecutiveFailures { tolerated: 5, interval }, keys.clone());
    unit.period = interval;
    let stage = Stage::open("keys", unit).await?;
    stage.until(|status| status.signer.as_ref() == Some(&a.node)).await?;
    fs::File::create(directory.join("hang_node_a"))?;
    stage.until(|status| status.last_operation.is_some()).await?;
    for event in stage.events().await? {
        println!("{:<9} {}", event.event, event.summary);
    }
    stage.close().await?;
    cx.sleep_until(cx.clock().uptime().after(interval * 2)).await?;
    keys.of(&b.node)?.0.answer(&Request::Fence(order(&b, u64::MAX)), &cx).await;
    let signed = fs::read_to_string(directory.join("signed"))?;
    println!("signed first by {:?}, last by {:?}", signed.lines().next(), signed.lines().last());
    println!("two alive at once: {}", directory.join("two_alive").exists());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [first, supervisor, _, argv @ ..] = arguments.as_slice()
        && first == "stage"
    {
        return Err(stage(supervisor.to_string_lossy().parse()?, argv).into());
    }
    let directory = tempfile::tempdir()?;
    tokio::runtime::Runtime::new()?.block_on(watch(directory.path()))
}
