//! Disputes: facts that claims of sources of nearly the same rank contradict.

use super::telling::{Content, Standing};
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
