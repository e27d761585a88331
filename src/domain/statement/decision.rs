//! Decisions of the house, and the views that they rested on.

use std::fmt::Arguments;

use crate::{
    domain::{
        date::Day,
        id::{ActorId, DecisionId},
        subject::Subject,
    },
    position::Position,
};

/// A decision of the house that keeps the record. It moves no status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRecorded {
    /// The slug.
    pub decision: DecisionId,
    /// What was decided, in a line.
    pub title: String,
    /// What it concerns.
    pub subjects: Vec<Subject>,
    /// The view that it rested on.
    pub basis: DecisionBasis,
    /// SHA-256 of that view.
    pub digest: [u8; 32],
    /// The ruleset that the view was computed by.
    pub ruleset: String,
    /// Why it was decided so.
    pub rationale: String,
}

/// The three times of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionBasis {
    /// Valid time.
    pub valid_at: Day,
    /// Record time.
    pub known_at: Position,
    /// Disclosure; `None`: everything.
    pub disclosed_by: Option<Day>,
}

impl DecisionRecorded {
    /// Gives `tell` each registered identity that it refers to, with the field that does.
    pub(super) fn references(&self, mut tell: impl FnMut(Arguments<'_>, Subject)) {
        for (index, subject) in self.subjects.iter().enumerate() {
            let mut one = |subject| tell(format_args!("subjects[{index}]"), subject);
            match subject.clone() {
                Subject::Relationship(actor, group) => {
                    one(Subject::Actor(actor));
                    one(Subject::Group(group));
                }
                Subject::Designation(group, regime) => {
                    one(Subject::Group(group));
                    one(Subject::Regime(regime));
                }
                other => one(other),
            }
        }
    }

    /// Stands in for a subject that could not be read.
    pub(crate) fn unreadable(number: usize) -> Subject {
        Subject::Actor(ActorId::unreadable(number))
    }
}
