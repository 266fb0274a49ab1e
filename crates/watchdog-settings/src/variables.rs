//! Variables of the environment as a layer.
use crate::problem::Problem;
use figment::value::{Dict, Map, Value};
use figment::{Error, Metadata, Profile, Provider};
use std::collections::BTreeMap;

/// What all variables that set a value begin with, in any case.
const PREFIX: &str = "TANIST__";
/// What stands between two parts of a key.
const SEPARATOR: &str = "__";
/// Most parts of a key. No key of the configuration has half as many.
const PARTS_MAX: usize = 16;
/// Most lists and tables within each other in a value. Whoever reads it takes a call for each of them.
const DEPTH_MAX: usize = 16;
/// Most of a name that is shown.
const SHOWN_MAX: usize = 80;

/// Values that variables set, by key. Of two variables for one key, which differ in case alone, one holds.
#[derive(Debug)]
pub(crate) struct Variables(BTreeMap<String, (String, Value)>);

/// The name of the variable that sets `key`.
pub(crate) fn name(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', SEPARATOR).to_uppercase())
}

/// What a name says after the prefix; `None` where it has none.
pub(crate) fn path(name: &str) -> Option<&str> {
    let name = name.trim();
    let (prefix, path) = name.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(path)
}

impl Variables {
    /// Takes those of `given` that begin with the prefix.
    ///
    /// # Errors
    /// A name leads to no key, or a value is nested too deeply.
    pub(crate) fn read(given: &[(String, String)]) -> Result<Self, Box<Problem>> {
        let mut found = BTreeMap::new();
        for (name, value) in given {
            let Some(path) = path(name) else { continue };
            let shown: String = name.chars().take(SHOWN_MAX).collect();
            let wrong = |message: &str| Problem::new(message).at(format!("environment variable {shown}"));
            // As the values of files: what is read as a key has no letter in upper case.
            let key = path.to_ascii_lowercase().replace(SEPARATOR, ".");
            let parts = key.split('.').count();
            if key.split('.').any(str::is_empty) || parts > PARTS_MAX {
                let rule = "TANIST__, then the parts of a key with `__` between them, such as TANIST__JOURNAL__PATH";
                return Err(wrong("the name leads to no key").expected(rule).hint("correct it, or unset it"));
            }
            if depth(value) > DEPTH_MAX {
                let expected = format!("at most {DEPTH_MAX} lists and tables within each other");
                let problem = wrong("the value is nested too deeply").expected(expected);
                return Err(problem.hint("put a value that begins with a bracket, and is a text, in double quotes"));
            }
            let value = value.parse().unwrap_or_else(|never: std::convert::Infallible| match never {});
            found.insert(key, (name.trim().to_owned(), value));
        }
        Ok(Self(found))
    }

    /// Name of the variable that sets `key` itself.
    pub(crate) fn of(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|(name, _)| name.as_str())
    }

    /// Name of the first variable that sets something below `key`.
    pub(crate) fn below(&self, key: &str) -> Option<&str> {
        let table = format!("{key}.");
        let (found, (name, _)) = self.0.range(table.clone()..).next()?;
        found.starts_with(&table).then_some(name.as_str())
    }
}

/// How many lists and tables are open at once, at most. A text that begins with no bracket has none.
fn depth(value: &str) -> usize {
    if !value.trim_start().starts_with(['[', '{']) {
        return 0;
    }
    let mut open = 0_usize;
    let depths = value.chars().map(|character| {
        match character {
            '[' | '{' => open += 1,
            ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        open
    });
    depths.max().unwrap_or_default()
}

/// Puts `value` at the end of `parts`; what stands in the way is replaced.
fn set(dict: &mut Dict, parts: &[&str], value: Value) {
    match parts {
        [] => {}
        [last] => {
            dict.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let mut below = dict.remove(*first).and_then(Value::into_dict).unwrap_or_default();
            set(&mut below, rest, value);
            dict.insert((*first).to_owned(), Value::from(below));
        }
    }
}

impl Provider for &Variables {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let mut dict = Dict::new();
        for (key, (_, value)) in &self.0 {
            set(&mut dict, &key.split('.').collect::<Vec<_>>(), value.clone());
        }
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Layers, Place};

    fn layers(variables: &[(&str, &str)]) -> Result<Layers, Box<Problem>> {
        let owned: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Layers::of(Vec::new(), &owned, Vec::new())
    }

    #[test]
    fn a_variable_sets_the_key_that_its_name_leads_to_and_others_set_nothing() {
        let set = [
            ("TANIST__VALIDATOR__MAIN__POLICY__MISSED", "7"),
            ("tanist__log__format", "json"),
            ("TANIST_LOG", "debug"),
            ("PATH", "/bin"),
        ];
        let layers = layers(&set).unwrap();
        let missed = layers.figment.find_value("validator.main.policy.missed").unwrap();
        assert_eq!(missed.to_u128(), Some(7));
        assert_eq!(layers.locate("log.format"), Some(Place::Variable("tanist__log__format".into())));
        assert_eq!(layers.locate("validator"), Some(Place::Variable(set[0].0.into())));
        assert_eq!(layers.locate("journal"), None);
    }

    #[test]
    fn an_empty_variable_is_a_value_with_a_place() {
        let layers = layers(&[("TANIST__MODE", "")]).unwrap();
        let problem = crate::Settings::read(&layers).unwrap_err();
        assert_eq!(problem.at.as_deref(), Some("mode (environment variable TANIST__MODE)"));
    }

    #[test]
    fn a_name_that_leads_to_no_key_is_told_and_not_left_aside() {
        let long = format!("TANIST__{}", vec!["A"; 30_000].join("__"));
        for name in ["TANIST__", "TANIST____MODE", "TANIST__JOURNAL__", "TANIST__A____B", &long] {
            let problem = layers(&[(name, "1")]).unwrap_err();
            let at = problem.at.unwrap();
            assert!(at.starts_with("environment variable TANIST__") && at.len() < 120, "{at}");
        }
    }

    #[test]
    fn a_value_nested_without_end_is_told_and_not_read() {
        for value in ["[".repeat(100_000), "{a=".repeat(100_000), format!(" {}", "[".repeat(17))] {
            let problem = layers(&[("TANIST__MODE", &value)]).unwrap_err();
            assert_eq!(problem.at.as_deref(), Some("environment variable TANIST__MODE"));
        }
        let deepest = format!("{}1{}", "[".repeat(16), "]".repeat(16));
        assert!(layers(&[("TANIST__MODE", &deepest)]).is_ok());
        assert!(layers(&[("TANIST__INSTANCE", &format!("a{}", "[".repeat(1000)))]).is_ok());
    }

    #[test]
    fn a_value_and_what_is_below_it_are_no_contradiction() {
        let layers = layers(&[("TANIST__JOURNAL__PATH", "/a"), ("TANIST__JOURNAL", "b")]).unwrap();
        assert_eq!(layers.figment.find_value("journal.path").unwrap().as_str(), Some("/a"));
    }
}
