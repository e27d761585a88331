//! Notices: the contradictions that a machine meets.

use super::machine::{ActFact, Machine};
use crate::domain::{
    date::{DateSpan, Precision},
    status::group::Anomaly,
    subject::Subject,
    vocabulary::{Act, AnomalyRule},
};

impl<'a> Machine<'a> {
    /// Notes a contradiction that a fact brings.
    pub(super) fn notice(&mut self, rule: AnomalyRule, fact: ActFact<'a>, act: Act) {
        let state = self.standing.state;
        let part = self.component.map(|name| format!("component {name:?}: ")).unwrap_or_default();
        let message = match rule {
            AnomalyRule::ActWithoutListing => {
                format!("{part}{act} presumes a listing, and none is on record (state {state})")
            }
            AnomalyRule::PresentAfterEnd => {
                format!("{part}seen in the list after the listing had ended (state {state})")
            }
            AnomalyRule::ActUnderEndedRegime => {
                let end = self.terms.and_then(|terms| terms.terminated.as_ref());
                let when = end.map(|end| format!(" {}", on_or_in(end.on))).unwrap_or_default();
                format!("{part}{act} under a regime that had ended{when}")
            }
            AnomalyRule::ActWithoutEffect if matches!(act, Act::ExemptionEnded | Act::ChallengeClosed) => {
                let number = fact.content.act().map(|it| it.reference.as_str()).unwrap_or_default();
                let number = if number.is_empty() { String::new() } else { format!(" {number}") };
                let what = if act == Act::ExemptionEnded { "exemption" } else { "challenge" };
                format!("{part}{act} ends nothing: no {what}{number} is open on record")
            }
            AnomalyRule::ActWithoutEffect
            | AnomalyRule::ClaimsDisagree
            | AnomalyRule::AliasOutlivesListing => {
                format!("{part}{act} cannot apply in state {state}, which stays")
            }
        };
        let end = self.terms.and_then(|terms| terms.terminated.as_ref());
        let end = end.filter(|_| rule == AnomalyRule::ActUnderEndedRegime);
        let ends = end.into_iter().flat_map(|end| end.provenance.events.iter().copied());
        let others = self.standing.deciding.iter().map(|other| other.position).chain(ends);
        self.anomalies.push(Anomaly {
            rule,
            subject: Subject::Designation(self.group.clone(), self.regime.clone()),
            date: fact.effective,
            message,
            events: std::iter::once(fact.position).chain(others).collect(),
            root: fact.root,
        });
    }
}

/// The date with its preposition.
fn on_or_in(date: DateSpan) -> String {
    match date.precision() {
        Precision::Day => format!("on {date}"),
        Precision::Month | Precision::Year => format!("in {date}"),
    }
}
