//! Staged events: those of a batch that were accepted and are not written yet, and how later commits find them.

use std::cell::OnceCell;

use super::{
    codec,
    recorded::{Record, Recorded},
};
use crate::{
    domain::{event::Event, fold::Extract, subject::Subject},
    proof::Hash,
};

/// An event that is to be written, with everything it touches.
pub struct Staged {
    /// The event at its position.
    pub record: Record,
    /// What it touches, ascending, each once.
    pub touched: Vec<Subject>,
    /// The hash of its leaf.
    pub leaf: Hash,
    /// The identity, or decision, that it registers.
    pub registers: Option<Subject>,
    /// What the read models take of it.
    pub extract: Extract,
    /// What it says, once it is known.
    pub event: OnceCell<Option<Event>>,
}

impl Staged {
    fn event(&self) -> Option<&Event> {
        self.event.get_or_init(|| codec::event(&self.record.content).ok()).as_ref()
    }
}

/// An event that a commit finds.
#[derive(Clone, Copy)]
pub enum Found<'a> {
    /// One that is on record.
    Recorded(&'a Recorded),
    /// One of its own batch.
    Staged(&'a Staged),
}

impl<'a> Found<'a> {
    /// The record of it.
    pub fn record(self) -> &'a Record {
        match self {
            Found::Recorded(recorded) => &recorded.record,
            Found::Staged(staged) => &staged.record,
        }
    }

    /// What it says. Whatever was admitted can be read.
    pub fn event(self) -> Option<&'a Event> {
        match self {
            Found::Recorded(recorded) => Some(&recorded.event),
            Found::Staged(staged) => staged.event(),
        }
    }

    /// The hash of its leaf.
    pub fn leaf(self) -> Hash {
        match self {
            Found::Recorded(recorded) => recorded.leaf(),
            Found::Staged(staged) => staged.leaf,
        }
    }
}
