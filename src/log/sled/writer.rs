//! The appender's side of an open log: the journal, of which one file is written while the other is archived.

use std::{
    io, mem,
    path::PathBuf,
    sync::{Arc, PoisonError, mpsc},
    thread::JoinHandle,
};

use bytes::Bytes;

use super::{
    archiver::{Archiver, Full},
    directory::{self, Directory, Files},
    frame::Frame,
    journal::Journal,
    shared::Shared,
    tail_file::Mark,
};
use crate::{
    log::{AppendError, check_append},
    position::Position,
};

/// How much the journal may hold.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// A journal file with so many bytes is archived as soon as the other is free.
    pub turn_bytes: u64,
    /// A journal file does not grow beyond this while the other is being archived: an append waits instead. A single
    /// append that is longer is taken all the same.
    pub file_bytes_max: u64,
}

impl Sizes {
    /// Files that are archived from so many bytes on, and may grow to four times as many.
    pub const fn turning_at(turn_bytes: u64) -> Sizes {
        Sizes { turn_bytes, file_bytes_max: turn_bytes.saturating_mul(4) }
    }
}

impl Default for Sizes {
    fn default() -> Sizes {
        Sizes::turning_at(16 << 20)
    }
}

/// What only the appender needs.
pub struct Writer {
    shared: Arc<Shared>,
    sizes: Sizes,
    tail: Position,
    active: Journal,
    full: mpsc::Sender<Full>,
    free: mpsc::Receiver<Journal>,
    archiver: JoinHandle<()>,
    /// Locked until everything else is done.
    directory: Directory,
}

impl Writer {
    /// Starts with an empty journal and a store that holds everything; or, in a log that is poisoned already, with a
    /// journal that is left as it is.
    pub fn start(
        shared: Arc<Shared>,
        archiver: Archiver,
        sizes: Sizes,
        directory: Directory,
    ) -> Result<Writer, (PathBuf, io::Error)> {
        let [first, second] = directory.files().journals();
        let open = if shared.poison().is_none() { Journal::create } else { Journal::keep };
        let open = |path: PathBuf, reached| open(&path, reached).map_err(|error| (path, error));
        let [first_reached, second_reached] = directory.files().journal_reached();
        let (full, to_archive) = mpsc::channel();
        let (archived, free) = mpsc::channel();
        let (active, other) = (open(first, first_reached)?, open(second, second_reached)?);
        // A synced file whose name is lost is lost.
        let journal = directory.files().journal();
        directory::sync(&journal).map_err(|error| (journal, error))?;
        // The receiver is alive.
        let _ = archived.send(other);
        let archiver = archiver
            .spawn(to_archive, archived)
            .map_err(|error| (directory.files().path().to_owned(), error))?;
        let tail = shared.tail();
        Ok(Writer { shared, sizes, tail, active, full, free, archiver, directory })
    }

    /// Where everything lies.
    pub fn files(&self) -> &Files {
        self.directory.files()
    }

    /// Appends, and returns when the records are durable.
    pub fn append(&mut self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        self.shared.check_poison()?;
        check_append(self.tail, after, records)?;
        if records.is_empty() {
            return Ok(after);
        }
        let frame = Frame::new(self.tail.next(), records)
            .map_err(|error| AppendError::Failed { reason: error.to_string() })?;
        self.make_room(frame.bytes().len() as u64)?;
        let written = self.active.append(&frame);
        written.map_err(|error| self.shared.fail(format!("write to the journal: {error}")))?;
        // A file without a name takes every write, and ends with the process; one that was cut takes those behind the cut.
        if let Some(loss) = self.active.loss() {
            return Err(self.shared.fail(loss.to_string()));
        }
        let mark = Mark::from(&frame);
        self.shared.recent.write().unwrap_or_else(PoisonError::into_inner).push(frame);
        let named = self.shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner).name_append(mark);
        named.map_err(|error| self.shared.fail(format!("write of the tail file: {error}")))?;
        self.tail = mark.position;
        self.shared.tail.send_replace(self.tail);
        Ok(self.tail)
    }

    /// Gives a full file to the archiver and goes on in the other; waits for that when the full one may not grow.
    fn make_room(&mut self, bytes: u64) -> Result<(), AppendError> {
        let length = self.active.len();
        if length < self.sizes.turn_bytes && (length == 0 || length + bytes <= self.sizes.file_bytes_max) {
            return Ok(());
        }
        let other = match self.free.try_recv() {
            Ok(other) => other,
            Err(_) if length + bytes <= self.sizes.file_bytes_max => return self.shared.check_poison(),
            Err(_) => match self.free.recv() {
                Ok(other) => other,
                Err(_) => return Err(self.stopped()),
            },
        };
        let journal = mem::replace(&mut self.active, other);
        let sent = self.full.send(Full { journal, last: self.tail });
        sent.map_err(|_| self.stopped())
    }

    /// The archiver is gone: it has said why, or it panicked.
    fn stopped(&self) -> AppendError {
        self.shared.fail("the archiver has stopped".to_owned())
    }

    /// Moves everything into the store, gives the journal's room back, and lets go of the directory.
    pub fn close(self) -> Result<(), AppendError> {
        let Writer { shared, active, full, free, archiver, tail, directory, .. } = self;
        // When the archiver has failed, the log is poisoned.
        let _ = full.send(Full { journal: active, last: tail });
        drop(full);
        let _ = archiver.join();
        let closed = shared.check_poison().and_then(|()| {
            let emptied = free.into_iter().try_for_each(|mut journal| journal.empty());
            emptied.map_err(|error| shared.fail(format!("emptying the journal: {error}")))?;
            let mut tail_file = shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner);
            let named = tail_file.named();
            let settled = tail_file.settle(named);
            settled.map_err(|error| shared.fail(format!("sync of the tail file: {error}")))
        });
        shared.store.close();
        drop(directory);
        closed
    }

    /// Writes to another file from now on.
    #[cfg(test)]
    pub fn spoil(&mut self, file: std::fs::File) {
        self.active.file = file;
    }

    /// Lets go of everything where it stands, as when the process ends. Nothing is lost: it is in the journal.
    pub fn abandon(self) {
        let Writer { shared, full, archiver, directory, .. } = self;
        shared.abandon();
        drop(full);
        let _ = archiver.join();
        shared.store.close();
        drop(directory);
    }
}
