//! The store: the history of every actor, group, regime and relationship, and the current line of each relationship.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::family::family;
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        event::Event,
        fact::Fact,
        fold::{
            Content, History, Telling,
            group::GroupFact,
            registry::{ActorFact, RegimeFact},
            relationship::{Line, Move},
        },
        id::{ActorId, GroupId, RegimeId},
        statement::Statement,
        subject::Subject,
    },
    ledger::Recorded,
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
    position: Position,
    recorded_at: Option<Timestamp>,
    pub(super) actors: BTreeMap<ActorId, History<ActorFact>>,
    pub(super) groups: BTreeMap<GroupId, History<GroupFact>>,
    pub(super) regimes: BTreeMap<RegimeId, History<RegimeFact>>,
    pub(super) relationships: BTreeMap<ActorId, BTreeMap<GroupId, Relationship>>,
    /// The actors of each group's relationships.
    pub(super) counterparts: BTreeMap<GroupId, BTreeSet<ActorId>>,
    /// The roots of families with news.
    touched: BTreeSet<Position>,
    /// Relationships whose line has changed since it was settled.
    unsettled: BTreeSet<(ActorId, GroupId)>,
}

/// What is on record about one relationship.
#[derive(Default)]
pub(super) struct Relationship {
    pub(super) history: History<Move>,
    /// What stands of the history, under no cuts.
    pub(super) line: Line,
}

/// The cuts of the current line: none. The valid date does not cut what stands.
const WHOLE: AsOf = AsOf::at(Day::MAX);

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
            relationships: self.relationships.values().map(BTreeMap::len).sum(),
        }
    }

    /// Takes in the next event. A claim or record event only marks its family: see [`Store::set_family`].
    pub fn apply(&mut self, recorded: &Recorded) {
        self.position = recorded.position;
        self.recorded_at = Some(recorded.recorded_at);
        match (&recorded.event, recorded.concern) {
            (_, Some(concern)) => {
                self.touched.insert(concern.root);
            }
            (Event::Fact(fact), None) => self.add(recorded.position, fact),
            (Event::Correction { .. } | Event::Retraction { .. } | Event::Reinstatement { .. }, None) => {}
        }
    }

    /// The roots of the families that [`Store::apply`] has marked since the last call.
    pub fn take_touched(&mut self) -> Vec<Position> {
        std::mem::take(&mut self.touched).into_iter().collect()
    }

    /// Sets the family of the fact at `root` in the history of everything that any of its events touches. `events` are
    /// all of the family, by position.
    pub fn set_family(&mut self, root: Position, events: &[Recorded]) {
        let subjects: BTreeSet<Subject> = events.iter().flat_map(Recorded::own_subjects).collect();
        for subject in subjects {
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
                Subject::Relationship(actor, group) => {
                    let content = |fact: &Arc<Fact>| told(fact, &actor, &group);
                    let family = family(events, content);
                    let relationship = self.relationship_mut(&actor, &group);
                    relationship.line.remove(root);
                    relationship.history.set_family(root, family);
                    relationship.insert(root);
                }
                Subject::Designation(..) | Subject::Event(_) => {}
            }
        }
    }

    /// Brings the lines of relationships up to date after a batch.
    pub fn settle(&mut self) {
        for (actor, group) in std::mem::take(&mut self.unsettled) {
            let found = self.relationships.get_mut(&actor).and_then(|groups| groups.get_mut(&group));
            if let Some(relationship) = found {
                relationship.line.settle();
            }
        }
    }

    fn add(&mut self, position: Position, fact: &Arc<Fact>) {
        match &fact.statement {
            Statement::Engagement(engagement) => {
                for (actor, _) in engagement.principal_actors() {
                    for (group, _) in engagement.principal_groups() {
                        let Some(content) = Move::of(engagement, actor, group) else { continue };
                        let relationship = self.relationship_mut(actor, group);
                        relationship.history.add(Telling::new(position, fact, content));
                        relationship.insert(position);
                    }
                }
            }
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
            Statement::LineageRecorded(it) => {
                add(&mut self.groups, &it.group, position, fact, GroupFact::about);
                if let Some(other) = it.other.as_ref().filter(|other| **other != it.group) {
                    add(&mut self.groups, other, position, fact, GroupFact::about);
                }
            }
        }
    }

    /// The relationship, made when there is none; its line is to be settled.
    fn relationship_mut(&mut self, actor: &ActorId, group: &GroupId) -> &mut Relationship {
        self.unsettled.insert((actor.clone(), group.clone()));
        self.counterparts.entry(group.clone()).or_default().insert(actor.clone());
        self.relationships.entry(actor.clone()).or_default().entry(group.clone()).or_default()
    }
}

impl Relationship {
    /// Puts what stands of the fact at `root` into the line.
    fn insert(&mut self, root: Position) {
        if let Some(standing) = self.history.standing_of(root, WHOLE) {
            self.line.insert(standing);
        }
    }
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
