//! What no design can go below on this machine.
use crate::Outcome;
use crate::spread::Spread;
use pbkdf2::pbkdf2_hmac;
use redb::{Database, Durability, TableDefinition};
use sha2::Sha512;
use std::path::Path;
use std::time::Duration;
use watchdog_core::clock::Clock;

const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");
/// Size of a usual record, bytes.
const RECORD: [u8; 200] = [7; 200];

/// `count` durable commits of one record each, with nothing around them.
pub(crate) fn commits(folder: &Path, count: u64, clock: &dyn Clock) -> Outcome<Spread> {
    let database = Database::create(folder.join("floor.redb"))?;
    let mut times = Vec::new();
    for key in 0..count {
        let began = clock.uptime();
        let mut write = database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        write.open_table(TABLE)?.insert(key, RECORD.as_slice())?;
        write.commit()?;
        times.push(clock.uptime().since(began));
    }
    Spread::of(times).ok_or_else(|| "no commits were asked for".into())
}

/// The key stretching of BIP-39: 2048 rounds of HMAC-SHA512.
pub(crate) fn stretching(count: u32, clock: &dyn Clock) -> Outcome<Spread> {
    let one = |_| -> Duration {
        let began = clock.uptime();
        let mut seed = [0_u8; 64];
        pbkdf2_hmac::<Sha512>(std::hint::black_box(b"a phrase"), b"mnemonic", 2048, &mut seed);
        std::hint::black_box(seed);
        clock.uptime().since(began)
    };
    Spread::of((0..count).map(one).collect()).ok_or_else(|| "no rounds were asked for".into())
}
