//! The import law: which module may use which. A line that breaks it names file, line and module.

#![allow(clippy::unwrap_used, reason = "clippy takes only test functions for tests, not their helpers")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules of the crate that each may import, besides itself.
fn law() -> BTreeMap<&'static str, Vec<&'static str>> {
    let core = ["domain", "secret", "sanitize", "error"];
    let with = |more: &[&'static str]| core.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    BTreeMap::from([
        ("error", vec![]),
        ("sanitize", vec![]),
        ("secret", vec![]),
        // A draft holds the secret that is about to be kept.
        ("domain", vec!["secret"]),
        ("config", vec!["domain", "error"]),
        ("net", vec!["secret", "error"]),
        ("store", vec!["domain", "secret", "error"]),
        ("rack", vec!["domain", "error"]),
        ("hosts", with(&["net"])),
        ("simulator", vec!["domain", "hosts::facts"]),
        ("ops", with(&["config", "net", "store", "rack", "hosts", "simulator"])),
        ("diagnose", with(&["ops", "config", "net", "store", "rack", "hosts"])),
        ("ui", with(&["config", "hosts::facts"])),
        ("cli", with(&["ops", "diagnose", "config", "hosts", "net", "rack", "store"])),
        ("runtime", with(&["ui", "ops", "diagnose", "config", "hosts", "store"])),
    ])
}

/// Crates that a module must not touch.
fn foreign() -> BTreeMap<&'static str, Vec<&'static str>> {
    BTreeMap::from([
        // Addresses may be read there, as text; sockets may not be opened.
        ("ui", vec!["tokio", "reqwest", "rusqlite", "std::fs", "std::env", "std::net::TcpStream", "std::process"]),
        ("ops", vec!["clap", "ratatui", "crossterm"]),
        ("diagnose", vec!["clap", "ratatui", "crossterm", "reqwest"]),
        ("hosts", vec!["reqwest", "tokio", "rusqlite"]),
        ("domain", vec!["tokio", "reqwest", "std::fs", "std::env", "std::net"]),
        ("simulator", vec!["reqwest"]),
    ])
}

fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && path.file_stem().is_none_or(|n| n != "tests") {
                let below = path.strip_prefix(&root).unwrap();
                let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
                found.push((first.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found.sort();
    found
}

/// Lines of code: without comments, and without what follows the unit tests' header.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .enumerate()
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .map(|(n, line)| (n + 1, line.split("//").next().unwrap_or("").to_owned()))
        .collect()
}

/// Paths that follow `crate::` in a line, groups taken apart: `crate::{a, b::c}` gives `a` and `b::c`.
fn imports(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in line.split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or("");
            found.extend(group.split(',').map(|p| p.trim().to_owned()));
        } else {
            found.push(part.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect());
        }
    }
    found.retain(|p| !p.is_empty());
    found
}

#[test]
fn modules_import_only_what_the_law_allows() {
    let law = law();
    let mut broken = Vec::new();
    for (module, path) in sources() {
        if module == "main" || module == "lib" {
            continue;
        }
        let allowed =
            law.get(module.as_str()).unwrap_or_else(|| panic!("the module `{module}` has no line in the law"));
        for (n, line) in code(&path) {
            for import in imports(&line) {
                let fine = import.split("::").next() == Some(module.as_str())
                    || allowed.iter().any(|a| import == *a || import.starts_with(&format!("{a}::")));
                if !fine {
                    broken.push(format!("{}:{n}: {module} must not use {import}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn modules_stay_away_from_what_is_not_theirs() {
    let foreign = foreign();
    let mut broken = Vec::new();
    for (module, path) in sources() {
        for (n, line) in code(&path) {
            for name in foreign.get(module.as_str()).into_iter().flatten() {
                if line.contains(&format!("{name}::")) {
                    broken.push(format!("{}:{n}: {module} must not use {name}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn nobody_prints_but_the_one_place_that_does() {
    for (module, path) in sources() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (n, line) in code(&path) {
            let streams = line.contains("std::io::stdout")
                || line.contains("std::io::stderr")
                || line.contains("io::{self, stdout");
            let home = (module == "cli" && name == "io.rs")
                || (module == "runtime" && name == "terminal.rs")
                || module == "main";
            assert!(
                !streams || home,
                "{}:{n}: only cli/io.rs and runtime/terminal.rs write to the terminal",
                path.display()
            );
        }
    }
}

#[test]
fn every_family_has_its_asset_its_simulator_and_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(root.join("assets/hosts")).unwrap() {
        let path = entry.unwrap().path();
        let Some(id) =
            path.file_stem().and_then(|s| s.to_str()).filter(|_| path.extension().is_some_and(|e| e == "toml"))
        else {
            continue;
        };
        let module = id.replace('-', "_");
        for place in
            [format!("src/hosts/{module}.rs"), format!("src/simulator/{module}.rs"), format!("tests/hosts/{module}.rs")]
        {
            let there = root.join(&place).exists() || root.join(place.replace(".rs", "/mod.rs")).exists();
            assert!(there, "{id} has no {place}");
        }
    }
}

#[test]
fn every_test_file_is_part_of_its_binary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let main = folder.join("main.rs");
        if !main.exists() {
            continue;
        }
        let text = fs::read_to_string(&main).unwrap();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            if file.extension().is_some_and(|e| e == "rs") && name != "main" {
                assert!(text.contains(&format!("mod {name};")), "{} is not part of {}", file.display(), main.display());
            }
        }
    }
}

/// Advice names commands; one that does not exist is worse than none.
#[test]
fn every_command_that_a_text_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cli = fs::read_to_string(root.join("src/cli/mod.rs")).unwrap();
    let verbs = cli.split("enum Verb {").nth(1).unwrap().split('}').next().unwrap();
    let mut known: Vec<String> =
        verbs.lines().filter_map(|l| l.trim().split_once('(').map(|(v, _)| v.to_lowercase())).collect();
    known.extend(["help".to_owned(), "check".to_owned()]);
    let mut texts: Vec<PathBuf> = sources().into_iter().map(|(_, path)| path).collect();
    for folder in ["assets", "assets/hosts", "assets/profiles"] {
        texts.extend(fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()));
    }
    texts.push(root.join("README.md"));
    for path in texts {
        let text = fs::read_to_string(&path).unwrap();
        // In data a command also stands bare after a colon; in code that may be a sentence.
        let data = path.extension().is_some_and(|e| e == "toml");
        let forms = if data { &["`keyrack ", ": keyrack "][..] } else { &["`keyrack "][..] };
        for named in forms.iter().flat_map(|before| text.split(before).skip(1)) {
            let verb: String = named.chars().take_while(char::is_ascii_lowercase).collect();
            assert!(verb.is_empty() || known.contains(&verb), "{}: there is no `keyrack {verb}`", path.display());
        }
    }
}
