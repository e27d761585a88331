//! The frame: the bytes under which one append lies in the journal.
//!
//! An append is one frame under one checksum, and so it is whole or it is nothing.
//!
//! # The bytes of version 1
//!
//! Numbers are little-endian.
//!
//! | bytes             | what |
//! |-------------------|------|
//! | 0–2               | `CHJ` |
//! | 3                 | format version, 1 |
//! | 4–7               | CRC-32 (IEEE) of the bytes from 8 to the end of the records |
//! | 8–11              | where the records end: the length of the frame without its padding |
//! | 12–15             | number of records, at least 1 |
//! | 16–23             | position of the first record |
//! | 24 + 4k … 27 + 4k | where record k ends, counted from the end of this table |
//! | …                 | the records, one after the other |
//! | …                 | zeros up to a multiple of 512 |
//!
//! Frames begin at multiples of 512, a disk's sector: no sector that holds an acknowledged record is written again, and
//! whoever looks for frames behind a damaged one knows where to look.

use bytes::{Bytes, BytesMut};

use crate::position::Position;

/// Frames begin at multiples of this many bytes.
pub const ALIGNMENT: usize = 512;

const MAGIC: &[u8; 4] = b"CHJ\x01";
const CHECKSUM_AT: usize = 4;
const LENGTH_AT: usize = 8;
const COUNT_AT: usize = 12;
const FIRST_AT: usize = 16;
const ENDS_AT: usize = 24;
const END_BYTES: usize = 4;

/// A frame whose checksum and layout have been found right.
#[derive(Clone, Debug)]
pub struct Frame {
    /// With the padding.
    bytes: Bytes,
    first: Position,
    count: usize,
}

/// An append is too long for a frame.
#[derive(Debug, thiserror::Error)]
#[error("the append has {bytes} bytes, more than a frame of the journal can hold")]
pub struct TooLong {
    /// Its length as a frame.
    bytes: usize,
}

impl Frame {
    /// Puts records into a frame. There must be at least one.
    pub fn new(first: Position, records: &[Bytes]) -> Result<Frame, TooLong> {
        let length = ENDS_AT + records.iter().map(|record| END_BYTES + record.len()).sum::<usize>();
        let stated = u32::try_from(length).map_err(|_| TooLong { bytes: length })?;
        let mut bytes = BytesMut::with_capacity(length.next_multiple_of(ALIGNMENT));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[0; LENGTH_AT - CHECKSUM_AT]);
        bytes.extend_from_slice(&stated.to_le_bytes());
        bytes.extend_from_slice(&(records.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&first.get().to_le_bytes());
        let mut end = 0;
        for record in records {
            end += record.len();
            bytes.extend_from_slice(&(end as u32).to_le_bytes());
        }
        for record in records {
            bytes.extend_from_slice(record);
        }
        let checksum = crc32fast::hash(bytes.get(LENGTH_AT..).unwrap_or_default());
        if let Some(field) = bytes.get_mut(CHECKSUM_AT..LENGTH_AT) {
            field.copy_from_slice(&checksum.to_le_bytes());
        }
        bytes.resize(length.next_multiple_of(ALIGNMENT), 0);
        Ok(Frame { bytes: bytes.freeze(), first, count: records.len() })
    }

    /// The frame that begins at `at`, if there is one. It shares the memory.
    pub fn parse(bytes: &Bytes, at: usize) -> Option<Frame> {
        let rest = bytes.get(at..)?;
        if !rest.starts_with(MAGIC) {
            return None;
        }
        let length = number(rest, LENGTH_AT)? as usize;
        let covered = rest.get(LENGTH_AT..length)?;
        if crc32fast::hash(covered) != number(rest, CHECKSUM_AT)? {
            return None;
        }
        let padded = rest.get(..length.next_multiple_of(ALIGNMENT))?;
        let frame = Frame {
            bytes: bytes.slice_ref(padded),
            first: Position::new(u64::from_le_bytes(*rest.get(FIRST_AT..)?.first_chunk()?)),
            count: number(rest, COUNT_AT)? as usize,
        };
        frame.check_ends(length)?;
        Some(frame)
    }

    /// The position of the first record.
    pub fn first(&self) -> Position {
        self.first
    }

    /// The position of the last record.
    pub fn last(&self) -> Position {
        Position::new(self.first.get().saturating_add(self.count as u64 - 1))
    }

    /// The checksum that it carries.
    pub fn checksum(&self) -> u32 {
        number(&self.bytes, CHECKSUM_AT).unwrap_or_default()
    }

    /// All its bytes, padding included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The record at this position, which shares the frame's memory; `None` when it is not in this frame.
    pub fn record(&self, position: Position) -> Option<Bytes> {
        self.slice(position).map(|record| self.bytes.slice_ref(record))
    }

    /// The same, only looked at.
    pub fn slice(&self, position: Position) -> Option<&[u8]> {
        let index = usize::try_from(position.get().checked_sub(self.first.get())?).ok()?;
        let start = match index {
            0 => 0,
            _ => self.end(index - 1)?,
        };
        let at = self.records_at();
        self.bytes.get(at + start..at + self.end(index)?)
    }

    fn end(&self, index: usize) -> Option<usize> {
        let inside = index < self.count;
        let end = number(&self.bytes, ENDS_AT + END_BYTES * index)?;
        inside.then_some(end as usize)
    }

    fn records_at(&self) -> usize {
        ENDS_AT + END_BYTES * self.count
    }

    /// `None` unless the records lie one behind the other and end where the frame does.
    fn check_ends(&self, length: usize) -> Option<()> {
        let room = length.checked_sub(self.records_at())?;
        let mut before = 0;
        for index in 0..self.count {
            let end = self.end(index)?;
            if end < before {
                return None;
            }
            before = end;
        }
        (0 < self.count && before == room).then_some(())
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(lengths: &[usize]) -> Vec<Bytes> {
        lengths.iter().enumerate().map(|(n, &length)| Bytes::from(vec![(n + 1) as u8; length])).collect()
    }

    #[test]
    fn records_come_back_as_they_went_in() {
        for lengths in [&[0][..], &[1], &[5, 0, 0, 9], &[484], &[485], &[61_440; 100], &[3; 5_000]] {
            let records = records(lengths);
            let written = Frame::new(Position::new(42), &records).expect("short enough");
            assert_eq!(written.bytes().len() % ALIGNMENT, 0);
            let mut file = vec![7; ALIGNMENT];
            file.extend_from_slice(written.bytes());
            let frame = Frame::parse(&file.into(), ALIGNMENT).expect("just written");
            assert_eq!((frame.first(), frame.checksum()), (Position::new(42), written.checksum()));
            assert_eq!(frame.last(), Position::new(41 + records.len() as u64));
            for (position, record) in (42..).map(Position::new).zip(&records) {
                assert_eq!(frame.record(position).as_ref(), Some(record));
            }
            for outside in [Position::new(41), frame.last().next()] {
                assert_eq!(frame.record(outside), None);
            }
        }
    }

    #[test]
    fn no_single_flip_passes_and_no_length_panics() {
        let whole = Frame::new(Position::new(3), &records(&[3, 0, 7])).expect("short enough");
        let length = ENDS_AT + 3 * END_BYTES + 10;
        for index in 0..length {
            for bit in 0..8 {
                let mut bytes = whole.bytes().to_vec();
                bytes[index] ^= 1 << bit;
                assert!(Frame::parse(&bytes.into(), 0).is_none(), "byte {index}, bit {bit}");
            }
        }
        for length in 0..whole.bytes().len() {
            assert!(Frame::parse(&whole.bytes()[..length].to_vec().into(), 0).is_none(), "cut to {length}");
        }
        assert!(Frame::parse(&Bytes::new(), 512).is_none());
    }

    #[test]
    fn a_right_checksum_does_not_excuse_a_wrong_table() {
        let whole = Frame::new(Position::new(3), &records(&[3, 2])).expect("short enough");
        let length = ENDS_AT + 2 * END_BYTES + 5;
        for (index, value) in
            [(COUNT_AT, 0), (COUNT_AT, 1), (COUNT_AT + 3, 255), (ENDS_AT, 6), (ENDS_AT + 4, 4)]
        {
            let mut bytes = whole.bytes().to_vec();
            bytes[index] = value;
            let checksum = crc32fast::hash(&bytes[LENGTH_AT..length]).to_le_bytes();
            bytes[CHECKSUM_AT..LENGTH_AT].copy_from_slice(&checksum);
            assert!(Frame::parse(&bytes.into(), 0).is_none(), "{index} = {value}");
        }
    }

    #[test]
    fn the_bytes_of_version_1_are_pinned() {
        let frame = Frame::new(Position::new(259), &[Bytes::from_static(b"ab"), Bytes::from_static(b"c")])
            .expect("short enough");
        let mut expected = b"CHJ\x01".to_vec();
        expected.extend_from_slice(&PINNED_CHECKSUM);
        expected.extend_from_slice(&[35, 0, 0, 0]);
        expected.extend_from_slice(&[2, 0, 0, 0]);
        expected.extend_from_slice(&[3, 1, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[2, 0, 0, 0, 3, 0, 0, 0]);
        expected.extend_from_slice(b"abc");
        expected.resize(ALIGNMENT, 0);
        assert_eq!(frame.bytes(), expected);
    }

    /// Computed once by another implementation (Python's `zlib.crc32`).
    const PINNED_CHECKSUM: [u8; 4] = [247, 241, 116, 23];
}
