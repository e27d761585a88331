//! Stretches: when actors dealt with groups that they list themselves.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;

use super::Store;
use crate::domain::{
    as_of::AsOf,
    date::{DateSpan, Day},
    fold::{
        group::{Bearing, Binding, Groups as _, bearing, binding_on},
        registry::Regimes,
        relationship::{Detail, Line, Move},
    },
    id::{ActorId, GroupId},
    status::overview::Stretch,
    vocabulary::RelationshipFlag,
};
use crate::position::Position;

/// For how many days an engagement makes a relationship one of engagement, its own day not counted.
const ENGAGED_DAYS: i64 = 365;

/// A question for the stretches of a period. What is empty takes everything.
#[derive(Clone, Copy, Debug)]
pub struct StretchQuestion<'a> {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
    /// Only these actors.
    pub actors: &'a [ActorId],
    /// Only these groups.
    pub groups: &'a [GroupId],
    /// The cuts. What lies after the valid date does not count.
    pub as_of: AsOf,
}

impl StretchQuestion<'_> {
    fn last(&self) -> Day {
        self.until.min(self.as_of.valid_at)
    }

    /// The day before the period.
    fn eve(&self) -> Day {
        self.from.yesterday().unwrap_or(self.from)
    }

    fn wants(&self, actor: &ActorId, group: &GroupId) -> bool {
        let of_actor = self.actors.is_empty() || self.actors.contains(actor);
        of_actor && (self.groups.is_empty() || self.groups.contains(group))
    }
}

/// The listings of a group over a period: on each day those of the last day given that is not after it.
type Listings = BTreeMap<Day, (Vec<Bearing>, Regimes)>;

impl Store {
    /// The stretches of a period on each day of which a relationship is flagged ENGAGING_WHILE_DESIGNATED, by actor,
    /// group and time.
    pub fn stretches(&self, question: StretchQuestion<'_>) -> Vec<Stretch> {
        let mut listings: BTreeMap<&GroupId, Listings> = BTreeMap::new();
        let mut found = Vec::new();
        if question.last() < question.from {
            return found;
        }
        let pairs = self.pairs(question.as_of).into_iter();
        for (actor, group) in pairs.filter(|(actor, group)| question.wants(actor, group)) {
            let Some(line) = self.line_of(actor, group, question.as_of) else { continue };
            if !line.steps().any(|(_, _, step)| is_ground(&step)) {
                continue;
            }
            let of_group = listings.entry(group).or_insert_with(|| self.listings(group, question));
            let own: Vec<(Day, Vec<Binding<'_>>)> = of_group
                .iter()
                .map(|(day, (listings, regimes))| (*day, binding_on(actor, &[], listings, regimes)))
                .collect();
            if own.iter().any(|(_, listings)| listings.iter().any(has_effects)) {
                found.extend(stretches(actor, group, &line, &own, question));
            }
        }
        found
    }

    /// The listings that bear on a group on the eve of the period and on every later day on which they may change.
    fn listings(&self, group: &GroupId, question: StretchQuestion<'_>) -> Listings {
        let standing = self.standing(group, question.as_of).unwrap_or_default();
        let mut days = self.turnings(group, question.as_of).days;
        days.extend([question.eve(), question.from]);
        let days = days.range(question.eve()..=question.last());
        days.map(|day| {
            let as_of = AsOf { valid_at: *day, ..question.as_of };
            let regimes = self.regimes(as_of);
            (*day, (bearing(group, &standing, self, &regimes, as_of), regimes))
        })
        .collect()
    }
}

/// Whether a listing has effects.
fn has_effects(listing: &Binding<'_>) -> bool {
    listing.bearing.designation.state.has_effects()
}

/// Whether a move can make a relationship one of engagement.
fn is_ground(step: &Move) -> bool {
    0.0 < step.score() || matches!(step.detail, Detail::Truce(_))
}

fn stretches(
    actor: &ActorId,
    group: &GroupId,
    line: &Line,
    own: &[(Day, Vec<Binding<'_>>)],
    question: StretchQuestion<'_>,
) -> Vec<Stretch> {
    let mut days: BTreeSet<Day> = own.iter().map(|(day, _)| *day).collect();
    days.insert(question.from);
    for (effective, _, step) in line.steps() {
        let begun = effective.lower();
        days.extend([begun, begun.saturating_add((ENGAGED_DAYS + 1).days())]);
        if let Detail::Truce(truce) = step.detail {
            days.extend(truce.last().map(|last| last.saturating_add(1.days())));
        }
    }
    let in_force = |day: Day| -> Vec<Binding<'_>> {
        let index = own.partition_point(|(from, _)| *from <= day);
        let listings = index.checked_sub(1).and_then(|index| own.get(index)).map(|(_, listings)| listings);
        listings.into_iter().flatten().copied().filter(has_effects).collect()
    };
    let engaged = |day: Day| {
        let legal = super::view::legal_facets(&in_force(day));
        !legal.is_empty()
            && line.status(day, legal).flags.contains(&RelationshipFlag::EngagingWhileDesignated)
    };
    let mut found: Vec<Stretch> = Vec::new();
    let mut open: Option<Stretch> = None;
    for day in days.range(question.from..=question.last()).copied() {
        match (engaged(day), &mut open) {
            (true, Some(stretch)) => note_listings(stretch, in_force(day)),
            (true, None) => {
                let mut stretch = Stretch {
                    actor: actor.clone(),
                    group: group.clone(),
                    from: day,
                    until: question.last(),
                    began_before: false,
                    goes_on: false,
                    listings: Vec::new(),
                    engagements: Vec::new(),
                };
                note_listings(&mut stretch, in_force(day));
                open = Some(stretch);
            }
            (false, Some(_)) => {
                let until = day.yesterday().unwrap_or(day);
                found.extend(open.take().map(|stretch| Stretch { until, ..stretch }));
            }
            (false, None) => {}
        }
    }
    found.extend(open.map(|stretch| Stretch { goes_on: true, ..stretch }));
    for stretch in &mut found {
        stretch.engagements = grounds(line, stretch);
        stretch.began_before = stretch.from == question.from && engaged(question.eve());
    }
    found
}

fn note_listings(stretch: &mut Stretch, in_force: Vec<Binding<'_>>) {
    for bearing in in_force.iter().map(|it| it.bearing) {
        let key = |it: &Bearing| (it.designation.regime.clone(), it.designation.component.clone());
        match stretch.listings.iter_mut().find(|it| key(it) == key(bearing)) {
            // A listing of its own says more than one of what it is a wing of.
            Some(known) if bearing.through.is_none() => *known = bearing.clone(),
            Some(_) => {}
            None => stretch.listings.push(bearing.clone()),
        }
    }
}

/// The engagements that a stretch rests on.
fn grounds(line: &Line, stretch: &Stretch) -> Vec<Position> {
    let first = stretch.from.saturating_sub(ENGAGED_DAYS.days());
    let rests = |(effective, position, step): (DateSpan, Position, Move)| {
        let begun = effective.lower();
        let scored = 0.0 < step.score() && first <= begun;
        let truce = matches!(step.detail, Detail::Truce(_)) && 0.0 < step.score();
        (begun <= stretch.until && (scored || truce)).then_some(position)
    };
    line.steps().filter_map(rests).collect()
}
