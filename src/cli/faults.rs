//! A server's error about a commit, brought back to the lines that the commit was made of.

use std::fmt;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{
    input::{Line, Origin},
    page::clean,
    refusal,
};

/// How many violations are listed; more would hide the account below them.
const VIOLATIONS_SHOWN_MAX: usize = 20;

/// A server's error about a commit, with the lines it concerns.
#[derive(Debug)]
pub struct Faults {
    /// Its code.
    pub code: Code,
    head: String,
    violations: Vec<(Option<Origin>, String)>,
}

impl Faults {
    /// Finds the lines that an error speaks of: violations name `events[i].…` by the place of the event in the commit.
    pub fn new(status: &Status, server: &str, lines: &[Line]) -> Faults {
        let details = status.get_error_details();
        let fields = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
        let mut violations: Vec<(Option<Origin>, String)> = Vec::new();
        for violation in fields {
            let description = clean(&violation.description);
            match event_of(&violation.field).and_then(|(index, field)| Some((lines.get(index)?, field))) {
                Some((line, "")) => violations.push((Some(line.origin.clone()), description)),
                Some((line, field)) => {
                    violations.push((Some(line.origin.clone()), format!("{}: {description}", clean(field))));
                }
                // What has no place is about those that did not fit.
                None if violation.field.is_empty() => violations.push((None, description)),
                None => violations.push((None, format!("{}: {description}", clean(&violation.field)))),
            }
        }
        let head = match (violations.is_empty(), status.code()) {
            (false, Code::InvalidArgument) => "the server refused this:".to_owned(),
            (false, Code::NotFound) => "this refers to what is not on record:".to_owned(),
            (false, Code::AlreadyExists) => "recorded already with other content:".to_owned(),
            _ => refusal::describe(status, server),
        };
        Faults { code: status.code(), head, violations }
    }

    /// The lines at fault, in order, each once.
    pub fn lines(&self) -> Vec<&Origin> {
        let mut lines: Vec<&Origin> = Vec::new();
        for origin in self.violations.iter().filter_map(|(origin, _)| origin.as_ref()) {
            if lines.last() != Some(&origin) {
                lines.push(origin);
            }
        }
        lines
    }

    /// What is wrong, with the line where it is known.
    pub fn violations(&self) -> impl Iterator<Item = (Option<&Origin>, &str)> {
        self.violations.iter().map(|(origin, text)| (origin.as_ref(), text.as_str()))
    }

    /// The error as a whole, for when no line is known.
    pub fn head(&self) -> &str {
        &self.head
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        for (origin, text) in self.violations.iter().take(VIOLATIONS_SHOWN_MAX) {
            match origin {
                Some(origin) => write!(f, "\n  {origin}: {text}")?,
                None => write!(f, "\n  {text}")?,
            }
        }
        match self.violations.len().saturating_sub(VIOLATIONS_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Takes `events[3].fact.effective_on` apart: the index of the event, and the field of it.
fn event_of(field: &str) -> Option<(usize, &str)> {
    let (index, field) = field.strip_prefix("events[")?.split_once(']')?;
    Some((index.parse().ok()?, field.strip_prefix('.').unwrap_or(field)))
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;
    use crate::wire::v1;

    #[test]
    fn violations_come_back_to_their_lines() {
        let line =
            |line| Line { origin: Origin { file: "a.jsonl".into(), line }, event: v1::Event::default() };
        let lines = [line(7), line(9)];
        let told = |code, fields: &[(&str, &str)]| {
            let violations: Vec<FieldViolation> =
                fields.iter().map(|(field, text)| FieldViolation::new(*field, *text)).collect();
            let status =
                Status::with_error_details(code, "message", ErrorDetails::with_bad_request(violations));
            let faults = Faults::new(&status, "http://a:1", &lines);
            let at: Vec<u64> = faults.lines().iter().map(|origin| origin.line).collect();
            (faults.to_string(), at)
        };
        for (code, fields, expected, at) in [
            (
                Code::InvalidArgument,
                &[("events[1].fact.effective_on", "no date"), ("events[1].fact.sources[0].kind", "required")]
                    [..],
                "the server refused this:\n  a.jsonl:9: fact.effective_on: no date\n  \
                 a.jsonl:9: fact.sources[0].kind: required",
                &[9][..],
            ),
            (
                Code::NotFound,
                &[("events[0]", "no group hts"), ("", "and 3 more")],
                "this refers to what is not on record:\n  a.jsonl:7: no group hts\n  and 3 more",
                &[7],
            ),
            (
                Code::InvalidArgument,
                &[("events[2].x", "beyond"), ("events[x]", "odd"), ("checks[0].subject", "wrong\u{1b}")],
                "the server refused this:\n  events[2].x: beyond\n  events[x]: odd\n  checks[0].subject: wrong",
                &[],
            ),
            (
                Code::ResourceExhausted,
                &[],
                "the server has too much to do, or this is too large: message",
                &[],
            ),
        ] {
            assert_eq!(told(code, fields), (expected.to_owned(), at.to_vec()));
        }
        let many: Vec<(&str, &str)> = vec![("events[0].x", "wrong"); VIOLATIONS_SHOWN_MAX + 5];
        assert!(told(Code::InvalidArgument, &many).0.ends_with("\n  and 5 more"));
    }
}
