//! The rules of every store, kept by etcd with one member and with three.
use crate::cluster::{self, Cluster};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use watchdog_core::clock::{Clock, SystemClock};
use watchdog_core::id::InstanceId;
use watchdog_etcd::{EtcdJournal, EtcdLease};
use watchdog_testkit::conformance::{self, Instance, Store};

pub(crate) const TTL: Duration = Duration::from_secs(2);

struct Real {
    cluster: Cluster,
    clock: Arc<dyn Clock>,
    made: AtomicU8,
}

impl Real {
    async fn new(members: usize) -> Self {
        let cluster = Cluster::start(members).await;
        Self { cluster, clock: Arc::new(SystemClock::new()), made: AtomicU8::new(0) }
    }
}

#[async_trait]
impl Store for Real {
    async fn instance(&self, name: &str) -> Option<Instance> {
        let id = InstanceId([self.made.fetch_add(1, Ordering::SeqCst); 16]);
        let etcd = self.cluster.client();
        Some(Instance {
            lease: Arc::new(EtcdLease::new(etcd.clone(), "/test", name, id, TTL)),
            journal: Arc::new(EtcdJournal::new(etcd, "/test", 2, id, self.clock.clone())),
        })
    }

    async fn kill(&self, instance: Instance) {
        drop(instance);
    }

    async fn restart(&self) {
        for member in 0..self.cluster.endpoints().len() {
            self.cluster.kill(member);
        }
        for member in 0..self.cluster.endpoints().len() {
            self.cluster.launch(member);
        }
        self.cluster.ready().await;
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    fn ttl(&self) -> Option<Duration> {
        Some(TTL)
    }
}

macro_rules! rules {
    ($($rule:ident),* $(,)?) => {
        mod one_member {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                if super::cluster::is_there(stringify!($rule)) {
                    super::conformance::$rule(&super::Real::new(1).await).await;
                }
            })*
        }
        mod three_members {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                if super::cluster::is_there(stringify!($rule)) {
                    super::conformance::$rule(&super::Real::new(3).await).await;
                }
            })*
        }
    };
}

rules!(
    the_lease_has_one_holder,
    tokens_grow_across_holders_and_restarts,
    a_paused_holder_writes_nothing,
    a_released_lease_is_free_at_once,
    a_stale_append_behind_a_checkpoint_is_stale,
    a_restart_of_the_store_loses_nothing,
    an_append_is_whole,
    a_heartbeat_is_seen_by_who_waits,
    a_checkpoint_takes_the_place_of_entries,
);
