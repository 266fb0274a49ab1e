//! Core files: what was in memory, and where. Source: ELF-64 object file format, program headers.

/// Type of a segment that was in memory.
const LOAD: u32 = 1;
/// Flag of a segment that could be written to.
const WRITABLE: u32 = 2;
/// Size of a program header, bytes.
const HEADER: usize = 56;

/// Memory that the process could write to.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) address: u64,
    pub(crate) bytes: &'a [u8],
}

/// Every writable segment of a little-endian 64-bit core file, in its order.
pub(crate) fn writable_segments(core: &[u8]) -> Vec<Segment<'_>> {
    assert_eq!(core.get(..6), Some(&[0x7f, b'E', b'L', b'F', 2, 1][..]), "the image is no little-endian ELF-64 file");
    let (table, size, count) = (number(core, 32, 8), number(core, 54, 2), number(core, 56, 2));
    assert_eq!(size, HEADER, "program headers have another size");
    let headers = (0..count).map(|k| &core[table + k * HEADER..][..HEADER]);
    let writable =
        headers.filter(|header| number(header, 0, 4) == LOAD as usize && number(header, 4, 4) & WRITABLE as usize != 0);
    let segment = |header: &[u8]| {
        let (offset, address, length) = (number(header, 8, 8), number(header, 16, 8), number(header, 32, 8));
        Segment { address: address as u64, bytes: &core[offset..][..length] }
    };
    writable.map(segment).collect()
}

/// `length` bytes at `place`, least significant first.
fn number(bytes: &[u8], place: usize, length: usize) -> usize {
    bytes[place..][..length].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

#[test]
fn only_writable_memory_is_taken_from_a_core_file() {
    let header = |flags: u8, offset: u8| {
        let mut header = [0; HEADER];
        (header[0], header[4], header[8], header[17], header[32]) = (1, flags, offset, 0x10, 1);
        header
    };
    let mut core = vec![0; 64];
    core[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
    (core[32], core[54], core[56]) = (64, 56, 2);
    core.extend(header(4, 176));
    core.extend(header(6, 177));
    core.extend([0xaa, 0xbb]);
    let segments = writable_segments(&core);
    assert_eq!(segments.len(), 1);
    assert_eq!((segments[0].address, segments[0].bytes), (0x1000, &[0xbb][..]));
}
