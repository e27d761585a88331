//! Days and positions: when the status of a group can change, for whoever follows it through valid or record time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;

use super::Store;
use crate::{
    domain::{
        as_of::AsOf,
        date::{Day, PartialDate},
        fold::{
            Content, Family, History, Standing,
            group::{GroupFact, Groups as _},
            registry::{ActorStatus, RegimeStatus, Regimes},
            relationship::{Dealings, Place, Told},
        },
        id::{ActorId, GroupId, RegimeId},
        statement::Name,
        subject::Subject,
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

    fn after(&mut self, last: Option<PartialDate>) {
        self.days.extend(last.and_then(|last| last.upper().tomorrow().ok()));
    }

    fn name(&mut self, name: &Name) {
        self.days.extend(name.from.map(PartialDate::lower));
        self.after(name.until);
    }

    fn fact(&mut self, fact: &Standing<'_, GroupFact>, regimes: &Regimes) {
        let effective = fact.effective.lower();
        self.begin(effective, fact.position);
        if fact.heralded < effective {
            self.begin(fact.heralded, fact.position);
        }
        for lost in &fact.lost {
            self.begin(lost.effective.lower(), lost.position);
        }
        if let Some(it) = fact.content.registration() {
            it.names.iter().for_each(|name| self.name(name));
            for id in &it.external_ids {
                self.days.extend(id.from.map(PartialDate::lower));
                self.after(id.until);
            }
        }
        if let Some(it) = fact.content.naming() {
            self.name(&it.name);
        }
        if let Some(it) = fact.content.lineage() {
            self.after(it.until);
        }
        if let Some(it) = fact.content.act() {
            self.after(it.expires_on);
            if it.act == Act::ObservedAbsent {
                self.days.insert(effective.saturating_add(ABSENT_DAYS.days()));
            }
            let months = regimes.get(&it.regime).map_or(0, |terms| terms.review_interval_months);
            if 0 < months {
                let due = effective.saturating_add(i64::from(months).months());
                self.days.extend(due.tomorrow());
            }
            self.regimes.insert(it.regime.clone());
        }
    }
}

impl Store {
    /// When the status of a group can change under the cuts, whatever the valid date: with its own facts and those of the
    /// groups that it is a wing of, and with the regimes of their listings.
    pub fn turnings(&self, group: &GroupId, as_of: AsOf) -> Turnings {
        let regimes = self.regimes(as_of);
        let mut found = Turnings::default();
        let mut waiting = vec![self.survivor(group, as_of)];
        while let Some(group) = waiting.pop() {
            if !found.groups.insert(group.clone()) {
                continue;
            }
            for fact in self.standing(&group, as_of).into_iter().flatten() {
                found.fact(&fact, &regimes);
                let wing =
                    fact.content.lineage().filter(|it| it.kind == LineageKind::WingOf && it.group == group);
                waiting.extend(wing.and_then(|it| it.other.clone()));
            }
        }
        for regime in found.regimes.clone() {
            let history = self.regimes.get(&regime);
            found.days.extend(history.into_iter().flat_map(|it| RegimeStatus::turning_days(it, as_of)));
        }
        found
    }

    /// The groups and regimes whose events could ever move the status of a group, at whatever position: whatever it was
    /// ever said to be a wing of, and listed under.
    pub fn ever_about(&self, group: &GroupId) -> (BTreeSet<GroupId>, BTreeSet<RegimeId>) {
        let (mut groups, mut regimes) = (BTreeSet::new(), BTreeSet::new());
        let mut waiting = vec![group.clone()];
        while let Some(group) = waiting.pop() {
            if !groups.insert(group.clone()) {
                continue;
            }
            for told in self.groups.get(&group).into_iter().flat_map(|history| history.told()) {
                regimes.extend(told.act().map(|it| it.regime.clone()));
                let wing = told.lineage().filter(|it| it.kind == LineageKind::WingOf && it.group == group);
                waiting.extend(wing.and_then(|it| it.other.clone()));
            }
        }
        (groups, regimes)
    }

    /// The events that tell what an actor, group or regime is; those that only name it, as engagements do, are not
    /// among them. `None`: all about the subject tell of it.
    pub fn telling(&self, subject: &Subject) -> Option<BTreeSet<Position>> {
        match subject {
            Subject::Actor(actor) => Some(self.actors.get(actor).map(positions).unwrap_or_default()),
            Subject::Regime(regime) => Some(self.regimes.get(regime).map(positions).unwrap_or_default()),
            Subject::Group(group) => {
                let mut telling = self.groups.get(group).map(positions).unwrap_or_default();
                telling.extend(positions(&self.merges));
                Some(telling)
            }
            Subject::Designation(..)
            | Subject::Relationship(..)
            | Subject::Decision(_)
            | Subject::Event(_) => None,
        }
    }

    /// The engagements of a relationship that nobody contests, in no particular order.
    pub fn plain(&self, actor: &ActorId, group: &GroupId, as_of: AsOf) -> Vec<Told> {
        let group = self.survivor(group, as_of);
        self.dealings_of(actor, &group, as_of).into_iter().flat_map(Dealings::plain).collect()
    }

    /// The places of the facts of a relationship that stand under the cuts, in valid-time order; `None` for other subjects,
    /// and for a relationship of which nothing is on record or whose group was ever merged with another.
    pub fn places(&self, subject: &Subject, as_of: AsOf) -> Option<Vec<Place>> {
        let Subject::Relationship(actor, group) = subject else { return None };
        Some(self.dealings(actor, group)?.places(as_of))
    }

    /// When what an actor is, and what it belongs to, can change.
    pub fn turning_days_of(&self, actor: &ActorId, as_of: AsOf) -> BTreeSet<Day> {
        let history = self.actors.get(actor);
        history.map(|history| ActorStatus::turning_days(history, as_of)).unwrap_or_default()
    }
}

/// Where the facts of a history stand in the record, and what is recorded about them.
fn positions<C: Content>(history: &History<C>) -> BTreeSet<Position> {
    history.facts().chain(history.families().flat_map(Family::positions)).collect()
}
