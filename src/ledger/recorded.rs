//! A recorded event, decoded.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    domain::{event::Event, id::EventId, subject::Subject},
    position::Position,
    wire::filter::Filter,
};

/// An event in the record, with its envelope.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its position.
    pub position: Position,
    /// When it was recorded; never earlier than the position before it.
    pub recorded_at: Timestamp,
    /// The principal who submitted it.
    pub recorded_by: Arc<str>,
    /// The commit it was part of.
    pub commit: Uuid,
    /// Its id.
    pub id: EventId,
    /// What it says.
    pub event: Event,
    /// The encoded `chancery.v1.Event`, as it was admitted.
    pub content: Bytes,
    /// What it is about, for claims and record events.
    pub concern: Option<Concern>,
}

/// What a claim or record event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concern {
    /// The event it names.
    pub target: Position,
    /// The fact that the whole family goes back to.
    pub root: Position,
}

impl Recorded {
    /// Whether it is among those a filter asks for, its subjects aside: those are looked up in the index.
    pub fn matches(&self, filter: &Filter) -> bool {
        let kind = filter.kinds.is_empty() || filter.kinds.contains(&self.event.kind());
        let recorded = filter.recorded_from.is_none_or(|from| from <= self.recorded_at)
            && filter.recorded_until.is_none_or(|until| self.recorded_at < until);
        kind && recorded && self.may_be_effective(filter)
    }

    fn may_be_effective(&self, filter: &Filter) -> bool {
        if filter.effective_from.is_none() && filter.effective_until.is_none() {
            return true;
        }
        self.event.fact().is_some_and(|fact| {
            filter.effective_from.is_none_or(|from| from <= fact.effective_on.upper())
                && filter.effective_until.is_none_or(|until| fact.effective_on.lower() <= until)
        })
    }

    /// What its own content touches. The index adds what its family touches.
    pub fn own_subjects(&self) -> Vec<Subject> {
        self.event.subjects()
    }
}
