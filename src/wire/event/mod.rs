//! Events: between the API's messages and the domain, both ways. What was written reads back the same.

mod decision;
mod designation;
mod engagement;
mod fact;
mod identity;
mod registry;
mod source;

pub use decision::write as write_decision;
pub use fact::write_fact;

use std::sync::Arc;

use super::{Field, Findings, v1};
use crate::domain::{event::Event, fact::REASON_CHARACTERS_MAX, id::EventId, violation::Violation};

/// The kinds of events, by the names that a filter gives and [`Event::kind`] answers: those of statements, then those
/// of record events.
pub const KINDS: &[&str] = &[
    "actor_registered",
    "group_registered",
    "group_named",
    "lineage_recorded",
    "lifecycle_changed",
    "regime_registered",
    "regime_terminated",
    "designation_act",
    "engagement",
    "decision_recorded",
    "identity_merged",
    "identity_unmerged",
    "correction",
    "retraction",
    "reinstatement",
];

/// An event that was read, with the id it gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEvent {
    /// The id; `None` when it was left to the server.
    pub id: Option<EventId>,
    /// What the event says.
    pub event: Event,
}

/// Reads an event, or says everything that is wrong with its form, by field.
///
/// `at` is the path of the event in the request (`events[3]`), or empty. Every field is read, whatever others are
/// like, and every rule is applied that does not hang on a field that could not be read. An event that was written by
/// [`write_event`], today or by an earlier version, reads back as it was. Its encoded size is not checked here.
pub fn read_event(message: &v1::Event, at: &str) -> Result<ReadEvent, Vec<Violation>> {
    read_event_at(message, &Field::root(at))
}

/// [`read_event`], with the path of the event as a field: nothing is put into words while there is nothing to say.
pub fn read_event_at(message: &v1::Event, at: &Field<'_>) -> Result<ReadEvent, Vec<Violation>> {
    read(message, at, Findings::default())
}

/// Reads an event that is on record. It was admitted by the rules of its day, and none is applied again: not lengths, not
/// counts, not which fields go together. Refused is only what has no place in the types of the domain: an id, a date or a
/// value of a vocabulary that cannot be read.
pub fn read_stored(message: &v1::Event) -> Result<ReadEvent, Vec<Violation>> {
    read(message, &Field::root("event"), Findings::of_stored())
}

fn read(message: &v1::Event, at: &Field<'_>, mut found: Findings) -> Result<ReadEvent, Vec<Violation>> {
    let id = found.optional(&at.child("event_id"), &message.event_id);
    let event = read_body(message.body.as_ref(), at, &mut found);
    found.finish(event.map(|event| ReadEvent { id, event }), at)
}

/// `None` only together with a finding.
fn read_body(body: Option<&v1::event::Body>, at: &Field<'_>, found: &mut Findings) -> Option<Event> {
    match body {
        Some(v1::event::Body::Fact(it)) => {
            fact::read(it, &at.child("fact"), found).map(|fact| Event::Fact(Arc::new(fact)))
        }
        Some(v1::event::Body::Correction(it)) => {
            let at = at.child("correction");
            let (target, reason) = read_target(&it.target, &it.reason, &at, found);
            let replacement = at.child("replacement");
            let Some(message) = &it.replacement else {
                found.add(&replacement, "is required");
                return None;
            };
            let replacement = fact::read(message, &replacement, found)?;
            Some(Event::Correction { target: target?, reason, replacement: Arc::new(replacement) })
        }
        Some(v1::event::Body::Retraction(it)) => {
            let (target, reason) = read_target(&it.target, &it.reason, &at.child("retraction"), found);
            Some(Event::Retraction { target: target?, reason })
        }
        Some(v1::event::Body::Reinstatement(it)) => {
            let (target, reason) = read_target(&it.target, &it.reason, &at.child("reinstatement"), found);
            Some(Event::Reinstatement { target: target?, reason })
        }
        None => {
            found.add(&at.child("body"), "is required: a fact, correction, retraction or reinstatement");
            None
        }
    }
}

fn read_target(
    target: &str,
    reason: &str,
    at: &Field<'_>,
    found: &mut Findings,
) -> (Option<EventId>, String) {
    let target = found.required(&at.child("target"), target);
    found.required_text(&at.child("reason"), reason, REASON_CHARACTERS_MAX);
    (target, reason.to_owned())
}

/// The message for an event. Defaults are written out, so that what is stored does not depend on them.
pub fn write_event(id: Option<EventId>, event: &Event) -> v1::Event {
    let body = match event {
        Event::Fact(fact) => v1::event::Body::Fact(write_fact(fact)),
        Event::Correction { target, reason, replacement } => v1::event::Body::Correction(v1::Correction {
            target: target.to_string(),
            reason: reason.clone(),
            replacement: Some(write_fact(replacement)),
        }),
        Event::Retraction { target, reason } => {
            v1::event::Body::Retraction(v1::Retraction { target: target.to_string(), reason: reason.clone() })
        }
        Event::Reinstatement { target, reason } => v1::event::Body::Reinstatement(v1::Reinstatement {
            target: target.to_string(),
            reason: reason.clone(),
        }),
    };
    v1::Event { event_id: text_of(id), body: Some(body) }
}

/// The text of a value, or an empty one where there is none.
pub(in crate::wire) fn text_of<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn kinds_are_the_fields_of_the_api() {
        let pool = DescriptorPool::decode(crate::wire::DESCRIPTORS).unwrap();
        let one_of = |message: &str| -> Vec<String> {
            let message = pool.get_message_by_name(message).unwrap();
            message
                .oneofs()
                .flat_map(|one_of| one_of.fields().collect::<Vec<_>>())
                .map(|it| it.name().to_owned())
                .collect()
        };
        let mut expected = one_of("chancery.v1.Fact");
        expected.extend(one_of("chancery.v1.Event").into_iter().filter(|name| name != "fact"));
        assert_eq!(KINDS, expected);
    }
}
