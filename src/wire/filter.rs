//! Filters: which records a reader of the history asks for.

use jiff::Timestamp;

use super::{Field, Findings, event::KINDS, findings::echo, timestamp, v1};
use crate::domain::{date::Day, subject::Subject};

/// The most subjects a filter may name.
pub const FILTER_SUBJECTS_MAX: usize = 100;
/// The most kinds a filter may name.
pub const FILTER_KINDS_MAX: usize = 20;

/// Which records. Every condition given must hold; the default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these subjects; empty: all.
    pub subjects: Vec<Subject>,
    /// Any of these kinds, by the names that [`Event::kind`](crate::domain::event::Event::kind) gives; empty: all.
    pub kinds: Vec<&'static str>,
    /// Recorded at or after this moment.
    pub recorded_from: Option<Timestamp>,
    /// Recorded before this moment.
    pub recorded_until: Option<Timestamp>,
    /// May have been effective on or after this day.
    pub effective_from: Option<Day>,
    /// May have been effective on or before this day.
    pub effective_until: Option<Day>,
}

impl Filter {
    /// Whether it lets everything pass.
    pub fn is_open(&self) -> bool {
        *self == Filter::default()
    }
}

/// Reads a filter from the field at `at` (`filter`); left out, it lets everything pass.
pub fn read_filter(message: Option<&v1::RecordFilter>, at: &Field<'_>, found: &mut Findings) -> Filter {
    let Some(message) = message else { return Filter::default() };
    let subjects = found.list(&at.child("subjects"), &message.subjects, 0..=FILTER_SUBJECTS_MAX);
    let subjects = subjects
        .iter()
        .enumerate()
        .filter_map(|(index, subject)| found.required(&at.entry("subjects", index), subject))
        .collect();
    let kinds = found.list(&at.child("kinds"), &message.kinds, 0..=FILTER_KINDS_MAX);
    let kinds = kinds
        .iter()
        .enumerate()
        .filter_map(|(index, kind)| read_kind(kind, &at.entry("kinds", index), found))
        .collect();
    let mut moment = |name, time: &Option<prost_types::Timestamp>| {
        time.as_ref().and_then(|time| timestamp::read(time, &at.child(name), found))
    };
    let recorded_from = moment("recorded_from", &message.recorded_from);
    let recorded_until = moment("recorded_until", &message.recorded_until);
    Filter {
        subjects,
        kinds,
        recorded_from,
        recorded_until,
        effective_from: found.day(&at.child("effective_from"), &message.effective_from),
        effective_until: found.day(&at.child("effective_until"), &message.effective_until),
    }
}

fn read_kind(kind: &str, at: &Field<'_>, found: &mut Findings) -> Option<&'static str> {
    let known = KINDS.iter().copied().find(|known| *known == kind);
    if known.is_none() {
        found.add(at, format_args!("\"{}\" is not a kind: the kinds are {}", echo(kind), KINDS.join(", ")));
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{date::parse_day, violation::Violation};

    fn read(message: Option<&v1::RecordFilter>) -> Result<Filter, Vec<Violation>> {
        let mut found = Findings::default();
        let filter = read_filter(message, &Field::root("filter"), &mut found);
        found.finish(Some(filter), "")
    }

    fn check(message: v1::RecordFilter, expected: Result<Filter, &[&str]>) {
        let found = read(Some(&message)).map_err(|violations| {
            violations.into_iter().map(|violation| violation.field).collect::<Vec<String>>()
        });
        assert_eq!(
            found,
            expected.map_err(|fields| fields.iter().map(|field| (*field).to_owned()).collect())
        );
    }

    #[test]
    fn filters() {
        let empty = v1::RecordFilter::default;
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        assert_eq!(read(None), Ok(Filter::default()));
        check(empty(), Ok(Filter::default()));
        check(
            v1::RecordFilter {
                subjects: texts(&["group/hts", "relationship/us/hts"]),
                kinds: texts(&["correction", "designation_act"]),
                recorded_from: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
                effective_until: "2025-07-08".to_owned(),
                ..empty()
            },
            Ok(Filter {
                subjects: vec!["group/hts".parse().unwrap(), "relationship/us/hts".parse().unwrap()],
                kinds: vec!["correction", "designation_act"],
                recorded_from: Some(Timestamp::UNIX_EPOCH),
                effective_until: parse_day("2025-07-08").ok(),
                ..Filter::default()
            }),
        );
        check(
            v1::RecordFilter {
                subjects: texts(&["group/hts", "group/HTS", ""]),
                kinds: texts(&["fact", ""]),
                recorded_until: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
                effective_from: "2025".to_owned(),
                ..empty()
            },
            Err(&[
                "filter.subjects[1]",
                "filter.subjects[2]",
                "filter.kinds[0]",
                "filter.kinds[1]",
                "filter.recorded_until",
                "filter.effective_from",
            ]),
        );
        check(
            v1::RecordFilter { subjects: texts(&["x"; 101]), kinds: texts(&["x"; 21]), ..empty() },
            Err(&["filter.subjects", "filter.kinds"]),
        );
    }

    #[test]
    fn what_is_repeated_of_an_input_is_short_and_printable() {
        let kind = "\u{1b}[31m\n".repeat(10_000);
        let message = v1::RecordFilter { kinds: vec![kind], ..v1::RecordFilter::default() };
        let violations = read(Some(&message)).unwrap_err();
        assert_eq!(violations.len(), 1);
        assert!(
            violations.iter().all(|it| it.message.chars().count() < 1_000 && !it.message.contains('\u{1b}'))
        );
    }
}
