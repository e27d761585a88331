//! Facts: something said about the world, with its dates and sources. What is new is checked; what was admitted once stands.

mod rules;

pub(crate) use rules::REASON_CHARACTERS_MAX;

use std::ops::Deref;

use super::{
    date::{DateSpan, Day, PartialDate},
    id::EventId,
    source::{Credibility, Source},
    statement::Statement,
    subject::Subject,
    violation::Violation,
    vocabulary::{Assertion, Label, SourceKind},
};

/// A fact that keeps every rule of its form, or kept those of the day on which it was recorded. What it refers to is checked
/// when it is admitted to the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact(FactParts);

/// What a fact consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactParts {
    /// The day it took place or takes effect.
    pub effective_on: DateSpan,
    /// The day it was decided.
    pub decided_on: Option<PartialDate>,
    /// The day it was announced.
    pub announced_on: Option<PartialDate>,
    /// The day it became public, where that is said.
    pub disclosed_on: Option<PartialDate>,
    /// One sentence for people; may be empty.
    pub summary: String,
    /// Who says so.
    pub sources: Vec<Source>,
    /// How firmly they say it.
    pub assertion: Assertion,
    /// How far they are to be believed.
    pub credibility: Credibility,
    /// Who may see it.
    pub label: Label,
    /// The fact that this is another source's claim of.
    pub claim_of: Option<EventId>,
    /// What is said.
    pub statement: Statement,
}

impl Fact {
    /// The fact made of these parts, or every rule that they break, with field paths that begin at the fact
    /// (`sources[0].publisher`).
    pub fn new(parts: FactParts) -> Result<Fact, Vec<Violation>> {
        let violations = rules::violations_of(&parts);
        if violations.is_empty() { Ok(Fact(parts)) } else { Err(violations) }
    }

    /// The fact made of parts that are on record. They were checked when they were admitted, by the rules of that version: rules
    /// that came later are no reason not to open a record, and what they would refuse counts like anything else.
    pub const fn admitted(parts: FactParts) -> Fact {
        Fact(parts)
    }

    /// The kind of its best source, which gives the fact its rank (1 is best).
    pub fn source_kind(&self) -> SourceKind {
        let best = self.sources.iter().map(|source| source.kind).min();
        best.unwrap_or(SourceKind::MachineCoded)
    }

    /// The first day it may have been public: that of `disclosed_on`, else `announced_on`, else `effective_on`.
    pub fn disclosed(&self) -> Day {
        self.disclosed_on.or(self.announced_on).map_or(self.effective_on.lower(), PartialDate::lower)
    }

    /// The first day on which it was known to be coming or was in effect: when it was decided or announced, if that
    /// was before it took effect.
    pub fn heralded(&self) -> Day {
        let dates = [self.decided_on, self.announced_on].into_iter().flatten().map(PartialDate::lower);
        dates.fold(self.effective_on.lower(), Day::min)
    }

    /// What it touches, without the event that it may be a claim of.
    pub fn subjects(&self) -> Vec<Subject> {
        self.statement.subjects()
    }
}

impl Deref for Fact {
    type Target = FactParts;

    fn deref(&self) -> &FactParts {
        &self.0
    }
}
