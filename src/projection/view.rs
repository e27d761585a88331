//! Views: the statuses of groups and relationships under any cuts.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use super::{Store, tally::Tally};
use crate::domain::{
    as_of::AsOf,
    fold::{
        History, Lost, Standing,
        group::{
            Bearing, Binding, GroupFact, GroupQuestion, Groups, Identity, bearing, binding_on, group_status,
            identity,
        },
        registry::{ActorStatus, Redirects, RegimeStatus, Regimes},
        relationship::{Dealings, Line},
    },
    id::{ActorId, GroupId, RegimeId},
    status::{
        group::{Designation, EngagementCounts, GroupCounts, GroupStatus},
        relationship::{LegalFacet, RelationshipStatus},
    },
    subject::Subject,
    vocabulary::ClaimStance,
};

/// The status of a relationship, with the names of its two ends.
#[derive(Clone, Debug)]
pub struct RelationshipView {
    /// The group: the one that was asked for, or that it was merged into.
    pub group: GroupId,
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

impl Groups for Store {
    fn standing(&self, group: &GroupId, as_of: AsOf) -> Option<Vec<Standing<'_, GroupFact>>> {
        let redirects = self.redirects(as_of);
        let mut parts = vec![self.groups.get(group)?];
        parts.extend(redirects.merged_into(group).into_iter().filter_map(|group| self.groups.get(group)));
        Some(History::united(&parts, &redirects, as_of))
    }

    fn survivor(&self, group: &GroupId, as_of: AsOf) -> GroupId {
        self.survivor_of(group, as_of)
    }

    fn actors(&self, as_of: AsOf) -> Vec<ActorStatus> {
        self.actors.values().filter_map(|history| ActorStatus::fold(history, as_of)).collect()
    }
}

impl Store {
    /// Where the identities lead that have been merged under the cuts.
    pub fn redirects(&self, as_of: AsOf) -> Redirects {
        Redirects::fold(&self.merges, as_of)
    }

    /// The identity that answers for a group under the cuts: itself, unless it has been merged.
    pub fn survivor_of(&self, group: &GroupId, as_of: AsOf) -> GroupId {
        self.redirects(as_of).survivor(group).clone()
    }

    /// The subjects whose events tell of a subject: itself, and what it was called before identities were merged.
    pub fn told_of(&self, subject: &Subject, as_of: AsOf) -> Vec<Subject> {
        let redirects = self.redirects(as_of);
        let named = |group: &GroupId, subject: &dyn Fn(GroupId) -> Subject| {
            redirects.names_of(redirects.survivor(group)).into_iter().cloned().map(subject).collect()
        };
        match subject {
            Subject::Group(group) => named(group, &Subject::Group),
            Subject::Relationship(actor, group) => {
                named(group, &|group| Subject::Relationship(actor.clone(), group))
            }
            Subject::Designation(group, regime) => {
                named(group, &|group| Subject::Designation(group, regime.clone()))
            }
            Subject::Actor(_) | Subject::Regime(_) | Subject::Decision(_) | Subject::Event(_) => {
                vec![subject.clone()]
            }
        }
    }

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
        let group = &self.survivor(group, as_of);
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
        let group = &self.survivor(group, as_of);
        let engagements = EngagementCounts::default();
        let question = GroupQuestion { group, groups: self, regimes, asked, engagements, as_of };
        group_status(&question).ok_or_else(|| UnknownError::Group(group.clone()))
    }

    /// What the registry holds about a regime.
    pub fn regime(&self, regime: &RegimeId, as_of: AsOf) -> Result<RegimeStatus, UnknownError> {
        let history = self.regimes.get(regime);
        let known = history.and_then(|history| RegimeStatus::fold(history, as_of));
        known.ok_or_else(|| UnknownError::Regime(regime.clone()))
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
        let group = &self.survivor(group, as_of);
        let standing = self.standing(group, as_of).ok_or_else(unknown)?;
        let known = identity(group, &standing, as_of.valid_at).ok_or_else(unknown)?;
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
        let (actor_name, group_name, legal) = self.legal(actor, group, regimes, as_of)?;
        let group = &self.survivor(group, as_of);
        let line = self.line_of(actor, group, as_of).unwrap_or_default();
        let status = line.status(as_of.valid_at, legal);
        Ok(RelationshipView { group: group.clone(), actor_name, group_name, status })
    }

    /// The names of the two ends of a relationship, and the listings that bear on it.
    pub fn legal(
        &self,
        actor: &ActorId,
        group: &GroupId,
        regimes: &Regimes,
        as_of: AsOf,
    ) -> Result<(String, String, Vec<LegalFacet>), UnknownError> {
        let known_actor = self.actor(actor, as_of)?;
        let group = &self.survivor(group, as_of);
        let (known_group, standing) = self.identity(group, as_of)?;
        let listings = bearing(group, &standing, self, regimes, as_of);
        let bindings = binding_on(actor, &known_actor.memberships, &listings, regimes);
        let mut facets = legal_facets(&bindings);
        for facet in facets.iter_mut().filter(|facet| facet.inherited_from.is_some()) {
            facet.membership = known_actor.provenance.events.first().copied();
        }
        Ok((known_actor.name, known_group.name, facets))
    }

    /// All that is on record about a relationship; it stays as it is when more is recorded. `None` where nothing is, and
    /// where the group was ever merged with another: what belongs to it then depends on the position.
    pub fn dealings(&self, actor: &ActorId, group: &GroupId) -> Option<Arc<Dealings>> {
        self.found(actor, group).filter(|_| !self.is_ever_merged(group)).cloned()
    }

    /// The status of a relationship with the listings that bear on it.
    pub(super) fn status_of(
        &self,
        actor: &ActorId,
        group: &GroupId,
        bindings: &[Binding<'_>],
        as_of: AsOf,
    ) -> RelationshipStatus {
        let line = self.line_of(actor, group, as_of).unwrap_or_default();
        line.status(as_of.valid_at, legal_facets(bindings))
    }

    /// The groups on record, under whatever cuts, by slug, but for those that have been merged into others.
    pub(super) fn group_ids(&self, as_of: AsOf) -> impl Iterator<Item = &GroupId> {
        let redirects = self.redirects(as_of);
        self.groups.keys().filter(move |group| !redirects.is_merged(group))
    }

    /// The relationships with anything on record, under whatever cuts, by actor and group; with identities that have been
    /// merged under those that answer for them.
    pub fn pairs(&self, as_of: AsOf) -> BTreeSet<(&ActorId, &GroupId)> {
        let redirects = self.redirects(as_of);
        let pairs = self.relationships_after(None, None, None);
        let known = |group: &GroupId| self.groups.get_key_value(group).map(|(group, _)| group);
        pairs.filter_map(|(actor, group)| Some((actor, known(redirects.survivor(group))?))).collect()
    }

    /// All that is on record about a relationship: its dealings, and those with identities merged into the group.
    pub(super) fn dealings_of(&self, actor: &ActorId, group: &GroupId, as_of: AsOf) -> Vec<&Dealings> {
        let redirects = self.redirects(as_of);
        let names = redirects.names_of(group).into_iter();
        names.filter_map(|group| self.found(actor, group)).map(|dealings| &**dealings).collect()
    }

    /// The line of a relationship under the cuts; `None` when nothing was ever recorded about it.
    pub fn line_of(&self, actor: &ActorId, group: &GroupId, as_of: AsOf) -> Option<Cow<'_, Line>> {
        match self.dealings_of(actor, group, as_of).as_slice() {
            [] => None,
            [dealings] => Some(dealings.line(as_of, self.position())),
            several => Some(Cow::Owned(Dealings::united(several, as_of))),
        }
    }

    /// The relationships with anything on record, under whatever cuts, by actor and group.
    pub fn relationships_after<'a>(
        &'a self,
        actor: Option<&'a ActorId>,
        group: Option<&'a GroupId>,
        after: Option<&'a (ActorId, GroupId)>,
    ) -> impl Iterator<Item = (&'a ActorId, &'a GroupId)> {
        let first = actor.or(after.map(|(actor, _)| actor)).map_or("", ActorId::as_str);
        let of_actors = self.relationships.by_actor(first);
        let of_actors = of_actors.take_while(move |(of, _)| actor.is_none_or(|actor| actor == *of));
        let pairs = of_actors.flat_map(move |(actor, groups)| {
            let wanted = groups.iter().filter(move |with| group.is_none_or(|group| group == *with));
            wanted.map(move |group| (actor, group))
        });
        pairs.skip_while(move |pair| after.is_some_and(|(actor, group)| *pair <= (actor, group)))
    }

    pub(super) fn found(&self, actor: &ActorId, group: &GroupId) -> Option<&Arc<Dealings>> {
        self.relationships.get(actor, group)
    }

    /// How much a group is engaged with.
    fn engagements(&self, group: &GroupId, as_of: AsOf) -> EngagementCounts {
        let mut counts = EngagementCounts::default();
        let redirects = self.redirects(as_of);
        if !redirects.merged_into(group).is_empty() {
            return self.united_engagements(group, &redirects, as_of);
        }
        let Some(counterparts) = self.counterparts.get(group) else { return counts };
        let by = as_of.valid_at;
        let is_whole = as_of.is_whole(self.position());
        if let Some((moves, actors)) = self.tallies.of(group, by).filter(|_| is_whole) {
            let engagements = moves.saturating_sub(counterparts.shared_by(by));
            return EngagementCounts { engagements, dyads: moves, actors };
        }
        let mut engaged = HashSet::new();
        let mut seen = HashSet::new();
        for actor in &counterparts.actors {
            let Some(dealings) = self.found(actor, group) else { continue };
            let line = dealings.line(as_of, self.position());
            let dyads = line.count(by);
            counts.dyads += dyads;
            if 0 < dyads {
                engaged.insert(actor.clone());
            }
            if !is_whole {
                seen.extend(line.facts(by));
            }
        }
        counts.actors = engaged.len() as u64;
        counts.engagements = match is_whole {
            true => counts.dyads.saturating_sub(counterparts.shared_by(by)),
            false => seen.len() as u64,
        };
        if is_whole {
            self.tallies.keep(group, Tally { by, moves: counts.dyads, actors: engaged });
        }
        counts
    }

    /// How much a group is engaged with that others were merged into.
    fn united_engagements(&self, group: &GroupId, redirects: &Redirects, as_of: AsOf) -> EngagementCounts {
        let names = redirects.merged_into(group).into_iter().chain([group]);
        let actors: BTreeSet<&ActorId> =
            names.filter_map(|name| self.counterparts.get(name)).flat_map(|it| &it.actors).collect();
        let mut counts = EngagementCounts::default();
        let mut seen = HashSet::new();
        for line in actors.into_iter().filter_map(|actor| self.line_of(actor, group, as_of)) {
            let dyads = line.count(as_of.valid_at);
            counts.dyads += dyads;
            counts.actors += u64::from(0 < dyads);
            seen.extend(line.facts(as_of.valid_at));
        }
        counts.engagements = seen.len() as u64;
        counts
    }
}

/// The claims about a listing, or the end of its regime, that lost and say otherwise.
fn contested(listing: &Designation) -> Vec<Lost> {
    let lost = listing.alternatives.iter().chain(&listing.provenance.lost);
    let mut found: Vec<Lost> = Vec::new();
    for lost in lost.filter(|lost| lost.stance != ClaimStance::Agrees) {
        if !found.contains(lost) {
            found.push(*lost);
        }
    }
    found
}

/// Listings as they bear on a relationship.
pub(super) fn legal_facets(bindings: &[Binding<'_>]) -> Vec<LegalFacet> {
    // What makes the group a wing of the one that is listed is a ground as well.
    let provenance = |bearing: &Bearing| {
        let mut provenance = bearing.designation.provenance.clone();
        let more =
            bearing.lineage.iter().filter(|event| !bearing.designation.provenance.events.contains(event));
        provenance.events.extend(more);
        provenance
    };
    let facets = bindings.iter().map(|Binding { bearing, inherited_from }| LegalFacet {
        regime: bearing.designation.regime.clone(),
        component: bearing.designation.component.clone(),
        through: bearing.through.clone(),
        state: bearing.designation.state,
        inherited_from: inherited_from.cloned(),
        membership: None,
        contested: contested(&bearing.designation),
        provenance: provenance(bearing),
    });
    facets.collect()
}
