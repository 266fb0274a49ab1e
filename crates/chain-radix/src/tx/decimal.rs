//! Amounts of XRD.
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Places behind the point.
const PLACES: usize = 18;

/// One whole unit in attos.
const UNIT: i128 = 1_000_000_000_000_000_000;

/// A decimal number with 18 places, from about -1.7e20 to 1.7e20: far beyond all XRD there is.
///
/// As text plain digits with an optional sign and point; printed without zeros at the end.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Decimal(i128);

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The number of 10^-18 parts.
    pub const fn from_attos(attos: i128) -> Self {
        Self(attos)
    }

    /// A whole number.
    pub const fn whole(units: u32) -> Self {
        Self(units as i128 * UNIT)
    }

    /// In parts of 10^-18.
    pub const fn attos(self) -> i128 {
        self.0
    }

    /// Whether it is more than zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The sum; `None` where it is beyond the range.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(attos) => Some(Self(attos)),
            None => None,
        }
    }

    /// The product with a whole number; `None` where it is beyond the range.
    pub const fn checked_mul(self, factor: u32) -> Option<Self> {
        match self.0.checked_mul(factor as i128) {
            Some(attos) => Some(Self(attos)),
            None => None,
        }
    }

    /// 24 bytes, little-endian, two's complement, as transactions carry it.
    pub(super) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [if self.0 < 0 { 0xff } else { 0 }; 24];
        bytes.iter_mut().zip(self.0.to_le_bytes()).for_each(|(to, from)| *to = from);
        bytes
    }

    /// Reads what [`Decimal::to_bytes`] writes; `None` beyond the range of this type.
    pub(super) fn from_bytes(bytes: &[u8; 24]) -> Option<Self> {
        let mut low = [0; 16];
        low.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let decimal = Self(i128::from_le_bytes(low));
        (decimal.to_bytes() == *bytes).then_some(decimal)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0.unsigned_abs() / UNIT.unsigned_abs(), self.0.unsigned_abs() % UNIT.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let part = format!("{part:018}");
        write!(f, "{sign}{whole}.{}", part.trim_end_matches('0'))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = unsigned.split_once('.').map_or((unsigned, None), |(w, p)| (w, Some(p)));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        if !digits(whole) || part.is_some_and(|part| !digits(part)) {
            return Err(DecimalError::Form(text.to_owned()));
        }
        let part = part.unwrap_or_default();
        if part.len() > PLACES {
            return Err(DecimalError::Places(text.to_owned()));
        }
        // As one whole number of attos, sign included, so that the lowest value is read too.
        let sign = if unsigned.len() < text.len() { "-" } else { "" };
        let attos = format!("{sign}{whole}{part:0<PLACES$}");
        attos.parse().map(Self).map_err(|_| DecimalError::Range(text.to_owned()))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "amount must be a decimal number in quotes, or a whole number")]
        enum Written {
            Whole(u32),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Whole(units) => Ok(Self::whole(units)),
            Written::Text(text) => text.parse().map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Decimal number with up to 18 places, in quotes; whole numbers also without.",
            "type": ["string", "integer"],
            "pattern": "^-?[0-9]+(\\.[0-9]{1,18})?$",
        })
    }
}

/// A text is not a decimal number of this type.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// Not digits with an optional sign and point.
    #[error("`{0}` is not a decimal number: write digits with an optional point")]
    Form(String),
    /// More than 18 places.
    #[error("`{0}` has more than 18 places")]
    Places(String),
    /// Too large.
    #[error("`{0}` is too large")]
    Range(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_come_back_as_they_were() {
        for (text, attos) in [
            ("0", 0),
            ("10", 10 * UNIT),
            ("0.5", UNIT / 2),
            ("1.000000000000000001", UNIT + 1),
            ("-0.000000000000000001", -1),
            ("-12.34", -12_340_000_000_000_000_000),
            ("170141183460469231731.687303715884105727", i128::MAX),
            ("-170141183460469231731.687303715884105728", i128::MIN),
        ] {
            let decimal: Decimal = text.parse().unwrap();
            assert_eq!(decimal, Decimal(attos), "{text}");
            assert_eq!(decimal.to_string(), text);
            assert_eq!(Decimal::from_bytes(&decimal.to_bytes()), Some(decimal));
        }
        assert_eq!("010.50".parse::<Decimal>().unwrap().to_string(), "10.5");
        assert_eq!(serde_json::from_str::<Decimal>("3").unwrap(), Decimal::whole(3));
    }

    #[test]
    fn what_is_no_plain_number_is_refused() {
        for text in ["", "-", ".", "1.", ".5", "+1", "1e3", "1,5", " 1", "0x1", "1.2.3", "--1", "١"] {
            assert!(matches!(text.parse::<Decimal>(), Err(DecimalError::Form(_))), "{text}");
        }
        assert!(matches!("0.0000000000000000001".parse::<Decimal>(), Err(DecimalError::Places(_))));
        assert!(matches!("170141183460469231731.687303715884105728".parse::<Decimal>(), Err(DecimalError::Range(_))));
        assert!(serde_json::from_str::<Decimal>("0.5").is_err());
        let mut beyond = [0; 24];
        beyond[20] = 1;
        assert_eq!(Decimal::from_bytes(&beyond), None);
    }
}
