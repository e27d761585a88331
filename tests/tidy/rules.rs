//! The rules of the house as data: which files each is for, what it finds there, why, and what to do instead.

use crate::source::{Named, Token, paths, tokens};

/// A file of the repository.
pub struct File {
    /// Its path from the top, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is there.
    pub what: String,
}

/// A rule about single files.
pub struct Rule {
    /// Its name, for the tests of the rules.
    pub name: &'static str,
    /// Why it is there, and what to do instead.
    pub why: &'static str,
    /// Whether it is for a file with this path.
    pub applies: fn(&str) -> bool,
    /// What it finds in such a file.
    pub find: fn(&File) -> Vec<Finding>,
}

/// A layer of the crate and the layers that it may use besides itself.
struct Layer {
    name: &'static str,
    uses: &'static [&'static str],
}

/// The layers, lowest first. The binary stands above all of them.
const LAYERS: &[Layer] = &[
    Layer { name: "position", uses: &[] },
    Layer { name: "domain", uses: &["position"] },
    Layer { name: "log", uses: &["position"] },
    Layer { name: "proof", uses: &["position"] },
    Layer { name: "snapshot", uses: &["position"] },
    Layer { name: "wire", uses: &["position", "domain"] },
    Layer { name: "ledger", uses: &["position", "domain", "log", "proof", "snapshot", "wire"] },
    Layer { name: "projection", uses: &["position", "domain", "log", "proof", "snapshot", "wire", "ledger"] },
    Layer {
        name: "audit",
        uses: &["position", "domain", "log", "proof", "snapshot", "wire", "ledger", "projection"],
    },
    Layer {
        name: "service",
        uses: &["position", "domain", "log", "proof", "snapshot", "wire", "ledger", "projection", "audit"],
    },
    Layer {
        name: "cli",
        uses: &[
            "position",
            "domain",
            "log",
            "proof",
            "snapshot",
            "wire",
            "ledger",
            "projection",
            "audit",
            "service",
        ],
    },
];

/// What only the world outside can give: files, network, clocks, chance, waiting, and other layers' libraries.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "SystemTime",
    "Instant",
    "tokio",
    "tonic",
    "prost",
    "prost_types",
    "sled",
    "rand",
    "tracing",
];

const SOURCE_LINES_MAX: usize = 500;

// Written in two halves so that this file does not break the rules it states.
const LEFTOVERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// What a fresh checkout has at its top, as files or folders.
pub const REQUIRED: &[&str] = &[
    ".ci/run",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "build.rs",
    "proto",
    "scripts/test",
    "seeds",
    "src",
    "tests",
];

/// Every rule about single files.
pub const RULES: &[Rule] = &[
    Rule {
        name: "layers",
        why: "Layers point one way, so that each can be understood, tested and replaced without those above it. Move \
              the code to the layer that may know both, or pass what is needed as an argument. The layers and what \
              each may use stand in tests/tidy/rules.rs and ARCHITECTURE.md.",
        applies: in_source,
        find: layers,
    },
    Rule {
        name: "pure domain",
        why: "The rules of the record give the same answer for the same events, for ever and on every machine. Take \
              dates, bytes and random numbers as arguments and let a layer above get them.",
        applies: |path| is_rust(path) && path.starts_with("src/domain/"),
        find: impurities,
    },
    Rule {
        name: "one bincode file",
        why: "The stored format is pinned by one file behind a version byte. Encode and decode through \
              src/ledger/codec.rs.",
        applies: |path| in_source(path) && path != "src/ledger/codec.rs",
        find: |file| find_crate(file, "bincode"),
    },
    Rule {
        name: "sled in its corner",
        why: "The engine under the log is to be replaceable, and its guards are easily forgotten. Go through the \
              trait Log. (For the module log::sled, write self::sled or crate::log::sled.)",
        applies: |path| in_source(path) && path != "src/log/sled.rs" && !path.starts_with("src/log/sled/"),
        find: |file| find_crate(file, "sled"),
    },
    Rule {
        name: "opening sentence",
        why: "A reader must know what a file is before its first line of code. Begin it with `//!` and one sentence.",
        applies: is_rust,
        find: |file| match file.text.starts_with("//!") {
            true => Vec::new(),
            false => vec![Finding { line: 1, what: "no //! at the top".into() }],
        },
    },
    Rule {
        name: "size",
        why: "A source file of more than 500 lines holds two things. Split it along its nouns.",
        applies: in_source,
        find: |file| match file.text.lines().count() {
            lines if lines <= SOURCE_LINES_MAX => Vec::new(),
            lines => vec![Finding { line: 0, what: format!("{lines} lines") }],
        },
    },
    Rule {
        name: "finished code",
        why: "What is here is finished. Do it now, or write an issue and leave no mark.",
        applies: |path| is_text(path) && !path.starts_with("seeds/"),
        find: unfinished,
    },
    Rule {
        name: "white space",
        why: "Invisible changes hide the visible ones in a diff. Use spaces, none at the end of a line, and end the \
              file with a line break.",
        applies: |path| is_text(path) && !path.starts_with("tests/snapshots/"),
        find: white_space,
    },
    Rule {
        name: "any machine",
        why: "Nothing may depend on, or tell of, one person's machine. Use a relative path, or ~/ in an example.",
        applies: is_text,
        find: machine_paths,
    },
    Rule {
        name: "dependencies",
        why: "TLS is rustls, dates are jiff, and every dependency comes from a registry that keeps it. See what pulls \
              it in with `cargo tree --invert`, and turn that feature off.",
        applies: |path| path == "Cargo.lock",
        find: banned_packages,
    },
];

/// Which required files and folders are missing among the paths of all files.
pub fn missing(paths: &[String]) -> Vec<&'static str> {
    let is_there = |required: &&str| {
        paths.iter().any(|path| {
            path.strip_prefix(*required).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    REQUIRED.iter().copied().filter(|required| !is_there(required)).collect()
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

fn in_source(path: &str) -> bool {
    is_rust(path) && path.starts_with("src/")
}

fn is_text(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => {
            matches!(
                extension,
                "rs" | "proto" | "md" | "toml" | "yaml" | "yml" | "py" | "sh" | "txt" | "jsonl"
            )
        }
        // Scripts.
        None => path.starts_with("scripts/") || path.starts_with(".ci/"),
    }
}

/// The place of a source file in the crate: `["ledger", "codec"]` for `src/ledger/codec.rs`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn named(file: &File) -> Vec<Named> {
    paths(&tokens(&file.text), &module(&file.path))
}

fn layers(file: &File) -> Vec<Finding> {
    let own = module(&file.path);
    // The table of contents and the binary see all layers.
    let Some(own) = own.first() else { return Vec::new() };
    let Some(layer) = LAYERS.iter().find(|layer| layer.name == own) else {
        return vec![Finding { line: 0, what: format!("{own} is not a layer") }];
    };
    let mut findings = Vec::new();
    for Named { line, segments } in named(file) {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["crate", used, ..] if used == own || layer.uses.contains(used) => {}
            ["crate", _, ..] | ["chancery", _, ..] => {
                let what = format!("{own} may not use {}", segments.join("::"));
                findings.push(Finding { line, what });
            }
            _ => {}
        }
    }
    for pair in tokens(&file.text).windows(2) {
        if let [Token { line, text: first }, Token { text: second, .. }] = pair
            && (first, second) == (&"crate".to_owned(), &"as".to_owned())
        {
            findings.push(Finding {
                line: *line,
                what: "the crate under another name hides what is used".into(),
            });
        }
    }
    findings
}

fn impurities(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Named { line, segments } in named(file) {
        let path = segments.join("::");
        let is_impure =
            IMPURE.iter().any(|impure| path == *impure || path.starts_with(&format!("{impure}::")));
        let asks_clock_or_chance = matches!(
            segments.last().map(String::as_str),
            Some("now" | "now_v1" | "now_v6" | "now_v7" | "new_v4" | "async" | "await")
        );
        if is_impure || asks_clock_or_chance {
            findings.push(Finding { line, what: path });
        }
    }
    findings
}

fn find_crate(file: &File, name: &str) -> Vec<Finding> {
    let tokens = tokens(&file.text);
    let mut findings = Vec::new();
    for Named { line, segments } in paths(&tokens, &module(&file.path)) {
        if 1 < segments.len() && segments.first().is_some_and(|first| first == name) {
            findings.push(Finding { line, what: segments.join("::") });
        }
    }
    for pair in tokens.windows(2) {
        if let [before, Token { line, text }] = pair
            && matches!(before.text.as_str(), "use" | "crate")
            && text == name
            && !findings.iter().any(|finding| finding.line == *line)
        {
            findings.push(Finding { line: *line, what: name.into() });
        }
    }
    findings
}

fn unfinished(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for word in text.split(|mark: char| !mark.is_alphanumeric() && mark != '_') {
            if LEFTOVERS.contains(&word) {
                findings.push(Finding { line, what: word.into() });
            }
        }
    }
    if is_rust(&file.path) {
        for three in tokens(&file.text).windows(3) {
            if let [first, second, third] = three {
                let texts = (first.text.as_str(), second.text.as_str(), third.text.as_str());
                if let ("todo" | "unimplemented" | "dbg", "!", "(" | "[" | "{") | ("#", "[", "ignore") = texts
                {
                    let what = format!("{}{}{}", first.text, second.text, third.text);
                    findings.push(Finding { line: first.line, what });
                }
            }
        }
    }
    findings
}

fn white_space(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(file.text.split('\n')) {
        if text.contains('\t') {
            findings.push(Finding { line, what: "a tab".into() });
        }
        if text.ends_with([' ', '\r']) {
            findings.push(Finding { line, what: "white space at the end".into() });
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        findings.push(Finding { line: 0, what: "no line break at the end".into() });
    }
    findings
}

fn machine_paths(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for path in MACHINE_PATHS {
            for (at, _) in text.match_indices(path) {
                // Within a URL or a longer path it is a folder like any other.
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                if before.is_none_or(|before| !before.is_alphanumeric() && !"./_-~%}".contains(before)) {
                    findings.push(Finding { line, what: (*path).into() });
                }
            }
        }
    }
    findings
}

fn banned_packages(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        let Some((key, value)) = text.split_once(" = ") else { continue };
        let value = value.trim_matches('"');
        let banned = match key {
            "name" => matches!(value, "openssl" | "openssl-sys" | "native-tls" | "chrono"),
            "source" => value.starts_with("git+"),
            _ => false,
        };
        if banned {
            findings.push(Finding { line, what: value.into() });
        }
    }
    findings
}
