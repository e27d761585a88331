//! Facts: between the API's messages and the domain.

use super::{decision, designation, engagement, identity, registry, source, text_of};
use crate::{
    domain::{
        date::{DateSpan, Day},
        fact::{Fact, FactParts},
        id::GroupId,
        source::Credibility,
        statement::{LifecycleChanged, Statement},
        vocabulary::{Assertion, Label, LifecycleState},
    },
    wire::{Field, Findings, v1, vocabulary},
};

/// `None` only together with a finding. A fact that comes with findings holds placeholders and is not to be used.
pub(super) fn read(message: &v1::Fact, at: &Field<'_>, found: &mut Findings) -> Option<Fact> {
    let effective_on = found.required(&at.child("effective_on"), &message.effective_on);
    let parts = FactParts {
        effective_on: effective_on.unwrap_or(DateSpan::day(Day::ZERO)),
        decided_on: found.optional(&at.child("decided_on"), &message.decided_on),
        announced_on: found.optional(&at.child("announced_on"), &message.announced_on),
        disclosed_on: found.optional(&at.child("disclosed_on"), &message.disclosed_on),
        summary: message.summary.clone(),
        sources: source::read_all(&message.sources, at, found),
        assertion: found
            .optional_vocabulary(&at.child("assertion"), message.assertion)
            .unwrap_or(Assertion::Confirmed),
        credibility: found
            .optional(&at.child("credibility"), &message.credibility)
            .unwrap_or(Credibility::UNKNOWN),
        label: found.optional_vocabulary(&at.child("label"), message.label).unwrap_or(Label::Public),
        claim_of: found.optional(&at.child("claim_of"), &message.claim_of),
        statement: read_statement(message.statement.as_ref(), at, found),
    };
    match found.applies_rules() {
        true => Fact::new(parts).map_err(|violations| found.rules(at, violations)).ok(),
        false => Some(Fact::admitted(parts)),
    }
}

fn read_statement(message: Option<&v1::fact::Statement>, at: &Field<'_>, found: &mut Findings) -> Statement {
    use v1::fact::Statement as Message;
    match message {
        Some(Message::ActorRegistered(it)) => {
            Statement::ActorRegistered(registry::read_actor(it, &at.child("actor_registered"), found))
        }
        Some(Message::GroupRegistered(it)) => {
            Statement::GroupRegistered(registry::read_group(it, &at.child("group_registered"), found))
        }
        Some(Message::GroupNamed(it)) => {
            Statement::GroupNamed(registry::read_named(it, &at.child("group_named"), found))
        }
        Some(Message::LineageRecorded(it)) => {
            Statement::LineageRecorded(registry::read_lineage(it, &at.child("lineage_recorded"), found))
        }
        Some(Message::LifecycleChanged(it)) => {
            Statement::LifecycleChanged(registry::read_lifecycle(it, &at.child("lifecycle_changed"), found))
        }
        Some(Message::RegimeRegistered(it)) => {
            Statement::RegimeRegistered(registry::read_regime(it, &at.child("regime_registered"), found))
        }
        Some(Message::RegimeTerminated(it)) => {
            Statement::RegimeTerminated(registry::read_terminated(it, &at.child("regime_terminated"), found))
        }
        Some(Message::DesignationAct(it)) => {
            Statement::DesignationAct(designation::read(it, &at.child("designation_act"), found))
        }
        Some(Message::Engagement(it)) => {
            Statement::Engagement(engagement::read(it, &at.child("engagement"), found))
        }
        Some(Message::IdentityMerged(it)) => {
            Statement::IdentityMerged(identity::read_merged(it, &at.child("identity_merged"), found))
        }
        Some(Message::IdentityUnmerged(it)) => {
            Statement::IdentityUnmerged(identity::read_unmerged(it, &at.child("identity_unmerged"), found))
        }
        Some(Message::DecisionRecorded(it)) => {
            Statement::DecisionRecorded(decision::read(it, &at.child("decision_recorded"), found))
        }
        None => {
            found.add(&at.child("statement"), "is required: say what the fact is, such as `engagement`");
            // A statement without rules of its own, so that the rest of the fact is checked.
            Statement::LifecycleChanged(LifecycleChanged {
                group: GroupId::unreadable(0),
                state: LifecycleState::Active,
            })
        }
    }
}

/// The message for a fact.
pub fn write_fact(fact: &Fact) -> v1::Fact {
    v1::Fact {
        effective_on: fact.effective_on.to_string(),
        decided_on: text_of(fact.decided_on),
        announced_on: text_of(fact.announced_on),
        disclosed_on: text_of(fact.disclosed_on),
        summary: fact.summary.clone(),
        sources: fact.sources.iter().map(source::write).collect(),
        assertion: vocabulary::write(fact.assertion),
        credibility: fact.credibility.to_string(),
        label: vocabulary::write(fact.label),
        claim_of: text_of(fact.claim_of),
        statement: Some(write_statement(&fact.statement)),
    }
}

fn write_statement(statement: &Statement) -> v1::fact::Statement {
    use v1::fact::Statement as Message;
    match statement {
        Statement::ActorRegistered(it) => Message::ActorRegistered(registry::write_actor(it)),
        Statement::GroupRegistered(it) => Message::GroupRegistered(registry::write_group(it)),
        Statement::GroupNamed(it) => Message::GroupNamed(registry::write_named(it)),
        Statement::LineageRecorded(it) => Message::LineageRecorded(registry::write_lineage(it)),
        Statement::LifecycleChanged(it) => Message::LifecycleChanged(registry::write_lifecycle(it)),
        Statement::RegimeRegistered(it) => Message::RegimeRegistered(registry::write_regime(it)),
        Statement::RegimeTerminated(it) => Message::RegimeTerminated(registry::write_terminated(it)),
        Statement::DesignationAct(it) => Message::DesignationAct(designation::write(it)),
        Statement::Engagement(it) => Message::Engagement(engagement::write(it)),
        Statement::IdentityMerged(it) => Message::IdentityMerged(identity::write_merged(it)),
        Statement::IdentityUnmerged(it) => Message::IdentityUnmerged(identity::write_unmerged(it)),
        Statement::DecisionRecorded(it) => Message::DecisionRecorded(decision::write(it)),
    }
}
