//! Units, with a stand-in for systemctl that keeps its state in files.
use crate::world::{cx, order, script, target};
use std::fs;
use std::path::Path;
use std::time::Duration;
use watchdog_supervise::doubt::{Doubt, FenceError};
use watchdog_supervise::fence::Fence;
use watchdog_supervise::unit::{ServiceStop, UnitSettings, UnitSigner};

/// Behaves as systemctl does for one unit: `mode` holds words that change it.
const SYSTEMCTL: &str = r#"
cd "$(dirname "$0")"
echo "$*" >> calls
verb=$1
case " $(cat mode) " in *" fails-$verb "*) echo "failed" >&2; exit 1;; esac
case $verb in
  show)
    printf 'LoadState=%s\nActiveState=%s\nUnitFileState=%s\nMainPID=%s\nControlPID=0\nTasksCurrent=%s\nJob=0\nKillMode=control-group\n' \
      "$(cat load)" "$(cat active)" "$(cat file)" "$(cat pid)" "$(cat tasks)";;
  mask) echo masked > load; cat file > unmasked; echo masked > file;;
  unmask) echo loaded > load; [ -e unmasked ] && mv unmasked file;;
  stop) case " $(cat mode) " in *" ignores-stop "*) exit 0;; esac
    echo inactive > active; echo 0 > pid
    case " $(cat mode) " in *" leaves-processes "*) echo 1 > tasks;; *) echo "[not set]" > tasks;; esac;;
  kill) echo failed > active; echo 0 > pid; echo "[not set]" > tasks;;
  start) [ "$(cat file)" = masked ] && exit 1; echo active > active; echo 77 > pid; echo 3 > tasks;;
  *) exit 2;;
esac"#;

struct Host {
    directory: tempfile::TempDir,
}

impl Host {
    fn new(mode: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        script(directory.path(), "systemctl", SYSTEMCTL);
        let host = Self { directory };
        let state = [
            ("load", "loaded"),
            ("active", "active"),
            ("file", "disabled"),
            ("pid", "77"),
            ("tasks", "3"),
            ("mode", mode),
        ];
        for (name, text) in state {
            host.set(name, text);
        }
        host
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn set(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), format!("{text}\n")).unwrap();
    }

    fn fence(&self) -> ServiceStop {
        let systemctl = self.path().join("systemctl");
        let settings = serde_json::json!({ "unit": "signer.service", "systemctl": systemctl });
        let settings: UnitSettings = serde_json::from_value(settings).unwrap();
        settings.check().unwrap();
        ServiceStop::new(UnitSigner::new(settings, None), Duration::from_millis(300))
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path().join("calls")).unwrap_or_default();
        calls.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn a_unit_is_masked_stopped_and_read_again() {
    let host = Host::new("");
    host.fence().fence(&order(7, 3), &cx()).await.unwrap();
    assert!(host.fence().verify(&order(7, 3), &cx()).await.is_ok());
    let calls = host.calls();
    assert_eq!(calls.first().unwrap(), "mask", "nothing can start it while it stops: {calls:?}");
    assert_eq!(calls.last().unwrap(), "show");
}

#[tokio::test]
async fn a_unit_that_does_not_stop_in_its_grace_is_killed() {
    let host = Host::new("ignores-stop");
    host.fence().fence(&order(7, 3), &cx()).await.unwrap();
    assert!(host.calls().contains(&"kill".to_owned()));
}

#[tokio::test]
async fn a_stop_without_mask_or_with_processes_left_behind_proves_nothing() {
    for mode in ["fails-mask", "fails-stop", "fails-show", "leaves-processes fails-kill"] {
        let host = Host::new(mode);
        let fenced = host.fence().fence(&order(7, 3), &cx().within(Duration::from_secs(2))).await;
        assert!(matches!(fenced, Err(FenceError::NotProven(_))), "{mode}: {fenced:?}");
    }
    let host = Host::new("fails-mask");
    host.fence().fence(&order(7, 3), &cx()).await.unwrap_err();
    assert!(host.calls().contains(&"stop".to_owned()), "it is stopped all the same");
}

#[tokio::test]
async fn what_starts_again_or_is_unmasked_later_fails_when_it_is_read_again() {
    let host = Host::new("");
    host.fence().fence(&order(7, 3), &cx()).await.unwrap();
    for (name, text) in [("file", "masked-runtime"), ("active", "activating"), ("pid", "78"), ("load", "loaded")] {
        let before = fs::read_to_string(host.path().join(name)).unwrap();
        host.set(name, text);
        let verified = host.fence().verify(&order(7, 3), &cx()).await;
        assert!(matches!(verified, Err(FenceError::NotProven(Doubt::StillThere(_)))), "{name}={text}: {verified:?}");
        host.set(name, before.trim());
    }
    assert!(host.fence().verify(&order(7, 3), &cx()).await.is_ok());
}

#[tokio::test]
async fn a_rehearsal_only_reads_and_names_what_is_lacking() {
    let host = Host::new("");
    let rehearsal = host.fence().rehearse(&target(), &cx()).await.unwrap();
    assert_eq!(rehearsal.found, "active, disabled, process 77");
    assert!(rehearsal.lacking.is_empty(), "{rehearsal:?}");
    assert_eq!(host.calls(), ["show"]);
    host.set("load", "not-found");
    let rehearsal = host.fence().rehearse(&target(), &cx()).await.unwrap();
    assert!(rehearsal.lacking[0].contains("no unit signer.service"), "{rehearsal:?}");
}

#[tokio::test]
async fn a_unit_that_would_start_at_boot_is_not_given_back() {
    let host = Host::new("");
    host.fence().fence(&order(7, 3), &cx()).await.unwrap();
    assert!(host.fence().lift(&order(7, 4), &cx()).await.is_ok());
    host.fence().fence(&order(7, 5), &cx()).await.unwrap();
    host.set("unmasked", "enabled");
    let lifted = host.fence().lift(&order(7, 6), &cx()).await;
    assert!(lifted.unwrap_err().to_string().contains("not proven"));
    assert!(host.fence().verify(&order(7, 5), &cx()).await.is_ok(), "it is masked again");
}
