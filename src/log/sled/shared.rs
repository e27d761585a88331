//! What readers, the appender and the archiver share of an open log.

use std::sync::{
    Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use tokio::sync::{SetOnce, watch};

use super::{
    block::Block,
    chain::Fault,
    recent::Recent,
    scan::Scan,
    store::{self, Store, Wants},
    tail_file::TailFile,
};
use crate::{
    log::{AppendError, Reach, ReadError, Run, Take},
    position::Position,
};

/// The parts of an open log. A record is in `recent`, in `store`, or for a while in both; never in neither.
pub struct Shared {
    pub recent: RwLock<Recent>,
    pub store: Store,
    pub tail_file: Mutex<TailFile>,
    pub tail: watch::Sender<Position>,
    poison: SetOnce<String>,
    abandoned: AtomicBool,
}

impl Shared {
    pub fn new(store: Store, recent: Recent, tail_file: TailFile, tail: Position) -> Shared {
        Shared {
            recent: RwLock::new(recent),
            store,
            tail_file: Mutex::new(tail_file),
            tail: watch::Sender::new(tail),
            poison: SetOnce::new(),
            abandoned: AtomicBool::new(false),
        }
    }

    /// Where the log ends.
    pub fn tail(&self) -> Position {
        *self.tail.borrow()
    }

    /// Why the log takes no more writes, if so.
    pub fn poison(&self) -> Option<&String> {
        self.poison.get()
    }

    /// Returns once the log takes no more writes; perhaps never.
    pub async fn until_poisoned(&self) {
        self.poison.wait().await;
    }

    /// Poisons the log: nobody knows now what of a write is on the disk, and a later sync would not tell.
    pub fn fail(&self, reason: String) -> AppendError {
        // The first reason stands: later failures follow from it.
        let reason = match self.poison.set(reason.clone()) {
            Ok(()) => reason,
            Err(_) => self.poison.get().cloned().unwrap_or(reason),
        };
        AppendError::Failed { reason }
    }

    /// An error when the log is poisoned.
    pub fn check_poison(&self) -> Result<(), AppendError> {
        match self.poison() {
            Some(reason) => Err(AppendError::Poisoned { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Asks the archiver to stop where it is.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    /// Whether the archiver was asked to stop.
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// A read that can be answered from memory; `None` when it begins before what is there.
    pub fn read_recent(&self, from: Position, bytes_max: usize) -> Option<Run> {
        let mut gathered = Gathered::new(self.tail(), from, bytes_max);
        self.gather_recent(&mut gathered).then_some(gathered.run)
    }

    /// Reads from memory and from the store.
    pub fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
        let mut gathered = Gathered::new(self.tail(), from, bytes_max);
        while !self.gather_recent(&mut gathered) {
            let position = gathered.next;
            let looked = self
                .store
                .look(|database| store::records(database, position, |record| gathered.take(record)));
            match looked {
                // Behind a page that sled refuses it goes on block by block.
                Ok(_) => {}
                Err(_) if position < gathered.next => {}
                // What was read so far is sound; whoever reads on meets the fault first.
                Err(_) if !gathered.run.records.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(gathered.run)
    }

    /// A scan that can be answered from memory; `None` when it begins before what is there.
    pub fn scan_recent(&self, reach: Reach, take: &mut Take<'_>) -> Option<Result<Position, ReadError>> {
        let mut scan = Scan::new(reach, self.tail());
        let first = scan.next();
        while !scan.is_done() {
            match self.scan_frames(&mut scan, take) {
                Ok(true) => {}
                // What follows has moved to the store meanwhile.
                Ok(false) if first < scan.next() => break,
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        Some(Ok(scan.next()))
    }

    /// A scan of memory and of the store.
    pub fn scan(&self, reach: Reach, take: &mut Take<'_>) -> Result<Position, ReadError> {
        let mut scan = Scan::new(reach, self.tail());
        let first = scan.next();
        while !scan.is_done() {
            let before = scan.next();
            if self.scan_frames(&mut scan, take)? {
                continue;
            }
            self.store.look(|database| scan.blocks(database, take))?;
            match scan.take_fault().filter(|_| before == scan.next()) {
                None => {}
                // What was given so far is sound; whoever goes on meets the fault first.
                Some(_) if first < scan.next() => break,
                Some(fault) => return Err(fault.into()),
            }
        }
        Ok(scan.next())
    }

    /// Goes on from memory, by at least a record. False when the next record is in the store.
    fn scan_frames(&self, scan: &mut Scan, take: &mut Take<'_>) -> Result<bool, ReadError> {
        // Whoever takes does so without the lock: appends need it.
        let frames = {
            let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
            recent.frames_from(scan.next(), scan.bytes_left())
        };
        frames.iter().try_for_each(|frame| scan.frame(frame, take))?;
        Ok(!frames.is_empty())
    }

    /// Goes on from memory. False when the next record is in the store.
    fn gather_recent(&self, gathered: &mut Gathered) -> bool {
        if gathered.is_full() {
            return true;
        }
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        let (first, here) = (gathered.next, recent.holds(gathered.next));
        for (_, record) in recent.from(first) {
            if gathered.take(record) == Wants::Nothing {
                break;
            }
        }
        here
    }

    /// A fetch that can be answered from memory; `None` when a position lies before what is there.
    pub fn fetch_recent(&self, positions: &[Position]) -> Option<Result<Vec<Bytes>, ReadError>> {
        if let Err(error) = self.check_positions(positions) {
            return Some(Err(error));
        }
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        positions.iter().map(|&position| recent.record(position)).collect::<Option<_>>().map(Ok)
    }

    /// Fetches from memory and from the store.
    pub fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        self.check_positions(positions)?;
        let mut records = Vec::with_capacity(positions.len());
        let mut block: Option<Block> = None;
        for &position in positions {
            let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner).record(position);
            let found = recent.or_else(|| block.as_ref().and_then(|block| block.record(position)));
            let record = match found {
                Some(record) => record,
                None => {
                    let block = block.insert(self.store.look(|database| database.whole_block(position))?);
                    block.record(position).ok_or_else(|| Fault { position, reason: "missing".to_owned() })?
                }
            };
            records.push(record);
        }
        Ok(records)
    }

    fn check_positions(&self, positions: &[Position]) -> Result<(), ReadError> {
        let tail = self.tail();
        let beyond = |position: &&Position| **position == Position::START || tail < **position;
        match positions.iter().find(beyond) {
            Some(&position) => Err(ReadError::Beyond { position, tail }),
            None => Ok(()),
        }
    }
}

/// A read under way.
struct Gathered {
    run: Run,
    bytes: usize,
    bytes_max: usize,
    tail: Position,
    /// The position to read next.
    next: Position,
    wants: Wants,
}

impl Gathered {
    fn new(tail: Position, from: Position, bytes_max: usize) -> Gathered {
        let first = from.max(Position::new(1));
        let wants = if tail < first { Wants::Nothing } else { Wants::More };
        Gathered { run: Run { first, records: Vec::new() }, bytes: 0, bytes_max, tail, next: first, wants }
    }

    fn is_full(&self) -> bool {
        self.wants == Wants::Nothing
    }

    /// Takes the next record, if it still fits.
    fn take(&mut self, record: Bytes) -> Wants {
        self.bytes = self.bytes.saturating_add(record.len());
        let fits = self.bytes <= self.bytes_max || self.run.records.is_empty();
        if fits && !self.is_full() {
            self.run.records.push(record);
            self.next = self.next.next();
        }
        if !fits || self.tail < self.next {
            self.wants = Wants::Nothing;
        }
        self.wants
    }
}
