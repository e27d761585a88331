//! Fields of a status: from the domain to the API's messages.

use super::{EventNames, Mentioned, Names, positions_asked, write_provenance};
use crate::{
    domain::{
        fold::{Lost, Provenance},
        status::field::Field,
        vocabulary::ChangeCause,
    },
    position::Position,
    wire::{v1, vocabulary},
};

/// The positions of the events that fields name, ascending.
pub fn positions_of(fields: &[Field]) -> Mentioned {
    positions_asked(|names| write(fields, names))
}

/// The messages for fields; `names` has the events at their [positions](positions_of).
pub fn write_fields(fields: &[Field], names: &EventNames) -> Vec<v1::FieldValue> {
    write(fields, names)
}

fn write(fields: &[Field], names: &dyn Names) -> Vec<v1::FieldValue> {
    let value = |field: &Field| v1::FieldValue {
        field: field.path.clone(),
        value: field.value.clone(),
        provenance: Some(write_provenance(field.grounds(), names)),
    };
    fields.iter().map(value).collect()
}

/// The messages for fields without their provenance.
pub fn write_values(fields: &[Field]) -> Vec<v1::FieldValue> {
    let value = |field: &Field| v1::FieldValue {
        field: field.path.clone(),
        value: field.value.clone(),
        provenance: None,
    };
    fields.iter().map(value).collect()
}

/// A change of one field: the values, and what caused it.
#[derive(Clone, Copy, Debug)]
pub struct FieldChange<'a> {
    /// The path.
    pub path: &'a str,
    /// The value before.
    pub was: Option<&'a str>,
    /// The value after.
    pub is: Option<&'a str>,
    /// What changed it.
    pub cause: ChangeCause,
    /// The events behind it, the one to be named alone first.
    pub events: &'a [Position],
    /// What each of the others did; empty: the same.
    pub others: &'a [ChangeCause],
    /// What began or ran out by its own terms.
    pub passed: &'a str,
}

/// The message for a change; `names` has its events.
pub fn write_change(it: FieldChange<'_>, names: &EventNames) -> v1::FieldChange {
    let names: &dyn Names = names;
    let (first, further) = match it.events {
        [first, further @ ..] => (Some(*first), further),
        [] => (None, [].as_slice()),
    };
    v1::FieldChange {
        field: it.path.to_owned(),
        was: it.was.unwrap_or_default().to_owned(),
        is: it.is.unwrap_or_default().to_owned(),
        cause: vocabulary::write(it.cause),
        reason: vocabulary::write(it.cause.reason()),
        event_id: first.map(|event| names.id(event)).unwrap_or_default(),
        event_position: first.map_or(0, Position::get),
        event_summary: first.map(|event| names.summary(event)).unwrap_or_default(),
        further_event_ids: names.ids(further),
        passed: it.passed.to_owned(),
        further_causes: it.others.iter().map(|cause| vocabulary::write(*cause)).collect(),
    }
}

/// The message for a claim that lost, with its record and that of what won.
pub fn write_lost_claim(lost: &Lost, record: v1::Record, won_by: Option<v1::Record>) -> v1::LostClaim {
    v1::LostClaim {
        record: Some(record),
        effective_on: lost.effective.to_string(),
        source_kind: vocabulary::write(lost.source),
        lost_by: vocabulary::write(lost.rule),
        won_by,
        stance: vocabulary::write(lost.stance),
    }
}

/// The rule that decided, and whether the value was inferred.
pub fn write_ground(provenance: &Provenance) -> (i32, bool) {
    (vocabulary::write(provenance.rule), provenance.inferred)
}
