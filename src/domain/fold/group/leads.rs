//! Leads about a group: what only a machine has coded.

use super::GroupFact;
use crate::domain::{
    date::Day,
    fold::Standing,
    statement::{LineageRecorded, Statement},
    status::Lead,
    vocabulary::Assertion,
};

/// What only a machine has coded and nobody has looked at, heralded by the date, the latest first. The registration of a
/// group is none: it says what the record calls it.
pub(super) fn leads(standing: &[Standing<'_, GroupFact>], valid_at: Day) -> Vec<Lead> {
    let coded = standing
        .iter()
        .rev()
        .filter(|fact| fact.is_lead() && fact.assertion != Assertion::Denied && fact.heralded <= valid_at);
    let lead = |fact: &Standing<'_, GroupFact>| {
        let what = match &fact.content.fact().statement {
            Statement::DesignationAct(act) => format!("{} under {}", act.act, act.regime),
            Statement::LifecycleChanged(turn) => turn.state.to_string(),
            // On the page of either group: who is whose.
            Statement::LineageRecorded(LineageRecorded { group, kind, other: Some(other), .. }) => {
                format!("{group} {kind} {other}")
            }
            Statement::LineageRecorded(lineage) => format!("{} {}", lineage.group, lineage.kind),
            Statement::GroupNamed(named) => format!("the name {}", named.name.text),
            _ => return None,
        };
        Some(Lead { effective: fact.effective, what, event: fact.position })
    };
    coded.filter_map(lead).collect()
}
