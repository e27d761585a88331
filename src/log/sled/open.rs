//! How a log is opened: complete, or not at all.
//!
//! 1. What the journal's files hold is read, and the tail file.
//! 2. sled's recovery, which overwrites what it takes for torn, is let at the database only when all that it may touch
//!    has been proved sound, or is in the journal ([`proving`]).
//! 3. The store must come to the tail that was named for it, with the same chain, and follow from there to its end; the
//!    journal must go on from where the store ends, to the last append that was named ([`pending`]).
//! 4. What the journal has is moved into the store, and the journal begins empty. When that fails, as on a full disk, the
//!    log is opened for reading: poisoned, and with the journal left as it is.
//!
//! None of this reads the whole log. If anything is wrong, everything is left as it was for whoever mends it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use tracing::{error, warn};

use super::{
    archiver::{Archiver, unmoved},
    chain::Fault,
    database::{Database, SEGMENT_BYTES},
    directory::{self, Directory},
    frame::Frame,
    journal::Found,
    pending::{JournalFault, pending},
    proving,
    recent::Recent,
    shared::Shared,
    store::{self, Store, Wants},
    tail_file::{Mark, Named, TailFile},
    writer::{Sizes, Writer},
};
use crate::position::Position;

/// Why a log could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "data directory {} is in use by another chancery process ({}): wait for it to end, stop it, or use another --data",
        directory.display(),
        process.map_or_else(|| "process unknown".to_owned(), |process| format!("pid {process}"))
    )]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other process, when it could be found out.
        process: Option<u32>,
    },
    /// The log is not as it was written: a part is altered or gone.
    #[error(
        "the log is damaged at position {position} ({}): {reason}. Nothing was changed. Restore the data directory \
         from a backup, or keep it for repair and start with another --data",
        file.display()
    )]
    Damaged {
        /// The first position that cannot be trusted.
        position: Position,
        /// The file that the damage is in.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file system refused.
    #[error("{}: {source}{}", path.display(), advice(source))]
    Io {
        /// What it refused to read or write.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl OpenError {
    /// Whether it is only that another process has the log open.
    pub const fn is_in_use(&self) -> bool {
        matches!(self, OpenError::InUse { .. })
    }
}

/// Opens or creates the log in this directory.
pub(super) fn open(path: &Path, sizes: Sizes) -> Result<(Arc<Shared>, Writer), OpenError> {
    let mut directory = Directory::lock(path)?;
    let found =
        directory.journals().map(|path| Found::read(path.clone()).map_err(|error| io_error(&path, error)));
    let [first, second] = found;
    let found = [first?, second?];
    let tail_file = open_tail_file(&directory, &found)?;
    let named = tail_file.as_ref().map_or(Named::START, TailFile::named);

    let (folder, db) = (directory.sled(), directory::db(&directory.sled()));
    let damaged = |Fault { position, reason }, file: &Path| OpenError::Damaged {
        position,
        file: file.to_owned(),
        reason,
    };
    let unopened = is_new(&db)?;
    if unopened {
        // Refuse before sled makes an empty database where there was none.
        journal_after(&found, Position::START, named).map_err(|error| absent(error, named, &db))?;
    }
    let database = proving::open_database(&directory, &found, named)?;
    let unread = |said| proving::first_fault(&directory, &found, named, said);
    let stored = proving::prove(&database, named.stored, &unread).map_err(|fault| damaged(fault, &db))?;
    let frames = journal_after(&found, stored.position, named)?;
    compare(&database, &found, stored.position)?;
    let last = frames.last().map_or(stored.position, Frame::last);
    if stored.position < named.stored.position {
        warn!(
            "the store ended at position {}, not at {}: what was missing is put back from the journal",
            stored.position, named.stored.position
        );
    }

    // What was read may so far be in memory only, left by a process that was killed.
    database.sync().map_err(|error| io_error(&db, io::Error::other(error)))?;
    let conf = directory::conf(&folder);
    directory::sync(&conf).map_err(|source| io_error(&conf, source))?;
    let tail_path = directory.tail();
    let tail_file = match tail_file {
        Some(tail_file) => tail_file,
        None => TailFile::create(&tail_path, Named::START).map_err(|source| io_error(&tail_path, source))?,
    };
    let unmarked = Mark { position: stored.position, checksum: 0 };
    let mark = frames.last().map_or(named.appended.max(unmarked), Mark::from);
    let mut recent = Recent::default();
    frames.into_iter().for_each(|frame| recent.push(frame));
    let shared = Arc::new(Shared::new(Store::new(folder, database), recent, tail_file, last));
    let mut archiver = Archiver::new(Arc::clone(&shared), stored);
    match archiver.archive(last) {
        Ok(stored) => settle(&shared, &directory, Named { stored, appended: mark })?,
        // Everything can be read, part of it from the journal.
        Err(cause) => {
            let remedy = match cause.is_damage() {
                true => "No restart mends that: stop the server and repair the directory.".to_owned(),
                false => {
                    format!("On a full disk make room, {} MiB, and restart.", room(&found) >> 20)
                }
            };
            error!(
                "the record can be read, but takes no writes: what the last run left in {} cannot be moved into the \
                 database ({cause}). {remedy}",
                directory.journal().display(),
            );
            drop(shared.fail(unmoved(&cause)));
        }
    }
    directory.sign()?;
    let writer = Writer::start(Arc::clone(&shared), archiver, sizes, directory);
    Ok((shared, writer.map_err(|(path, source)| OpenError::Io { path, source })?))
}

/// How much room it takes to move the journal into the store, at most: every record, all keys before them, and whole
/// segments of the database.
fn room(found: &[Found]) -> u64 {
    let bytes: usize = found.iter().flat_map(|file| &file.frames).map(|frame| frame.bytes().len()).sum();
    2 * (bytes + SEGMENT_BYTES) as u64
}

/// Names where the log ends, and makes the names of all files durable.
fn settle(shared: &Shared, directory: &Directory, named: Named) -> Result<(), OpenError> {
    let journal = directory.journal();
    fs::create_dir_all(&journal).map_err(|source| io_error(&journal, source))?;
    let mut tail_file = shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner);
    tail_file.settle(named).map_err(|source| io_error(&directory.tail(), source))?;
    let trial = directory.trial();
    directory::remove(&trial).map_err(|source| io_error(&trial, source))?;
    directory.sync().map_err(|source| io_error(directory.path(), source))
}

/// The tail file; `None` when there is none and nothing that it should name.
fn open_tail_file(directory: &Directory, found: &[Found]) -> Result<Option<TailFile>, OpenError> {
    let path = directory.tail();
    let problem = match TailFile::open(&path) {
        Ok(Some(file)) => return Ok(Some(file)),
        Ok(None) => "neither of the file's two entries can be read",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "the file is missing",
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    let position = proving::first_bad(directory, found, Named::START);
    // It is created whole, so that one which cannot be read is damage even when the log is empty.
    if position == Position::new(1) && !path.exists() {
        return Ok(None);
    }
    let last = Position::new(position.get().saturating_sub(1));
    let reason = format!(
        "{problem}, so nothing says whether the log must end at {last}; what is there up to it is sound"
    );
    Err(OpenError::Damaged { position, file: path, reason })
}

/// When the store had something, it is the store that is missing, and not the journal that should go on from there.
fn absent(error: OpenError, named: Named, db: &Path) -> OpenError {
    match error {
        OpenError::Damaged { position, .. } if Position::START < named.stored.position => {
            let absence = if db.exists() { "it is empty" } else { "it is missing" };
            let reason = format!("{absence}, and {} records were in it", named.stored.position);
            OpenError::Damaged { position, file: db.to_owned(), reason }
        }
        error => error,
    }
}

/// Whether there is no database yet.
fn is_new(db: &Path) -> Result<bool, OpenError> {
    match fs::metadata(db) {
        Ok(metadata) => Ok(metadata.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(io_error(db, source)),
    }
}

/// What the journal holds of what comes after the store.
fn journal_after(found: &[Found], stored: Position, named: Named) -> Result<Vec<Frame>, OpenError> {
    pending(found, stored, named).map_err(|JournalFault { fault, file }| OpenError::Damaged {
        position: fault.position,
        file,
        reason: fault.reason,
    })
}

/// Where the journal and the store both hold a record, they must agree on it.
fn compare(database: &Database, found: &[Found], stored: Position) -> Result<(), OpenError> {
    for file in found {
        let Some(first) = file.frames.first().map(Frame::first).filter(|first| *first <= stored) else {
            continue;
        };
        let mut frames = file.frames.iter();
        let mut frame = frames.next();
        let mut position = first;
        let next = store::records(database, first, |record| {
            if frame.is_some_and(|frame| frame.last() < position) {
                frame = frames.next();
            }
            match frame {
                Some(frame) if frame.record(position).as_ref() == Some(&record) => {
                    position = position.next();
                    Wants::More
                }
                _ => Wants::Nothing,
            }
        });
        let next = next.map_err(|Fault { position, reason }| OpenError::Damaged {
            position,
            file: file.path.clone(),
            reason,
        })?;
        if next <= stored && frame.is_some() {
            let reason = "the journal and the store have different records here".to_owned();
            return Err(OpenError::Damaged { position: next, file: file.path.clone(), reason });
        }
    }
    Ok(())
}

/// What to do when the file system refuses.
fn advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ". Nothing was lost. Make room there, 16 MiB and twice what the folder `journal` holds, and start again"
        }
        _ => "",
    }
}

pub(super) fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}
