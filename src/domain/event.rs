//! Events: facts about the world, and record events about the record.

use std::sync::Arc;

use super::{fact::Fact, id::EventId, subject::Subject};

/// What an event says. Its id, position and the rest of the envelope are the ledger's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something about the world.
    Fact(Arc<Fact>),
    /// Replaces what a recorded fact says, from its own position on.
    Correction {
        /// The fact.
        target: EventId,
        /// Why.
        reason: String,
        /// The fact as it should have been.
        replacement: Arc<Fact>,
    },
    /// Takes a recorded fact or correction back.
    Retraction {
        /// The fact or correction.
        target: EventId,
        /// Why.
        reason: String,
    },
    /// Puts a retracted fact or correction back.
    Reinstatement {
        /// The fact or correction.
        target: EventId,
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The name of its kind, as the API has it: the statement's for a fact.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Fact(fact) => fact.statement.kind(),
            Event::Correction { .. } => "correction",
            Event::Retraction { .. } => "retraction",
            Event::Reinstatement { .. } => "reinstatement",
        }
    }

    /// The event it is about: the target of a record event, or the fact that a claim is of.
    pub fn concerns(&self) -> Option<EventId> {
        match self {
            Event::Fact(fact) => fact.claim_of,
            Event::Correction { target, .. }
            | Event::Retraction { target, .. }
            | Event::Reinstatement { target, .. } => Some(*target),
        }
    }

    /// The fact that it states: its own, or the replacement of a correction.
    pub fn fact(&self) -> Option<&Arc<Fact>> {
        match self {
            Event::Fact(fact) | Event::Correction { replacement: fact, .. } => Some(fact),
            Event::Retraction { .. } | Event::Reinstatement { .. } => None,
        }
    }

    /// What its own content touches. The ledger adds what the event that it [concerns](Event::concerns) touches.
    pub fn subjects(&self) -> Vec<Subject> {
        let mut subjects = self.fact().map(|fact| fact.subjects()).unwrap_or_default();
        subjects.extend(self.concerns().map(Subject::Event));
        subjects
    }
}
