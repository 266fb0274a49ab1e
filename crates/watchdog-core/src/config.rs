//! Config values that every chain uses.
use crate::id::Origin;
use crate::policy::Urgency;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Where a secret is. Config files hold this, never the secret.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SecretRef {
    /// File that only its owner can read; one trailing newline is ignored.
    File(PathBuf),
    /// systemd credential (`LoadCredential=`) of this name.
    Credential(String),
    /// Environment variable of this name, read once; child processes never see it.
    Env(String),
    /// Program and arguments, run without a shell; the secret is what it prints. 10 s limit.
    Command(Vec<String>),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "<file:{}>", path.display()),
            Self::Credential(name) => write!(f, "<credential:{name}>"),
            Self::Env(name) => write!(f, "<env:{name}>"),
            Self::Command(argv) => write!(f, "<command:{}>", argv.first().map_or("", String::as_str)),
        }
    }
}

/// What the watchdog may do. Ordered: each mode may do what the one before may.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Observe and notify.
    #[default]
    Observe,
    /// Also plan, show the plan, and ask.
    Advise,
    /// Also perform it.
    Act,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Observe => "observe",
            Self::Advise => "advise",
            Self::Act => "act",
        })
    }
}

/// A stretch of time written as text: `"90s"`, `"2h 30m"`, `"400d"`. A day is 24 hours.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TextDuration(pub Duration);

/// A text that is no stretch of time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not a duration: write a number and a unit, such as \"90s\", \"5m\", \"2h 30m\" or \"30d\"")]
pub struct NotADuration(String);

impl FromStr for TextDuration {
    type Err = NotADuration;

    fn from_str(text: &str) -> Result<Self, NotADuration> {
        let wrong = || NotADuration(text.to_owned());
        let span: jiff::Span = text.parse().map_err(|_| wrong())?;
        let signed = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
        Duration::try_from(signed).map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for TextDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(signed) => write!(f, "{signed:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl<'de> Deserialize<'de> for TextDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for TextDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for TextDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "Stretch of time, such as \"90s\" or \"2h 30m\".", "examples": ["90s", "2h 30m"] })
    }
}

/// Text that accepts a number or a boolean as well and takes its written form: what the environment
/// hands over is typed by its look.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyScalar;

        impl Visitor<'_> for AnyScalar {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
        }

        deserializer.deserialize_any(AnyScalar)
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// `[validator.<name>.act]`: how freely the watchdog may act by itself. Manual commands ignore the
/// budgets and the hold, and nothing else.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActLimits {
    /// Automatic failovers in 24 hours, at most.
    pub per_day: u32,
    /// Automatic failovers in 7 days, at most.
    pub per_week: u32,
    /// How long `Down` must hold before anything is planned.
    pub confirm_for: TextDuration,
    /// The same where the protocol's own penalty is near; never longer than `confirm_for`.
    pub confirm_urgent: TextDuration,
    /// A node that validation was moved away from is not moved back to automatically for this long.
    pub failback_hold: TextDuration,
    /// What this validator's nodes share with those of others: of all validators with the same name
    /// here, one at a time is failed over. Those without a name share one domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("examples" = ["rack-1"]))]
    pub failure_domain: Option<Origin>,
}

impl ActLimits {
    /// How long `Down` must hold before anything is planned.
    pub fn confirmation(&self, urgency: Urgency) -> Duration {
        match urgency {
            Urgency::Normal => self.confirm_for.0,
            Urgency::Pressing => self.confirm_for.0.min(self.confirm_urgent.0),
        }
    }
}

/// `[fleet]`: when so many validators turn down together that nothing acts by itself any more.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FleetLimits {
    /// Part of the watched validators, 0 to 1: more than that is too many.
    #[serde(deserialize_with = "part")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub correlation_part: f64,
    /// Fewer than this are never too many.
    #[schemars(range(min = 1))]
    pub correlation_min: u32,
    /// Within this time is together.
    pub correlation_within: TextDuration,
}

/// A part of a whole. `nan` would never be exceeded, and more than 1 neither.
fn part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let part = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&part) { Ok(part) } else { Err(serde::de::Error::custom("it is not from 0 to 1")) }
}

impl Default for FleetLimits {
    fn default() -> Self {
        let within = TextDuration(Duration::from_mins(5));
        Self { correlation_part: 0.2, correlation_min: 3, correlation_within: within }
    }
}

impl Default for ActLimits {
    fn default() -> Self {
        let day = TextDuration(Duration::from_hours(24));
        let at_once = TextDuration(Duration::ZERO);
        Self {
            per_day: 2,
            per_week: 3,
            confirm_for: at_once,
            confirm_urgent: at_once,
            failback_hold: day,
            failure_domain: None,
        }
    }
}

/// The part of a `[validator.<name>]` table that the core reads.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ValidatorSection {
    /// Which chain crate owns the rest of the table.
    pub chain: String,
    /// What the watchdog may do; the global `mode` where absent.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// How freely it may act by itself.
    #[serde(default)]
    pub act: ActLimits,
}

/// Keys of a `[validator.<name>]` table that the core reads; all others belong to the chain.
pub const CORE_KEYS: [&str; 3] = ["chain", "mode", "act"];

/// A chain's settings out of a validator table: the core's keys are skipped, so that the chain's
/// struct can still be strict (`deny_unknown_fields` does not work together with `flatten`).
#[derive(Debug)]
pub struct Own<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Own<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Rest(PhantomData)).map(Self)
    }
}

struct Rest<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Rest<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a validator table")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(WithoutCore(map)))
    }
}

struct WithoutCore<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutCore<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.0.next_key::<String>()? {
            if !CORE_KEYS.contains(&key.as_str()) {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
            self.0.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_text_with_units() {
        let read = |text: &str| text.parse::<TextDuration>().map(|d| d.0.as_secs());
        assert_eq!(read("90s"), Ok(90));
        assert_eq!(read("2h 30m"), Ok(9000));
        assert_eq!(read("400d"), Ok(400 * 86400));
        for wrong in ["", "90", "-5s", "five minutes", "1y"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_duration_prints_as_it_is_read() {
        for text in ["90s", "2h 30m", "15ms"] {
            let duration: TextDuration = text.parse().unwrap();
            assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }

    #[test]
    fn a_part_of_the_fleet_is_a_part() {
        let read = |part: f64| {
            let part = serde::de::value::F64Deserializer::<serde::de::value::Error>::new(part);
            let fields = serde::de::value::MapDeserializer::new([("correlation_part", part)].into_iter());
            FleetLimits::deserialize(fields).map(|limits| limits.correlation_part)
        };
        assert_eq!((read(0.0), read(1.0)), (Ok(0.0), Ok(1.0)));
        for wrong in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
            assert!(read(wrong).unwrap_err().to_string().contains("from 0 to 1"), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_never_inline() {
        assert!(serde_json::from_str::<SecretRef>("\"hunter2\"").is_err());
        assert!(serde_json::from_str::<SecretRef>(r#"{"file":"/a","env":"B"}"#).is_err());
        assert_eq!(serde_json::from_str::<SecretRef>(r#"{"env":"B"}"#).unwrap(), SecretRef::Env("B".into()));
    }
}
