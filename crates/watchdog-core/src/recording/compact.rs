//! JSON in few bytes, told as the difference to a value before.
//!
//! Successive readings of one source differ in a few numbers. A field that stays costs one byte, an
//! integer that moves two or three. Decoding checks every length against what is left and goes no
//! deeper than [`DEPTH`], so that damaged bytes are an error and nothing else.
use serde_json::{Map, Number, Value};

/// Deepest nesting that is read.
pub const DEPTH: u32 = 32;

const SAME: u8 = 0;
const MOVED: u8 = 1;
const NULL: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
const NATURAL: u8 = 5;
const NEGATIVE: u8 = 6;
const FLOAT: u8 = 7;
const TEXT: u8 = 8;
const ARRAY: u8 = 9;
const OBJECT: u8 = 10;
const ITEMS: u8 = 11;
const FIELDS: u8 = 12;

/// Bytes that [`encode`] did not write, or that end too early.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("recorded observations are damaged at byte {at}")]
pub struct Damaged {
    /// Where reading stopped.
    pub at: usize,
}

/// Appends `value` to `out`, as far as it differs from `before`.
pub fn encode(value: &Value, before: &Value, out: &mut Vec<u8>) {
    match (value, before) {
        (value, before) if value == before => out.push(SAME),
        (Value::Number(number), Value::Number(earlier)) => number_after(number, Some(earlier), out),
        (Value::Object(fields), Value::Object(earlier)) if fields.keys().eq(earlier.keys()) => {
            out.push(FIELDS);
            fields.values().zip(earlier.values()).for_each(|(field, before)| encode(field, before, out));
        }
        (Value::Array(items), Value::Array(earlier)) if items.len() == earlier.len() => {
            out.push(ITEMS);
            items.iter().zip(earlier).for_each(|(item, before)| encode(item, before, out));
        }
        (value, _) => whole(value, out),
    }
}

fn whole(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(false) => out.push(FALSE),
        Value::Bool(true) => out.push(TRUE),
        Value::Number(number) => number_after(number, None, out),
        Value::String(text) => {
            out.push(TEXT);
            bytes(text.as_bytes(), out);
        }
        Value::Array(items) => {
            out.push(ARRAY);
            natural(items.len() as u64, out);
            for item in items {
                whole(item, out);
            }
        }
        Value::Object(fields) => {
            out.push(OBJECT);
            natural(fields.len() as u64, out);
            for (name, field) in fields {
                bytes(name.as_bytes(), out);
                whole(field, out);
            }
        }
    }
}

fn number_after(number: &Number, before: Option<&Number>, out: &mut Vec<u8>) {
    match (number.as_u64(), before.and_then(Number::as_u64)) {
        (Some(now), Some(earlier)) => {
            out.push(MOVED);
            natural(zigzag(now.wrapping_sub(earlier).cast_signed()), out);
        }
        (Some(now), None) => {
            out.push(NATURAL);
            natural(now, out);
        }
        (None, _) => {
            if let Some(negative) = number.as_i64() {
                out.push(NEGATIVE);
                natural(zigzag(negative), out);
            } else {
                out.push(FLOAT);
                out.extend_from_slice(&number.as_f64().unwrap_or_default().to_le_bytes());
            }
        }
    }
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

fn bytes(content: &[u8], out: &mut Vec<u8>) {
    natural(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn natural(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

/// Reads what [`encode`] wrote.
#[derive(Debug)]
pub struct Reader<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From the beginning.
    pub const fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0 }
    }

    /// Whether everything was read.
    pub const fn is_at_end(&self) -> bool {
        self.at >= self.all.len()
    }

    /// The next value, which follows `before`.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn value(&mut self, before: &Value) -> Result<Value, Damaged> {
        self.nested(before, DEPTH)
    }

    fn nested(&mut self, before: &Value, depth: u32) -> Result<Value, Damaged> {
        let deeper = depth.checked_sub(1).ok_or(Damaged { at: self.at })?;
        let tag = self.take(1)?.first().copied();
        Ok(match (tag.unwrap_or(u8::MAX), before) {
            (SAME, before) => before.clone(),
            (MOVED, Value::Number(earlier)) => {
                let earlier = earlier.as_u64().ok_or(Damaged { at: self.at })?;
                Value::from(earlier.wrapping_add(unzigzag(self.natural()?).cast_unsigned()))
            }
            (NULL, _) => Value::Null,
            (FALSE, _) => Value::Bool(false),
            (TRUE, _) => Value::Bool(true),
            (NATURAL, _) => Value::from(self.natural()?),
            (NEGATIVE, _) => Value::from(unzigzag(self.natural()?)),
            (FLOAT, _) => {
                let raw = self.take(8)?.try_into().map_err(|_| Damaged { at: self.at })?;
                Number::from_f64(f64::from_le_bytes(raw)).map(Value::Number).ok_or(Damaged { at: self.at })?
            }
            (TEXT, _) => Value::String(self.text()?),
            (ARRAY, _) => {
                let count = self.count()?;
                Value::Array((0..count).map(|_| self.nested(&Value::Null, deeper)).collect::<Result<_, _>>()?)
            }
            (OBJECT, _) => {
                let mut fields = Map::new();
                for _ in 0..self.count()? {
                    let name = self.text()?;
                    fields.insert(name, self.nested(&Value::Null, deeper)?);
                }
                Value::Object(fields)
            }
            (ITEMS, Value::Array(earlier)) => {
                Value::Array(earlier.iter().map(|item| self.nested(item, deeper)).collect::<Result<_, _>>()?)
            }
            (FIELDS, Value::Object(earlier)) => {
                let field = |(name, field): (&String, &Value)| Ok((name.clone(), self.nested(field, deeper)?));
                Value::Object(earlier.iter().map(field).collect::<Result<_, _>>()?)
            }
            _ => return Err(Damaged { at: self.at }),
        })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let end = self.at.checked_add(count).ok_or(Damaged { at: self.at })?;
        let taken = self.all.get(self.at..end).ok_or(Damaged { at: self.at })?;
        self.at = end;
        Ok(taken)
    }

    fn natural(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or_default();
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged { at: self.at })
    }

    /// A count of things of at least a byte each.
    fn count(&mut self) -> Result<usize, Damaged> {
        let count = usize::try_from(self.natural()?).map_err(|_| Damaged { at: self.at })?;
        let left = self.all.len().saturating_sub(self.at);
        (count <= left).then_some(count).ok_or(Damaged { at: self.at })
    }

    fn text(&mut self) -> Result<String, Damaged> {
        let length = self.count()?;
        let raw = self.take(length)?;
        std::str::from_utf8(raw).map(str::to_owned).map_err(|_| Damaged { at: self.at })
    }
}
