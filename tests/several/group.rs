//! Two watchdogs, each behind a proxy of its own to one etcd.
use crate::fault::Fault;
use serde_json::Value;
use std::time::Duration;
use tanist_tests::devnet::Devnet;
use tanist_tests::etcd::Etcd;
use tanist_tests::program::Program;
use tanist_tests::until::{pass, until};
use watchdog_testkit::proxy::Proxy;

/// Time to live of the lease, seconds.
const TTL: u64 = 3;
/// How late an answer of a slow store is: three of them take longer than the lease lasts.
const LATE: Duration = Duration::from_millis(1100);
pub(crate) const NAMES: [&str; 2] = ["one", "two"];

pub(crate) struct Group {
    devnet: Devnet,
    etcd: Etcd,
    proxies: [Proxy; 2],
    programs: [Program; 2],
}

impl Group {
    /// `None`, with a line that says so, where a peer is absent.
    pub(crate) async fn start() -> Option<Self> {
        let devnet = Devnet::start(&[]).await?;
        let etcd = Etcd::start().await?;
        let proxies = [Proxy::before(etcd.port).await.unwrap(), Proxy::before(etcd.port).await.unwrap()];
        let program = |which: usize| {
            let port = proxies[which].port;
            let lease =
                format!("[lease.etcd]\nendpoints = [\"http://127.0.0.1:{port}\"]\nttl = \"{TTL}s\"\nkeep = 20\n");
            Program::named(NAMES[which], &devnet, "act", &lease)
        };
        let programs = [program(0), program(1)];
        let mut group = Self { devnet, etcd, proxies, programs };
        for program in &mut group.programs {
            program.begin_until("healthy").await;
        }
        group.roles().await;
        Some(group)
    }

    /// Who holds the lease and who waits, once both know it.
    pub(crate) async fn roles(&self) -> (usize, usize) {
        until("one holder that both know", 60, async || {
            let [one, two] = [self.programs[0].service().await?, self.programs[1].service().await?];
            let (one, two) = (&one["lease"], &two["lease"]);
            match (one["held"] == true, two["held"] == true) {
                (true, false) if two["holder"] == NAMES[0] => Some((0, 1)),
                (false, true) if one["holder"] == NAMES[1] => Some((1, 0)),
                _ => None,
            }
        })
        .await
    }

    pub(crate) async fn status_line(&self, which: usize) -> String {
        let told = self.programs[which].call(&["status"]).await;
        told.stdout
    }

    /// Stops the node that signs, throws `fault` at the watchdogs a little later, and waits for the end:
    /// another node signs, nobody signed twice, and both watchdogs are back.
    pub(crate) async fn incident(&mut self, fault: Fault, delay_ms: u64) {
        let (holder, waiting) = self.roles().await;
        let primary = until("a vote", 30, async || self.devnet.newest_voter().await).await;
        self.devnet.stop(&primary).await;
        wait(delay_ms).await;
        self.strike(fault, holder, waiting).await;
        let successor = until(format!("another signer than {primary}"), 120, async || {
            self.devnet.newest_voter().await.filter(|voter| *voter != primary)
        })
        .await;
        self.devnet.begin(&primary).await;
        self.mend(fault, holder);
        for program in &mut self.programs {
            if program.id().is_none() {
                program.begin(None);
            }
        }
        for (program, name) in self.programs.iter().zip(NAMES) {
            until(format!("{name} is healthy again"), 120, async || {
                (program.status().await?["state"] == "healthy").then_some(())
            })
            .await;
        }
        self.assert_ended(&successor).await;
    }

    async fn strike(&mut self, fault: Fault, holder: usize, waiting: usize) {
        match fault {
            Fault::KillHolder => self.programs[holder].kill().await,
            Fault::KillWaiting => self.programs[waiting].kill().await,
            Fault::KillBoth => {
                self.programs[holder].kill().await;
                self.programs[waiting].kill().await;
                for program in &mut self.programs {
                    program.begin(None);
                }
            }
            Fault::SuspendHolder => {
                self.programs[holder].suspend(true).await;
                pass(TTL * 2).await;
                self.programs[holder].suspend(false).await;
            }
            Fault::CutHolder => self.proxies[holder].cut(),
            Fault::DeafHolder => self.proxies[holder].swallow_answers(),
            Fault::SlowHolder => self.proxies[holder].slow_down(LATE),
            Fault::FullDisks => self.programs.iter().for_each(|program| program.fill_disk(true)),
            Fault::RestartStore => {
                self.etcd.kill().await;
                wait(700).await;
                self.etcd.begin().await;
            }
            Fault::None => {}
        }
    }

    fn mend(&self, fault: Fault, holder: usize) {
        match fault {
            Fault::CutHolder | Fault::DeafHolder | Fault::SlowHolder => self.proxies[holder].mend(),
            Fault::FullDisks => self.programs.iter().for_each(|program| program.fill_disk(false)),
            _ => {}
        }
    }

    /// One signer in every epoch, one payload for every intent, and no operation without an end.
    async fn assert_ended(&self, successor: &str) {
        let record = self.devnet.record().await;
        record.assert_one_signer();
        for which in 0..2 {
            let status: Value = until("the status", 30, async || self.programs[which].status().await).await;
            assert!(status.get("operation").is_none(), "an operation is still open: {status:#}");
            assert_eq!(status["signer"], successor, "{status:#}");
        }
    }

    pub(crate) async fn end(self) {
        let Self { devnet, programs, .. } = self;
        for mut program in programs {
            assert!(program.terminate().await.success(), "{}", program.log());
        }
        devnet.end().await;
    }
}

#[allow(clippy::disallowed_methods, reason = "other processes have their own clock")]
async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
