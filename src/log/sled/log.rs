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
    verify::{VerifyError, loss, verify},
    writer::{Sizes, Writer},
};
use crate::{
    log::{AppendError, Log, Reach, ReadError, Run, Take},
    position::Position,
};

/// What is known to be damaged of an open log, in words: what a reader came upon first, or the last verification.
pub type Damage = Arc<Mutex<Option<String>>>;

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
    damage: Damage,
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
        let (files, damage) = (writer.files().clone(), Damage::default());
        Ok(SledLog { parts: Arc::new(Parts { shared, writer: Mutex::new(Some(writer)), files, damage }) })
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

    /// What is known to be damaged. Whoever has verified the log says there what was found.
    pub fn damage(&self) -> Damage {
        self.parts.damage.clone()
    }

    /// Looks whether the directory and its files are still where they were opened, and as long as they were; if not, the log
    /// takes no more writes.
    ///
    /// Every append looks for its own file. This finds what an append does not see, and when there is none.
    pub fn check_place(&self) {
        if let Some(loss) = loss(&self.parts.shared, &self.parts.files) {
            // The reason is kept for everybody who asks.
            let _ = self.parts.shared.fail(loss.to_string());
        }
    }

    /// Returns once the log takes no more writes, for the reason that [`Log::poisoned`] gives; perhaps never.
    pub async fn until_poisoned(&self) {
        self.parts.shared.until_poisoned().await;
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
        let run = spawn_blocking(move || parts.noting(parts.shared.read(from, bytes_max))).await;
        run.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    fn scan_blocking(&self, reach: Reach, take: &mut Take<'_>) -> Result<Position, ReadError> {
        self.parts.noting(self.parts.shared.scan(reach, take))
    }

    fn scan_ready(&self, reach: Reach, take: &mut Take<'_>) -> Option<Result<Position, ReadError>> {
        self.parts.shared.scan_recent(reach, take)
    }

    async fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        if let Some(records) = self.parts.shared.fetch_recent(positions) {
            return records;
        }
        let (parts, positions) = (Arc::clone(&self.parts), positions.to_vec());
        let records = spawn_blocking(move || parts.noting(parts.shared.fetch(&positions))).await;
        records.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    fn fetch_blocking(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        self.parts.noting(self.parts.shared.fetch(positions))
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
    /// Keeps what a reader came upon, for whoever asks how the log is.
    fn noting<T>(&self, read: Result<T, ReadError>) -> Result<T, ReadError> {
        read.inspect_err(|error| {
            if let ReadError::Damaged { position, reason } = error {
                let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
                damage.get_or_insert_with(|| format!("position {position}, the log: {reason}"));
            }
        })
    }

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

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn records(count: usize) -> Vec<Bytes> {
        (0..count).map(|n| Bytes::from(format!("record {n}"))).collect()
    }

    /// `/dev/null` takes every write, and answers a sync with an error: the kernel's own failing disk.
    fn null() -> File {
        File::options().read(true).write(true).open("/dev/null").expect("there is one")
    }

    #[tokio::test]
    async fn a_failed_sync_poisons_for_good_and_reads_go_on() {
        let directory = tempfile::tempdir().expect("a directory");
        let log = SledLog::open(directory.path()).expect("a new log");
        let two = log.append(Position::START, &records(2)).await.expect("appended");

        log.parts.writer.lock().expect("no panic").as_mut().expect("open").spoil(null());
        let failed = log.append(two, &records(3)).await.expect_err("the sync fails");
        assert!(matches!(&failed, AppendError::Failed { reason } if reason.contains("journal")), "{failed}");
        let reason = log.poisoned().expect("poisoned");
        for after in [two, two.plus(3)] {
            let refused = log.append(after, &records(1)).await.expect_err("poisoned");
            assert!(
                matches!(&refused, AppendError::Poisoned { reason: again } if *again == reason),
                "{refused}"
            );
        }

        // Nobody may see what may not be there tomorrow.
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

    #[tokio::test]
    async fn what_a_reader_comes_upon_is_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let log = SledLog::open(directory.path()).expect("a new log");
        log.append(Position::START, &records(2)).await.expect("appended");
        let known = || log.damage().lock().expect("no panic").clone();
        log.parts.noting(log.parts.shared.fetch(&[Position::new(3)])).expect_err("beyond the tail");
        assert_eq!(known(), None);
        for position in [2, 1] {
            let damaged = ReadError::Damaged { position: Position::new(position), reason: "torn".to_owned() };
            log.parts.noting::<()>(Err(damaged)).expect_err("as it was");
            assert_eq!(known().as_deref(), Some("position 2, the log: torn"));
        }
    }

    #[tokio::test]
    async fn a_failed_archiver_poisons_and_loses_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        // Every append fills a file.
        let sizes = Sizes { turn_bytes: 1, file_bytes_max: 1 };
        let log = SledLog::open_sized(directory.path(), sizes).expect("a new log");
        log.append(Position::START, &records(2)).await.expect("appended");
        log.parts.shared.store.spoil(null());

        // The third append after this needs the file that the archiver does not give back.
        let mut acknowledged = records(2);
        let refused = loop {
            match log.append(log.tail(), &records(1)).await {
                Ok(_) => acknowledged.extend(records(1)),
                Err(refused) => break refused,
            }
            assert!(acknowledged.len() < 5, "the archiver does not fail");
        };
        assert!(refused.to_string().contains("into the store"), "{refused}");
        let run = log.read(Position::START, usize::MAX).await.expect("reads go on");
        assert_eq!(run.records, acknowledged);

        drop(log);
        let again = SledLog::open(directory.path()).expect("everything is in the journal");
        let run = again.read(Position::START, usize::MAX).await.expect("readable");
        assert_eq!(run.records, acknowledged);
        again.append(again.tail(), &records(1)).await.expect("a restart ends the poisoning");
    }

    #[tokio::test]
    async fn a_database_that_is_removed_is_not_made_anew() {
        let directory = tempfile::tempdir().expect("a directory");
        // Every append fills a file, so that each is moved to the store at once.
        let sizes = Sizes { turn_bytes: 1, file_bytes_max: 1 };
        let log = SledLog::open_sized(directory.path(), sizes).expect("a new log");
        let mut acknowledged = records(4);
        for record in &acknowledged {
            log.append(log.tail(), std::slice::from_ref(record)).await.expect("appended");
        }
        // Until all but the last are in the database, it may be closed, to be opened anew.
        let stored = || log.parts.shared.tail_file.lock().expect("no panic").named().stored.position;
        while stored() < Position::new(3) {
            std::thread::yield_now();
        }
        let db = directory.path().join("sled/db");
        std::fs::remove_file(&db).expect("removed");
        let refused = loop {
            match log.append(log.tail(), &records(1)).await {
                Ok(_) => acknowledged.extend(records(1)),
                Err(refused) => break refused,
            }
            assert!(acknowledged.len() < 10, "nobody notices");
        };
        assert!(refused.to_string().contains("was removed, moved or replaced"), "{refused}");
        let run = log.read(Position::START, usize::MAX).await.expect("reads go on");
        assert_eq!(run.records, acknowledged);
        drop(log);
        assert!(!db.exists());
    }
}
