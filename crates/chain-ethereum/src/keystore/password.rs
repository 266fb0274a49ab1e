//! Passwords as keystores know them.
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Bytes that a password stands for, wiped on drop.
pub type Bytes = Zeroizing<Vec<u8>>;

/// In which form a password opened a keystore.
///
/// EIP-2335 takes control codes out. Some programs do not, so that a newline at the end of a
/// password file became part of the password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PasswordForm {
    /// As EIP-2335 says: NFKD without control codes.
    Standard,
    /// NFKD with the control codes that it was given with.
    ControlCodesKept,
    /// NFKD and a newline after it, which was cut off when the password file was read.
    NewlineKept,
}

impl PasswordForm {
    /// Name, snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ControlCodesKept => "control_codes_kept",
            Self::NewlineKept => "newline_kept",
        }
    }

    /// The bytes of `password` in this form; `None` where they are those of the standard form.
    pub(super) fn bytes(self, password: &str) -> Option<Bytes> {
        let has_codes = password.nfkd().any(is_control);
        match self {
            Self::Standard => Some(standard(password)),
            Self::ControlCodesKept => has_codes.then(|| encoded(password, |_| true, "")),
            Self::NewlineKept => (!password.ends_with('\n')).then(|| encoded(password, |_| true, "\n")),
        }
    }

    /// All of them, in the order in which they are tried.
    pub(super) const ALL: [Self; 3] = [Self::Standard, Self::ControlCodesKept, Self::NewlineKept];
}

/// UTF-8 of the NFKD of `password` without control codes. Source: EIP-2335, "Password requirements".
pub fn standard(password: &str) -> Bytes {
    encoded(password, |c| !is_control(c), "")
}

/// C0, delete and C1. Source: EIP-2335, "Password requirements".
const fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
}

/// In one buffer of the right size: one that grows leaves its old content behind.
fn encoded(password: &str, keeps: fn(char) -> bool, end: &str) -> Bytes {
    let kept = || password.nfkd().filter(|c| keeps(*c));
    let length: usize = kept().map(char::len_utf8).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + end.len()));
    for c in kept() {
        bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_forms_exist_only_where_they_differ() {
        let bytes = |form: PasswordForm, text| form.bytes(text).map(|bytes| bytes.to_vec());
        assert_eq!(bytes(PasswordForm::Standard, "a\u{7}b\r\n"), Some(b"ab".to_vec()));
        assert_eq!(bytes(PasswordForm::ControlCodesKept, "a\u{7}b\r\n"), Some(b"a\x07b\r\n".to_vec()));
        assert_eq!(bytes(PasswordForm::ControlCodesKept, "ab"), None);
        assert_eq!(bytes(PasswordForm::NewlineKept, "ab"), Some(b"ab\n".to_vec()));
        assert_eq!(bytes(PasswordForm::NewlineKept, "ab\n"), None);
    }

    #[test]
    fn the_edges_of_the_control_codes_are_those_of_the_standard() {
        let kept = "\u{20}\u{7e}\u{a1}";
        let text: String = "\u{0}\u{1f}\u{7f}\u{80}\u{9f}".to_owned() + kept;
        assert_eq!(*standard(&text), kept.as_bytes());
    }
}
