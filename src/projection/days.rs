//! Days: when the status of a group can change, for whoever follows it through valid time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;

use super::Store;
use crate::{
    domain::{
        as_of::AsOf,
        date::{Day, PartialDate},
        fold::{
            Standing,
            group::{GroupFact, Groups as _},
            registry::{ActorStatus, MembershipTurn, RegimeStatus},
        },
        id::{ActorId, GroupId, RegimeId},
        statement::{Name, folded_component},
        status::field::ListingKey,
        vocabulary::{Act, LineageKind},
    },
    position::Position,
};

/// So many days after its first absence a listing is taken to have ended.
const ABSENT_DAYS: i64 = 30;

/// When something can change, and the events that take effect or become known on a day.
#[derive(Clone, Debug, Default)]
pub struct Turnings {
    /// The days.
    pub days: BTreeSet<Day>,
    /// The events that begin to count on a day.
    pub beginnings: BTreeMap<Day, Vec<Position>>,
    /// The acts and observations that begin to count on a day.
    pub acts: BTreeMap<Day, Vec<Position>>,
    /// The events of which something runs out on a day by its own terms: the day after the last.
    pub ended: BTreeMap<Day, Vec<Position>>,
    /// The acts that take effect on a day, and what each does, about the listing of a group or of a component of it.
    pub done: BTreeMap<(Day, ListingKey), Vec<(Act, Position)>>,
    /// The last act about the listing of a group, or of a component of it, under a regime that takes effect on a day;
    /// without one, the end of the regime.
    pub listings: BTreeMap<(Day, ListingKey), Position>,
    /// The registrations and ends of regimes that begin to count on a day.
    pub of_regimes: BTreeMap<Day, Vec<Position>>,
    /// The memberships that begin or have ended on a day, by the actor, where the listings bind members.
    pub memberships: BTreeMap<(Day, ActorId), Vec<MembershipTurn>>,
    /// The regimes whose acts were met.
    pub regimes: BTreeSet<RegimeId>,
    /// The groups whose facts were met: the group itself, and those that it is a wing of.
    pub groups: BTreeSet<GroupId>,
}

impl Turnings {
    /// Adds an event that begins to count on a day.
    pub fn begin(&mut self, day: Day, event: Position) {
        self.days.insert(day);
        self.beginnings.entry(day).or_default().push(event);
    }

    /// Adds the end of a regime: it ends every listing met under it.
    fn end(&mut self, regime: &RegimeId, day: Day, event: Position) {
        let met = self.listings.keys().map(|(_, listing)| listing).filter(|(_, of, _)| of == regime);
        for listing in met.cloned().collect::<BTreeSet<ListingKey>>() {
            self.listings.entry((day, listing)).or_insert(event);
        }
    }

    /// Adds a day on which something of an event has run out.
    pub fn end_on(&mut self, day: Day, event: Position) {
        self.days.insert(day);
        self.ended.entry(day).or_default().push(event);
    }

    fn after(&mut self, last: Option<PartialDate>, event: Position) {
        if let Some(day) = last.and_then(|last| last.upper().tomorrow().ok()) {
            self.end_on(day, event);
        }
    }

    fn name(&mut self, name: &Name, event: Position) {
        self.days.extend(name.from.map(PartialDate::lower));
        self.after(name.until, event);
    }

    /// When a fact begins to count, and when what it sets has run out.
    fn span(&mut self, fact: &Standing<'_, GroupFact>) {
        let effective = fact.effective.lower();
        self.begin(effective, fact.position);
        if fact.heralded < effective {
            self.begin(fact.heralded, fact.position);
        }
        for lost in &fact.lost {
            self.begin(lost.effective.lower(), lost.position);
        }
        if let Some(it) = fact.content.act() {
            self.after(it.expires_on, fact.position);
            if it.act == Act::ObservedAbsent {
                self.end_on(effective.saturating_add(ABSENT_DAYS.days()), fact.position);
            }
        }
    }

    fn fact(&mut self, group: &GroupId, fact: &Standing<'_, GroupFact>, review_months: &BTreeSet<u16>) {
        let effective = fact.effective.lower();
        self.span(fact);
        if let Some(it) = fact.content.registration() {
            it.names.iter().for_each(|name| self.name(name, fact.position));
            for id in &it.external_ids {
                self.days.extend(id.from.map(PartialDate::lower));
                self.after(id.until, fact.position);
            }
        }
        if let Some(it) = fact.content.naming() {
            self.name(&it.name, fact.position);
        }
        if let Some(it) = fact.content.lineage() {
            self.after(it.until, fact.position);
        }
        if let Some(it) = fact.content.act() {
            for months in review_months {
                let due = effective.saturating_add(i64::from(*months).months());
                if let Ok(day) = due.tomorrow() {
                    self.end_on(day, fact.position);
                }
            }
            self.acts.entry(fact.heralded.min(effective)).or_default().push(fact.position);
            if !matches!(it.act, Act::ObservedPresent | Act::ObservedAbsent) {
                let component = it.scope.component().map(folded_component);
                let listing = (group.clone(), it.regime.clone(), component);
                self.done.entry((effective, listing.clone())).or_default().push((it.act, fact.position));
                self.listings.insert((effective, listing), fact.position);
            }
            self.regimes.insert(it.regime.clone());
        }
    }
}

impl Store {
    /// When the status of a group can change under the cuts, whatever the valid date: with its own facts and those of the
    /// groups that it is a wing of, with the listings that it is an alias of, with any regime, since how far the regimes diverge is measured over all of them, and,
    /// where its listings bind the members of organisations, with what actors belong to.
    pub fn turnings(&self, group: &GroupId, as_of: AsOf) -> Turnings {
        let mut found = Turnings::default();
        let mut waiting = vec![self.survivor_of(group, as_of)];
        while let Some(group) = waiting.pop() {
            if !found.groups.insert(group.clone()) {
                continue;
            }
            for fact in self.standing(&group, as_of).into_iter().flatten() {
                let review =
                    fact.content.act().map(|it| self.review_intervals(&it.regime)).unwrap_or_default();
                found.fact(&group, &fact, &review);
                let wing = fact.content.lineage().filter(|it| {
                    it.kind == LineageKind::WingOf && self.survivor_of(&it.group, as_of) == group
                });
                let parent = wing.and_then(|it| it.other.as_ref());
                waiting.extend(parent.map(|parent| self.survivor_of(parent, as_of)));
            }
        }
        let mut mains = self.ever_alias_of(&self.survivor_of(group, as_of));
        mains.retain(|(main, _)| !found.groups.contains(main));
        for (main, regime) in &mains {
            let facts = self.groups.get(main).map(|history| history.standing(as_of)).unwrap_or_default();
            for fact in facts.iter().filter(|it| it.content.act().is_some_and(|act| act.regime == *regime)) {
                found.span(fact);
                let listing = (self.survivor_of(main, as_of), regime.clone(), None);
                let whole = fact.content.act().is_some_and(|it| {
                    it.scope.component().is_none()
                        && !matches!(it.act, Act::ObservedPresent | Act::ObservedAbsent)
                });
                if whole {
                    found.listings.insert((fact.effective.lower(), listing), fact.position);
                }
            }
        }
        for (regime, history) in &self.regimes {
            for (day, event) in RegimeStatus::ends(history, as_of) {
                found.end(regime, day, event);
            }
            for (day, event) in RegimeStatus::beginnings(history, as_of) {
                found.begin(day, event);
                found.of_regimes.entry(day).or_default().push(event);
            }
        }
        if found.regimes.iter().any(|regime| self.ever_binds_members(regime)) {
            for (actor, history) in &self.actors {
                found.days.extend(ActorStatus::turning_days(history, as_of));
                for turn in ActorStatus::memberships(history, as_of) {
                    found.memberships.entry((turn.day, actor.clone())).or_default().push(turn);
                }
            }
        }
        found
    }

    /// Every interval, in months, at which the listings under a regime were ever said to be reviewed.
    fn review_intervals(&self, regime: &RegimeId) -> BTreeSet<u16> {
        let told = self.regimes.get(regime).into_iter().flat_map(|history| history.told());
        let months = told.filter_map(|fact| Some(fact.registration()?.review_interval_months));
        months.filter(|months| 0 < *months).collect()
    }

    /// When what an actor is, and what it belongs to, can change.
    pub fn turning_days_of(&self, actor: &ActorId, as_of: AsOf) -> BTreeSet<Day> {
        let history = self.actors.get(actor);
        history.map(|history| ActorStatus::turning_days(history, as_of)).unwrap_or_default()
    }
}
