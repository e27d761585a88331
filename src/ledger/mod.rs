//! The ledger joins domain and log: it admits events, makes idempotency exact, evaluates checks, gives positions, and
//! keeps the indexes by subject and id that everything above reads through.
//!
//! One thread writes ([`writer`]); what it decides is one deterministic function of the record so far and the commits
//! in order ([`sequencer`]).

mod admission;
mod codec;
mod commit;
mod ids;
mod index;
mod inspection;
mod portion;
mod postings;
mod recorded;
mod restart;
mod sequencer;
mod staged;
mod tree;
mod writer;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

pub use codec::decode as read_stored;
pub use commit::{Check, Commit, FailedCheck, Proposed, Receipt, SubmitError};
pub use inspection::{Flaw, Inspection};
pub use portion::Replay;
pub use recorded::{Concern, Fresh, Record, Recorded};
pub use restart::{Restart, claim};
pub use sequencer::Verdict;

use crate::{
    domain::{
        id::{EventId, EventIdBeginning},
        subject::Subject,
    },
    log::{AppendError, Log, Reach, ReadError, Run},
    position::Position,
    proof::{Chunks, Span, Tree},
    wire::batch::Gathering,
};
use index::Index;
use sequencer::{Draft, Sequencer};
use writer::Request;

/// How many commits may wait for the writer. One more is refused with [`SubmitError::Full`].
pub const QUEUE_COMMITS_MAX: usize = 1_024;
/// How many batches may wait for the follower before the writer waits for it, after some more.
const FEED_BATCHES_MAX: usize = 64;
/// How much is read from the log at once, in bytes.
pub const READ_BYTES: usize = 1 << 20;

/// Where the time of recording comes from.
pub type Clock = fn() -> Timestamp;

/// What is recorded, batch by batch, as it becomes durable. The writer waits when nobody takes from it.
pub type Feed = mpsc::Receiver<Vec<Fresh>>;

/// A handle on the record. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    log: Arc<dyn Log>,
    index: Arc<RwLock<Index>>,
    tree: Arc<RwLock<Tree>>,
    clock: Clock,
    queue: mpsc::Sender<Request>,
    /// The log's tail, told only once the indexes have come to it.
    tail: watch::Receiver<Position>,
}

/// Why the record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A stored record could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The writer's thread could not be started.
    #[error("cannot start the writer's thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl Ledger {
    /// Reads the whole log, giving every event to `replay` in order, and starts the writer. From then on every batch
    /// that becomes durable is sent to the feed.
    pub async fn open(
        log: Arc<dyn Log>,
        clock: Clock,
        replay: &mut impl Replay,
    ) -> Result<(Ledger, Feed), OpenError> {
        Restart::of(log).finish(clock, Position::START, replay).await
    }

    /// Starts the writer after the events that the indexes and the tree reflect.
    fn start(log: Arc<dyn Log>, clock: Clock, index: Index, tree: Tree) -> Result<(Ledger, Feed), OpenError> {
        let tail = index.tail();
        let ahead = writer::ahead(&index, writer::storable(clock()));
        if let Some(last) = ahead {
            writer::warn_of(last);
        }
        let index = Arc::new(RwLock::new(index));
        let tree = Arc::new(RwLock::new(tree));
        let (queue, requests) = mpsc::channel(QUEUE_COMMITS_MAX);
        let (feed, batches) = mpsc::channel(FEED_BATCHES_MAX);
        let (told, tail) = watch::channel(tail);
        let writer = writer::Writer {
            log: log.clone(),
            index: index.clone(),
            tree: tree.clone(),
            clock,
            is_ahead: ahead.is_some(),
            requests,
            tail: told,
        };
        writer::spawn(writer, feed)?;
        Ok((Ledger { log, index, tree, clock, queue, tail }, batches))
    }

    /// Records a commit, all or nothing; answers when it is durable.
    pub async fn submit(&self, commit: Commit) -> Result<Vec<Receipt>, SubmitError> {
        if let Some(reason) = self.log.poisoned() {
            return Err(SubmitError::Poisoned { reason });
        }
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Request::Submit { commit, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Full,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Closed,
        })?;
        answered.await.unwrap_or(Err(SubmitError::Closed))
    }

    /// Whether a commit would be recorded as things stand, and at which tail that was judged.
    pub async fn validate(&self, commit: &Commit) -> Result<(Vec<Verdict>, Position), SubmitError> {
        // What a commit refers to is fetched without the lock, which is never held across an await; if more of it has
        // been recorded in the meantime, once more.
        loop {
            let wanted: Vec<Position> = sequencer::wanted(commit, &self.index()).into_iter().collect();
            let fetched = self.fetch(&wanted).await?;
            let index = self.index();
            if sequencer::wanted(commit, &index).into_iter().eq(wanted) {
                let sequencer = Sequencer::new(&index, &fetched, Timestamp::UNIX_EPOCH);
                let mut draft = Draft::new();
                let receipts = sequencer.judge(commit.clone(), &mut draft)?;
                let verdicts = receipts.into_iter().map(|receipt| Verdict {
                    id: receipt.id,
                    deduplicated: receipt.deduplicated,
                    subjects: sequencer.touched(receipt.position, &draft),
                });
                return Ok((verdicts.collect(), index.tail()));
            }
        }
    }

    /// The position of the last event that is durable and found by every index.
    pub fn tail(&self) -> Position {
        *self.tail.borrow()
    }

    /// Follows the tail.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.tail.clone()
    }

    /// When the last event was recorded, where the clock has not come to that yet: until it has, events are recorded at that
    /// moment.
    pub fn recorded_ahead(&self) -> Option<Timestamp> {
        writer::ahead(&self.index(), writer::storable((self.clock)()))
    }

    /// Why no more writes are taken, if so.
    pub fn poisoned(&self) -> Option<String> {
        self.log.poisoned()
    }

    /// The position of an event, if it is recorded.
    pub fn find(&self, id: EventId) -> Option<Position> {
        self.index().find(id)
    }

    /// The positions, ascending, of at most so many events whose ids begin so, and how many others there are. Every id in
    /// memory is looked at; the index is not held meanwhile.
    pub async fn beginning(
        &self,
        beginning: EventIdBeginning,
        most: usize,
    ) -> Result<(Vec<Position>, u64), ReadError> {
        let ((ids, before), tail) = (self.index().ids(), self.tail());
        let find = move || {
            let numbers = ids::within(&ids, beginning.range().clone());
            let positions = numbers.map(|number| before.plus(number as u64 + 1));
            let mut positions = positions.take_while(|position| *position <= tail);
            let first = positions.by_ref().take(most).collect();
            (first, positions.count() as u64)
        };
        let found = tokio::task::spawn_blocking(find).await;
        found.map_err(|error| ReadError::Failed { reason: error.to_string() })
    }

    /// The id of the event at a position, if there is one.
    pub fn id(&self, position: Position) -> Option<EventId> {
        self.index().id(position)
    }

    /// The events at `positions`, which must ascend and lie between 1 and the tail.
    pub async fn fetch(&self, positions: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        let records = self.log.fetch(positions).await?;
        decode_all(&self.index(), positions.iter().copied().zip(records))
    }

    /// Events from `from` on, as many as fit about `bytes_max` bytes; none at the end.
    pub async fn read(&self, from: Position, bytes_max: usize) -> Result<Vec<Recorded>, ReadError> {
        let run = self.log.read(from, bytes_max).await?;
        let positions = (0..).map(|offset| run.first.plus(offset));
        decode_all(&self.index(), positions.zip(run.records))
    }

    /// Records from `from` on as they are stored, as many as have `bytes_max` bytes; none at the end.
    pub async fn stored(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
        self.log.read(from, bytes_max).await
    }

    /// Adds the records of a stretch to `gathering`, and says which position comes next. What their events say is neither
    /// decoded nor checked.
    pub async fn gather(
        &self,
        reach: Reach,
        mut gathering: Gathering,
    ) -> Result<(Gathering, Position), ReadError> {
        let ready = self.log.scan_ready(reach, &mut push_into(&mut gathering));
        if let Some(next) = ready {
            return next.map(|next| (gathering, next));
        }
        let ledger = self.clone();
        let gathered = tokio::task::spawn_blocking(move || ledger.gather_blocking(reach, gathering)).await;
        gathered.map_err(|error| ReadError::Failed { reason: error.to_string() })?
    }

    /// The same for a thread that may block.
    pub fn gather_blocking(
        &self,
        reach: Reach,
        mut gathering: Gathering,
    ) -> Result<(Gathering, Position), ReadError> {
        let next = self.log.scan_blocking(reach, &mut push_into(&mut gathering))?;
        Ok((gathering, next))
    }

    /// The positions of the events that touch any of `subjects`, from `from` to `to`, ascending, each once.
    pub fn positions(&self, subjects: &[Subject], from: Position, to: Position) -> Vec<Position> {
        self.index().positions(subjects, from, to)
    }

    /// What an event touches, as the index by subject has it: what its own content does, and for a claim or record event
    /// what its family had touched before.
    pub async fn touched(&self, recorded: &Recorded) -> Result<Vec<Subject>, ReadError> {
        let Some(Concern { root, .. }) = recorded.concern else {
            return Ok(index::touched(recorded, None, None));
        };
        let mut earlier = self.family(root);
        earlier.retain(|member| *member < recorded.position);
        let members = self.fetch(&earlier).await?;
        let family: BTreeSet<Subject> = members.iter().flat_map(Recorded::own_subjects).collect();
        // The fact is the first of its family.
        Ok(index::touched(recorded, members.first(), Some(&family)))
    }

    /// When the event at a position was recorded; `None` for position 0.
    pub async fn recorded_at(&self, position: Position) -> Result<Option<Timestamp>, ReadError> {
        if position == Position::START {
            return Ok(None);
        }
        let record = self.log.fetch(&[position]).await?.into_iter().next();
        record.map(|record| codec::recorded_at(position, &record)).transpose()
    }

    /// The fact at `root` and every claim, correction, retraction and reinstatement of its family, ascending.
    pub fn family(&self, root: Position) -> Vec<Position> {
        self.index().family(root)
    }

    /// The fact that the family of the event at a position goes back to: itself, unless it is a claim or record event.
    pub fn family_root(&self, position: Position) -> Position {
        self.index().root(position).unwrap_or(position)
    }

    /// The last position recorded at or before `time`.
    pub async fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        // recorded_at never decreases: find the first event after the time.
        let (mut low, mut high) = (0, self.tail().get());
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let at = self.recorded_at(Position::new(middle)).await?;
            if at.is_some_and(|at| at <= time) { low = middle } else { high = middle - 1 }
        }
        Ok(Position::new(low))
    }

    /// Writes a snapshot of the indexes and the tree as they are now into a directory, and says of which position.
    pub async fn snapshot(&self, directory: &Path) -> std::io::Result<Position> {
        let ledger = self.clone();
        let path = directory.join(restart::FILE);
        let write = move || {
            // The writer takes the two locks in the same order, and changes both under the first.
            let index = ledger.index();
            let tree = ledger.tree.read().unwrap_or_else(PoisonError::into_inner).clone();
            let frozen = index.freeze();
            drop(index);
            let size = tree.size();
            let root = tree.hashes(&[Span { begin: 0, end: size }], &Chunks::new());
            let root = root.ok().and_then(|hashes| hashes.into_iter().next());
            let root = root.ok_or_else(|| std::io::Error::other("the tree has no root"))?;
            frozen.write(&tree, root, &path)?;
            Ok(Position::new(size))
        };
        tokio::task::spawn_blocking(write).await.map_err(std::io::Error::other)?
    }

    /// Takes no more commits, ends the writer after those that wait, and closes the log.
    pub async fn close(&self) -> Result<(), AppendError> {
        let (done, ended) = oneshot::channel();
        // A writer that is gone already needs no asking.
        if self.queue.send(Request::Close { done }).await.is_ok() {
            let _ = ended.await;
        }
        self.log.close().await
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds stored events to a batch.
fn push_into(gathering: &mut Gathering) -> impl FnMut(Position, &[u8]) -> Result<(), ReadError> {
    |position, record| {
        let (envelope, event) = codec::unframe(position, record)?;
        gathering.push(envelope, event);
        Ok(())
    }
}

/// Decodes stored records, and says what each concerns.
fn decode_all(
    index: &Index,
    records: impl Iterator<Item = (Position, Bytes)>,
) -> Result<Vec<Recorded>, ReadError> {
    records.map(|(position, record)| Ok(index.complete(codec::decode(position, record)?))).collect()
}
