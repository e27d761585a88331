//! Causes: which event, or time alone, moved a field.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};

use super::Matter;
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        event::Event,
        fact::Fact,
        fold::relationship::{Line, Tally},
        id::{ActorId, GroupId},
        statement::Statement,
        status::{
            change::Change,
            field::{BINDING, Field, read_listing, read_listing_elsewhere},
        },
        vocabulary::{Act, ChangeCause},
    },
    ledger::Recorded,
    position::Position,
    projection::{Store, Turnings},
};

/// How many events are named behind one change at most.
pub(super) const BEHIND_MAX: usize = 10;

/// A field that changed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caused {
    /// The path.
    pub path: String,
    /// The value before.
    pub was: Option<String>,
    /// The value after.
    pub is: Option<String>,
    /// Why.
    pub behind: Behind,
}

/// What is behind a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// What changed it: what the first of the events did.
    pub cause: ChangeCause,
    /// The events that did, none twice: more than one where several took effect on one day, or are counted together.
    pub events: Vec<Position>,
    /// What each of the others did, in their order; empty: the same.
    pub others: Vec<ChangeCause>,
    /// What began or ran out by its own terms, in words; empty: nothing did, or it is not told.
    pub passed: String,
}

impl Behind {
    /// What facts brought.
    pub(super) fn facts(events: Vec<Position>) -> Behind {
        Behind { cause: ChangeCause::NewFact, events, others: Vec::new(), passed: String::new() }
    }

    /// A change with at most one event behind it.
    pub(super) fn one(cause: ChangeCause, event: Option<Position>) -> Behind {
        Behind { cause, events: event.into_iter().collect(), others: Vec::new(), passed: String::new() }
    }

    /// What events did, each with its cause, the foremost first.
    pub(super) fn several(events: Vec<(Position, ChangeCause)>) -> Behind {
        let cause = events.first().map_or(ChangeCause::LateArrival, |(_, cause)| *cause);
        let others: Vec<ChangeCause> = events.iter().skip(1).map(|(_, cause)| *cause).collect();
        let others = if others.iter().all(|other| *other == cause) { Vec::new() } else { others };
        let events = events.into_iter().map(|(event, _)| event).collect();
        Behind { cause, events, others, passed: String::new() }
    }
}

impl Caused {
    /// A change with what is behind it.
    pub(super) fn of(change: &Change<'_>, behind: Behind) -> Caused {
        let value = |field: Option<&Field>| field.map(|field| field.value.clone());
        Caused { path: change.path.to_owned(), was: value(change.was), is: value(change.is), behind }
    }
}

/// What an event is to a status that it moves: a fact is late when the last day on which it can have taken effect lies
/// before `since`.
pub(super) fn cause_of(recorded: &Recorded, since: Day) -> ChangeCause {
    match &recorded.event {
        Event::Fact(fact) => cause_of_fact(fact, since),
        Event::Correction { .. } => ChangeCause::Correction,
        Event::Reinstatement { .. } => ChangeCause::Reinstatement,
        Event::Retraction { .. } => ChangeCause::Retraction,
    }
}

/// What a fact is to a status that it moves. That identities are one is about the record: it was so whatever date it carries.
pub(super) fn cause_of_fact(fact: &Fact, since: Day) -> ChangeCause {
    match fact.claim_of.is_none() && since <= fact.effective_on.upper() && !is_about_identities(fact) {
        true => ChangeCause::NewFact,
        false => ChangeCause::LateArrival,
    }
}

/// Whether a fact merges identities or parts them.
pub(super) fn is_about_identities(fact: &Fact) -> bool {
    matches!(fact.statement, Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_))
}

/// The day of a moment, in UTC.
pub(super) fn day_of(moment: Timestamp) -> Day {
    moment.to_zoned(TimeZone::UTC).date()
}

/// The events that a field rests on.
fn events_of(field: Option<&Field>) -> impl Iterator<Item = Position> {
    field.into_iter().flat_map(|field| field.grounds().events.iter().copied())
}

/// The claims that lost against them.
fn lost_of(field: Option<&Field>) -> impl Iterator<Item = Position> {
    field.into_iter().flat_map(|field| field.grounds().lost.iter().map(|lost| lost.position))
}

/// What the claims lost against.
fn beaten_by(field: &Field) -> impl Iterator<Item = Position> {
    field.grounds().lost.iter().map(|lost| lost.against)
}

/// The events that a field rests on, and the claims that lost.
pub(super) fn named_by(field: Option<&Field>) -> impl Iterator<Item = Position> {
    events_of(field).chain(lost_of(field))
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
    /// The group, or the one that answers for it.
    group: GroupId,
    /// The actor of a relationship.
    actor: Option<ActorId>,
    /// The moves of a relationship: the same on all days.
    pub line: Option<Line>,
}

impl Begun {
    /// Of a subject, at whatever valid date.
    pub fn new(matter: &Matter, store: &Store, as_of: AsOf) -> Begun {
        let mut turnings = store.turnings(matter.group(), as_of);
        let group = store.survivor_of(matter.group(), as_of);
        let Matter::Relationship(actor, _) = matter else {
            return Begun { turnings, legal_days: BTreeSet::new(), group, actor: None, line: None };
        };
        turnings.days.extend(store.turning_days_of(actor, as_of));
        let legal_days = turnings.days.clone();
        let line = store.line_of(actor, &group, as_of).unwrap_or_default().into_owned();
        for (day, event) in line.beginnings() {
            turnings.begin(day, event);
        }
        for (day, event) in line.run_out() {
            turnings.end_on(day, event);
        }
        Begun { turnings, legal_days, group, actor: Some(actor.clone()), line: Some(line) }
    }

    /// Why a field changed on a day, of all the changes of that day. What facts brought that began on it: those that the value
    /// before or after rests on, that are counted in it, or that are behind a value that it follows from. Otherwise time
    /// passed, since the first fact that it rests on, or since the one that says how long it lasts.
    pub fn behind(&self, day: Day, of_day: &[Change<'_>], change: &Change<'_>) -> Behind {
        let events = self.facts_behind(day, of_day, change, DEPTH_MAX);
        if !events.is_empty() {
            return Behind::facts(events);
        }
        let turns = self.member(change.path).and_then(|actor| self.turnings.memberships.get(&(day, actor)));
        if let Some(turns) = turns {
            let events = distinct(turns.iter().map(|turn| turn.event));
            let what: Vec<&str> = turns.iter().map(|turn| turn.what.as_str()).collect();
            let passed = what.join("; ");
            return Behind { cause: ChangeCause::TimePassed, events, others: Vec::new(), passed };
        }
        Behind { events: self.run_out(day, change), ..Behind::one(ChangeCause::TimePassed, None) }
    }

    /// What time alone is counted from: what ran out on the day of that which held up the value before and does not hold up
    /// the one after, or else of that which holds up either; what no longer holds it up, unless the value after is an
    /// inference from something new; at last the first that is named.
    fn run_out(&self, day: Day, change: &Change<'_>) -> Vec<Position> {
        let ended = self.turnings.ended.get(&day).map(Vec::as_slice).unwrap_or_default();
        let still: Vec<Position> = events_of(change.is).collect();
        let gone = || events_of(change.was).filter(|event| !still.contains(event));
        let ends = |event: &Position| ended.contains(event);
        let inferred = change.is.is_some_and(|field| field.grounds().inferred);
        [
            distinct(gone().filter(ends)),
            distinct(named(change).filter(ends)),
            distinct(gone().filter(|_| !inferred).take(1)),
        ]
        .into_iter()
        .find(|events| !events.is_empty())
        .unwrap_or_else(|| named(change).take(1).collect())
    }

    /// The acts of a day that ended what lay over a listing: nothing that stands names them.
    fn lifted(&self, day: Day, change: &Change<'_>) -> Vec<Position> {
        if change.path == "flags[SECRET_ONLY]" && change.is.is_none() {
            return self.line.iter().flat_map(|line| line.opened(day)).collect();
        }
        let Some((listing, detail)) = change.path.rsplit_once("].") else { return Vec::new() };
        let lifts = |act: Act| match detail {
            "challenged_on" => {
                matches!(act, Act::ChallengeClosed | Act::Annulled | Act::AnnulledEffectsMaintained)
            }
            "exemptions" => act == Act::ExemptionEnded,
            _ => false,
        };
        let Some(listing) = read_listing(&self.group, listing) else { return Vec::new() };
        let acts = self.turnings.done.get(&(day, listing)).into_iter().flatten();
        acts.filter(|(act, _)| lifts(*act)).map(|(_, event)| *event).collect()
    }

    /// The actor whose memberships a field follows from.
    fn member(&self, path: &str) -> Option<ActorId> {
        match path.strip_prefix("inherited[") {
            Some(key) => key.split_once(BINDING)?.1.split(']').next()?.parse().ok(),
            None => self.actor.clone().filter(|_| path.starts_with("legal[")),
        }
    }

    fn facts_behind(
        &self,
        day: Day,
        of_day: &[Change<'_>],
        change: &Change<'_>,
        depth: usize,
    ) -> Vec<Position> {
        let begun = self.turnings.beginnings.get(&day).map(Vec::as_slice).unwrap_or_default();
        let begins = |event: &Position| begun.contains(event);
        let (is, was) = (change.is, change.was);
        let own = distinct(events_of(is).chain(events_of(was)).filter(begins));
        if !own.is_empty() {
            return own;
        }
        // A claim that lost moves nothing but what counts such claims: it is shown from its own day on, or from that of what won.
        let lost = distinct(lost_of(is).chain(lost_of(was)).filter(begins));
        let won = is.filter(|_| change.path == "alternatives").into_iter().flat_map(beaten_by).filter(begins);
        let lost = if lost.is_empty() { distinct(won) } else { lost };
        if !lost.is_empty() {
            return lost;
        }
        let lifted = self.lifted(day, change);
        if !lifted.is_empty() {
            return lifted;
        }
        let eve = day.yesterday().unwrap_or(day);
        // What another fact has displaced shows its lost claims no more.
        let path = match change.path {
            "alternatives" | "flags[DISPUTED]" => "engagements",
            path => path,
        };
        let counted = self.counted(path, (eve, day));
        if !counted.is_empty() {
            return counted;
        }
        // A detail may go with the whole that it is one of.
        let whole = change.path.rsplit_once('.').map(|(whole, _)| whole);
        let from = [change.was, change.is].into_iter().flatten().flat_map(follows_from).chain(whole);
        let from: BTreeSet<&str> = from.collect();
        // What ends the listing of another group is named by nothing that stands any more.
        let elsewhere = from.iter().filter_map(|path| read_listing_elsewhere(path));
        let acts =
            distinct(elsewhere.filter_map(|listing| self.turnings.listings.get(&(day, listing)).copied()));
        if !acts.is_empty() {
            return acts;
        }
        let behind =
            of_day.iter().filter(|other| 0 < depth && from.iter().any(|path| is_of(other.path, path)));
        let behind = distinct(behind.flat_map(|other| self.facts_behind(day, of_day, other, depth - 1)));
        if !behind.is_empty() {
            return behind;
        }
        // Where only some fields are asked for, that of a listing of its own may not be among the changes.
        let own = from.iter().filter_map(|path| read_listing(&self.group, path));
        let acts = distinct(own.filter_map(|listing| self.turnings.listings.get(&(day, listing)).copied()));
        if !acts.is_empty() || !change.path.starts_with("divergence.") {
            return acts;
        }
        distinct(self.turnings.of_regimes.get(&day).into_iter().flatten().copied())
    }

    /// The facts that began to be counted in a field after one day and up to another, the last of them first.
    pub fn counted(&self, path: &str, (after, to): (Day, Day)) -> Vec<Position> {
        let within = |day: Day| after < day && day <= to;
        let mut found: Vec<Position> = match (Tally::of(path), &self.line) {
            (Some(Tally::Acts), _) => {
                let acts = self.turnings.acts.range(after..=to).filter(|(day, _)| within(**day));
                acts.flat_map(|(_, events)| events).copied().collect()
            }
            (Some(tally), Some(line)) => {
                line.counted(tally).filter(|(day, _)| within(*day)).map(|(_, event)| event).collect()
            }
            (Some(_), None) | (None, _) => Vec::new(),
        };
        found.reverse();
        found.truncate(BEHIND_MAX);
        found
    }
}

/// Each once, as many as are named.
fn distinct(events: impl Iterator<Item = Position>) -> Vec<Position> {
    let mut found: Vec<Position> = Vec::new();
    for event in events {
        if found.len() < BEHIND_MAX && !found.contains(&event) {
            found.push(event);
        }
    }
    found
}

fn follows_from(field: &Field) -> impl Iterator<Item = &str> {
    field.follows_from.iter().map(String::as_str)
}

/// Whether a field is the one that another follows from, or the same listing of a component.
fn is_of(path: &str, from: &str) -> bool {
    let listing = from.strip_suffix(']').and_then(|from| path.strip_prefix(from));
    path == from || listing.is_some_and(|rest| rest.starts_with('/') && rest.ends_with(']'))
}
