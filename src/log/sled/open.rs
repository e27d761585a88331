//! How a log is opened: complete, or not at all.
//!
//! sled's recovery cannot be asked to look without touching. It takes the first message with a bad checksum for the
//! place where a crash struck, and overwrites all that lies behind. So the database is copied, sled opens the copy,
//! every block in it is walked ([`Walk`]) up to and past the tail that the side file names, and only then is the
//! original opened. If anything is wrong the original is left as it is, byte for byte, for whoever mends it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tokio::sync::watch;

use super::{
    chain::{Fault, Tail, Walk},
    database::Database,
    directory::{self, Directory},
    store::{Held, SledLog, Writer},
    tail_file::TailFile,
};
use crate::position::Position;

/// Why a log could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "data directory {} is in use by another chancery server ({}); stop it or use another --data",
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
    #[error("{}: {source}", path.display())]
    Io {
        /// What it refused to read or write.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Opens or creates the log in this directory.
pub(super) fn open(path: &Path) -> Result<SledLog, OpenError> {
    let directory = Directory::lock(path)?;
    let (tail_file, named) = open_tail_file(&directory)?;
    let found = prove(&directory, tail_file.is_some(), named)?;

    let folder = directory.sled();
    let db = directory::db(&folder);
    let damaged = |position, reason| OpenError::Damaged { position, file: db.clone(), reason };
    let database =
        Database::open(&folder).map_err(|error| damaged(found.position.next(), error.to_string()))?;
    // What was read may so far be in memory only, left by a process that was killed: the tail must be durable.
    database.sync().map_err(|error| io_error(&db, io::Error::other(error)))?;
    let conf = directory::conf(&folder);
    directory::sync(&conf).map_err(|source| io_error(&conf, source))?;
    if last(&database).map_err(|fault| damaged(fault.position, fault.reason))? != found {
        return Err(damaged(found.position, "the log does not end where its copy did".to_owned()));
    }

    let tail_path = directory.tail();
    let tail_file = match tail_file {
        Some(mut tail_file) => tail_file.settle(found).map(|()| tail_file),
        None => TailFile::create(&tail_path, found),
    };
    let tail_file = tail_file.map_err(|source| io_error(&tail_path, source))?;
    directory.sync().map_err(|source| io_error(directory.path(), source))?;

    let writer = Writer { tail_file, tail: found };
    Ok(SledLog::new(Held::new(database, writer, directory), watch::Sender::new(found.position)))
}

/// The side file, when there is one, and the tail that it names.
fn open_tail_file(directory: &Directory) -> Result<(Option<TailFile>, Tail), OpenError> {
    let path = directory.tail();
    match TailFile::open(&path) {
        Ok((file, Some(named))) => Ok((Some(file), named)),
        // It is created whole, so that this is damage even when the log is empty.
        Ok((_, None)) => Err(OpenError::Damaged {
            position: Position::new(1),
            file: path,
            reason: "neither of the file's two entries can be read, so nothing says where the log must end"
                .to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((None, Tail::START)),
        Err(source) => Err(OpenError::Io { path, source }),
    }
}

/// Proves on a copy that the log is complete up to `named` and sound to its end, and returns where it ends.
fn prove(directory: &Directory, has_tail_file: bool, named: Tail) -> Result<Tail, OpenError> {
    let folder = directory.sled();
    let db = directory::db(&folder);
    let empty = match fs::metadata(&db) {
        Ok(metadata) => metadata.len() == 0,
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(source) => return Err(OpenError::Io { path: db, source }),
    };
    let walked = match empty {
        true => Walk::new(named).finish(),
        false => {
            let trial = directory.trial();
            let walked = directory::copy(&folder, &trial).map(|()| walk(&trial, named));
            directory::remove(&trial).map_err(|source| io_error(&trial, source))?;
            // Mostly a full disk: the copy may need as much room again as the log has.
            walked.map_err(|source| io_error(&trial, source))?
        }
    };
    let found =
        walked.map_err(|Fault { position, reason }| OpenError::Damaged { position, file: db, reason })?;
    if !has_tail_file && Position::START < found.position {
        let reason =
            format!("the file is missing, so nothing says whether the log must end at {}", found.position);
        return Err(OpenError::Damaged { position: found.position.next(), file: directory.tail(), reason });
    }
    Ok(found)
}

/// Opens the database in `folder` and walks all its blocks.
fn walk(folder: &Path, named: Tail) -> Result<Tail, Fault> {
    let mut walk = Walk::new(named);
    let fault = |position, reason| Fault { position, reason };
    let unreadable = |error| fault(walk.next(), format!("the database cannot be opened: {error}"));
    let database = Database::open(folder).map_err(unreadable)?;
    for block in database.blocks(Position::START) {
        walk.step(&block.map_err(|reason| fault(walk.next(), reason))?)?;
    }
    walk.finish()
}

/// Where the log in this database ends, by its last block alone.
fn last(database: &Database) -> Result<Tail, Fault> {
    let last = database.last()?;
    Ok(last.map_or(Tail::START, |block| Tail { position: block.last(), chain: block.after() }))
}

fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}
