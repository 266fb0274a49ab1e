//! The configuration as the command line reads it: files and variables in layers, what is wrong and where, what holds
//! and where it comes from, what a key means.
use crate::config::{PARTS, files};
use crate::decoder::Outcome;
use crate::mutation::MARK;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use watchdog_settings::layers::{Layers, Place, is_setting, variable};
use watchdog_settings::problem::{Problem, failure};
use watchdog_settings::{Settings, explain, schema, show, socket};

/// Ends a file, a variable, or a key.
const RECORD: char = '\u{1e}';
/// Most parts of an input: a machine has some files and variables, and a person asks for a key at a time.
const PARTS_MAX: usize = 64;
/// What a message may be long without what it quotes, bytes.
const MESSAGE_MAX: usize = 4 * 1024;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| match &*PARTS {
    Some((registry, _)) => schema::of(registry),
    None => Value::Null,
});

/// Layers, as an operator and a machine bring them about.
pub(crate) fn layers(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let (mut texts, mut variables, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for part in text.split(RECORD).take(PARTS_MAX) {
        match (part.split_once('='), part.strip_prefix('?')) {
            (_, Some(key)) => keys.push(key),
            // No variable has a zero in it: the system would not take it.
            (Some((name, value)), _) if is_setting(name) => {
                variables.push((name.replace('\0', ""), value.replace('\0', "")));
            }
            _ => texts.push((PathBuf::from(format!("{:02}.toml", texts.len())), part.to_owned())),
        }
    }
    keys.into_iter().for_each(explained);
    match read(texts, &variables) {
        Ok(()) => Outcome::Accepted,
        Err(problem) => {
            says_what_and_where(&problem, input.len());
            Outcome::Refused
        }
    }
}

fn read(texts: Vec<(PathBuf, String)>, variables: &[(String, String)]) -> Result<(), Box<Problem>> {
    let Some((registry, env)) = &*PARTS else { panic!("no client can be made") };
    let layers = Layers::of(texts, variables, Vec::new())?;
    for (name, _) in variables {
        let key = name.trim().to_ascii_lowercase().replace("__", ".").split_off("tanist.".len());
        let place = layers.locate(&key);
        assert!(matches!(place, Some(Place::Variable(_))), "{name} sets `{key}`, and nothing says so: {place:?}");
    }
    // What talks to the daemon needs this alone, and takes what the rest may refuse.
    let socket = socket(&layers);
    let settings = Settings::read(&layers)?;
    assert_eq!(socket.as_ref().ok(), Some(&settings.api.socket), "two sockets in one configuration");
    registry.assemble(&layers.figment, settings.mode, env).map_err(|error| failure(&error, &layers))?;
    for shown in show::effective(&layers, &SCHEMA) {
        assert!(!shown.origin.is_empty(), "{} comes from nowhere", shown.key);
        let is_secret = schema::find(&SCHEMA, &shown.key).iter().any(schema::Node::is_secret);
        let value = shown.value.as_str().unwrap_or_default();
        assert!(!is_secret || value.starts_with('<'), "{} shows more than a place: {value}", shown.key);
    }
    Ok(())
}

/// A problem names what is wrong and where, at a length that a person reads, and never quotes what stands for a secret.
fn says_what_and_where(problem: &Problem, length: usize) {
    assert!(!problem.message.is_empty(), "a problem without a word: {problem:?}");
    assert!(problem.at.as_ref().is_some_and(|place| !place.is_empty()), "a problem without a place: {problem:?}");
    let told = told(problem);
    // Keys and words are quoted, a few times each.
    assert!(told.len() <= MESSAGE_MAX + 8 * length, "a problem of {} bytes", told.len());
    let secret = match &problem.key {
        Some(key) => is_about_a_secret(key),
        // What is no TOML may hold anything in any place, but a key that is there twice is named.
        None => !problem.message.contains("duplicate key"),
    };
    assert!(!secret || !told.contains(MARK), "a problem quotes a secret: {problem:?}");
}

fn told(problem: &Problem) -> String {
    let parts = [Some(&problem.message), problem.expected.as_ref(), problem.hint.as_ref()];
    let parts: Vec<_> = parts.into_iter().flatten().chain(&problem.causes).map(String::as_str).collect();
    parts.join("\n")
}

/// Whether the key, or a table that it is in, stands for a secret.
fn is_about_a_secret(key: &str) -> bool {
    let ends = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    let tables = ends.filter_map(|end| key.get(..end));
    tables.into_iter().any(|key| schema::find(&SCHEMA, key).iter().any(schema::Node::is_secret))
}

/// Every place that a key leads to has a name and a form; a key that leads nowhere has neighbours, or nothing.
fn explained(key: &str) {
    let explained = explain::of(&SCHEMA, key);
    let text = explain::text(&explained);
    assert_eq!(explained.is_empty(), text.is_empty(), "`{key}` is explained without a word");
    for one in &explained {
        assert!(!one.form.is_empty(), "`{key}` takes nothing");
        assert!(one.variable.as_ref().is_none_or(|name| is_setting(name)), "`{key}` has a variable that sets nothing");
    }
    assert!(explain::beside(&SCHEMA, key).iter().all(|key| !key.is_empty()), "`{key}` has a neighbour without a name");
}

/// The configurations in files; the same with values in variables, in several files, and with keys to explain.
pub(crate) fn layered(top: &Path) -> Result<Vec<Vec<u8>>, String> {
    let files: Vec<_> = files(top)?.into_iter().map(|file| String::from_utf8_lossy(&file).into_owned()).collect();
    let joined = |parts: &[&str]| parts.join(&RECORD.to_string()).into_bytes();
    let mut inputs: Vec<_> = files.iter().map(|file| joined(&[file])).collect();
    for file in &files {
        let set = variables(file);
        let parts: Vec<_> = [file.as_str()].into_iter().chain(set.iter().map(String::as_str)).collect();
        inputs.push(joined(&parts));
        inputs.push(joined(&[file, "mode = \"act\"\n[journal]\npath = \"/var/lib/tanist/other.redb\"\n", "?journal"]));
    }
    inputs.extend(OTHERS.iter().map(|parts| joined(parts)));
    Ok(inputs)
}

/// Tables and lists without end, in each place that can hold them: whoever reads them takes a call for each.
pub(crate) fn endless() -> Vec<Vec<u8>> {
    let (lists, tables, parts) = ("[".repeat(20_000), "{a=".repeat(10_000), vec!["A"; 10_000]);
    let names = [format!("TANIST__{}=1", parts.join("__")), format!("{} = 1", parts.join("."))];
    let values = [&lists, &tables].map(|value| format!("TANIST__INSTANCE={value}"));
    let texts = [&lists, &tables].map(|value| format!("instance = {value}"));
    let all = names.into_iter().chain(values).chain(texts).chain([format!("?{}", parts.join("."))]);
    all.map(String::into_bytes).collect()
}

/// Every scalar of a file as a variable.
fn variables(file: &str) -> Vec<String> {
    let Ok(layers) = Layers::of(vec![("a.toml".into(), file.to_owned())], &[], Vec::new()) else { return Vec::new() };
    let shown = show::effective(&layers, &SCHEMA);
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(format!("\"{text}\"")),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let is_set = |one: &&show::Shown| one.origin != "default" && !one.value.to_string().contains('<');
    let set = shown.iter().filter(is_set);
    set.filter_map(|one| Some(format!("{}={}", variable(&one.key), scalar(&one.value)?))).collect()
}

const OTHERS: [&[&str]; 9] = [
    &["TANIST__MODE=advise", "TANIST__INSTANCE=host-1", "?", "?validator.main.policy.missed"],
    &["TANIST__JOURNAL__PATH=/j", "TANIST__JOURNAL={path=\"/k\"}", "?journal.path"],
    &["[journal]\npath = \"/j\"\n", "tanist__log__format=json", "TANIST__LOG__FORMAT=compact"],
    &["mode = \"act\"\n", "[log]\nformat = \"pretty\"\n", "TANIST__FLEET__CORRELATION_PART=0.5"],
    &["[lease.etcd]\nendpoints = [\"https://10.0.0.1:2379\"]\nuser = \"tanist\"\npassword = \"zqxjkvbw\"\n"],
    &["[lease.etcd]\nendpoints = [\"https://10.0.0.1:2379\"]\n", "TANIST__LEASE__ETCD__PASSWORD=zqxjkvbw"],
    &["[lease.etcd]\nendpoints = [\"https://10.0.0.1:2379\"]\npassword = { zqxjkvbw = 1 }\n"],
    &["TANIST__LEASE__ETCD={endpoints=[\"https://10.0.0.1:2379\"],ttl=\"15s\"}", "TANIST____MODE=act"],
    &["[observations]\nmax_mib = 0\n", "?observations", "?observations.max_mib.more", "?lease.etcd.password.file"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn top() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
    }

    fn of(parts: &[&str]) -> Outcome {
        layers(parts.join(&RECORD.to_string()).as_bytes())
    }

    #[test]
    fn most_of_what_there_is_to_begin_with_is_taken_in_files_and_in_variables() {
        let inputs = layered(top()).unwrap();
        let taken = inputs.iter().filter(|input| layers(input) == Outcome::Accepted).count();
        assert!(inputs.len() > 20 && taken * 2 > inputs.len(), "{taken} of {}", inputs.len());
        let example = String::from_utf8(inputs[0].clone()).unwrap();
        assert!(variables(&example).len() > 10);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        let (last, endless) = endless().split_last().map(|(last, rest)| (last.clone(), rest.to_vec())).unwrap();
        assert!(endless.iter().all(|input| layers(input) == Outcome::Refused));
        // A key that leads nowhere: there is nothing in it to refuse.
        assert_eq!(layers(&last), Outcome::Accepted);
    }

    #[test]
    fn a_secret_in_a_file_or_a_variable_is_refused_and_not_quoted() {
        for parts in &OTHERS[4..7] {
            assert_eq!(of(parts), Outcome::Refused, "{parts:?}");
        }
    }

    #[test]
    #[should_panic(expected = "a problem quotes a secret")]
    fn a_problem_that_quotes_a_secret_is_a_fault() {
        let problem = Problem::new(format!("not {MARK}")).at("a.toml, line 1");
        says_what_and_where(&Problem { key: Some("lease.etcd.password".to_owned()), ..*problem }, 100);
    }

    #[test]
    #[should_panic(expected = "a problem without a place")]
    fn a_problem_without_a_place_is_a_fault() {
        says_what_and_where(&Problem::new("wrong"), 100);
    }

    #[test]
    fn a_secret_is_known_by_its_key_and_by_what_is_below_it() {
        for key in ["lease.etcd.password", "lease.etcd.password.file", "validator.any.owner_key.secret"] {
            assert!(is_about_a_secret(key), "{key}");
        }
        assert!(!is_about_a_secret("lease.etcd.user") && !is_about_a_secret("validator.any"));
    }
}
