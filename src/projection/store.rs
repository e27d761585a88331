//! The store: the history of every actor, group, regime and relationship, and the current line of each relationship.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    answers::Answers,
    family::family,
    part::Part,
    relationships::{Novelty, Relationships},
    tally::Tallies,
};
use crate::{
    domain::{
        date::Day,
        fact::Fact,
        fold::{
            Content, History, Telling,
            group::GroupFact,
            registry::{ActorFact, MergeFact, RegimeFact},
            relationship::{Dealings, Dealt, Effect, Move},
        },
        id::{ActorId, GroupId, RegimeId},
        statement::Statement,
        subject::Subject,
    },
    ledger::{Recorded, Replay},
    position::Position,
};

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// The last position it reflects.
    pub position: Position,
    /// Registered actors.
    pub actors: usize,
    /// Registered groups.
    pub groups: usize,
    /// Registered regimes.
    pub regimes: usize,
    /// Relationships with at least one engagement.
    pub relationships: usize,
}

/// The histories of everything on record.
#[derive(Default)]
pub struct Store {
    pub(super) position: Position,
    pub(super) recorded_at: Option<Timestamp>,
    pub(super) actors: BTreeMap<ActorId, History<ActorFact>>,
    pub(super) groups: BTreeMap<GroupId, History<GroupFact>>,
    pub(super) regimes: BTreeMap<RegimeId, History<RegimeFact>>,
    pub(super) relationships: Relationships,
    pub(super) counterparts: BTreeMap<GroupId, Counterparts>,
    /// What was answered.
    pub(super) answers: Answers,
    /// Of groups whose relationships have been counted.
    pub(super) tallies: Tallies,
    /// Which identities were merged, and parted again.
    pub(super) merges: History<MergeFact>,
    /// The roots of families with news.
    touched: BTreeSet<Position>,
}

/// With whom a group has relationships.
#[derive(Clone, Default)]
pub(super) struct Counterparts {
    pub(super) actors: BTreeSet<ActorId>,
    /// By the day on which facts take effect that several of the actors share: how many more relationships than facts
    /// they move, under no cuts.
    pub(super) shared: BTreeMap<Day, u64>,
    /// On whatever day.
    pub(super) shared_in_all: u64,
}

impl Store {
    /// The last position it reflects.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// When that position was recorded; `None` when nothing is on record.
    pub const fn recorded_at(&self) -> Option<Timestamp> {
        self.recorded_at
    }

    /// How much it holds.
    pub fn holdings(&self) -> Holdings {
        Holdings {
            position: self.position,
            actors: self.actors.len(),
            groups: self.groups.len(),
            regimes: self.regimes.len(),
            relationships: self.relationships.len(),
        }
    }

    /// The roots of the families that [`Replay::take`] has marked since the last call.
    pub fn take_touched(&mut self) -> Vec<Position> {
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    /// Sets the family of the fact at `root` in the history of everything that any of its events touches. `events` are
    /// all of the family, by position.
    pub fn set_family(&mut self, root: Position, events: &[Recorded]) {
        self.set_registered_family(root, events);
        let mut effects: BTreeMap<GroupId, Vec<(Effect, Effect)>> = BTreeMap::new();
        for subject in subjects(events) {
            let Subject::Relationship(actor, group) = subject else { continue };
            let family = family(events, |fact| told(fact, &actor, &group));
            let effect = self.dealings_mut(&actor, &group).set_family(family);
            self.answers.forget(&actor, &group);
            effects.entry(group).or_default().push(effect);
        }
        for (group, effects) in effects {
            self.tallies.forget(&group);
            let counterparts = self.counterparts.entry(group).or_default();
            for day in sharers(effects.iter().filter_map(|(before, _)| *before)) {
                counterparts.unshare(day);
            }
            for day in sharers(effects.iter().filter_map(|(_, after)| *after)) {
                counterparts.share(day);
            }
        }
    }

    /// Sets the family of the fact at `root` in the histories of actors, groups and regimes only.
    pub(super) fn set_registered_family(&mut self, root: Position, events: &[Recorded]) {
        if events.iter().filter_map(|it| it.event.fact()).any(bears_on_all) {
            self.answers.forget_all();
        }
        for subject in subjects(events) {
            match subject {
                Subject::Actor(actor) => {
                    let content = |fact: &Arc<Fact>| ActorFact::about(&actor, fact);
                    set_family(self.actors.entry(actor.clone()), root, events, content);
                }
                Subject::Group(group) => {
                    let content = |fact: &Arc<Fact>| GroupFact::about(&group, fact);
                    set_family(self.groups.entry(group.clone()), root, events, content);
                }
                Subject::Regime(regime) => {
                    let content = |fact: &Arc<Fact>| RegimeFact::about(&regime, fact);
                    set_family(self.regimes.entry(regime.clone()), root, events, content);
                }
                Subject::Relationship(..)
                | Subject::Designation(..)
                | Subject::Decision(_)
                | Subject::Event(_) => {}
            }
        }
        if events.iter().filter_map(|it| it.event.fact()).any(|fact| MergeFact::of(fact).is_some()) {
            self.merges.set_family(root, family(events, MergeFact::of));
        }
    }

    /// Adds a plain fact to the histories of actors, groups and regimes.
    pub(super) fn add(&mut self, position: Position, fact: &Arc<Fact>) {
        if bears_on_all(fact) {
            self.answers.forget_all();
        }
        match &fact.statement {
            Statement::ActorRegistered(it) => {
                add(&mut self.actors, &it.actor, position, fact, ActorFact::about);
            }
            Statement::RegimeRegistered(it) => {
                add(&mut self.regimes, &it.regime, position, fact, RegimeFact::about)
            }
            Statement::RegimeTerminated(it) => {
                add(&mut self.regimes, &it.regime, position, fact, RegimeFact::about)
            }
            Statement::GroupRegistered(it) => {
                add(&mut self.groups, &it.group, position, fact, GroupFact::about)
            }
            Statement::GroupNamed(it) => add(&mut self.groups, &it.group, position, fact, GroupFact::about),
            Statement::LifecycleChanged(it) => {
                add(&mut self.groups, &it.group, position, fact, GroupFact::about)
            }
            Statement::DesignationAct(it) => {
                add(&mut self.groups, &it.group, position, fact, GroupFact::about)
            }
            Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_) => {
                if let Some(content) = MergeFact::of(fact) {
                    self.merges.add(Telling::new(position, fact, content));
                }
            }
            Statement::LineageRecorded(it) => {
                add(&mut self.groups, &it.group, position, fact, GroupFact::about);
                if let Some(other) = it.other.as_ref().filter(|other| **other != it.group) {
                    add(&mut self.groups, other, position, fact, GroupFact::about);
                }
            }
            Statement::Engagement(_) | Statement::DecisionRecorded(_) => {}
        }
    }

    /// The dealings of the two, made when there are none.
    fn dealings_mut(&mut self, actor: &ActorId, group: &GroupId) -> &mut Dealings {
        let (dealings, novelty) = self.relationships.make(actor, group);
        if novelty == Novelty::New {
            self.counterparts.entry(group.clone()).or_default().actors.insert(actor.clone());
        }
        Arc::make_mut(dealings)
    }
}

impl Replay for Store {
    type Part = Part;

    fn note(part: &mut Part, recorded: &Recorded) {
        part.note(recorded);
    }

    fn take(&mut self, part: Part, roots: &[Position]) {
        if let Some((position, recorded_at)) = part.last {
            self.position = position;
            self.recorded_at = Some(recorded_at);
        }
        for Dealt { actor, group, what, moves_from, is_shared } in part.dealt {
            self.dealings_mut(&actor, &group).put(what);
            self.answers.forget(&actor, &group);
            let Some(day) = moves_from else { continue };
            self.tallies.add(&actor, &group, day);
            if is_shared {
                self.counterparts.entry(group).or_default().share(day);
            }
        }
        for (position, fact) in &part.facts {
            self.add(*position, fact);
        }
        self.touched.extend(roots);
    }
}

impl Counterparts {
    fn share(&mut self, day: Day) {
        *self.shared.entry(day).or_default() += 1;
        self.shared_in_all += 1;
    }

    fn unshare(&mut self, day: Day) {
        if let Some(count) = self.shared.get_mut(&day).filter(|count| 0 < **count) {
            *count -= 1;
            self.shared_in_all -= 1;
        }
    }

    /// How many more relationships than facts there are among those by a day.
    pub(super) fn shared_by(&self, day: Day) -> u64 {
        // Questions are about today more often than not: little comes later.
        let later = self.shared.range((Excluded(day), Unbounded)).map(|(_, count)| count);
        self.shared_in_all - later.sum::<u64>()
    }
}

/// Of days on which one fact moves relationships of one group: each that is not the first of its kind.
fn sharers(days: impl Iterator<Item = Day>) -> Vec<Day> {
    let mut seen = BTreeSet::new();
    days.filter(|day| !seen.insert(*day)).collect()
}

/// Whether a fact is about actors, groups or regimes themselves, on which every status may rest.
fn bears_on_all(fact: &Arc<Fact>) -> bool {
    !matches!(fact.statement, Statement::Engagement(_) | Statement::DecisionRecorded(_))
}

/// What any of the events touches.
fn subjects(events: &[Recorded]) -> BTreeSet<Subject> {
    events.iter().flat_map(Recorded::own_subjects).collect()
}

/// What a fact tells about a relationship.
fn told(fact: &Fact, actor: &ActorId, group: &GroupId) -> Option<Move> {
    match &fact.statement {
        Statement::Engagement(engagement) => Move::of(engagement, actor, group),
        Statement::ActorRegistered(_) | Statement::RegimeRegistered(_) | Statement::RegimeTerminated(_) => {
            None
        }
        Statement::GroupRegistered(_) | Statement::GroupNamed(_) | Statement::LineageRecorded(_) => None,
        Statement::LifecycleChanged(_) | Statement::DesignationAct(_) => None,
        Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_) => None,
        Statement::DecisionRecorded(_) => None,
    }
}

fn add<K: Ord + Clone, C: Content>(
    histories: &mut BTreeMap<K, History<C>>,
    key: &K,
    position: Position,
    fact: &Arc<Fact>,
    content: impl Fn(&K, &Arc<Fact>) -> Option<C>,
) {
    if let Some(content) = content(key, fact) {
        histories.entry(key.clone()).or_default().add(Telling::new(position, fact, content));
    }
}

/// Sets a family in a history, unless none of its events tells that subject anything.
fn set_family<K: Ord, C: Content>(
    entry: std::collections::btree_map::Entry<'_, K, History<C>>,
    root: Position,
    events: &[Recorded],
    content: impl Fn(&Arc<Fact>) -> Option<C>,
) {
    if events.iter().filter_map(|recorded| recorded.event.fact()).any(|fact| content(fact).is_some()) {
        entry.or_default().set_family(root, family(events, content));
    }
}
