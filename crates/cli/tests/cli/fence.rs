//! `fence test`, and what the configuration of fences must hold.
use crate::world::World;
use rustix::process::Signal;
use serde_json::{Value, json};

/// Says what a service manager says about a unit that runs, and nothing else.
const SYSTEMCTL: &str = "#!/bin/sh
[ \"$1\" = show ] || exit 1
printf 'LoadState=loaded\\nActiveState=active\\nUnitFileState=disabled\\nMainPID=77\\nKillMode=control-group\\n'
";
/// Answers rehearsals, and leaves a file behind for every other request.
const HOOK: &str = "#!/bin/sh
read -r request
case $request in *'\"rehearsal\":true'*) echo '{\"state\":\"on\"}';; *) touch \"$0.acted\";; esac
";

fn ladder(order: &str, rungs: &str) -> String {
    format!(
        "\n[fence.main_a]\nvalidator = \"radix_main\"\nnode = \"node_a\"\norder = {order}\n\n[fence.main_a.rung]\n{rungs}"
    )
}

fn harmless(world: &World) -> String {
    let systemctl = world.file("systemctl", SYSTEMCTL, 0o755).display().to_string();
    let hook = world.file("hook", HOOK, 0o755).display().to_string();
    let rungs = format!(
        "unit = {{ service = {{ unit = {{ unit = \"signer.service\", systemctl = \"{systemctl}\" }} }} }}\n\
         power = {{ hook = {{ command = [\"{hook}\"] }} }}\n\
         person = {{ statement = {{}} }}\n"
    );
    ladder("[\"unit\", \"power\", \"person\"]", &rungs)
}

fn rungs(document: &Value) -> Vec<(String, String, bool)> {
    let rungs = document["result"]["ladders"][0]["rungs"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rungs.iter().map(|rung| (text(&rung["rung"]), text(&rung["strength"]), rung["ok"].as_bool().unwrap())).collect()
}

#[test]
fn every_fence_is_rehearsed_and_none_acts() {
    let world = World::new();
    let fences = harmless(&world);
    world.config(|text| text + &fences);
    for name in [&[][..], &["radix_main"], &["main_a"]] {
        let ran = world.configured(&[&["--json", "fence", "test"], name].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
        let document = ran.json();
        assert_eq!(document["schema"], "tanist/fence-test/v1");
        let expected = [("unit", "proves", true), ("power", "likely", true), ("person", "none", true)];
        let expected = expected.map(|(rung, strength, ok)| (rung.to_owned(), strength.to_owned(), ok));
        assert_eq!(rungs(&document), expected);
        assert_eq!(document["result"]["ladders"][0]["admits_shared_key"], json!(true));
    }
    assert!(!world.path("hook.acted").exists());
    let ran = world.configured(&["fence", "test"]);
    assert!(ran.stdout.contains("main_a  radix_main/node_a"), "{ran:?}");
    assert!(ran.stdout.contains("ready: active, disabled, process 77"), "{ran:?}");
}

#[test]
fn a_fence_that_would_not_hold_is_exit_code_3_and_says_why() {
    let world = World::new();
    let hook = world.file("hook", "#!/bin/sh\ncat > /dev/null; echo '{\"state\":\"unknown\"}'\n", 0o755);
    let known = world.file("known_hosts", "", 0o644).display().to_string();
    let rungs = format!(
        "power = {{ hook = {{ command = [\"{}\"], strength = \"proves\" }} }}\n\
         agent = {{ forced_command = {{ host = \"127.0.0.1\", port = 1, user = \"fence\", identity = \"{known}\", known_hosts = \"{known}\" }} }}\n",
        hook.display()
    );
    world.config(|text| text + &ladder("[\"power\", \"agent\"]", &rungs));
    let ran = world.configured(&["fence", "test"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stdout.contains("lacking: power: the hook cannot read the state"), "{ran:?}");
    assert!(ran.stdout.contains("not reached"), "{ran:?}");
}

#[test]
fn a_ladder_without_proof_says_that_a_shared_key_is_not_moved_by_it() {
    let world = World::new();
    world.config(|text| text + &ladder("[\"person\"]", "person = { statement = {} }\n"));
    let ran = world.configured(&["fence", "test"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("no rung proves by itself"), "{ran:?}");
}

#[test]
fn a_name_that_no_fence_has_is_exit_code_10() {
    let world = World::new();
    world.config(|text| text);
    assert_eq!(world.configured(&["fence", "test"]).code, Some(10));
    let fences = harmless(&world);
    world.config(|text| text + &fences);
    let ran = world.configured(&["--json", "fence", "test", "nobody"]);
    assert_eq!((ran.code, &ran.json()["error"]["code"]), (Some(10), &json!("fence_not_found")));
}

#[test]
fn a_fence_that_is_configured_wrongly_is_exit_code_11_and_names_the_key() {
    let world = World::new();
    let person = "person = { statement = {} }\n";
    let ssh = "agent = { forced_command = { host = \"-oProxyCommand=id\", user = \"u\", identity = \"/k\", known_hosts = \"/h\" } }\n";
    let cases = [
        (ladder("[]", person), "fence.main_a.order"),
        (ladder("[\"person\", \"person\"]", person), "fence.main_a.order"),
        (ladder("[\"other\"]", person), "fence.main_a.order"),
        (ladder("[\"person\"]", "person = {}\n"), "fence.main_a.rung.person.limit"),
        (ladder("[\"person\"]", "person = { statement = {}, lapse = {} }\n"), "fence.main_a.rung.person.limit"),
        (ladder("[\"person\"]", "person = { statment = {} }\n"), "fence.main_a.rung.person"),
        (ladder("[\"agent\"]", ssh), "fence.main_a.rung.agent.forced_command.host"),
        (ladder("[\"person\"]", person).replace("node_a", "node_c"), "fence.main_a.node"),
        (ladder("[\"power\"]", "power = { hook = { command = [] } }\n"), "fence.main_a.rung.power.hook.command"),
        (
            format!("{}{}", ladder("[\"person\"]", person), ladder("[\"person\"]", person).replace("main_a", "other")),
            "fence.other.node",
        ),
        ("\n[sidecar]\nvalidator = \"radix_main\"\nnode = \"node_a\"\n".to_owned(), "sidecar.process"),
    ];
    for (fences, key) in cases {
        world.config(|text| text + &fences);
        let ran = world.configured(&["--json", "config", "check"]);
        assert_eq!(ran.code, Some(11), "{fences}: {ran:?}");
        let at = ran.json()["error"]["at"].as_str().unwrap_or_default().to_owned();
        assert!(at.starts_with(key), "{key}: {at}");
    }
}

#[test]
fn a_fence_that_changed_is_a_change_of_its_validator() {
    let world = World::new();
    let fences = harmless(&world);
    world.config(|text| text + &fences);
    let mut daemon = world.start(&[]);
    daemon.signal(Signal::HUP);
    daemon.until("nothing has changed");
    let changed = [fences.replace("power = { hook = {", "power = { limit = \"9s\", hook = {"), String::new()];
    for fences in changed {
        world.config(|text| text + &fences);
        daemon.signal(Signal::HUP);
        let line = daemon.until("\"reloaded\"");
        assert!(line.contains("validator.radix_main: changed"), "{line}");
        daemon.signal(Signal::HUP);
        daemon.until("nothing has changed");
    }
}

#[test]
fn a_fence_that_lacks_its_store_is_noticed_where_it_is_built_and_not_where_its_form_is_checked() {
    let world = World::new();
    let state = world.path("memory");
    let here = format!(
        "here = {{ local = {{ state = \"{}\", process = {{ command = [\"/bin/true\"] }} }} }}\n",
        state.display()
    );
    let lapse = "own_lease = { lapse = {} }\n";
    world.config(|text| text + &ladder("[\"here\", \"own_lease\"]", &(here.clone() + lapse)));
    assert_eq!(world.configured(&["config", "check"]).code, Some(0));
    assert!(!state.exists(), "the form is checked without touching anything");
    for command in [&["run"][..], &["fence", "test"]] {
        let ran = world.configured(command);
        assert_eq!(ran.code, Some(11), "{ran:?}");
        let told = "fence `main_a` cannot be used";
        assert!(ran.stderr.contains(told) && ran.stderr.contains("set `[lease.etcd]`"), "{}", ran.stderr);
    }
    world.config(|text| text + &ladder("[\"here\"]", &here));
    let mut daemon = world.start(&[]);
    assert!(state.exists(), "the daemon has built its ladder");
    world.config(|text| text + &ladder("[\"own_lease\"]", lapse));
    daemon.signal(Signal::HUP);
    let line = daemon.until("reload refused");
    assert!(line.contains("fence `main_a` cannot be used"), "{line}");
}
