//! A stretch of the ledger's time or of the clock's.
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use watchdog_core::config::{Text, TextDuration};

/// Length of an epoch on the main network, for turning epochs into time where only time will do.
const EPOCH: Duration = Duration::from_mins(5);

/// Epochs or time: `"8 epochs"`, `"40m"`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Span {
    /// So many epochs.
    Epochs(u64),
    /// So much time.
    Time(Duration),
}

impl Span {
    /// The same as time; an epoch is 5 minutes.
    pub fn time(self) -> Duration {
        match self {
            Self::Epochs(count) => EPOCH.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)),
            Self::Time(time) => time,
        }
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        match self {
            Self::Epochs(count) => count == 0,
            Self::Time(time) => time.is_zero(),
        }
    }
}

/// A text that is no span.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is neither epochs nor time: write \"8 epochs\" or \"40m\"")]
pub struct NotASpan(String);

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let wrong = || NotASpan(text.to_owned());
        let trimmed = text.trim();
        let count = trimmed.strip_suffix("epochs").or_else(|| trimmed.strip_suffix("epoch"));
        match count {
            Some(count) => count.trim_end().parse().map(Self::Epochs).map_err(|_| wrong()),
            None => text.parse::<TextDuration>().map(|time| Self::Time(time.0)).map_err(|_| wrong()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Epochs(1) => f.write_str("1 epoch"),
            Self::Epochs(count) => write!(f, "{count} epochs"),
            Self::Time(time) => TextDuration(*time).fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "RadixSpan".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "Epochs (`8 epochs`) or a stretch of time (`40m`).",
            "examples": ["8 epochs", "40m"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_epochs_or_time() {
        for (text, span) in [
            ("8 epochs", Span::Epochs(8)),
            ("1 epoch", Span::Epochs(1)),
            ("12epochs", Span::Epochs(12)),
            ("40m", Span::Time(Duration::from_mins(40))),
        ] {
            assert_eq!(text.parse(), Ok(span));
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        for wrong in ["8", "epochs", "-1 epochs", "8 epoch s", "1.5 epochs", ""] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
