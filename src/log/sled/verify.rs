//! The walk over a whole open log: every block of the store, every frame of the journal, read back from the disk.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::PoisonError};

use super::{
    chain::{Fault, Walk},
    database::Database,
    directory::{self, Files},
    frame::Frame,
    journal::Found,
    loss::Loss,
    salvage,
    shared::Shared,
};
use crate::{log::ReadError, position::Position};

/// How many blocks are walked before the database is let go of, so that it can be opened anew in between.
const BLOCKS_AT_ONCE: usize = 64;

/// What a walk over the log came upon.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A part of the log is altered or gone.
    #[error(
        "the log is damaged at position {position} ({}): {reason}. Restore the data directory from a backup, or keep \
         it for repair",
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
    /// The log could not be read, or was closed meanwhile.
    #[error("the log cannot be read: {reason}")]
    Failed {
        /// What the storage said.
        reason: String,
    },
}

/// Walks the log in this directory, which is open, up to where it ended when the walk began; returns that position.
///
/// Tells `progress` from time to time how far it has come.
pub fn verify(
    shared: &Shared,
    files: &Files,
    mut progress: impl FnMut(Position),
) -> Result<Position, VerifyError> {
    check_names(shared, files)?;
    let frames = shared.recent.read().unwrap_or_else(PoisonError::into_inner).frames();
    let named = shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner).named().stored;
    let failed = |error: ReadError| match error {
        ReadError::Damaged { position, reason } => {
            VerifyError::Damaged { position, file: directory::db(&files.sled()), reason }
        }
        error => VerifyError::Failed { reason: error.to_string() },
    };
    check_file(shared, files, named.position)?;
    let mut walk = Walk::new(named);
    while walk.next() <= named.position {
        let walked = shared.store.look(|database| {
            let before = walk.next();
            for block in database.blocks(before).take(BLOCKS_AT_ONCE) {
                let block = block.map_err(|reason| refused(database, walk.next(), named.position, reason))?;
                walk.step(&block)?;
            }
            let missing = || Fault { position: before, reason: "missing".to_owned() };
            if before < walk.next() { Ok(()) } else { Err(missing()) }
        });
        walked.map_err(failed)?;
        progress(Position::new(walk.next().get() - 1));
    }
    check_journal(shared, &files.journals(), &frames)?;
    let last = frames.last().map_or(named.position, Frame::last);
    progress(last);
    Ok(last)
}

/// Every block up to `last` must be whole in the file itself: sled keeps in memory what it has read, and may have it when it is
/// not on the disk any more.
fn check_file(shared: &Shared, files: &Files, last: Position) -> Result<(), VerifyError> {
    let db = directory::db(&files.sled());
    let mut before = None;
    loop {
        let end = salvage::end(&db);
        let end =
            end.map_err(|error| VerifyError::Failed { reason: format!("{}: {error}", db.display()) })?;
        if last <= end {
            return Ok(());
        }
        // sled moves blocks while the file is being read: what is not found twice is not there.
        if before.replace(end) == Some(end) {
            let Fault { position, mut reason } = salvage::fault(&db, end.next());
            if shared.store.look(|database| database.block(position)).is_ok() {
                reason
                    .push_str("; the server still has it in memory: make a backup now, before it is stopped");
            }
            return Err(VerifyError::Damaged { position, file: db, reason });
        }
    }
}

/// What sled refuses at a position: the fault is at the first one from there on that is not whole in the file either; behind
/// the last when all are.
fn refused(database: &Database, position: Position, last: Position, reason: String) -> Fault {
    let mut met = Fault { position, reason };
    while met.position <= last {
        match database.whole_block(met.position) {
            Ok(block) => met.position = block.last().next(),
            // What sled says of this position, and not of one before it.
            Err(fault) => return Fault { reason: fault.reason, ..met },
        }
    }
    met
}

/// The files that are open must still be those in the directory: what was removed under a running process is lost with it.
fn check_names(shared: &Shared, files: &Files) -> Result<(), VerifyError> {
    match loss(shared, files) {
        None => Ok(()),
        Some(loss) => Err(VerifyError::Damaged {
            position: Position::new(1),
            file: loss.path().to_owned(),
            reason: match loss {
                Loss::Gone { .. } => "it was removed or replaced while the server has it open, and what is in it ends with the \
                                      server: make a backup now, before it is stopped"
                    .to_owned(),
                Loss::Cut { .. } => format!("it {}", loss.told()),
            },
        }),
    }
}

/// The first file that the log needs and that is not in the directory any more, or not whole; or the directory itself.
pub fn loss(shared: &Shared, files: &Files) -> Option<Loss> {
    let (tail, stored) = {
        let tail_file = shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner);
        (tail_file.lies_at(&files.tail()), tail_file.named().stored.position)
    };
    files
        .loss()
        .or_else(|| (!tail).then(|| Loss::Gone { path: files.tail() }))
        .or_else(|| shared.store.loss(stored))
}

/// Each of these frames, which were appended, must be in one of the files, unless it has been archived since.
fn check_journal(shared: &Shared, paths: &[PathBuf], frames: &[Frame]) -> Result<(), VerifyError> {
    let mut found = Vec::new();
    for path in paths {
        let read = Found::read(path.clone());
        found.push(
            read.map_err(|error| VerifyError::Failed { reason: format!("{}: {error}", path.display()) })?,
        );
    }
    let stored = shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner).named().stored.position;
    let written: BTreeMap<Position, &Frame> =
        found.iter().flat_map(|file| &file.frames).map(|frame| (frame.first(), frame)).collect();
    for frame in frames.iter().filter(|frame| stored < frame.last()) {
        if written.get(&frame.first()).is_none_or(|written| written.bytes() != frame.bytes()) {
            return Err(VerifyError::Damaged {
                position: frame.first(),
                file: holder(&found, frame.first()).map(|file| file.path.clone()).unwrap_or_default(),
                reason: "the append is not in the journal as it was written".to_owned(),
            });
        }
    }
    Ok(())
}

/// The file in which a frame from this position on was: the one that goes on behind it, or that came to it; when none did, the
/// longest.
fn holder(found: &[Found], first: Position) -> Option<&Found> {
    let behind = |file: &&Found| first <= file.stray;
    let before = |file: &&Found| file.frames.last().is_some_and(|frame| frame.last().next() == first);
    let bytes = |file: &&Found| fs::metadata(&file.path).map_or(0, |found| found.len());
    let found = || found.iter();
    found().find(behind).or_else(|| found().find(before)).or_else(|| found().max_by_key(bytes))
}
