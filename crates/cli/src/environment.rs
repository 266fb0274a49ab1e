//! The process environment, read in this one place.
use crate::settings::layers::is_setting;
use std::ffi::OsString;

/// The variable `name`, where it is set and not empty.
#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The variable `name` as text; `None` where it is unset, empty or not UTF-8.
pub(crate) fn text(name: &str) -> Option<String> {
    variable(name)?.into_string().ok()
}

/// The variables that set values of the configuration, name and value, by name.
#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn settings() -> Vec<(String, String)> {
    let text = |part: OsString| part.to_string_lossy().into_owned();
    let all = std::env::vars_os().map(|(name, value)| (text(name), value));
    let mut set: Vec<_> = all.filter(|(name, _)| is_setting(name)).map(|(name, value)| (name, text(value))).collect();
    set.sort_unstable();
    set
}

/// What a program that is asked for a secret gets to see of our environment, and nothing else.
pub(crate) fn of_children() -> impl Iterator<Item = (&'static str, OsString)> {
    const PASSED: [&str; 8] =
        ["PATH", "HOME", "USER", "LOGNAME", "LANG", "XDG_RUNTIME_DIR", "GNUPGHOME", "PASSWORD_STORE_DIR"];
    PASSED.into_iter().filter_map(|name| Some((name, variable(name)?)))
}
