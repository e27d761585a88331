//! Listings: one machine for each regime and component, walked along the acts and observations in valid-time order.
//!
//! [`transition()`] is the table of states and acts; [`Machine`] keeps what else a listing has: its footing, episodes,
//! grounds, and the limits in time after which it changes without an act. Everything is a function of the valid date.

mod machine;
mod notices;
mod outcome;
mod overlays;
mod sightings;
mod time;
mod transition;
mod twin;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod claim_cases;
#[cfg(test)]
mod ending_cases;
#[cfg(test)]
pub(super) mod notation;
#[cfg(test)]
mod number_cases;
#[cfg(test)]
mod overlay_cases;

pub use machine::Machine;
pub use outcome::{IN_VAIN, Outcome};
pub use transition::{Transition, transition};

use std::collections::BTreeSet;

use super::{dispute::contest, group::GroupFact, registry::Regimes, telling::Standing};
use crate::domain::{
    date::Day,
    id::GroupId,
    statement::{DesignationAct, Scope},
    status::group::{Anomaly, Designation, Upcoming},
    vocabulary::Act,
};
use crate::position::Position;

/// Every listing of one group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Designations {
    /// Those with something on record by the date, or on its way: by regime, the whole group before its components.
    pub listings: Vec<Designation>,
    /// What takes effect or falls due about them, in no particular order.
    pub upcoming: Vec<Upcoming>,
    /// Contradictions between acts: by listing, in valid-time order.
    pub anomalies: Vec<Anomaly>,
    /// The acts and observations heralded by the date.
    pub acts: u64,
    /// The acts that could not apply, or that will not when they take effect, by what is known to be coming.
    pub vain: Vec<Position>,
}

/// The listings of a group at a date, from what stands of its history in valid-time order.
pub fn designations(standing: &[Standing<'_, GroupFact>], regimes: &Regimes, valid_at: Day) -> Designations {
    let identities = identities(standing);
    let mut machines: Vec<Machine<'_>> = Vec::new();
    let mut acts = 0;
    for fact in standing {
        let Some(act) = fact.content.act() else { continue };
        let heralded = fact.heralded <= valid_at;
        acts += u64::from(heralded);
        let contested = contest(fact, valid_at).next().is_some();
        let part = part_of(fact, act.act, valid_at);
        if part == Part::Unseen && !contested {
            continue;
        }
        let known = machines.iter().position(|machine| machine.is_of(act));
        let index = known.unwrap_or_else(|| {
            let terms = regimes.get(&act.regime);
            let mut machine = Machine::new(&act.group, &act.regime, act.scope.component(), terms);
            machine.identities = &identities;
            machines.push(machine);
            machines.len() - 1
        });
        let Some(machine) = machines.get_mut(index) else { continue };
        match part {
            Part::InEffect => machine.apply(fact),
            Part::OnItsWay => machine.herald(fact),
            Part::Unseen => {}
        }
        if part != Part::InEffect && contested {
            machine.contest(fact);
        }
    }
    machines.sort_by(|a, b| a.key().cmp(&b.key()));
    let mut found = Designations { acts, ..Designations::default() };
    for machine in machines {
        let Outcome { designation, upcoming, anomalies, vain } = machine.finish(valid_at);
        found.listings.push(designation);
        found.upcoming.extend(upcoming);
        found.anomalies.extend(anomalies);
        found.vain.extend(vain);
    }
    found
}

/// The identities that what stands is told of: more than one where some have been merged. None where nothing is listed as an
/// alias, and nobody asks.
fn identities<'a>(standing: &'a [Standing<'_, GroupFact>]) -> Vec<&'a GroupId> {
    let is_alias = |act: &DesignationAct| matches!(act.scope, Scope::AliasOf(_));
    if !standing.iter().any(|fact| fact.content.act().is_some_and(is_alias)) {
        return Vec::new();
    }
    let told: BTreeSet<&GroupId> = standing.iter().filter_map(|fact| fact.content.subject()).collect();
    told.into_iter().collect()
}

/// What part a fact plays at a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// It moves the machine.
    InEffect,
    /// It is known to be coming.
    OnItsWay,
    /// It plays none: it moves nothing at all, or nobody had heard of it.
    Unseen,
}

fn part_of(fact: &Standing<'_, GroupFact>, act: Act, valid_at: Day) -> Part {
    let observation = matches!(act, Act::ObservedPresent | Act::ObservedAbsent);
    if !fact.moves() {
        Part::Unseen
    } else if fact.effective.lower() <= valid_at {
        Part::InEffect
    } else if fact.heralded <= valid_at && !observation {
        Part::OnItsWay
    } else {
        Part::Unseen
    }
}
