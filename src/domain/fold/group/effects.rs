//! Effects: what the listings of a group bring about, and how far the regimes diverge about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{
    date::Day,
    fold::registry::Regimes,
    id::{ActorId, RegimeId},
    status::group::{Designation, Divergence, JurisdictionEffects, Lifecycle},
    vocabulary::{GroupFlag, LegalEffect, LifecycleState},
};

/// The legal effects of the listings of the whole group whose effects are in force, united by the authority whose law it
/// is. What binds a component does not bind the group.
pub(super) fn legal_effects(designations: &[Designation], regimes: &Regimes) -> Vec<JurisdictionEffects> {
    let mut by_jurisdiction: BTreeMap<&ActorId, (BTreeSet<LegalEffect>, BTreeSet<&RegimeId>)> =
        BTreeMap::new();
    let whole = |it: &&Designation| it.component.is_none() && it.state.has_effects();
    for designation in designations.iter().filter(whole) {
        let Some(terms) = regimes.get(&designation.regime) else { continue };
        let (effects, from) = by_jurisdiction.entry(&terms.authority).or_default();
        effects.extend(&terms.legal_effects);
        from.insert(&designation.regime);
    }
    by_jurisdiction
        .into_iter()
        .map(|(jurisdiction, (effects, from))| JurisdictionEffects {
            jurisdiction: jurisdiction.clone(),
            legal_effects: effects.into_iter().collect(),
            regimes: from.into_iter().cloned().collect(),
        })
        .collect()
}

/// Which of the tracked regimes list the group, or a component of it, with effects in force.
pub(super) fn divergence(designations: &[Designation], regimes: &Regimes, valid_at: Day) -> Divergence {
    let listing: BTreeSet<&RegimeId> =
        designations.iter().filter(|it| it.state.has_effects()).map(|it| &it.regime).collect();
    let tracked = regimes.values().filter(|regime| regime.is_tracked(valid_at));
    let (listed_under, not_listed_under): (Vec<RegimeId>, Vec<RegimeId>) =
        tracked.map(|regime| regime.regime.clone()).partition(|regime| listing.contains(regime));
    let (listed, all) = (listed_under.len(), listed_under.len() + not_listed_under.len());
    let share = if all == 0 { 0.0 } else { listed as f64 / all as f64 };
    Divergence { listed_under, not_listed_under, share }
}

/// What deserves notice. A suspended listing is still one.
pub(super) fn flags(designations: &[Designation], lifecycle: Option<&Lifecycle>) -> Vec<GroupFlag> {
    if !designations.iter().any(|it| it.state.is_in_force()) {
        return Vec::new();
    }
    let flag = match lifecycle.map(|it| it.state) {
        Some(LifecycleState::DissolvedDeclared | LifecycleState::DissolvedVerified) => {
            Some(GroupFlag::ListedButDissolved)
        }
        Some(LifecycleState::Governing) => Some(GroupFlag::GoverningButListed),
        _ => None,
    };
    flag.into_iter().collect()
}
