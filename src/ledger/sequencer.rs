//! Sequencing: the one deterministic function from the record so far and commits in order to positions, receipts and
//! refusals. No I/O, no clock: what it needs of the log is fetched before, and the time is given.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    admission,
    commit::{Check, Commit, FailedCheck, Receipt, SubmitError},
    index::{self, Index},
    recorded::{Concern, Recorded},
};
use crate::{
    domain::{id::EventId, subject::Subject, violation::Violation},
    position::Position,
    proof::{Hash, Leaf, metadata_hash},
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

/// The batch so far: accepted, not yet durable; and, while a commit is judged, what of that was accepted.
#[derive(Default)]
pub struct Draft {
    /// What is to be written, in order of position.
    pub staged: Vec<Staged>,
    ids: HashMap<EventId, Position>,
    registered: HashMap<Subject, Position>,
    /// The root of every claim and record event.
    roots: HashMap<Position, Position>,
    /// Those claims and record events, by root.
    families: HashMap<Position, Vec<Position>>,
    /// The last position that touches a subject, in the first so many events: looked up only for checks.
    last: HashMap<Subject, Position>,
    last_staged: usize,
}

impl Draft {
    /// An empty batch.
    pub fn new() -> Draft {
        Draft::default()
    }

    fn push(&mut self, staged: Staged) {
        let recorded = &staged.recorded;
        let position = recorded.position;
        self.ids.insert(recorded.id, position);
        if let Some(identity) = index::registers(&recorded.event) {
            self.registered.entry(identity).or_insert(position);
        }
        if let Some(Concern { root, .. }) = recorded.concern {
            self.roots.insert(position, root);
            self.families.entry(root).or_default().push(position);
        }
        self.staged.push(staged);
    }

    /// Takes back everything after the first `kept` events.
    fn truncate(&mut self, kept: usize) {
        for Staged { recorded, .. } in self.staged.drain(kept..) {
            let position = recorded.position;
            self.ids.remove(&recorded.id);
            if let Some(identity) = index::registers(&recorded.event)
                && self.registered.get(&identity) == Some(&position)
            {
                self.registered.remove(&identity);
            }
            if let Some(Concern { root, .. }) = recorded.concern {
                self.roots.remove(&position);
                self.families.entry(root).or_default().retain(|member| *member < position);
            }
        }
    }

    /// The last position that touches each subject, in the first `count` events, which is never less than it was.
    fn last(&mut self, count: usize) -> &HashMap<Subject, Position> {
        let unseen = self.staged.get(self.last_staged..count).unwrap_or_default();
        for staged in unseen {
            for subject in &staged.touched {
                self.last.insert(subject.clone(), staged.recorded.position);
            }
        }
        self.last_staged = count.max(self.last_staged);
        &self.last
    }
}

/// The positions that judging a commit needs to see: events with the same ids, what its events concern, the roots of those,
/// and what is on record about the decisions that it would record. Ascending.
pub fn wanted(commit: &Commit, index: &Index) -> BTreeSet<Position> {
    let ids = commit.events.iter().flat_map(|proposed| [Some(proposed.id), proposed.event.concerns()]);
    let positions = ids.flatten().filter_map(|id| index.find(id));
    let named = positions.flat_map(|position| [Some(position), index.root(position)]).flatten();
    let registered = commit.events.iter().filter_map(|proposed| index::registers(&proposed.event));
    let decisions = registered.filter(|it| matches!(it, Subject::Decision(_)) && index.is_registered(it));
    let decided = decisions.flat_map(|it| index.positions(&[it], Position::START, index.tail()));
    named.chain(decided).collect()
}

/// What one commit sees: the record, and after it the batch with the commit's own events.
pub(super) struct View<'a> {
    base: &'a Index,
    draft: &'a Draft,
    fetched: &'a [Recorded],
}

impl<'a> View<'a> {
    /// The position of an event that a commit of the batch proposes or names.
    pub fn find(&self, id: EventId) -> Option<Position> {
        // Whatever the batch names is wanted, and so fetched, if it is on record.
        let recorded = || if self.fetched.is_empty() { None } else { self.base.find(id) };
        self.draft.ids.get(&id).copied().or_else(recorded)
    }

    /// Whether an identity is registered.
    pub fn is_registered(&self, identity: &Subject) -> bool {
        self.base.is_registered(identity) || self.draft.registered.contains_key(identity)
    }

    /// The events that touch a subject, by position, as far as the judgement can need them.
    pub fn events(&self, subject: &Subject) -> Vec<&'a Recorded> {
        let positions = self.base.positions(std::slice::from_ref(subject), Position::START, self.base.tail());
        let recorded = positions.into_iter().filter_map(|position| self.event(position));
        let drafted = self.draft.staged.iter().filter(|staged| staged.touched.contains(subject));
        recorded.chain(drafted.map(|staged| &staged.recorded)).collect()
    }

    /// The event at a position, if the judgement can need it.
    pub fn event(&self, position: Position) -> Option<&'a Recorded> {
        let fetched = || {
            let index = self.fetched.binary_search_by_key(&position, |it| it.position).ok()?;
            self.fetched.get(index)
        };
        self.staged(position).map(|staged| &staged.recorded).or_else(fetched)
    }

    fn staged(&self, position: Position) -> Option<&'a Staged> {
        let offset = position.get().checked_sub(self.base.tail().next().get())?;
        self.draft.staged.get(usize::try_from(offset).ok()?)
    }

    /// What an event that names `id` concerns.
    pub fn concern(&self, id: EventId) -> Option<Concern> {
        let target = self.find(id)?;
        let root = self.draft.roots.get(&target).copied().or_else(|| self.base.root(target));
        Some(Concern { target, root: root.unwrap_or(target) })
    }

    /// What an event touches whose own content touches `own`, ascending, each once.
    fn touched(&self, own: Vec<Subject>, concern: Option<Concern>) -> Vec<Subject> {
        let Some(Concern { root, .. }) = concern else { return own };
        let members = self.draft.families.get(&root).into_iter().flatten();
        let drafted = members.filter_map(|member| self.staged(*member)).flat_map(|member| &member.touched);
        let family = self.base.family_subjects(root).into_iter().flatten().chain(drafted);
        index::with_family(own, self.event(root), family)
    }
}

impl<'a> Sequencer<'a> {
    /// Sequences after the record in `base`; `fetched` holds what is [`wanted`] of it, by position; whatever is
    /// accepted is recorded at `recorded_at`.
    pub fn new(base: &'a Index, fetched: &'a [Recorded], recorded_at: Timestamp) -> Sequencer<'a> {
        Sequencer { base, fetched, recorded_at }
    }

    /// Judges a commit after those in the draft. Accepted, its new events are in the draft; refused, nothing is.
    pub fn judge(&self, commit: Commit, draft: &mut Draft) -> Result<Vec<Receipt>, SubmitError> {
        let before = draft.staged.len();
        let judged = self.judge_events(commit, draft);
        if judged.is_err() {
            draft.truncate(before);
        }
        judged
    }

    fn judge_events(&self, commit: Commit, draft: &mut Draft) -> Result<Vec<Receipt>, SubmitError> {
        let Commit { id: commit, principal, events, checks } = commit;
        let before = draft.staged.len();
        let mut answers = Vec::with_capacity(events.len());
        let mut refusal = Refusal::default();
        let metadata = metadata_hash(&principal);
        for (index, proposed) in events.into_iter().enumerate() {
            let view = self.view(draft);
            let at = || format!("events[{index}]");
            if let Some(recorded) = view.find(proposed.id).and_then(|position| view.event(position)) {
                match recorded.content == proposed.content {
                    true => answers.push(receipt(recorded, recorded.leaf(), Novelty::Known)),
                    false => refusal.conflict(&at(), recorded),
                }
                continue;
            }
            let position = self.base.tail().plus(draft.staged.len() as u64).next();
            admission::admit(&proposed, position, at, &view, &mut refusal);
            let concern = proposed.event.concerns().and_then(|id| view.concern(id));
            let recorded = Recorded {
                position,
                recorded_at: self.recorded_at,
                recorded_by: principal.clone(),
                commit,
                id: proposed.id,
                event: proposed.event,
                content: proposed.content,
                salt: proposed.salt,
                concern,
            };
            let touched = view.touched(proposed.subjects, concern);
            let leaf = Leaf {
                position: recorded.position,
                recorded_at: recorded.recorded_at.as_microsecond(),
                event: recorded.id.uuid().into_bytes(),
                commit: commit.into_bytes(),
                subjects: proposed.subjects_hash,
                metadata,
                content: proposed.commitment,
            };
            let leaf = leaf.hash();
            answers.push(receipt(&recorded, leaf, Novelty::New));
            draft.push(Staged { recorded, touched, leaf });
        }
        refusal.into_result()?;
        if before < draft.staged.len() && !checks.is_empty() {
            self.check(checks, before, draft)?;
        }
        Ok(answers)
    }

    /// What the event at `position` touches: one that was accepted into the draft, or that is on record and
    /// [`wanted`].
    pub fn touched(&self, position: Position, draft: &Draft) -> Vec<Subject> {
        let view = self.view(draft);
        // What an accepted event touches was settled when it was judged; later ones of its family may touch more.
        if let Some(staged) = view.staged(position) {
            return staged.touched.clone();
        }
        let recorded = view.event(position);
        recorded.map(|it| view.touched(index::own(it), it.concern)).unwrap_or_default()
    }

    fn view<'v>(&'v self, draft: &'v Draft) -> View<'v> {
        View { base: self.base, draft, fetched: self.fetched }
    }

    /// Checks against the record and the first `before` events of the draft.
    fn check(&self, checks: Vec<Check>, before: usize, draft: &mut Draft) -> Result<(), SubmitError> {
        let drafted = draft.last(before);
        let tail = self.base.tail().plus(before as u64);
        let mut invalid = Vec::new();
        let mut failed = Vec::new();
        for (index, Check { subject, unchanged_since }) in checks.into_iter().enumerate() {
            let moved_at = drafted.get(&subject).copied().or_else(|| self.base.last(&subject));
            let moved_at = moved_at.unwrap_or_default();
            if tail < unchanged_since {
                let message = format!("{unchanged_since} is beyond the tail {tail}");
                invalid.push(Violation { field: format!("checks[{index}].unchanged_since"), message });
            } else if unchanged_since < moved_at {
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

fn receipt(recorded: &Recorded, leaf: Hash, novelty: Novelty) -> Receipt {
    Receipt {
        position: recorded.position,
        id: recorded.id,
        recorded_at: recorded.recorded_at,
        commit: recorded.commit,
        deduplicated: matches!(novelty, Novelty::Known),
        leaf,
    }
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
