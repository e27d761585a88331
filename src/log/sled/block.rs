//! The packed block: the bytes under which a run of records lies in sled.
//!
//! sled's cost is per key, so an append is stored as one value, or as several when it passes [`BLOCK_BYTES_MAX`]. The
//! key is the first position as a big-endian 64-bit number, which makes sled's order the order of positions.
//!
//! # The bytes of version 1
//!
//! Numbers are little-endian.
//!
//! | bytes         | what |
//! |---------------|------|
//! | 0             | format version, 1 |
//! | 1–4           | CRC-32 (IEEE) of all bytes from 5 on |
//! | 5–36          | chain: SHA-256 over the block before, from its byte 5 on; zeros in the first block |
//! | 37–44         | position of the first record |
//! | 45–48         | how many more blocks of the same append follow; 0 in the last |
//! | 49–52         | number of records, at least 1 |
//! | 53 + 2k, 54 + 2k | where record k ends, counted from the end of this table |
//! | …             | the records, one after the other |
//!
//! The chain of a block is the SHA-256 from byte 5 on, so that it covers the chain before it and all that the
//! checksum covers. The table of ends gives the k-th record without a look at the others.

use bytes::Bytes;

use super::chain::{Chain, Tail};
use crate::log::RECORD_BYTES_MAX;
use crate::position::Position;

/// The longest block in bytes. sled moves pages of a quarter of a segment to files of their own which it never
/// syncs; a page holds up to some twenty values, and with 8 MiB segments values of this size stay clear of that.
pub const BLOCK_BYTES_MAX: usize = 64 * 1024;

const VERSION: u8 = 1;
const CHECKSUM_AT: usize = 1;
const CHAIN_AT: usize = 5;
const FIRST_AT: usize = 37;
const LEFT_AT: usize = 45;
const COUNT_AT: usize = 49;
const ENDS_AT: usize = 53;
const END_BYTES: usize = 2;

const _: () = assert!(
    ENDS_AT + END_BYTES + RECORD_BYTES_MAX <= BLOCK_BYTES_MAX,
    "the longest record fits into a block of its own"
);
const _: () = assert!(BLOCK_BYTES_MAX - ENDS_AT <= u16::MAX as usize, "every end fits into two bytes");

/// A block whose checksum and layout have been found right.
#[derive(Clone, Debug)]
pub struct Block {
    bytes: Bytes,
    first: Position,
    left: u32,
    count: u32,
}

/// Why some bytes are not a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Too short to be one.
    #[error("the block has only {bytes} bytes")]
    Short {
        /// Its length.
        bytes: usize,
    },
    /// Damaged in the first byte, or written by a later release.
    #[error(
        "the block's format version is {version}, this release reads {VERSION}: it is damaged or was written by a later release"
    )]
    Version {
        /// The version it claims.
        version: u8,
    },
    /// At least one bit is not as it was written.
    #[error("the block's checksum does not match its content")]
    Checksum,
    /// The checksum matches, but the lengths inside contradict each other.
    #[error("the block's table of records contradicts its length")]
    Layout,
}

/// The values for one append.
#[derive(Debug)]
pub struct Packed {
    /// Keys and blocks, in the order of the records.
    pub values: Vec<([u8; 8], Vec<u8>)>,
    /// The log's tail when they are in it.
    pub tail: Tail,
}

impl Block {
    /// What every block begins with.
    pub const FIRST_BYTE: u8 = VERSION;

    /// Where in a block its [`Block::head`] lies.
    pub const HEAD_AT: usize = CHAIN_AT;

    /// What tells the block that begins at a position from all others: the chain before it, and the position.
    pub fn head(before: Chain, first: Position) -> [u8; LEFT_AT - CHAIN_AT] {
        let mut head = [0; LEFT_AT - CHAIN_AT];
        let (chain, position) = head.split_at_mut(FIRST_AT - CHAIN_AT);
        chain.copy_from_slice(&before.0);
        position.copy_from_slice(&first.get().to_le_bytes());
        head
    }

    /// The length of the block that may begin these bytes, by what it says of itself; [`Block::parse`] then checks it.
    pub fn stated_length(bytes: &[u8]) -> Option<usize> {
        let count = u32::from_le_bytes(array(bytes, COUNT_AT)?) as usize;
        let records_at = ENDS_AT + END_BYTES * count;
        if count == 0 || BLOCK_BYTES_MAX < records_at {
            return None;
        }
        let end = u16::from_le_bytes(array(bytes, records_at - END_BYTES)?);
        Some(records_at + usize::from(end)).filter(|length| *length <= BLOCK_BYTES_MAX)
    }

    /// Checks the bytes of a block.
    pub fn parse(bytes: Bytes) -> Result<Block, BlockError> {
        let short = || BlockError::Short { bytes: bytes.len() };
        let version = *bytes.first().ok_or_else(short)?;
        if version != VERSION {
            return Err(BlockError::Version { version });
        }
        let checksum = u32::from_le_bytes(array(&bytes, CHECKSUM_AT).ok_or_else(short)?);
        let checked = bytes.get(CHAIN_AT..).ok_or_else(short)?;
        if crc32fast::hash(checked) != checksum {
            return Err(BlockError::Checksum);
        }
        let first = Position::new(u64::from_le_bytes(array(&bytes, FIRST_AT).ok_or_else(short)?));
        let left = u32::from_le_bytes(array(&bytes, LEFT_AT).ok_or_else(short)?);
        let count = u32::from_le_bytes(array(&bytes, COUNT_AT).ok_or_else(short)?);
        let block = Block { bytes, first, left, count };
        block.check_ends().ok_or(BlockError::Layout)?;
        Ok(block)
    }

    /// The position of the first record.
    pub fn first(&self) -> Position {
        self.first
    }

    /// The position of the last record.
    pub fn last(&self) -> Position {
        self.first.plus(u64::from(self.count) - 1)
    }

    /// How many more blocks of the same append follow.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// The chain up to, and without, this block.
    pub fn before(&self) -> Chain {
        array(&self.bytes, CHAIN_AT).map_or(Chain::START, Chain)
    }

    /// The chain with this block. Costs a hash over the whole block.
    pub fn after(&self) -> Chain {
        Chain::of(self.bytes.get(CHAIN_AT..).unwrap_or_default())
    }

    /// The record at this position, which shares the block's memory; `None` when it is not in this block.
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

    /// Where the record of this index ends, counted from [`Block::records_at`].
    fn end(&self, index: usize) -> Option<usize> {
        let inside = index < self.count as usize;
        let end = array(&self.bytes, ENDS_AT + END_BYTES * index)?;
        inside.then_some(usize::from(u16::from_le_bytes(end)))
    }

    fn records_at(&self) -> usize {
        ENDS_AT + END_BYTES * self.count as usize
    }

    /// `None` unless the records lie one behind the other and fill the block.
    fn check_ends(&self) -> Option<()> {
        let room = self.bytes.len().checked_sub(self.records_at())?;
        let mut before = 0;
        for index in 0..self.count as usize {
            let end = self.end(index)?;
            if end < before {
                return None;
            }
            before = end;
        }
        (0 < self.count && before == room).then_some(())
    }
}

/// Packs the records of one append, which follow on `tail`, into as few blocks as hold them.
///
/// No record may be longer than [`RECORD_BYTES_MAX`].
pub fn pack(tail: Tail, records: &[Bytes]) -> Packed {
    let groups = groups(records);
    let mut tail = tail;
    let mut values = Vec::with_capacity(groups.len());
    for (index, group) in groups.iter().enumerate() {
        let first = tail.position.next();
        let left = groups.len() - 1 - index;
        let block = encode(tail.chain, first, left as u32, group);
        tail.position = tail.position.plus(group.len() as u64);
        tail.chain = Chain::of(block.get(CHAIN_AT..).unwrap_or_default());
        values.push((key(first), block));
    }
    Packed { values, tail }
}

/// Where the blocks begin into which records are packed that follow on `tail`.
pub fn firsts(tail: Position, records: &[Bytes]) -> Vec<Position> {
    let mut next = tail.next();
    let mut firsts = Vec::new();
    for group in groups(records) {
        firsts.push(next);
        next = next.plus(group.len() as u64);
    }
    firsts
}

/// The key under which the block that begins at this position lies.
pub fn key(first: Position) -> [u8; 8] {
    first.get().to_be_bytes()
}

/// Divides records into runs that fit into a block each.
fn groups(records: &[Bytes]) -> Vec<&[Bytes]> {
    let mut groups = Vec::new();
    let mut rest = records;
    while !rest.is_empty() {
        let mut bytes = ENDS_AT;
        let fit = rest
            .iter()
            .take_while(|record| {
                bytes += END_BYTES + record.len();
                bytes <= BLOCK_BYTES_MAX
            })
            .count();
        let (group, behind) = rest.split_at(fit.max(1));
        groups.push(group);
        rest = behind;
    }
    groups
}

fn encode(before: Chain, first: Position, left: u32, records: &[Bytes]) -> Vec<u8> {
    let length = ENDS_AT + records.iter().map(|record| END_BYTES + record.len()).sum::<usize>();
    let mut block = Vec::with_capacity(length);
    block.extend_from_slice(&before.0);
    block.extend_from_slice(&first.get().to_le_bytes());
    block.extend_from_slice(&left.to_le_bytes());
    block.extend_from_slice(&(records.len() as u32).to_le_bytes());
    let mut end = 0;
    for record in records {
        end += record.len();
        block.extend_from_slice(&(end as u16).to_le_bytes());
    }
    for record in records {
        block.extend_from_slice(record);
    }
    let checksum = crc32fast::hash(&block);
    let mut whole = Vec::with_capacity(length);
    whole.push(VERSION);
    whole.extend_from_slice(&checksum.to_le_bytes());
    whole.append(&mut block);
    whole
}

/// The `N` bytes at `at`, when there are so many.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: u64) -> Tail {
        Tail { position: Position::new(position), chain: Chain([9; Chain::BYTES]) }
    }

    fn records(lengths: &[usize]) -> Vec<Bytes> {
        lengths.iter().enumerate().map(|(n, &length)| Bytes::from(vec![n as u8; length])).collect()
    }

    fn check(lengths: &[usize], blocks: usize) {
        let records = records(lengths);
        let packed = pack(at(41), &records);
        assert_eq!(packed.values.len(), blocks, "{lengths:?}");
        let mut position = Position::new(42);
        let mut chain = at(41).chain;
        let mut found = Vec::new();
        for (index, (stored_under, value)) in packed.values.into_iter().enumerate() {
            assert!(value.len() <= BLOCK_BYTES_MAX);
            let block = Block::parse(value.into()).expect("just encoded");
            assert_eq!((stored_under, block.first()), (key(position), position));
            assert_eq!((block.before(), block.left() as usize), (chain, blocks - 1 - index));
            assert_eq!(block.record(Position::new(position.get() - 1)), None);
            while position <= block.last() {
                found.push(block.record(position).expect("within the block"));
                position = position.next();
            }
            assert_eq!(block.record(position), None);
            chain = block.after();
        }
        assert_eq!(found, records);
        assert_eq!(packed.tail, Tail { position: Position::new(41 + records.len() as u64), chain });
    }

    #[test]
    fn records_come_back_as_they_went_in() {
        check(&[], 0);
        check(&[0], 1);
        check(&[0, 0, 5, 0], 1);
        check(&[RECORD_BYTES_MAX], 1);
        check(&[RECORD_BYTES_MAX; 3], 3);
        check(&[400; 100], 1);
        check(&[0; 40_000], 2);
        check(&[BLOCK_BYTES_MAX / 2 - ENDS_AT / 2 - END_BYTES - 1; 2], 1);
        check(&[BLOCK_BYTES_MAX / 2 - END_BYTES; 2], 2);
    }

    #[test]
    fn no_single_flip_passes_and_no_length_panics() {
        let [(_, whole)] = <[_; 1]>::try_from(pack(at(0), &records(&[3, 0, 7])).values).expect("one block");
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut block = whole.clone();
                block[index] ^= 1 << bit;
                assert!(Block::parse(block.into()).is_err(), "byte {index}, bit {bit}");
            }
            assert!(Block::parse(whole[..index].to_vec().into()).is_err(), "cut to {index}");
        }
    }

    #[test]
    fn a_right_checksum_does_not_excuse_a_wrong_table() {
        let [(_, whole)] = <[_; 1]>::try_from(pack(at(0), &records(&[3, 2])).values).expect("one block");
        let check = |index: usize, value: u8, expected: BlockError| {
            let mut block = whole.clone();
            block[index] = value;
            let checksum = crc32fast::hash(&block[CHAIN_AT..]).to_le_bytes();
            block[CHECKSUM_AT..CHAIN_AT].copy_from_slice(&checksum);
            assert_eq!(Block::parse(block.into()).err(), Some(expected), "{index} = {value}");
        };
        check(0, 2, BlockError::Version { version: 2 });
        check(COUNT_AT, 0, BlockError::Layout);
        check(COUNT_AT, 1, BlockError::Layout);
        check(COUNT_AT + 3, 255, BlockError::Layout);
        check(ENDS_AT, 6, BlockError::Layout);
        check(ENDS_AT + 2, 4, BlockError::Layout);
        check(ENDS_AT + 3, 1, BlockError::Layout);
    }

    #[test]
    fn the_bytes_of_version_1_are_pinned() {
        let [(stored_under, block)] =
            <[_; 1]>::try_from(pack(at(258), &[Bytes::from_static(b"ab"), Bytes::from_static(b"c")]).values)
                .expect("one block");
        assert_eq!(stored_under, [0, 0, 0, 0, 0, 0, 1, 3]);
        let mut expected = vec![1];
        expected.extend_from_slice(&PINNED_CHECKSUM);
        expected.extend_from_slice(&[9; 32]);
        expected.extend_from_slice(&[3, 1, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[0, 0, 0, 0]);
        expected.extend_from_slice(&[2, 0, 0, 0]);
        expected.extend_from_slice(&[2, 0, 3, 0]);
        expected.extend_from_slice(b"abc");
        assert_eq!(block, expected);
    }

    /// Computed once by another implementation (Python's `zlib.crc32`).
    const PINNED_CHECKSUM: [u8; 4] = [237, 178, 120, 34];
}
