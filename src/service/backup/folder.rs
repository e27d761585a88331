//! A folder of backup files, each continuing the one before: `FIRST-LAST.backup`.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, BufReader, BufWriter},
    path::{Path, PathBuf},
};

use super::{
    file::{FileFault, Reader, Writer, last_position},
    transcript::{Header, Taken, Transcript},
};
use crate::{
    position::Position,
    service::{hint, place},
    wire::v1,
};

/// What the names of files end with.
const EXTENSION: &str = ".backup";
/// What is added to the name of a file that is being written.
const UNFINISHED: &str = ".unfinished";
/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 20;
/// The file that is locked while the folder is written to.
const LOCK: &str = "lock";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is no place for a backup.
    #[error("{path} is {what}, no place for a backup: name a directory of its own", path = path.display())]
    Place {
        /// The folder.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// It lies in the data directory of a record.
    #[error(
        "{path} lies in {data}, the data directory of a record, where nothing else belongs: name a directory outside of it",
        path = path.display(), data = data.display()
    )]
    Within {
        /// The folder.
        path: PathBuf,
        /// The data directory.
        data: PathBuf,
    },
    /// The system refused.
    #[error("{path}: {error}{}", hint::of(error), path = path.display())]
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
    #[error(
        "{path} does not begin where the file before it ends, at position {end}\n{}",
        match end.next() < *first {
            true => format!(
                "Put back what begins at position {}. Without a copy, and while the record is served: move this file and those behind \
                 it away, and `chancery backup` adds their positions anew.",
                end.next()
            ),
            false => "They overlap, so that one of them does not belong there: move that one away.".to_owned(),
        },
        path = path.display()
    )]
    Gap {
        /// The file.
        path: PathBuf,
        /// Its first position.
        first: Position,
        /// Where the one before ends.
        end: Position,
    },
    /// A file has the ending of a backup's and another name.
    #[error(
        "{path} is not a file of this backup: those are named FIRST-LAST{EXTENSION}, positions in twenty digits\n\
         Give it back the name it had, or move it away.",
        path = path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error(
        "there is no backup in {path}: its files end in {EXTENSION}{}",
        match interrupted {
            true => "\nWhat is there was left by one that was interrupted: run `chancery backup` again.",
            false => "\nName the directory that `chancery backup --to` was given, or the file of a stream.",
        },
        path = path.display()
    )]
    Empty {
        /// The folder.
        path: PathBuf,
        /// Whether an interrupted backup has left a part of a file.
        interrupted: bool,
    },
    /// A file cannot be continued.
    #[error(
        "{path} cannot be continued: {fault}\n\
         Put back another copy of it. Without one, move it and those behind it away and run this again: their positions are \
         added anew, from the record of the server.",
        path = path.display()
    )]
    Fault {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: Box<FileFault>,
    },
}

/// A folder that is written to, locked against other backups. One that was made for a backup that fails is removed when
/// dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    last: Option<Header>,
    files: usize,
    /// What was made for a backup that has not come to its end.
    made: bool,
    /// The lock ends with the handle, also when the process is killed.
    _lock: File,
}

impl Folder {
    /// Opens the folder, made if need be, and removes what an interrupted backup has left.
    ///
    /// What is continued must be sound: the newest file is read whole; of the earlier ones, which can be large, the header,
    /// the length of every part, and the last part. What was changed within the others shows when a backup is verified.
    ///
    /// `watch` is told how many bytes of the newest file were read, of how many, and to which position that was.
    pub fn open(path: &Path, watch: impl FnMut(u64, u64, Position)) -> Result<Folder, FolderError> {
        let io = |at: &Path| {
            let path = at.to_owned();
            move |error| FolderError::Io { path, error }
        };
        let unfit = |what| FolderError::Place { path: path.to_owned(), what };
        if path.exists() && !path.is_dir() {
            return Err(unfit("a file"));
        }
        if place::is_record(path) {
            return Err(unfit("the data directory of a record"));
        }
        if let Some(data) = place::enclosing(path).map_err(io(path))? {
            return Err(FolderError::Within { path: path.to_owned(), data });
        }
        let made = !path.exists();
        fs::create_dir_all(path).map_err(io(path))?;
        let lock_path = path.join(LOCK);
        let lock = File::create(&lock_path).map_err(io(&lock_path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => FolderError::InUse { path: path.to_owned() },
            TryLockError::Error(error) => FolderError::Io { path: lock_path.clone(), error },
        })?;
        for entry in fs::read_dir(path).map_err(io(path))? {
            let entry = entry.map_err(io(path))?;
            if is_unfinished(&entry.file_name()) && !entry.path().is_dir() {
                fs::remove_file(entry.path()).map_err(io(&entry.path()))?;
            }
        }
        let files = match files(path) {
            Err(FolderError::Empty { .. }) => Vec::new(),
            files => files?,
        };
        let mut last = None;
        if let Some((newest, earlier)) = files.split_last() {
            for part in earlier {
                last = Some(header(part, last.as_ref())?);
            }
            last = Some(whole(newest, last.as_ref(), watch)?);
        }
        Ok(Folder { path: path.to_owned(), last, files: files.len(), made, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many files there were when it was opened.
    pub const fn files(&self) -> usize {
        self.files
    }

    /// The backup has come to its end: the folder stays, also when nothing is in it.
    pub fn keep(mut self) {
        self.made = false;
    }

    /// The header of the last file: where the next one goes on.
    pub const fn last(&self) -> Option<&Header> {
        self.last.as_ref()
    }

    /// Begins the file for the records of a header.
    pub fn begin(&self, header: &Header) -> Result<Draft, FolderError> {
        let name = name(header.after.next(), header.until);
        let path = self.path.join(&name);
        let unfinished = self.path.join(name + UNFINISHED);
        let io = |error| FolderError::Io { path: unfinished.clone(), error };
        let writer = File::create(&unfinished).and_then(|file| Writer::begin(BufWriter::new(file)));
        Ok(Draft { writer: Some(writer.map_err(io)?), unfinished, path })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.made && self.last.is_none() {
            // With something in it, it stays.
            let _ = fs::remove_file(self.path.join(LOCK));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// A file that is being written. It gets its name when it is whole and durable; dropped before, it is removed, and by the
/// next backup when the process was killed.
#[derive(Debug)]
pub struct Draft {
    /// `None` once it is whole.
    writer: Option<Writer<BufWriter<File>>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Writes a part.
    pub fn write(&mut self, part: &v1::BackupResponse) -> Result<u64, FolderError> {
        let written = self.writer.as_mut().map_or(Ok(0), |writer| writer.write(part));
        written.map_err(|error| FolderError::Io { path: self.unfinished.clone(), error })
    }

    /// Makes the file durable, then its name. The answer is its path.
    pub fn finish(mut self) -> Result<PathBuf, FolderError> {
        let Some(writer) = self.writer.take() else { return Ok(self.path.clone()) };
        let file = writer.finish().into_inner().map_err(io::IntoInnerError::into_error);
        let named = file
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.unfinished, &self.path))
            .and_then(|()| self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all()));
        named
            .map(|()| self.path.clone())
            .map_err(|error| FolderError::Io { path: self.unfinished.clone(), error })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After it has got its name there is nothing to remove.
        let _ = fs::remove_file(&self.unfinished);
    }
}

/// A file of a folder, and what its name says of it.
#[derive(Clone, Debug)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// The first position.
    pub first: Position,
    /// The last.
    pub last: Position,
}

impl Part {
    /// Whether this header is the one that the name promises.
    pub fn check(&self, header: &Header) -> Result<(), FileFault> {
        match header.after.next() == self.first && header.until == self.last {
            true => Ok(()),
            false => Err(self.fault(Some(header.until))),
        }
    }

    /// Whether the file, read to its end, came to the position that the name promises.
    pub fn check_end(&self, end: Position) -> Result<(), FileFault> {
        match end == self.last {
            true => Ok(()),
            false => Err(self.fault((self.first <= end).then_some(end))),
        }
    }

    fn fault(&self, end: Option<Position>) -> FileFault {
        FileFault::Name { first: self.first, last: self.last, end }
    }
}

/// The files of a folder in order. Their names follow from one another; what is in them is still to be read.
pub fn files(path: &Path) -> Result<Vec<Part>, FolderError> {
    let io = |error| FolderError::Io { path: path.to_owned(), error };
    let mut parts: Vec<Part> = Vec::new();
    let mut interrupted = false;
    for entry in fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        let (name, path) = (entry.file_name(), entry.path());
        interrupted |= is_unfinished(&name);
        match name.to_str().and_then(positions) {
            Some((first, last)) => parts.push(Part { path, first, last }),
            // A folder is none of the files, whatever its name.
            None if name.to_string_lossy().ends_with(EXTENSION) && !path.is_dir() => {
                return Err(FolderError::Foreign { path });
            }
            None => {}
        }
    }
    parts.sort_unstable_by_key(|part| (part.first, part.last));
    let mut end = Position::START;
    for part in &parts {
        if part.first != end.next() {
            return Err(FolderError::Gap { path: part.path.clone(), first: part.first, end });
        }
        end = part.last;
    }
    match parts.is_empty() {
        true => Err(FolderError::Empty { path: path.to_owned(), interrupted }),
        false => Ok(parts),
    }
}

fn name(first: Position, last: Position) -> String {
    format!("{:020}-{:020}{EXTENSION}", first.get(), last.get())
}

/// Whether a backup that was interrupted has left a file of this name.
fn is_unfinished(name: &OsStr) -> bool {
    name.to_string_lossy().ends_with(&format!("{EXTENSION}{UNFINISHED}"))
}

/// The first and the last position in the name of a file; `None` when no backup gives such a name.
fn positions(text: &str) -> Option<(Position, Position)> {
    let (first, last) = text.strip_suffix(EXTENSION)?.split_once('-')?;
    let (first, last) = (Position::new(first.parse().ok()?), Position::new(last.parse().ok()?));
    (first <= last && name(first, last) == text).then_some((first, last))
}

/// The header of a file that continues one with the header `before`, and of which at least the last part is whole.
fn header(part: &Part, before: Option<&Header>) -> Result<Header, FolderError> {
    let (file, fault) = open(part)?;
    let mut reader = Reader::new(BufReader::new(&file), behind(before));
    let header = match reader.part().map_err(&fault)? {
        Some(Taken::Header(header)) => part.check(&header).map(|()| *header).map_err(&fault)?,
        Some(Taken::Records(_)) => return Err(fault(FileFault::Cut)),
        None => return Err(fault(part.fault(None))),
    };
    let end = last_position(&file).map_err(&fault)?;
    part.check_end(end.unwrap_or(header.after)).map_err(fault).map(|()| header)
}

/// The same of the last file, which is read whole.
fn whole(
    part: &Part,
    before: Option<&Header>,
    mut watch: impl FnMut(u64, u64, Position),
) -> Result<Header, FolderError> {
    let (file, fault) = open(part)?;
    let bytes = file.metadata().map_or(0, |found| found.len());
    let mut reader = Reader::new(BufReader::with_capacity(BUFFER_BYTES, file), behind(before));
    let mut last = None;
    while let Some(taken) = reader.part().map_err(&fault)? {
        if let Taken::Header(header) = taken {
            part.check(&header).map_err(&fault)?;
            last = Some(*header);
        }
        watch(reader.bytes_read(), bytes, reader.end());
    }
    let header = last.ok_or_else(|| fault(part.fault(None)))?;
    part.check_end(reader.end()).map_err(fault).map(|()| header)
}

/// What takes the file behind one with this header; the first file, when there is none.
fn behind(before: Option<&Header>) -> Transcript {
    match before {
        Some(Header { key, until, root, .. }) => Transcript::behind(Some(key.clone()), *until, *root),
        None => Transcript::whole(None),
    }
}

/// Opens a file, and gives what makes an error of a fault in it.
fn open(part: &Part) -> Result<(File, impl Fn(FileFault) -> FolderError + use<>), FolderError> {
    let path = part.path.clone();
    let file = File::open(&path).map_err(|error| FolderError::Io { path: path.clone(), error })?;
    Ok((file, move |fault| FolderError::Fault { path: path.clone(), fault: Box::new(fault) }))
}
