//! A file of the journal: frames one behind the other, each synced before anybody hears of it.
//!
//! The file is written ahead with zeros, in steps, so that an append changes bytes and no metadata and costs one wait
//! for the disk. Once full, and once its records are in the store, it is written again from its beginning; what is left
//! of the frames of its earlier use has lower positions than the frames before it, and is known by that.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::{
    frame::{ALIGNMENT, Frame},
    identity::Identity,
    loss::{Loss, Reached},
};
use crate::position::Position;

/// By how much the file grows at a time.
const STEP_BYTES: u64 = 1 << 20;

/// A journal file that is open for appending.
#[derive(Debug)]
pub struct Journal {
    pub(super) file: File,
    path: PathBuf,
    identity: Identity,
    /// Where the next frame goes.
    end: u64,
    /// How far the file has been written with zeros or frames, and synced.
    prepared: u64,
    /// The same for whoever looks at the file beside the appends.
    reached: Reached,
}

impl Journal {
    /// Creates the file, or empties it. Its name has still to be synced.
    pub fn create(path: &Path, reached: Reached) -> io::Result<Journal> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path)?;
        Journal::new(file, path, reached)
    }

    /// Opens the file as it is, for a log in which nothing is appended.
    pub fn keep(path: &Path, reached: Reached) -> io::Result<Journal> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        Journal::new(file, path, reached)
    }

    fn new(file: File, path: &Path, reached: Reached) -> io::Result<Journal> {
        let identity = Identity::of(&file)?;
        Ok(Journal { file, path: path.to_owned(), identity, end: 0, prepared: 0, reached })
    }

    /// What is wrong with the file, when it is not there any more, or not whole.
    pub fn loss(&self) -> Option<Loss> {
        match self.identity.bytes_at(&self.path) {
            Err(loss) => Some(loss),
            Ok(bytes) => self.reached.cut(&self.path, || Some(bytes)),
        }
    }

    /// How many bytes of frames are in it.
    pub const fn len(&self) -> u64 {
        self.end
    }

    /// Writes a frame and returns when it is on the disk.
    pub fn append(&mut self, frame: &Frame) -> io::Result<()> {
        let bytes = frame.bytes();
        let end = self.end + bytes.len() as u64;
        if self.prepared < end {
            self.prepare(end.next_multiple_of(STEP_BYTES))?;
        }
        self.file.write_all_at(bytes, self.end)?;
        self.file.sync_data()?;
        self.end = end;
        Ok(())
    }

    /// The next frame goes to the beginning. The room stays allocated.
    pub const fn rewind(&mut self) {
        self.end = 0;
    }

    /// Gives the room back.
    pub fn empty(&mut self) -> io::Result<()> {
        self.reached.set(0);
        self.file.set_len(0)?;
        self.file.sync_all()?;
        (self.end, self.prepared) = (0, 0);
        Ok(())
    }

    fn prepare(&mut self, end: u64) -> io::Result<()> {
        // Writing behind a cut would conceal it.
        let cut = self.reached.cut(&self.path, || self.file.metadata().ok().map(|found| found.len()));
        if let Some(cut) = cut {
            return Err(io::Error::other(cut.to_string()));
        }
        let zeros = vec![0; STEP_BYTES as usize];
        for at in (self.prepared..end).step_by(zeros.len()) {
            self.file.write_all_at(&zeros, at)?;
        }
        self.file.sync_all()?;
        self.prepared = end;
        self.reached.set(end);
        Ok(())
    }
}

/// What was found in a journal file.
#[derive(Debug, Default)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// The frames from its beginning on, each continuing the one before.
    pub frames: Vec<Frame>,
    /// The highest position in any whole frame behind those.
    pub stray: Position,
}

impl Found {
    /// Reads a journal file without changing it. A file that is not there has no frames.
    pub fn read(path: PathBuf) -> io::Result<Found> {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => Bytes::from(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Bytes::new(),
            Err(error) => return Err(error),
        };
        let mut found = Found { path, frames: Vec::new(), stray: Position::START };
        let mut at = 0;
        while let Some(frame) = Frame::parse(&bytes, at) {
            if found.frames.last().is_some_and(|before| before.last().next() != frame.first()) {
                break;
            }
            at += frame.bytes().len();
            found.frames.push(frame);
        }
        while at < bytes.len() {
            let stray = Frame::parse(&bytes, at);
            found.stray = found.stray.max(stray.as_ref().map_or(Position::START, Frame::last));
            at += stray.map_or(ALIGNMENT, |frame| frame.bytes().len());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u64, lengths: &[usize]) -> Frame {
        let records: Vec<Bytes> = lengths.iter().map(|&length| vec![first as u8; length].into()).collect();
        Frame::new(Position::new(first), &records).expect("short enough")
    }

    fn found(path: &Path) -> (Vec<u64>, u64) {
        let found = Found::read(path.to_owned()).expect("readable");
        (found.frames.iter().map(|frame| frame.first().get()).collect(), found.stray.get())
    }

    #[test]
    fn frames_are_found_again_and_those_of_an_earlier_use_are_told_apart() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("0");
        assert_eq!(found(&path), (vec![], 0));
        let mut journal = Journal::create(&path, Reached::default()).expect("created");
        for frame in [frame(1, &[400]), frame(2, &[1; 3]), frame(5, &[60_000; 40]), frame(45, &[0])] {
            journal.append(&frame).expect("appended");
        }
        assert_eq!(found(&path), (vec![1, 2, 5, 45], 0));

        // The frames 2 and 5 are left over behind the first of the second use, then none but the last.
        journal.rewind();
        journal.append(&frame(46, &[7])).expect("appended");
        assert_eq!(found(&path), (vec![46], 45));
        journal.append(&frame(47, &[2; 800])).expect("appended");
        assert_eq!(found(&path), (vec![46, 47], 45));

        journal.empty().expect("emptied");
        assert_eq!(found(&path), (vec![], 0));
        journal.append(&frame(847, &[3])).expect("appended");
        assert_eq!(found(&path), (vec![847], 0));
    }

    #[test]
    fn what_lies_behind_a_damaged_frame_is_seen() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("0");
        let mut journal = Journal::create(&path, Reached::default()).expect("created");
        for first in 1..=3 {
            journal.append(&frame(first, &[500])).expect("appended");
        }
        for (damaged, expected) in [(0, (vec![], 3)), (1, (vec![1], 3)), (2, (vec![1, 2], 0))] {
            let file = File::options().write(true).open(&path).expect("there");
            let mut byte = [0];
            let at = damaged * 1_024 + 100;
            journal.file.read_exact_at(&mut byte, at).expect("read");
            file.write_all_at(&[byte[0] ^ 1], at).expect("written");
            assert_eq!(found(&path), expected, "frame {damaged}");
            file.write_all_at(&byte, at).expect("written");
        }
    }
}
