//! A recorded event, decoded.

use std::{ops::Deref, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    domain::{event::Event, fold::Extract, id::EventId, subject::Subject},
    position::Position,
    proof::{Hash, Leaf, Opening, Salt, commitment, metadata_hash, subjects_hash},
    wire::{filter::Filter, record::Envelope},
};

/// An event in the record as it is stored: what it says is encoded.
#[derive(Clone, Debug)]
pub struct Record {
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
    /// The encoded `chancery.v1.Event`, as it was admitted.
    pub content: Bytes,
    /// What hides the content in the hash of its leaf.
    pub salt: Salt,
    /// What it is about, for claims and record events.
    pub concern: Option<Concern>,
}

/// An event in the record, decoded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The record of it.
    pub record: Record,
    /// What it says.
    pub event: Event,
}

/// What the read models are told of an event that has become durable.
#[derive(Debug)]
pub struct Fresh {
    /// Its position.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The fact that its family goes back to, for claims and record events.
    pub root: Option<Position>,
    /// What they take of it.
    pub extract: Extract,
}

impl Deref for Recorded {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
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

    /// What the server set when it recorded it.
    pub fn envelope(&self) -> Envelope<'_> {
        Envelope {
            position: self.position,
            recorded_at: self.recorded_at,
            recorded_by: &self.recorded_by,
            commit_id: self.commit,
        }
    }

    /// The hash of its leaf in the tree over all events.
    pub fn leaf(&self) -> Hash {
        self.leaf_with(&self.own_subjects())
    }

    /// The same, where what its own content touches is at hand.
    pub(super) fn leaf_with(&self, own: &[Subject]) -> Hash {
        let leaf = Leaf {
            position: self.position,
            recorded_at: self.recorded_at.as_microsecond(),
            event: self.id.uuid().into_bytes(),
            commit: self.commit.into_bytes(),
            subjects: subjects_hash(own),
            metadata: metadata_hash(&self.recorded_by),
            content: commitment(&self.salt, &self.content),
        };
        leaf.hash()
    }

    /// What, with its position, gives its leaf.
    pub fn opening(&self) -> Opening {
        Opening {
            recorded_at: self.recorded_at.as_microsecond(),
            event: self.id.uuid().into_bytes(),
            commit: self.commit.into_bytes(),
            salt: self.salt,
            recorded_by: self.recorded_by.to_string(),
            subjects: self.subject_names(),
            content: self.content.clone(),
        }
    }

    fn subject_names(&self) -> Vec<String> {
        self.own_subjects().iter().map(ToString::to_string).collect()
    }

    /// What its own content touches. The index adds what its family touches.
    pub fn own_subjects(&self) -> Vec<Subject> {
        self.event.subjects()
    }
}
