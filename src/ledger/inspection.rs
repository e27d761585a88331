//! Inspection: whether records that were read back keep the rules that the ledger admitted them by.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{index::registers, recorded::Recorded};
use crate::domain::{id::EventId, subject::Subject};

/// A rule that a readable record breaks: the ledger would not have recorded it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Its id is that of an earlier record.
    #[error("event {0} is on record twice")]
    Twice(EventId),
    /// It names an event that is not on record before it.
    #[error("it concerns event {0}, which is not on record before it")]
    Dangling(EventId),
    /// It names an actor, group or regime that is not registered before it.
    #[error("it names {0}, which is not registered before it")]
    Unregistered(Subject),
    /// It was recorded before the record that stands before it.
    #[error("it was recorded at {at}, before the event that stands before it ({before})")]
    Earlier {
        /// When it was recorded.
        at: Timestamp,
        /// When the one before it was.
        before: Timestamp,
    },
}

/// Goes through a whole record in order. It keeps the id of every event: about 20 to 40 bytes each.
#[derive(Debug, Default)]
pub struct Inspection {
    ids: HashSet<EventId>,
    registered: HashSet<Subject>,
    last_recorded_at: Option<Timestamp>,
}

impl Inspection {
    /// Looks at the next record, and says what is wrong with it.
    pub fn look_at(&mut self, recorded: &Recorded) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        if let Some(before) = self.last_recorded_at.filter(|before| recorded.recorded_at < *before) {
            flaws.push(Flaw::Earlier { at: recorded.recorded_at, before });
        }
        if let Some(target) = recorded.event.concerns().filter(|target| !self.ids.contains(target)) {
            flaws.push(Flaw::Dangling(target));
        }
        if let Some(fact) = recorded.event.fact() {
            fact.statement.references(|_, identity| {
                if !self.registered.contains(&identity) {
                    flaws.push(Flaw::Unregistered(identity));
                }
            });
        }
        if !self.ids.insert(recorded.id) {
            flaws.push(Flaw::Twice(recorded.id));
        }
        self.registered.extend(registers(&recorded.event));
        self.last_recorded_at = Some(recorded.recorded_at);
        flaws
    }
}
