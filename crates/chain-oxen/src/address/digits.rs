//! Hex of public bytes.

/// Exactly these many bytes, all digits in one case.
pub(crate) fn exactly<const N: usize>(text: &str) -> Option<[u8; N]> {
    let one_case = !text.bytes().any(|c| c.is_ascii_uppercase()) || !text.bytes().any(|c| c.is_ascii_lowercase());
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().filter(|()| one_case).map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digit_in_the_other_case_is_no_second_spelling() {
        assert_eq!(exactly("0a0b"), Some([10, 11]));
        assert_eq!(exactly("0A0B"), Some([10, 11]));
        for text in ["0a0B", "0a0", "0a0b0c", "0x0a", "0a0g", ""] {
            assert_eq!(exactly::<2>(text), None, "{text}");
        }
    }
}
