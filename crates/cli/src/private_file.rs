//! New files and folders that only their owner can read. What exists is never touched.
use crate::exit::Exit;
use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path};
use zeroize::Zeroizing;

/// Writes `content` to the new file `path`, mode 0600. File and folder are on disk when this returns;
/// a file that could not be written whole is removed again.
pub(crate) fn create(path: &Path, content: &[u8]) -> Result<(), Box<Failure>> {
    write(path, content).and_then(|()| sync(above(path))).map_err(|error| failed("file", path, &error))
}

/// Writes `files` below the new folder `path`, mode 0700: plain relative names, joined by `/`. Names
/// are looked at before anything is made.
pub(crate) fn create_folder(path: &Path, files: &BTreeMap<String, Zeroizing<Vec<u8>>>) -> Result<(), Box<Failure>> {
    if let Some(name) = files.keys().find(|name| !is_plain(name)) {
        let what = format!("`{}` is not a plain name below a folder", name.escape_debug());
        return Err(Failure::new(Exit::Error, "output", what).hint("nothing was written"));
    }
    folder(path).map_err(|error| failed("folder", path, &error))?;
    for (name, content) in files {
        let file = path.join(name);
        let inner = below(path, &file).try_for_each(|inner| match folder(inner) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made,
        });
        inner
            .and_then(|()| write(&file, content))
            .and_then(|()| below(path, &file).try_for_each(sync))
            .map_err(|error| failed("file", &file, &error).hint(format!("{} is not complete", path.display())))?;
    }
    sync(path).and_then(|()| sync(above(path))).map_err(|error| failed("folder", path, &error))
}

fn folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content).and_then(|()| file.sync_all()).inspect_err(|_| {
        // Half a key is worse than none; that removing it may fail too changes nothing of the error.
        std::fs::remove_file(path).ok();
    })
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn above(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Folders between `top` and `file`, outermost first.
fn below<'a>(top: &'a Path, file: &'a Path) -> impl Iterator<Item = &'a Path> {
    let between: Vec<_> = file.ancestors().skip(1).take_while(move |folder| *folder != top).collect();
    between.into_iter().rev()
}

fn is_plain(name: &str) -> bool {
    let parts: Vec<_> = name.split('/').collect();
    !name.contains(char::is_control)
        && parts.iter().all(|part| {
            let mut components = Path::new(part).components();
            matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
        })
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Box<Failure> {
    let failure =
        Failure::new(Exit::Error, "output", format!("{what} {} cannot be created", path.display())).caused_by(error);
    match error.kind() {
        ErrorKind::AlreadyExists => failure.hint("name one that does not exist yet"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn files(names: &[&str]) -> BTreeMap<String, Zeroizing<Vec<u8>>> {
        names.iter().map(|name| ((*name).to_owned(), Zeroizing::new(name.as_bytes().to_vec()))).collect()
    }

    #[test]
    fn a_new_file_is_its_owners_alone_and_an_existing_one_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("key");
        create(&path, b"first").unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        assert!(create(&path, b"second").unwrap_err().hint.unwrap().contains("does not exist"));
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn a_folder_holds_every_file_and_nobody_else_can_enter_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out");
        create_folder(&path, &files(&["a", "deep/er/b", "deep/c"])).unwrap();
        for name in ["a", "deep/er/b", "deep/c"] {
            assert_eq!((std::fs::read(path.join(name)).unwrap(), mode(&path.join(name))), (name.into(), 0o600));
        }
        for folder in ["", "deep", "deep/er"] {
            assert_eq!(mode(&path.join(folder)), 0o700);
        }
        assert!(create_folder(&path, &files(&["z"])).is_err());
        assert!(!path.join("z").exists());
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused_before_anything_is_made() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("out");
        for name in ["../a", "/a", "", "a//b", "a/./b", ".", "a/..", "a/", "a\nb"] {
            assert!(create_folder(&path, &files(&["good", name])).is_err(), "{name:?}");
            assert!(!path.exists(), "{name:?}");
        }
    }
}
