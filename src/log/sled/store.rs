//! The store: the database with everything that has left the journal.

use std::{
    io, mem,
    path::PathBuf,
    sync::{PoisonError, RwLock},
};

use bytes::Bytes;

use super::{
    block,
    chain::{Fault, Tail},
    database::{Database, SEGMENT_BYTES, SledError},
    directory,
    loss::Loss,
    recovery::{self, Recovery, RecoveryError},
    salvage,
};
use crate::{log::ReadError, position::Position};

/// The database, which can be opened anew under its readers.
pub struct Store {
    folder: PathBuf,
    state: RwLock<State>,
}

enum State {
    Open(Database),
    /// The system refused to have it opened anew; the next reader tries again.
    Lost,
    Closed,
}

impl Store {
    /// A store around a database that was opened from this folder, and synced: its file is as long now as it was made.
    pub fn new(folder: PathBuf, database: Database) -> Store {
        if let Ok(found) = database.db.metadata() {
            database.reached.set(found.len());
        }
        Store { folder, state: RwLock::new(State::Open(database)) }
    }

    /// Reads from the database.
    pub fn look<T, E: Into<ReadError>>(
        &self,
        look: impl FnOnce(&Database) -> Result<T, E>,
    ) -> Result<T, ReadError> {
        let mut state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if let State::Lost = *state {
            drop(state);
            self.reopen().map_err(|error| ReadError::Failed { reason: error.to_string() })?;
            state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        }
        match &*state {
            State::Open(database) => look(database).map_err(Into::into),
            _ => Err(ReadError::Failed { reason: CLOSED.to_owned() }),
        }
    }

    /// Where the database ends.
    pub fn tail(&self) -> Result<Tail, ReadError> {
        let last = self.look(Database::last)?;
        Ok(last.map_or(Tail::START, |last| Tail { position: last.last(), chain: last.after() }))
    }

    /// Takes the room that so many bytes of records may need, and the next snapshot, or fails before anything is written: a
    /// full disk must not be found when the database is half written, or closed to be opened anew.
    pub fn take_room(&self, bytes: usize) -> Result<(), SledError> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(database) => database.take_room(bytes)?,
            _ => return Err(SledError::new(CLOSED)),
        }
        recovery::take_room(&self.folder).map_err(|error| SledError::refusal(&error))
    }

    /// Proves that sled, were it to open the database now, would overwrite nothing that was put before `stored`. What rotted
    /// under an open database must be found before anything is written to it, while all that it holds can still be read.
    pub fn prove(&self, stored: Position) -> Result<(), SledError> {
        match self.look_ahead()? {
            // sled has opened it once, when it was empty, and takes its first snapshot when it opens it again.
            Recovery::Unknown if Position::START < stored => {
                Err(SledError::new("the snapshot of the database is gone; the next start makes another"))
            }
            Recovery::Unknown | Recovery::Proved => Ok(()),
        }
    }

    fn look_ahead(&self) -> Result<Recovery, SledError> {
        recovery::check(&self.folder).map_err(|error| match error {
            RecoveryError::Damaged { reason } => SledError::damage(&reason),
            RecoveryError::Io(error) => match directory::regular(&directory::db(&self.folder)) {
                Ok(_) => SledError::refusal(&error),
                Err(loss) => SledError::new(&loss.to_string()),
            },
        })
    }

    /// Makes room for blocks that begin at these positions: see [`Database::reserve`].
    pub fn reserve(&self, firsts: &[Position]) -> Result<(), SledError> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(database) => database.reserve(firsts.iter().copied()),
            _ => Err(SledError::new(CLOSED)),
        }
    }

    /// Puts records behind `tail`, all or none, and returns where the store ends once they are on the disk.
    pub fn put(&self, tail: Tail, records: &[Bytes]) -> Result<Tail, SledError> {
        let packed = block::pack(tail, records);
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(database) => database.append(&packed)?,
            _ => return Err(SledError::new(CLOSED)),
        }
        Ok(packed.tail)
    }

    /// Closes the database and opens it again, because sled writes its snapshot only then: everything that is in the
    /// database now is out of the reach of sled's next recovery, except for what [`super::recovery`] checks.
    ///
    /// Readers wait meanwhile. What sled refuses to open again is read without it from then on.
    pub fn reopen(&self) -> Result<(), SledError> {
        let refused = |error: io::Error| SledError::refusal(&error);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let State::Closed = *state {
            return Err(SledError::new(CLOSED));
        }
        let db = directory::db(&self.folder);
        let held = match &*state {
            State::Open(database) => Some(database.db.try_clone().map_err(refused)?),
            _ => None,
        };
        let missed = || match &held {
            Some(file) => directory::missed_at(file, &db),
            None => directory::regular(&db).err(),
        };
        let lost = |loss: Loss| SledError::new(&loss.to_string());
        // sled would make another one, empty, and what is in the open one would end here.
        missed().map_or(Ok(()), |loss| Err(lost(loss)))?;
        let proved = self.look_ahead();
        if let State::Open(_) = *state {
            proved.clone()?;
        }
        recovery::discard_unfinished(&self.folder).map_err(refused)?;
        // sled holds a lock on its file until it is dropped, which takes a while.
        drop(mem::replace(&mut *state, State::Lost));
        missed().map_or(Ok(()), |loss| Err(lost(loss)))?;
        match proved.and_then(|_| Database::open(&self.folder)) {
            Ok(database) => *state = State::Open(database),
            Err(error) => {
                if error.refused().is_none() {
                    *state = State::Open(Database::refused(&self.folder, error.clone())?);
                }
                return Err(missed().map_or(error, lost));
            }
        }
        drop(state);
        directory::sync(&self.folder).map_err(refused)
    }

    /// What is wrong with the file of the database, in which the records up to `stored` are, when it does not have its path any
    /// more, or is shorter than it was. While the database is being opened anew nobody can say, nor need: opening it looks
    /// as well.
    pub fn loss(&self, stored: Position) -> Option<Loss> {
        let state = self.state.try_read().ok()?;
        let State::Open(database) = &*state else { return None };
        let db = directory::db(&self.folder);
        let missed = directory::missed_at(&database.db, &db);
        if missed.is_some() {
            return missed;
        }
        let length = || database.db.metadata().ok().map(|found| found.len());
        let cut = database.reached.cut(&db, length)?;
        // sled gives back whole segments of its own accord, at the end of the file, when nothing in them is needed.
        let Loss::Cut { bytes, .. } = cut else { return Some(cut) };
        let spared = 0 < bytes
            && bytes % SEGMENT_BYTES as u64 == 0
            && salvage::end(&db).is_ok_and(|end| stored <= end);
        if spared {
            database.reached.set(bytes);
        }
        (!spared).then_some(cut)
    }

    /// Syncs another file from now on.
    #[cfg(test)]
    pub fn spoil(&self, file: std::fs::File) {
        if let State::Open(database) = &mut *self.state.write().unwrap_or_else(PoisonError::into_inner) {
            database.db = file;
        }
    }

    /// Lets go of the database; later reads fail.
    pub fn close(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        drop(mem::replace(&mut *state, State::Closed));
    }
}

const CLOSED: &str = "the log is closed";

impl From<Fault> for ReadError {
    fn from(Fault { position, reason }: Fault) -> ReadError {
        ReadError::Damaged { position, reason }
    }
}

/// Reads records one after the other from the blocks of a database, as far as they go.
///
/// Calls `take` with each until it answers that it has enough, and returns the position that comes next.
pub fn records(
    database: &Database,
    first: Position,
    mut take: impl FnMut(Bytes) -> Wants,
) -> Result<Position, Fault> {
    let mut block = database.whole_block(first)?;
    let mut blocks = database.blocks(block.last().next());
    let mut position = first;
    loop {
        while let Some(record) = block.record(position) {
            if let Wants::Nothing = take(record) {
                return Ok(position);
            }
            position = position.next();
        }
        block = match blocks.next() {
            None => return Ok(position),
            Some(block) => block.map_err(|reason| Fault { position, reason })?,
        };
        if block.first() != position {
            return Err(Fault { position, reason: "missing".to_owned() });
        }
    }
}

/// Whether a reader wants to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// The next record.
    More,
    /// It did not take this one, or needs no other.
    Nothing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_sled_made_shorter_is_not_called_cut() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = Database::open(directory.path()).expect("a new one");
        let packed = block::pack(Tail::START, &[Bytes::from_static(b"one"), Bytes::from_static(b"two")]);
        database.append(&packed).expect("appended");
        let (segment, stored) = (SEGMENT_BYTES as u64, packed.tail.position);
        // The length that it has, the one that it had, and whether records were lost.
        let cases = [(2, 2, false), (1, 2, false), (1, 3, false), (0, 1, true)];
        let store = Store::new(directory.path().to_owned(), database);
        for (has, had, lost) in cases {
            let state = store.state.read().expect("no panic");
            let State::Open(database) = &*state else { panic!("it is open") };
            database.db.set_len(has * segment).expect("set");
            database.reached.set(had * segment);
            drop(state);
            assert_eq!(store.loss(stored).is_some(), lost, "{has} of {had} segments");
        }
    }
}
