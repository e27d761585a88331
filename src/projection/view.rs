//! Views: the statuses of groups and relationships under any cuts.

use std::{
    collections::HashSet,
    ops::Bound::{Excluded, Included, Unbounded},
    sync::Arc,
};

use super::Store;
use crate::domain::{
    as_of::AsOf,
    fold::{
        Standing,
        designation::designations,
        group::{GroupFact, GroupQuestion, Identity, binding_on, group_status, identity},
        registry::{ActorStatus, RegimeStatus, Regimes},
        relationship::Dealings,
    },
    id::{ActorId, GroupId, RegimeId},
    status::{
        group::{EngagementCounts, GroupCounts, GroupStatus},
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
    /// The regime.
    #[error("regime/{0} is not on record at this view")]
    Regime(RegimeId),
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
        let status = self.group_alone(group, asked, regimes, as_of)?;
        Ok(GroupStatus { counts: GroupCounts { engagements, ..status.counts }, ..status })
    }

    /// The status of a group without how much it was engaged with, which takes a walk along all its relationships.
    pub fn group_alone(
        &self,
        group: &GroupId,
        asked: &[RegimeId],
        regimes: &Regimes,
        as_of: AsOf,
    ) -> Result<GroupStatus, UnknownError> {
        let engagements = EngagementCounts::default();
        let question = GroupQuestion { group, groups: &self.groups, regimes, asked, engagements, as_of };
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
        let standing = self.groups.get(group).ok_or_else(unknown)?.standing(as_of);
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
        let legal =
            binding_on(actor, &known_actor.memberships, &listings, regimes).into_iter().map(|binding| {
                LegalFacet {
                    regime: binding.designation.regime.clone(),
                    component: binding.designation.component.clone(),
                    state: binding.designation.state,
                    inherited_from: binding.inherited_from.cloned(),
                    provenance: binding.designation.provenance.clone(),
                }
            });
        let line = self.found(actor, group).map(|it| it.line(as_of, self.position())).unwrap_or_default();
        Ok(RelationshipView {
            actor_name: known_actor.name,
            group_name: known_group.name,
            status: line.status(as_of.valid_at, legal.collect()),
        })
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

    fn found(&self, actor: &ActorId, group: &GroupId) -> Option<&Arc<Dealings>> {
        self.relationships.get(actor)?.get(group)
    }

    /// How much a group is engaged with.
    fn engagements(&self, group: &GroupId, as_of: AsOf) -> EngagementCounts {
        let mut counts = EngagementCounts::default();
        let Some(counterparts) = self.counterparts.get(group) else { return counts };
        let is_whole = as_of.is_whole(self.position());
        let mut seen = HashSet::new();
        for dealings in counterparts.actors.iter().filter_map(|actor| self.found(actor, group)) {
            let line = dealings.line(as_of, self.position());
            let dyads = line.count(as_of.valid_at);
            counts.dyads += dyads;
            counts.actors += u64::from(0 < dyads);
            if !is_whole {
                seen.extend(line.facts(as_of.valid_at));
            }
        }
        counts.engagements = match is_whole {
            true => counts.dyads.saturating_sub(counterparts.shared_by(as_of.valid_at)),
            false => seen.len() as u64,
        };
        counts
    }
}
