//! Where a backup is read from: the files of a folder, or a stream; as one transcript from the first position on.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    vec,
};

use bytes::Bytes;

use super::{
    file::{FileFault, Reader},
    folder::{FolderError, Part, files},
    transcript::{Fault, Taken, Transcript},
};
use crate::{
    ledger::Recorded,
    position::Position,
    proof::{Hash, VerifierKey},
};

/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 20;

/// Why a backup is refused.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The files are not there, or not complete.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What is in one of them is not to be believed.
    #[error("{place} is REFUSED at position {position}: {fault}{}", advice(fault), place = place.display())]
    Refused {
        /// The file, or `standard input`.
        place: PathBuf,
        /// The first position that cannot be believed.
        position: Position,
        /// Why.
        fault: Box<FileFault>,
    },
    /// Nothing is in it.
    #[error(
        "the backup has no records\n\
         If the record is not empty, the stream or the file is: look at what made it, and run `chancery backup` again."
    )]
    Empty,
}

/// A backup that is being read.
pub struct Source {
    /// `None` only while one reader takes over from another.
    reader: Option<Reader<BufReader<Box<dyn Read + Send>>>>,
    place: PathBuf,
    /// The file of a folder that is being read, and those behind it.
    part: Option<Part>,
    rest: vec::IntoIter<Part>,
    bytes: Option<u64>,
    bytes_before: u64,
}

impl Source {
    /// Reads a folder, whose files must have what their names say; or anything else as one stream.
    pub fn folder(path: &Path) -> Result<Source, SourceError> {
        let io = |error| FolderError::Io { path: path.to_owned(), error };
        let found = fs::metadata(path).map_err(io)?;
        if !found.is_dir() {
            let mut source = Source::stream(Box::new(File::open(path).map_err(io)?));
            source.bytes = found.is_file().then_some(found.len());
            source.place = path.to_owned();
            return Ok(source);
        }
        let parts = files(path)?;
        let mut source = Source::stream(Box::new(io::empty()));
        source.bytes = Some(parts.iter().map(|part| fs::metadata(&part.path).map_or(0, |it| it.len())).sum());
        source.rest = parts.into_iter();
        Ok(source)
    }

    /// Reads standard input, or the like.
    pub fn stream(input: Box<dyn Read + Send>) -> Source {
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        Source {
            reader: Some(Reader::new(input, Transcript::whole(None))),
            place: PathBuf::from("standard input"),
            part: None,
            rest: Vec::new().into_iter(),
            bytes: None,
            bytes_before: 0,
        }
    }

    /// Believes this key alone; before anything is read.
    pub fn trusting(self, key: VerifierKey) -> Source {
        let reader = self.reader.map(|reader| reader.trusting(key));
        Source { reader, ..self }
    }

    /// How many bytes there are, if that is known.
    pub const fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// How many bytes were read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_before + self.reader.as_ref().map_or(0, Reader::bytes_read)
    }

    /// The next records; `None` at the end, when all that was given out has added up to signed checkpoints.
    pub fn records(&mut self) -> Result<Option<Vec<(Bytes, Recorded)>>, SourceError> {
        while let Some(reader) = &mut self.reader {
            let position = reader.next_position();
            let taken = reader.part().and_then(|taken| {
                match (&self.part, &taken) {
                    (Some(part), Some(Taken::Header(header))) => part.check(header)?,
                    (Some(part), None) => part.check_end(reader.end())?,
                    _ => {}
                }
                Ok(taken)
            });
            match taken {
                Ok(Some(Taken::Records(records))) => return Ok(Some(records)),
                Ok(Some(Taken::Header(_))) => {}
                Ok(None) => match self.rest.next() {
                    Some(part) => self.turn_to(part)?,
                    None => return Ok(None),
                },
                Err(fault) => {
                    let fault = Box::new(fault);
                    return Err(SourceError::Refused { place: self.place.clone(), position, fault });
                }
            }
        }
        Ok(None)
    }

    /// At the end: the last position, the root over everything, and the key that it was signed with.
    pub fn finish(self) -> Result<(Position, Hash, VerifierKey), SourceError> {
        let transcript = self.reader.map(Reader::into_transcript).ok_or(SourceError::Empty)?;
        let key =
            transcript.key().filter(|_| Position::START < transcript.end()).ok_or(SourceError::Empty)?;
        Ok((transcript.end(), transcript.root(), key.clone()))
    }

    fn turn_to(&mut self, part: Part) -> Result<(), SourceError> {
        let path = part.path.clone();
        let file = File::open(&path).map_err(|error| FolderError::Io { path: path.clone(), error })?;
        self.bytes_before = self.bytes_read();
        let input: Box<dyn Read + Send> = Box::new(file);
        let input = BufReader::with_capacity(BUFFER_BYTES, input);
        self.reader = self.reader.take().map(|reader| Reader::new(input, reader.into_transcript()));
        self.place = path;
        self.part = Some(part);
        Ok(())
    }
}

/// What can be done about a fault, on lines of its own.
fn advice(fault: &FileFault) -> &'static str {
    match fault {
        FileFault::Fault(Fault::Gap { expected, found }) if expected < found => {
            "\nThe earlier part goes before it: name the directory that has both, or put them into one stream, the earlier first, \
             with - for standard input."
        }
        FileFault::Fault(Fault::Foreign { .. }) => "",
        _ => {
            "\nUse another copy of it. While the record is still served: move it away, with what continues it, and \
             `chancery backup` adds it anew."
        }
    }
}
