//! The benchmarks.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;
use crate::summary::Summary;
use serde_json::Value;

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    let repository = Repository::find()?;
    let text = Call::cargo(&repository).args(["metadata", "--no-deps", "--format-version=1"]).output()?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`cargo metadata` printed something else than JSON: {error}")))?;
    let benches = benches(&metadata);
    if benches.is_empty() {
        return Err(Failure::new("the workspace has no benchmarks"));
    }
    // What is measured is the program as it is shipped, not as a developer builds it.
    let build = ["build", "--release", "--package", "tanist", "--bin", "tanist"];
    let program = Call::cargo(&repository).args(build).build()?.program("tanist")?;
    let mut summary = Summary::default();
    for (package, bench) in benches {
        let call = Call::cargo(&repository).args(["bench", "--package", &package, "--bench", &bench]);
        let call = call.env("TANIST_BIN", &program);
        let call = if arguments.is_empty() { call } else { call.arg("--").args(arguments) };
        summary.note(&format!("{package}/{bench}"), call.run());
    }
    summary.end("bench")
}

/// Package and name of every benchmark target.
fn benches(metadata: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for package in list(metadata, "packages") {
        for target in list(package, "targets") {
            if list(target, "kind").iter().any(|kind| kind == "bench") {
                let name = |value: &Value| value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                found.push((name(package), name(target)));
            }
        }
    }
    found
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_benchmark_targets_are_benchmarks() {
        let metadata = json!({ "packages": [{ "name": "core", "targets": [
            { "name": "core", "kind": ["lib"] }, { "name": "fold", "kind": ["bench"] } ] }] });
        assert_eq!(benches(&metadata), [("core".to_owned(), "fold".to_owned())]);
    }
}
