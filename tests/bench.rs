//! The measuring command: it starts a server of its own, and prints its lines in the form that others parse.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::chancery;

/// The number that stands between `before` and `after` in one of the lines.
fn number(lines: &str, before: &str, after: &str) -> u64 {
    let found = lines.lines().find_map(|line| line.strip_prefix(before)?.split_once(after));
    let (number, _) = found.unwrap_or_else(|| panic!("no line {before:?} … {after:?} in:\n{lines}"));
    number.parse().unwrap()
}

#[test]
fn it_appends_and_reads_and_queries() {
    let mut command = chancery();
    let words = [
        "bench",
        "append",
        "read",
        "query",
        "--clients",
        "2",
        "--seconds",
        "0.5",
        "--events-per-request",
        "3",
    ];
    let output = command.args(words).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{lines}{}", String::from_utf8_lossy(&output.stderr));
    number(&lines, "fsync: median ", " us");
    assert!(0 < number(&lines, "echo c=2: ", " calls/s"));
    assert!(0 < number(&lines, "append c=2 b=3: ", " events/s"));
    let read = number(&lines, "read all: ", " events ");
    assert!(0 < read, "what was appended is read back");
    assert!(0 < number(&lines, "query c=2: ", " answers/s"));
}
