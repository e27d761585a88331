//! Admission: does what an event refers to exist, and may the event refer to it? The world is never refused; only
//! what hangs in the air is.

use super::{
    codec,
    commit::Proposed,
    recorded::Record,
    sequencer::{Refusal, View},
};
use crate::{
    domain::{
        event::Event,
        fact::Fact,
        id::EventId,
        statement::{DecisionRecorded, Statement},
        subject::Subject,
        violation::Violation,
    },
    position::Position,
};

/// Checks everything that `proposed` refers to; `at` says the path of the event in the commit, and `position` is the one
/// that it would have.
pub(super) fn admit(
    proposed: &Proposed,
    position: Position,
    at: impl Fn() -> String,
    view: &View<'_>,
    refusal: &mut Refusal,
) {
    match &proposed.event {
        Some(event) => admit_event(event, position, at, view, refusal),
        // An engagement refers to its participants and to nothing else.
        None if proposed.subjects.iter().all(|subject| view.holds(subject)) => {}
        None => match codec::event(&proposed.content) {
            Ok(event) => admit_event(&event, position, at, view, refusal),
            Err(message) => refusal.invalid.push(Violation { field: at(), message }),
        },
    }
}

fn admit_event(
    event: &Event,
    position: Position,
    at: impl Fn() -> String,
    view: &View<'_>,
    refusal: &mut Refusal,
) {
    match event {
        Event::Fact(fact) => {
            admit_references(fact, || format!("{}.fact", at()), view, refusal);
            if let Statement::DecisionRecorded(it) = &fact.statement {
                admit_decision(it, position, &format!("{}.fact.decision_recorded", at()), view, refusal);
            }
            if let Some(claimed) = fact.claim_of {
                admit_claim(fact, claimed, &format!("{}.fact.claim_of", at()), view, refusal);
            }
        }
        Event::Correction { target, replacement, .. } => {
            let at = format!("{}.correction", at());
            admit_references(replacement, || format!("{at}.replacement"), view, refusal);
            admit_correction(*target, replacement, &at, view, refusal);
            if let Statement::DecisionRecorded(it) = &replacement.statement {
                admit_basis(it, position, &format!("{at}.replacement.decision_recorded"), refusal);
            }
        }
        Event::Retraction { target, .. } => {
            admit_target(*target, &format!("{}.retraction.target", at()), view, refusal)
        }
        Event::Reinstatement { target, .. } => {
            admit_target(*target, &format!("{}.reinstatement.target", at()), view, refusal);
        }
    }
}

fn admit_references(fact: &Fact, at: impl Fn() -> String, view: &View<'_>, refusal: &mut Refusal) {
    let kind = fact.statement.kind();
    fact.statement.references(|field, identity| {
        if !view.is_registered(&identity) {
            let message = format!("{identity} is not registered; submit its registration first");
            refusal.unknown.push(Violation { field: format!("{}.{kind}.{field}", at()), message });
        }
    });
}

/// A decision is recorded once, and rests on what was on record before it.
fn admit_decision(
    it: &DecisionRecorded,
    position: Position,
    at: &str,
    view: &View<'_>,
    refusal: &mut Refusal,
) {
    let subject = Subject::Decision(it.decision.clone());
    if view.is_registered(&subject) {
        let message = match retraction(&view.events(&subject)) {
            None => format!(
                "{} is the slug of a decision on record; correct that one, or choose another",
                it.decision
            ),
            Some((fact, by)) => format!(
                "{} is the slug of a decision that is on record and was retracted, by the event {} at position {}; choose \
                 another, or reinstate {}",
                it.decision, by.id, by.position, fact.id
            ),
        };
        refusal.invalid.push(Violation { field: format!("{at}.decision"), message });
    }
    admit_basis(it, position, at, refusal);
}

/// Of a fact and what is recorded about it: the fact, and the event by which it is retracted, if it is.
fn retraction<'a>(events: &[(&'a Record, &'a Event)]) -> Option<(&'a Record, &'a Record)> {
    let (fact, _) = *events.first()?;
    let mut retracted = None;
    for (record, event) in events {
        match event {
            Event::Retraction { target, .. } if *target == fact.id => {
                retracted = retracted.or(Some(*record));
            }
            Event::Reinstatement { target, .. } if *target == fact.id => retracted = None,
            _ => {}
        }
    }
    retracted.map(|by| (fact, by))
}

fn admit_basis(it: &DecisionRecorded, position: Position, at: &str, refusal: &mut Refusal) {
    if position <= it.basis.known_at {
        let message = format!("is {}, and the decision itself would be at {position}", it.basis.known_at);
        refusal.invalid.push(Violation { field: format!("{at}.basis.known_at"), message });
    }
}

fn admit_claim(claim: &Fact, claimed: EventId, field: &str, view: &View<'_>, refusal: &mut Refusal) {
    let Some(target) = target(claimed, field, view, refusal) else { return };
    let fault = match target {
        Event::Fact(fact) if same_matter(&fact.statement, &claim.statement) => return,
        Event::Fact(fact) => format!(
            "is a {}; a claim of it makes the same kind of statement, and for a designation act names the same group and \
             regime",
            fact.statement.kind()
        ),
        Event::Correction { .. } | Event::Retraction { .. } | Event::Reinstatement { .. } => {
            format!("is a {}; name the fact itself", target.kind())
        }
    };
    refusal.invalid.push(Violation { field: field.to_owned(), message: fault });
}

fn admit_correction(
    target_id: EventId,
    replacement: &Fact,
    at: &str,
    view: &View<'_>,
    refusal: &mut Refusal,
) {
    let field = format!("{at}.target");
    let Some(target) = target(target_id, &field, view, refusal) else { return };
    let mut fault = |field: String, message: String| refusal.invalid.push(Violation { field, message });
    match target {
        Event::Fact(fact) => {
            if fact.statement.kind() != replacement.statement.kind() {
                let message = format!(
                    "is a {}, the fact is a {}; retract the fact and submit another",
                    replacement.statement.kind(),
                    fact.statement.kind()
                );
                fault(format!("{at}.replacement"), message);
            }
            if let (Statement::DecisionRecorded(was), Statement::DecisionRecorded(is)) =
                (&fact.statement, &replacement.statement)
                && was.decision != is.decision
            {
                let message = format!("is {}, the decision is {}", is.decision, was.decision);
                fault(format!("{at}.replacement.decision_recorded.decision"), message);
            }
            if replacement.claim_of.is_some() && replacement.claim_of != fact.claim_of {
                let message = "is not the fact's own; leave it out to keep what the fact has".to_owned();
                fault(format!("{at}.replacement.claim_of"), message);
            }
        }
        Event::Correction { target, .. } => {
            fault(field, format!("is a correction; correct the fact itself, {target}"))
        }
        Event::Retraction { .. } | Event::Reinstatement { .. } => {
            fault(field, format!("is a {}; only facts are corrected", target.kind()));
        }
    }
}

fn admit_target(target_id: EventId, field: &str, view: &View<'_>, refusal: &mut Refusal) {
    let Some(target) = target(target_id, field, view, refusal) else { return };
    if let Event::Retraction { target: first, .. } | Event::Reinstatement { target: first, .. } = target {
        let message = format!("is a {}; name the fact or correction itself, {first}", target.kind());
        refusal.invalid.push(Violation { field: field.to_owned(), message });
    }
}

fn target<'a>(id: EventId, field: &str, view: &View<'a>, refusal: &mut Refusal) -> Option<&'a Event> {
    let found = view.find(id).and_then(|position| view.event(position)?.event());
    if found.is_none() {
        let message = format!("event {id} is not on record");
        refusal.unknown.push(Violation { field: field.to_owned(), message });
    }
    found
}

/// Whether a claim is about the matter of the fact.
fn same_matter(fact: &Statement, claim: &Statement) -> bool {
    match (fact, claim) {
        (Statement::DesignationAct(fact), Statement::DesignationAct(claim)) => {
            fact.group == claim.group && fact.regime == claim.regime
        }
        _ => fact.kind() == claim.kind(),
    }
}
