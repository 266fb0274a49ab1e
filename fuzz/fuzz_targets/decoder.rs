//! The decoder that this target is named after.
#![no_main]
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tanist_decoders::{Decoder, decoder};

static DECODER: LazyLock<Decoder> = LazyLock::new(|| decoder(env!("CARGO_BIN_NAME")).expect("targets are decoders"));

fuzz_target!(|input: &[u8]| {
    DECODER.run(input);
});
