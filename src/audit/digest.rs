//! Digests: what a view says of some subjects, in 32 bytes that anybody can compute again.
//!
//! SHA-256 over UTF-8 text in lines, each ended by a line feed, their parts divided by tabs. Neither occurs in what the
//! record holds, so that no two views have the same text:
//!
//! ```text
//! chancery-view-1
//! ruleset   RULESET
//! valid     YYYY-MM-DD
//! known     POSITION
//! disclosed YYYY-MM-DD, or nothing
//! subject   SUBJECT                                 the subjects ascending, each once
//! field     PATH  VALUE  RULE  stated|inferred  EVENTS  LOST      its fields by path, in the order of their bytes
//! ```
//!
//! EVENTS and LOST are positions with commas between. Values are the text that Explain gives, the score with its four
//! decimals: no number is left to be written in more than one way. A subject that is not on record has no fields.

use std::{collections::BTreeSet, fmt::Write as _};

use sha2::{Digest as _, Sha256};

use super::Matter;
use crate::{
    domain::{as_of::AsOf, status::field::Field},
    position::Position,
    projection::Store,
};

/// What a view says of some subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewText {
    /// The text.
    pub text: String,
}

impl ViewText {
    /// The view of the subjects under the cuts, computed by a ruleset: that of the program, which the caller names. A
    /// subject that is not on record there has no fields.
    pub fn of(matters: &BTreeSet<Matter>, store: &Store, as_of: AsOf, ruleset: &str) -> ViewText {
        let disclosed = as_of.disclosed_by.map(|day| day.to_string()).unwrap_or_default();
        let mut text = format!(
            "chancery-view-1\nruleset\t{ruleset}\nvalid\t{}\nknown\t{}\ndisclosed\t{disclosed}\n",
            as_of.valid_at, as_of.known_at
        );
        let mut subjects: Vec<(String, &Matter)> = matters.iter().map(|it| (it.to_string(), it)).collect();
        subjects.sort();
        for (subject, matter) in subjects {
            let mut fields = matter.fields(store, as_of).unwrap_or_default();
            fields.sort_by(|a, b| a.path.cmp(&b.path));
            // Writing to a string does not fail.
            let _ = writeln!(text, "subject\t{subject}");
            fields.iter().for_each(|field| write(&mut text, field));
        }
        ViewText { text }
    }

    /// Its digest.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }
}

fn write(text: &mut String, field: &Field) {
    let positions = |positions: &mut dyn Iterator<Item = Position>| {
        positions.map(|position| position.to_string()).collect::<Vec<_>>().join(",")
    };
    let it = &field.provenance;
    let ground = if it.inferred { "inferred" } else { "stated" };
    let events = positions(&mut it.events.iter().copied());
    let lost = positions(&mut it.lost.iter().map(|lost| lost.position));
    // Writing to a string does not fail.
    let _ = writeln!(text, "field\t{}\t{}\t{}\t{ground}\t{events}\t{lost}", field.path, field.value, it.rule);
}
