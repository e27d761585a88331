//! Disputes: facts about a group that claims of sources of nearly the same rank contradict.

use super::GroupFact;
use crate::domain::{
    date::Day,
    fold::{Standing, designation::designations, dispute, registry::Regimes},
    id::GroupId,
    status::group::Anomaly,
    subject::Subject,
};

/// Every contradiction about a group noticed up to the date, from what stands of its history in valid-time order.
pub fn anomalies(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    regimes: &Regimes,
    valid_at: Day,
) -> Vec<Anomaly> {
    let mut found = designations(standing, regimes, valid_at).anomalies;
    found.extend(disputes(group, standing, valid_at));
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
