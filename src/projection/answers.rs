//! Answers: encoded statuses under no cuts, kept until something that they rest on changes.

use std::sync::OnceLock;

use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};

use super::Store;
use crate::domain::{
    as_of::AsOf,
    date::Day,
    id::{ActorId, GroupId},
    subject::Subject,
};

/// How much memory they take at most, in bytes; those that are not asked for again go first.
const ANSWERS_BYTES_MAX: u64 = 32 << 20;
/// What an answer takes besides its own bytes, about.
const ENTRY_BYTES: u64 = 160;
/// How many answers there is room for at first.
const ANSWERS_EXPECTED: usize = 1_024;

/// The answers about groups and relationships, of each that for the valid date that was asked for last.
#[derive(Default)]
pub(super) struct Answers(OnceLock<Cache<Subject, Answer, Size>>);

#[derive(Clone)]
struct Answer {
    valid_at: Day,
    status: Bytes,
}

#[derive(Clone)]
struct Size;

impl Weighter<Subject, Answer> for Size {
    fn weight(&self, _: &Subject, answer: &Answer) -> u64 {
        ENTRY_BYTES + answer.status.len() as u64
    }
}

impl Answers {
    fn keep(&self, subject: Subject, answer: Answer) {
        let cache = || Cache::with_weighter(ANSWERS_EXPECTED, ANSWERS_BYTES_MAX, Size);
        self.0.get_or_init(cache).insert(subject, answer);
    }

    /// Forgets what rests on a relationship: the group counts it.
    pub(super) fn forget(&mut self, actor: &ActorId, group: &GroupId) {
        if let Some(kept) = self.0.get() {
            kept.remove(&Subject::Relationship(actor.clone(), group.clone()));
            kept.remove(&Subject::Group(group.clone()));
        }
    }

    /// Forgets everything: actors, groups and regimes bear on each other, and on every relationship.
    pub(super) fn forget_all(&mut self) {
        if let Some(kept) = self.0.get() {
            kept.clear();
        }
    }
}

impl Store {
    /// The status of a group or a relationship under these cuts, as it was given to [`Store::keep_answer`], unless it may
    /// have changed since.
    pub fn answer(&self, subject: &Subject, as_of: AsOf) -> Option<Bytes> {
        let kept = self.answers.0.get().filter(|_| as_of.is_whole(self.position()))?;
        kept.get(subject).filter(|answer| answer.valid_at == as_of.valid_at).map(|answer| answer.status)
    }

    /// Keeps the status of a group or a relationship that was computed under these cuts. It is left at that when the store
    /// has gone on since, under cuts other than that of the valid date, and where identities have been merged.
    pub fn keep_answer(&self, subject: Subject, as_of: AsOf, status: Bytes) {
        let is_current = self.position() == as_of.known_at && as_of.is_whole(self.position());
        if is_current && self.merges.is_empty() {
            self.answers.keep(subject, Answer { valid_at: as_of.valid_at, status });
        }
    }
}
