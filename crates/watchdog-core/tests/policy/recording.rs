//! What was observed is kept in few bytes, within its bounds, and damage to it hurts nobody.
use crate::reading::{Reading, reading};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use watchdog_core::clock::{BootId, Timestamp};
use watchdog_core::id::{Origin, ValidatorName};
use watchdog_core::recording::compact::{DEPTH, Reader, encode};
use watchdog_core::recording::recorder::{Page, PageRequest, Recorder};
use watchdog_core::recording::store::{Bounds, ObservationStore};
use watchdog_core::recording::{Facts, Recorded, Seen, pack, unpack};

fn recorded(source: u8, second: u64, reading: Option<Reading>) -> Recorded {
    let seen =
        reading.map(|reading| Seen { facts: Facts::of(&reading), evidence: serde_json::to_value(reading).unwrap() });
    Recorded {
        validator: ValidatorName::new("main").unwrap(),
        source: format!("gateway {source}.example"),
        origin: Origin::new(&format!("{source}.example")).unwrap(),
        at: Timestamp(1_800_000_000_000 + second * 1000),
        up_ms: second * 1000,
        boot: BootId("c7b6c6d6-4a5c-4f5e-9c62-6d9c2c9d3a11".into()),
        seen,
    }
}

fn recordings() -> impl Strategy<Value = Vec<Recorded>> {
    let one = (0..3_u8, 0..9999_u64, proptest::option::of(reading()));
    proptest::collection::vec(one.prop_map(|(source, second, reading)| recorded(source, second, reading)), 0..40)
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON knows no other", |number| number.is_finite()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]{1,2}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_comes_back_whatever_came_before(value in json_value(), before in json_value()) {
        let mut out = Vec::new();
        encode(&value, &before, &mut out);
        let mut reader = Reader::new(&out);
        prop_assert_eq!(reader.value(&before).unwrap(), value);
        prop_assert!(reader.is_at_end());
    }

    #[test]
    fn what_is_packed_comes_back(observations in recordings()) {
        prop_assert_eq!(unpack(&pack(&observations)).unwrap(), observations);
    }

    #[test]
    fn damaged_bytes_are_an_error_or_other_values_and_never_a_panic(observations in recordings(), place: prop::sample::Index, byte: u8) {
        let mut packed = pack(&observations);
        if !packed.is_empty() {
            let place = place.index(packed.len());
            packed[place] = byte;
            unpack(&packed).ok();
            unpack(&packed[..place]).ok();
        }
    }

    #[test]
    fn any_bytes_are_read_in_bounded_time(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        unpack(&bytes).ok();
    }

    #[test]
    fn a_line_of_an_export_is_read_again(observations in recordings()) {
        for observation in observations {
            let line = serde_json::to_string(&observation).unwrap();
            prop_assert_eq!(serde_json::from_str::<Recorded>(&line).unwrap(), observation);
        }
    }
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth: u32| (0..depth).fold(Value::Null, |inner, _| json!([inner]));
    let reads = |depth| {
        let mut out = Vec::new();
        encode(&nested(depth), &Value::from(1), &mut out);
        Reader::new(&out).value(&Value::from(1)).is_ok()
    };
    assert_eq!((reads(DEPTH - 1), reads(DEPTH)), (true, false));
}

#[test]
fn numbers_move_by_few_bytes_over_the_whole_range() {
    for (before, now, most) in [(1000_u64, 1001, 2), (1001, 1000, 2), (0, u64::MAX, 2), (0, 1 << 40, 7), (5, 5, 1)] {
        let mut out = Vec::new();
        encode(&json!(now), &json!(before), &mut out);
        assert!(out.len() <= most, "{before} to {now}: {out:?}");
        assert_eq!(Reader::new(&out).value(&json!(before)).unwrap(), json!(now));
    }
}

/// A steady validator: every 5 s the position moves by two rounds and a duty is done.
fn steady(count: u64) -> Vec<Recorded> {
    let one = |n: u64| {
        let duties = watchdog_core::probe::Duties { made: 1, missed: 0 };
        let others = watchdog_core::probe::Duties { made: 90 + n % 7, missed: n % 3 };
        let reading = Reading { position: n * 2, duties, others, credit: 100, grace: 0, stopped: false };
        recorded(0, n * 5, Some(reading))
    };
    (0..count).map(one).collect()
}

#[test]
fn a_reading_takes_a_tenth_of_its_json_and_less() {
    let observations = steady(512);
    let json: usize = observations.iter().map(|o| serde_json::to_string(o).unwrap().len()).sum();
    let packed = pack(&observations).len();
    assert!(packed * 10 < json && packed < 512 * 45, "{packed} bytes for {json} of JSON");
}

fn store(path: &Path, bytes: u64, age: Duration) -> ObservationStore {
    ObservationStore::open(path, Bounds { bytes, age }).unwrap()
}

fn all(store: &ObservationStore) -> Vec<Recorded> {
    let kept = store.read(Timestamp(0), Timestamp(u64::MAX)).unwrap();
    assert_eq!(kept.damaged, 0);
    kept.observations
}

const YEAR: Duration = Duration::from_hours(24 * 365);

#[test]
fn what_is_kept_is_read_after_a_restart_in_order_and_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    let observations = steady(1000);
    for part in observations.chunks(100) {
        store(&path, 1 << 20, YEAR).keep(part).unwrap();
    }
    let store = store(&path, 1 << 20, YEAR);
    assert_eq!(all(&store), observations);
    let (from, to) = (observations[300].at, observations[700].at);
    assert_eq!(store.read(from, to).unwrap().observations, observations[300..700]);
}

#[test]
fn the_oldest_go_first_where_the_bytes_are_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    let observations = steady(2000);
    let small = store(&path, 8192, YEAR);
    for part in observations.chunks(100) {
        small.keep(part).unwrap();
        assert!(small.bytes() <= 8192);
    }
    let left = all(&small);
    assert!(!left.is_empty() && left == observations[2000 - left.len()..]);
    drop(small);
    assert!(store(&path, 8192, YEAR).bytes() > 4096, "counted again after a restart");
}

#[test]
fn what_is_too_old_goes() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("observations.redb"), 1 << 20, Duration::from_mins(50));
    let observations = steady(1200);
    for part in observations.chunks(100) {
        store.keep(part).unwrap();
    }
    let left = all(&store);
    assert_eq!(left, observations[500..], "whole chunks whose newest is not older than 50 minutes");
}

#[test]
fn one_observation_larger_than_the_bounds_is_dropped_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("observations.redb"), 1, YEAR);
    store.keep(&steady(1)).unwrap();
    store.keep(&[]).unwrap();
    assert_eq!((all(&store).len(), store.bytes()), (0, 0));
}

#[test]
fn a_file_that_cannot_be_read_is_put_aside_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    std::fs::write(&path, b"this is no store of observations, and long enough to look like a file".repeat(200))
        .unwrap();
    let fresh = store(&path, 1 << 20, YEAR);
    fresh.keep(&steady(3)).unwrap();
    assert_eq!(all(&fresh).len(), 3);
    assert!(folder.path().join("observations.redb.damaged").exists());
}

#[test]
fn a_second_process_is_refused_and_a_missing_directory_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    let _first = store(&path, 1 << 20, YEAR);
    let second = ObservationStore::open(&path, Bounds::default()).unwrap_err().to_string();
    assert!(second.contains("another process has it open"), "{second}");
    assert!(path.exists() && !folder.path().join("observations.redb.damaged").exists());
    assert!(ObservationStore::open(&folder.path().join("no/where"), Bounds::default()).is_err());
}

#[test]
fn a_recorder_writes_what_it_was_given_when_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    let recorder = Recorder::start(store(&path, 1 << 20, YEAR)).unwrap();
    let observations = steady(50);
    assert!(observations.chunks(5).all(|round| recorder.note(round.to_vec())));
    drop(recorder);
    assert_eq!(all(&store(&path, 1 << 20, YEAR)), observations);
}

fn request(after: u64, limit: usize) -> PageRequest {
    PageRequest { validator: ValidatorName::new("main").unwrap(), after, since: Timestamp(0), limit }
}

/// Every page after the first, until the last, joined; and how many there were.
fn walked(recorder: &Recorder, limit: usize) -> (Vec<(u64, Recorded)>, usize) {
    let (mut all, mut after) = (Vec::new(), 0);
    for pages in 1..1200 {
        let Page { observations, next, damaged } = recorder.shelf().page(&request(after, limit)).unwrap();
        assert!(observations.len() <= limit && damaged == 0);
        all.extend(observations);
        match next {
            Some(next) => assert!(next > after),
            None => return (all, pages),
        }
        after = next.unwrap();
    }
    panic!("it has no end")
}

/// What is kept once everything noted has come in.
fn noted(recorder: &Recorder, round: Vec<Recorded>, count: usize) -> Vec<(u64, Recorded)> {
    assert!(recorder.note(round));
    let has_come = |kept: &Vec<(u64, Recorded)>| {
        std::thread::yield_now();
        kept.len() == count
    };
    std::iter::repeat_with(|| walked(recorder, 1000).0).take(100_000).find(has_come).unwrap()
}

#[test]
fn what_a_recorder_keeps_is_read_page_by_page_written_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    let recorder = Recorder::start(store(&path, 1 << 20, YEAR)).unwrap();
    assert_eq!(recorder.shelf().page(&request(0, 10)).unwrap(), Page::default());
    let observations: Vec<_> = (0..1200).map(|second| recorded(0, second, None)).collect();
    let unwritten = noted(&recorder, observations[..30].to_vec(), 30);
    assert!(unwritten.iter().map(|(position, _)| *position).eq(1..=30), "nothing is written yet");
    let written = noted(&recorder, observations[30..1100].to_vec(), 1100);
    let kept = noted(&recorder, observations[1100..1140].to_vec(), 1140);
    assert!(written.starts_with(&unwritten) && kept.starts_with(&written), "positions stay");
    assert!(kept.iter().map(|(_, recorded)| recorded).eq(&observations[..1140]));
    assert!(kept.is_sorted_by_key(|(position, _)| *position));
    for (limit, pages) in [(1, 1140), (7, 163), (512, 3), (1139, 2), (1140, 1), (9999, 1)] {
        assert_eq!(walked(&recorder, limit), (kept.clone(), pages), "{limit}");
    }
    for after in [0, 1, 511, 512, 513, 1024, 1025, kept[1120].0, kept[1139].0, u64::MAX] {
        let page = recorder.shelf().page(&request(after, 9999)).unwrap();
        let rest: Vec<_> = kept.iter().filter(|(position, _)| *position > after).cloned().collect();
        assert_eq!((page.observations, page.next), (rest, None), "{after}");
    }
    let since = PageRequest { since: observations[1111].at, ..request(0, 9999) };
    let page = recorder.shelf().page(&since).unwrap();
    assert!(page.observations.iter().map(|(_, recorded)| recorded).eq(&observations[1111..1140]));
    let other = PageRequest { validator: ValidatorName::new("moon").unwrap(), ..request(0, 9999) };
    assert_eq!(recorder.shelf().page(&other).unwrap(), Page::default());
}

#[test]
fn a_page_takes_a_moment_whatever_it_looks_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder.path().join("observations.redb"), 1 << 20, YEAR);
    let moon = |second| Recorded { validator: ValidatorName::new("moon").unwrap(), ..recorded(0, second, None) };
    (0..200).for_each(|second| store.keep(&[moon(second)]).unwrap());
    let last = recorded(0, 300, None);
    store.keep(std::slice::from_ref(&last)).unwrap();
    let recorder = Recorder::start(store).unwrap();
    let first = recorder.shelf().page(&request(0, 10)).unwrap();
    assert!(first.observations.is_empty() && first.next.is_some(), "64 chunks were looked through: {first:?}");
    assert_eq!(walked(&recorder, 10), (vec![(200 * 512 + 1, last)], 4));
}

#[test]
fn a_damaged_chunk_is_left_out_of_a_page_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("observations.redb");
    let observations = steady(1000);
    store(&path, 1 << 20, YEAR).keep(&observations).unwrap();
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    let garbage: &[u8] = &[0xff; 100];
    write.open_table(redb::TableDefinition::<u64, &[u8]>::new("chunks")).unwrap().insert(0, garbage).unwrap();
    write.commit().unwrap();
    drop(database);
    let recorder = Recorder::start(store(&path, 1 << 20, YEAR)).unwrap();
    let page = recorder.shelf().page(&request(0, 9999)).unwrap();
    assert_eq!((page.damaged, page.observations.len(), page.next), (1, 1000 - 512, None));
    assert_eq!(page.observations[0], (513, observations[512].clone()));
}

#[test]
fn a_store_is_read_without_being_made_or_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("observations.redb");
    assert!(ObservationStore::open_existing(&path).is_err() && !path.exists());
    std::fs::write(&path, "no store").unwrap();
    assert!(ObservationStore::open_existing(&path).is_err_and(|error| !error.is_held()));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "no store", "nothing is put aside");
    std::fs::remove_file(&path).unwrap();

    let all: Vec<_> = (0..2000).map(|second| recorded(0, second, None)).collect();
    let store = ObservationStore::open(&path, Bounds::default()).unwrap();
    store.keep(&all).unwrap();
    assert!(ObservationStore::open_existing(&path).is_err_and(|error| error.is_held()));
    drop(store);
    let store = ObservationStore::open_existing(&path).unwrap();
    let mut stream = store.stream(all[100].at, all[1900].at);
    assert_eq!(stream.by_ref().collect::<Vec<_>>(), all[100..1900]);
    assert_eq!(stream.finish().unwrap(), 0);
}
