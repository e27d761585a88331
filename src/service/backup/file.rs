//! The bytes of a backup: parts in frames, written and read one after the other.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::unix::fs::FileExt as _,
};

use prost::Message as _;

use super::transcript::{Fault, Taken, Transcript};
use crate::{position::Position, proof::VerifierKey, wire::v1};

/// What every backup begins with: the name of the format and its version.
const MAGIC: &[u8; 18] = b"chancery backup 1\n";
/// The part of it that later versions will have too.
const MAGIC_NAME: &[u8] = b"chancery backup ";
/// The largest payload of a frame, in bytes: several times what a server sends.
const FRAME_BYTES_MAX: usize = 16 << 20;

/// Why a backup cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The system does not let it be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it is not a backup")]
    Magic,
    /// It is of a later version.
    #[error("it is of a version of the format that this program does not know")]
    Version,
    /// It ends in the middle.
    #[error("it ends before its last record")]
    Cut,
    /// Its parts do not end where it ends.
    #[error("its parts do not fill it to its end: it was cut, or something was added")]
    Frames,
    /// It has other positions than its name says.
    #[error(
        "its name says that it has positions {first} to {last}, and {}",
        end.map_or_else(|| "it is empty".to_owned(), |end| format!("it ends at position {end}"))
    )]
    Name {
        /// The first position in the name.
        first: Position,
        /// The last.
        last: Position,
        /// Where it ends; `None` when nothing is in it.
        end: Option<Position>,
    },
    /// Bytes are not as they were written.
    #[error("bytes were changed (checksum)")]
    Checksum,
    /// A part is not one.
    #[error("a part cannot be decoded: {0}")]
    Part(#[from] prost::DecodeError),
    /// A part is not to be believed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Writes the parts of one backup.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Begins a backup.
    pub fn begin(mut out: W) -> io::Result<Writer<W>> {
        out.write_all(MAGIC)?;
        Ok(Writer { out })
    }

    /// Writes a part, and says how many bytes that took.
    pub fn write(&mut self, part: &v1::BackupResponse) -> io::Result<u64> {
        let payload = part.encode_to_vec();
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?.to_le_bytes();
        self.out.write_all(&length)?;
        self.out.write_all(&checksum(length, &payload))?;
        self.out.write_all(&payload)?;
        Ok(8 + payload.len() as u64)
    }

    /// Everything was written: what it was written to.
    pub fn finish(self) -> W {
        self.out
    }
}

/// Reads one backup after the other, and gives out what the transcript has taken.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    transcript: Transcript,
    bytes_read: u64,
}

impl<R: Read> Reader<R> {
    /// Reads on where the transcript is.
    pub fn new(input: R, transcript: Transcript) -> Reader<R> {
        Reader { input, transcript, bytes_read: 0 }
    }

    /// Believes this key alone; before anything is read.
    pub fn trusting(self, key: VerifierKey) -> Reader<R> {
        Reader { transcript: Transcript::whole(Some(key)), ..self }
    }

    /// The next position to come.
    pub const fn next_position(&self) -> Position {
        self.transcript.next()
    }

    /// How many bytes were read.
    pub const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The last position taken so far.
    pub const fn end(&self) -> Position {
        self.transcript.end()
    }

    /// What was taken.
    pub fn into_transcript(self) -> Transcript {
        self.transcript
    }

    /// The next part; `None` at the end, when everything before it is complete.
    pub fn part(&mut self) -> Result<Option<Taken>, FileFault> {
        if self.transcript.is_complete() && !self.begin()? {
            return Ok(None);
        }
        let mut head = [0; 8];
        self.fill(&mut head)?;
        let [a, b, c, d, checksum_read @ ..] = head;
        let length = [a, b, c, d];
        let bytes = u32::from_le_bytes(length) as usize;
        if FRAME_BYTES_MAX < bytes {
            return Err(FileFault::Checksum);
        }
        let mut payload = vec![0; bytes];
        self.fill(&mut payload)?;
        if checksum(length, &payload) != checksum_read {
            return Err(FileFault::Checksum);
        }
        let part = v1::BackupResponse::decode(bytes::Bytes::from(payload))?;
        Ok(Some(self.transcript.take(part)?))
    }

    /// Reads what a backup begins with; `false` at the end of the input.
    fn begin(&mut self) -> Result<bool, FileFault> {
        let mut magic = [0; MAGIC.len()];
        let (first, rest) = magic.split_at_mut(1);
        let found = loop {
            match self.input.read(first) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                found => break found?,
            }
        };
        if found == 0 {
            return Ok(false);
        }
        self.fill(rest)?;
        self.bytes_read += 1;
        match () {
            () if magic == *MAGIC => Ok(true),
            () if magic.starts_with(MAGIC_NAME) => Err(FileFault::Version),
            () => Err(FileFault::Magic),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), FileFault> {
        self.bytes_read += buffer.len() as u64;
        self.input.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FileFault::Cut,
            _ => FileFault::Io(error),
        })
    }
}

/// The last position in a file with one backup; `None` when it has no records.
///
/// Passes over its parts, from each to the next, and reads the last: of the others only where they end.
pub fn last_position(file: &File) -> Result<Option<Position>, FileFault> {
    let length = file.metadata()?.len();
    let mut at = MAGIC.len() as u64;
    loop {
        let mut head = [0; 8];
        file.read_exact_at(&mut head, at).map_err(|_| FileFault::Frames)?;
        let [a, b, c, d, checksum_read @ ..] = head;
        let bytes = u32::from_le_bytes([a, b, c, d]);
        let end = at + (head.len() as u64) + u64::from(bytes);
        if length < end || FRAME_BYTES_MAX < bytes as usize {
            return Err(FileFault::Frames);
        }
        if end < length {
            at = end;
            continue;
        }
        let mut payload = vec![0; bytes as usize];
        file.read_exact_at(&mut payload, at + head.len() as u64)?;
        if checksum([a, b, c, d], &payload) != checksum_read {
            return Err(FileFault::Checksum);
        }
        return Ok(match v1::BackupResponse::decode(bytes::Bytes::from(payload))?.part {
            Some(v1::backup_response::Part::Records(part)) => {
                Some(Position::new(part.first_position.saturating_sub(1)).plus(part.records.len() as u64))
            }
            Some(v1::backup_response::Part::Header(_)) | None => None,
        });
    }
}

fn checksum(length: [u8; 4], payload: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize().to_le_bytes()
}
