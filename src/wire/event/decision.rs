//! Decisions: between the API's messages and the domain.

use bytes::Bytes;

use crate::{
    domain::{
        date::Day,
        id::DecisionId,
        statement::{DecisionBasis, DecisionRecorded},
    },
    position::Position,
    wire::{Field, Findings, event::text_of, v1},
};

/// Subjects that are read; how many are allowed is a rule of the domain.
const SUBJECTS_MAX: usize = 100;

pub(super) fn read(message: &v1::DecisionRecorded, at: &Field<'_>, found: &mut Findings) -> DecisionRecorded {
    let decision = found.required(&at.child("decision"), &message.decision);
    let listed = found.list(&at.child("subjects"), &message.subjects, 1..=SUBJECTS_MAX);
    let subject = |(index, text): (usize, &String)| {
        let field = at.entry("subjects", index);
        found.required(&field, text).unwrap_or_else(|| {
            found.doubt(&field);
            DecisionRecorded::unreadable(index)
        })
    };
    let subjects = listed.iter().enumerate().map(subject).collect();
    let basis = read_basis(message.basis.as_ref(), &at.child("basis"), found);
    let digest = <[u8; 32]>::try_from(message.digest.as_ref());
    if digest.is_err() {
        let length = message.digest.len();
        found.add(&at.child("digest"), format!("has {length} bytes; a digest has 32"));
    }
    DecisionRecorded {
        decision: decision.unwrap_or_else(|| DecisionId::unreadable(0)),
        title: message.title.clone(),
        subjects,
        basis,
        digest: digest.unwrap_or_default(),
        ruleset: message.ruleset.clone(),
        rationale: message.rationale.clone(),
    }
}

fn read_basis(message: Option<&v1::DecisionBasis>, at: &Field<'_>, found: &mut Findings) -> DecisionBasis {
    let Some(message) = message else {
        found.add(at, "is required");
        return DecisionBasis { valid_at: Day::ZERO, known_at: Position::START, disclosed_by: None };
    };
    let field = at.child("valid_at");
    if message.valid_at.is_empty() {
        found.add(&field, "is required");
    }
    DecisionBasis {
        valid_at: found.day(&field, &message.valid_at).unwrap_or(Day::ZERO),
        known_at: Position::new(message.known_at),
        disclosed_by: found.day(&at.child("disclosed_by"), &message.disclosed_by),
    }
}

/// The message for a decision.
pub fn write(it: &DecisionRecorded) -> v1::DecisionRecorded {
    v1::DecisionRecorded {
        decision: it.decision.to_string(),
        title: it.title.clone(),
        subjects: it.subjects.iter().map(ToString::to_string).collect(),
        basis: Some(v1::DecisionBasis {
            valid_at: it.basis.valid_at.to_string(),
            known_at: it.basis.known_at.get(),
            disclosed_by: text_of(it.basis.disclosed_by),
        }),
        digest: Bytes::copy_from_slice(&it.digest),
        ruleset: it.ruleset.clone(),
        rationale: it.rationale.clone(),
    }
}
