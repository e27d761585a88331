//! Inherited listings: what reaches a group or an actor through another. Recomputed on every question, never stored.

use std::collections::{BTreeMap, HashMap};

use super::{GroupFact, life::lineage};
use crate::domain::{
    as_of::AsOf,
    fold::{History, Standing, designation::designations, registry::Regimes},
    id::{ActorId, GroupId},
    statement::Membership,
    status::group::{Designation, InheritedDesignation},
    vocabulary::{Inheritance, LineageKind},
};

/// Where what stands of the histories of groups is found.
pub trait Groups {
    /// What stands of the history of a group under the cuts, in valid-time order; `None` when nothing was ever recorded
    /// about it.
    fn standing(&self, group: &GroupId, as_of: AsOf) -> Option<Vec<Standing<'_, GroupFact>>>;

    /// The identity that answers for a group under the cuts: itself, unless it has been merged.
    fn survivor(&self, group: &GroupId, _as_of: AsOf) -> GroupId {
        group.clone()
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
#[derive(Clone, Debug, PartialEq)]
pub struct Bearing {
    /// The listing.
    pub designation: Designation,
    /// The group that is listed, of which this one is a wing; `None`: this one itself.
    pub through: Option<GroupId>,
}

impl From<Designation> for Bearing {
    /// A listing of the group itself.
    fn from(designation: Designation) -> Bearing {
        Bearing { designation, through: None }
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
    while let Some(parent) = parents.get(next).cloned() {
        next += 1;
        let Some(standing) = groups.standing(&parent, as_of) else { continue };
        let listings = designations(&standing, regimes, as_of.valid_at).listings;
        let whole = listings.into_iter().filter(|it| it.component.is_none() && it.state.is_in_force());
        found.extend(whole.map(|designation| Bearing { designation, through: Some(parent.clone()) }));
        for grandparent in parents_of(&parent, &standing, groups, as_of) {
            if grandparent != *group && !parents.contains(&grandparent) {
                parents.push(grandparent);
            }
        }
    }
    found.sort_by(|a, b| (&a.designation.regime, &a.through).cmp(&(&b.designation.regime, &b.through)));
    found
}

/// Listings that reach a group through others, as its own status has them.
pub(super) fn inherited(reaching: &[Bearing]) -> Vec<InheritedDesignation> {
    let through = reaching.iter().filter_map(|it| {
        Some(InheritedDesignation {
            regime: it.designation.regime.clone(),
            from_group: it.through.clone()?,
            bound_actor: None,
            state: it.designation.state,
        })
    });
    through.collect()
}

fn parents_of<G: Groups + ?Sized>(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    groups: &G,
    as_of: AsOf,
) -> Vec<GroupId> {
    let wings = lineage(standing, as_of.valid_at).into_iter();
    let mut parents: Vec<GroupId> = wings
        .filter(|relation| relation.kind == LineageKind::WingOf)
        .filter(|relation| groups.survivor(&relation.group, as_of) == *group)
        .filter_map(|relation| relation.other)
        .map(|parent| groups.survivor(&parent, as_of))
        .filter(|parent| parent != group)
        .collect();
    parents.sort();
    parents.dedup();
    parents
}

/// A listing that binds an actor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binding<'a> {
    /// The listing, in force or not.
    pub designation: &'a Designation,
    /// The group that is listed, of which the one asked about is a wing; `None`: that one itself.
    pub through: Option<&'a GroupId>,
    /// The organisation whose listing it is; `None`: the actor's own.
    pub inherited_from: Option<&'a ActorId>,
}

/// The listings that bind an actor, of those that bear on one group: its own, and those of organisations it belongs to
/// whose regimes bind their members. `memberships` are those on the date, as
/// [`ActorStatus`](crate::domain::fold::registry::ActorStatus) has them; membership does not pass through two
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
        .filter_map(|Bearing { designation, through }| {
            let through = through.as_ref();
            let authority = designation.authority.as_ref()?;
            if authority == actor {
                return Some(Binding { designation, through, inherited_from: None });
            }
            let terms = regimes.get(&designation.regime)?;
            let bound = terms.inheritance == Inheritance::Members && belongs_to(authority);
            bound.then_some(Binding { designation, through, inherited_from: Some(authority) })
        })
        .collect()
}
