//! The few forms of Manifest SBOR that transactions of ours are made of.
use super::decode::DecodeError;

pub(super) const PREFIX: u8 = 0x4d;
pub(super) const BOOL: u8 = 0x01;
pub(super) const U8: u8 = 0x07;
pub(super) const U16: u8 = 0x08;
pub(super) const U32: u8 = 0x09;
pub(super) const U64: u8 = 0x0a;
pub(super) const STRING: u8 = 0x0c;
pub(super) const ARRAY: u8 = 0x20;
pub(super) const TUPLE: u8 = 0x21;
pub(super) const ENUM: u8 = 0x22;
pub(super) const MAP: u8 = 0x23;
pub(super) const ADDRESS: u8 = 0x80;
pub(super) const PROOF: u8 = 0x82;
pub(super) const DECIMAL: u8 = 0x85;
pub(super) const LOCAL_ID: u8 = 0x87;

/// Bytes of a size: seven bits each, low ones first. Source: SBOR, at most four bytes.
const SIZE_BYTES: u32 = 4;

/// Writes a size.
pub(super) fn put_size(out: &mut Vec<u8>, mut size: usize) {
    loop {
        let [low, ..] = size.to_le_bytes();
        size >>= 7;
        if size == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Writes size and bytes.
pub(super) fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put_size(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Writes an array of bytes with its kind.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend([ARRAY, U8]);
    put_sized(out, bytes);
}

/// Reads from the start to the end, and knows how far it got.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(all: &'a [u8]) -> Self {
        Self { all, rest: all }
    }

    /// The error that at this place `expected` is not what follows.
    pub(super) const fn error(&self, expected: &'static str) -> DecodeError {
        DecodeError { at: self.all.len().saturating_sub(self.rest.len()), expected }
    }

    pub(super) fn take(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.error(expected))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], DecodeError> {
        let error = self.error(expected);
        self.take(N, expected)?.try_into().map_err(|_| error)
    }

    pub(super) fn byte(&mut self, expected: &'static str) -> Result<u8, DecodeError> {
        self.array(expected).map(|[byte]| byte)
    }

    /// These very bytes, or an error at the first of them.
    pub(super) fn exact(&mut self, bytes: &[u8], expected: &'static str) -> Result<(), DecodeError> {
        let rest = self.rest.strip_prefix(bytes).ok_or_else(|| self.error(expected))?;
        self.rest = rest;
        Ok(())
    }

    /// A size in its shortest form.
    pub(super) fn size(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        let error = self.error(expected);
        let mut size = 0;
        for place in 0..SIZE_BYTES {
            let byte = self.byte(expected)?;
            size |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return if byte == 0 && place > 0 { Err(error) } else { Ok(size) };
            }
        }
        Err(error)
    }

    /// Size and bytes.
    pub(super) fn sized(&mut self, expected: &'static str) -> Result<&'a [u8], DecodeError> {
        let size = self.size(expected)?;
        self.take(size, expected)
    }

    /// An array of exactly `N` bytes with its kind.
    pub(super) fn bytes<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], DecodeError> {
        self.exact(&[ARRAY, U8], expected)?;
        let error = self.error(expected);
        self.sized(expected)?.try_into().map_err(|_| error)
    }

    /// A number of elements, each of which takes at least one byte.
    pub(super) fn count(&mut self, expected: &'static str) -> Result<usize, DecodeError> {
        let error = self.error(expected);
        let count = self.size(expected)?;
        if count <= self.rest.len() { Ok(count) } else { Err(error) }
    }

    pub(super) const fn end(&self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("the end of the payload")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_form_each() {
        for (size, bytes) in [(0, "00"), (127, "7f"), (128, "8001"), (451, "c303"), (0x0fff_ffff, "ffffff7f")] {
            let mut out = Vec::new();
            put_size(&mut out, size);
            assert_eq!(hex::encode(&out), bytes);
            assert_eq!(Reader::new(&out).size("a size"), Ok(size));
        }
        for bad in ["", "80", "8000", "ffffffff01"] {
            assert!(Reader::new(&hex::decode(bad).unwrap()).size("a size").is_err(), "{bad}");
        }
    }
}
