//! Records: events as they stand in the log.

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::{hyphenated, sealed, timestamp, v1};
use crate::position::Position;

/// What the server set when it recorded an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The position of the event.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The principal who submitted it.
    pub recorded_by: String,
    /// The commit it was part of.
    pub commit_id: Uuid,
}

/// The record of an event.
pub fn write_record(envelope: Envelope, event: v1::Event) -> v1::Record {
    v1::Record {
        position: envelope.position.get(),
        recorded_at: Some(timestamp::write(envelope.recorded_at)),
        recorded_by: envelope.recorded_by,
        commit_id: envelope.commit_id.hyphenated().to_string(),
        event: Some(event),
    }
}

/// The record of an event that is encoded already.
pub fn write_sealed(envelope: Envelope, event: Bytes) -> sealed::Record {
    sealed::Record {
        position: envelope.position.get(),
        recorded_at: Some(timestamp::write(envelope.recorded_at)),
        recorded_by: envelope.recorded_by,
        commit_id: hyphenated(envelope.commit_id),
        event,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn a_client_cannot_tell_the_two_forms_apart() {
        let fact = v1::Fact { effective_on: "2025-07-08".to_owned(), ..v1::Fact::default() };
        for (recorded_by, event) in [
            ("", v1::Event { event_id: "x".to_owned(), body: None }),
            ("somebody", v1::Event { event_id: "y".to_owned(), body: Some(v1::event::Body::Fact(fact)) }),
        ] {
            let envelope = Envelope {
                position: Position::new(300),
                recorded_at: Timestamp::UNIX_EPOCH,
                recorded_by: recorded_by.to_owned(),
                commit_id: Uuid::from_u128(7),
            };
            let content = Bytes::from(event.encode_to_vec());
            let expected = write_record(envelope.clone(), event);
            let position = 301;
            let whole = v1::ReadResponse { records: vec![expected.clone()], position };
            let records = vec![write_sealed(envelope, content)];
            let sealed = sealed::ReadResponse { records: records.clone(), position };
            assert_eq!(sealed.encode_to_vec(), whole.encode_to_vec());
            let batch = v1::RecordBatch { records: vec![expected] };
            let whole = v1::SubscribeResponse { signal: Some(v1::subscribe_response::Signal::Batch(batch)) };
            let signal = sealed::subscribe_response::Signal::Batch(sealed::RecordBatch { records });
            let sealed = sealed::SubscribeResponse { signal: Some(signal) };
            assert_eq!(sealed.encode_to_vec(), whole.encode_to_vec());
        }
    }
}
