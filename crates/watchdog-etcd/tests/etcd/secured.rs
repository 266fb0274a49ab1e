//! TLS with certificates on both sides, and a user with a password.
use crate::cluster::{self, Cluster, Tls};
use crate::faults::{LONG, cx};
use crate::front::{Act, DENIED, Front, NO_LEADER, NO_TOKEN};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use watchdog_core::clock::SystemClock;
use watchdog_core::id::InstanceId;
use watchdog_core::journal::{Journal, Record};
use watchdog_core::lease::{Lease, LeaseError};
use watchdog_etcd::{Etcd, EtcdJournal, EtcdLease};

const PASSWORD: &str = "throw-away";

fn tls(folder: &std::path::Path) -> Tls {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let signed = |uses: &[ExtendedKeyUsagePurpose]| {
        let key = KeyPair::generate().unwrap();
        let mut own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        own.extended_key_usages = uses.to_vec();
        // The gateway refuses clients whose certificate has a common name.
        own.distinguished_name = DistinguishedName::new();
        (own.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    // etcd's JSON gateway calls its own server with the server's certificate.
    let (cert, key) = signed(&[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth]);
    let (client_cert, client_key) = signed(&[ExtendedKeyUsagePurpose::ClientAuth]);
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    Tls {
        ca: write("ca.pem", &ca_pem),
        cert: write("cert.pem", &cert),
        key: write("key.pem", &key),
        client_pem: format!("{client_cert}{client_key}"),
        ca_pem,
    }
}

async fn call(cluster: &Cluster, path: &str, token: Option<&str>, body: Value) -> Value {
    let url = cluster.endpoints()[0].join(path).unwrap();
    let mut request = cluster.http().post(url).json(&body);
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Gives `cluster` a user `root` and a user `tanist` who may touch its own keys and nothing else.
async fn add_users(cluster: &Cluster) {
    for user in ["root", "tanist"] {
        call(cluster, "/v3/auth/user/add", None, json!({ "name": user, "password": PASSWORD })).await;
        call(cluster, "/v3/auth/role/add", None, json!({ "name": user })).await;
        call(cluster, "/v3/auth/user/grant", None, json!({ "user": user, "role": user })).await;
    }
    // "/tanist/" up to "/tanist0".
    let own = json!({ "permType": "READWRITE", "key": "L3RhbmlzdC8=", "range_end": "L3RhbmlzdDA=" });
    call(cluster, "/v3/auth/role/grant", None, json!({ "name": "tanist", "perm": own })).await;
    call(cluster, "/v3/auth/enable", None, json!({})).await;
}

fn lease(etcd: &Etcd) -> EtcdLease {
    EtcdLease::new(etcd.clone(), "/tanist", "one", InstanceId([1; 16]), LONG)
}

fn journal(etcd: &Etcd) -> EtcdJournal {
    EtcdJournal::new(etcd.clone(), "/tanist", 100, InstanceId([1; 16]), Arc::new(SystemClock::new()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_over_tls_may_hold_and_write_and_a_stranger_may_not() {
    if !cluster::is_there("a_user_over_tls_may_hold_and_write_and_a_stranger_may_not") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::with(1, Some(tls(folder.path())), &[]).await;
    add_users(&cluster).await;

    let etcd = cluster.client_at(cluster.endpoints(), Some(("tanist", PASSWORD)));
    let (lease, journal) = (lease(&etcd), journal(&etcd));
    let held = lease.hold(&cx()).await.unwrap();
    assert_eq!(journal.append(held, None, &[Record::Leased {}]).await.unwrap().seq(), 1);
    assert_eq!(lease.hold(&cx()).await.unwrap().token(), held.token());
    assert!(!format!("{etcd:?}").contains(PASSWORD));

    let wrong = cluster.client_at(cluster.endpoints(), Some(("tanist", "wrong")));
    let stranger = EtcdLease::new(wrong, "/tanist", "two", InstanceId([2; 16]), LONG);
    let refused = stranger.hold(&cx()).await.unwrap_err();
    assert!(matches!(refused, LeaseError::Unreachable(_)), "{refused:?}");
    assert!(!format!("{refused:?}").contains("wrong\""), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_users_and_the_end_of_a_signed_token_are_outlived() {
    if !cluster::is_there("a_change_of_users_and_the_end_of_a_signed_token_are_outlived") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("token.key");
    std::fs::write(&key, "a throw-away key of a throw-away cluster").unwrap();
    let tokens = format!("jwt,priv-key={},sign-method=HS256,ttl=2s", key.display());
    let cluster = Cluster::with(1, None, &["--auth-token", &tokens]).await;
    add_users(&cluster).await;
    let etcd = cluster.client_at(cluster.endpoints(), Some(("tanist", PASSWORD)));
    let (lease, journal) = (lease(&etcd), journal(&etcd));
    let held = lease.hold(&cx()).await.unwrap();
    assert_eq!(journal.append(held, None, &[Record::Leased {}]).await.unwrap().seq(), 1);

    let root = json!({ "name": "root", "password": PASSWORD });
    let answer = call(&cluster, "/v3/auth/authenticate", None, root).await;
    let another = json!({ "name": "another", "password": PASSWORD });
    call(&cluster, "/v3/auth/user/add", answer["token"].as_str(), another).await;
    assert_eq!(journal.append(held, None, &[Record::Leased {}]).await.unwrap().seq(), 2);

    tokio::time::sleep(Duration::from_millis(2500)).await;
    let held = lease.hold(&cx()).await.unwrap();
    assert_eq!(journal.append(held, None, &[Record::Leased {}]).await.unwrap().seq(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_logs_in_once_and_again_only_where_the_token_is_refused() {
    if !cluster::is_there("a_user_logs_in_once_and_again_only_where_the_token_is_refused") {
        return;
    }
    let cluster = Cluster::start(1).await;
    add_users(&cluster).await;
    let front = Front::before(&cluster).await;
    let by = |login| lease(&cluster.client_at(vec![front.url.clone()], login));
    let log_ins = |paths: &[String]| paths.iter().filter(|path| path.ends_with("/authenticate")).count();
    let ours = by(Some(("tanist", PASSWORD)));
    let held = ours.hold(&cx()).await.unwrap();
    assert_eq!(ours.hold(&cx()).await.unwrap().token(), held.token());
    assert_eq!(log_ins(&front.asked()), 1);

    // A renewal asks once, whatever else is wrong.
    for answer in [DENIED, NO_LEADER] {
        front.next(&[Act::Refuse(answer)]);
        let error = ours.hold(&cx()).await.unwrap_err();
        assert!(watchdog_core::causes::line(&error).contains(answer.2), "{error:?}");
        assert_eq!(front.asked(), ["/v3/lease/keepalive"]);
    }
    front.next(&[Act::Refuse(NO_TOKEN)]);
    assert_eq!(ours.hold(&cx()).await.unwrap().token(), held.token());
    assert_eq!(front.asked(), ["/v3/lease/keepalive", "/v3/auth/authenticate", "/v3/lease/keepalive"]);

    // Who has no user to log in as hears what etcd says.
    front.next(&[Act::Refuse(NO_TOKEN)]);
    let error = by(None).hold(&cx()).await.unwrap_err();
    assert!(watchdog_core::causes::line(&error).contains(NO_TOKEN.2), "{error:?}");
    assert_eq!(front.asked(), ["/v3/kv/txn"]);
}
