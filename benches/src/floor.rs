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

/// A database with nothing around it.
pub(crate) struct Bare {
    database: Database,
    key: u64,
}

impl Bare {
    /// A new one in `folder`.
    pub(crate) fn new(folder: &Path) -> Outcome<Self> {
        Ok(Self { database: Database::create(folder.join("floor.redb"))?, key: 0 })
    }

    /// Time of one durable commit of one record.
    pub(crate) fn commit(&mut self, clock: &dyn Clock) -> Outcome<Duration> {
        self.key += 1;
        let began = clock.uptime();
        let mut write = self.database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        write.open_table(TABLE)?.insert(self.key, RECORD.as_slice())?;
        write.commit()?;
        Ok(clock.uptime().since(began))
    }
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
