//! Repair: a data directory that opens again, made of what is sound in a damaged one, which is kept.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use jiff::Timestamp;
use prost::{Message as _, Name};

use super::{
    hint,
    key::{self, KeyFileError},
    scaffold::{Scaffold, ScaffoldError, carry_over_mark},
    survey::{Survey, SurveyError},
};
use crate::{
    ledger::read_stored,
    log::{
        AppendError, Log as _, ReadError,
        sled::{OpenError, SledLog},
    },
    position::Position,
    proof::{Frontier, Hash},
    wire::{
        json::{JsonError, Layout, to_json},
        record::write_record,
        v1,
    },
};

/// How many bytes of records are appended at once.
const APPEND_BYTES: usize = 1 << 20;
/// The events that were removed, as `chancery submit` takes them.
const EVENTS_FILE: &str = "events.jsonl";
/// The same with their old positions.
const RECORDS_FILE: &str = "records.jsonl";

/// What a repair has done.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// The last position of the record now.
    pub tail: Position,
    /// The root over it.
    pub root: Hash,
    /// How many events were removed that can still be read.
    pub removed: u64,
    /// How many bodies that were removed make no sense any more.
    pub unreadable: u64,
    /// Where the old directory and what was removed are.
    pub kept: PathBuf,
    /// Whether the key goes on signing; otherwise it was retired.
    pub signs_on: bool,
}

/// Why nothing was repaired. The directory is as it was, unless [`RepairError::is_done`].
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The directory cannot be read.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// What was asked for would keep what is not sound.
    #[error("the record is sound up to position {sound} only: nothing behind it can stay, so remove from {}", sound.next())]
    Unsound {
        /// The last sound position.
        sound: Position,
    },
    /// There is no room for the new directory.
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    /// The key cannot be carried over.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// What is there would not start for want of a key.
    #[error("a server would not start with what is there: {0}")]
    Unsigned(KeyFileError),
    /// The new log did not open.
    #[error("{}", hint::opening(.0))]
    Open(#[from] OpenError),
    /// The new log could not be written.
    #[error("the new record could not be written: {}", hint::appending(.0))]
    Append(#[from] AppendError),
    /// A sound record has become unreadable.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file beside the new log could not be written.
    #[error("cannot write {path}: {error}{}", hint::of(error), path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// An event has no JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
}

impl RepairError {
    /// Whether the repaired directory is in its place all the same.
    pub const fn is_done(&self) -> bool {
        matches!(self, RepairError::Scaffold(ScaffoldError::Unnamed { .. }))
    }
}

/// Whether a server would start with the key of the surveyed directory.
pub fn look_at_key(survey: &Survey) -> Result<(), RepairError> {
    key::look(survey.path()).map(drop).map_err(RepairError::Unsigned)
}

/// Puts in the place of the surveyed directory one with the records before `from` only, and keeps the old one whole beside
/// it, with what was removed and can be read as lines of JSON.
///
/// The signing key goes on when nothing was lost. Otherwise it is retired: it may have signed what this record, growing
/// again, will contradict.
pub async fn repair(survey: Survey, from: Position, now: Timestamp) -> Result<Repaired, RepairError> {
    if survey.sound.next() < from {
        return Err(RepairError::Unsound { sound: survey.sound });
    }
    let scaffold = Scaffold::replacing(survey.path())?;
    let log = SledLog::open(&scaffold.data())?;
    let mut keeping = Keeping { log: &log, from, tree: Frontier::default(), batch: Vec::new(), bytes: 0 };
    let mut removed = Removed::create(&scaffold)?;
    survey.each(|position, record| match position < from {
        true => keeping.take(position, record),
        false => removed.take(position, record),
    })?;
    keeping.append()?;
    let (tail, root) = (Position::new(keeping.tree.size()), keeping.tree.root());
    let (removed, unreadable) = removed.finish()?;
    log.close().await?;
    drop(log);
    let nothing_lost = survey.is_complete() && survey.sound.next() == from;
    let signs_on = nothing_lost && key::carry_over(survey.path(), &scaffold.data())?;
    if !signs_on {
        key::carry_over_retired(survey.path(), &scaffold.data())?;
    }
    carry_over_mark(survey.path(), &scaffold.data())?;
    let kept = scaffold.exchange(&kept(survey.path(), now))?;
    Ok(Repaired { tail, root, removed, unreadable, kept, signs_on })
}

/// `DIR.before-repair-20261122T184500Z`.
fn kept(data: &Path, now: Timestamp) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(format!(".before-repair-{}", now.strftime("%Y%m%dT%H%M%SZ")));
    data.with_file_name(name)
}

/// The records that stay.
struct Keeping<'a> {
    log: &'a SledLog,
    from: Position,
    tree: Frontier,
    batch: Vec<Bytes>,
    bytes: usize,
}

impl Keeping<'_> {
    fn take(&mut self, position: Position, record: Bytes) -> Result<(), RepairError> {
        self.tree.push(read_stored(position, record.clone())?.leaf());
        self.bytes += record.len();
        self.batch.push(record);
        match self.bytes < APPEND_BYTES && position.next() < self.from {
            true => Ok(()),
            false => self.append(),
        }
    }

    fn append(&mut self) -> Result<(), RepairError> {
        self.bytes = 0;
        let (log, batch) = (self.log, std::mem::take(&mut self.batch));
        // The log waits for the disk, which other tasks need not wait for.
        tokio::task::block_in_place(|| log.append_blocking(log.tail(), &batch))?;
        Ok(())
    }
}

/// The records that do not.
struct Removed {
    events: Lines,
    records: Lines,
    readable: u64,
    unreadable: u64,
}

impl Removed {
    fn create(scaffold: &Scaffold) -> Result<Removed, RepairError> {
        let events = Lines::create(scaffold.path().join(EVENTS_FILE))?;
        let records = Lines::create(scaffold.path().join(RECORDS_FILE))?;
        Ok(Removed { events, records, readable: 0, unreadable: 0 })
    }

    fn take(&mut self, position: Position, record: Bytes) -> Result<(), RepairError> {
        // What makes no sense stays in the old directory.
        let recorded = read_stored(position, record).ok();
        let read =
            recorded.and_then(|it| v1::Event::decode(it.content.clone()).ok().map(|event| (it, event)));
        let Some((recorded, event)) = read else {
            self.unreadable += 1;
            return Ok(());
        };
        self.readable += 1;
        self.events.write(&event)?;
        self.records.write(&write_record(recorded.envelope(), event))
    }

    fn finish(self) -> Result<(u64, u64), RepairError> {
        self.events.finish()?;
        self.records.finish()?;
        Ok((self.readable, self.unreadable))
    }
}

/// A file of messages as JSON, one a line.
struct Lines {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Lines {
    fn create(path: PathBuf) -> Result<Lines, RepairError> {
        match File::create(&path) {
            Ok(file) => Ok(Lines { path, file: BufWriter::new(file) }),
            Err(error) => Err(RepairError::Write { path, error }),
        }
    }

    fn write<M: prost::Message + Name>(&mut self, message: &M) -> Result<(), RepairError> {
        let line = to_json(message, Layout::Compact)?;
        writeln!(self.file, "{line}").map_err(|error| RepairError::Write { path: self.path.clone(), error })
    }

    fn finish(self) -> Result<(), RepairError> {
        let Lines { path, file } = self;
        let synced = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|it| it.sync_all());
        synced.map_err(|error| RepairError::Write { path, error })
    }
}
