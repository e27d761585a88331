//! Batches of records as they travel: put together from stored events in one pass, and read in place.
//!
//! A [`Batch`] is an encoded `chancery.v1.ReadResponse` or `RecordBatch`, both of which have their records as field 1. It
//! stands for them in the services of [`sealed`](super::sealed), so that nothing is built for each record: the server writes the
//! fields of a record behind those of the last one, and a client looks at them where they arrived.

use std::str::{Utf8Error, from_utf8};

use bytes::{Buf, BufMut, Bytes};
use jiff::Timestamp;
use prost::{
    DecodeError, Message,
    encoding::{
        DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, encoded_len_varint,
        message, skip_field,
    },
};
use uuid::Uuid;

use super::{record::Envelope, timestamp};

/// The field of the records, in both messages.
const RECORDS: u32 = 1;
/// The field of the tail in a `ReadResponse`.
const TAIL: u32 = 2;
/// The fields of a `Record`.
const POSITION: u32 = 1;
const RECORDED_AT: u32 = 2;
const RECORDED_BY: u32 = 3;
const COMMIT_ID: u32 = 4;
const EVENT: u32 = 5;

/// An encoded message of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    encoded: Bytes,
}

/// A batch that is being put together.
#[derive(Debug, Default)]
pub struct Gathering {
    encoded: Vec<u8>,
    records: u64,
    common: Common,
}

/// What the events of a commit have in common, encoded: it is the same for one after the other.
#[derive(Debug, Default)]
struct Common {
    recorded_at: Timestamp,
    recorded_by: String,
    commit_id: Uuid,
    /// Fields 2 to 4 of a `Record`; empty when there was none yet.
    encoded: Vec<u8>,
}

impl Gathering {
    /// An empty batch with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Gathering {
        Gathering { encoded: Vec::with_capacity(bytes), ..Gathering::default() }
    }

    /// Adds a record, whose event is encoded already.
    pub fn push(&mut self, envelope: Envelope<'_>, event: &[u8]) {
        self.common.become_of(&envelope);
        let position = envelope.position.get();
        let common = self.common.encoded.as_slice();
        let length = 1 + encoded_len_varint(position) + common.len() + field_len(event.len());
        let encoded = &mut self.encoded;
        encoded.reserve(field_len(length));
        encode_key(RECORDS, WireType::LengthDelimited, encoded);
        encode_varint(length as u64, encoded);
        encode_key(POSITION, WireType::Varint, encoded);
        encode_varint(position, encoded);
        encoded.extend_from_slice(common);
        put_field(EVENT, event, encoded);
        self.records += 1;
    }

    /// How many records it has.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The `ReadResponse`, with the tail at the time of the request.
    pub fn response(mut self, tail: u64) -> Batch {
        if tail != 0 {
            encode_key(TAIL, WireType::Varint, &mut self.encoded);
            encode_varint(tail, &mut self.encoded);
        }
        self.batch()
    }

    /// The `RecordBatch`.
    pub fn batch(self) -> Batch {
        Batch { encoded: self.encoded.into() }
    }
}

impl Common {
    fn become_of(&mut self, envelope: &Envelope<'_>) {
        let same = !self.encoded.is_empty()
            && self.commit_id == envelope.commit_id
            && self.recorded_at == envelope.recorded_at
            && self.recorded_by == envelope.recorded_by;
        if same {
            return;
        }
        self.commit_id = envelope.commit_id;
        self.recorded_at = envelope.recorded_at;
        self.recorded_by.clear();
        self.recorded_by.push_str(envelope.recorded_by);
        self.encoded.clear();
        message::encode(RECORDED_AT, &timestamp::write(envelope.recorded_at), &mut self.encoded);
        if !envelope.recorded_by.is_empty() {
            put_field(RECORDED_BY, envelope.recorded_by.as_bytes(), &mut self.encoded);
        }
        let commit_id = envelope.commit_id.hyphenated();
        put_field(
            COMMIT_ID,
            commit_id.encode_lower(&mut Uuid::encode_buffer()).as_bytes(),
            &mut self.encoded,
        );
    }
}

/// How long a field of so many bytes is with its key, which for all fields here is a byte, and its length.
fn field_len(bytes: usize) -> usize {
    1 + encoded_len_varint(bytes as u64) + bytes
}

fn put_field(tag: u32, bytes: &[u8], encoded: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, encoded);
    encode_varint(bytes.len() as u64, encoded);
    encoded.extend_from_slice(bytes);
}

/// Messages one behind the other are one message with the fields of all: that is how they are merged.
impl Message for Batch {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        buf.put_slice(&self.encoded);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        let mut encoded = Vec::from(std::mem::take(&mut self.encoded));
        match wire_type {
            WireType::LengthDelimited => {
                let mut field = Bytes::new();
                prost::encoding::bytes::merge(wire_type, &mut field, buf, ctx)?;
                put_field(tag, &field, &mut encoded);
            }
            WireType::Varint => {
                let value = decode_varint(buf)?;
                encode_key(tag, wire_type, &mut encoded);
                encode_varint(value, &mut encoded);
            }
            // No field that is known.
            _ => skip_field(wire_type, tag, buf, ctx)?,
        }
        self.encoded = encoded.into();
        Ok(())
    }

    fn merge(&mut self, mut buf: impl Buf) -> Result<(), DecodeError> {
        // What is inside is checked by whoever looks at it: see `records`.
        let encoded = buf.copy_to_bytes(buf.remaining());
        self.encoded = match self.encoded.is_empty() {
            true => encoded,
            false => [std::mem::take(&mut self.encoded), encoded].concat().into(),
        };
        Ok(())
    }

    fn encoded_len(&self) -> usize {
        self.encoded.len()
    }

    fn clear(&mut self) {
        self.encoded.clear();
    }
}

impl Batch {
    /// The records, in their order; after an error there are no more.
    pub fn records(&self) -> Records<'_> {
        Records { rest: &self.encoded }
    }
}

/// A record of a batch. Its strings and its event lie in the batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'a> {
    /// Its position; 0 when it was not said.
    pub position: u64,
    /// When it was recorded.
    pub recorded_at: Option<prost_types::Timestamp>,
    /// The principal who submitted it.
    pub recorded_by: &'a str,
    /// The commit it was part of.
    pub commit_id: &'a str,
    /// The encoded `chancery.v1.Event`.
    pub event: &'a [u8],
}

/// Why some bytes are not a batch of records.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordError {
    /// They are not the encoding of such a message.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// What should be text is not.
    #[error("a string of a record is no text: {0}")]
    Text(#[from] Utf8Error),
    /// A field reaches beyond the end.
    #[error("a batch of records ends within a field")]
    Short,
}

/// The records of a batch: see [`Batch::records`].
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if let Some(Err(_)) = next {
            self.rest = &[];
        }
        next
    }
}

impl<'a> Records<'a> {
    fn advance(&mut self) -> Result<Option<Record<'a>>, RecordError> {
        while !self.rest.is_empty() {
            match decode_key(&mut self.rest)? {
                (RECORDS, WireType::LengthDelimited) => {
                    return Record::read(piece(&mut self.rest)?).map(Some);
                }
                (tag, wire_type) => skip_field(wire_type, tag, &mut self.rest, DecodeContext::default())?,
            }
        }
        Ok(None)
    }
}

impl<'a> Record<'a> {
    fn read(mut rest: &'a [u8]) -> Result<Record<'a>, RecordError> {
        let mut record = Record::default();
        while !rest.is_empty() {
            match decode_key(&mut rest)? {
                (POSITION, WireType::Varint) => record.position = decode_varint(&mut rest)?,
                (RECORDED_AT, WireType::LengthDelimited) => {
                    record.recorded_at = Some(prost_types::Timestamp::decode(piece(&mut rest)?)?);
                }
                (RECORDED_BY, WireType::LengthDelimited) => {
                    record.recorded_by = from_utf8(piece(&mut rest)?)?;
                }
                (COMMIT_ID, WireType::LengthDelimited) => record.commit_id = from_utf8(piece(&mut rest)?)?,
                (EVENT, WireType::LengthDelimited) => record.event = piece(&mut rest)?,
                (tag, wire_type) => skip_field(wire_type, tag, &mut rest, DecodeContext::default())?,
            }
        }
        Ok(record)
    }
}

/// Takes the bytes of a field off, behind its key.
fn piece<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], RecordError> {
    let length = usize::try_from(decode_varint(rest)?).map_err(|_| RecordError::Short)?;
    let (piece, behind) = rest.split_at_checked(length).ok_or(RecordError::Short)?;
    *rest = behind;
    Ok(piece)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        position::Position,
        wire::{record::write_record, sealed, v1},
    };

    /// Records of two commits, one of them by nobody and before 1970.
    fn events() -> Vec<(Envelope<'static>, v1::Event)> {
        let fact = v1::Fact { effective_on: "2025-07-08".to_owned(), ..v1::Fact::default() };
        let fact = v1::Event { event_id: "y".to_owned(), body: Some(v1::event::Body::Fact(fact)) };
        let bare = v1::Event { event_id: "x".to_owned(), body: None };
        [
            (1, 0, "", 7, bare.clone()),
            (127, 1_751_932_800_123_456, "somebody", 8, fact.clone()),
            (128, 1_751_932_800_123_456, "somebody", 8, bare),
            (300, 1_751_932_800_123_456, "somebody", 9, fact.clone()),
            (301, 1_751_932_800_123_456, "somebody else", 9, fact.clone()),
            (302, -1, "somebody else", 9, fact),
        ]
        .map(|(position, recorded_at, recorded_by, commit, event)| {
            let envelope = Envelope {
                position: Position::new(position),
                recorded_at: Timestamp::from_microsecond(recorded_at).unwrap(),
                recorded_by,
                commit_id: Uuid::from_u128(commit),
            };
            (envelope, event)
        })
        .into()
    }

    fn gathered(events: &[(Envelope<'_>, v1::Event)]) -> Gathering {
        let mut gathering = Gathering::default();
        for (envelope, event) in events {
            gathering.push(envelope.clone(), &event.encode_to_vec());
        }
        assert_eq!(gathering.records(), events.len() as u64);
        gathering
    }

    #[test]
    fn a_client_cannot_tell_the_two_forms_apart() {
        let events = events();
        for events in [&events[..0], &events[..1], &events] {
            let records: Vec<v1::Record> = events
                .iter()
                .map(|(envelope, event)| write_record(envelope.clone(), event.clone()))
                .collect();
            for position in [0, 1, 301] {
                let whole = v1::ReadResponse { records: records.clone(), position };
                assert_eq!(gathered(events).response(position).encode_to_vec(), whole.encode_to_vec());
            }
            let batch = v1::RecordBatch { records };
            let whole = v1::SubscribeResponse { signal: Some(v1::subscribe_response::Signal::Batch(batch)) };
            let signal = sealed::subscribe_response::Signal::Batch(gathered(events).batch());
            let sealed = sealed::SubscribeResponse { signal: Some(signal) };
            assert_eq!(sealed.encode_to_vec(), whole.encode_to_vec());
            let again = sealed::SubscribeResponse::decode(whole.encode_to_vec().as_slice()).unwrap();
            assert_eq!(again, sealed);
        }
    }

    #[test]
    fn records_are_read_as_they_were_written() {
        let events = events();
        // A message may come in pieces, with fields that are not known yet.
        let mut encoded = gathered(&events[..2]).response(9).encode_to_vec();
        put_field(77, b"later", &mut encoded);
        encoded.extend(gathered(&events[2..]).batch().encode_to_vec());
        let mut whole = Batch::decode(encoded.as_slice()).unwrap();
        let expected: Vec<v1::Record> =
            events.into_iter().map(|(envelope, event)| write_record(envelope, event)).collect();
        let check = |batch: &Batch, times: usize| {
            let records: Vec<v1::Record> = batch
                .records()
                .map(|record| {
                    let record = record.unwrap();
                    v1::Record {
                        position: record.position,
                        recorded_at: record.recorded_at,
                        recorded_by: record.recorded_by.to_owned(),
                        commit_id: record.commit_id.to_owned(),
                        event: Some(v1::Event::decode(record.event).unwrap()),
                    }
                })
                .collect();
            assert_eq!(records, vec![expected.as_slice(); times].concat());
        };
        check(&whole, 1);
        whole.merge(encoded.as_slice()).unwrap();
        check(&whole, 2);
        let mut fields = Batch::default();
        let mut rest = encoded.as_slice();
        while let Ok((tag, wire_type)) = decode_key(&mut rest) {
            fields.merge_field(tag, wire_type, &mut rest, DecodeContext::default()).unwrap();
        }
        check(&fields, 1);
    }

    #[test]
    fn what_is_no_batch_is_an_error_and_the_end() {
        let whole = gathered(&events()[1..2]).batch().encode_to_vec();
        for length in 1..whole.len() {
            let batch = Batch::decode(&whole[..length]).unwrap();
            let mut records = batch.records();
            assert!(matches!(records.next(), Some(Err(_))), "{length}");
            assert!(records.next().is_none());
        }
        let somebody = whole.windows(8).position(|bytes| bytes == b"somebody").unwrap();
        let mut spoilt = whole.clone();
        spoilt[somebody] = 0xff;
        let batch = Batch::decode(spoilt.as_slice()).unwrap();
        assert!(matches!(batch.records().next(), Some(Err(RecordError::Text(_)))));
    }
}
