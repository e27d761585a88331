//! The open log: appends by one writer at a time, reads by anybody.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::{sync::watch, task::spawn_blocking};

use super::{
    block,
    chain::{Fault, Tail},
    database::Database,
    directory::Directory,
    open::{OpenError, open},
    tail_file::TailFile,
};
use crate::{
    log::{AppendError, Log, ReadError, Run, check_append},
    position::Position,
};

const CLOSED: &str = "the log is closed";

/// A durable log in a directory of its own.
///
/// Its async methods run on tokio's threads for blocking work: they must be called within a tokio runtime. An append whose
/// future is dropped goes on and becomes durable all the same. Dropping the log without [`Log::close`] loses nothing.
pub struct SledLog {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` once closed.
    held: RwLock<Option<Held>>,
    tail: watch::Sender<Position>,
    poison: OnceLock<String>,
}

/// What an open log holds. Dropped in this order: the directory stays locked until sled is done.
pub(super) struct Held {
    database: Database,
    writer: Mutex<Writer>,
    _directory: Directory,
}

/// What only the appender needs.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) tail_file: TailFile,
    pub(super) tail: Tail,
}

impl SledLog {
    /// Opens the log in this directory, or creates both.
    ///
    /// Blocks: it reads the whole log, and on most file systems copies it first. It refuses when another process has
    /// the log open, and when a single record is missing or altered; it never cuts off or mends anything.
    pub fn open(directory: &Path) -> Result<SledLog, OpenError> {
        open(directory)
    }

    pub(super) fn new(held: Held, tail: watch::Sender<Position>) -> SledLog {
        SledLog { shared: Arc::new(Shared { held: RwLock::new(Some(held)), tail, poison: OnceLock::new() }) }
    }
}

impl Held {
    pub(super) fn new(database: Database, writer: Writer, directory: Directory) -> Held {
        Held { database, writer: Mutex::new(writer), _directory: directory }
    }
}

impl fmt::Debug for SledLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledLog").field("tail", &self.tail()).field("poisoned", &self.poisoned()).finish()
    }
}

#[async_trait]
impl Log for SledLog {
    async fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        let (shared, records) = (Arc::clone(&self.shared), records.to_vec());
        let appended = spawn_blocking(move || shared.append(after, &records)).await;
        appended.map_err(|error| AppendError::Failed { reason: error.to_string() })?
    }

    fn append_blocking(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        self.shared.append(after, records)
    }

    async fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
        let shared = Arc::clone(&self.shared);
        let run = spawn_blocking(move || shared.read(from, bytes_max)).await;
        run.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    async fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        let (shared, positions) = (Arc::clone(&self.shared), positions.to_vec());
        let records = spawn_blocking(move || shared.fetch(&positions)).await;
        records.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    fn fetch_blocking(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        self.shared.fetch(positions)
    }

    fn tail(&self) -> Position {
        *self.shared.tail.borrow()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.shared.tail.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        self.shared.poison.get().cloned()
    }

    async fn close(&self) -> Result<(), AppendError> {
        let shared = Arc::clone(&self.shared);
        let closed = spawn_blocking(move || shared.close()).await;
        closed.map_err(|error| AppendError::Failed { reason: error.to_string() })?
    }
}

impl Shared {
    fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref().ok_or_else(|| AppendError::Failed { reason: CLOSED.to_owned() })?;
        let mut writer = held.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.check_poison()?;
        check_append(writer.tail.position, after, records)?;
        if records.is_empty() {
            return Ok(after);
        }
        let packed = block::pack(writer.tail, records);
        let written = held.database.append(&packed).map_err(|error| error.to_string());
        written.map_err(|reason| self.fail(reason))?;
        let named = writer.tail_file.write(packed.tail);
        named.map_err(|error| self.fail(format!("write of the tail file: {error}")))?;
        writer.tail = packed.tail;
        self.tail.send_replace(packed.tail.position);
        Ok(packed.tail.position)
    }

    fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
        let first = from.max(Position::new(1));
        let mut run = Run { first, records: Vec::new() };
        let tail = *self.tail.borrow();
        if tail < first {
            return Ok(run);
        }
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let database = database(held.as_ref())?;
        let mut block = database.block(first)?;
        let mut blocks = None;
        let mut bytes = 0_usize;
        let mut position = first;
        loop {
            while let Some(record) = block.record(position) {
                bytes = bytes.saturating_add(record.len());
                if bytes_max < bytes && !run.records.is_empty() {
                    return Ok(run);
                }
                run.records.push(record);
                // Blocks that were written but not yet synced are there to be found behind the tail.
                if position == tail {
                    return Ok(run);
                }
                position = position.next();
            }
            let next = blocks.get_or_insert_with(|| database.blocks(position)).next();
            block = next
                .unwrap_or_else(|| Err("missing".to_owned()))
                .map_err(|reason| Fault { position, reason })?;
            if block.first() != position {
                return Err(Fault { position, reason: "missing".to_owned() }.into());
            }
        }
    }

    fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        let tail = *self.tail.borrow();
        let beyond = |position: &&Position| **position == Position::START || tail < **position;
        if let Some(&position) = positions.iter().find(beyond) {
            return Err(ReadError::Beyond { position, tail });
        }
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let database = database(held.as_ref())?;
        let mut records = Vec::with_capacity(positions.len());
        let mut block: Option<block::Block> = None;
        for &position in positions {
            let record = match block.as_ref().and_then(|block| block.record(position)) {
                Some(record) => record,
                None => {
                    let found = block.insert(database.block(position)?).record(position);
                    found.ok_or_else(|| Fault { position, reason: "missing".to_owned() })?
                }
            };
            records.push(record);
        }
        Ok(records)
    }

    fn close(&self) -> Result<(), AppendError> {
        let held = self.held.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(held) = held else { return Ok(()) };
        self.check_poison()?;
        let mut writer = held.writer.lock().unwrap_or_else(PoisonError::into_inner);
        held.database.sync().map_err(|error| self.fail(error.to_string()))?;
        let tail = writer.tail;
        let settled = writer.tail_file.settle(tail);
        settled.map_err(|error| self.fail(format!("sync of the tail file: {error}")))
    }

    fn check_poison(&self) -> Result<(), AppendError> {
        match self.poison.get() {
            Some(reason) => Err(AppendError::Poisoned { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Poisons the log: nobody knows now what of the write is on the disk, and a later sync would not tell.
    fn fail(&self, reason: String) -> AppendError {
        // The first reason stands: later failures follow from it.
        let reason = self.poison.get_or_init(|| reason).clone();
        AppendError::Failed { reason }
    }
}

fn database(held: Option<&Held>) -> Result<&Database, ReadError> {
    held.map(|held| &held.database).ok_or_else(|| ReadError::Failed { reason: CLOSED.to_owned() })
}

impl From<Fault> for ReadError {
    fn from(Fault { position, reason }: Fault) -> ReadError {
        ReadError::Damaged { position, reason }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn records(count: usize) -> Vec<Bytes> {
        (0..count).map(|n| Bytes::from(format!("record {n}"))).collect()
    }

    /// `/dev/null` takes every write, and answers a sync with an error: the kernel's own failing disk.
    #[tokio::test]
    async fn a_failed_sync_poisons_for_good_and_reads_go_on() {
        let directory = tempfile::tempdir().expect("a directory");
        let log = SledLog::open(directory.path()).expect("a new log");
        let two = log.append(Position::START, &records(2)).await.expect("appended");

        {
            let mut held = log.shared.held.write().expect("no panic");
            let null = File::options().read(true).write(true).open("/dev/null").expect("there is one");
            held.as_mut().expect("open").database.db = null;
        }
        let failed = log.append(two, &records(3)).await.expect_err("the sync fails");
        assert!(matches!(&failed, AppendError::Failed { reason } if reason.contains("sync")), "{failed}");
        let reason = log.poisoned().expect("poisoned");
        for after in [two, two.plus(3)] {
            let refused = log.append(after, &records(1)).await.expect_err("poisoned");
            assert!(
                matches!(&refused, AppendError::Poisoned { reason: again } if *again == reason),
                "{refused}"
            );
        }

        // The three records lie in the database, but nobody may see what may not be there tomorrow.
        assert_eq!((log.tail(), *log.watch().borrow()), (two, two));
        let run = log.read(Position::START, usize::MAX).await.expect("reads go on");
        assert_eq!(run.records, records(2));
        let beyond = log.fetch(&[two.next()]).await.expect_err("beyond the tail");
        assert!(matches!(beyond, ReadError::Beyond { .. }), "{beyond}");

        let refused = log.close().await.expect_err("it cannot be synced");
        assert!(matches!(refused, AppendError::Poisoned { .. }), "{refused}");
        let again = SledLog::open(directory.path()).expect("the failed append is whole or absent");
        let tail = again.tail();
        assert!([two, two.plus(3)].contains(&tail), "{tail}");
        again.append(tail, &records(1)).await.expect("a restart ends the poisoning");
    }
}
