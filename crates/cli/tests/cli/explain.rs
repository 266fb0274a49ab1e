//! `tanist explain` and `tanist release`.
use crate::world::World;

#[test]
fn a_verdict_is_explained_by_its_values_and_every_gate() {
    let world = World::new();
    world.config(|text| text);
    let _daemon = world.start(&[]);
    let document = (0..200).map(|_| world.configured(&["explain", "radix_main", "--json"]).json());
    let document = document.into_iter().find(|document| document["result"]["decision"].is_object()).unwrap();
    assert_eq!(document["schema"], "tanist/explain/v1");
    assert_eq!(document["result"]["decision"]["explanation"]["rule"], "missed_proposals");
    let shown = world.configured(&["explain", "radix_main"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.starts_with("radix_main  unknown since 20"), "{}", shown.stdout);
    for part in
        ["\n  missed_proposals: unknown, 0 (limit 4)\n", "most_missed_by_any_source = 0", "\n  closed  mode_is_act "]
    {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    assert!(
        shown.stdout.ends_with("nothing is done by itself: 3 gates are closed\n")
            || shown.stdout.contains("2 gates are closed"),
        "{}",
        shown.stdout
    );
    let none = world.configured(&["explain", "moon"]);
    assert_eq!(none.code, Some(10), "{none:?}");
}

#[test]
fn a_release_says_whether_there_was_anything_to_release() {
    let world = World::new();
    world.config(|text| text);
    let alone = world.configured(&["release"]);
    assert_eq!(alone.code, Some(6), "{alone:?}");
    let _daemon = world.start(&[]);
    let released = world.configured(&["release"]);
    assert_eq!((released.code, released.stdout.as_str()), (Some(0), "nothing was held\n"));
    assert!(world.configured(&["release", "--json"]).json()["result"]["released"].is_null());
}
