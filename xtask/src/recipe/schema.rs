//! The schema of the configuration.
use crate::call::Call;
use crate::failure::Failure;
use crate::repository::Repository;
use serde_json::Value;

pub(super) fn run(arguments: &[String]) -> Result<(), Failure> {
    super::none(arguments)?;
    let repository = Repository::find()?;
    let tanist = repository.build_tanist()?;
    let text = Call::new(&repository, tanist).args(["config", "schema"]).output()?;
    let schema: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("`tanist config schema` printed something else than JSON: {error}")))?;
    let title = schema.get("$schema").and_then(Value::as_str).unwrap_or_default();
    if !title.starts_with("https://json-schema.org/") {
        return Err(Failure::new("`tanist config schema` printed something else than a JSON schema"));
    }
    let path = repository.top().join("config").join("schema.json");
    std::fs::write(&path, &text)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))?;
    println!("wrote config/schema.json ({} bytes)", text.len());
    Ok(())
}
