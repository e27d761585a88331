//! Disputes: facts that claims of sources of nearly the same rank contradict.

use super::telling::{Content, Lost, Standing};
use crate::domain::{
    date::Day,
    status::group::Anomaly,
    subject::Subject,
    vocabulary::{AnomalyRule, ClaimStance},
};

/// The anomaly of a disputed fact that, or a claim of which that says otherwise, would be in effect at the date. `what`:
/// what it says, in a word.
pub fn dispute<C: Content>(
    fact: &Standing<'_, C>,
    subject: Subject,
    what: &str,
    valid_at: Day,
) -> Option<Anomaly> {
    let differing = fact.lost.iter().filter(|lost| lost.stance != ClaimStance::Agrees);
    let mut dates = std::iter::once(fact.effective).chain(differing.clone().map(|lost| lost.effective));
    if !fact.disputed || !dates.any(|date| date.lower() <= valid_at) {
        return None;
    }
    let lost = differing.map(|lost| lost.position);
    Some(Anomaly {
        rule: AnomalyRule::ClaimsDisagree,
        subject,
        date: fact.effective,
        message: format!("sources disagree about {what} of {}", fact.effective),
        events: std::iter::once(fact.position).chain(lost).collect(),
        root: fact.root,
    })
}

/// The claims against a fact that are shown at a date, whether or not it is in effect itself: what says otherwise from its own
/// date on, and what agrees once the fact takes effect.
pub(super) fn contest<C>(fact: &Standing<'_, C>, valid_at: Day) -> impl Iterator<Item = Lost> {
    let has_begun = fact.effective.lower() <= valid_at;
    let claims = fact.lost.iter().zip(&fact.said);
    let shown = claims.filter(move |(lost, said)| {
        let says_otherwise = lost.stance != ClaimStance::Agrees && said.is_some();
        lost.effective.lower() <= valid_at && (has_begun || says_otherwise)
    });
    shown.map(|(lost, _)| *lost)
}
