//! The rules of the house, enforced on every file of the repository; and each rule shown to be able to fail.

// Clippy takes only the test functions themselves for tests, not what they call.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/source.rs"]
mod source;

use std::{fs, path::Path};

use rules::{File, RULES, Rule, missing};

/// Folders that git ignores, and git's own.
const SKIPPED: &[&str] = &[".git", ".tools", "target", "chancery-data", "__pycache__", "venv"];

/// Reads every file below a folder that is text; others have their path only.
fn gather(top: &Path, below: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(top.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        match entry.file_type().unwrap().is_dir() {
            true => gather(top, &path, files),
            false => {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                files.push(File { path, text });
            }
        }
    }
}

fn repository() -> Vec<File> {
    let mut files = Vec::new();
    gather(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut files);
    files
}

/// Applies rules to files and says what is broken, where, why it matters and what to do.
fn broken(rules: &[Rule], files: &[File]) -> String {
    let mut said = String::new();
    for rule in rules {
        let mut places = String::new();
        for file in files.iter().filter(|file| (rule.applies)(&file.path)) {
            for finding in (rule.find)(file) {
                places += &format!("  {}:{}: {}\n", file.path, finding.line, finding.what);
            }
        }
        if !places.is_empty() {
            said += &format!("\n{}: {}\n{places}", rule.name, rule.why);
        }
    }
    said
}

#[test]
fn every_file_keeps_the_rules() {
    let said = broken(RULES, &repository());
    assert!(said.is_empty(), "{said}");
}

#[test]
fn the_top_level_is_complete() {
    let paths: Vec<String> = repository().into_iter().map(|file| file.path).collect();
    assert_eq!(missing(&paths), [""; 0], "these belong to every checkout: see tests/tidy/rules.rs");
}

#[test]
fn what_is_missing_is_found() {
    let all: Vec<String> = rules::REQUIRED.iter().map(|required| format!("{required}/file")).collect();
    assert_eq!(missing(&all), [""; 0]);
    for required in rules::REQUIRED {
        let without: Vec<String> = all
            .iter()
            .filter(|path| !path.starts_with(*required))
            .cloned()
            .chain(["srcs/x".into()])
            .collect();
        assert_eq!(missing(&without), [*required]);
    }
}

#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    for script in [".ci/run", "scripts/test", "scripts/setup"] {
        let mode =
            fs::metadata(Path::new(env!("CARGO_MANIFEST_DIR")).join(script)).unwrap().permissions().mode();
        assert_ne!(mode & 0o111, 0, "{script} must be executable: chmod +x {script}");
    }
}

/// A rule, a file, and what the rule finds there: line and text.
type Case = (&'static str, &'static str, &'static str, &'static [(usize, &'static str)]);

const CASES: &[Case] = &[
    // The direction of the layers.
    ("layers", "src/ledger/codec.rs", "use crate::domain::Fact;\nuse crate::log::Log;", &[]),
    ("layers", "src/domain/fact.rs", "use crate::log::Log;", &[(1, "domain may not use crate::log::Log")]),
    (
        "layers",
        "src/log/mod.rs",
        "use crate::{position::P, domain};",
        &[(1, "log may not use crate::domain")],
    ),
    (
        "layers",
        "src/wire/mod.rs",
        "use crate::{\n    domain::{a, b::{c}},\n    ledger::{x, y as z},\n};",
        &[(3, "wire may not use crate::ledger::x"), (3, "wire may not use crate::ledger::y")],
    ),
    ("layers", "src/log/sled.rs", "fn f() -> Vec<crate::cli::A> {}", &[(1, "log may not use crate::cli::A")]),
    ("layers", "src/log/sled.rs", "let x = y as crate::cli::A;", &[(1, "log may not use crate::cli::A")]),
    (
        "layers",
        "src/domain/a/b.rs",
        "use super::super::super::log::X;",
        &[(1, "domain may not use crate::log::X")],
    ),
    ("layers", "src/domain/a/b.rs", "use super::super::log::X;", &[]),
    ("layers", "src/domain/a.rs", "mod tests { use super::super::log; }", &[]),
    (
        "layers",
        "src/domain/a.rs",
        "mod tests { fn f() { {} } use super::super::super::log; }\nuse super::super::wire;",
        &[(1, "domain may not use crate::log"), (2, "domain may not use crate::wire")],
    ),
    ("layers", "src/log/a.rs", "use self::super::super::{wire};", &[(1, "log may not use crate::wire")]),
    ("layers", "src/log/mod.rs", "use super::*;", &[(1, "log may not use crate::*")]),
    ("layers", "src/log/mod.rs", "use crate::{self as r};", &[(1, "log may not use crate::self")]),
    (
        "layers",
        "src/log/mod.rs",
        "use crate as r;",
        &[(1, "the crate under another name hides what is used")],
    ),
    ("layers", "src/cli/mod.rs", "use chancery::service;", &[(1, "cli may not use chancery::service")]),
    ("layers", "src/main.rs", "use chancery::cli;", &[]),
    ("layers", "src/lib.rs", "pub mod cli;", &[]),
    ("layers", "src/utilities.rs", "", &[(0, "utilities is not a layer")]),
    (
        "layers",
        "src/domain/mod.rs",
        "// crate::log::Log\n/* /* */ crate::log */ \"crate::log\" r#\"\"crate::log\"#",
        &[],
    ),
    (
        "layers",
        "src/domain/mod.rs",
        "'\"' 'a: crate::log::L '\\'' \"",
        &[(1, "domain may not use crate::log::L")],
    ),
    ("layers", "src/domain/mod.rs", "pub(crate) fn f(self) { self.x(); $crate::domain::y!() }", &[]),
    ("layers", "src/position.rs", "use crate::domain::X;", &[(1, "position may not use crate::domain::X")]),
    // The purity of the domain.
    ("pure domain", "src/domain/a.rs", "use std::{fmt, collections::BTreeMap, time::Duration};", &[]),
    ("pure domain", "src/domain/a.rs", "use std::{fmt, fs::File};", &[(1, "std::fs::File")]),
    ("pure domain", "src/domain/a.rs", "std::time::SystemTime::now()", &[(1, "std::time::SystemTime::now")]),
    ("pure domain", "src/domain/a.rs", "jiff::Timestamp::now()", &[(1, "jiff::Timestamp::now")]),
    ("pure domain", "src/domain/a.rs", "\nUuid::now_v7()", &[(2, "Uuid::now_v7")]),
    ("pure domain", "src/domain/a.rs", "use tokio::sync::watch;", &[(1, "tokio::sync::watch")]),
    ("pure domain", "src/domain/a.rs", "async fn f() {}", &[(1, "async")]),
    ("pure domain", "src/domain/a.rs", "let random = instant; // tokio", &[]),
    // Libraries that have one place.
    ("one bincode file", "src/ledger/a.rs", "#[derive(bincode::Encode)]", &[(1, "bincode::Encode")]),
    ("one bincode file", "src/ledger/a.rs", "use bincode;", &[(1, "bincode")]),
    ("one bincode file", "src/ledger/a.rs", "let bincode = 1;", &[]),
    ("sled in its corner", "src/log/mod.rs", "pub mod sled;\npub use self::sled::SledLog;", &[]),
    ("sled in its corner", "src/ledger/a.rs", "use sled::{Db, Tree};", &[(1, "sled::Db"), (1, "sled::Tree")]),
    ("sled in its corner", "src/ledger/a.rs", "extern crate sled;", &[(1, "sled")]),
    // Form.
    ("opening sentence", "src/a.rs", "//! What it is.\n", &[]),
    ("opening sentence", "tests/a.rs", "\n//! What it is.\n", &[(1, "no //! at the top")]),
    ("finished code", "src/a.rs", "fn todo() { todo(); let s = \"todo!()\"; }", &[]),
    ("finished code", "src/a.rs", "fn f() {\n    todo!()\n}", &[(2, "todo!(")]),
    ("finished code", "src/a.rs", "unimplemented!(); dbg!(x)", &[(1, "unimplemented!("), (1, "dbg!(")]),
    ("finished code", "tests/a.rs", "#[test]\n#[ignore = \"slow\"]", &[(2, "#[ignore")]),
    ("finished code", "docs/a.md", concat!("a\nTO", "DO: b"), &[(2, concat!("TO", "DO"))]),
    ("finished code", "proto/a.proto", concat!("// FIX", "ME"), &[(1, concat!("FIX", "ME"))]),
    ("white space", "src/a.rs", "a\n  b\n", &[]),
    ("white space", "docs/a.md", "a \n\tb\nc\r\n", &[(1, SPACE), (2, "a tab"), (3, SPACE)]),
    ("white space", "proto/a.proto", "a", &[(0, "no line break at the end")]),
    ("any machine", "docs/a.md", concat!("see /ho", "me/me/x"), &[(1, concat!("/ho", "me/"))]),
    ("any machine", "scripts/test", concat!("cd \"/ro", "ot/x\""), &[(1, concat!("/ro", "ot/"))]),
    ("any machine", "src/a.rs", concat!("//! a\n\"/wo", "rk/x\""), &[(2, concat!("/wo", "rk/"))]),
    ("any machine", "seeds/a.jsonl", concat!("https://example.org/ho", "me/x and a/wo", "rk/b"), &[]),
    ("dependencies", "Cargo.lock", "name = \"jiff\"\nsource = \"registry+https://x\"", &[]),
    (
        "dependencies",
        "Cargo.lock",
        "name = \"chrono\"\nname = \"openssl-sys\"",
        &[(1, "chrono"), (2, "openssl-sys")],
    ),
    ("dependencies", "Cargo.lock", "source = \"git+https://x\"", &[(1, "git+https://x")]),
];

const SPACE: &str = "white space at the end";

/// A rule by its name, which must exist and be for the path.
fn rule(name: &str, path: &str) -> &'static Rule {
    let rule =
        RULES.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("there is no rule {name}"));
    assert!((rule.applies)(path), "{name} is not for {path}");
    rule
}

#[test]
fn rules_find_what_they_should_and_no_more() {
    for (name, path, text, expected) in CASES {
        let file = File { path: (*path).into(), text: (*text).into() };
        let found = (rule(name, path).find)(&file);
        let found: Vec<_> = found.iter().map(|finding| (finding.line, finding.what.as_str())).collect();
        assert_eq!(found, *expected, "{name} on {path}: {text}");
    }
}

#[test]
fn size_is_counted_in_lines() {
    let of = |lines: usize| File { path: "src/a.rs".into(), text: "x\n".repeat(lines) };
    assert_eq!((rule("size", "src/a.rs").find)(&of(500)), []);
    assert_eq!((rule("size", "src/a.rs").find)(&of(501))[0].what, "501 lines");
}

#[test]
fn every_rule_is_shown_to_fail_and_to_pass() {
    for rule in RULES.iter().filter(|rule| rule.name != "size") {
        let mut cases =
            CASES.iter().filter(|(name, ..)| *name == rule.name).map(|(.., expected)| expected.is_empty());
        let (passes, fails) = (cases.clone().any(|passes| passes), cases.any(|passes| !passes));
        assert!(passes && fails, "{} needs a case that breaks it and one that does not", rule.name);
    }
}

#[test]
fn rules_leave_alone_the_files_they_are_not_for() {
    for (name, path) in [
        ("one bincode file", "src/ledger/codec.rs"),
        ("sled in its corner", "src/log/sled/block.rs"),
        ("sled in its corner", "src/log/sled.rs"),
        ("pure domain", "src/ledger/clock.rs"),
        ("layers", "tests/log.rs"),
        ("white space", "tests/formats/1/db"),
    ] {
        let rule = RULES.iter().find(|rule| rule.name == name).unwrap();
        assert!(!(rule.applies)(path), "{name} on {path}");
    }
}

#[test]
fn a_report_names_the_rule_the_reason_and_the_place() {
    let file = File { path: "src/domain/a.rs".into(), text: "//! A.\nuse crate::log;\n".into() };
    let said = broken(RULES, &[file]);
    assert!(said.contains("layers: Layers point one way"), "{said}");
    assert!(said.contains("src/domain/a.rs:2: domain may not use crate::log"), "{said}");
}
