//! Sequencing: the one deterministic function from the record so far and commits in order to positions, receipts and
//! refusals. No I/O, no clock: what it needs of the log is fetched before, and the time is given.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    admission,
    commit::{Commit, FailedCheck, Proposed, Receipt, SubmitError},
    index::{self, Index},
    recorded::{Concern, Recorded},
};
use crate::{
    domain::{id::EventId, subject::Subject, violation::Violation},
    position::Position,
    proof::Hash,
};

/// What would become of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The event.
    pub id: EventId,
    /// Whether it is recorded already.
    pub deduplicated: bool,
    /// What it touches, ascending, each once.
    pub subjects: Vec<Subject>,
}

/// An event that is to be written, with everything it touches.
pub struct Staged {
    /// The event at its position.
    pub recorded: Recorded,
    /// What it touches, ascending, each once.
    pub touched: Vec<Subject>,
    /// The hash of its leaf.
    pub leaf: Hash,
}

/// The record before a batch, and what of it the batch refers to.
pub struct Sequencer<'a> {
    base: &'a Index,
    fetched: &'a [Recorded],
    recorded_at: Timestamp,
}

/// The batch so far: accepted, not yet durable.
pub struct Draft {
    /// What is to be written, in order of position.
    pub staged: Vec<Staged>,
    index: Index,
}

impl Draft {
    /// An empty batch.
    pub fn new() -> Draft {
        Draft { staged: Vec::new(), index: Index::default() }
    }
}

/// The positions that judging a commit needs to see: events with the same ids, what its events concern, and the roots
/// of those. Ascending.
pub fn wanted(commit: &Commit, index: &Index) -> BTreeSet<Position> {
    let ids = commit.events.iter().flat_map(|proposed| [Some(proposed.id), proposed.event.concerns()]);
    let positions = ids.flatten().filter_map(|id| index.find(id));
    positions.flat_map(|position| [Some(position), index.root(position)]).flatten().collect()
}

/// What one commit sees: its own events before those of the batch before those of the record.
pub(super) struct View<'a> {
    layers: [&'a Index; 3],
    own: &'a [Staged],
    batch: &'a [Staged],
    fetched: &'a [Recorded],
}

impl<'a> View<'a> {
    /// The position of an event.
    pub fn find(&self, id: EventId) -> Option<Position> {
        self.layers.iter().find_map(|layer| layer.find(id))
    }

    /// Whether an identity is registered.
    pub fn is_registered(&self, identity: &Subject) -> bool {
        self.layers.iter().any(|layer| layer.is_registered(identity))
    }

    /// The event at a position, if the judgement can need it.
    pub fn event(&self, position: Position) -> Option<&'a Recorded> {
        let staged = |events: &'a [Staged]| {
            let index = events.binary_search_by_key(&position, |it| it.recorded.position).ok()?;
            events.get(index).map(|it| &it.recorded)
        };
        let fetched = || {
            let index = self.fetched.binary_search_by_key(&position, |it| it.position).ok()?;
            self.fetched.get(index)
        };
        staged(self.own).or_else(|| staged(self.batch)).or_else(fetched)
    }

    /// What an event that names `id` concerns.
    pub fn concern(&self, id: EventId) -> Option<Concern> {
        let target = self.find(id)?;
        let root = self.layers.iter().find_map(|layer| layer.root(target)).unwrap_or(target);
        Some(Concern { target, root })
    }

    fn touched(&self, recorded: &Recorded) -> Vec<Subject> {
        let root = recorded.concern.map(|concern| concern.root);
        let families =
            self.layers.iter().filter_map(|layer| root.and_then(|root| layer.family_subjects(root)));
        index::touched(recorded, root.and_then(|root| self.event(root)), families)
    }

    fn last(&self, subject: &Subject) -> Position {
        self.layers.iter().filter_map(|layer| layer.last(subject)).max().unwrap_or_default()
    }
}

impl<'a> Sequencer<'a> {
    /// Sequences after the record in `base`; `fetched` holds what is [`wanted`] of it, by position; whatever is
    /// accepted is recorded at `recorded_at`.
    pub fn new(base: &'a Index, fetched: &'a [Recorded], recorded_at: Timestamp) -> Sequencer<'a> {
        Sequencer { base, fetched, recorded_at }
    }

    /// Judges a commit after those in the draft. Accepted, its new events are in the draft; refused, nothing is.
    pub fn judge(&self, commit: &Commit, draft: &mut Draft) -> Result<Vec<Receipt>, SubmitError> {
        let mut own = Draft::new();
        let mut answers = Vec::with_capacity(commit.events.len());
        let mut refusal = Refusal::default();
        let next = self.base.tail().plus(draft.staged.len() as u64).next();
        for (index, proposed) in commit.events.iter().enumerate() {
            let view = self.view(&own.index, &own.staged, draft);
            let at = || format!("events[{index}]");
            if let Some(recorded) = view.find(proposed.id).and_then(|position| view.event(position)) {
                match same(recorded, proposed) {
                    true => answers.push(receipt(recorded, Novelty::Known)),
                    false => refusal.conflict(&at(), recorded),
                }
                continue;
            }
            admission::admit(proposed, at, &view, &mut refusal);
            let recorded = Recorded {
                position: next.plus(own.staged.len() as u64),
                recorded_at: self.recorded_at,
                recorded_by: commit.principal.clone(),
                commit: commit.id,
                id: proposed.id,
                event: proposed.event.clone(),
                content: proposed.content.clone(),
                salt: proposed.salt,
                concern: proposed.event.concerns().and_then(|id| view.concern(id)),
            };
            let touched = view.touched(&recorded);
            let receipt = receipt(&recorded, Novelty::New);
            answers.push(receipt);
            // Only a later event of the same commit can refer to this one before the draft has it.
            if index + 1 < commit.events.len() {
                own.index.add(&recorded, &touched);
            }
            own.staged.push(Staged { recorded, touched, leaf: receipt.leaf });
        }
        refusal.into_result()?;
        if !own.staged.is_empty() {
            self.check(commit, draft)?;
        }
        for staged in own.staged {
            draft.index.add(&staged.recorded, &staged.touched);
            draft.staged.push(staged);
        }
        Ok(answers)
    }

    /// What the event at `position` touches: one that was accepted into the draft, or that is on record and
    /// [`wanted`].
    pub fn touched(&self, position: Position, draft: &Draft) -> Vec<Subject> {
        // What an accepted event touches was settled when it was judged; later ones of its family may touch more.
        let offset = position.get().checked_sub(self.base.tail().get() + 1);
        let index = offset.and_then(|offset| usize::try_from(offset).ok());
        if let Some(staged) = index.and_then(|index| draft.staged.get(index)) {
            return staged.touched.clone();
        }
        let none = Index::default();
        let view = self.view(&none, &[], draft);
        view.event(position).map(|recorded| view.touched(recorded)).unwrap_or_default()
    }

    fn view<'v>(&'v self, own: &'v Index, staged: &'v [Staged], draft: &'v Draft) -> View<'v> {
        View {
            layers: [own, &draft.index, self.base],
            own: staged,
            batch: &draft.staged,
            fetched: self.fetched,
        }
    }

    fn check(&self, commit: &Commit, draft: &Draft) -> Result<(), SubmitError> {
        let none = Index::default();
        let view = self.view(&none, &[], draft);
        let tail = self.base.tail().plus(draft.staged.len() as u64);
        let mut invalid = Vec::new();
        let mut failed = Vec::new();
        for (index, check) in commit.checks.iter().enumerate() {
            let moved_at = view.last(&check.subject);
            if tail < check.unchanged_since {
                let message = format!("{} is beyond the tail {tail}", check.unchanged_since);
                invalid.push(Violation { field: format!("checks[{index}].unchanged_since"), message });
            } else if check.unchanged_since < moved_at {
                let (subject, unchanged_since) = (check.subject.clone(), check.unchanged_since);
                failed.push(FailedCheck { subject, unchanged_since, moved_at });
            }
        }
        if !invalid.is_empty() {
            return Err(SubmitError::Invalid(invalid));
        }
        if failed.is_empty() { Ok(()) } else { Err(SubmitError::ChecksFailed(failed)) }
    }
}

/// Whether an event was on record before.
#[derive(Clone, Copy)]
enum Novelty {
    Known,
    New,
}

fn receipt(recorded: &Recorded, novelty: Novelty) -> Receipt {
    Receipt {
        position: recorded.position,
        id: recorded.id,
        recorded_at: recorded.recorded_at,
        commit: recorded.commit,
        deduplicated: matches!(novelty, Novelty::Known),
        leaf: recorded.leaf(),
    }
}

fn same(recorded: &Recorded, proposed: &Proposed) -> bool {
    recorded.content == proposed.content
}

/// Why a commit is refused, gathered over its events.
#[derive(Default)]
pub(super) struct Refusal {
    /// What breaks a rule.
    pub invalid: Vec<Violation>,
    /// What is not on record.
    pub unknown: Vec<Violation>,
    conflicts: Vec<Violation>,
}

impl Refusal {
    fn conflict(&mut self, at: &str, recorded: &Recorded) {
        let message = format!(
            "{} is on record at position {} with other content; to change what a fact says, submit a correction",
            recorded.id, recorded.position
        );
        self.conflicts.push(Violation { field: format!("{at}.event_id"), message });
    }

    /// One kind of refusal at a time: form first, then references, then ids.
    fn into_result(self) -> Result<(), SubmitError> {
        if !self.invalid.is_empty() {
            return Err(SubmitError::Invalid(self.invalid));
        }
        if !self.unknown.is_empty() {
            return Err(SubmitError::Unknown(self.unknown));
        }
        if self.conflicts.is_empty() { Ok(()) } else { Err(SubmitError::Conflict(self.conflicts)) }
    }
}
