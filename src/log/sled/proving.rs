//! What is proved of the database before it is used: that sled may open it, and that it holds what it must.

use std::{fs::File, io, path::PathBuf};

use tracing::warn;

use super::{
    chain::{Fault, Tail, Walk},
    database::Database,
    directory::{self, Directory},
    frame::Frame,
    journal::Found,
    open::{OpenError, io_error},
    pending::pending,
    recovery::{self, Recovery, RecoveryError},
    salvage,
    tail_file::{Mark, Named},
};
use crate::position::Position;

/// Opens sled's database once that can do no harm.
///
/// Snapshots and parameters that are damaged are set aside when the database gives every record without them.
pub fn open_database(directory: &Directory, found: &[Found], named: Named) -> Result<Database, OpenError> {
    let (folder, db) = (directory.sled(), directory::db(&directory.sled()));
    let damaged = |file: &PathBuf, reason| {
        let Fault { position, reason } = first_fault(directory, found, named, reason);
        OpenError::Damaged { position, file: file.clone(), reason }
    };
    let unusable = recovery::unusable(&folder).map_err(|(path, error)| io_error(&path, error))?;
    let recovery = match unusable.is_empty() {
        true => recovery::check(&folder),
        false => Ok(Recovery::Unknown),
    };
    let recovery = match recovery {
        Ok(recovery) => recovery,
        Err(RecoveryError::Damaged { reason }) => return Err(damaged(&db, reason)),
        Err(RecoveryError::Io(source)) => return Err(io_error(&db, source)),
    };
    // Before there was a journal, nothing held what recovery may cut off.
    let without_journal = named.appended == Mark::START;
    let has_store = Position::START < named.stored.position;
    if !unusable.is_empty() || has_store && (recovery == Recovery::Unknown || without_journal) {
        let fault = fault_in_copy(directory, &unusable, named.stored);
        if let Some(Fault { reason, .. }) = fault.map_err(|error| io_error(&directory.trial(), error))? {
            return Err(match unusable.first() {
                Some(file) => {
                    let Fault { position, reason } = first_fault(directory, found, named, reason);
                    let reason = format!("the file is damaged, and without it {reason}");
                    OpenError::Damaged { position, file: file.clone(), reason }
                }
                None => damaged(&db, reason),
            });
        }
    }
    for path in unusable {
        let aside = recovery::set_aside(&path).map_err(|error| io_error(&path, error))?;
        warn!(
            "{} was damaged, and is kept as {}: the database makes it anew, and every record is there",
            path.display(),
            aside.display()
        );
    }
    recovery::discard_unfinished(&folder).map_err(|source| io_error(&folder, source))?;
    Database::open(&folder).map_err(|error| match error.refused() {
        // All that is read in the folder was read before; what cannot be opened or made now is the file, or any other.
        Some(source) => match File::options().read(true).write(true).open(&db) {
            Ok(_) => io_error(&folder, source),
            Err(_) => io_error(&db, source),
        },
        // sled locks its file too, for as long as anybody has it open.
        None if error.is_locked() => directory::in_use(directory.path()),
        None => damaged(&db, format!("the database cannot be opened: {error}")),
    })
}

/// Where the store ends. It must come to `named`, or end before it without a fault; behind it, every block must follow
/// from the one before. What sled cannot read may be whole all the same, so that `unread` then makes of what it says the
/// [`first_fault`].
pub fn prove(database: &Database, named: Tail, unread: &dyn Fn(String) -> Fault) -> Result<Tail, Fault> {
    let end = database.last().map_err(|fault| unread(fault.reason))?;
    let Some(last) = end else { return Ok(Tail::START) };
    if last.last() < named.position {
        return Ok(Tail { position: last.last(), chain: last.after() });
    }
    let mut steps = Walk::from(Tail::START);
    if Position::START < named.position {
        let block = database.block(named.position).map_err(|fault| unread(fault.reason))?;
        if (Tail { position: block.last(), chain: block.after() }) != named {
            let reason = format!("the block is not the one that stood before position {}", named.position);
            return Err(Fault { position: block.first(), reason });
        }
        steps = Walk::from(named);
    }
    for block in database.blocks(steps.next()) {
        steps.step(&block.map_err(unread)?)?;
    }
    steps.finish()
}

/// The first position that is not whole in the bytes of the files, whatever sled says of them; the one behind the last when
/// all are.
pub fn first_bad(directory: &Directory, found: &[Found], named: Named) -> Position {
    // What cannot be read at all is not whole.
    let stored = salvage::end(&directory::db(&directory.sled())).unwrap_or(Position::START);
    match pending(found, stored, named) {
        Ok(frames) => frames.last().map_or(stored, Frame::last).next(),
        Err(journal) => journal.fault.position,
    }
}

/// The first position that is not whole in the bytes of the files, and what is wrong there. Of several faults sled meets any
/// first: what it `said` of its place in the file counts only where no block of the store is missing.
pub fn first_fault(directory: &Directory, found: &[Found], named: Named, said: String) -> Fault {
    let position = first_bad(directory, found, named);
    if named.stored.position < position {
        return Fault { position, reason: said };
    }
    salvage::fault(&directory::db(&directory.sled()), position)
}

/// The first fault that sled meets in a database that may not be opened itself, looked for in a copy without some of its files.
///
/// On file systems that cannot share blocks between files the copy takes as much room again.
fn fault_in_copy(directory: &Directory, without: &[PathBuf], named: Tail) -> io::Result<Option<Fault>> {
    let trial = directory.trial();
    directory::copy(&directory.sled(), &trial, without)?;
    recovery::discard_unfinished(&trial)?;
    let fault = match Database::open(&trial) {
        Ok(database) => walk(&database, named).err(),
        Err(error) => match error.refused() {
            Some(source) => return Err(source),
            None => {
                let reason = format!("the database cannot be opened: {error}");
                Some(Fault { position: Position::new(1), reason })
            }
        },
    };
    directory::remove(&trial)?;
    Ok(fault)
}

/// Walks all blocks of a database.
fn walk(database: &Database, named: Tail) -> Result<Tail, Fault> {
    let mut walk = Walk::new(named);
    for block in database.blocks(Position::START) {
        walk.step(&block.map_err(|reason| Fault { position: walk.next(), reason })?)?;
    }
    walk.finish()
}
