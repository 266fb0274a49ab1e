//! Where the right to act and the journal are kept: in a file of this host, or in etcd.
use crate::command::journal;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::secrets;
use crate::settings::Settings;
use reqwest::{Certificate, Identity};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::clock::Clock;
use watchdog_core::config::SecretRef;
use watchdog_core::engine::Parameters;
use watchdog_core::id::InstanceId;
use watchdog_core::journal::Journal;
use watchdog_core::journal::mirrored::Mirrored;
use watchdog_core::journal::store::RedbJournal;
use watchdog_core::lease::{Lease, LeaseTimes};
use watchdog_core::secret::{Secret, SecretStore};
use watchdog_etcd::{Access, Etcd, EtcdJournal, EtcdLease, EtcdSettings, TlsSettings};
use zeroize::Zeroizing;

/// Longest time for one call to one member of the cluster.
const PATIENCE_MAX: Duration = Duration::from_secs(2);

/// What an engine works with.
pub(super) struct Store {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) lease: Arc<dyn Lease>,
    pub(super) parameters: Parameters,
}

impl Store {
    /// The store that the settings name; `file` is this instance's own journal file, open.
    pub(super) async fn open(
        settings: &Settings,
        file: RedbJournal,
        instance: InstanceId,
        parameters: Parameters,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Box<Failure>> {
        let Some(etcd) = &settings.lease.etcd else {
            let lease = Arc::new(file.lease());
            return Ok(Self { journal: Arc::new(file), lease, parameters });
        };
        let times = LeaseTimes::of(etcd.ttl.0);
        let client = client(etcd, times.renew_every.min(PATIENCE_MAX))?;
        let shared = EtcdJournal::new(client.clone(), &etcd.prefix, etcd.keep, instance, clock);
        let mirrored = Mirrored::open(Arc::new(shared), file).await;
        let mirrored = mirrored.map_err(|error| journal::failure(&error, &settings.journal.path))?;
        let lease = EtcdLease::new(client, &etcd.prefix, &settings.instance(), instance, etcd.ttl.0);
        let parameters = parameters.with_times(&times);
        Ok(Self { journal: Arc::new(mirrored), lease: Arc::new(lease), parameters })
    }
}

/// A client of the cluster that gives one member `patience` for one call.
pub(in crate::command) fn client(settings: &EtcdSettings, patience: Duration) -> Result<Etcd, Box<Failure>> {
    let mut builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    if let Some(tls) = &settings.tls {
        builder = secured(builder, tls)?;
    }
    let http =
        builder.build().map_err(|error| unusable("no HTTP client can be made from `lease.etcd`").caused_by(&error))?;
    let login = match (&settings.user, &settings.password) {
        (Some(user), Some(password)) => Some((user.0.clone(), secret(password)?)),
        _ => None,
    };
    Ok(Etcd::new(http, Access { endpoints: settings.endpoints.clone(), login, patience }))
}

fn secured(mut builder: reqwest::ClientBuilder, tls: &TlsSettings) -> Result<reqwest::ClientBuilder, Box<Failure>> {
    if let Some(path) = &tls.ca {
        let pem = file(path, "lease.etcd.tls.ca")?;
        let authorities = Certificate::from_pem_bundle(&pem)
            .map_err(|error| unusable(&format!("{} holds no certificates", path.display())).caused_by(&error))?;
        builder = builder.tls_certs_only(authorities);
    }
    if let (Some(cert), Some(key)) = (&tls.cert, &tls.key) {
        let key = secret(key)?;
        let mut pem = Zeroizing::new(Vec::with_capacity(64 * 1024));
        pem.extend_from_slice(&file(cert, "lease.etcd.tls.cert")?);
        pem.push(b'\n');
        pem.extend_from_slice(key.expose().as_bytes());
        let identity = Identity::from_pem(&pem)
            .map_err(|error| unusable("`lease.etcd.tls` holds no certificate with its key").caused_by(&error))?;
        builder = builder.identity(identity);
    }
    Ok(builder)
}

fn secret(at: &SecretRef) -> Result<Secret, Box<Failure>> {
    let read = secrets::system().read(at).map_err(|error| secrets::failure(&error))?;
    read.ok_or_else(|| Failure::new(Exit::Secret, "secret_invalid", format!("secret {at} was not read")))
}

fn file(path: &Path, key: &str) -> Result<Vec<u8>, Box<Failure>> {
    std::fs::read(path).map_err(|error| {
        Failure::new(Exit::Config, "config_invalid", format!("file {} cannot be read", path.display()))
            .at(key.to_owned())
            .caused_by(&error)
    })
}

fn unusable(what: &str) -> Box<Failure> {
    Failure::new(Exit::Config, "config_invalid", what.to_owned()).at("lease.etcd".to_owned())
}
