//! Vector files: published values that a chain crate must reproduce.
//!
//! A chain crate's `tests/vectors.rs` lists one [`Reader`] per file and calls [`run`] on the folder
//! that [`folder`] picks. Every JSON file below the folder must have a reader and every case must
//! pass; files that are not there are fine, so that any subset of the vectors can be run.
//!
//! At its head a file lists in `case_fields` and `vocabulary` the fields and the names of errors and
//! kinds that its cases may use. Fields that a reader does not know are ignored. A name of a kind or
//! error that it does not know fails the case: readers match on names and end in an error.
//! Fields of the names in [`EXPLANATIONS`] are never compared.
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Fields that explain and are never compared.
pub const EXPLANATIONS: [&str; 9] =
    ["id", "name", "note", "reason", "description", "origin", "source", "oracle", "second_implementation_agrees"];

/// Checks one file.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Path below the folder, with `/`: `gateway/errors.json`.
    pub path: &'static str,
    /// Looks at every case and notes what does not hold.
    pub check: fn(&Value, &mut Tally),
}

/// What was checked and what did not hold.
#[derive(Debug, Default)]
pub struct Tally {
    cases: usize,
    failures: Vec<String>,
}

impl Tally {
    /// Counts a case and its outcome.
    pub fn note(&mut self, case: &str, outcome: Result<(), String>) {
        self.cases += 1;
        if let Err(why) = outcome {
            self.failures.push(format!("{case}: {why}"));
        }
    }

    /// What did not hold so far.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Checks every element of the document's array `field`. An element is known by its `id` or
    /// `name`, else by its place.
    pub fn each<'a>(
        &mut self,
        document: &'a Value,
        field: &str,
        mut check: impl FnMut(Case<'a>) -> Result<(), String>,
    ) {
        let Some(elements) = document.get(field).and_then(Value::as_array) else {
            self.failures.push(format!("the file has no array `{field}`"));
            return;
        };
        for (k, element) in elements.iter().enumerate() {
            let name = ["id", "name"].iter().find_map(|key| element.get(key)?.as_str());
            let name = name.map_or_else(|| format!("{field}[{k}]"), str::to_owned);
            let outcome = match element.as_object() {
                Some(fields) => check(Case { fields }),
                None => Err("it is not an object".to_owned()),
            };
            self.note(&name, outcome);
        }
    }

    /// As [`Tally::each`], for files whose array is called `cases`, which is nearly all.
    pub fn cases<'a>(&mut self, document: &'a Value, check: impl FnMut(Case<'a>) -> Result<(), String>) {
        self.each(document, "cases", check);
    }
}

/// One case, or an object within one.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    fields: &'a Map<String, Value>,
}

impl<'a> Case<'a> {
    /// The field, if it is there and not null.
    pub fn find(self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Whether the field is there and not null.
    pub fn has(self, field: &str) -> bool {
        self.find(field).is_some()
    }

    /// The field.
    ///
    /// # Errors
    /// It is absent or null.
    pub fn value(self, field: &str) -> Result<&'a Value, String> {
        self.find(field).ok_or_else(|| format!("field `{field}` is missing"))
    }

    fn typed<T>(self, field: &str, what: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, String> {
        let value = self.value(field)?;
        read(value).ok_or_else(|| format!("field `{field}` is not {what}: {value}"))
    }

    /// A text.
    ///
    /// # Errors
    /// Absent, or something else.
    pub fn text(self, field: &str) -> Result<&'a str, String> {
        self.typed(field, "a text", Value::as_str)
    }

    /// A number from 0 that fits `T`.
    ///
    /// # Errors
    /// Absent, or something else.
    pub fn number<T: TryFrom<u64>>(self, field: &str) -> Result<T, String> {
        self.typed(field, "a number that fits", |value| T::try_from(value.as_u64()?).ok())
    }

    /// True or false.
    ///
    /// # Errors
    /// Absent, or something else.
    pub fn flag(self, field: &str) -> Result<bool, String> {
        self.typed(field, "true or false", Value::as_bool)
    }

    /// An object.
    ///
    /// # Errors
    /// Absent, or something else.
    pub fn object(self, field: &str) -> Result<Case<'a>, String> {
        self.typed(field, "an object", |value| Some(Case { fields: value.as_object()? }))
    }

    /// An array of objects.
    ///
    /// # Errors
    /// Absent, or something else.
    pub fn objects(self, field: &str) -> Result<Vec<Case<'a>>, String> {
        self.typed(field, "an array of objects", |value| {
            value.as_array()?.iter().map(|v| Some(Case { fields: v.as_object()? })).collect()
        })
    }

    /// What the field says must be what came out.
    ///
    /// # Errors
    /// Absent, or different: both values.
    pub fn equals(self, field: &str, found: impl Into<Value>) -> Result<(), String> {
        let (expected, found) = (self.value(field)?, found.into());
        if *expected == found { Ok(()) } else { Err(format!("`{field}` should be {expected}, it is {found}")) }
    }

    /// As [`Case::equals`] for what a case may leave out or set to null: then nothing may come out
    /// either.
    ///
    /// # Errors
    /// Different, or one of both is there without the other.
    pub fn equals_or_absent<V: Into<Value>>(self, field: &str, found: Option<V>) -> Result<(), String> {
        match (self.find(field), found.map(Into::into)) {
            (None, None) => Ok(()),
            (Some(expected), Some(found)) if *expected == found => Ok(()),
            (expected, found) => {
                let [expected, found] =
                    [expected, found.as_ref()].map(|v| v.map_or_else(|| "absent".to_owned(), Value::to_string));
                Err(format!("`{field}` should be {expected}, it is {found}"))
            }
        }
    }
}

/// The folder whose vectors are run.
///
/// Without `named` (the value of `TANIST_VECTORS`) it is `own`. A named folder may be the chain's
/// own, or the one above it that has a folder for each chain: then `chain` below it is taken.
pub fn folder(own: &Path, named: Option<OsString>, chain: &str) -> PathBuf {
    let Some(named) = named.map(PathBuf::from) else { return own.to_owned() };
    let below = named.join(chain);
    if below.is_dir() { below } else { named }
}

/// Runs every JSON file below `folder` and writes one line for each: `<relative path>: <n> cases`.
///
/// # Errors
/// Everything that does not hold: files without a reader, files that are no JSON, cases that fail,
/// files without any case.
pub fn run(folder: &Path, readers: &[Reader], out: &mut dyn Write) -> Result<(), Failures> {
    let mut failures = Vec::new();
    match files(folder) {
        Err(e) => failures.push(format!("{}: {e}", folder.display())),
        Ok(paths) => {
            for path in paths {
                let mut tally = Tally::default();
                file(folder, &path, readers, &mut tally);
                if let Err(e) = writeln!(out, "{path}: {} cases", tally.cases) {
                    tally.failures.push(format!("its line cannot be written: {e}"));
                }
                failures.extend(tally.failures.into_iter().map(|why| format!("{path}: {why}")));
            }
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Failures(failures)) }
}

fn file(folder: &Path, path: &str, readers: &[Reader], tally: &mut Tally) {
    let Some(reader) = readers.iter().find(|reader| reader.path == path) else {
        let known: Vec<_> = readers.iter().map(|reader| reader.path).collect();
        tally.failures.push(format!("no reader knows this file; known are {}", known.join(", ")));
        return;
    };
    let document = fs::read(folder.join(path)).map_err(|e| e.to_string());
    match document.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).map_err(|e| e.to_string())) {
        Err(why) => tally.failures.push(why),
        Ok(document) => (reader.check)(&document, tally),
    }
    if tally.cases == 0 && tally.failures.is_empty() {
        tally.failures.push("it holds no case".to_owned());
    }
}

/// JSON files below `folder`, as paths relative to it with `/`, in order.
fn files(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            // Follows links: a folder of vectors may be put together from several.
            if entry.path().is_dir() {
                open.push((entry.path(), path + "/"));
            } else if entry.path().extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Looks for fields that no reader compares: in one case of each form, every value is changed by
/// itself, and the reader must notice. Returns those that it did not notice, as `form: field`.
///
/// A case is of another form than one before it when it has other fields. Fields for which
/// `is_input` says so are left alone: where an error is expected, another wrong input still gives
/// one.
pub fn unnoticed(document: &Value, reader: &Reader, is_input: fn(&Value, &str) -> bool) -> Vec<String> {
    let mut forms: Vec<Vec<String>> = Vec::new();
    let mut unnoticed = Vec::new();
    for case in document.get("cases").and_then(Value::as_array).into_iter().flatten() {
        let mut form = Vec::new();
        leaves(case, String::new(), &mut form);
        if forms.contains(&form) {
            continue;
        }
        for field in &form {
            let last = field.rsplit('/').next().unwrap_or_default();
            if EXPLANATIONS.contains(&last) || is_input(case, field) {
                continue;
            }
            let mut case = case.clone();
            if let Some(value) = case.pointer_mut(field) {
                *value = changed(value);
            }
            let mut tally = Tally::default();
            (reader.check)(&serde_json::json!({ "cases": [case] }), &mut tally);
            if tally.failures.is_empty() {
                unnoticed.push(format!("case of the form {}: {field}", forms.len()));
            }
        }
        forms.push(form);
    }
    unnoticed
}

/// Paths of all values that hold no others.
fn leaves(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            // Source: RFC 6901, section 3.
            let name = name.replace('~', "~0").replace('/', "~1");
            leaves(value, format!("{path}/{name}"), found);
        }),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(k, value)| leaves(value, format!("{path}/{k}"), found));
        }
        _ => found.push(path),
    }
}

/// Another value of the same type.
fn changed(value: &Value) -> Value {
    match value {
        Value::Bool(value) => Value::from(!value),
        Value::Number(number) => Value::from(number.as_u64().unwrap_or_default() + 1),
        Value::String(text) => {
            let reversed: String = text.chars().rev().collect();
            Value::from(if reversed == *text { reversed + "x" } else { reversed })
        }
        _ => Value::from("x"),
    }
}

/// Everything that did not hold.
#[derive(Clone, Eq, PartialEq)]
pub struct Failures(Vec<String>);

impl Failures {
    /// One line each: file, case, what differs.
    pub fn lines(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failures\n{}", self.0.len(), self.0.join("\n"))
    }
}

// Tests end with this text when they unwrap the outcome, so it reads like the other.
impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failures {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, create_dir_all};

    const READERS: &[Reader] = &[Reader { path: "sums.json", check }, Reader { path: "deep/er/sums.json", check }];

    fn check(document: &Value, tally: &mut Tally) {
        tally.cases(document, |case| match case.text("kind")? {
            "sum" => case.equals("sum", case.number::<u64>("a")? + case.number::<u64>("b")?),
            kind => Err(format!("unknown kind `{kind}`")),
        });
    }

    fn outcome(files: &[(&str, &str)]) -> (String, Result<(), Failures>) {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = folder.path().join(path);
            create_dir_all(path.parent().unwrap()).unwrap();
            File::create(path).unwrap().write_all(content.as_bytes()).unwrap();
        }
        let mut out = Vec::new();
        let outcome = run(folder.path(), READERS, &mut out);
        (String::from_utf8(out).unwrap(), outcome)
    }

    const GOOD: &str = r#"{"case_fields": ["kind"], "cases": [
        {"kind": "sum", "a": 1, "b": 2, "sum": 3}, {"kind": "sum", "a": 0, "b": 0, "sum": 0, "later": "field"}]}"#;

    #[test]
    fn every_file_below_the_folder_is_run_and_has_its_line() {
        let (lines, outcome) = outcome(&[("sums.json", GOOD), ("deep/er/sums.json", GOOD), ("README.md", "x")]);
        assert_eq!(lines, "deep/er/sums.json: 2 cases\nsums.json: 2 cases\n");
        assert_eq!(outcome, Ok(()));
    }

    #[test]
    fn an_absent_file_is_fine_and_an_unknown_one_is_not() {
        assert_eq!(outcome(&[("sums.json", GOOD)]).1, Ok(()));
        assert_eq!(outcome(&[]).1, Ok(()));
        let failures = outcome(&[("deep/sums.json", GOOD)]).1.unwrap_err();
        assert_eq!(
            failures.lines(),
            ["deep/sums.json: no reader knows this file; known are sums.json, deep/er/sums.json"]
        );
    }

    #[test]
    fn wrong_values_unknown_kinds_missing_fields_and_broken_files_fail_by_name() {
        let case = |case: &str| outcome(&[("sums.json", &format!(r#"{{"cases": [{case}]}}"#))]).1.unwrap_err();
        assert_eq!(
            case(r#"{"id": "c1", "kind": "sum", "a": 1, "b": 1, "sum": 3}"#).lines(),
            ["sums.json: c1: `sum` should be 3, it is 2"]
        );
        assert_eq!(case(r#"{"kind": "product"}"#).lines(), ["sums.json: cases[0]: unknown kind `product`"]);
        assert_eq!(case(r#"{"kind": "sum", "a": 1, "sum": 1}"#).lines(), ["sums.json: cases[0]: field `b` is missing"]);
        assert!(case(r#"{"kind": "sum", "a": -1, "b": 1, "sum": 0}"#).lines()[0].contains("not a number that fits"));
        assert_eq!(case("7").lines(), ["sums.json: cases[0]: it is not an object"]);
        assert_eq!(case("").lines(), ["sums.json: it holds no case"]);
        assert_eq!(outcome(&[("sums.json", "{")]).1.unwrap_err().lines().len(), 1);
        assert_eq!(
            outcome(&[("sums.json", "{}")]).1.unwrap_err().lines(),
            ["sums.json: the file has no array `cases`"]
        );
    }

    #[test]
    fn a_field_may_be_absent_only_where_nothing_comes_out() {
        let document = serde_json::json!({ "there": 1, "null": null });
        let case = Case { fields: document.as_object().unwrap() };
        assert_eq!(case.equals_or_absent("there", Some(1)), Ok(()));
        assert_eq!(case.equals_or_absent("null", None::<u8>), Ok(()));
        assert_eq!(case.equals_or_absent("missing", None::<u8>), Ok(()));
        assert!(case.equals_or_absent("there", Some(2)).is_err());
        assert!(case.equals_or_absent("there", None::<u8>).is_err());
        assert!(case.equals_or_absent("null", Some(2)).is_err());
    }

    #[test]
    fn a_field_that_no_reader_compares_is_found() {
        let document = serde_json::json!({ "cases": [
            { "id": "one", "kind": "sum", "a": 1, "b": 2, "sum": 3 },
            { "id": "two", "kind": "sum", "a": 1, "b": 2, "sum": 3, "product": 2 },
        ] });
        assert_eq!(unnoticed(&document, &READERS[0], |_, _| false), ["case of the form 1: /product"]);
        assert!(unnoticed(&document, &READERS[0], |_, field| field == "/product").is_empty());
    }

    #[test]
    fn a_named_folder_is_the_chains_own_or_the_one_above_it() {
        let above = tempfile::tempdir().unwrap();
        create_dir_all(above.path().join("radix/gateway")).unwrap();
        let own = Path::new("own");
        assert_eq!(folder(own, None, "radix"), own);
        assert_eq!(folder(own, Some(above.path().into()), "radix"), above.path().join("radix"));
        assert_eq!(folder(own, Some(above.path().join("radix").into()), "radix"), above.path().join("radix"));
        assert!(run(&above.path().join("typo"), READERS, &mut Vec::new()).is_err());
    }
}
