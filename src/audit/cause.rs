//! Causes: which event, or time alone, moved a field.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};

use super::Matter;
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        event::Event,
        fold::relationship::{Line, Tally},
        status::{
            change::Change,
            field::{Field, read_listing_elsewhere},
        },
        vocabulary::ChangeCause,
    },
    ledger::Recorded,
    position::Position,
    projection::{Store, Turnings},
};

/// A field that changed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caused {
    /// The path.
    pub path: String,
    /// The value before.
    pub was: Option<String>,
    /// The value after.
    pub is: Option<String>,
    /// What changed it.
    pub cause: ChangeCause,
    /// The event behind it.
    pub event: Option<Position>,
}

impl Caused {
    /// A change with its cause.
    pub(super) fn of(change: &Change<'_>, cause: ChangeCause, event: Option<Position>) -> Caused {
        let value = |field: Option<&Field>| field.map(|field| field.value.clone());
        Caused { path: change.path.to_owned(), was: value(change.was), is: value(change.is), cause, event }
    }
}

/// What an event is to a status that it moves: a fact is late when the last day on which it can have taken effect lies
/// before `since`.
pub(super) fn cause_of(recorded: &Recorded, since: Day) -> ChangeCause {
    match &recorded.event {
        Event::Fact(fact) if fact.claim_of.is_none() && since <= fact.effective_on.upper() => {
            ChangeCause::NewFact
        }
        Event::Fact(_) => ChangeCause::LateArrival,
        Event::Correction { .. } | Event::Reinstatement { .. } => ChangeCause::Correction,
        Event::Retraction { .. } => ChangeCause::Retraction,
    }
}

/// The day of a moment, in UTC.
pub(super) fn day_of(moment: Timestamp) -> Day {
    moment.to_zoned(TimeZone::UTC).date()
}

/// The events that a field rests on, and the claims that lost.
pub(super) fn named_by(field: Option<&Field>) -> impl Iterator<Item = Position> {
    let grounds = field.map(|field| field.grounds().clone()).unwrap_or_default();
    grounds.events.into_iter().chain(grounds.lost.into_iter().map(|lost| lost.position))
}

/// The events that a change names, those of the value after before those of the value before.
pub(super) fn named(change: &Change<'_>) -> impl Iterator<Item = Position> {
    named_by(change.is).chain(named_by(change.was))
}

/// How deep values follow from one another: a flag from the headline, that from a facet.
const DEPTH_MAX: usize = 3;

/// What begins to count about one subject, day by day, under one record.
pub(super) struct Begun {
    /// The days on which its status can change, and the events that begin on them.
    pub turnings: Turnings,
    /// The days on which the listings can change that bear on a relationship.
    pub legal_days: BTreeSet<Day>,
    /// The moves of a relationship: the same on all days.
    pub line: Option<Line>,
}

impl Begun {
    /// Of a subject, at whatever valid date.
    pub fn new(matter: &Matter, store: &Store, as_of: AsOf) -> Begun {
        let mut turnings = store.turnings(matter.group(), as_of);
        let Matter::Relationship(actor, group) = matter else {
            return Begun { turnings, legal_days: BTreeSet::new(), line: None };
        };
        turnings.days.extend(store.turning_days_of(actor, as_of));
        let legal_days = turnings.days.clone();
        let group = store.survivor_of(group, as_of);
        let line = store.line_of(actor, &group, as_of).unwrap_or_default().into_owned();
        for (day, event) in line.beginnings() {
            turnings.begin(day, event);
        }
        Begun { turnings, legal_days, line: Some(line) }
    }

    /// Why a field changed on a day, of all the changes of that day. What a fact brought that began on it: one that the
    /// value before or after rests on, one that is counted in it, or one behind a value that it follows from. Otherwise
    /// time passed, since the first fact that it rests on.
    pub fn cause(
        &self,
        day: Day,
        of_day: &[Change<'_>],
        change: &Change<'_>,
    ) -> (ChangeCause, Option<Position>) {
        match self.fact_behind(day, of_day, change, DEPTH_MAX) {
            Some(event) => (ChangeCause::NewFact, Some(event)),
            None => (ChangeCause::TimePassed, named(change).next()),
        }
    }

    fn fact_behind(
        &self,
        day: Day,
        of_day: &[Change<'_>],
        change: &Change<'_>,
        depth: usize,
    ) -> Option<Position> {
        let begun = self.turnings.beginnings.get(&day).map(Vec::as_slice).unwrap_or_default();
        let own = named(change).find(|position| begun.contains(position));
        let eve = day.yesterday().unwrap_or(day);
        own.or_else(|| self.counted(change.path, (eve, day))).or_else(|| {
            // A detail may go with the whole that it is one of.
            let whole = change.path.rsplit_once('.').map(|(whole, _)| whole);
            let from = [change.was, change.is].into_iter().flatten().flat_map(follows_from).chain(whole);
            let from: BTreeSet<&str> = from.collect();
            // What ends the listing of another group is named by nothing that stands any more.
            let mut elsewhere = from.iter().filter_map(|path| read_listing_elsewhere(path));
            let act = elsewhere.find_map(|listing| self.turnings.listings.get(&(day, listing)));
            if let Some(act) = act {
                return Some(*act);
            }
            let mut behind =
                of_day.iter().filter(|other| 0 < depth && from.iter().any(|path| is_of(other.path, path)));
            behind.find_map(|other| self.fact_behind(day, of_day, other, depth - 1)).or_else(|| {
                let of_regimes = self.turnings.of_regimes.get(&day)?;
                of_regimes.first().copied().filter(|_| change.path.starts_with("divergence."))
            })
        })
    }

    /// The last fact that began to be counted in a field after one day and up to another.
    pub fn counted(&self, path: &str, (after, to): (Day, Day)) -> Option<Position> {
        match (Tally::of(path)?, &self.line) {
            (Tally::Acts, _) => {
                let mut acts = self.turnings.acts.range(after..=to).filter(|(day, _)| after < **day);
                acts.next_back().and_then(|(_, events)| events.last()).copied()
            }
            (tally, Some(line)) => line
                .counted(tally)
                .filter(|(day, _)| after < *day && *day <= to)
                .last()
                .map(|(_, event)| event),
            (_, None) => None,
        }
    }
}

fn follows_from(field: &Field) -> impl Iterator<Item = &str> {
    field.follows_from.iter().map(String::as_str)
}

/// Whether a field is the one that another follows from, or the same listing of a component.
fn is_of(path: &str, from: &str) -> bool {
    let listing = from.strip_suffix(']').and_then(|from| path.strip_prefix(from));
    path == from || listing.is_some_and(|rest| rest.starts_with('/') && rest.ends_with(']'))
}
