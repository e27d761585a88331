//! The file that names how far the log is durable: the tail of the store, and the last append in the journal.
//!
//! A log that lost its newest records looks like one that never had them; this file tells them apart. It is written
//! after what it names was synced, so that it never claims more than is durable, and it need not be synced with every
//! append: after a power cut it may name an earlier tail, which the log then must still come past.
//!
//! # The bytes of version 2
//!
//! Two slots of 512 bytes (a disk's sector, which is written whole or not at all). Writes take turns, so that one
//! slot is always whole; the one with the higher positions counts. Numbers are little-endian.
//!
//! | bytes of a slot | what |
//! |-----------------|------|
//! | 0–3             | `CHTL` |
//! | 4               | format version, 2 |
//! | 5–12            | last position in the store |
//! | 13–44           | chain hash of the store up to it |
//! | 45–52           | last position in the journal; at or before that of the store when the journal is empty |
//! | 53–56           | checksum of the frame that ends there |
//! | 57–60           | CRC-32 (IEEE) of the bytes before |
//! | 61–511          | zeros: room for what later versions have to say |
//!
//! Version 1 was written before there was a journal. It ends after the chain hash, with the CRC-32 in bytes 45–48.

use std::{
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::FileExt,
    path::Path,
};

use super::{
    chain::{Chain, Tail},
    directory,
    frame::Frame,
    loss::Loss,
};
use crate::position::Position;

const SLOT_BYTES: usize = 512;
const MAGIC: &[u8; 4] = b"CHTL";
const VERSION: u8 = 2;
const VERSION_WITHOUT_JOURNAL: u8 = 1;
const VERSION_AT: usize = 4;
const STORED_AT: usize = 5;
const CHAIN_AT: usize = 13;
const APPENDED_AT: usize = 45;
const FRAME_AT: usize = 53;
const CHECKSUM_AT: usize = 57;

/// The last append in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The position of its last record.
    pub position: Position,
    /// The checksum of its frame.
    pub checksum: u32,
}

impl Mark {
    /// Nothing was ever appended.
    pub const START: Mark = Mark { position: Position::START, checksum: 0 };
}

impl From<&Frame> for Mark {
    fn from(frame: &Frame) -> Mark {
        Mark { position: frame.last(), checksum: frame.checksum() }
    }
}

/// How far the log is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The tail of the store.
    pub stored: Tail,
    /// The last append in the journal.
    pub appended: Mark,
}

impl Named {
    /// The empty log.
    pub const START: Named = Named { stored: Tail::START, appended: Mark::START };

    /// Which of two is the later: none of the positions ever goes back.
    fn age(&self) -> (Position, Position) {
        (self.appended.position.max(self.stored.position), self.stored.position)
    }
}

/// The open file. Dropping it does not sync.
#[derive(Debug)]
pub struct TailFile {
    file: File,
    /// The slot that the next write goes to: not the newer one.
    slot: Slot,
    named: Named,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    First,
    Second,
}

impl TailFile {
    /// Creates the file, whole or not at all. The directory has still to be synced.
    pub fn create(path: &Path, named: Named) -> io::Result<TailFile> {
        let unfinished = path.with_extension("new");
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&unfinished)?;
        let mut created = TailFile { file, slot: Slot::First, named };
        created.settle(named)?;
        fs::rename(&unfinished, path)?;
        Ok(created)
    }

    /// Opens the file. `None` when neither slot can be read; a missing file is [`io::ErrorKind::NotFound`].
    pub fn open(path: &Path) -> io::Result<Option<TailFile>> {
        TailFile::read(File::options().read(true).write(true).open(path)?)
    }

    /// What a file names that may not be written to.
    pub fn look(path: &Path) -> io::Result<Option<Named>> {
        Ok(TailFile::read(File::open(path)?)?.map(|file| file.named))
    }

    /// What is missed of this open file when it is not seen to be the one at a path.
    pub fn missed_at(&self, path: &Path) -> Option<Loss> {
        directory::missed_at(&self.file, path)
    }

    fn read(mut file: File) -> io::Result<Option<TailFile>> {
        let mut slots = Vec::with_capacity(2 * SLOT_BYTES);
        (&mut file).take(2 * SLOT_BYTES as u64).read_to_end(&mut slots)?;
        let first = decode(&slots);
        let second = slots.get(SLOT_BYTES..).and_then(decode);
        let (slot, named) = match (first, second) {
            (Some(first), Some(second)) if first.age() < second.age() => (Slot::First, second),
            (Some(first), _) => (Slot::Second, first),
            (None, Some(second)) => (Slot::First, second),
            (None, None) => return Ok(None),
        };
        Ok(Some(TailFile { file, slot, named }))
    }

    /// What the file names.
    pub const fn named(&self) -> Named {
        self.named
    }

    /// Names the last append. It must be durable in the journal already.
    pub fn name_append(&mut self, appended: Mark) -> io::Result<()> {
        self.write(Named { appended, ..self.named })
    }

    /// Names the tail of the store, which must be durable already, and syncs.
    pub fn name_stored(&mut self, stored: Tail) -> io::Result<()> {
        self.write(Named { stored, ..self.named })?;
        self.file.sync_data()
    }

    /// Writes both slots and syncs: no single damaged sector makes it forgotten.
    pub fn settle(&mut self, named: Named) -> io::Result<()> {
        self.write(named)?;
        self.write(named)?;
        self.file.sync_data()
    }

    fn write(&mut self, named: Named) -> io::Result<()> {
        let (at, next) = match self.slot {
            Slot::First => (0, Slot::Second),
            Slot::Second => (SLOT_BYTES as u64, Slot::First),
        };
        self.file.write_all_at(&encode(named), at)?;
        (self.slot, self.named) = (next, named);
        Ok(())
    }
}

fn encode(Named { stored, appended }: Named) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(MAGIC);
    slot.push(VERSION);
    slot.extend_from_slice(&stored.position.get().to_le_bytes());
    slot.extend_from_slice(&stored.chain.0);
    slot.extend_from_slice(&appended.position.get().to_le_bytes());
    slot.extend_from_slice(&appended.checksum.to_le_bytes());
    slot.extend_from_slice(&crc32fast::hash(&slot).to_le_bytes());
    slot.resize(SLOT_BYTES, 0);
    slot
}

/// `None` when the slot is damaged, or of a version that this release does not know.
fn decode(slot: &[u8]) -> Option<Named> {
    if !slot.starts_with(MAGIC) {
        return None;
    }
    let checked = match *slot.get(VERSION_AT)? {
        VERSION => CHECKSUM_AT,
        VERSION_WITHOUT_JOURNAL => APPENDED_AT,
        _ => return None,
    };
    if crc32fast::hash(slot.get(..checked)?) != u32::from_le_bytes(array(slot, checked)?) {
        return None;
    }
    let position = |at| Some(Position::new(u64::from_le_bytes(array(slot, at)?)));
    let stored = Tail { position: position(STORED_AT)?, chain: Chain(array(slot, CHAIN_AT)?) };
    let appended = match checked {
        CHECKSUM_AT => {
            Mark { position: position(APPENDED_AT)?, checksum: u32::from_le_bytes(array(slot, FRAME_AT)?) }
        }
        _ => Mark::START,
    };
    Some(Named { stored, appended })
}

/// The `N` bytes at `at`, when there are so many.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(position: u64) -> Named {
        let stored =
            Tail { position: Position::new(position / 2), chain: Chain([position as u8; Chain::BYTES]) };
        Named { stored, appended: Mark { position: Position::new(position), checksum: position as u32 * 7 } }
    }

    fn read(path: &Path) -> Option<Named> {
        TailFile::open(path).expect("the file is there").map(|file| file.named())
    }

    #[test]
    fn the_newest_whole_slot_counts() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tail");
        TailFile::create(&path, named(3)).expect("created");
        assert_eq!(read(&path), Some(named(3)));
        for position in 4..=9 {
            let mut file = TailFile::open(&path).expect("the file is there").expect("it is whole");
            assert_eq!(file.named(), named(position - 1));
            file.name_append(named(position).appended).expect("written");
            file.name_stored(named(position).stored).expect("written");
        }

        // The newest damaged: the one before counts. Both damaged: none does.
        let before = Named { stored: named(8).stored, appended: named(9).appended };
        let mut bytes = fs::read(&path).expect("readable");
        assert_eq!(bytes.len(), 2 * SLOT_BYTES);
        let newest = if decode(&bytes) == Some(named(9)) { 0 } else { SLOT_BYTES };
        bytes[newest + 20] ^= 1;
        fs::write(&path, &bytes).expect("written");
        assert_eq!(read(&path), Some(before));
        bytes[SLOT_BYTES - newest] ^= 1;
        fs::write(&path, &bytes).expect("written");
        assert_eq!(read(&path), None);

        // What was settled is in both.
        let mut file = TailFile::create(&path, named(9)).expect("created");
        file.settle(named(10)).expect("written");
        let bytes = fs::read(&path).expect("readable");
        assert_eq!((decode(&bytes), decode(&bytes[SLOT_BYTES..])), (Some(named(10)), Some(named(10))));
    }

    #[test]
    fn no_flip_and_no_cut_of_a_slot_names_another_tail() {
        let slot = encode(named(7));
        for index in 0..CHECKSUM_AT + 4 {
            for bit in 0..8 {
                let mut flipped = slot.clone();
                flipped[index] ^= 1 << bit;
                assert_eq!(decode(&flipped), None, "byte {index}, bit {bit}");
            }
            assert_eq!(decode(&slot[..index]), None, "cut to {index}");
        }
        assert_eq!(decode(&slot), Some(named(7)));
    }

    #[test]
    fn version_1_names_the_store_alone() {
        let mut slot = b"CHTL\x01".to_vec();
        slot.extend_from_slice(&7_u64.to_le_bytes());
        slot.extend_from_slice(&[9; Chain::BYTES]);
        slot.extend_from_slice(&crc32fast::hash(&slot).to_le_bytes());
        slot.resize(SLOT_BYTES, 0);
        let stored = Tail { position: Position::new(7), chain: Chain([9; Chain::BYTES]) };
        assert_eq!(decode(&slot), Some(Named { stored, appended: Mark::START }));
    }
}
