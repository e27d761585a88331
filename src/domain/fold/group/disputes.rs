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
    status::group::Anomaly,
    subject::Subject,
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
