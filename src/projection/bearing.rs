//! Bearing: whose events can ever have moved a status, at whatever position, and where they stand in the record.
//!
//! A status is folded from the histories of groups, regimes, actors and identity operations, and nothing else: an event
//! that stands in none of those it is folded from cannot move it.

use std::collections::BTreeSet;

use super::Store;
use crate::{
    domain::{
        as_of::AsOf,
        fold::{
            Content, Family, History,
            registry::MergeFact,
            relationship::{Dealings, Told},
        },
        id::{ActorId, GroupId, RegimeId},
        subject::Subject,
        vocabulary::{Inheritance, LineageKind},
    },
    position::Position,
};

/// The positions after the first and up to the second.
pub type Range = (Position, Position);

impl Store {
    /// The identities that a group was ever said to be one with, in either direction and through others; itself among
    /// them.
    pub fn ever_one_with(&self, group: &GroupId) -> BTreeSet<GroupId> {
        let mut found = BTreeSet::from([group.clone()]);
        let links: Vec<(&GroupId, &GroupId)> = self
            .merges
            .told()
            .filter_map(MergeFact::leads)
            .filter_map(|(from, into)| Some((from, into?)))
            .collect();
        let mut grown = !links.is_empty();
        while grown {
            let known = found.len();
            for (from, into) in &links {
                if found.contains(*from) || found.contains(*into) {
                    found.extend([(*from).clone(), (*into).clone()]);
                }
            }
            grown = known < found.len();
        }
        found
    }

    /// Whether a group gave up its identity, or took in another's, at any position.
    pub fn is_ever_merged(&self, group: &GroupId) -> bool {
        1 < self.ever_one_with(group).len()
    }

    /// The groups and regimes whose events could ever move the status of a group: whatever it was ever one with, said to
    /// be a wing of, and listed under.
    pub fn ever_about(&self, group: &GroupId) -> (BTreeSet<GroupId>, BTreeSet<RegimeId>) {
        let mut groups = BTreeSet::new();
        let mut waiting = vec![group.clone()];
        while let Some(group) = waiting.pop() {
            if groups.contains(&group) {
                continue;
            }
            for one in self.ever_one_with(&group) {
                for told in self.groups.get(&one).into_iter().flat_map(History::told) {
                    let wing = told.lineage().filter(|it| it.kind == LineageKind::WingOf && it.group == one);
                    waiting.extend(wing.and_then(|it| it.other.clone()));
                }
                groups.insert(one);
            }
        }
        let regimes = self.ever_listed_under(&groups);
        (groups, regimes)
    }

    /// The listings of others that a group was ever said to be listed as an alias of, and those of whatever they were ever
    /// one with.
    pub fn ever_alias_of(&self, group: &GroupId) -> BTreeSet<(GroupId, RegimeId)> {
        let histories = self.ever_one_with(group).into_iter().filter_map(|one| self.groups.get(&one));
        let acts = histories.flat_map(History::told).filter_map(|told| told.act());
        let listings: BTreeSet<(&GroupId, &RegimeId)> =
            acts.filter_map(|act| Some((act.scope.alias_of()?, &act.regime))).collect();
        let ones = |(main, regime): (&GroupId, &RegimeId)| {
            let regime = regime.clone();
            self.ever_one_with(main).into_iter().map(move |one| (one, regime.clone()))
        };
        listings.into_iter().flat_map(ones).collect()
    }

    /// The regimes under which acts about any of the groups were ever recorded.
    fn ever_listed_under(&self, groups: &BTreeSet<GroupId>) -> BTreeSet<RegimeId> {
        let histories = groups.iter().filter_map(|group| self.groups.get(group));
        let acts = histories.flat_map(History::told).filter_map(|told| told.act());
        acts.map(|act| act.regime.clone()).collect()
    }

    /// Whether the listings under a regime were ever said to bind the members of its authority.
    pub(super) fn ever_binds_members(&self, regime: &RegimeId) -> bool {
        let told = self.regimes.get(regime).into_iter().flat_map(History::told);
        told.filter_map(|fact| fact.registration()).any(|it| it.inheritance == Inheritance::Members)
    }

    /// Where the events stand that can have moved the status of a group.
    pub fn moves_of_group(&self, group: &GroupId, range: Range) -> BTreeSet<Position> {
        let (mut groups, regimes) = self.ever_about(group);
        // Whether what it is listed as an alias of still stands.
        groups.extend(self.ever_alias_of(group).into_iter().map(|(main, _)| main));
        let mut found = self.moves_of_groups(&groups, range);
        // How far the regimes diverge is measured over all of them.
        found.extend(self.regimes.values().flat_map(|history| within(history, range)));
        if regimes.iter().any(|regime| self.ever_binds_members(regime)) {
            found.extend(self.actors.values().flat_map(|history| within(history, range)));
        }
        found
    }

    /// Where the events stand that can have moved the listings that bear on a group, or what it is called.
    pub fn moves_of_listings(&self, group: &GroupId, range: Range) -> BTreeSet<Position> {
        let (groups, regimes) = self.ever_about(group);
        let mut found = self.moves_of_groups(&groups, range);
        let histories = regimes.iter().filter_map(|regime| self.regimes.get(regime));
        found.extend(histories.flat_map(|history| within(history, range)));
        found
    }

    /// Where the events stand that tell what an actor is.
    pub fn moves_of_actor(&self, actor: &ActorId, range: Range) -> BTreeSet<Position> {
        self.actors.get(actor).into_iter().flat_map(|history| within(history, range)).collect()
    }

    /// Where identities were merged or parted.
    pub fn merging(&self, range: Range) -> BTreeSet<Position> {
        within(&self.merges, range).collect()
    }

    /// Where identities were merged or parted that a group was ever one with, or that any fact about it that is contested
    /// names.
    pub fn merging_about(&self, group: &GroupId) -> Vec<Position> {
        if self.merges.is_empty() {
            return Vec::new();
        }
        let mut ones = self.ever_one_with(group);
        let histories = ones.iter().filter_map(|one| self.groups.get(one));
        let told = histories.flat_map(History::families).flat_map(Family::told);
        let named: BTreeSet<GroupId> = told.flat_map(|fact| fact.groups().cloned()).collect();
        ones.extend(named.iter().flat_map(|named| self.ever_one_with(named)));
        self.merges.positions_of(|fact| {
            let leads = fact.leads();
            leads.is_some_and(|(from, into)| ones.contains(from) || into.is_some_and(|it| ones.contains(it)))
        })
    }

    fn moves_of_groups(&self, groups: &BTreeSet<GroupId>, range: Range) -> BTreeSet<Position> {
        let histories = groups.iter().filter_map(|group| self.groups.get(group));
        let of_groups = histories.flat_map(|history| within(history, range));
        of_groups.chain(self.merging(range)).collect()
    }

    /// The events that tell what an actor, group or regime is; those that only name it, as engagements do, are not
    /// among them. `None`: all about the subject tell of it.
    pub fn telling(&self, subject: &Subject) -> Option<BTreeSet<Position>> {
        const ALL: Range = (Position::START, Position::END);
        match subject {
            Subject::Actor(actor) => Some(self.moves_of_actor(actor, ALL)),
            Subject::Regime(regime) => {
                Some(self.regimes.get(regime).into_iter().flat_map(|history| within(history, ALL)).collect())
            }
            Subject::Group(group) => Some(self.moves_of_groups(&BTreeSet::from([group.clone()]), ALL)),
            Subject::Designation(..)
            | Subject::Relationship(..)
            | Subject::Decision(_)
            | Subject::Event(_) => None,
        }
    }

    /// The engagements of a relationship that nobody contests, in no particular order.
    pub fn plain(&self, actor: &ActorId, group: &GroupId, as_of: AsOf) -> Vec<Told> {
        let group = self.survivor_of(group, as_of);
        self.dealings_of(actor, &group, as_of).into_iter().flat_map(Dealings::plain).collect()
    }
}

/// Where the facts of a history stand in a part of the record, and what is recorded about them.
fn within<C: Content>(
    history: &History<C>,
    (after, to): Range,
) -> impl Iterator<Item = Position> + use<'_, C> {
    let all = history.facts().chain(history.families().flat_map(Family::positions));
    all.filter(move |position| after < *position && *position <= to)
}
