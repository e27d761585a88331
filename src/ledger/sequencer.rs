//! Sequencing: the one deterministic function from the record so far and commits in order to positions, receipts and
//! refusals. No I/O, no clock: what it needs of the log is fetched before, and the time is given.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap},
};

use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;

use super::{
    admission,
    commit::{Check, Commit, FailedCheck, Receipt, SubmitError},
    index::{self, Index},
    recorded::{Concern, Record, Recorded},
    staged::{Found, Staged},
};
use crate::{
    domain::{event::Event, id::EventId, subject::Subject, violation::Violation},
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
    /// These are never more than a batch, so a hash that is fast will do.
    ids: HashMap<EventId, Position, DefaultHashBuilder>,
    registered: HashMap<Subject, Position, DefaultHashBuilder>,
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
        let record = &staged.record;
        let position = record.position;
        self.ids.insert(record.id, position);
        if let Some(identity) = &staged.registers {
            self.registered.entry(identity.clone()).or_insert(position);
        }
        if let Some(Concern { root, .. }) = record.concern {
            self.roots.insert(position, root);
            self.families.entry(root).or_default().push(position);
        }
        self.staged.push(staged);
    }

    /// Takes back everything after the first `kept` events.
    fn truncate(&mut self, kept: usize) {
        for Staged { record, registers, .. } in self.staged.drain(kept..) {
            let position = record.position;
            self.ids.remove(&record.id);
            if let Some(identity) = registers
                && self.registered.get(&identity) == Some(&position)
            {
                self.registered.remove(&identity);
            }
            if let Some(Concern { root, .. }) = record.concern {
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
                self.last.insert(subject.clone(), staged.record.position);
            }
        }
        self.last_staged = count.max(self.last_staged);
        &self.last
    }
}

/// The positions that judging a commit needs to see: events with the same ids, what its events concern, the roots of those,
/// and what is on record about the decisions that it would record. Ascending.
pub fn wanted(commit: &Commit, index: &Index) -> BTreeSet<Position> {
    let ids = commit.events.iter().flat_map(|proposed| [Some(proposed.id), proposed.concerns]);
    let positions = ids.flatten().filter_map(|id| index.find(id));
    let named = positions.flat_map(|position| [Some(position), index.root(position)]).flatten();
    let registered = commit.events.iter().filter_map(|proposed| proposed.registers.as_ref());
    let decisions = registered.filter(|it| matches!(it, Subject::Decision(_)) && index.is_registered(it));
    let decided =
        decisions.flat_map(|it| index.positions(std::slice::from_ref(it), Position::START, index.tail()));
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

    /// Whether an event may refer to a subject: an identity must be registered, and a relationship is where there is an
    /// engagement.
    pub fn holds(&self, subject: &Subject) -> bool {
        matches!(subject, Subject::Relationship(..)) || self.is_registered(subject)
    }

    /// The events that touch a subject, by position, as far as the judgement can need them.
    pub fn events(&self, subject: &Subject) -> Vec<(&'a Record, &'a Event)> {
        let positions = self.base.positions(std::slice::from_ref(subject), Position::START, self.base.tail());
        let recorded = positions.into_iter().filter_map(|position| self.event(position));
        let drafted = self.draft.staged.iter().filter(|staged| staged.touched.contains(subject));
        let all = recorded.chain(drafted.map(Found::Staged));
        all.filter_map(|found| Some((found.record(), found.event()?))).collect()
    }

    /// The event at a position, if the judgement can need it.
    pub fn event(&self, position: Position) -> Option<Found<'a>> {
        let fetched = || {
            let index = self.fetched.binary_search_by_key(&position, |it| it.position).ok()?;
            self.fetched.get(index)
        };
        self.staged(position).map(Found::Staged).or_else(|| fetched().map(Found::Recorded))
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
        let root = self.event(root).and_then(|root| Some((root.record().id, root.event()?)));
        index::with_family(own, root, family)
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
            if let Some(found) = view.find(proposed.id).and_then(|position| view.event(position)) {
                match found.record().content == proposed.content {
                    true => answers.push(receipt(found.record(), found.leaf(), Novelty::Known)),
                    false if self.base.tail().plus(before as u64) < found.record().position => {
                        refusal.repeated(&at(), found.record());
                    }
                    false => refusal.conflict(&at(), found.record()),
                }
                continue;
            }
            let position = self.base.tail().plus(draft.staged.len() as u64).next();
            admission::admit(&proposed, position, at, &view, &mut refusal);
            let concern = proposed.concerns.and_then(|id| view.concern(id));
            let record = Record {
                position,
                recorded_at: self.recorded_at,
                recorded_by: principal.clone(),
                commit,
                id: proposed.id,
                content: proposed.content,
                salt: proposed.salt,
                concern,
            };
            let touched = view.touched(proposed.subjects, concern);
            let leaf = Leaf {
                position,
                recorded_at: record.recorded_at.as_microsecond(),
                event: record.id.uuid().into_bytes(),
                commit: commit.into_bytes(),
                subjects: proposed.subjects_hash,
                metadata,
                content: proposed.commitment,
            };
            let leaf = leaf.hash();
            answers.push(receipt(&record, leaf, Novelty::New));
            draft.push(Staged {
                record,
                touched,
                leaf,
                registers: proposed.registers,
                extract: proposed.extract,
                event: proposed.event.map_or_else(OnceCell::new, |event| OnceCell::from(Some(event))),
            });
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
        let found = view.event(position).and_then(|found| Some((found.event()?, found.record().concern)));
        found.map(|(event, concern)| view.touched(index::own(event), concern)).unwrap_or_default()
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

fn receipt(recorded: &Record, leaf: Hash, novelty: Novelty) -> Receipt {
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
    fn conflict(&mut self, at: &str, recorded: &Record) {
        let message = format!(
            "{} is on record at position {} with other content; to change what a fact says, submit a correction",
            recorded.id, recorded.position
        );
        self.conflicts.push(Violation { field: format!("{at}.event_id"), message });
    }

    /// The id of another event of the commit, which is not on record.
    fn repeated(&mut self, at: &str, other: &Record) {
        let message = format!(
            "{} is the id of an event before it in the commit as well, with other content; give it one of its own",
            other.id
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
