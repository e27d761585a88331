//! Findings: the violations met while a message is read, and the readers of single fields that note them.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive, str::FromStr};

use super::{Field, vocabulary};
use crate::domain::{
    date::{Day, parse_day},
    violation::{Violation, Violations},
    vocabulary::Vocabulary,
};

/// How many violations are reported one by one. If there are more, one last entry says how many.
pub const VIOLATIONS_MAX: usize = 100;

/// What was found wrong with a message while it was read.
///
/// Every reader goes on after a field that cannot be read, so that all of them are reported at once. The caller takes
/// a placeholder for such a field. Where a rule about *other* fields could judge by the placeholder, the field that the
/// rule would name is [in doubt](Findings::doubt), and the rule is not reported.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Violation>,
    doubted: BTreeSet<String>,
    origin: Origin,
}

/// Where a message comes from, which decides what it must keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Origin {
    /// From a client: it keeps every rule.
    #[default]
    Submitted,
    /// From the record: it kept the rules of its day.
    Stored,
}

impl Findings {
    /// Nothing found yet in a message that is on record: only what cannot be read will be.
    pub fn of_stored() -> Findings {
        Findings { origin: Origin::Stored, ..Findings::default() }
    }

    /// Whether the message must keep rules beyond being readable.
    pub fn applies_rules(&self) -> bool {
        self.origin == Origin::Submitted
    }

    /// Notes that a field breaks a rule.
    pub fn add(&mut self, field: &Field<'_>, message: impl fmt::Display) {
        self.found.push(Violation { field: field.to_string(), message: message.to_string() });
    }

    /// Adds what was found elsewhere, with the paths it has.
    pub fn extend(&mut self, violations: impl IntoIterator<Item = Violation>) {
        self.found.extend(violations);
    }

    /// Notes that what the rules of the domain say of exactly this field may come from a placeholder.
    pub fn doubt(&mut self, field: &Field<'_>) {
        self.doubted.insert(field.to_string());
    }

    /// Adds what the rules of the domain found in the message at `within`: not what is in doubt, and nothing twice.
    pub fn rules(&mut self, within: &Field<'_>, violations: Vec<Violation>) {
        let mut known: BTreeSet<Violation> = self.found.iter().cloned().collect();
        for Violation { field, message } in violations {
            let violation = Violation { field: within.child(&field).to_string(), message };
            if !self.doubted.contains(&violation.field) && known.insert(violation.clone()) {
                self.found.push(violation);
            }
        }
    }

    /// Reads a text that must be given and mean something: a slug, an id, a date, a subject.
    pub fn required<T: FromStr<Err: fmt::Display>>(&mut self, field: &Field<'_>, text: &str) -> Option<T> {
        if text.is_empty() {
            self.add(field, "is required");
        }
        self.optional(field, text)
    }

    /// Reads a text that may be left out; `None` when it was, and when it cannot be read.
    pub fn optional<T: FromStr<Err: fmt::Display>>(&mut self, field: &Field<'_>, text: &str) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        text.parse().map_err(|error| self.add(field, error)).ok()
    }

    /// Reads a full day that may be left out.
    pub fn day(&mut self, field: &Field<'_>, text: &str) -> Option<Day> {
        if text.is_empty() {
            return None;
        }
        parse_day(text).map_err(|error| self.add(field, error)).ok()
    }

    /// Reads a value of a vocabulary that must be given.
    pub fn vocabulary<V: Vocabulary>(&mut self, field: &Field<'_>, number: i32) -> Option<V> {
        if number == 0 {
            self.add(field, "is required");
        }
        self.optional_vocabulary(field, number)
    }

    /// Reads a value of a vocabulary that may be left out; `None` when it was, and when the number is unknown.
    pub fn optional_vocabulary<V: Vocabulary>(&mut self, field: &Field<'_>, number: i32) -> Option<V> {
        let value = vocabulary::read(number);
        if value.is_none() && number != 0 {
            self.add(field, format_args!("{number} is not a value of {}", V::NAME));
        }
        value
    }

    /// Reads the values of a repeated field of a vocabulary, leaving out those that cannot be read.
    ///
    /// More than there are in the vocabulary: the count is reported, and no value is read.
    pub fn vocabularies<V: Vocabulary>(&mut self, within: &Field<'_>, name: &str, numbers: &[i32]) -> Vec<V> {
        let numbers = self.list(&within.child(name), numbers, 0..=V::ALL.len());
        let value = |(index, number): (usize, &i32)| self.vocabulary(&within.entry(name, index), *number);
        numbers.iter().enumerate().filter_map(value).collect()
    }

    /// Checks how many entries a repeated field has, and returns those to be read: none of them when there are too
    /// many. On record, all of them.
    pub fn list<'m, M>(
        &mut self,
        field: &Field<'_>,
        entries: &'m [M],
        allowed: RangeInclusive<usize>,
    ) -> &'m [M] {
        if allowed.contains(&entries.len()) || !self.applies_rules() {
            return entries;
        }
        let mut count = Violations::default();
        count.count(field, entries.len(), allowed.clone());
        self.found.extend(count.into_vec());
        if entries.len() < *allowed.start() {
            return entries;
        }
        self.doubt(field);
        &[]
    }

    /// Checks a text that must be given, has no control characters and is at most so long.
    pub fn required_text(&mut self, field: &Field<'_>, text: &str, characters_max: usize) {
        if !self.applies_rules() {
            return;
        }
        let mut found = Violations::default();
        found.required_text(field, text, characters_max);
        self.found.extend(found.into_vec());
    }

    /// The value, if nothing was found; else what was found, at most [`VIOLATIONS_MAX`] entries and one that says how
    /// many more there are, with `at` as its field. An error is never empty: no value is a finding too.
    pub fn finish<T>(self, value: Option<T>, at: impl fmt::Display) -> Result<T, Vec<Violation>> {
        let mut found = self.found;
        match value {
            Some(value) if found.is_empty() => return Ok(value),
            None if found.is_empty() => {
                found.push(Violation { field: at.to_string(), message: "cannot be read".to_owned() });
            }
            _ => {}
        }
        if VIOLATIONS_MAX < found.len() {
            let message = format!("and {} more violations", found.len() - VIOLATIONS_MAX);
            found.truncate(VIOLATIONS_MAX);
            found.push(Violation { field: at.to_string(), message });
        }
        Err(found)
    }
}

/// The first 40 characters of an input, with control characters escaped: what a message may repeat of it.
pub(super) fn echo(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}
