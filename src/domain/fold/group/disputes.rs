//! Disputes: facts about a group that claims of sources of nearly the same rank contradict.

use super::{
    GroupFact, Groups,
    alias::{outlived, redirect},
};
use crate::domain::{
    as_of::AsOf,
    date::Day,
    fold::{
        Standing,
        designation::{Designations, designations},
        dispute,
        registry::Regimes,
    },
    id::GroupId,
    status::group::{Anomaly, Claimed, Lineage},
    subject::Subject,
    vocabulary::ClaimStance,
};

/// Every contradiction about a group noticed up to the date, from what stands of its history in valid-time order and, where
/// it is listed as an alias, from those of others.
pub fn anomalies<G: Groups + ?Sized>(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    groups: &G,
    regimes: &Regimes,
    as_of: AsOf,
) -> Vec<Anomaly> {
    let Designations { mut listings, anomalies: mut found, .. } =
        designations(standing, regimes, as_of.valid_at);
    redirect(&mut listings, groups, as_of);
    found.extend(disputes(group, standing, as_of.valid_at));
    found.extend(outlived(group, standing, &listings, groups, regimes, as_of));
    found.iter_mut().for_each(|anomaly| anomaly.claim_for(group));
    found
}

/// An anomaly for every disputed fact that, or a claim of which, would be in effect at the date.
pub(super) fn disputes(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    valid_at: Day,
) -> impl Iterator<Item = Anomaly> {
    standing.iter().filter(|fact| fact.disputed).filter_map(move |fact| {
        let (subject, what) = match fact.content.act() {
            Some(act) => (Subject::Designation(group.clone(), act.regime.clone()), act.act.to_string()),
            None => (Subject::Group(group.clone()), fact.content.fact().statement.kind().to_owned()),
        };
        dispute(fact, subject, &what, valid_at)
    })
}

/// What claims that say otherwise would have moved by the date of names, life and lineage, while what won against them moves
/// nothing: it takes effect later, or denies it.
pub(super) fn claimed(standing: &[Standing<'_, GroupFact>], valid_at: Day) -> Claimed {
    let mut found = Claimed::default();
    for fact in standing.iter().filter(|fact| !fact.moves() || valid_at < fact.effective.lower()) {
        for (lost, said) in fact.lost.iter().zip(&fact.said) {
            let Some(said) = said.filter(|_| lost.stance != ClaimStance::Agrees) else { continue };
            if valid_at < lost.effective.lower() {
                continue;
            }
            if said.naming().is_some() {
                found.names.push(*lost);
            }
            if said.lifecycle().is_some() {
                found.lifecycle.push(*lost);
            }
            if let Some(it) = said.lineage() {
                let tie = Lineage {
                    group: it.group.clone(),
                    kind: it.kind,
                    other: it.other.clone(),
                    since: lost.effective,
                    until: it.until,
                    event: lost.position,
                };
                found.lineage.push((tie, *lost));
            }
        }
    }
    found
}
