//! What documents name must be there.
#![allow(missing_docs, clippy::unwrap_used)]
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Markdown files of the repository that are its own.
fn documents() -> Vec<PathBuf> {
    let folders = ["", "docs", "docs/adr", "docs/chains", "devnet/radix"];
    let inside = folders.iter().filter_map(|folder| std::fs::read_dir(top().join(folder)).ok()).flatten();
    let mut found: Vec<_> = inside.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    found
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let mut links = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for rest in text.split("](").skip(1) {
            let target = rest.split([')', '#']).next().unwrap();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let path = document.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}, which is not there", document.display());
        }
    }
    assert!(links > 20, "only {links} links were found");
}

#[test]
fn every_test_that_the_safety_statement_names_is_there() {
    let text = std::fs::read_to_string(top().join("docs/safety.md")).unwrap();
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter(|name| name.contains('/')).collect();
    let (folders, mut found) = ([top(), top().join("crates")], 0);
    for name in named.into_iter().filter(|name| name.contains("tests/") || name.contains("src/")) {
        let name = name.trim_end_matches("/*");
        found += 1;
        assert!(folders.iter().any(|folder| folder.join(name).exists()), "`{name}` is not there");
    }
    assert!(found > 30, "only {found} were found");
}

#[test]
fn every_recipe_that_a_document_names_exists() {
    let recipes = std::fs::read_to_string(top().join("xtask/src/recipe.rs")).unwrap();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for rest in text.split("cargo xtask ").skip(1) {
            let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            let is_there = name.is_empty() || recipes.contains(&format!("name: \"{name}\""));
            assert!(is_there, "{}: there is no recipe `{name}`", document.display());
        }
    }
}
