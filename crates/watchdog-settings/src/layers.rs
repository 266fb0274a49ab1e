//! Where values come from: files, environment, flags. Later layers win.
use crate::problem::Problem;
use crate::variables::Variables;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider, Source};
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml_edit::{ImDocument, TableLike};

/// Largest configuration file, bytes.
const LARGEST: u64 = 1024 * 1024;

/// Where to look.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Directory of `tanist.toml` and `conf.d`, neither of which needs to exist.
    pub base: PathBuf,
    /// Files named by `-c`, in their order; each must exist.
    pub explicit: Vec<PathBuf>,
    /// Variables of the environment, name and value; those that set nothing are left aside.
    pub variables: Vec<(String, String)>,
    /// Values given by flags: flag, key, value.
    pub flags: Vec<Flag>,
}

/// A value given by a flag: flag, key, value.
pub type Flag = (&'static str, &'static str, String);

/// The layers, read.
#[derive(Debug)]
pub struct Layers {
    /// All of them, merged.
    pub figment: Figment,
    files: Vec<File>,
    variables: Variables,
    flags: Vec<Flag>,
}

/// Where a value was set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// A line of a file, from 1.
    Line(PathBuf, usize),
    /// A variable of the environment.
    Variable(String),
    /// A flag.
    Flag(&'static str),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

struct File {
    path: PathBuf,
    document: ImDocument<String>,
    values: Dict,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("File").field(&self.path).finish()
    }
}

impl Layers {
    /// Reads every layer: the base's file, the base's `conf.d` in byte order, the files named, the
    /// environment, the flags.
    pub fn read(sources: &Sources) -> Result<Self, Box<Problem>> {
        let mut files = Vec::new();
        files.extend(File::read_if_there(&sources.base.join("tanist.toml"))?);
        for path in fragments(&sources.base.join("conf.d"))? {
            files.extend(File::read_if_there(&path)?);
        }
        for path in &sources.explicit {
            let file = File::read_if_there(path)?.ok_or_else(|| {
                let what = format!("configuration file {} does not exist", path.display());
                Problem::new(what).hint("name an existing file with `-c`")
            })?;
            files.push(file);
        }
        Ok(Self::merged(files, Variables::read(&sources.variables)?, sources.flags.clone()))
    }

    /// The same of texts that stand for files.
    ///
    /// # Errors
    /// A text is no TOML, or a variable names no key.
    pub fn of(
        texts: Vec<(PathBuf, String)>,
        variables: &[(String, String)],
        flags: Vec<Flag>,
    ) -> Result<Self, Box<Problem>> {
        let files = texts.into_iter().map(|(path, text)| File::parse(&path, &text)).collect::<Result<_, _>>()?;
        Ok(Self::merged(files, Variables::read(variables)?, flags))
    }

    fn merged(files: Vec<File>, variables: Variables, flags: Vec<Flag>) -> Self {
        let mut figment = Figment::new();
        for file in &files {
            figment = figment.merge(file);
        }
        figment = figment.merge(&variables);
        for (name, key, value) in &flags {
            figment = figment.merge(FlagLayer { name, key, value });
        }
        Self { figment, files, variables, flags }
    }

    /// The files read, in their order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// Where `key` was set last; for a table, where its newest part is.
    pub fn locate(&self, key: &str) -> Option<Place> {
        if let Some((flag, ..)) = self.flags.iter().find(|(_, set, _)| *set == key) {
            return Some(Place::Flag(flag));
        }
        if let Some(name) = self.variables.of(key) {
            return Some(Place::Variable(name.to_owned()));
        }
        let parts: Vec<_> = key.split('.').filter(|part| !part.is_empty()).collect();
        let in_files =
            self.files.iter().rev().find_map(|file| Some(Place::Line(file.path.clone(), file.line(&parts)?)));
        // A table that only the environment opens: name the first of its variables.
        in_files.or_else(|| self.variables.below(key).map(|name| Place::Variable(name.to_owned())))
    }

    /// `key` with the place where it was set.
    pub fn describe(&self, key: &str) -> String {
        match (key, self.locate(key)) {
            ("", _) => "top level".to_owned(),
            (key, Some(place)) => format!("{key} ({place})"),
            (key, None) => key.to_owned(),
        }
    }
}

/// Whether a variable of this name is meant to set a value.
pub fn is_setting(name: &str) -> bool {
    crate::variables::path(name).is_some()
}

/// The variable that sets `key`.
pub fn variable(key: &str) -> String {
    crate::variables::name(key)
}

/// What set a value, in one word or path; `default` where nothing did.
pub fn origin(metadata: Option<&Metadata>, key: &str) -> String {
    match metadata.map(|found| (&found.source, found.name.as_ref())) {
        None => "default".to_owned(),
        Some((Some(Source::File(path)), _)) => path.display().to_string(),
        Some((_, name)) if name.starts_with("flag ") => name.to_owned(),
        Some(_) => variable(key),
    }
}

fn fragments(directory: &Path) -> Result<Vec<PathBuf>, Box<Problem>> {
    let unreadable = |error: std::io::Error| {
        let what = format!("directory {} cannot be read", directory.display());
        Problem::new(what).caused_by(&error)
    };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        if entry.path().extension().is_some_and(|extension| extension == "toml") {
            found.push(entry.path());
        }
    }
    found.sort_unstable_by(|one, other| one.as_os_str().as_encoded_bytes().cmp(other.as_os_str().as_encoded_bytes()));
    Ok(found)
}

impl File {
    fn read_if_there(path: &Path) -> Result<Option<Self>, Box<Problem>> {
        let unreadable = |error: std::io::Error| {
            let what = format!("configuration file {} cannot be read", path.display());
            Problem::new(what).caused_by(&error)
        };
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let mut text = String::new();
        file.take(LARGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > LARGEST {
            let what = format!("configuration file {} is larger than {LARGEST} bytes", path.display());
            return Err(Problem::new(what).hint("is it the right file?"));
        }
        Self::parse(path, &text).map(Some)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, Box<Problem>> {
        // A syntax error is told by its message and place alone: the line may hold anything.
        let wrong = |message: &str, span: Option<Range<usize>>, text: &str| {
            let place = span.map_or_else(|| path.display().to_string(), |span| place(path, text, span.start));
            let message = message.lines().next().unwrap_or_default();
            Problem::new(format!("not valid TOML: {message}")).at(place)
        };
        let values = match <Toml as Format>::from_str::<Dict>(text) {
            Ok(values) => values,
            Err(error) => return Err(wrong(error.message(), error.span(), text)),
        };
        let document =
            ImDocument::parse(text.to_owned()).map_err(|error| wrong(error.message(), error.span(), text))?;
        Ok(Self { path: path.to_owned(), document, values })
    }

    /// The line of the key at `parts`.
    fn line(&self, parts: &[&str]) -> Option<usize> {
        let (last, tables) = parts.split_last()?;
        let mut table: &dyn TableLike = self.document.as_table();
        for part in tables {
            table = table.get(part)?.as_table_like()?;
        }
        let (key, item) = table.get_key_value(last)?;
        let own = key.span().or_else(|| item.span());
        // A table that exists only through the headers of those below it has no place of its own.
        let start = match own {
            Some(span) => span.start,
            None => item.as_table_like()?.iter().find_map(|(_, below)| below.span())?.start,
        };
        Some(line(self.document.raw(), start))
    }
}

fn line(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

fn place(path: &Path, text: &str, at: usize) -> String {
    let column = text.get(..at).map_or(0, |before| before.chars().rev().take_while(|c| *c != '\n').count()) + 1;
    format!("{}, line {}, column {column}", path.display(), line(text, at))
}

impl Provider for &File {
    fn metadata(&self) -> Metadata {
        Metadata::from("file", self.path.as_path())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

struct FlagLayer<'a> {
    name: &'a str,
    key: &'a str,
    value: &'a str,
}

impl Provider for FlagLayer<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("flag {}", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let nested = figment::util::nest(self.key, Value::from(self.value.to_owned()));
        Ok(Map::from([(Profile::Default, nested.into_dict().unwrap_or_default())]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::parse(Path::new("tanist.toml"), text).unwrap()
    }

    #[test]
    fn a_key_is_found_in_its_line_however_its_table_is_written() {
        let file = file(
            "mode = \"act\"\n[journal]\npath = \"/a\"\n[validator.a.policy]\nmissed = 3\n\n[validator.b]\nnode.x.system = \"u\"\n",
        );
        assert_eq!(file.line(&["mode"]), Some(1));
        assert_eq!(file.line(&["journal", "path"]), Some(3));
        assert_eq!(file.line(&["validator", "a", "policy"]), Some(4));
        assert_eq!(file.line(&["validator", "a", "policy", "missed"]), Some(5));
        assert_eq!(file.line(&["validator", "b"]), Some(7));
        assert_eq!(file.line(&["validator", "b", "node", "x", "system"]), Some(8));
        assert_eq!(file.line(&["validator", "c"]), None);
    }

    #[test]
    fn a_syntax_error_names_line_and_column_and_never_quotes_the_line() {
        let failure = File::parse(Path::new("t.toml"), "mode = \"act\"\nkey = \"planted words\n").unwrap_err();
        let text = format!("{failure:?}");
        assert!(failure.at.as_deref().unwrap().starts_with("t.toml, line 2, column "), "{text}");
        assert!(!text.contains("planted"), "{text}");
    }

    #[test]
    fn later_files_win_and_values_remember_theirs() {
        let base = tempfile::tempdir().unwrap();
        let fragments = base.path().join("conf.d");
        std::fs::create_dir(&fragments).unwrap();
        let put = |path: &Path, text: &str| {
            use std::io::Write;
            std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        };
        put(&base.path().join("tanist.toml"), "mode = \"observe\"\ninstance = \"a\"\n");
        put(&fragments.join("20-b.toml"), "mode = \"act\"\n");
        put(&fragments.join("10-a.toml"), "mode = \"advise\"\n");
        put(&fragments.join("note.txt"), "no toml = = =\n");
        let sources = Sources {
            base: base.path().to_owned(),
            explicit: Vec::new(),
            variables: Vec::new(),
            flags: vec![("--socket", "api.socket", "/s".into())],
        };
        let layers = Layers::read(&sources).unwrap();
        assert_eq!(layers.figment.find_value("mode").unwrap().as_str(), Some("act"));
        assert_eq!(layers.locate("mode"), Some(Place::Line(fragments.join("20-b.toml"), 1)));
        assert_eq!(layers.locate("instance"), Some(Place::Line(base.path().join("tanist.toml"), 2)));
        assert_eq!(layers.locate("api.socket"), Some(Place::Flag("--socket")));
    }

    #[test]
    fn a_file_named_must_exist() {
        let (base, explicit) = ("/nonexistent".into(), vec!["/nonexistent/t.toml".into()]);
        let sources = Sources { base, explicit, variables: Vec::new(), flags: Vec::new() };
        assert!(Layers::read(&sources).unwrap_err().message.contains("/nonexistent/t.toml does not exist"));
    }
}
