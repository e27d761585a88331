//! Turning points: where between two views of one subject a field came to its value, found by halving.
//!
//! That an event is behind a change is not guessed from what it is about: without it the field did not have the value, and
//! with it the field had.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{Matter, cause::named_by, matter::Terms};
use crate::{
    domain::{as_of::AsOf, date::Day, status::field::Field},
    ledger::Ledger,
    position::Position,
    projection::Store,
};

/// How many events that a field names are followed to their families.
const EVENTS_MAX: usize = 50;

/// The answers about one subject that differ in position and valid date, each asked for once.
pub(super) struct Answers<'a> {
    matter: &'a Matter,
    terms: Terms,
    store: &'a Store,
    /// The cuts, but for these two.
    cuts: AsOf,
    /// By path.
    asked: BTreeMap<(Position, Day), Vec<Field>>,
}

impl<'a> Answers<'a> {
    pub fn new(matter: &'a Matter, terms: Terms, store: &'a Store, cuts: AsOf) -> Answers<'a> {
        Answers { matter, terms, store, cuts, asked: BTreeMap::new() }
    }

    /// The fields at a position and on a day, by path; none when the subject is not on record there.
    pub fn at(&mut self, known_at: Position, valid_at: Day) -> &[Field] {
        let (matter, terms, store, cuts) = (self.matter, self.terms, self.store, self.cuts);
        self.asked.entry((known_at, valid_at)).or_insert_with(|| {
            let as_of = AsOf { known_at, valid_at, ..cuts };
            let mut fields = matter.fields_on(terms, store, as_of).unwrap_or_default();
            fields.sort_by(|a, b| a.path.cmp(&b.path));
            fields
        })
    }

    /// A field at a position and on a day.
    pub fn field(&mut self, path: &str, known_at: Position, valid_at: Day) -> Option<&Field> {
        let fields = self.at(known_at, valid_at);
        let index = fields.binary_search_by(|field| field.path.as_str().cmp(path)).ok()?;
        fields.get(index)
    }

    fn has(&mut self, path: &str, value: Option<&str>, known_at: Position, valid_at: Day) -> bool {
        self.field(path, known_at, valid_at).map(|field| field.value.as_str()) == value
    }

    /// The event with which a field came to the value that it has at the second of two positions, and that it does not
    /// have at the first. One that the value itself rests on is preferred to what came and went in between.
    pub fn event(
        &mut self,
        ledger: &Ledger,
        path: &str,
        (after, to): (Position, Position),
        valid_at: Day,
    ) -> Position {
        let was: Vec<Position> = named_by(self.field(path, after, valid_at)).take(EVENTS_MAX).collect();
        let is = self.field(path, to, valid_at);
        let value = is.map(|field| field.value.clone());
        let is: Vec<Position> = named_by(is).take(EVENTS_MAX).collect();
        let within = |position: &Position| after < *position && *position <= to;
        let families = is.iter().chain(&was).flat_map(|event| ledger.family(ledger.family_root(*event)));
        let likely = [is.iter().copied().filter(within).max(), families.filter(within).max()];
        for event in likely.into_iter().flatten() {
            let is_turn = !self.has(path, value.as_deref(), event.previous(), valid_at)
                && self.has(path, value.as_deref(), event, valid_at);
            if is_turn {
                return event;
            }
        }
        let turn = halve(after.get(), to.get(), |position| {
            self.has(path, value.as_deref(), Position::new(position), valid_at)
        });
        Position::new(turn)
    }

    /// The day on which a field came to the value that it has on the second of two days, and not on the first.
    pub fn day(&mut self, path: &str, known_at: Position, (after, to): (Day, Day)) -> Day {
        let value = self.field(path, known_at, to).map(|field| field.value.clone());
        let days = to.duration_since(after).as_hours() / 24;
        let later = |days: u64| {
            let hours = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(24);
            after.saturating_add(SignedDuration::from_hours(hours))
        };
        let turn = halve(0, u64::try_from(days).unwrap_or(0), |days| {
            self.has(path, value.as_deref(), known_at, later(days))
        });
        later(turn)
    }
}

/// A place after which something holds at `high`, at which it holds, and before which it does not; it does not hold at
/// `low`.
fn halve(mut low: u64, mut high: u64, mut holds: impl FnMut(u64) -> bool) -> u64 {
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match holds(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (low, high, from, expected) in [(0, 1, 1, 1), (0, 100, 37, 37), (5, 6, 6, 6), (0, 0, 0, 0)] {
            assert_eq!(halve(low, high, |place| from <= place), expected, "{low} {high} {from}");
        }
        // Of several turns any one will do.
        let holds = |place: u64| (10..20).contains(&place) || 30 <= place;
        assert!([10, 30].contains(&halve(0, 40, holds)));
    }
}
