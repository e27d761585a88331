//! The writer: one thread that takes every commit that is waiting, sequences them, writes them as one durable batch,
//! and answers everybody. The batch is whatever queued while the last one was synced; there is no artificial delay.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, PoisonError, RwLock},
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{
    mpsc::{self, error::TryRecvError},
    oneshot, watch,
};
use tracing::warn;

use super::{
    Clock, codec,
    commit::{Commit, Receipt, SubmitError},
    index::{Entry, Index},
    recorded::Fresh,
    sequencer::{self, Draft, Sequencer},
    staged::Staged,
};
use crate::{log::Log, position::Position, proof::Tree};

/// How many events are written as one batch, about: a commit is never divided.
const BATCH_EVENTS_MAX: usize = 4_096;

/// How many batches may be told of before the writer waits for whoever tells.
const NEWS_BATCHES_MAX: usize = 16;

/// How long the writer looks for the next commit before it goes to sleep: about an answer's way to a client and back.
const AWAKE: Duration = Duration::from_micros(400);

/// After a batch of at most so many commits. After a larger one there is work for every processor: the answers, and what
/// those clients ask next.
const AWAKE_AFTER_MAX: usize = 16;

/// What the writer is asked.
pub enum Request {
    /// To record a commit.
    Submit {
        /// The commit.
        commit: Commit,
        /// Who waits.
        answer: oneshot::Sender<Answer>,
    },
    /// To take no more commits and end after those that wait.
    Close {
        /// Who waits.
        done: oneshot::Sender<()>,
    },
}

/// By how much a clock may be set back without a word. Those that are kept right are, by less.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(1);

/// What the writer works with.
pub struct Writer {
    /// The log; nobody else appends to it.
    pub log: Arc<dyn Log>,
    /// The indexes; nobody else changes them.
    pub index: Arc<RwLock<Index>>,
    /// The tree over all events; nobody else changes it.
    pub tree: Arc<RwLock<Tree>>,
    /// The time of recording.
    pub clock: Clock,
    /// Whether the last event was recorded ahead of the clock, and that was said.
    pub is_ahead: bool,
    /// The queue.
    pub requests: mpsc::Receiver<Request>,
    /// The tail that readers see.
    pub tail: watch::Sender<Position>,
}

/// What becomes of a commit.
type Answer = Result<Vec<Receipt>, SubmitError>;

/// Who waits for an answer.
type Waiting = oneshot::Sender<Answer>;

/// What those who wait, and those who follow, are to be told.
enum News {
    Batch { answers: Vec<(Waiting, Answer)>, fresh: Vec<Fresh> },
    Closed(Vec<oneshot::Sender<()>>),
}

/// Starts the thread. It ends when it is asked to, or when every handle is gone.
///
/// Must be called within a tokio runtime: whoever waits is told by a task, because a thread of its own would have to wake
/// the runtime once for each.
pub fn spawn(mut writer: Writer, feed: mpsc::Sender<Vec<Fresh>>) -> io::Result<()> {
    let (news, told) = mpsc::channel(NEWS_BATCHES_MAX);
    tokio::spawn(tell(told, feed));
    thread::Builder::new().name("writer".to_owned()).spawn(move || {
        let mut closing = Vec::new();
        let mut awake = AWAKE;
        while let Some(batch) = writer.next_batch(awake, &mut closing) {
            awake = if batch.len() <= AWAKE_AFTER_MAX { AWAKE } else { Duration::ZERO };
            writer.write(batch, &news);
        }
        // Nobody waiting is no reason to stay.
        let _ = news.blocking_send(News::Closed(closing));
    })?;
    Ok(())
}

/// Tells those who wait, in order, and then those who follow: the runtime is woken once for both. A client that has gone is no
/// failure: its events are recorded.
async fn tell(mut news: mpsc::Receiver<News>, feed: mpsc::Sender<Vec<Fresh>>) {
    while let Some(next) = news.recv().await {
        match next {
            News::Batch { answers, fresh } => {
                for (waiting, answer) in answers {
                    let _ = waiting.send(answer);
                }
                if !fresh.is_empty() {
                    // Without a follower there is nobody to tell.
                    let _ = feed.send(fresh).await;
                }
            }
            News::Closed(closing) => {
                for done in closing {
                    let _ = done.send(());
                }
            }
        }
    }
}

/// The time as the log keeps it: a receipt gives what the record will give after a restart.
pub fn storable(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// When the last event was recorded, if the clock is behind that by more than the steps by which clocks are kept right.
pub fn ahead(index: &Index, now: Timestamp) -> Option<Timestamp> {
    index.last_recorded_at().filter(|last| CLOCK_STEP < last.duration_since(now))
}

/// Says that events are recorded at a moment that the clock has not reached.
pub fn warn_of(last: Timestamp) {
    warn!(
        last_recorded_at = %last,
        "the clock is behind the last event: until it has come there, events are recorded at that moment; see to the clock"
    );
}

impl Writer {
    /// The next request, once there is one. `None` at the end.
    ///
    /// A client with one request under way sends the next as soon as it has its answer. Sleeping and being woken meanwhile takes
    /// a fifth of the time of such an append, so the thread stays awake for a while, behind everybody else who wants
    /// the processor.
    fn next_request(&mut self, awake: Duration) -> Option<Request> {
        let began = Instant::now();
        while began.elapsed() < awake {
            match self.requests.try_recv() {
                Ok(request) => return Some(request),
                Err(TryRecvError::Empty) => thread::yield_now(),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
        self.requests.blocking_recv()
    }

    /// Waits for a commit, awake for so long at first, and takes those that wait behind it. `None` at the end.
    fn next_batch(
        &mut self,
        awake: Duration,
        closing: &mut Vec<oneshot::Sender<()>>,
    ) -> Option<Vec<(Commit, Waiting)>> {
        let mut batch = Vec::new();
        let mut events = 0;
        let mut next = self.next_request(awake);
        while let Some(request) = next {
            match request {
                Request::Submit { commit, answer } => {
                    events += commit.events.len();
                    batch.push((commit, answer));
                }
                Request::Close { done } => {
                    self.requests.close();
                    closing.push(done);
                }
            }
            if BATCH_EVENTS_MAX <= events {
                break;
            }
            next = self.requests.try_recv().ok();
        }
        if batch.is_empty() && self.requests.is_closed() && self.requests.is_empty() {
            None
        } else {
            Some(batch)
        }
    }

    /// Says when the clock has fallen behind the last event, once until it has come there.
    fn look_at_clock(&mut self, now: Timestamp) {
        let ahead = ahead(&self.index.read().unwrap_or_else(PoisonError::into_inner), now);
        if let Some(last) = ahead.filter(|_| !self.is_ahead) {
            warn_of(last);
        }
        self.is_ahead = ahead.is_some();
    }

    fn write(&mut self, batch: Vec<(Commit, Waiting)>, news: &mpsc::Sender<News>) {
        let (commits, waiting): (Vec<Commit>, Vec<Waiting>) = batch.into_iter().unzip();
        let now = storable((self.clock)());
        self.look_at_clock(now);
        let written = self.sequence(commits, now).and_then(|(staged, answers)| {
            self.append(&staged)?;
            Ok((staged, answers))
        });
        let (staged, answers) = match written {
            Ok((staged, answers)) => (staged, answers),
            Err(error) => {
                let reason = match error {
                    SubmitError::Failed { reason } => reason,
                    error => error.to_string(),
                };
                let failed = || Err(SubmitError::Failed { reason: reason.clone() });
                (Vec::new(), waiting.iter().map(|_| failed()).collect())
            }
        };
        let fresh = self.publish(staged);
        let answers = waiting.into_iter().zip(answers).collect();
        // Nobody takes answers when the runtime is gone, and then nobody waits either.
        let _ = news.blocking_send(News::Batch { answers, fresh });
    }

    /// Judges every commit in order. Refusals are answers too, and wait for the batch to be durable: they may rest on it.
    fn sequence(
        &self,
        commits: Vec<Commit>,
        now: Timestamp,
    ) -> Result<(Vec<Staged>, Vec<Answer>), SubmitError> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let wanted: BTreeSet<Position> =
            commits.iter().flat_map(|commit| sequencer::wanted(commit, &index)).collect();
        let wanted: Vec<Position> = wanted.into_iter().collect();
        let fetched = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let records = self.log.fetch_blocking(&wanted)?;
                super::decode_all(&index, wanted.iter().copied().zip(records))?
            }
        };
        let recorded_at = index.last_recorded_at().map_or(now, |last| last.max(now));
        let sequencer = Sequencer::new(&index, &fetched, recorded_at);
        let mut draft = Draft::new();
        let answers = commits.into_iter().map(|commit| sequencer.judge(commit, &mut draft)).collect();
        Ok((draft.staged, answers))
    }

    fn append(&self, staged: &[Staged]) -> Result<(), SubmitError> {
        let Some(first) = staged.first() else { return Ok(()) };
        let after = Position::new(first.record.position.get() - 1);
        let records = codec::encode_all(staged.iter().map(|it| &it.record))
            .map_err(|error| SubmitError::Failed { reason: error.to_string() })?;
        self.log.append_blocking(after, &records)?;
        Ok(())
    }

    /// Takes what is durable into the indexes, and lets readers see it.
    fn publish(&mut self, staged: Vec<Staged>) -> Vec<Fresh> {
        if staged.is_empty() {
            return Vec::new();
        }
        let mut fresh = Vec::with_capacity(staged.len());
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        for Staged { record, touched, leaf, registers, extract, .. } in staged {
            let (position, recorded_at) = (record.position, record.recorded_at);
            let root = record.concern.map(|concern| concern.root);
            index.enter(Entry { position, recorded_at, id: record.id, registers, root }, &touched);
            tree.push(leaf);
            fresh.push(Fresh { position, recorded_at, root, extract });
        }
        drop(tree);
        // Readers look up in the indexes what they were told of.
        let tail = index.tail();
        drop(index);
        self.tail.send_replace(tail);
        fresh
    }
}
