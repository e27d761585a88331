//! Inherited listings: what reaches a group or an actor through another. Recomputed on every question, never stored.

use std::collections::{BTreeMap, HashMap};

use super::{GroupFact, life::lineage};
use crate::domain::{
    as_of::AsOf,
    fold::{
        History, Standing,
        designation::designations,
        registry::{ActorStatus, Regimes},
    },
    id::{ActorId, GroupId, RegimeId},
    statement::Membership,
    status::group::{Designation, InheritedDesignation},
    vocabulary::{Inheritance, LineageKind},
};
use crate::position::Position;

/// Where what stands of the histories of groups is found.
pub trait Groups {
    /// What stands of the history of a group under the cuts, in valid-time order; `None` when nothing was ever recorded
    /// about it.
    fn standing(&self, group: &GroupId, as_of: AsOf) -> Option<Vec<Standing<'_, GroupFact>>>;

    /// The identity that answers for a group under the cuts: itself, unless it has been merged.
    fn survivor(&self, group: &GroupId, _as_of: AsOf) -> GroupId {
        group.clone()
    }

    /// The actors on record under the cuts, whom listings may bind.
    fn actors(&self, _as_of: AsOf) -> Vec<ActorStatus> {
        Vec::new()
    }
}

impl Groups for BTreeMap<GroupId, History<GroupFact>> {
    fn standing(&self, group: &GroupId, as_of: AsOf) -> Option<Vec<Standing<'_, GroupFact>>> {
        Some(self.get(group)?.standing(as_of))
    }
}

impl Groups for HashMap<GroupId, History<GroupFact>> {
    fn standing(&self, group: &GroupId, as_of: AsOf) -> Option<Vec<Standing<'_, GroupFact>>> {
        Some(self.get(group)?.standing(as_of))
    }
}

/// A listing that bears on a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearing {
    /// The listing.
    pub designation: Designation,
    /// The group that is listed, of which this one is a wing; `None`: this one itself.
    pub through: Option<GroupId>,
    /// The facts that make it a wing of that group.
    pub lineage: Vec<Position>,
}

impl From<Designation> for Bearing {
    /// A listing of the group itself.
    fn from(designation: Designation) -> Bearing {
        Bearing { designation, through: None, lineage: Vec::new() }
    }
}

/// The listings of a group, in force or not, and those that reach it: see [`reaching`]. `standing` is the group's own.
pub fn bearing<G: Groups + ?Sized>(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    groups: &G,
    regimes: &Regimes,
    as_of: AsOf,
) -> Vec<Bearing> {
    let own = designations(standing, regimes, as_of.valid_at).listings.into_iter().map(Bearing::from);
    own.chain(reaching(group, standing, groups, regimes, as_of)).collect()
}

/// The listings in force of the groups that this one is a wing of, and of those that they are wings of: of each as a
/// whole, not of its components. `standing` is the group's own.
pub(super) fn reaching<G: Groups + ?Sized>(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    groups: &G,
    regimes: &Regimes,
    as_of: AsOf,
) -> Vec<Bearing> {
    let mut parents = parents_of(group, standing, groups, as_of);
    let mut found = Vec::new();
    let mut next = 0;
    while let Some((parent, through)) = parents.get(next).cloned() {
        next += 1;
        let Some(standing) = groups.standing(&parent, as_of) else { continue };
        let listings = designations(&standing, regimes, as_of.valid_at).listings;
        let whole = listings.into_iter().filter(|it| it.component.is_none() && it.state.is_in_force());
        found.extend(whole.map(|designation| Bearing {
            designation,
            through: Some(parent.clone()),
            lineage: through.clone(),
        }));
        for (grandparent, lineage) in parents_of(&parent, &standing, groups, as_of) {
            if grandparent != *group && parents.iter().all(|(known, _)| *known != grandparent) {
                parents.push((grandparent, through.iter().copied().chain(lineage).collect()));
            }
        }
    }
    found.sort_by(|a, b| (&a.designation.regime, &a.through).cmp(&(&b.designation.regime, &b.through)));
    found
}

/// What a group is subject to through others, and whom the listings in force that bear on it bind as members of
/// organisations: those of components too, and those that reach it. `listings` are its own.
pub(super) fn inherited<G: Groups + ?Sized>(
    group: &GroupId,
    listings: &[Designation],
    reaching: &[Bearing],
    groups: &G,
    regimes: &Regimes,
    as_of: AsOf,
) -> Vec<InheritedDesignation> {
    let entry = |it: &Bearing, member: Option<&ActorStatus>| {
        let registered = member.into_iter().flat_map(|member| &member.provenance.events);
        InheritedDesignation {
            regime: it.designation.regime.clone(),
            component: it.designation.component.clone(),
            from_group: it.through.as_ref().unwrap_or(group).clone(),
            bound_actor: member.map(|member| member.actor.clone()),
            state: it.designation.state,
            events: registered.chain(&it.lineage).chain(&it.designation.provenance.events).copied().collect(),
        }
    };
    let mut found: Vec<InheritedDesignation> = reaching.iter().map(|it| entry(it, None)).collect();
    let binds = |it: &Designation| {
        let terms = regimes.get(&it.regime);
        it.state.is_in_force() && terms.is_some_and(|terms| terms.inheritance == Inheritance::Members)
    };
    let own = listings.iter().filter(|it| binds(it)).cloned().map(Bearing::from);
    let through = reaching.iter().filter(|it| binds(&it.designation)).cloned();
    let binding: Vec<Bearing> = own.chain(through).collect();
    if !binding.is_empty() {
        for member in groups.actors(as_of) {
            let bound = binding_on(&member.actor, &member.memberships, &binding, regimes).into_iter();
            let bound = bound.filter(|it| it.inherited_from.is_some());
            found.extend(bound.map(|it| entry(it.bearing, Some(&member))));
        }
    }
    found.sort_by(|a, b| place(a).cmp(&place(b)));
    found
}

fn place(it: &InheritedDesignation) -> (&RegimeId, &GroupId, &Option<String>, &Option<ActorId>) {
    (&it.regime, &it.from_group, &it.component, &it.bound_actor)
}

/// The groups that one is a wing of, each with the facts that say so.
fn parents_of<G: Groups + ?Sized>(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    groups: &G,
    as_of: AsOf,
) -> Vec<(GroupId, Vec<Position>)> {
    let wings = lineage(standing, as_of.valid_at).into_iter();
    let wings = wings
        .filter(|relation| relation.kind == LineageKind::WingOf)
        .filter(|relation| groups.survivor(&relation.group, as_of) == *group);
    let mut parents: BTreeMap<GroupId, Vec<Position>> = BTreeMap::new();
    for relation in wings {
        let parent = relation.other.map(|parent| groups.survivor(&parent, as_of));
        if let Some(parent) = parent.filter(|parent| parent != group) {
            parents.entry(parent).or_default().push(relation.event);
        }
    }
    parents.into_iter().collect()
}

/// A listing that binds an actor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binding<'a> {
    /// The listing, in force or not, with the group through which it reaches the one asked about.
    pub bearing: &'a Bearing,
    /// The organisation whose listing it is; `None`: the actor's own.
    pub inherited_from: Option<&'a ActorId>,
}

/// The listings that bind an actor, of those that bear on one group: its own, and those of organisations it belongs to
/// whose regimes bind their members. `memberships` are those on the date, as
/// [`ActorStatus`] has them; membership does not pass through two
/// organisations.
pub fn binding_on<'a>(
    actor: &ActorId,
    memberships: &[Membership],
    listings: &'a [Bearing],
    regimes: &Regimes,
) -> Vec<Binding<'a>> {
    let belongs_to = |organisation: &ActorId| memberships.iter().any(|it| it.of == *organisation);
    listings
        .iter()
        .filter_map(|bearing| {
            let designation = &bearing.designation;
            let authority = designation.authority.as_ref()?;
            if authority == actor {
                return Some(Binding { bearing, inherited_from: None });
            }
            let terms = regimes.get(&designation.regime)?;
            let bound = terms.inheritance == Inheritance::Members && belongs_to(authority);
            bound.then_some(Binding { bearing, inherited_from: Some(authority) })
        })
        .collect()
}
