//! Matrices: groups by regimes, and actors by groups.

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use crate::domain::{
    as_of::AsOf,
    fold::{
        group::{Bearing, GroupQuestion, Listed, binding_on, listed},
        registry::{ActorStatus, Regimes},
    },
    id::{ActorId, GroupId, RegimeId},
    status::{
        group::{Designation, EngagementCounts},
        overview::{ListingCell, ListingRow, RelationCell, RelationRow},
    },
    vocabulary::{DesignationState, GroupFlag, Headline, RelationshipFlag},
};

/// Which rows and cells of groups by regimes. What is empty takes everything.
#[derive(Clone, Debug, Default)]
pub struct ListingMatrix {
    /// Only these rows.
    pub groups: Vec<GroupId>,
    /// Only these columns.
    pub regimes: Vec<RegimeId>,
    /// Only cells in one of these states.
    pub states: Vec<DesignationState>,
    /// Only rows with one of these flags.
    pub flags: Vec<GroupFlag>,
}

/// Which rows and cells of actors by groups. What is empty takes everything.
#[derive(Clone, Debug, Default)]
pub struct RelationMatrix {
    /// Only these rows.
    pub actors: Vec<ActorId>,
    /// Only these columns.
    pub groups: Vec<GroupId>,
    /// Only cells with one of these headlines.
    pub headlines: Vec<Headline>,
    /// Only cells with one of these flags.
    pub flags: Vec<RelationshipFlag>,
    /// Only cells where a listing of the actor's own is in force.
    pub listed: bool,
}

/// Whether one of the wanted values fits; no wanted values fit everything.
fn any<T>(wanted: &[T], fits: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}

impl ListingMatrix {
    fn wants(&self, cell: &ListingCell) -> bool {
        cell.state != DesignationState::None
            && any(&self.regimes, |regime| *regime == cell.regime)
            && any(&self.states, |state| *state == cell.state)
    }
}

impl RelationMatrix {
    fn wants(&self, cell: &RelationCell) -> bool {
        cell.headline != Headline::None
            && (cell.listed || !self.listed)
            && any(&self.headlines, |headline| *headline == cell.headline)
            && any(&self.flags, |flag| cell.flags.contains(flag))
    }
}

impl Store {
    /// The rows of groups by regimes that have anything to show, after a group, by slug.
    pub fn listing_rows<'a>(
        &'a self,
        matrix: &'a ListingMatrix,
        after: &'a str,
        regimes: &'a Regimes,
        as_of: AsOf,
    ) -> impl Iterator<Item = ListingRow> + 'a {
        let redirects = self.redirects(as_of);
        let known = self.groups_after(after).filter(move |group| !redirects.is_merged(group));
        let wanted = known.filter(|group| any(&matrix.groups, |wanted| wanted == *group));
        wanted.filter_map(move |group| {
            let engagements = EngagementCounts::default();
            let question = GroupQuestion { group, groups: self, regimes, asked: &[], engagements, as_of };
            let Listed { name, listings, reaching, flags } = listed(&question)?;
            let own = listings.into_iter().map(own_cell);
            let through = reaching.into_iter().map(|it| ListingCell {
                regime: it.designation.regime,
                component: None,
                state: it.designation.state,
                basis: None,
                alias_of: None,
                pending: Vec::new(),
                disputed: false,
                inherited_from: it.through,
            });
            let cells: Vec<ListingCell> = own.chain(through).filter(|cell| matrix.wants(cell)).collect();
            let shown = !cells.is_empty() && any(&matrix.flags, |flag| flags.contains(flag));
            shown.then(|| ListingRow { group: group.clone(), name, flags, cells })
        })
    }

    /// The rows of actors by groups that have anything to show, after an actor, by slug.
    ///
    /// A cell is where there are dealings, or where the actor lists the group, or what it is a wing of, itself.
    pub fn relation_rows<'a>(
        &'a self,
        matrix: &'a RelationMatrix,
        after: &'a str,
        regimes: &'a Regimes,
        as_of: AsOf,
    ) -> impl Iterator<Item = RelationRow> + 'a {
        let columns = self.columns(&matrix.groups, regimes, as_of);
        let pairs = self.pairs(as_of);
        let wanted = self.actors.iter().filter(move |(actor, _)| {
            after < actor.as_str() && any(&matrix.actors, |wanted| wanted == *actor)
        });
        wanted.filter_map(move |(actor, history)| {
            let known = ActorStatus::fold(history, as_of)?;
            let cells = columns.iter().filter_map(|(group, listings)| {
                self.relation_cell(&known, group, listings, pairs.contains(&(actor, *group)), regimes, as_of)
            });
            let cells: Vec<RelationCell> = cells.filter(|cell| matrix.wants(cell)).collect();
            (!cells.is_empty()).then(|| RelationRow { actor: actor.clone(), name: known.name, cells })
        })
    }

    /// The groups on record under the cuts, with the listings that bear on them.
    fn columns<'a>(
        &'a self,
        wanted: &[GroupId],
        regimes: &Regimes,
        as_of: AsOf,
    ) -> BTreeMap<&'a GroupId, Vec<Bearing>> {
        let wanted = self.group_ids(as_of).filter(|group| any(wanted, |it| it == *group));
        let column = |group: &'a GroupId| {
            let engagements = EngagementCounts::default();
            let question = GroupQuestion { group, groups: self, regimes, asked: &[], engagements, as_of };
            let Listed { listings, reaching, .. } = listed(&question)?;
            Some((group, listings.into_iter().map(Bearing::from).chain(reaching).collect()))
        };
        wanted.filter_map(column).collect()
    }

    fn relation_cell(
        &self,
        actor: &ActorStatus,
        group: &GroupId,
        listings: &[Bearing],
        met: bool,
        regimes: &Regimes,
        as_of: AsOf,
    ) -> Option<RelationCell> {
        let bindings = binding_on(&actor.actor, &actor.memberships, listings, regimes);
        if !met && bindings.iter().all(|binding| binding.inherited_from.is_some()) {
            return None;
        }
        let in_force = bindings.iter().filter(|binding| binding.bearing.designation.state.has_effects());
        let through: BTreeSet<&ActorId> =
            in_force.clone().filter_map(|binding| binding.inherited_from).collect();
        let listed = in_force.clone().any(|binding| binding.inherited_from.is_none());
        let status = self.status_of(&actor.actor, group, &bindings, as_of);
        Some(RelationCell {
            group: group.clone(),
            headline: status.headline,
            flags: status.flags,
            listed,
            listed_through: through.into_iter().cloned().collect(),
            engagements: status.engagements,
        })
    }
}

fn own_cell(it: Designation) -> ListingCell {
    ListingCell {
        regime: it.regime,
        component: it.component,
        state: it.state,
        basis: it.basis,
        alias_of: it.alias_of,
        pending: it.pending.iter().map(|pending| pending.act).collect(),
        disputed: it.disputed,
        inherited_from: None,
    }
}
