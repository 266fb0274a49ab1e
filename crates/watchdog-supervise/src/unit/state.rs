//! What the service manager says about a unit.
use crate::doubt::Doubt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// What is asked for.
pub(super) const PROPERTIES: [&str; 9] = [
    "LoadState",
    "ActiveState",
    "UnitFileState",
    "MainPID",
    "ControlPID",
    "TasksCurrent",
    "Job",
    "KillMode",
    "FragmentPath",
];

/// Properties of a unit, as of one look.
///
/// Source: org.freedesktop.systemd1(5), systemctl(1) `show`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct UnitState(BTreeMap<String, String>);

impl UnitState {
    /// What `systemctl show` printed. A property that proof rests on and that is not there makes it
    /// strange.
    pub(super) fn read(printed: &[u8]) -> Result<Self, Doubt> {
        let text = std::str::from_utf8(printed).map_err(|_| Doubt::Strange("it is not UTF-8 text".to_owned()))?;
        let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        let state = Self(text.lines().filter_map(pair).collect());
        match ["LoadState", "ActiveState", "UnitFileState", "MainPID"].iter().find(|key| !state.0.contains_key(**key)) {
            Some(missing) => Err(Doubt::Strange(format!("`{missing}` is missing"))),
            None => Ok(state),
        }
    }

    fn of(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// Nothing of it runs, and nothing is about to: no process, nothing left in its control group, no
    /// job waiting.
    pub(super) fn is_absent(&self) -> bool {
        let no = |key: &str| matches!(self.of(key), "" | "0" | "[not set]" | "18446744073709551615");
        matches!(self.of("ActiveState"), "inactive" | "failed")
            && self.of("MainPID") == "0"
            && ["ControlPID", "TasksCurrent", "Job"].iter().all(|key| no(key))
    }

    /// Nothing can start it, also after a reboot. A mask that ends with the boot does not count.
    pub(super) fn is_masked(&self) -> bool {
        self.of("UnitFileState") == "masked" && self.of("LoadState") == "masked"
    }

    pub(super) fn starts_at_boot(&self) -> bool {
        !matches!(self.of("UnitFileState"), "disabled" | "static" | "masked" | "indirect")
    }

    /// What would keep a stop from being a proof.
    pub(super) fn lacking(&self, unit: &str) -> Vec<String> {
        let mut lacking = Vec::new();
        if self.of("LoadState") == "not-found" {
            lacking.push(format!("there is no unit {unit}: correct its name"));
        }
        if !matches!(self.of("KillMode"), "control-group" | "mixed") && !self.is_masked() {
            lacking.push(format!("{unit} leaves processes behind when it stops: set `KillMode=control-group`"));
        }
        if self.of("FragmentPath").starts_with("/etc/systemd/system/") && !self.is_masked() {
            lacking
                .push(format!("{unit} cannot be masked where it lies: move its file to /usr/local/lib/systemd/system"));
        }
        lacking
    }

    pub(super) fn document(&self) -> Value {
        json!(self.0)
    }
}

impl fmt::Display for UnitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.of("ActiveState"), self.of("UnitFileState"))?;
        match self.of("MainPID") {
            "0" => Ok(()),
            pid => write!(f, ", process {pid}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(change: &str) -> UnitState {
        let mut text = "LoadState=masked\nActiveState=inactive\nUnitFileState=masked\nMainPID=0\nControlPID=0\nTasksCurrent=[not set]\nJob=0\nKillMode=control-group\n".to_owned();
        text.push_str(change);
        UnitState::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn only_a_unit_without_process_job_and_leftover_is_absent() {
        assert!(state("").is_absent());
        assert!(state("ActiveState=failed").is_absent());
        for change in
            ["ActiveState=deactivating", "ActiveState=active", "MainPID=7", "ControlPID=7", "TasksCurrent=1", "Job=12"]
        {
            assert!(!state(change).is_absent(), "{change}");
        }
    }

    #[test]
    fn a_mask_until_the_next_boot_is_none() {
        assert!(state("").is_masked());
        assert!(!state("UnitFileState=masked-runtime").is_masked());
        assert!(!state("UnitFileState=disabled").is_masked());
        assert!(state("UnitFileState=enabled").starts_at_boot());
        assert!(state("UnitFileState=enabled-runtime").starts_at_boot());
    }

    #[test]
    fn an_answer_without_what_proof_rests_on_is_strange() {
        assert!(UnitState::read(b"").is_err());
        assert!(UnitState::read(b"ActiveState=inactive\nUnitFileState=masked\nMainPID=0\n").is_err());
    }
}
