//! What sled's recovery is about to overwrite, proved sound before sled is let at it.
//!
//! sled opens from a snapshot (`snap.` and the log sequence number up to which it holds, in hexadecimal). It reads the
//! segment of its file that this number lies in from the beginning, takes the first message with a bad checksum for the
//! place where a crash struck, and overwrites all that follows in the segment with zeros, also what lies before the
//! snapshot's number. What lies behind that number is in the journal too. So everything before it is checked here;
//! elsewhere in the file recovery reads nothing and writes nothing.
//!
//! A segment begins with 20 bytes: CRC-32 complemented, its sequence number and another, each with all bits but the
//! highest flipped. A message is a CRC-32 complemented over body and the rest of the head, a byte for its kind, length
//! of the body, number of the segment and of the page (numbers of one to nine bytes), and the body. sled 0.34.7 is the
//! last of its kind and pinned, so that none of this changes.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{database::SEGMENT_BYTES, directory};

const SNAPSHOT: &str = "snap.";
const CONF: &str = "conf";
const UNFINISHED: &str = ".generating";
/// A file that takes up room while the database holds more than its snapshot.
const ROOM: &str = "room";
const ROOM_BYTES_MIN: usize = 64 << 10;
const SEGMENT_HEAD_BYTES: usize = 20;
const FLIPPED: u64 = 0x7FFF_FFFF_FFFF_FFFF;
/// The highest kind of a message; 0 stands where there is none.
const KIND_MAX: u8 = 11;

/// What is known of the next recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// It overwrites nothing that the snapshot says is there.
    Proved,
    /// There is no snapshot: it reads the whole file, and may overwrite any part of it.
    Unknown,
}

/// Why sled may not open a database.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Recovery would overwrite records.
    #[error("{reason}")]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// It could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Proves that sled's recovery will lose nothing that its snapshot says is there. Changes nothing.
pub fn check(folder: &Path) -> Result<Recovery, RecoveryError> {
    let Some(stable) = snapshot(folder)? else { return Ok(Recovery::Unknown) };
    let segment = SEGMENT_BYTES as u64;
    let (base, progress) = (stable / segment * segment, (stable % segment) as usize);
    if progress == 0 {
        return Ok(Recovery::Proved);
    }
    let file = File::open(directory::db(folder))?;
    let mut last = None;
    for at in (0..file.metadata()?.len()).step_by(SEGMENT_BYTES) {
        last = last.max(sequence_number(&file, at)?.map(|number| (number, at)));
    }
    let damaged = |reason: String| Err(RecoveryError::Damaged { reason });
    match last {
        // The process ended while it wrote the next segments: recovery cuts those off only.
        Some((number, _)) if base < number => Ok(Recovery::Proved),
        Some((number, at)) if number == base => {
            let mut bytes = vec![0; progress];
            if let Err(error) = file.read_exact_at(&mut bytes, at) {
                return damaged(format!("the file's last segment, at byte {at}, is cut off ({error})"));
            }
            match sound(&bytes, base / segment) {
                Ok(()) => Ok(Recovery::Proved),
                Err(within) => {
                    damaged(format!("no sound message of the database at byte {}", at + within as u64))
                }
            }
        }
        _ => damaged("the file's last segment is missing".to_owned()),
    }
}

/// Takes room for another snapshot, which sled has to write before it removes the one there is. It is given back by
/// [`discard_unfinished`], right before the database is opened, also by the next process.
///
/// Most of a snapshot are numbers for each page, and there may be more pages by then.
pub fn take_room(folder: &Path) -> io::Result<()> {
    let mut bytes = ROOM_BYTES_MIN;
    for name in names(folder)?.iter().filter(|name| name.starts_with(SNAPSHOT)) {
        bytes += 2 * fs::metadata(folder.join(name))?.len() as usize;
    }
    fs::write(folder.join(ROOM), vec![0; bytes])
}

/// Gives back the room that was taken for a snapshot, and removes one that was not finished, because the process ended or
/// the disk failed: sled would take it for the newest one.
pub fn discard_unfinished(folder: &Path) -> io::Result<()> {
    for name in names(folder)? {
        if name == ROOM || name.starts_with(SNAPSHOT) && name.ends_with(UNFINISHED) {
            fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

/// The files beside the database that say nothing the database does not say, and that sled would not open with: snapshots
/// and parameters with another checksum than they carry, or with something else in their place. When the system refuses, the
/// answer is what it refused.
///
/// Both end in the CRC-32 of what comes before it; in a snapshot a length of eight bytes stands between.
pub fn unusable(folder: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let blobs = folder.join("blobs");
    if let Err(error) = fs::read_dir(&blobs)
        && error.kind() == io::ErrorKind::PermissionDenied
    {
        return Err((blobs, error));
    }
    let mut unusable = Vec::new();
    for name in names(folder).map_err(|error| (folder.to_owned(), error))? {
        let between = match name.as_str() {
            snapshot if snapshot.starts_with(SNAPSHOT) && !snapshot.ends_with(UNFINISHED) => 8,
            CONF => 0,
            _ => continue,
        };
        let path = folder.join(&name);
        let whole = match fs::read(&path) {
            Ok(bytes) => is_whole(&bytes, between),
            Err(error) if matches!(error.kind(), io::ErrorKind::IsADirectory | io::ErrorKind::NotFound) => {
                false
            }
            Err(error) => return Err((path, error)),
        };
        if !whole {
            unusable.push(path);
        }
    }
    unusable.sort();
    Ok(unusable)
}

fn is_whole(bytes: &[u8], between: usize) -> bool {
    let Some((rest, checksum)) = bytes.split_last_chunk::<4>() else { return false };
    let body = rest.len().checked_sub(between).and_then(|end| rest.get(..end)).unwrap_or_default();
    !body.is_empty() && crc32fast::hash(body) == u32::from_le_bytes(*checksum)
}

/// Gives a file of sled's another name, by which sled does not know it, and returns that.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names = (1_u32..).map(|nth| match nth {
        1 => format!("damaged.{name}"),
        _ => format!("damaged.{nth}.{name}"),
    });
    let mut free = names.map(|name| path.with_file_name(name));
    let aside = free.find(|aside| fs::symlink_metadata(aside).is_err()).unwrap_or_default();
    fs::rename(path, &aside)?;
    Ok(aside)
}

/// The number that the newest snapshot holds up to.
fn snapshot(folder: &Path) -> io::Result<Option<u64>> {
    let numbers = names(folder)?.into_iter().filter_map(|name| {
        let number = name.strip_prefix(SNAPSHOT)?.to_owned();
        u64::from_str_radix(&number, 16).ok()
    });
    Ok(numbers.max())
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The sequence number of the segment at `at`; `None` when none has been written there, or its head is damaged.
fn sequence_number(file: &File, at: u64) -> io::Result<Option<u64>> {
    let mut head = [0; SEGMENT_HEAD_BYTES];
    match file.read_exact_at(&mut head, at) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let (checksum, rest) = head.split_at(4);
    let number = rest.first_chunk().map(|number| u64::from_le_bytes(*number) ^ FLIPPED);
    Ok(number.filter(|_| !crc32fast::hash(rest) == little_endian(checksum) as u32))
}

/// Checks the messages of a segment, which must fill it to its end; returns where one does not begin or is not whole.
fn sound(segment: &[u8], number: u64) -> Result<(), usize> {
    let mut at = SEGMENT_HEAD_BYTES;
    while at < segment.len() {
        at += segment.get(at..).and_then(|rest| message(rest, number)).ok_or(at)?;
    }
    Ok(())
}

/// The length of the message that these bytes begin with, when it is sound and of the segment with this number.
fn message(bytes: &[u8], segment: u64) -> Option<usize> {
    let kind = *bytes.get(4)?;
    let mut at = 5;
    let length = usize::try_from(number(bytes, &mut at)?).ok()?;
    let in_segment = number(bytes, &mut at)?;
    let _page = number(bytes, &mut at)?;
    let end = at.checked_add(length)?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(bytes.get(at..end)?);
    checksum.update(bytes.get(4..at)?);
    let matches = !checksum.finalize() == little_endian(bytes.get(..4)?) as u32;
    (matches && in_segment == segment && 0 < kind && kind <= KIND_MAX).then_some(end)
}

/// sled's number of one to nine bytes; the first says how many follow, or is a part of a small number.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    let (base, follow) = match first {
        0..=240 => (u64::from(first), 0),
        241..=248 => (240 + 256 * (u64::from(first) - 241), 1),
        249 => (2_288, 2),
        _ => (0, usize::from(first) - 247),
    };
    let rest = bytes.get(*at + 1..*at + 1 + follow)?;
    *at += 1 + follow;
    Some(match first {
        // Two bytes, the higher first; all longer ones are little-endian.
        249 => base + rest.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        _ => base + little_endian(rest),
    })
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
