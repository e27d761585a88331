//! Turning points: where between two views of one subject a field came to its value, found by halving.
//!
//! That an event is behind a change is not guessed from what it is about: without it the field did not have the value, and
//! with it the field had.

use std::collections::{BTreeMap, BTreeSet};

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

/// How many events between two positions are each looked at; of more, one is found by halving.
const MOVING_MAX: usize = 32;

/// The answers about one subject that differ in position and valid date, each asked for once.
pub(super) struct Answers<'a> {
    matter: &'a Matter,
    terms: Terms,
    store: &'a Store,
    /// The cuts, but for these two.
    cuts: AsOf,
    /// By path.
    asked: BTreeMap<(Position, Day), Vec<Field>>,
    /// By the positions that they lead from and to, and the valid date.
    routes: BTreeMap<(Position, Position, Day), Vec<Position>>,
}

impl<'a> Answers<'a> {
    pub fn new(matter: &'a Matter, terms: Terms, store: &'a Store, cuts: AsOf) -> Answers<'a> {
        Answers { matter, terms, store, cuts, asked: BTreeMap::new(), routes: BTreeMap::new() }
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

    fn value(&mut self, path: &str, known_at: Position, valid_at: Day) -> Option<String> {
        self.field(path, known_at, valid_at).map(|field| field.value.clone())
    }

    /// The events between two positions that led from the one status to the other: not those that were undone in between,
    /// nor what undid them. None, when they are many.
    fn route(&mut self, ledger: &Ledger, (after, to): (Position, Position), valid_at: Day) -> &[Position] {
        let place = (after, to, valid_at);
        if !self.routes.contains_key(&place) {
            let moving = self.matter.ever_moving(self.store, ledger, (after, to));
            let moving = if moving.len() <= MOVING_MAX { moving } else { Vec::new() };
            let mut values = |event| -> Vec<(String, String)> {
                let fields = self.at(event, valid_at).iter();
                fields.map(|field| (field.path.clone(), field.value.clone())).collect()
            };
            let start = values(after);
            let states: Vec<_> = moving.into_iter().map(|event| (event, values(event))).collect();
            let route = lasting(start, states.into_iter()).into_iter().map(|(event, _)| event).collect();
            self.routes.insert(place, route);
        }
        self.routes.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether an event moved a field.
    pub fn moves(&mut self, path: &str, event: Position, valid_at: Day) -> bool {
        self.value(path, event.previous(), valid_at) != self.value(path, event, valid_at)
    }

    /// Whether a field came to a value with an event.
    fn is_turn(&mut self, path: &str, value: Option<&str>, event: Position, valid_at: Day) -> bool {
        !self.has(path, value, event.previous(), valid_at) && self.has(path, value, event, valid_at)
    }

    /// The event with which a field came to the value that it has at the second of two positions, and that it does not
    /// have at the first. One that the value itself rests on is preferred to all others, and what was undone in between, with
    /// what undid it, is none.
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
        let named = is.iter().copied().filter(within).max();
        let of_families = families.filter(within).max();
        if let Some(event) = named.filter(|event| self.is_turn(path, value.as_deref(), *event, valid_at)) {
            return event;
        }
        let start = self.value(path, after, valid_at);
        let route = self.route(ledger, (after, to), valid_at).to_vec();
        let values = route.into_iter().map(|event| (event, self.value(path, event, valid_at)));
        if let Some((event, _)) = lasting(start, values).pop().filter(|(_, last)| *last == value) {
            return event;
        }
        if let Some(event) =
            of_families.filter(|event| self.is_turn(path, value.as_deref(), *event, valid_at))
        {
            return event;
        }
        let turn = halve(after.get(), to.get(), |position| {
            self.has(path, value.as_deref(), Position::new(position), valid_at)
        });
        Position::new(turn)
    }

    /// Of merges and partings of identities after a position, those that led, with the event, to the value that a field has then:
    /// not those that were undone in between.
    pub fn merges(
        &mut self,
        path: &str,
        (after, operations): (Position, &[Position]),
        event: Position,
        valid_at: Day,
    ) -> Vec<Position> {
        if operations.is_empty() {
            return Vec::new();
        }
        let start = self.value(path, after, valid_at);
        let marks: BTreeSet<Position> = operations.iter().copied().chain([event]).collect();
        let values: Vec<_> = marks.into_iter().map(|it| (it, self.value(path, it, valid_at))).collect();
        let led = lasting(start, values.into_iter()).into_iter().map(|(mark, _)| mark);
        led.filter(|mark| operations.contains(mark) && self.moves(path, *mark, valid_at)).collect()
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

/// Of values that follow one another, those that are left with their events when whatever led back to a value that had been
/// there before is left out.
fn lasting<V: PartialEq>(start: V, values: impl Iterator<Item = (Position, V)>) -> Vec<(Position, V)> {
    let mut path: Vec<(Position, V)> = vec![(Position::START, start)];
    for (event, value) in values {
        match path.iter().position(|(_, before)| *before == value) {
            Some(index) => path.truncate(index + 1),
            None => path.push((event, value)),
        }
    }
    path.remove(0);
    path
}

/// A place after which something holds at `high`, at which it holds, and before which it does not; it does not hold at
/// `low`.
pub(super) fn halve(mut low: u64, mut high: u64, mut holds: impl FnMut(u64) -> bool) -> u64 {
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
    fn what_came_back_leads_nowhere() {
        for (values, expected) in [
            ("", None),
            ("a", None),
            ("b", Some(1)),
            ("bb", Some(1)),
            ("bc", Some(2)),
            // What was taken back and put back again, and what came again after it had gone.
            ("bcb", Some(1)),
            ("bab", Some(3)),
            ("babcb", Some(3)),
            ("bacab", Some(5)),
            ("bca", None),
        ] {
            let values_at = values.chars().zip(1..).map(|(value, at)| (Position::new(at), value));
            let found = lasting('a', values_at).last().map(|(event, _)| event.get());
            assert_eq!(found, expected, "{values}");
        }
    }

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
