//! A line: the standing moves of one relationship in valid-time order, with the state kept every so often.

use std::collections::BTreeMap;

use super::{
    contact,
    contest::Contests,
    moves::Move,
    state::State,
    step::Step,
    window::{MONTH, Window, YEAR},
};
use crate::{
    domain::{
        date::{DateSpan, Day},
        fold::{Lost, Order, Standing},
        status::relationship::{LegalFacet, RelationshipStatus},
        vocabulary::RelationshipFlag,
    },
    position::Position,
};

/// The moves between two kept states. A chunk of twice as many is split.
const CHUNK: usize = 256;

/// The standing moves of one relationship in valid-time order.
///
/// The order in which moves are inserted does not matter: two lines of the same moves answer alike, and like a fold of
/// all moves from the beginning. A move at the end costs the same however long the line is; a late one costs its
/// insertion, and at the next [`settle`](Line::settle) the fold of what comes after it. A status is folded from the
/// nearest kept state before its date.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// None is empty.
    chunks: Vec<Chunk>,
    /// How many chunks from the first know the state before them. At least 1 when there are any: before the first
    /// there is nothing.
    settled: usize,
    contests: Contests,
    /// Denials that won against what others claim: they move nothing, and what they beat is shown.
    denials: BTreeMap<Order, Denial>,
}

/// A denial that won.
#[derive(Clone, Debug)]
struct Denial {
    lost: Vec<Lost>,
    disputed: bool,
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    /// The state after all chunks before this one.
    before: State,
    steps: Vec<Step>,
}

impl Line {
    /// The line of these moves: those of a history that stand under some cuts.
    pub fn from_standing<'a>(standing: impl IntoIterator<Item = Standing<'a, Move>>) -> Line {
        let mut line = Line::default();
        for it in standing {
            line.insert(it);
        }
        line.settle();
        line
    }

    /// Inserts a move at its place. One that is DENIED moves nothing; what it beat is kept. What stood of the same fact
    /// before must have been [removed](Line::remove).
    pub fn insert(&mut self, standing: Standing<'_, Move>) {
        let Some(step) = Step::of(&standing) else {
            if !standing.lost.is_empty() {
                let order = standing.order();
                self.denials.insert(order, Denial { lost: standing.lost, disputed: standing.disputed });
            }
            return;
        };
        self.contests.note(&standing);
        let order = step.order();
        let after =
            self.chunks.partition_point(|chunk| chunk.steps.first().is_some_and(|it| it.order() < order));
        let index = after.saturating_sub(1);
        let is_last = self.chunks.len() <= index + 1;
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.push_chunk(vec![step]);
            return;
        };
        let place = chunk.steps.partition_point(|it| it.order() < order);
        if is_last && place == chunk.steps.len() && CHUNK <= place {
            self.push_chunk(vec![step]);
            return;
        }
        chunk.steps.insert(place, step);
        self.settled = self.settled.min(index + 1);
        if 2 * CHUNK <= chunk.steps.len() {
            let steps = chunk.steps.split_off(CHUNK);
            self.chunks.insert(index + 1, Chunk { before: State::default(), steps });
        }
    }

    /// Takes out what stands of the fact at `root`, if anything does. Looks through the whole line: corrections and
    /// retractions are rare.
    pub fn remove(&mut self, root: Position) {
        self.denials.retain(|(.., denied), _| *denied != root);
        let found = self.chunks.iter().enumerate().find_map(|(index, chunk)| {
            let place = chunk.steps.iter().position(|step| step.root == root)?;
            Some((index, place))
        });
        let Some((index, place)) = found else { return };
        let Some(chunk) = self.chunks.get_mut(index) else { return };
        self.contests.forget(chunk.steps.remove(place).mark.position);
        self.settled = self.settled.min(index + 1);
        if chunk.steps.is_empty() {
            let emptied = self.chunks.remove(index);
            // Nothing stands between the two any more, so the state before the one is the state before the next.
            if let Some(next) = self.chunks.get_mut(index) {
                next.before = emptied.before;
            }
            self.settled = self.settled.min(self.chunks.len());
        }
    }

    /// Brings the kept states up to date, from the first that a late move or a removal touched. To be called after a
    /// batch of changes; until then answers are right, and slower.
    pub fn settle(&mut self) {
        while self.settled < self.chunks.len() {
            let state = self.settled.checked_sub(1).and_then(|last| self.chunks.get(last)).map(Chunk::after);
            if let Some(chunk) = self.chunks.get_mut(self.settled) {
                chunk.before = state.unwrap_or_default();
            }
            self.settled += 1;
        }
    }

    /// The status at a date, with the listings that bear on the relationship at that date. Moves that take effect
    /// later do not count.
    pub fn status(&self, valid_at: Day, legal: Vec<LegalFacet>) -> RelationshipStatus {
        let (state, rest) = self.nearest(valid_at);
        let mut state = state.cloned().unwrap_or_default();
        rest.for_each(|step| state.apply(step));
        let within = |window: Window| state.contact.count - self.contacts_by(window.eve(valid_at));
        let counts = contact::Counts { month: within(MONTH), year: within(YEAR) };
        let mut status = state.finish(&self.contests, counts, legal, valid_at);
        self.show_denials(&mut status, valid_at);
        status
    }

    /// Adds what lost against denials by the date.
    fn show_denials(&self, status: &mut RelationshipStatus, valid_at: Day) {
        for (_, denial) in self.denials.iter().take_while(|((day, ..), _)| *day <= valid_at) {
            status.alternatives.extend(&denial.lost);
            if denial.disputed && !status.flags.contains(&RelationshipFlag::Disputed) {
                status.flags.push(RelationshipFlag::Disputed);
                status.flags.sort();
            }
        }
    }

    /// Every move in valid-time order, at whatever date: when it takes effect, the event that tells it, and what it says.
    pub fn moves(&self) -> impl Iterator<Item = (DateSpan, Position, &Move)> {
        let steps = self.chunks.iter().flat_map(|chunk| &chunk.steps);
        steps.map(|step| (step.mark.effective, step.mark.position, &step.what))
    }

    /// How many moves there are, at whatever date.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.steps.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The facts whose moves are in effect by the end of a day, in valid-time order.
    pub fn facts(&self, valid_at: Day) -> impl Iterator<Item = Position> {
        let steps = self.chunks.iter().flat_map(|chunk| &chunk.steps);
        steps.take_while(move |step| step.day() <= valid_at).map(|step| step.root)
    }

    /// How many contacts there were by the end of a day.
    fn contacts_by(&self, day: Day) -> u64 {
        let (state, rest) = self.nearest(day);
        let counted = state.map_or(0, |state| state.contact.count);
        rest.filter(|step| contact::level_of(&step.what).is_some()).fold(counted, |count, _| count + 1)
    }

    /// The nearest kept state by the end of a day, and the moves from there to the end of that day.
    fn nearest(&self, day: Day) -> (Option<&State>, impl Iterator<Item = &Step>) {
        let begun =
            self.chunks.partition_point(|chunk| chunk.steps.first().is_some_and(|step| step.day() <= day));
        let nearest = begun.min(self.settled).saturating_sub(1);
        let rest = self.chunks.iter().take(begun).skip(nearest).flat_map(|chunk| &chunk.steps);
        let state = self.chunks.get(nearest).map(|chunk| &chunk.before);
        (state, rest.take_while(move |step| step.day() <= day))
    }

    fn push_chunk(&mut self, steps: Vec<Step>) {
        let was_settled = self.settled == self.chunks.len();
        self.chunks.push(Chunk { before: State::default(), steps });
        if was_settled {
            self.settle();
        }
    }
}

impl Chunk {
    /// The state after its moves.
    fn after(&self) -> State {
        let mut state = self.before.clone();
        self.steps.iter().for_each(|step| state.apply(step));
        state
    }
}

#[cfg(test)]
mod tests;
