//! Documents in one line each: pages, streams and exports tell of one thing in the same words.
use serde::Serialize;
use serde_json::{Value, json};
use watchdog_core::event::Event;
use watchdog_core::recording::Recorded;

/// One event of the journal: its fields, and `schema`, which is `tanist/event/v1`.
pub fn event(event: &Event) -> Value {
    line("tanist/event/v1", event)
}

/// One observation: its fields, and `schema`, which is `tanist/observation/v1`.
pub fn observation(recorded: &Recorded) -> Value {
    line("tanist/observation/v1", recorded)
}

/// The fields beside the name of their schema.
fn line(schema: &str, fields: &impl Serialize) -> Value {
    let mut line = json!({ "schema": schema });
    if let (Some(line), Ok(Value::Object(fields))) = (line.as_object_mut(), serde_json::to_value(fields)) {
        line.extend(fields);
    }
    line
}
