//! Violations: what is wrong with an input, field by field.

use std::fmt;

/// One rule that an input breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The field, by its path in the API's names: `fact.engagement.participants[2].actor`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Gathers violations while an input is walked, so that all of them are reported at once.
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<Violation>,
}

impl Violations {
    /// Notes that `field` breaks a rule.
    pub fn add(&mut self, field: impl fmt::Display, message: impl Into<String>) {
        self.found.push(Violation { field: field.to_string(), message: message.into() });
    }

    /// Notes it unless `holds`, which is how most rules read.
    pub fn require(&mut self, rule: Rule<'_>) {
        let Rule { holds, field, message } = rule;
        if !holds {
            self.add(field, message);
        }
    }

    /// Checks a text: at most `characters_max` characters, none of them a control character.
    pub fn text(&mut self, field: impl fmt::Display, text: &str, characters_max: usize) {
        // Most texts are ASCII, in which characters are bytes.
        let (characters, control) = match text.is_ascii() {
            // Without an early end the compiler looks at many bytes at once.
            true => (text.len(), text.bytes().fold(false, |found, byte| found | byte.is_ascii_control())),
            false => (text.chars().count(), text.chars().any(char::is_control)),
        };
        if characters_max < characters {
            let message = format!("has {characters} characters, more than the {characters_max} allowed");
            self.add(&field, message);
        }
        if control {
            self.add(field, "has a control character, such as a line break or a tab; use spaces");
        }
    }

    /// Checks a text that must be given.
    pub fn required_text(&mut self, field: impl fmt::Display, text: &str, characters_max: usize) {
        if text.trim().is_empty() {
            self.add(&field, "is required");
        }
        self.text(field, text, characters_max);
    }

    /// Checks how many there are.
    pub fn count(
        &mut self,
        field: impl fmt::Display,
        count: usize,
        allowed: std::ops::RangeInclusive<usize>,
    ) {
        if !allowed.contains(&count) {
            self.add(
                field,
                format!("has {count} entries; {} to {} are allowed", allowed.start(), allowed.end()),
            );
        }
    }

    /// What was found; empty when the input keeps every rule.
    pub fn into_vec(self) -> Vec<Violation> {
        self.found
    }
}

/// A rule about a field.
pub struct Rule<'a> {
    /// Whether the input keeps it.
    pub holds: bool,
    /// The field: put into words only when there is something to say about it.
    pub field: fmt::Arguments<'a>,
    /// What is wrong when it does not.
    pub message: &'a str,
}
