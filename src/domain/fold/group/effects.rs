//! Effects: what the listings of a group bring about, and how far the regimes diverge about it.

use std::collections::{BTreeMap, BTreeSet};

use super::inherited::Bearing;
use crate::domain::{
    date::Day,
    fold::registry::Regimes,
    id::{ActorId, GroupId, RegimeId},
    status::group::{Designation, Divergence, JurisdictionEffects, Lifecycle},
    vocabulary::{GroupFlag, LifecycleState},
};

/// The legal effects of listings of whole groups, each with the group through which it reaches this one, united by the
/// authority whose law it is: of those whose effects are in force. What binds a component does not bind the group.
pub(super) fn legal_effects<'a>(
    listings: impl Iterator<Item = (&'a Designation, Option<&'a GroupId>)>,
    regimes: &'a Regimes,
) -> Vec<JurisdictionEffects> {
    let mut by_jurisdiction: BTreeMap<&ActorId, JurisdictionEffects> = BTreeMap::new();
    for (designation, through) in listings {
        let whole = designation.component.is_none() && designation.state.has_effects();
        let Some(terms) = regimes.get(&designation.regime).filter(|_| whole) else { continue };
        let it = by_jurisdiction.entry(&terms.authority).or_insert_with(|| JurisdictionEffects {
            jurisdiction: terms.authority.clone(),
            legal_effects: Vec::new(),
            regimes: Vec::new(),
            through: Vec::new(),
        });
        it.legal_effects.extend(&terms.legal_effects);
        it.regimes.push(designation.regime.clone());
        it.through.extend(through.cloned());
    }
    let mut found: Vec<JurisdictionEffects> = by_jurisdiction.into_values().collect();
    for it in &mut found {
        sort(&mut it.legal_effects);
        sort(&mut it.regimes);
        sort(&mut it.through);
    }
    found
}

fn sort<T: Ord>(items: &mut Vec<T>) {
    items.sort();
    items.dedup();
}

/// Which of the tracked regimes list the group, or a component of it, with effects in force, and under which it is reached
/// through others.
pub(super) fn divergence(
    designations: &[Designation],
    reaching: &[Bearing],
    regimes: &Regimes,
    valid_at: Day,
) -> Divergence {
    let has_effects = |it: &&Designation| it.state.has_effects();
    let own: BTreeSet<&RegimeId> = designations.iter().filter(has_effects).map(|it| &it.regime).collect();
    let through: BTreeSet<&RegimeId> =
        reaching.iter().map(|it| &it.designation).filter(has_effects).map(|it| &it.regime).collect();
    let mut found = Divergence::default();
    let tracked: Vec<&RegimeId> =
        regimes.values().filter(|regime| regime.is_tracked(valid_at)).map(|it| &it.regime).collect();
    for regime in &tracked {
        let list = match (own.contains(regime), through.contains(regime)) {
            (true, _) => &mut found.listed_under,
            (false, true) => &mut found.listed_through,
            (false, false) => &mut found.not_listed_under,
        };
        list.push((*regime).clone());
    }
    let listed = found.listed_under.len();
    found.share = if tracked.is_empty() { 0.0 } else { listed as f64 / tracked.len() as f64 };
    found
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
