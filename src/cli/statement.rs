//! What a record or a fact says, in a few words.

use super::words::{phrase, short_id, word};
use crate::wire::v1::{self, event::Body, fact::Statement, participant::Party, scope::Coverage};

/// The kind of a record, as filters name it: `designation_act`, `correction` and so on.
pub fn kind(record: &v1::Record) -> &'static str {
    match record.event.as_ref().and_then(|event| event.body.as_ref()) {
        Some(Body::Fact(fact)) => fact_kind(fact),
        Some(Body::Correction(_)) => "correction",
        Some(Body::Retraction(_)) => "retraction",
        Some(Body::Reinstatement(_)) => "reinstatement",
        None => "",
    }
}

fn fact_kind(fact: &v1::Fact) -> &'static str {
    match &fact.statement {
        Some(Statement::ActorRegistered(_)) => "actor_registered",
        Some(Statement::GroupRegistered(_)) => "group_registered",
        Some(Statement::GroupNamed(_)) => "group_named",
        Some(Statement::LineageRecorded(_)) => "lineage_recorded",
        Some(Statement::LifecycleChanged(_)) => "lifecycle_changed",
        Some(Statement::RegimeRegistered(_)) => "regime_registered",
        Some(Statement::RegimeTerminated(_)) => "regime_terminated",
        Some(Statement::DesignationAct(_)) => "designation_act",
        Some(Statement::Engagement(_)) => "engagement",
        Some(Statement::DecisionRecorded(_)) => "decision_recorded",
        Some(Statement::IdentityMerged(_)) => "identity_merged",
        Some(Statement::IdentityUnmerged(_)) => "identity_unmerged",
        None => "",
    }
}

/// The date a record is about: that of its fact, or of the fact that replaces another.
pub fn effective_on(record: &v1::Record) -> &str {
    match record.event.as_ref().and_then(|event| event.body.as_ref()) {
        Some(Body::Fact(fact)) => &fact.effective_on,
        Some(Body::Correction(correction)) => {
            correction.replacement.as_ref().map_or("", |fact| fact.effective_on.as_str())
        }
        _ => "",
    }
}

/// The id of the event of a record.
pub fn event_id(record: &v1::Record) -> &str {
    record.event.as_ref().map_or("", |event| event.event_id.as_str())
}

/// What a record says, in a line.
pub fn record_line(record: &v1::Record) -> String {
    match record.event.as_ref().and_then(|event| event.body.as_ref()) {
        Some(Body::Fact(fact)) => fact_line(fact),
        Some(Body::Correction(correction)) => {
            let corrected = correction.replacement.as_ref().map(fact_line).unwrap_or_default();
            format!("corrects {}: {} → {corrected}", short_id(&correction.target), correction.reason)
        }
        Some(Body::Retraction(retraction)) => {
            format!("takes back {}: {}", short_id(&retraction.target), retraction.reason)
        }
        Some(Body::Reinstatement(reinstatement)) => {
            format!("puts back {}: {}", short_id(&reinstatement.target), reinstatement.reason)
        }
        None => String::new(),
    }
}

/// What a fact says, in a line: its statement, and its summary when it has one.
pub fn fact_line(fact: &v1::Fact) -> String {
    let statement = statement_line(fact);
    if fact.summary.is_empty() { statement } else { format!("{statement} — {}", fact.summary) }
}

/// What a fact states, without its summary.
pub fn statement_line(fact: &v1::Fact) -> String {
    match &fact.statement {
        Some(Statement::ActorRegistered(actor)) => {
            format!("{} is {}, {}", actor.actor, actor.name, phrase::<v1::ActorKind>(actor.kind))
        }
        Some(Statement::GroupRegistered(group)) => {
            let primary = group.names.iter().find(|name| name.kind == i32::from(v1::NameKind::Primary));
            let name = primary.map_or("", |name| name.text.as_str());
            format!("{} is {name}, {}", group.group, phrase::<v1::GroupKind>(group.kind))
        }
        Some(Statement::GroupNamed(named)) => {
            let (text, kind) = named.name.as_ref().map_or(("", 0), |name| (name.text.as_str(), name.kind));
            format!("{} is named {text} ({})", named.group, phrase::<v1::NameKind>(kind))
        }
        Some(Statement::LineageRecorded(lineage)) => {
            format!("{} {} {}", lineage.group, phrase::<v1::LineageKind>(lineage.kind), lineage.other)
                .trim_end()
                .to_owned()
        }
        Some(Statement::LifecycleChanged(change)) => {
            format!("{} is {}", change.group, word::<v1::LifecycleState>(change.state))
        }
        Some(Statement::RegimeRegistered(regime)) => {
            format!("{} of {} is {}", regime.regime, regime.authority, regime.title)
        }
        Some(Statement::RegimeTerminated(regime)) => format!("{} ends", regime.regime),
        Some(Statement::DesignationAct(act)) => {
            let scope = match act.scope.as_ref().and_then(|scope| scope.coverage.as_ref()) {
                Some(Coverage::Component(component)) => format!(" ({component})"),
                Some(Coverage::AliasOf(group)) => format!(" (alias of {group})"),
                None => String::new(),
            };
            format!("{}{scope} {} under {}", act.group, word::<v1::Act>(act.act), act.regime)
        }
        Some(Statement::IdentityMerged(merge)) => format!("{} is the same as {}", merge.group, merge.into),
        Some(Statement::IdentityUnmerged(merge)) => format!("{} is a group of its own", merge.group),
        Some(Statement::Engagement(engagement)) => {
            format!("{} {}", word::<v1::EngagementKind>(engagement.kind), parties(engagement))
        }
        Some(Statement::DecisionRecorded(decision)) => {
            format!("decision {}: {}", decision.decision, decision.title)
        }
        None => String::new(),
    }
}

/// Who took part: the principals, then how many others.
fn parties(engagement: &v1::Engagement) -> String {
    const SHOWN_MAX: usize = 6;
    let principal = |participant: &&v1::Participant| {
        matches!(
            v1::Role::try_from(participant.role).unwrap_or_default(),
            v1::Role::Unspecified | v1::Role::Principal
        )
    };
    let name = |participant: &v1::Participant| match &participant.party {
        Some(Party::Actor(slug) | Party::Group(slug)) => slug.clone(),
        None => String::new(),
    };
    let principals: Vec<String> = engagement.participants.iter().filter(principal).map(name).collect();
    let shown = principals.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
    let others = engagement.participants.len() - principals.len().min(SHOWN_MAX);
    if others == 0 { shown } else { format!("{shown} and {others} more") }
}
