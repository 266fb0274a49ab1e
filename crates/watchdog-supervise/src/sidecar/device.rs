//! The watchdog device of a machine, which resets it when nobody feeds it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the kernel shows its watchdog devices.
const CLASS: &str = "/sys/class/watchdog";

/// Something that resets the machine unless it is fed.
pub trait Device: fmt::Debug + Send + Sync {
    /// Time after the last feeding at which it resets the machine.
    fn timeout(&self) -> Duration;
    /// Whether it is confirmed to be ticking with this timeout, read anew.
    fn is_active(&self) -> bool;
    /// Puts the reset off.
    fn feed(&mut self) -> io::Result<()>;
    /// Stops it, where the machine allows that.
    fn disarm(self: Box<Self>) -> io::Result<()>;
}

/// `[sidecar.watchdog]`
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceSettings {
    /// The device: of the hardware, or of the kernel module `softdog`. Its timeout is set where the driver
    /// is loaded or by `wdctl`; the sidecar reads it.
    #[serde(default = "DeviceSettings::default_device")]
    pub device: PathBuf,
}

impl DeviceSettings {
    fn default_device() -> PathBuf {
        PathBuf::from("/dev/watchdog0")
    }
}

/// A device of Linux.
///
/// Writing anything feeds it; `V` before closing stops it, unless it was built never to stop. Closed
/// without that, as by a crash, it goes on and resets the machine. Source: the kernel's watchdog-api and
/// sysfs-class-watchdog.
#[derive(Debug)]
pub struct KernelDevice {
    file: File,
    shown: PathBuf,
    timeout: Duration,
}

/// A device that nothing can rest on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// It cannot be opened: there is none, another program has it, or rights are missing.
    #[error("watchdog device {} cannot be opened", path.display())]
    Unopened {
        /// The device.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The kernel does not confirm that it is this device, ticking, with a timeout.
    #[error("watchdog device {} is not confirmed: {reason}", path.display())]
    Unconfirmed {
        /// The device.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl KernelDevice {
    /// Opens the device, which starts it, and confirms by the kernel's own account that it ticks.
    pub fn open(settings: &DeviceSettings) -> Result<Self, DeviceError> {
        Self::open_in(&settings.device, Path::new(CLASS))
    }

    fn open_in(path: &Path, class: &Path) -> Result<Self, DeviceError> {
        let opened = OpenOptions::new().write(true).open(path);
        let file = opened.map_err(|source| DeviceError::Unopened { path: path.into(), source })?;
        let unconfirmed = |reason: &str| DeviceError::Unconfirmed { path: path.into(), reason: reason.to_owned() };
        let metadata = file.metadata().map_err(|_| unconfirmed("it cannot be looked at"))?;
        let shown = shown_as(class, metadata.rdev())
            .ok_or_else(|| unconfirmed("the kernel shows no such watchdog; name it as /dev/watchdog0"))?;
        let timeout = seconds(&shown).ok_or_else(|| unconfirmed("its timeout cannot be read"))?;
        let device = Self { file, shown, timeout };
        if device.is_active() { Ok(device) } else { Err(unconfirmed("its state is not `active`")) }
    }
}

impl Device for KernelDevice {
    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn is_active(&self) -> bool {
        attribute(&self.shown, "state").as_deref() == Some("active") && seconds(&self.shown) == Some(self.timeout)
    }

    fn feed(&mut self) -> io::Result<()> {
        self.file.write_all(b"\0")
    }

    fn disarm(mut self: Box<Self>) -> io::Result<()> {
        self.file.write_all(b"V")
    }
}

/// The entry of the device with this number.
fn shown_as(class: &Path, number: u64) -> Option<PathBuf> {
    let wanted = format!("{}:{}", rustix::fs::major(number), rustix::fs::minor(number));
    let entries = class.read_dir().ok()?;
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| attribute(path, "dev").as_ref() == Some(&wanted))
}

fn attribute(shown: &Path, name: &str) -> Option<String> {
    Some(std::fs::read_to_string(shown.join(name)).ok()?.trim().to_owned())
}

fn seconds(shown: &Path) -> Option<Duration> {
    attribute(shown, "timeout")?.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests prepare their files")]
mod tests {
    use super::*;

    /// A class directory that shows the null device, 1:3, as a watchdog.
    fn class(state: &str, timeout: &str) -> tempfile::TempDir {
        let class = tempfile::tempdir().unwrap();
        let shown = class.path().join("watchdog0");
        std::fs::create_dir(&shown).unwrap();
        for (name, text) in [("dev", "1:3"), ("state", state), ("timeout", timeout)] {
            std::fs::write(shown.join(name), format!("{text}\n")).unwrap();
        }
        class
    }

    #[test]
    fn a_device_counts_only_where_the_kernel_says_that_it_ticks() {
        let open = |state, timeout| {
            let class = class(state, timeout);
            KernelDevice::open_in(Path::new("/dev/null"), class.path()).map(|device| (device.timeout(), class))
        };
        assert_eq!(open("active", "10").unwrap().0, Duration::from_secs(10));
        for (state, timeout) in [("inactive", "10"), ("active", "0"), ("active", "soon"), ("", "")] {
            assert!(matches!(open(state, timeout), Err(DeviceError::Unconfirmed { .. })), "{state} {timeout}");
        }
    }

    #[test]
    fn another_device_of_the_same_name_does_not_count() {
        let class = class("active", "10");
        let opened = KernelDevice::open_in(Path::new("/dev/zero"), class.path());
        assert!(matches!(opened, Err(DeviceError::Unconfirmed { .. })));
        let absent = KernelDevice::open_in(Path::new("/dev/no-such-watchdog"), class.path());
        assert!(matches!(absent, Err(DeviceError::Unopened { .. })));
    }

    #[test]
    fn a_device_that_stops_or_changes_its_timeout_is_active_no_more() {
        let class = class("active", "10");
        let device = KernelDevice::open_in(Path::new("/dev/null"), class.path()).unwrap();
        assert!(device.is_active());
        std::fs::write(class.path().join("watchdog0/timeout"), "60\n").unwrap();
        assert!(!device.is_active());
        std::fs::write(class.path().join("watchdog0/timeout"), "10\n").unwrap();
        std::fs::write(class.path().join("watchdog0/state"), "inactive\n").unwrap();
        assert!(!device.is_active());
    }
}
