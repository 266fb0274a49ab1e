//! Where things are.

/// Digits of a position in a key, so that keys sort as positions do.
const DIGITS: usize = 20;

/// Every key of one group of watchdogs.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn lease(&self) -> String {
        format!("{}/lease", self.prefix)
    }

    pub(crate) fn heartbeat(&self) -> String {
        format!("{}/heartbeat", self.prefix)
    }

    pub(crate) fn head(&self) -> String {
        format!("{}/head", self.prefix)
    }

    pub(crate) fn trimmed(&self) -> String {
        format!("{}/trimmed", self.prefix)
    }

    pub(crate) fn checkpoint(&self) -> String {
        format!("{}/checkpoint", self.prefix)
    }

    pub(crate) fn entry(&self, seq: u64) -> String {
        format!("{}/entry/{seq:0DIGITS$}", self.prefix)
    }

    /// First key after all entries.
    pub(crate) fn entries_end(&self) -> String {
        format!("{}/entry0", self.prefix)
    }

    /// The position in the key of an entry.
    pub(crate) fn position(&self, key: &str) -> Option<u64> {
        key.strip_prefix(&self.prefix)?.strip_prefix("/entry/")?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_entries_sort_as_their_positions_and_lie_before_their_end() {
        let keys = Keys::new("/tanist/");
        assert_eq!(keys.head(), "/tanist/head");
        assert!(keys.entry(9) < keys.entry(10));
        assert!(keys.entry(u64::MAX) < keys.entries_end());
        assert_eq!(keys.position(&keys.entry(42)), Some(42));
        assert_eq!(keys.position(&keys.head()), None);
    }

    #[test]
    fn keys_stay_where_earlier_versions_put_them() {
        let keys = Keys::new("/tanist/");
        let all = [keys.lease(), keys.heartbeat(), keys.head(), keys.trimmed(), keys.checkpoint(), keys.entry(7)];
        let parts = ["lease", "heartbeat", "head", "trimmed", "checkpoint", "entry/00000000000000000007"];
        assert_eq!(all, parts.map(|part| format!("/tanist/{part}")));
    }
}
