//! Chunks: moves in valid-time order, in pieces, with the state kept between them.

use std::sync::{Arc, OnceLock};

use super::{
    packed::{Key, Packed},
    state::State,
    step::Step,
};
use crate::domain::date::Day;

/// The moves between two kept states. A chunk of twice as many is split.
const CHUNK: usize = 128;
/// How many moves a full chunk makes room for. Lines are many, and what they do not use counts.
const ROOM_MAX: usize = 32;

/// Moves in valid-time order. A clone shares them until one of the two changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunks {
    /// None is empty.
    chunks: Vec<Chunk>,
    /// The place of the last move, here so that what comes in order is known without a look at the others.
    last: Option<Key>,
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

impl Chunks {
    /// The place of the last move.
    pub(super) const fn last(&self) -> Option<Key> {
        self.last
    }

    /// Puts a move at its place.
    pub(super) fn put(&mut self, it: Packed) {
        let is_last = self.last < Some(it.key());
        let index = match is_last {
            true => self.chunks.len().saturating_sub(1),
            false => self.place(it.key()),
        };
        self.forget_states_after(index);
        self.last = self.last.max(Some(it.key()));
        match self.chunks.get_mut(index) {
            Some(chunk) if !is_last || chunk.moves.len() < 2 * CHUNK => {
                chunk.put(it);
                if !is_last {
                    self.split(index);
                }
            }
            Some(_) | None => self.chunks.push(Chunk::of(it)),
        }
    }

    /// Puts moves at their places that are themselves in order: each chunk is opened once, however many go there.
    pub(super) fn put_all(&mut self, ordered: &[Packed]) {
        let mut rest = ordered;
        while let Some(first) = rest.first() {
            let index = self.place(first.key());
            let last = self.chunks.get(index).and_then(Chunk::last);
            let count = rest.partition_point(|it| Some(it.key()) < last);
            let Some((here, later)) = rest.split_at_checked(count).filter(|(here, _)| !here.is_empty())
            else {
                // They come behind all others.
                rest.iter().for_each(|it| self.put(*it));
                return;
            };
            self.forget_states_after(index);
            if let Some(chunk) = self.chunks.get_mut(index) {
                chunk.put_all(here);
            }
            self.split(index);
            rest = later;
        }
    }

    /// The first chunk that does not end before a place.
    fn place(&self, key: Key) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last < key))
    }

    /// Makes two of a chunk that has become too long.
    fn split(&mut self, index: usize) {
        if let Some(rest) = self.chunks.get_mut(index).and_then(Chunk::split) {
            self.chunks.insert(index + 1, rest);
        }
    }

    /// Takes out the move at a place, if there is one.
    pub(super) fn take(&mut self, key: Key) {
        let index = self.place(key);
        let Some(chunk) = self.chunks.get_mut(index) else { return };
        if !chunk.take(key) {
            return;
        }
        let is_empty = chunk.moves.is_empty();
        self.forget_states_after(index);
        if is_empty {
            self.chunks.remove(index);
        }
        self.last = self.chunks.last().and_then(Chunk::last);
    }

    /// Every move, in order.
    pub(super) fn moves(&self) -> impl Iterator<Item = Packed> {
        self.chunks.iter().flat_map(|chunk| chunk.moves.iter().copied())
    }

    /// The moves from a place on, in order.
    pub(super) fn moves_from(&self, first: Key) -> impl Iterator<Item = Packed> {
        let chunks = self.chunks.iter().skip(self.place(first));
        chunks.flat_map(|chunk| chunk.moves.iter().copied()).skip_while(move |it| it.key() < first)
    }

    /// How many moves there are that are neither denials nor leads, at whatever date.
    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.moving as usize).sum()
    }

    /// Whether there is no move, not even a denial.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// How many moves are in effect by the end of a day.
    pub(super) fn count(&self, valid_at: Day) -> u64 {
        let index = self.begun(valid_at).saturating_sub(1);
        let whole = self.chunks.iter().take(index).map(|chunk| u64::from(chunk.moving)).sum::<u64>();
        let rest = self.chunks.get(index).map_or(0, |chunk| chunk.count(Key::end_of(valid_at)));
        whole + rest
    }

    /// The state before the last chunk that begins by the end of a day, and the moves from there to the end of that day.
    pub(super) fn nearest(&self, day: Day) -> (Option<&State>, impl Iterator<Item = Step>) {
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

    fn put_all(&mut self, ordered: &[Packed]) {
        let moves = Arc::make_mut(&mut self.moves);
        moves.reserve_exact(ordered.len());
        moves.extend_from_slice(ordered);
        // Two ascending runs: the sort sees that, and merges them.
        moves.sort_by_key(|it| it.key());
        self.moving += ordered.iter().map(|it| u32::from(it.moves())).sum::<u32>();
    }

    fn take(&mut self, key: Key) -> bool {
        let Ok(place) = self.moves.binary_search_by_key(&key, |it| it.key()) else { return false };
        let taken = Arc::make_mut(&mut self.moves).remove(place);
        self.moving -= u32::from(taken.moves());
        true
    }

    /// Of a chunk that is too long: keeps the first half, and gives the second.
    fn split(&mut self) -> Option<Chunk> {
        if self.moves.len() < 2 * CHUNK {
            return None;
        }
        let moves = Arc::make_mut(&mut self.moves);
        let mut rest = moves.split_off(moves.len() / 2);
        moves.shrink_to_fit();
        rest.shrink_to_fit();
        let moving = rest.iter().map(|it| u32::from(it.moves())).sum();
        self.moving -= moving;
        Some(Chunk { moves: Arc::new(rest), moving, before: OnceLock::new() })
    }
}
