//! Snapshots: files of what was derived from the log up to a position, so that a start need not derive it again.
//!
//! A snapshot is a cache. It is written whole under another name, made durable, and then given its own; read back, it is
//! checked from the first byte to the last. What is in it is not this module's business. Deleting one loses no event.
//!
//! ```text
//! 8 bytes    magic
//! blocks     kind 1 byte · length 4 bytes · CRC-32 of kind, length and content 4 bytes · content
//!            first the header (kind 0), last the number of blocks before it (kind 255)
//! ```
//! Numbers are little-endian.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use bytes::{Buf as _, BufMut as _};

use crate::position::Position;

const MAGIC: &[u8; 8] = b"chsnap\x00\x01";
const HEADER: u8 = 0;
const END: u8 = 255;
/// Kind, length and checksum.
const ENVELOPE_BYTES: usize = 9;
/// How much is put in one block, about: what is larger than this alone makes a block of its own.
pub const BLOCK_BYTES: usize = 1 << 20;

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the content: of its form and of the rules by which it was derived. Another one is not read.
    pub version: String,
    /// The last position that it reflects.
    pub position: Position,
    /// The root of the tree over the events up to there.
    pub root: [u8; 32],
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is none, or it cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not whole.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// It was made by other rules or for another form.
    #[error("it is of version {found}, and {expected} is wanted")]
    Version {
        /// Its version.
        found: String,
        /// The version that is wanted.
        expected: String,
    },
    /// It is not of this log.
    #[error("it does not agree with the log: {0}")]
    Foreign(&'static str),
    /// The log could not be asked.
    #[error(transparent)]
    Log(Box<dyn std::error::Error + Send + Sync>),
}

/// A snapshot that is being written.
pub struct Writer {
    file: BufWriter<File>,
    blocks: u64,
}

/// A snapshot that is being read.
pub struct Reader {
    file: BufReader<File>,
    /// How many bytes there are to come.
    rest: u64,
    blocks: u64,
}

/// Writes a snapshot: `fill` puts in the content. Only a whole one takes the place of the one before.
pub fn write(
    path: &Path,
    header: &Header,
    fill: impl FnOnce(&mut Writer) -> io::Result<()>,
) -> io::Result<()> {
    let directory = path.parent().ok_or_else(|| io::Error::other("a snapshot lies in a directory"))?;
    // Only the last folder: where the one that it belongs in is gone, nothing is made anew.
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let temporary = path.with_extension("new");
    let mut writer =
        Writer { file: BufWriter::with_capacity(BLOCK_BYTES, File::create(&temporary)?), blocks: 0 };
    writer.file.write_all(MAGIC)?;
    let mut bytes = Vec::new();
    put_text(&mut bytes, &header.version);
    bytes.put_u64_le(header.position.get());
    bytes.put_slice(&header.root);
    writer.put(HEADER, &bytes)?;
    fill(&mut writer)?;
    let blocks = writer.blocks.to_le_bytes();
    writer.put(END, &blocks)?;
    writer.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}

impl Writer {
    /// Writes a block. Kinds 0 and 255 are taken.
    pub fn put(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).map_err(|_| io::Error::other("a block of 4 GiB"))?;
        self.file.write_all(&[kind])?;
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(&checksum(kind, length, content).to_le_bytes())?;
        self.file.write_all(content)?;
        self.blocks += 1;
        Ok(())
    }

    /// Writes many entries, as many to a block as fit: `encode` puts one behind what is there.
    pub fn put_all<T>(
        &mut self,
        kind: u8,
        entries: impl IntoIterator<Item = T>,
        mut encode: impl FnMut(&mut Vec<u8>, T),
    ) -> io::Result<()> {
        let mut block = Vec::new();
        for entry in entries {
            encode(&mut block, entry);
            if BLOCK_BYTES <= block.len() {
                self.put(kind, &block)?;
                block.clear();
            }
        }
        if block.is_empty() { Ok(()) } else { self.put(kind, &block) }
    }
}

/// Opens a snapshot of this version.
pub fn read(path: &Path, version: &str) -> Result<(Header, Reader), SnapshotError> {
    let file = File::open(path)?;
    let rest = file.metadata()?.len();
    let mut reader = Reader { file: BufReader::with_capacity(BLOCK_BYTES, file), rest, blocks: 0 };
    let mut magic = [0; MAGIC.len()];
    reader.fill(&mut magic)?;
    if magic != *MAGIC {
        return Err(SnapshotError::Damaged("it does not begin as a snapshot does"));
    }
    let (kind, content) = reader.block()?;
    let header = take_header(&mut content.as_slice());
    let header = header.filter(|_| kind == HEADER).ok_or(SnapshotError::Damaged("its header"))?;
    if header.version != version {
        return Err(SnapshotError::Version { found: header.version, expected: version.to_owned() });
    }
    Ok((header, reader))
}

/// What a whole snapshot says of the log that it was made of.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The snapshot.
    pub file: PathBuf,
    /// Its header.
    pub header: Header,
}

impl Claim {
    /// That of a snapshot of this version; one that is damaged where it begins, or of another version, claims nothing. What
    /// comes after the header is not read: nothing counts before the snapshot is known to be whole.
    pub fn of(file: &Path, version: &str) -> Option<Claim> {
        let (header, _) = read(file, version).ok()?;
        Some(Claim { file: file.to_owned(), header })
    }

    /// Whether the snapshot is whole and says the same, for which it is read to its end.
    pub fn is_whole(&self) -> bool {
        let whole = || {
            let (header, mut reader) = read(&self.file, &self.header.version)?;
            while reader.take()?.is_some() {}
            Ok::<_, SnapshotError>(header == self.header)
        };
        whole().unwrap_or(false)
    }
}

fn take_header(bytes: &mut &[u8]) -> Option<Header> {
    let version = take_text(bytes)?.to_owned();
    let position = Position::new(bytes.try_get_u64_le().ok()?);
    let mut root = [0; 32];
    bytes.try_copy_to_slice(&mut root).ok()?;
    bytes.is_empty().then_some(Header { version, position, root })
}

impl Reader {
    /// The next block; `None` at the end of a whole snapshot.
    pub fn take(&mut self) -> Result<Option<(u8, Vec<u8>)>, SnapshotError> {
        let (kind, content) = self.block()?;
        if kind != END {
            return Ok(Some((kind, content)));
        }
        match content.as_slice().try_get_u64_le() {
            Ok(blocks) if blocks + 1 == self.blocks && self.rest == 0 => Ok(None),
            Ok(_) | Err(_) => Err(SnapshotError::Damaged("its end")),
        }
    }

    fn block(&mut self) -> Result<(u8, Vec<u8>), SnapshotError> {
        let mut envelope = [0; ENVELOPE_BYTES];
        self.fill(&mut envelope)?;
        let mut envelope = envelope.as_slice();
        let (kind, length, sum) = (envelope.get_u8(), envelope.get_u32_le(), envelope.get_u32_le());
        if self.rest < length.into() {
            return Err(SnapshotError::Damaged("it ends too early"));
        }
        let mut content = vec![0; length as usize];
        self.fill(&mut content)?;
        if checksum(kind, length, &content) != sum {
            return Err(SnapshotError::Damaged("a checksum"));
        }
        self.blocks += 1;
        Ok((kind, content))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), SnapshotError> {
        let rest = self.rest.checked_sub(bytes.len() as u64);
        self.rest = rest.ok_or(SnapshotError::Damaged("it ends too early"))?;
        Ok(self.file.read_exact(bytes)?)
    }
}

/// Puts a text of up to 64 KiB behind its length.
pub fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.put_u16_le(u16::try_from(text.len()).unwrap_or(u16::MAX));
    bytes.put_slice(text.as_bytes());
}

/// Takes a text.
pub fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = bytes.try_get_u16_le().ok()?;
    std::str::from_utf8(take(bytes, length.into())?).ok()
}

/// Takes so many bytes.
pub fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn checksum(kind: u8, length: u32, content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[kind]);
    hasher.update(&length.to_le_bytes());
    hasher.update(content);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "test 1";

    fn header() -> Header {
        Header { version: VERSION.to_owned(), position: Position::new(7), root: [9; 32] }
    }

    fn write_one(path: &Path) {
        write(path, &header(), |writer| {
            writer.put(1, b"one")?;
            writer.put_all(2, 0..3_u8, |block, number| block.push(number))
        })
        .unwrap();
    }

    /// The header, and the blocks by kind.
    type Whole = (Header, Vec<(u8, Vec<u8>)>);

    fn read_one(path: &Path) -> Result<Whole, SnapshotError> {
        let (header, mut reader) = read(path, VERSION)?;
        let mut blocks = Vec::new();
        while let Some(block) = reader.take()? {
            blocks.push(block);
        }
        Ok((header, blocks))
    }

    #[test]
    fn what_is_written_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots").join("test");
        for _ in 0..2 {
            write_one(&path);
            let expected = vec![(1, b"one".to_vec()), (2, vec![0, 1, 2])];
            assert_eq!(read_one(&path).unwrap(), (header(), expected));
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(matches!(read(&path, "test 2"), Err(SnapshotError::Version { .. })));
        assert!(matches!(read_one(&path.with_extension("other")), Err(SnapshotError::Io(_))));
    }

    #[test]
    fn every_byte_counts() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test");
        write_one(&path);
        let whole = fs::read(&path).unwrap();
        for index in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[index] ^= 0x10;
            fs::write(&path, &flipped).unwrap();
            assert!(read_one(&path).is_err(), "byte {index} flipped");
            fs::write(&path, &whole[..index]).unwrap();
            assert!(read_one(&path).is_err(), "cut at {index}");
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(read_one(&path).is_err());
    }

    #[test]
    fn a_failed_write_leaves_the_one_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test");
        write_one(&path);
        let failed = write(&path, &header(), |writer| {
            writer.put(1, b"half")?;
            Err(io::Error::other("killed"))
        });
        assert!(failed.is_err());
        assert_eq!(read_one(&path).unwrap().1.len(), 2);
    }
}
