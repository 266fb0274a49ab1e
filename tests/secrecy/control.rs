//! The search can find something: a program that leaks on purpose is caught.
use crate::image::{self, Residue, residue};
use crate::needle::Needles;
use crate::scene::Scene;
use std::path::Path;

const WORDS: &str = "marker turtle lantern cobalt meadow willow saddle";
const KEY: &str = "f00dbeefcafe0123456789abcdef9876a1b2c3d4e5f60718293a4b5c6d7e8f90";

fn left_by(how: &str) -> Option<Residue> {
    let scene = Scene::new();
    let stdin = scene.write("stdin", format!("{WORDS} {KEY}").as_bytes());
    let program = Path::new(env!("CARGO_BIN_EXE_leaks-on-purpose"));
    let needles = || Needles::default().phrase(WORDS).text("the key", KEY);
    image::can_be_taken().then(|| {
        let residue = residue(&scene, program, &[how], &stdin, needles);
        assert_eq!(scene.read("out"), "read\n", "{}", scene.read("err"));
        residue
    })
}

#[test]
fn a_secret_in_freed_memory_is_found() {
    let Some(left) = left_by("freed") else { return };
    assert!(left.memory.iter().any(|found| found.contains("of the key")), "{left:?}");
    assert!(left.memory.iter().any(|found| found.contains("of the phrase")), "{left:?}");
}

#[test]
fn a_secret_read_through_the_buffered_standard_input_is_found() {
    let Some(left) = left_by("buffered") else { return };
    assert!(left.memory.iter().any(|found| found.contains("of the phrase")), "{left:?}");
}

#[test]
fn a_secret_in_a_global_is_found_raw() {
    let Some(left) = left_by("global") else { return };
    assert!(left.memory.iter().any(|found| found.contains("raw")), "{left:?}");
}

#[test]
fn a_secret_on_the_stack_is_told_apart() {
    let Some(left) = left_by("stack") else { return };
    assert!(left.memory.is_empty() && !left.stack.is_empty(), "{left:?}");
}

#[test]
fn what_work_leaves_on_the_stack_is_gone_where_it_is_swept() {
    let (Some(left), Some(swept)) = (left_by("beneath"), left_by("swept")) else { return };
    assert!(left.memory.is_empty() && !left.stack.is_empty(), "{left:?}");
    assert!(swept.memory.is_empty() && swept.stack.is_empty(), "{swept:?}");
}

#[test]
fn a_secret_that_was_wiped_is_not_found() {
    let Some(left) = left_by("wiped") else { return };
    assert!(left.memory.is_empty() && left.stack.is_empty(), "{left:?}");
}
