//! Parts: what the store takes of a run of events, worked out without the store.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    domain::{
        fact::Fact,
        fold::{Extract, relationship::Dealt},
    },
    ledger::{Fresh, Recorded},
    position::Position,
};

/// What the store takes of a run of events, by position.
#[derive(Default)]
pub struct Part {
    /// Where the run ends, and when that was recorded.
    pub(super) last: Option<(Position, Timestamp)>,
    /// What its engagements tell.
    pub(super) dealt: Vec<Dealt>,
    /// Its other facts.
    pub(super) facts: Vec<(Position, Arc<Fact>)>,
}

impl Part {
    /// Adds the next event. One that concerns another is told by its family.
    pub(super) fn note(&mut self, recorded: &Recorded) {
        self.add(recorded.position, recorded.recorded_at, Extract::of(&recorded.event));
    }

    /// The same of events that have just been recorded.
    pub(super) fn note_all(&mut self, all: Vec<Fresh>) {
        self.dealt.reserve(all.len());
        for Fresh { position, recorded_at, extract, .. } in all {
            self.add(position, recorded_at, extract);
        }
    }

    fn add(&mut self, position: Position, recorded_at: Timestamp, extract: Extract) {
        self.last = Some((position, recorded_at));
        match extract {
            Extract::Dealings(all) => self.dealt.extend(all.into_iter().map(|dealt| dealt.at(position))),
            Extract::Fact(fact) => self.facts.push((position, fact)),
            Extract::Nothing => {}
        }
    }
}
