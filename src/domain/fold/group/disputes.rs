//! Disputes: facts about a group that claims of sources of nearly the same rank contradict.

use super::GroupFact;
use crate::domain::{
    date::Day, fold::Standing, id::GroupId, status::group::Anomaly, subject::Subject, vocabulary::AnomalyRule,
};

/// An anomaly for every disputed fact that, or a claim of which, would be in effect at the date.
pub(super) fn disputes(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    valid_at: Day,
) -> impl Iterator<Item = Anomaly> {
    let spoken_of = move |fact: &&Standing<'_, GroupFact>| {
        let mut dates = std::iter::once(fact.effective).chain(fact.lost.iter().map(|lost| lost.effective));
        fact.disputed && dates.any(|date| date.lower() <= valid_at)
    };
    standing.iter().filter(spoken_of).map(|fact| {
        let (subject, what) = match fact.content.act() {
            Some(act) => (Subject::Designation(group.clone(), act.regime.clone()), act.act.to_string()),
            None => (Subject::Group(group.clone()), fact.content.fact().statement.kind().to_owned()),
        };
        let lost = fact.lost.iter().map(|lost| lost.position);
        Anomaly {
            rule: AnomalyRule::ClaimsDisagree,
            subject,
            date: fact.effective,
            message: format!("sources disagree about {what} of {}", fact.effective),
            events: std::iter::once(fact.position).chain(lost).collect(),
        }
    })
}
