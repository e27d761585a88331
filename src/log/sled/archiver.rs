//! The archiver: a thread that moves what a full journal file holds into the store, and gives the file back.

use std::{
    io,
    sync::{Arc, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use bytes::Bytes;

use super::{block, chain::Tail, database::SledError, journal::Journal, shared::Shared};
use crate::position::Position;

/// How many bytes of records are put into the store at a time. sled overwrites a part of its file at the earliest when
/// it has written a whole segment since that part went out of use: what replaces it must be synced by then.
const BATCH_BYTES: usize = 1 << 20;

/// A journal file whose records are to be moved.
#[derive(Debug)]
pub struct Full {
    /// The file.
    pub journal: Journal,
    /// The last position in it.
    pub last: Position,
}

/// Why the log takes no more writes when its journal cannot be moved.
pub fn unmoved(error: &SledError) -> String {
    let remedy = match error.is_damage() {
        true => {
            "; no restart mends that. What was not moved yet is in the journal: while the server runs, make a backup of what can be \
             read; once it is stopped, let `chancery repair --data` say what is left"
        }
        false => "",
    };
    format!("moving the journal into the store: {error}{remedy}")
}

/// Moves records from the newest to the store. There is one for a log.
pub struct Archiver {
    shared: Arc<Shared>,
    /// Where the store ends.
    stored: Tail,
}

impl Archiver {
    /// An archiver for a store that ends at `stored`.
    pub fn new(shared: Arc<Shared>, stored: Tail) -> Archiver {
        Archiver { shared, stored }
    }

    /// Moves all records up to `last`. When it returns they are durable in the store, and out of the reach of sled's
    /// recovery; an abandoned one may have stopped before.
    pub fn archive(&mut self, last: Position) -> Result<Tail, SledError> {
        if last <= self.stored.position {
            return Ok(self.stored);
        }
        let mut reserved = Vec::new();
        let mut after = self.stored.position;
        let mut bytes = 0;
        while after < last {
            let records = self.batch(after, last);
            bytes += records.iter().map(Bytes::len).sum::<usize>();
            reserved.extend(block::firsts(after, &records));
            after = after.plus(records.len() as u64);
        }
        // What is written to a file without a name need not be written, nor behind a cut.
        if let Some(loss) = self.shared.store.loss(self.stored.position) {
            return Err(SledError::new(&loss.to_string()));
        }
        self.shared.store.prove(self.stored.position)?;
        self.shared.store.take_room(bytes)?;
        self.shared.store.reserve(&reserved)?;
        while self.stored.position < last {
            if self.shared.is_abandoned() {
                return Ok(self.stored);
            }
            let records = self.batch(self.stored.position, last);
            self.stored = self.shared.store.put(self.stored, &records)?;
        }
        self.shared.store.reopen()?;
        // What a disk lost although it had acknowledged it is still in the journal.
        let kept = self.shared.store.tail().map_err(|error| SledError::new(&error.to_string()))?;
        if kept != self.stored {
            return Err(SledError::new(&format!(
                "the database ends at position {}, not at {}",
                kept.position, self.stored.position
            )));
        }
        let mut tail_file = self.shared.tail_file.lock().unwrap_or_else(PoisonError::into_inner);
        let named = tail_file.name_stored(self.stored);
        named.map_err(|error| SledError::refused_to("write of the tail file: ", &error))?;
        drop(tail_file);
        self.shared.recent.write().unwrap_or_else(PoisonError::into_inner).forget(last);
        Ok(self.stored)
    }

    /// The records behind `after` that are stored together.
    fn batch(&self, after: Position, last: Position) -> Vec<Bytes> {
        let recent = self.shared.recent.read().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        let records = recent.from(after.next()).take_while(|(position, record)| {
            let fits = bytes < BATCH_BYTES;
            bytes += record.len();
            fits && *position <= last
        });
        records.map(|(_, record)| record).collect()
    }

    /// Starts the thread. It ends when the sender of full files is dropped, or when it has failed and poisoned the log;
    /// its sender of free files is dropped then.
    pub fn spawn(
        mut self,
        full: mpsc::Receiver<Full>,
        free: mpsc::Sender<Journal>,
    ) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name("archiver".to_owned()).spawn(move || {
            for Full { mut journal, last } in full {
                match self.archive(last) {
                    Ok(stored) if stored.position < last => return,
                    Ok(_) => {}
                    Err(error) => {
                        self.shared.fail(unmoved(&error));
                        return;
                    }
                }
                journal.rewind();
                // Nobody takes it when the log is being dropped.
                let _ = free.send(journal);
            }
        })
    }
}
