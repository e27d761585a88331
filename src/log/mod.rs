//! The append-only, totally ordered, durable log of opaque records. It knows no domain.
//!
//! [`Log`] is the contract; [`memory`] is its executable specification and [`sled`] the durable implementation. The
//! conformance suite in `tests/log.rs` runs on all of them.

pub mod memory;
pub mod sled;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use crate::position::Position;

/// The longest record a log takes, in bytes. A record never spans two stored values.
pub const RECORD_BYTES_MAX: usize = 60 * 1024;

/// A run of consecutive records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The position of the first record; meaningless when there is none.
    pub first: Position,
    /// The records at `first`, `first + 1`, …: slices of the stored blocks, not copies.
    pub records: Vec<Bytes>,
}

/// How far a scan goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The position of the first record; 0 means 1.
    pub from: Position,
    /// The last position that counts; what is beyond the tail is not there.
    pub to: Position,
    /// It ends when its records have so many bytes together, or up to 64 KiB later: what was read of the disk at all is
    /// used up.
    pub bytes: usize,
}

/// What a scan gives each record to. When it fails, so does the scan.
pub type Take<'a> = dyn FnMut(Position, &[u8]) -> Result<(), ReadError> + 'a;

/// An append-only, totally ordered, durable sequence of records.
///
/// # The rules
/// - The first record is at position 1; positions have no gaps.
/// - What was appended is never changed, moved or removed.
/// - One appender: calls of [`append`](Log::append) must not overlap (they take turns if they do).
/// - Readers are never blocked by an appender, and see only what is durable.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Appends `records` after `after`, all or none, and returns the new tail once they are durable.
    ///
    /// `after` must be the current tail, else nothing is written and [`AppendError::NotTheTail`] comes back. No
    /// records is allowed and changes nothing. An append whose future is dropped may still happen. After a failed write or sync the log is *poisoned*: whether the records
    /// are there is known only after a reopening, reads go on, and every later append is refused with
    /// [`AppendError::Poisoned`].
    async fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError>;

    /// [`append`](Log::append) for a thread that may block: it returns when the records are durable, and saves the way
    /// to a thread that may and back. Not to be called from within an async task.
    fn append_blocking(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError>;

    /// Reads on from `from` (a `from` of 0 means 1) to the tail, as many records as have `bytes_max` bytes together.
    ///
    /// At least one record comes back when there is one, however long. Beyond the tail: an empty run.
    async fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError>;

    /// Gives `take` one record after the other, where they lie, and returns the position that comes next. At least one
    /// when there is one.
    ///
    /// May block. Whatever `take` does holds up readers' and the log's own upkeep, so it should be quick.
    fn scan_blocking(&self, reach: Reach, take: &mut Take<'_>) -> Result<Position, ReadError>;

    /// The same when it needs no waiting; `None`, before anything was taken, when it would.
    fn scan_ready(&self, reach: Reach, take: &mut Take<'_>) -> Option<Result<Position, ReadError>>;

    /// Reads the records at `positions`, which must ascend. The answer has the same length and order.
    ///
    /// A position that is 0 or beyond the tail is [`ReadError::Beyond`].
    async fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError>;

    /// [`fetch`](Log::fetch) for a thread that may block.
    fn fetch_blocking(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError>;

    /// The position of the last durable record; 0 when there is none.
    fn tail(&self) -> Position;

    /// Follows the tail: the receiver is told of every advance (possibly several at once).
    fn watch(&self) -> watch::Receiver<Position>;

    /// Whether, and why, the log takes no more writes.
    fn poisoned(&self) -> Option<String>;

    /// Syncs and releases what is held. Later calls may fail.
    async fn close(&self) -> Result<(), AppendError>;
}

/// Why an append was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody else appended in between; nothing was written.
    #[error("the log's tail is at {tail}, not at {after}")]
    NotTheTail {
        /// Where the caller thought the tail was.
        after: Position,
        /// Where it is.
        tail: Position,
    },
    /// A record longer than [`RECORD_BYTES_MAX`]; nothing was written.
    #[error("record {index} of the append has {bytes} bytes, more than the {RECORD_BYTES_MAX} allowed")]
    RecordTooLong {
        /// Its index in the append.
        index: usize,
        /// Its length.
        bytes: usize,
    },
    /// This write failed. It may or may not be found after a restart.
    #[error("the write failed: {reason}")]
    Failed {
        /// What the storage said.
        reason: String,
    },
    /// An earlier write failed; nothing was written.
    #[error("the log takes no more writes since one failed ({reason})")]
    Poisoned {
        /// What the storage said then.
        reason: String,
    },
}

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such position.
    #[error("there is no record at position {position}; the tail is at {tail}")]
    Beyond {
        /// The position asked for.
        position: Position,
        /// The last one there is.
        tail: Position,
    },
    /// The stored bytes are not what was written.
    #[error("damaged at position {position}: {reason}")]
    Damaged {
        /// The first position that cannot be trusted.
        position: Position,
        /// What is wrong.
        reason: String,
    },
    /// The storage failed.
    #[error("the read failed: {reason}")]
    Failed {
        /// What the storage said.
        reason: String,
    },
}

/// The rules for an append that every log checks first.
fn check_append(tail: Position, after: Position, records: &[Bytes]) -> Result<(), AppendError> {
    if after != tail {
        return Err(AppendError::NotTheTail { after, tail });
    }
    match records.iter().enumerate().find(|(_, record)| RECORD_BYTES_MAX < record.len()) {
        Some((index, record)) => Err(AppendError::RecordTooLong { index, bytes: record.len() }),
        None => Ok(()),
    }
}
