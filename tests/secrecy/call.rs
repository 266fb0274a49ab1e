//! One call of the program that handles secrets.
use crate::needle::Needles;
use crate::scene::Scene;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A call, what it is given, and through which doors it may let secrets out.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Words of the command line; one that starts with `@` is the path of that file.
    arguments: Vec<&'static str>,
    stdin: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    secrets: Needles,
    public: Vec<&'static str>,
    doors: Vec<&'static str>,
    /// A text that its standard output holds where it did what it is here for.
    prints: &'static str,
}

impl Call {
    /// A call that prints `prints`.
    pub(crate) fn new(line: &'static str, prints: &'static str) -> Self {
        let arguments = line.split_whitespace().collect();
        Self {
            arguments,
            stdin: "",
            files: Vec::new(),
            secrets: Needles::default(),
            public: Vec::new(),
            doors: Vec::new(),
            prints,
        }
    }

    /// The same with this on its standard input.
    pub(crate) fn stdin(self, stdin: &'static str) -> Self {
        Self { stdin, ..self }
    }

    /// The same with a file that nobody else can read.
    pub(crate) fn file(mut self, name: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name, content.into()));
        self
    }

    /// The same, and this must not be left behind.
    pub(crate) fn hiding(self, secrets: Needles) -> Self {
        Self { secrets: self.secrets.and(secrets), ..self }
    }

    /// The same, and this is public though it comes out with what is private: the public half of a key pair, hex.
    pub(crate) fn telling(mut self, public: &'static str) -> Self {
        self.public.push(public);
        self
    }

    /// The same, and what comes out at `door` (a file, a folder, or `out` for the standard output) is secret but asked
    /// for there.
    pub(crate) fn door(mut self, door: &'static str) -> Self {
        self.doors.push(door);
        self
    }

    /// Puts the files into `scene`; says where the standard input is.
    pub(crate) fn prepare(&self, scene: &Scene) -> PathBuf {
        for (name, content) in &self.files {
            scene.write(name, content);
        }
        scene.write("stdin", self.stdin.as_bytes())
    }

    /// The command line in `scene`.
    pub(crate) fn arguments(&self, scene: &Scene) -> Vec<String> {
        let word = |word: &&str| match word.strip_prefix('@') {
            Some(name) => scene.path(name).display().to_string(),
            None => (*word).to_owned(),
        };
        self.arguments.iter().map(word).collect()
    }

    /// The command line as it is written here.
    pub(crate) fn line(&self) -> String {
        self.arguments.join(" ")
    }

    /// Paths of the doors.
    pub(crate) fn doors(&self, scene: &Scene) -> Vec<PathBuf> {
        self.doors.iter().map(|door| scene.path(door)).collect()
    }

    /// Everything that must not be left behind, after the call: what it was given and what came out of the doors.
    pub(crate) fn secrets(&self, scene: &Scene) -> Needles {
        let (out, err) = (scene.read("out"), scene.read("err"));
        assert!(out.contains(self.prints), "`{}` printed {out:?} and {err:?}", self.line());
        let let_out = self.doors.iter().flat_map(|door| scene.texts_below(door)).collect::<Vec<_>>();
        assert!(self.doors.is_empty() || !let_out.is_empty(), "`{}` let nothing out", self.line());
        let secrets = let_out.iter().flat_map(|text| text.lines()).fold(self.secrets.clone(), private_of);
        self.public.iter().fold(secrets, |secrets, public| secrets.without(public))
    }
}

/// What is private in a line that came out of a door: in a document whatever follows the first private field, else all
/// of it.
fn private_of(needles: Needles, line: &str) -> Needles {
    if !line.starts_with('{') {
        return of_text(needles, "what came out", line);
    }
    let start = [",\"private_key\":", ",\"phrase\":"].iter().find_map(|field| line.find(field));
    let private = format!("{{{}", &line[start.unwrap_or_else(|| panic!("nothing private came out: {line}")) + 1..]);
    let private: BTreeMap<String, String> = serde_json::from_str(&private).unwrap();
    private.iter().fold(needles, |needles, (name, text)| of_text(needles, name, text))
}

fn of_text(needles: Needles, name: &str, text: &str) -> Needles {
    if text.split_whitespace().count() >= 4 { needles.phrase(text) } else { needles.text(name, text) }
}
