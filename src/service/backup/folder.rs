//! A folder of backup files, each continuing the one before: `FIRST-LAST.backup`.

use std::{
    fs::{self, File, TryLockError},
    io::{self, BufReader, BufWriter},
    path::{Path, PathBuf},
};

use super::{
    file::{FileFault, Reader, Writer},
    transcript::{Header, Taken, Transcript},
};
use crate::{position::Position, wire::v1};

/// What the names of files end with.
const EXTENSION: &str = ".backup";
/// What is added to the name of a file that is being written.
const UNFINISHED: &str = ".unfinished";
/// The file that is locked while the folder is written to.
const LOCK: &str = "lock";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// Another backup writes to it.
    #[error("another backup to {path} is under way", path = path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// Files overlap, or some are missing.
    #[error("{path} does not begin where the file before it ends, at position {end}", path = path.display())]
    Gap {
        /// The file.
        path: PathBuf,
        /// Where the one before ends.
        end: Position,
    },
    /// There is nothing in it.
    #[error("there is no backup in {path}: its files end in {EXTENSION}", path = path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// The last file cannot be continued.
    #[error("{path} cannot be continued: {fault}", path = path.display())]
    Fault {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: FileFault,
    },
}

/// A folder that is written to, locked against other backups.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    last: Option<Header>,
    /// The lock ends with the handle, also when the process is killed.
    _lock: File,
}

impl Folder {
    /// Opens the folder, made if need be, and removes what an interrupted backup has left.
    pub fn open(path: &Path) -> Result<Folder, FolderError> {
        let io = |at: &Path| {
            let path = at.to_owned();
            move |error| FolderError::Io { path, error }
        };
        fs::create_dir_all(path).map_err(io(path))?;
        let lock_path = path.join(LOCK);
        let lock = File::create(&lock_path).map_err(io(&lock_path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => FolderError::InUse { path: path.to_owned() },
            TryLockError::Error(error) => FolderError::Io { path: lock_path.clone(), error },
        })?;
        for entry in fs::read_dir(path).map_err(io(path))? {
            let entry = entry.map_err(io(path))?;
            if entry.file_name().to_string_lossy().ends_with(&format!("{EXTENSION}{UNFINISHED}")) {
                fs::remove_file(entry.path()).map_err(io(&entry.path()))?;
            }
        }
        let files = match files(path) {
            Err(FolderError::Empty { .. }) => Vec::new(),
            files => files?,
        };
        let last = files.last().map(|path| header(path)).transpose()?;
        Ok(Folder { path: path.to_owned(), last, _lock: lock })
    }

    /// The header of the last file: where the next one goes on.
    pub const fn last(&self) -> Option<&Header> {
        self.last.as_ref()
    }

    /// Begins the file for the records of a header.
    pub fn begin(&self, header: &Header) -> Result<Draft, FolderError> {
        let name = format!("{:020}-{:020}{EXTENSION}", header.after.next().get(), header.until.get());
        let path = self.path.join(&name);
        let unfinished = self.path.join(name + UNFINISHED);
        let io = |error| FolderError::Io { path: unfinished.clone(), error };
        let writer = File::create(&unfinished).and_then(|file| Writer::begin(BufWriter::new(file)));
        Ok(Draft { writer: writer.map_err(io)?, unfinished, path })
    }
}

/// A file that is being written. It gets its name when it is whole and durable; dropped before, it is removed by the next
/// backup.
#[derive(Debug)]
pub struct Draft {
    writer: Writer<BufWriter<File>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Writes a part.
    pub fn write(&mut self, part: &v1::BackupResponse) -> Result<u64, FolderError> {
        self.writer.write(part).map_err(|error| FolderError::Io { path: self.unfinished.clone(), error })
    }

    /// Makes the file durable, then its name. The answer is its path.
    pub fn finish(self) -> Result<PathBuf, FolderError> {
        let Draft { writer, unfinished, path } = self;
        let file = writer.finish().into_inner().map_err(io::IntoInnerError::into_error);
        let named = file
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, &path))
            .and_then(|()| path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()));
        named.map(|()| path).map_err(|error| FolderError::Io { path: unfinished, error })
    }
}

/// The files of a folder in order. Their names follow from one another; what is in them is still to be read.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let io = |error| FolderError::Io { path: path.to_owned(), error };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        if let Some(positions) = entry.file_name().to_str().and_then(positions) {
            found.push((positions, entry.path()));
        }
    }
    found.sort_unstable();
    let mut end = Position::START;
    let mut paths = Vec::with_capacity(found.len());
    for ((first, last), path) in found {
        if first != end.next() {
            return Err(FolderError::Gap { path, end });
        }
        end = last;
        paths.push(path);
    }
    if paths.is_empty() { Err(FolderError::Empty { path: path.to_owned() }) } else { Ok(paths) }
}

/// The first and the last position in the name of a file.
fn positions(name: &str) -> Option<(Position, Position)> {
    let (first, last) = name.strip_suffix(EXTENSION)?.split_once('-')?;
    Some((Position::new(first.parse().ok()?), Position::new(last.parse().ok()?)))
}

/// The header of a file.
fn header(path: &Path) -> Result<Header, FolderError> {
    let fault = |fault| FolderError::Fault { path: path.to_owned(), fault };
    let file = File::open(path).map_err(|error| FolderError::Io { path: path.to_owned(), error })?;
    let mut reader = Reader::new(BufReader::new(file), Transcript::anywhere(None));
    match reader.part().map_err(fault)? {
        Some(Taken::Header(header)) => Ok(*header),
        Some(Taken::Records(_)) | None => Err(fault(FileFault::Cut)),
    }
}
