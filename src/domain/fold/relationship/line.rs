//! A line: the moves of one relationship in valid-time order, and what they come to at a date.

use std::sync::OnceLock;

use super::{
    chunks::Chunks,
    contact,
    contest::Contests,
    moves::Move,
    packed::{Key, Packed},
    window::{MONTH, Window, YEAR},
};
use crate::{
    domain::{
        date::{DateSpan, Day},
        fold::Standing,
        status::{
            Lead,
            relationship::{LegalFacet, RelationshipStatus},
        },
    },
    position::Position,
};

/// How many late moves wait at most until all of them are put in place.
const WAITING_MAX: usize = 64;

/// The moves of one relationship in valid-time order.
///
/// The order in which moves are inserted does not matter: two lines of the same moves answer alike, and like a fold of
/// all moves from the beginning. A late move waits beside the others until somebody asks, or several can be put in place
/// together: inserting costs a few words, and now and then the moving of the chunks concerned. A status is folded from the
/// nearest state before its date that is kept; the states that a late move has made stale are made again, and kept, by the
/// first question that needs them.
///
/// A clone shares the moves until one of the two changes.
#[derive(Clone, Debug, Default)]
pub struct Line {
    settled: Chunks,
    /// Those that came late, in no order.
    waiting: Vec<Packed>,
    /// All of them, once somebody has asked while some waited.
    whole: OnceLock<Box<Chunks>>,
    pub(super) contests: Contests,
}

impl Line {
    /// The line of these moves: those of a history that stand under some cuts.
    pub fn from_standing<'a>(standing: impl IntoIterator<Item = Standing<'a, Move>>) -> Line {
        let mut line = Line::default();
        for it in standing {
            line.insert(&it);
        }
        line
    }

    /// Inserts what stands of a family at its place. One that is DENIED moves nothing; what it beat is kept. What stood
    /// of the same family before must have been [removed](Line::remove).
    pub(super) fn insert(&mut self, standing: &Standing<'_, Move>) {
        self.note(standing);
        self.put(Packed::contested(standing));
    }

    /// Takes note of what lost.
    pub(super) fn note(&mut self, standing: &Standing<'_, Move>) {
        self.contests.note(standing);
    }

    /// Puts a move at its place.
    pub(super) fn put(&mut self, it: Packed) {
        // Whoever asks between late moves finds them in place, every other time without a copy of anything.
        let was_asked = self.settle_asked();
        if self.waiting.is_empty() && (was_asked || self.settled.last() < Some(it.key())) {
            self.settled.put(it);
            return;
        }
        self.waiting.push(it);
        if WAITING_MAX <= self.waiting.len() {
            self.settle();
        }
    }

    /// Takes over what the last question has put in order, if there was one since something waits.
    fn settle_asked(&mut self) -> bool {
        let Some(whole) = self.whole.take() else { return false };
        self.settled = *whole;
        self.waiting.clear();
        true
    }

    /// Puts what waits in place.
    fn settle(&mut self) {
        if !self.settle_asked() {
            self.waiting.sort_unstable_by_key(|it| it.key());
            self.settled.put_all(&self.waiting);
            self.waiting.clear();
        }
    }

    /// All moves in order.
    fn chunks(&self) -> &Chunks {
        if self.waiting.is_empty() {
            return &self.settled;
        }
        self.whole.get_or_init(|| {
            let mut whole = self.settled.clone();
            whole.put_all(&self.waiting_in_order());
            Box::new(whole)
        })
    }

    fn waiting_in_order(&self) -> Vec<Packed> {
        let mut waiting = self.waiting.clone();
        waiting.sort_unstable_by_key(|it| it.key());
        waiting
    }

    /// Takes out what stands of a family.
    pub(super) fn remove(&mut self, standing: &Standing<'_, Move>) {
        self.contests.forget(standing.position);
        self.take(Key::of_standing(standing));
    }

    /// Takes out the move at a place, if there is one.
    pub(super) fn take(&mut self, key: Key) {
        self.settle();
        self.settled.take(key);
    }

    /// The status at a date, with the listings that bear on the relationship at that date. Moves that take effect
    /// later do not count.
    pub fn status(&self, valid_at: Day, legal: Vec<LegalFacet>) -> RelationshipStatus {
        let (state, rest) = self.chunks().nearest(valid_at);
        let mut state = state.cloned().unwrap_or_default();
        rest.for_each(|step| state.apply(&step));
        let within = |window: Window| state.contact.count - self.contacts_by(window.eve(valid_at));
        let counts = contact::Counts { month: within(MONTH), year: within(YEAR) };
        let mut status = state.finish(&self.contests, counts, legal, valid_at);
        status.leads = self.leads(valid_at);
        status
    }

    /// Every move that is no denial and no lead, in valid-time order, at whatever date: when it takes effect, the event that
    /// tells it, and what it says.
    pub fn steps(&self) -> impl Iterator<Item = (DateSpan, Position, Move)> {
        self.moves().filter_map(Packed::step).map(|step| (step.mark.effective, step.mark.position, step.what))
    }

    /// The last days of ceasefires that any of the steps gives, in no particular order.
    pub fn truce_ends(&self) -> impl Iterator<Item = Day> {
        self.moves_once().filter_map(Packed::truce_ends)
    }

    /// What only a machine has coded and that would be in effect within the year up to a date, the latest first.
    pub fn leads(&self, valid_at: Day) -> Vec<Lead> {
        let (eve, end) = (Key::end_of(YEAR.eve(valid_at)), Key::end_of(valid_at));
        let recent = self.chunks().moves_from(eve).take_while(|it| it.key() < end);
        let mut leads: Vec<Lead> = recent.filter_map(|it| it.lead()).collect();
        leads.reverse();
        leads
    }

    /// How many moves there are that are neither denied nor leads, at whatever date.
    pub fn len(&self) -> usize {
        self.settled.len() + self.waiting.iter().filter(|it| it.moves()).count()
    }

    /// Whether nothing is in it, not even a denial.
    pub fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.waiting.is_empty()
    }

    /// How many moves are in effect by the end of a day.
    pub fn count(&self, valid_at: Day) -> u64 {
        self.chunks().count(valid_at)
    }

    /// The facts whose moves are in effect by the end of a day, in valid-time order.
    pub fn facts(&self, valid_at: Day) -> impl Iterator<Item = Position> {
        let end = Key::end_of(valid_at);
        let moving = self.moves().take_while(move |it| it.key() < end).filter(|it| it.moves());
        moving.map(Packed::root)
    }

    /// Everything in it, in order.
    pub(super) fn moves(&self) -> impl Iterator<Item = Packed> {
        self.chunks().moves()
    }

    /// The same, for whoever asks every line and once: nothing of it is kept.
    pub(super) fn moves_once(&self) -> impl Iterator<Item = Packed> {
        let kept = self.whole.get().map_or(&self.settled, |whole| whole);
        let waiting = if self.whole.get().is_some() { Vec::new() } else { self.waiting_in_order() };
        let (mut moves, mut waiting) = (kept.moves().peekable(), waiting.into_iter().peekable());
        std::iter::from_fn(move || match (moves.peek(), waiting.peek()) {
            (Some(one), Some(other)) if other.key() < one.key() => waiting.next(),
            (Some(_), _) => moves.next(),
            (None, _) => waiting.next(),
        })
    }

    /// How many contacts there were by the end of a day.
    fn contacts_by(&self, day: Day) -> u64 {
        let (state, rest) = self.chunks().nearest(day);
        let counted = state.map_or(0, |state| state.contact.count);
        rest.filter(|step| contact::level_of(&step.what).is_some()).fold(counted, |count, _| count + 1)
    }
}

#[cfg(test)]
mod tests;
