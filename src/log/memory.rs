//! The log in memory: the executable specification that every other log is compared with.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use super::{AppendError, Log, Reach, ReadError, Run, Take, check_append};
use crate::position::Position;

/// A log that is gone with the process. "Durable" here means appended.
#[derive(Debug)]
pub struct Memory {
    records: RwLock<Vec<Bytes>>,
    tail: watch::Sender<Position>,
}

impl Memory {
    /// An empty log.
    pub fn new() -> Memory {
        Memory { records: RwLock::default(), tail: watch::Sender::new(Position::START) }
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

#[async_trait]
impl Log for Memory {
    async fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        self.append_blocking(after, records)
    }

    fn append_blocking(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
        let mut stored = self.records.write().unwrap_or_else(PoisonError::into_inner);
        check_append(self.tail(), after, records)?;
        stored.extend_from_slice(records);
        let tail = Position::new(stored.len() as u64);
        if after < tail {
            self.tail.send_replace(tail);
        }
        Ok(tail)
    }

    async fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let first = from.max(Position::new(1));
        let mut bytes = 0_usize;
        let records = stored
            .iter()
            .skip(usize::try_from(first.get() - 1).unwrap_or(usize::MAX))
            .enumerate()
            .take_while(|(index, record)| {
                bytes = bytes.saturating_add(record.len());
                *index == 0 || bytes <= bytes_max
            })
            .map(|(_, record)| record.clone())
            .collect();
        Ok(Run { first, records })
    }

    fn scan_blocking(&self, reach: Reach, take: &mut Take<'_>) -> Result<Position, ReadError> {
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let (mut next, mut bytes) = (reach.from.max(Position::new(1)), 0_usize);
        let skipped = usize::try_from(next.get() - 1).unwrap_or(usize::MAX);
        for record in stored.get(skipped..).unwrap_or_default() {
            if reach.to < next || reach.bytes <= bytes && reach.from.max(Position::new(1)) < next {
                break;
            }
            take(next, record)?;
            bytes = bytes.saturating_add(record.len());
            next = next.next();
        }
        Ok(next)
    }

    fn scan_ready(&self, reach: Reach, take: &mut Take<'_>) -> Option<Result<Position, ReadError>> {
        Some(self.scan_blocking(reach, take))
    }

    async fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        self.fetch_blocking(positions)
    }

    fn fetch_blocking(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let tail = Position::new(stored.len() as u64);
        positions
            .iter()
            .map(|&position| {
                let index = position.get().checked_sub(1).and_then(|index| usize::try_from(index).ok());
                let record = index.and_then(|index| stored.get(index));
                record.cloned().ok_or(ReadError::Beyond { position, tail })
            })
            .collect()
    }

    fn tail(&self) -> Position {
        *self.tail.borrow()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.tail.subscribe()
    }

    fn poisoned(&self) -> Option<String> {
        None
    }

    async fn close(&self) -> Result<(), AppendError> {
        Ok(())
    }
}
