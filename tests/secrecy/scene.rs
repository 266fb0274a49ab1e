//! A folder for one run of a program.
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that goes with the value.
#[derive(Debug)]
pub(crate) struct Scene(TempDir);

impl Scene {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The path of `name` in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a new file that nobody else can read.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        file.write_all(content).unwrap();
        path
    }

    /// Content of a file as text; empty where there is none.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Every text below `name`, itself or in a folder.
    pub(crate) fn texts_below(&self, name: &str) -> Vec<String> {
        fn collect(path: &Path, texts: &mut Vec<String>) {
            if path.is_dir() {
                for entry in fs::read_dir(path).unwrap() {
                    collect(&entry.unwrap().path(), texts);
                }
            } else if let Ok(text) = fs::read_to_string(path) {
                texts.push(text);
            }
        }
        let mut texts = Vec::new();
        collect(&self.path(name), &mut texts);
        texts
    }
}
