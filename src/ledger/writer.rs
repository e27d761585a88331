//! The writer: one thread that takes every commit that is waiting, sequences them, writes them as one durable batch,
//! and answers everybody. The batch is whatever queued while the last one was synced; there is no artificial delay.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, PoisonError, RwLock},
    thread,
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    Clock, codec,
    commit::{Commit, Receipt, SubmitError},
    index::Index,
    recorded::Recorded,
    sequencer::{self, Draft, Sequencer, Staged},
};
use crate::{log::Log, position::Position, proof::Tree};

/// How many events are written as one batch, about: a commit is never divided.
const BATCH_EVENTS_MAX: usize = 4_096;

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
    /// The queue.
    pub requests: mpsc::Receiver<Request>,
    /// Where durable batches go.
    pub feed: mpsc::Sender<Arc<Vec<Recorded>>>,
    /// The tail that readers see.
    pub tail: watch::Sender<Position>,
}

/// What becomes of a commit.
type Answer = Result<Vec<Receipt>, SubmitError>;

type Waiting = (Commit, oneshot::Sender<Answer>);

/// Starts the thread. It ends when it is asked to, or when every handle is gone.
pub fn spawn(mut writer: Writer) -> io::Result<()> {
    thread::Builder::new().name("writer".to_owned()).spawn(move || {
        let mut closing = Vec::new();
        while let Some(batch) = writer.next_batch(&mut closing) {
            writer.write(batch);
        }
        for done in closing {
            // Nobody waiting is no reason to stay.
            let _ = done.send(());
        }
    })?;
    Ok(())
}

/// The time as the log keeps it: a receipt gives what the record will give after a restart.
fn storable(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

impl Writer {
    /// Waits for a commit and takes those that wait behind it. `None` at the end.
    fn next_batch(&mut self, closing: &mut Vec<oneshot::Sender<()>>) -> Option<Vec<Waiting>> {
        let mut batch = Vec::new();
        let mut events = 0;
        let mut next = self.requests.blocking_recv();
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

    fn write(&mut self, batch: Vec<Waiting>) {
        let outcome = self.sequence(&batch).and_then(|(staged, verdicts)| {
            self.append(&staged)?;
            self.publish(staged);
            Ok(verdicts)
        });
        match outcome {
            Ok(verdicts) => {
                for ((_, answer), verdict) in batch.into_iter().zip(verdicts) {
                    // A client that has gone is no failure: its events are recorded.
                    let _ = answer.send(verdict);
                }
            }
            Err(error) => {
                let reason = error.to_string();
                for (_, answer) in batch {
                    let _ = answer.send(Err(SubmitError::Failed { reason: reason.clone() }));
                }
            }
        }
    }

    /// Judges every commit in order. Refusals are answers too, and wait for the batch to be durable: they may rest on it.
    fn sequence(&self, batch: &[Waiting]) -> Result<(Vec<Staged>, Vec<Answer>), SubmitError> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let wanted: BTreeSet<Position> =
            batch.iter().flat_map(|(commit, _)| sequencer::wanted(commit, &index)).collect();
        let wanted: Vec<Position> = wanted.into_iter().collect();
        let fetched = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let records = self.log.fetch_blocking(&wanted)?;
                super::decode_all(&index, wanted.iter().copied().zip(records))?
            }
        };
        let now = storable((self.clock)());
        let recorded_at = index.last_recorded_at().map_or(now, |last| last.max(now));
        let sequencer = Sequencer::new(&index, &fetched, recorded_at);
        let mut draft = Draft::new();
        let verdicts = batch.iter().map(|(commit, _)| sequencer.judge(commit, &mut draft)).collect();
        Ok((draft.staged, verdicts))
    }

    fn append(&self, staged: &[Staged]) -> Result<(), SubmitError> {
        let Some(first) = staged.first() else { return Ok(()) };
        let after = Position::new(first.recorded.position.get() - 1);
        let records = staged.iter().map(|it| codec::encode(&it.recorded));
        let records: Vec<Bytes> = records
            .collect::<Result<_, _>>()
            .map_err(|error| SubmitError::Failed { reason: error.to_string() })?;
        self.log.append_blocking(after, &records)?;
        Ok(())
    }

    fn publish(&mut self, staged: Vec<Staged>) {
        if staged.is_empty() {
            return;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for it in &staged {
            index.add(&it.recorded, &it.touched);
        }
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        for it in &staged {
            tree.push(it.leaf);
        }
        drop(tree);
        // Readers look up in the indexes what they were told of.
        let tail = index.tail();
        drop(index);
        self.tail.send_replace(tail);
        let recorded = staged.into_iter().map(|it| it.recorded).collect();
        // Without a follower there is nobody to tell.
        let _ = self.feed.blocking_send(Arc::new(recorded));
    }
}
