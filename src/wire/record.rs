//! Records: events as they stand in the log.

use jiff::Timestamp;
use uuid::Uuid;

use super::{hyphenated, timestamp, v1};
use crate::position::Position;

/// What the server set when it recorded an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The position of the event.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The principal who submitted it.
    pub recorded_by: &'a str,
    /// The commit it was part of.
    pub commit_id: Uuid,
}

/// The record of an event.
pub fn write_record(envelope: Envelope<'_>, event: v1::Event) -> v1::Record {
    v1::Record {
        position: envelope.position.get(),
        recorded_at: Some(timestamp::write(envelope.recorded_at)),
        recorded_by: envelope.recorded_by.to_owned(),
        commit_id: hyphenated(envelope.commit_id),
        event: Some(event),
    }
}
