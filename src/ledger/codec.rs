//! The stored form of a recorded event: a version byte, then a bincode frame with the encoded event inside.
//!
//! ```text
//! byte 0       1, the version of the format
//! then         bincode 2, standard configuration (little-endian, variable-length integers):
//!   recorded_at   i64, microseconds since 1970-01-01T00:00:00Z
//!   recorded_by   string
//!   commit        16 bytes, UUID
//!   id            16 bytes, UUID
//!   salt          16 bytes, random: see proof::leaf
//!   content       bytes: the encoded chancery.v1.Event, as it was admitted
//! ```
//! bincode has ended as a project: this file alone uses it, and the bytes are pinned by a test. The content evolves
//! by the rules of protobuf.

use std::sync::Arc;

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use super::recorded::{Record, Recorded};
use crate::{
    domain::{event::Event, id::EventId},
    log::{RECORD_BYTES_MAX, ReadError},
    position::Position,
    proof::Salt,
    wire::{event::read_stored, record::Envelope, v1},
};

/// The version of the format.
const VERSION: u8 = 1;

/// Never more than a record is decoded, whatever a length in it says.
const CONFIG: Configuration<LittleEndian, Varint, Limit<RECORD_BYTES_MAX>> =
    config::standard().with_limit::<RECORD_BYTES_MAX>();

#[derive(bincode::Encode, bincode::BorrowDecode)]
struct Frame<'a> {
    recorded_at: i64,
    recorded_by: &'a str,
    commit: [u8; 16],
    id: [u8; 16],
    salt: [u8; 16],
    content: &'a [u8],
}

/// The most that a record has besides its content and who recorded it, in bytes.
const FRAME_BYTES: usize = 72;

/// The stored forms of events, in one piece of memory.
pub fn encode_all<'a>(
    events: impl Iterator<Item = &'a Record> + Clone,
) -> Result<Vec<Bytes>, bincode::error::EncodeError> {
    let sizes = events.clone().map(|it| it.content.len() + it.recorded_by.len() + FRAME_BYTES);
    let mut bytes = Vec::with_capacity(sizes.sum());
    let mut ends = Vec::new();
    for recorded in events {
        encode(recorded, &mut bytes)?;
        ends.push(bytes.len());
    }
    let bytes = Bytes::from(bytes);
    let begins = std::iter::once(0).chain(ends.iter().copied());
    Ok(begins.zip(&ends).map(|(begin, end)| bytes.slice(begin..*end)).collect())
}

/// Adds the stored form of an event.
fn encode(recorded: &Record, bytes: &mut Vec<u8>) -> Result<(), bincode::error::EncodeError> {
    let frame = Frame {
        recorded_at: recorded.recorded_at.as_microsecond(),
        recorded_by: &recorded.recorded_by,
        commit: recorded.commit.into_bytes(),
        id: recorded.id.uuid().into_bytes(),
        salt: *recorded.salt.as_bytes(),
        content: &recorded.content,
    };
    bytes.push(VERSION);
    bincode::encode_into_std_write(&frame, bytes, CONFIG)?;
    Ok(())
}

/// The event stored at `position`, without what it concerns: that is the index's to say.
pub fn decode(position: Position, record: Bytes) -> Result<Recorded, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { position, reason };
    let frame = frame(position, &record)?;
    let event = event(frame.content).map_err(&damaged)?;
    let id = EventId::new(Uuid::from_bytes(frame.id)).map_err(|error| damaged(error.to_string()))?;
    let record = Record {
        position,
        recorded_at: time(position, &frame)?,
        recorded_by: Arc::from(frame.recorded_by),
        commit: Uuid::from_bytes(frame.commit),
        id,
        content: record.slice_ref(frame.content),
        salt: Salt::new(frame.salt),
        concern: None,
    };
    Ok(Recorded { record, event })
}

/// What a stored event says, or why that cannot be read.
pub fn event(content: &[u8]) -> Result<Event, String> {
    let message = v1::Event::decode(content).map_err(|error| format!("its event: {error}"))?;
    let read = read_stored(&message).map_err(|violations| {
        let first = violations.first().map(ToString::to_string).unwrap_or_default();
        format!("its event cannot be read: {first}")
    })?;
    Ok(read.event)
}

/// The event stored at `position`, without a look at what it says: its envelope, and the encoded `chancery.v1.Event`.
pub fn unframe(position: Position, record: &[u8]) -> Result<(Envelope<'_>, &[u8]), ReadError> {
    let frame = frame(position, record)?;
    let envelope = Envelope {
        position,
        recorded_at: time(position, &frame)?,
        recorded_by: frame.recorded_by,
        commit_id: Uuid::from_bytes(frame.commit),
    };
    Ok((envelope, frame.content))
}

/// When the event stored at `position` was recorded.
pub fn recorded_at(position: Position, record: &[u8]) -> Result<Timestamp, ReadError> {
    time(position, &frame(position, record)?)
}

fn frame(position: Position, record: &[u8]) -> Result<Frame<'_>, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { position, reason };
    let Some((version, rest)) = record.split_first() else { return Err(damaged("it is empty".to_owned())) };
    if *version != VERSION {
        return Err(damaged(format!("its format {version} is newer than this program knows ({VERSION})")));
    }
    let (frame, length) =
        bincode::borrow_decode_from_slice(rest, CONFIG).map_err(|error| damaged(error.to_string()))?;
    if length != rest.len() {
        return Err(damaged(format!("{} bytes follow its end", rest.len() - length)));
    }
    Ok(frame)
}

fn time(position: Position, frame: &Frame<'_>) -> Result<Timestamp, ReadError> {
    Timestamp::from_microsecond(frame.recorded_at)
        .map_err(|error| ReadError::Damaged { position, reason: format!("its time: {error}") })
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    /// A retraction: the shortest event.
    fn recorded() -> Recorded {
        let id = "0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11";
        let retraction = v1::Retraction { target: id.replace("11", "12"), reason: "misread".to_owned() };
        let message =
            v1::Event { event_id: id.to_owned(), body: Some(v1::event::Body::Retraction(retraction)) };
        let record = Record {
            position: Position::new(7),
            recorded_at: Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
            recorded_by: Arc::from("local"),
            commit: Uuid::from_bytes([0x22; 16]),
            id: id.parse().unwrap(),
            content: message.encode_to_vec().into(),
            salt: Salt::new([0x33; 16]),
            concern: None,
        };
        Recorded { event: event(&record.content).unwrap(), record }
    }

    fn stored(recorded: &Recorded) -> Bytes {
        let other = Record { position: recorded.position.next(), ..recorded.record.clone() };
        let both = encode_all([&recorded.record, &other].into_iter()).unwrap();
        assert_eq!(both[0], both[1], "the position is not stored");
        both[0].clone()
    }

    #[test]
    fn the_stored_bytes_are_pinned() {
        let bytes = stored(&recorded());
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = concat!(
            "01",
            "fd8044403048140c00",
            "056c6f63616c",
            "22222222222222222222222222222222",
            "0197f0a26c1d7b5e9a6b2d8f4f0c1e11",
            "33333333333333333333333333333333",
            "57",
            "0a2430313937663061322d366331642d376235652d396136622d326438663466306331653131",
            "222f0a2430313937663061322d366331642d376235652d396136622d326438663466306331653132",
            "12076d697372656164",
        );
        assert_eq!(hex, expected);
    }

    #[test]
    fn the_leaf_of_a_stored_event_is_pinned() {
        let stored = decode(Position::new(7), stored(&recorded())).unwrap();
        assert_eq!(stored.leaf(), recorded().leaf());
        assert_eq!(stored.opening().leaf(stored.position).hash(), stored.leaf());
        // Computed by hand from the layout in proof::leaf, with the subject event/0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e12.
        assert_eq!(stored.leaf().to_string(), "IJHvojyK0kFli16PuSd+CpIEKxItYpt5A/xeQOuRbv4=");
    }

    #[test]
    fn what_was_not_stored_by_this_program_is_refused() {
        let bytes = stored(&recorded());
        for length in 0..bytes.len() {
            assert!(decode(Position::new(7), bytes.slice(..length)).is_err(), "{length}");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert!(decode(Position::new(7), longer.into()).is_err());
    }
}
