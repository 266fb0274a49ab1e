//! Nothing secret is on the heap or in a global when the program exits.
use crate::call::Call;
use crate::chain;
use crate::image;
use crate::scene::Scene;
use tanist_tests::program::binary;

fn nothing_is_left(calls: &[Call]) {
    if !image::can_be_taken() {
        return;
    }
    let mut faults = Vec::new();
    for call in calls {
        let scene = Scene::new();
        let stdin = call.prepare(&scene);
        let arguments = call.arguments(&scene);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let residue = image::residue(&scene, &binary(), &arguments, &stdin, || call.secrets(&scene));
        println!(
            "{}: {} parts of secrets searched for in {} KiB, {} left on the stack",
            call.line(),
            call.secrets(&scene).len(),
            residue.searched / 1024,
            residue.stack.len()
        );
        residue.stack.iter().for_each(|found| println!("  stack: {found}"));
        faults.extend(residue.memory.iter().map(|found| format!("{}: {found}", call.line())));
    }
    assert!(faults.is_empty(), "left in memory:\n{}", faults.join("\n"));
}

#[test]
fn nothing_secret_of_radix_is_left_in_memory() {
    nothing_is_left(&chain::radix::calls());
}

#[test]
fn nothing_secret_of_algorand_is_left_in_memory() {
    nothing_is_left(&chain::algorand::calls());
}

#[test]
fn nothing_secret_of_decred_is_left_in_memory() {
    nothing_is_left(&chain::decred::calls());
}

#[test]
fn nothing_secret_of_ethereum_is_left_in_memory() {
    nothing_is_left(&chain::ethereum::calls());
}

#[test]
fn nothing_secret_of_oxen_is_left_in_memory() {
    nothing_is_left(&chain::oxen::calls());
}
