//! The open log: appends by one writer at a time, reads by anybody.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::{sync::watch, task::spawn_blocking};

use super::{
    directory::Files,
    open::{OpenError, open},
    shared::Shared,
    verify::{VerifyError, verify},
    writer::{Sizes, Writer},
};
use crate::{
    log::{AppendError, Log, ReadError, Run},
    position::Position,
};

/// A durable log in a directory of its own.
///
/// Where its async methods must wait for the disk they run on tokio's threads for blocking work: they must be called
/// within a tokio runtime. An append whose future is dropped goes on and becomes durable all the same, unless the log
/// is dropped as well. Dropping the log without [`Log::close`] loses nothing, but leaves work for the next opening.
pub struct SledLog {
    parts: Arc<Parts>,
}

struct Parts {
    shared: Arc<Shared>,
    /// `None` once closed.
    writer: Mutex<Option<Writer>>,
    files: Files,
}

impl SledLog {
    /// Opens the log in this directory, or creates both.
    ///
    /// Blocks: it moves what an earlier process left in the journal into the store, but does not read the whole log.
    /// It refuses when another process has the log open, and when it sees that a record is missing or altered; it never
    /// cuts off or mends anything.
    pub fn open(directory: &Path) -> Result<SledLog, OpenError> {
        SledLog::open_sized(directory, Sizes::default())
    }

    /// The same, with a journal of another size.
    pub fn open_sized(directory: &Path, sizes: Sizes) -> Result<SledLog, OpenError> {
        let (shared, writer) = open(directory, sizes)?;
        let files = writer.files().clone();
        Ok(SledLog { parts: Arc::new(Parts { shared, writer: Mutex::new(Some(writer)), files }) })
    }
}

impl SledLog {
    /// Walks over the whole log as it lies on the disk, while it is in use, up to where it ends now; returns that position.
    ///
    /// Blocks for as long as it takes to read everything. Tells `progress` from time to time how far it has come. What
    /// it finds first is what a reader would come upon first.
    pub fn verify(&self, progress: impl FnMut(Position)) -> Result<Position, VerifyError> {
        verify(&self.parts.shared, &self.parts.files, progress)
    }
}

impl fmt::Debug for SledLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledLog").field("tail", &self.tail()).field("poisoned", &self.poisoned()).finish()
    }
}

impl Drop for SledLog {
    fn drop(&mut self) {
        if let Some(writer) = self.parts.writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            writer.abandon();
        }
    }
}

#[async_trait]
impl Log for SledLog {
    async fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        let (parts, records) = (Arc::clone(&self.parts), records.to_vec());
        let appended = spawn_blocking(move || parts.append(after, &records)).await;
        appended.map_err(|error| AppendError::Failed { reason: error.to_string() })?
    }

    fn append_blocking(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        self.parts.append(after, records)
    }

    async fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
        if let Some(run) = self.parts.shared.read_recent(from, bytes_max) {
            return Ok(run);
        }
        let parts = Arc::clone(&self.parts);
        let run = spawn_blocking(move || parts.shared.read(from, bytes_max)).await;
        run.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    async fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        if let Some(records) = self.parts.shared.fetch_recent(positions) {
            return records;
        }
        let (parts, positions) = (Arc::clone(&self.parts), positions.to_vec());
        let records = spawn_blocking(move || parts.shared.fetch(&positions)).await;
        records.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    fn fetch_blocking(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        self.parts.shared.fetch(positions)
    }

    fn tail(&self) -> Position {
        self.parts.shared.tail()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.parts.shared.tail.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        self.parts.shared.poison().cloned()
    }

    async fn close(&self) -> Result<(), AppendError> {
        let parts = Arc::clone(&self.parts);
        let closed = spawn_blocking(move || parts.close()).await;
        closed.map_err(|error| AppendError::Failed { reason: error.to_string() })?
    }
}

impl Parts {
    fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = || AppendError::Failed { reason: "the log is closed".to_owned() };
        writer.as_mut().ok_or_else(closed)?.append(after, records)
    }

    fn close(&self) -> Result<(), AppendError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(writer) = writer else { return Ok(()) };
        match self.shared.check_poison() {
            Ok(()) => writer.close(),
            Err(poisoned) => {
                writer.abandon();
                Err(poisoned)
            }
        }
    }
}
