//! Views: the statuses of groups and relationships under any cuts.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::Bound::{Excluded, Included, Unbounded},
};

use super::{Store, store::Relationship};
use crate::domain::{
    as_of::AsOf,
    fold::{
        History, Standing,
        designation::designations,
        group::{Binding, GroupFact, GroupQuestion, Groups, Identity, binding_on, group_status, identity},
        registry::{ActorStatus, RegimeStatus, Regimes},
        relationship::{Line, Move},
    },
    id::{ActorId, GroupId, RegimeId},
    status::{
        group::{Designation, EngagementCounts, GroupStatus},
        relationship::{LegalFacet, RelationshipStatus},
    },
};

/// The status of a relationship, with the names of its two ends.
#[derive(Clone, Debug)]
pub struct RelationshipView {
    /// The actor's name.
    pub actor_name: String,
    /// The group's primary name at the date.
    pub group_name: String,
    /// The status.
    pub status: RelationshipStatus,
}

/// What is asked about is not on record under the cuts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownError {
    /// The actor.
    #[error("actor/{0} is not on record at this view")]
    Actor(ActorId),
    /// The group.
    #[error("group/{0} is not on record at this view")]
    Group(GroupId),
}

impl Groups for Store {
    fn standing(&self, group: &GroupId, as_of: AsOf) -> Option<Vec<Standing<'_, GroupFact>>> {
        Some(self.groups.get(group)?.standing(as_of))
    }
}

impl Store {
    /// Every regime on record under the cuts.
    pub fn regimes(&self, as_of: AsOf) -> Regimes {
        let known = self.regimes.iter().filter_map(|(id, history)| {
            RegimeStatus::fold(history, as_of).map(|status| (id.clone(), status))
        });
        known.collect()
    }

    /// The groups on record, under whatever cuts, after a slug.
    pub fn groups_after(&self, after: &str) -> impl Iterator<Item = &GroupId> {
        self.groups.range::<str, _>((Excluded(after), Unbounded)).map(|(group, _)| group)
    }

    /// The status of a group. `asked` are the regimes to be shown, NONE included; empty: all with something on record.
    pub fn group(
        &self,
        group: &GroupId,
        asked: &[RegimeId],
        regimes: &Regimes,
        as_of: AsOf,
    ) -> Result<GroupStatus, UnknownError> {
        let engagements = self.engagements(group, as_of);
        let question = GroupQuestion { group, groups: self, regimes, asked, engagements, as_of };
        group_status(&question).ok_or_else(|| UnknownError::Group(group.clone()))
    }

    /// What the registry holds about an actor.
    pub fn actor(&self, actor: &ActorId, as_of: AsOf) -> Result<ActorStatus, UnknownError> {
        let history = self.actors.get(actor);
        let known = history.and_then(|history| ActorStatus::fold(history, as_of));
        known.ok_or_else(|| UnknownError::Actor(actor.clone()))
    }

    /// What the registry holds about a group, and every fact about the group that stands.
    pub fn identity(
        &self,
        group: &GroupId,
        as_of: AsOf,
    ) -> Result<(Identity, Vec<Standing<'_, GroupFact>>), UnknownError> {
        let unknown = || UnknownError::Group(group.clone());
        let standing = self.standing(group, as_of).ok_or_else(unknown)?;
        let known = identity(&standing, as_of.valid_at).ok_or_else(unknown)?;
        Ok((known, standing))
    }

    /// The status of a relationship between two known ends; without dealings it is NONE throughout.
    pub fn relationship(
        &self,
        actor: &ActorId,
        group: &GroupId,
        regimes: &Regimes,
        as_of: AsOf,
    ) -> Result<RelationshipView, UnknownError> {
        let known_actor = self.actor(actor, as_of)?;
        let (known_group, standing) = self.identity(group, as_of)?;
        let listings = designations(&standing, regimes, as_of.valid_at).listings;
        let bindings = binding_on(actor, &known_actor.memberships, &listings, regimes);
        Ok(RelationshipView {
            actor_name: known_actor.name,
            group_name: known_group.name,
            status: self.status_of(actor, group, &bindings, as_of),
        })
    }

    /// The status of a relationship with the listings that bear on it.
    pub(super) fn status_of(
        &self,
        actor: &ActorId,
        group: &GroupId,
        bindings: &[Binding<'_>],
        as_of: AsOf,
    ) -> RelationshipStatus {
        let legal = bindings.iter().map(|binding| LegalFacet {
            inherited_from: binding.inherited_from.cloned(),
            ..own_facet(binding.designation)
        });
        let line = self.line_of(actor, group, as_of).unwrap_or_default();
        line.status(as_of.valid_at, legal.collect())
    }

    /// The groups on record, under whatever cuts, by slug.
    pub(super) fn group_ids(&self) -> impl Iterator<Item = &GroupId> {
        self.groups.keys()
    }

    /// The groups that an actor has anything on record with, under whatever cuts.
    pub(super) fn groups_of(&self, actor: &ActorId) -> BTreeSet<&GroupId> {
        self.relationships.get(actor).into_iter().flat_map(BTreeMap::keys).collect()
    }

    /// Every history of a relationship.
    pub(super) fn moves_of(&self, actor: &ActorId, group: &GroupId) -> impl Iterator<Item = &History<Move>> {
        self.found(actor, group).map(|relationship| &relationship.history).into_iter()
    }

    /// The line of a relationship under the cuts; `None` when nothing was ever recorded about it.
    pub(super) fn line_of(&self, actor: &ActorId, group: &GroupId, as_of: AsOf) -> Option<Cow<'_, Line>> {
        self.found(actor, group).map(|relationship| self.line(relationship, as_of))
    }

    /// The relationships with anything on record, under whatever cuts, by actor and group.
    pub fn relationships_after<'a>(
        &'a self,
        actor: Option<&'a ActorId>,
        group: Option<&'a GroupId>,
        after: Option<&'a (ActorId, GroupId)>,
    ) -> impl Iterator<Item = (&'a ActorId, &'a GroupId)> {
        let first = actor.or(after.map(|(actor, _)| actor)).map_or("", ActorId::as_str);
        let of_actors = self.relationships.range::<str, _>((Included(first), Unbounded));
        let of_actors = of_actors.take_while(move |(of, _)| actor.is_none_or(|actor| actor == *of));
        let pairs = of_actors.flat_map(move |(actor, groups)| {
            let wanted = groups.keys().filter(move |with| group.is_none_or(|group| group == *with));
            wanted.map(move |group| (actor, group))
        });
        pairs.skip_while(move |pair| after.is_some_and(|(actor, group)| *pair <= (actor, group)))
    }

    fn found(&self, actor: &ActorId, group: &GroupId) -> Option<&Relationship> {
        self.relationships.get(actor)?.get(group)
    }

    /// The moves that stand under the cuts: kept, for the whole record; folded anew, for any other.
    fn line<'a>(&self, relationship: &'a Relationship, as_of: AsOf) -> Cow<'a, Line> {
        match as_of.is_whole(self.position()) {
            true => Cow::Borrowed(&relationship.line),
            false => Cow::Owned(Line::from_standing(relationship.history.standing(as_of))),
        }
    }

    /// How much a group is engaged with.
    fn engagements(&self, group: &GroupId, as_of: AsOf) -> EngagementCounts {
        let mut counts = EngagementCounts::default();
        let mut seen = HashSet::new();
        for actor in self.counterparts.get(group).into_iter().flatten() {
            let Some(relationship) = self.found(actor, group) else { continue };
            let before = counts.dyads;
            for fact in self.line(relationship, as_of).facts(as_of.valid_at) {
                counts.dyads += 1;
                seen.insert(fact);
            }
            counts.actors += u64::from(before < counts.dyads);
        }
        counts.engagements = seen.len() as u64;
        counts
    }
}

/// A listing as it bears on a relationship of the actor whose own it is.
pub(super) fn own_facet(designation: &Designation) -> LegalFacet {
    LegalFacet {
        regime: designation.regime.clone(),
        component: designation.component.clone(),
        state: designation.state,
        inherited_from: None,
        provenance: designation.provenance.clone(),
    }
}
