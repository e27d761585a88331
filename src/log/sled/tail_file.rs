//! The file beside the database that names the last durable position and its chain hash.
//!
//! sled cannot tell a log that lost its newest records from one that never had them; this file can. It is written
//! after the database was synced, so that it never claims more than is durable, and it need not be synced with every
//! append: after a power cut it may name an earlier tail, which the log then must still come past.
//!
//! # The bytes of version 1
//!
//! Two slots of 512 bytes (a disk's sector, which is written whole or not at all). Writes take turns, so that one
//! slot is always whole; the one with the higher position counts. Numbers are little-endian.
//!
//! | bytes of a slot | what |
//! |-----------------|------|
//! | 0–3             | `CHTL` |
//! | 4               | format version, 1 |
//! | 5–12            | last durable position |
//! | 13–44           | chain hash up to it |
//! | 45–48           | CRC-32 (IEEE) of the bytes before |
//! | 49–511          | zeros: room for what later versions have to say of the tail |

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use super::chain::{Chain, Tail};
use crate::position::Position;

const SLOT_BYTES: usize = 512;
const MAGIC: &[u8; 4] = b"CHTL";
const VERSION: u8 = 1;
const VERSION_AT: usize = 4;
const POSITION_AT: usize = 5;
const CHAIN_AT: usize = 13;
const CHECKSUM_AT: usize = 45;

/// After so many writes the file is synced: a power cut then takes at most this many appends out of its sight.
const WRITES_PER_SYNC: u32 = 1_024;

/// The open file. Dropping it does not sync.
#[derive(Debug)]
pub struct TailFile {
    file: File,
    /// The slot that the next write goes to: not the one with the newest tail.
    slot: Slot,
    unsynced: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    First,
    Second,
}

impl TailFile {
    /// Creates the file, whole or not at all. The directory has still to be synced.
    pub fn create(path: &Path, tail: Tail) -> io::Result<TailFile> {
        let unfinished = path.with_extension("new");
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&unfinished)?;
        let mut created = TailFile { file, slot: Slot::First, unsynced: 0 };
        created.settle(tail)?;
        fs::rename(&unfinished, path)?;
        Ok(created)
    }

    /// Opens the file and reads the tail it names.
    ///
    /// `None` for the tail when neither slot can be read. A missing file is [`io::ErrorKind::NotFound`].
    pub fn open(path: &Path) -> io::Result<(TailFile, Option<Tail>)> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut slots = Vec::with_capacity(2 * SLOT_BYTES);
        (&mut file).take(2 * SLOT_BYTES as u64).read_to_end(&mut slots)?;
        let first = decode(&slots);
        let second = slots.get(SLOT_BYTES..).and_then(decode);
        let (slot, tail) = match (first, second) {
            (Some(first), Some(second)) if first.position < second.position => (Slot::First, Some(second)),
            (None, second) => (Slot::First, second),
            (first, _) => (Slot::Second, first),
        };
        Ok((TailFile { file, slot, unsynced: 0 }, tail))
    }

    /// Writes the tail into the older slot. It must be durable in the database already.
    pub fn write(&mut self, tail: Tail) -> io::Result<()> {
        let (at, next) = match self.slot {
            Slot::First => (0, Slot::Second),
            Slot::Second => (SLOT_BYTES as u64, Slot::First),
        };
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(&encode(tail))?;
        self.slot = next;
        self.unsynced += 1;
        if WRITES_PER_SYNC <= self.unsynced { self.sync() } else { Ok(()) }
    }

    /// Writes the tail into both slots and syncs: no single damaged sector makes it forgotten.
    pub fn settle(&mut self, tail: Tail) -> io::Result<()> {
        self.write(tail)?;
        self.write(tail)?;
        self.sync()
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.unsynced = 0;
        Ok(())
    }
}

fn encode(tail: Tail) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(MAGIC);
    slot.push(VERSION);
    slot.extend_from_slice(&tail.position.get().to_le_bytes());
    slot.extend_from_slice(&tail.chain.0);
    slot.extend_from_slice(&crc32fast::hash(&slot).to_le_bytes());
    slot.resize(SLOT_BYTES, 0);
    slot
}

/// `None` when the slot is damaged, or of a version that this release does not know.
fn decode(slot: &[u8]) -> Option<Tail> {
    let checksum = u32::from_le_bytes(*slot.get(CHECKSUM_AT..)?.first_chunk()?);
    let known = slot.starts_with(MAGIC) && slot.get(VERSION_AT) == Some(&VERSION);
    if !known || crc32fast::hash(slot.get(..CHECKSUM_AT)?) != checksum {
        return None;
    }
    Some(Tail {
        position: Position::new(u64::from_le_bytes(*slot.get(POSITION_AT..)?.first_chunk()?)),
        chain: Chain(*slot.get(CHAIN_AT..)?.first_chunk::<{ Chain::BYTES }>()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(position: u64) -> Tail {
        Tail { position: Position::new(position), chain: Chain([position as u8; Chain::BYTES]) }
    }

    fn named(path: &Path) -> Option<Tail> {
        TailFile::open(path).expect("the file is there").1
    }

    #[test]
    fn the_newest_whole_slot_counts() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tail");
        TailFile::create(&path, tail(3)).expect("created");
        assert_eq!(named(&path), Some(tail(3)));
        for position in 4..=9 {
            let (mut file, before) = TailFile::open(&path).expect("the file is there");
            assert_eq!(before, Some(tail(position - 1)));
            file.write(tail(position)).expect("written");
        }

        // The newest damaged: the one before counts. Both damaged: none does.
        let mut bytes = fs::read(&path).expect("readable");
        assert_eq!(bytes.len(), 2 * SLOT_BYTES);
        let newest = if decode(&bytes) == Some(tail(9)) { 0 } else { SLOT_BYTES };
        bytes[newest + 20] ^= 1;
        fs::write(&path, &bytes).expect("written");
        assert_eq!(named(&path), Some(tail(8)));
        bytes[SLOT_BYTES - newest] ^= 1;
        fs::write(&path, &bytes).expect("written");
        assert_eq!(named(&path), None);

        // What was settled is in both.
        let (mut file, _) = TailFile::open(&path).expect("the file is there");
        file.settle(tail(10)).expect("written");
        let bytes = fs::read(&path).expect("readable");
        assert_eq!((decode(&bytes), decode(&bytes[SLOT_BYTES..])), (Some(tail(10)), Some(tail(10))));
    }

    #[test]
    fn no_flip_and_no_cut_of_a_slot_names_another_tail() {
        let slot = encode(tail(7));
        for index in 0..CHECKSUM_AT + 4 {
            for bit in 0..8 {
                let mut flipped = slot.clone();
                flipped[index] ^= 1 << bit;
                assert_eq!(decode(&flipped), None, "byte {index}, bit {bit}");
            }
            assert_eq!(decode(&slot[..index]), None, "cut to {index}");
        }
        assert_eq!(decode(&slot), Some(tail(7)));
    }
}
