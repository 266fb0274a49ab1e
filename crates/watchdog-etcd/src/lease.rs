//! The lease: a key that lives as long as its holder renews it.
use crate::client::{Etcd, EtcdError};
use crate::keys::Keys;
use crate::wire::{Answer, Granted, KeyValue, Renewed, created_at, get, put, put_leased, transaction};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::Mutex;
use watchdog_core::clock::Uptime;
use watchdog_core::cx::Cx;
use watchdog_core::id::InstanceId;
use watchdog_core::lease::{Heartbeat, Held, Lease, LeaseError};

/// The right to act, in etcd. One for each process: the same value must serve its whole life.
#[derive(Debug)]
pub struct EtcdLease {
    etcd: Etcd,
    keys: Keys,
    ttl: Duration,
    claim: Claim,
    tenancy: Mutex<Option<Tenancy>>,
}

/// Value of the lease's key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Claim {
    holder: String,
    instance: InstanceId,
}

/// What was granted to this process.
#[derive(Clone, Debug)]
struct Tenancy {
    id: String,
    token: u64,
}

impl EtcdLease {
    /// A lease below `prefix` that outlives its holder by `ttl`. `name` is for people, `instance` tells
    /// two processes of one name apart.
    pub fn new(etcd: Etcd, prefix: &str, name: &str, instance: InstanceId, ttl: Duration) -> Self {
        let claim = Claim { holder: name.to_owned(), instance };
        Self { etcd, keys: Keys::new(prefix), ttl, claim, tenancy: Mutex::new(None) }
    }

    /// Renews what is held; `None` where it turns out to be lost.
    async fn renew(&self, tenancy: &Tenancy, asked: Uptime) -> Result<Option<Held>, EtcdError> {
        let Renewed { result } = self.etcd.call("/v3/lease/keepalive", &json!({ "ID": tenancy.id })).await?;
        // For a lease that is gone etcd answers with success and without a time to live.
        Ok((result.ttl > 0).then(|| Held::new(tenancy.token, asked, Duration::from_secs(result.ttl))))
    }

    /// Takes the lease where nobody holds it.
    async fn acquire(&self, asked: Uptime) -> Result<Taking, EtcdError> {
        let read = self.etcd.call::<Answer>("/v3/kv/txn", &transaction(&[], &[get(&self.keys.lease())], &[])).await?;
        if let Some(held) = read.found(0).first() {
            return Ok(self.held_by(held));
        }
        let seconds = self.ttl.as_secs().to_string();
        let granted: Granted = self.etcd.call("/v3/lease/grant", &json!({ "TTL": seconds })).await?;
        let claim = serde_json::to_vec(&self.claim).map_err(|error| EtcdError::Strange(error.to_string()))?;
        let key = self.keys.lease();
        let taking = transaction(&[created_at(&key, 0)], &[put_leased(&key, claim, &granted.id)], &[get(&key)]);
        let answer: Answer = self.etcd.call("/v3/kv/txn", &taking).await?;
        if answer.succeeded {
            let tenancy = Tenancy { id: granted.id, token: answer.header.revision };
            let held = Held::new(tenancy.token, asked, Duration::from_secs(granted.ttl));
            return Ok(Taking::Ours(tenancy, Some(held)));
        }
        // Somebody was faster; the lease granted in vain is given back, or lapses by itself.
        let revoked: Result<Value, _> = self.etcd.call("/v3/lease/revoke", &json!({ "ID": granted.id })).await;
        if let Err(error) = revoked {
            tracing::debug!(error = %error, "lease granted in vain is left to lapse");
        }
        Ok(answer.found(0).first().map_or(Taking::Theirs("another instance".to_owned()), |held| self.held_by(held)))
    }

    /// Whose the key is. An answer that got lost may have left it to us.
    fn held_by(&self, key: &KeyValue) -> Taking {
        match serde_json::from_slice::<Claim>(&key.value) {
            Ok(claim) if claim == self.claim => {
                Taking::Ours(Tenancy { id: key.lease.clone(), token: key.create_revision }, None)
            }
            Ok(claim) => Taking::Theirs(claim.holder),
            Err(_) => Taking::Theirs("an unreadable holder".to_owned()),
        }
    }
}

/// What came of the attempt to take the lease.
enum Taking {
    /// It is ours; without a grant where its time is not known yet.
    Ours(Tenancy, Option<Held>),
    Theirs(String),
}

#[async_trait]
impl Lease for EtcdLease {
    async fn hold(&self, cx: &Cx) -> Result<Held, LeaseError> {
        let mut tenancy = self.tenancy.lock().await;
        let asked = cx.clock().uptime();
        if let Some(known) = tenancy.clone() {
            if let Some(held) = self.renew(&known, asked).await.map_err(unreachable)? {
                return Ok(held);
            }
            *tenancy = None;
        }
        match self.acquire(asked).await.map_err(unreachable)? {
            Taking::Theirs(holder) => Err(LeaseError::Taken { holder }),
            Taking::Ours(ours, granted) => {
                *tenancy = Some(ours.clone());
                if let Some(held) = granted {
                    return Ok(held);
                }
                let asked = cx.clock().uptime();
                let renewed = self.renew(&ours, asked).await.map_err(unreachable)?;
                renewed.ok_or_else(|| LeaseError::Unreachable("the lease lapsed while it was taken".into()))
            }
        }
    }

    async fn release(&self, held: Held, _: &Cx) -> Result<(), LeaseError> {
        let mut tenancy = self.tenancy.lock().await;
        let Some(known) = tenancy.take().filter(|known| known.token == held.token()) else { return Ok(()) };
        let revoked: Result<Value, _> = self.etcd.call("/v3/lease/revoke", &json!({ "ID": known.id })).await;
        revoked.map(drop).map_err(unreachable)
    }

    async fn beat(&self, held: Held, count: u64, _: &Cx) -> Result<(), LeaseError> {
        let beat = Heartbeat { holder: self.claim.holder.clone(), token: held.token(), count };
        let beat = serde_json::to_vec(&beat).map_err(|error| LeaseError::Unreachable(error.into()))?;
        let ours = created_at(&self.keys.lease(), held.token());
        let showing = transaction(&[ours], &[put(&self.keys.heartbeat(), beat)], &[]);
        self.etcd.call::<Answer>("/v3/kv/txn", &showing).await.map(drop).map_err(unreachable)
    }

    async fn heartbeat(&self, _: &Cx) -> Result<Option<Heartbeat>, LeaseError> {
        let reading = transaction(&[], &[get(&self.keys.heartbeat())], &[]);
        let answer: Answer = self.etcd.call("/v3/kv/txn", &reading).await.map_err(unreachable)?;
        Ok(answer.found(0).first().and_then(|beat| serde_json::from_slice(&beat.value).ok()))
    }
}

fn unreachable(error: EtcdError) -> LeaseError {
    LeaseError::Unreachable(Box::new(error))
}
