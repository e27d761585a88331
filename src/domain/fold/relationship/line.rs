//! A line: the moves of one relationship in valid-time order, packed, with the state kept every so often.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use super::{
    contact,
    contest::Contests,
    moves::Move,
    packed::{Key, Packed},
    state::State,
    step::Step,
    window::{MONTH, Window, YEAR},
};
use crate::{
    domain::{
        date::{DateSpan, Day},
        fold::{Lost, Standing},
        status::{
            Lead,
            relationship::{LegalFacet, RelationshipStatus},
        },
        vocabulary::RelationshipFlag,
    },
    position::Position,
};

/// The moves between two kept states. A chunk of twice as many is split.
const CHUNK: usize = 128;
/// How many moves a full chunk makes room for. Lines are many, and what they do not use counts.
const ROOM_MAX: usize = 32;

/// The moves of one relationship in valid-time order.
///
/// The order in which moves are inserted does not matter: two lines of the same moves answer alike, and like a fold of
/// all moves from the beginning. Inserting costs the moving of one chunk's bytes, however long the line is and wherever
/// the place. A status is folded from the nearest state before its date that is kept; the states that a late move has
/// made stale are made again, and kept, by the first question that needs them.
///
/// A clone shares the moves until one of the two changes.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// None is empty.
    chunks: Vec<Chunk>,
    contests: Contests,
    /// Denials that won against what others claim: they move nothing, and what they beat is shown.
    denials: BTreeMap<Key, Denial>,
}

/// A denial that won.
#[derive(Clone, Debug)]
struct Denial {
    /// The day from which on it counts.
    since: Day,
    lost: Vec<Lost>,
    disputed: bool,
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    /// In order.
    moves: Arc<Vec<Packed>>,
    /// How many of them are neither denials nor leads.
    moving: u32,
    /// The state after all chunks before this one, once somebody has asked. The chunks that know it follow upon the
    /// first, before which there is nothing.
    before: OnceLock<Arc<State>>,
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

    /// Takes note of what lost. Against a lead nothing loses that anybody but a machine has said.
    pub(super) fn note(&mut self, standing: &Standing<'_, Move>) {
        if standing.moves() {
            self.contests.note(standing);
        } else if !standing.is_lead() && !standing.lost.is_empty() {
            let denial = Denial {
                since: standing.effective.lower(),
                lost: standing.lost.clone(),
                disputed: standing.disputed,
            };
            self.denials.insert(Key::of_standing(standing), denial);
        }
    }

    /// Puts a move at its place.
    pub(super) fn put(&mut self, it: Packed) {
        let is_after = |chunk: &Chunk| chunk.last().is_some_and(|last| last < it.key());
        let is_last = self.chunks.last().is_none_or(is_after);
        let index = match is_last {
            true => self.chunks.len().saturating_sub(1),
            false => self.chunks.partition_point(is_after),
        };
        self.forget_states_after(index);
        match self.chunks.get_mut(index) {
            Some(chunk) if !is_last || chunk.moves.len() < 2 * CHUNK => {
                chunk.put(it);
                if 2 * CHUNK <= chunk.moves.len() && !is_last {
                    let rest = chunk.split();
                    self.chunks.insert(index + 1, rest);
                }
            }
            Some(_) | None => self.chunks.push(Chunk::of(it)),
        }
    }

    /// Takes out what stands of a family.
    pub(super) fn remove(&mut self, standing: &Standing<'_, Move>) {
        self.denials.remove(&Key::of_standing(standing));
        self.contests.forget(standing.position);
        self.take(Key::of_standing(standing));
    }

    /// Takes out the move at a place, if there is one.
    pub(super) fn take(&mut self, key: Key) {
        let index = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last < key));
        let Some(chunk) = self.chunks.get_mut(index) else { return };
        if !chunk.take(key) {
            return;
        }
        let is_empty = chunk.moves.is_empty();
        self.forget_states_after(index);
        if is_empty {
            self.chunks.remove(index);
        }
    }

    /// The status at a date, with the listings that bear on the relationship at that date. Moves that take effect
    /// later do not count.
    pub fn status(&self, valid_at: Day, legal: Vec<LegalFacet>) -> RelationshipStatus {
        let (state, rest) = self.nearest(valid_at);
        let mut state = state.cloned().unwrap_or_default();
        rest.for_each(|step| state.apply(&step));
        let within = |window: Window| state.contact.count - self.contacts_by(window.eve(valid_at));
        let counts = contact::Counts { month: within(MONTH), year: within(YEAR) };
        let mut status = state.finish(&self.contests, counts, legal, valid_at);
        status.leads = self.leads(valid_at);
        self.show_denials(&mut status, valid_at);
        status
    }

    /// Adds what lost against denials by the date.
    fn show_denials(&self, status: &mut RelationshipStatus, valid_at: Day) {
        for (_, denial) in self.denials.range(..Key::end_of(valid_at)) {
            status.alternatives.extend(&denial.lost);
            if denial.disputed && !status.flags.contains(&RelationshipFlag::Disputed) {
                status.flags.push(RelationshipFlag::Disputed);
                status.flags.sort();
            }
        }
    }

    /// The days from which on denials are shown with what they beat.
    pub(super) fn days_of_denials(&self) -> impl Iterator<Item = Day> {
        self.denials.values().map(|denial| denial.since)
    }

    /// Every move that is no denial and no lead, in valid-time order, at whatever date: when it takes effect, the event that
    /// tells it, and what it says.
    pub fn steps(&self) -> impl Iterator<Item = (DateSpan, Position, Move)> {
        self.moves().filter_map(Packed::step).map(|step| (step.mark.effective, step.mark.position, step.what))
    }

    /// What only a machine has coded and that would be in effect within the year up to a date, the latest first.
    pub fn leads(&self, valid_at: Day) -> Vec<Lead> {
        let (eve, end) = (Key::end_of(YEAR.eve(valid_at)), Key::end_of(valid_at));
        let first = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last < eve));
        let moves = self.chunks.iter().skip(first).flat_map(|chunk| chunk.moves.iter());
        let recent = moves.skip_while(|it| it.key() < eve).take_while(|it| it.key() < end);
        let mut leads: Vec<Lead> = recent.filter_map(|it| it.lead()).collect();
        leads.reverse();
        leads
    }

    /// How many moves there are that are neither denied nor leads, at whatever date.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.moving as usize).sum()
    }

    /// Whether nothing is in it, not even a denial.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// How many moves are in effect by the end of a day.
    pub fn count(&self, valid_at: Day) -> u64 {
        let index = self.begun(valid_at).saturating_sub(1);
        let whole = self.chunks.iter().take(index).map(|chunk| u64::from(chunk.moving)).sum::<u64>();
        let rest = self.chunks.get(index).map_or(0, |chunk| chunk.count(Key::end_of(valid_at)));
        whole + rest
    }

    /// The facts whose moves are in effect by the end of a day, in valid-time order.
    pub fn facts(&self, valid_at: Day) -> impl Iterator<Item = Position> {
        let end = Key::end_of(valid_at);
        let moving = self.moves().take_while(move |it| it.key() < end).filter(|it| it.moves());
        moving.map(Packed::root)
    }

    /// Everything in it, in order.
    pub(super) fn moves(&self) -> impl Iterator<Item = Packed> {
        self.chunks.iter().flat_map(|chunk| chunk.moves.iter().copied())
    }

    /// How many contacts there were by the end of a day.
    fn contacts_by(&self, day: Day) -> u64 {
        let (state, rest) = self.nearest(day);
        let counted = state.map_or(0, |state| state.contact.count);
        rest.filter(|step| contact::level_of(&step.what).is_some()).fold(counted, |count, _| count + 1)
    }

    /// The state before the last chunk that begins by the end of a day, and the moves from there to the end of that day.
    fn nearest(&self, day: Day) -> (Option<&State>, impl Iterator<Item = Step>) {
        let end = Key::end_of(day);
        let index = self.begun(day).saturating_sub(1);
        let rest = self.chunks.get(index).into_iter().flat_map(|chunk| chunk.moves.iter());
        let rest = rest.take_while(move |it| it.key() < end).filter_map(|it| it.step());
        (self.state_before(index), rest)
    }

    /// How many chunks begin by the end of a day.
    fn begun(&self, day: Day) -> usize {
        let end = Key::end_of(day);
        self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first < end))
    }

    /// The state before a chunk, made if nobody has asked before. `None` before the first.
    fn state_before(&self, index: usize) -> Option<&State> {
        let kept = |index: usize| self.chunks.get(index).and_then(|chunk| chunk.before.get());
        let known = (1..=index).rev().find(|index| kept(*index).is_some()).unwrap_or(0);
        if known < index {
            let mut state = kept(known).map(|state| State::clone(state)).unwrap_or_default();
            for pair in self.chunks.get(known..=index).unwrap_or_default().windows(2) {
                let [chunk, next] = pair else { continue };
                chunk.moves.iter().filter_map(|it| it.step()).for_each(|step| state.apply(&step));
                next.before.get_or_init(|| Arc::new(state.clone()));
            }
        }
        kept(index).map(|state| &**state)
    }

    fn forget_states_after(&mut self, index: usize) {
        for chunk in self.chunks.iter_mut().skip(index + 1) {
            if chunk.before.take().is_none() {
                break;
            }
        }
    }
}

impl Chunk {
    fn of(it: Packed) -> Chunk {
        Chunk { moves: Arc::new(vec![it]), moving: it.moves().into(), before: OnceLock::new() }
    }

    fn first(&self) -> Option<Key> {
        self.moves.first().map(|it| it.key())
    }

    fn last(&self) -> Option<Key> {
        self.moves.last().map(|it| it.key())
    }

    /// How many moves come before a place and are no denials.
    fn count(&self, end: Key) -> u64 {
        match self.last() {
            Some(last) if last < end => self.moving.into(),
            _ => self.moves.iter().take_while(|it| it.key() < end).map(|it| u64::from(it.moves())).sum(),
        }
    }

    fn put(&mut self, it: Packed) {
        let moves = Arc::make_mut(&mut self.moves);
        if moves.len() == moves.capacity() {
            moves.reserve_exact((moves.len() / 2).clamp(1, ROOM_MAX));
        }
        let place = moves.partition_point(|other| other.key() < it.key());
        moves.insert(place, it);
        self.moving += u32::from(it.moves());
    }

    fn take(&mut self, key: Key) -> bool {
        let Ok(place) = self.moves.binary_search_by_key(&key, |it| it.key()) else { return false };
        let taken = Arc::make_mut(&mut self.moves).remove(place);
        self.moving -= u32::from(taken.moves());
        true
    }

    /// Keeps the first half, and gives the second.
    fn split(&mut self) -> Chunk {
        let moves = Arc::make_mut(&mut self.moves);
        let mut rest = moves.split_off(moves.len() / 2);
        moves.shrink_to_fit();
        rest.shrink_to_fit();
        let moving = rest.iter().map(|it| u32::from(it.moves())).sum();
        self.moving -= moving;
        Chunk { moves: Arc::new(rest), moving, before: OnceLock::new() }
    }
}

#[cfg(test)]
mod tests;
