//! The sessions of `docs/keys.md`, run as they stand there.
//!
//! `TRYCMD=overwrite` writes what came out into the document.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The document in a folder of its own, beside the folder in which its sessions run. Version control
/// does not keep file modes, so the material gets them here.
fn prepared() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("keys.md");
    fs::copy(original(), &copy).unwrap();
    let sessions = place.path().join("keys.in");
    fs::create_dir(&sessions).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documented")).unwrap() {
        let entry = entry.unwrap();
        let to = sessions.join(entry.file_name());
        fs::copy(entry.path(), &to).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
    }
    (place, copy)
}

fn original() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/keys.md")
}

#[test]
fn every_session_of_the_document_goes_as_it_is_written() {
    let (_place, copy) = prepared();
    let blocks = fs::read_to_string(&copy).unwrap().matches("```console").count();
    assert!(blocks > 10, "only {blocks} sessions were found");
    trycmd::TestCases::new()
        .register_bin("tanist", assert_cmd::cargo::cargo_bin!("tanist"))
        .env("COLUMNS", "100")
        .case(&copy)
        .run();
    if std::env::var_os("TRYCMD").is_some_and(|wish| wish == "overwrite") {
        fs::copy(copy, original()).unwrap();
    }
}

#[test]
fn every_script_of_the_document_runs_to_its_end() {
    let (place, copy) = prepared();
    let text = fs::read_to_string(copy).unwrap();
    let scripts: Vec<_> = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(scripts.len() > 2, "only {} scripts were found", scripts.len());
    let folder = assert_cmd::cargo::cargo_bin!("tanist").parent().unwrap().display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    for script in scripts {
        let output = Command::new("sh")
            .args(["-euc", script])
            .current_dir(place.path().join("keys.in"))
            .env_clear()
            .env("PATH", &path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
