//! Causes: which event, or time alone, moved a field.

use std::collections::BTreeSet;

use crate::{
    domain::{
        date::Day,
        event::Event,
        status::{change::Change, field::Field},
        vocabulary::{ChangeCause, FoldRule},
    },
    ledger::{Ledger, Recorded},
    position::Position,
};
use jiff::{Timestamp, tz::TimeZone};

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

/// The events that a change names, those of the value after before those of the value before.
pub(super) fn named(change: &Change<'_>) -> impl Iterator<Item = Position> {
    let of = |field: Option<&Field>| {
        let provenance = field.map(|field| field.provenance.clone()).unwrap_or_default();
        let lost: Vec<Position> = provenance.lost.iter().map(|lost| lost.position).collect();
        provenance.events.into_iter().chain(lost)
    };
    of(change.is).chain(of(change.was))
}

/// Whether the value after says of itself that time alone made it.
pub(super) fn is_elapsed(change: &Change<'_>) -> bool {
    change.is.is_some_and(|field| field.provenance.rule == FoldRule::ElapsedTime)
}

/// The last event between two positions that moved what a change names: one that it names itself, or one of the family of
/// such a one; else the last of `moving`, which ascend.
pub(super) fn between(
    ledger: &Ledger,
    change: &Change<'_>,
    (after, to): (Position, Position),
    moving: &[Position],
) -> Option<Position> {
    let within = |position: &Position| after < *position && *position <= to;
    if let Some(position) = named(change).find(|position| within(position)) {
        return Some(position);
    }
    let earlier: BTreeSet<Position> = named(change).collect();
    let roots: BTreeSet<Position> =
        earlier.into_iter().take(EVENTS_MAX).map(|position| ledger.family_root(position)).collect();
    let members = roots.into_iter().flat_map(|root| ledger.family(root));
    let moved = members.filter(within).max();
    moved.or_else(|| moving.iter().rev().find(|position| within(position)).copied())
}

/// How many events that a change names are followed to their families.
const EVENTS_MAX: usize = 50;
