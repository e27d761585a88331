//! One reading of the record, from one position to another, in batches.

use tokio::sync::mpsc::{self, error::TrySendError};
use tonic::Status;

use crate::{
    ledger::{Ledger, Recorded},
    log::{Reach, ReadError},
    position::Position,
    service::refusal::Refusal,
    wire::{
        batch::{Batch, Gathering},
        filter::Filter,
        v1,
    },
};

/// How many events a batch holds at most when they are fetched one by one: of the largest size they stay within the
/// 4 MiB that gRPC clients take by default.
pub const BATCH_EVENTS_MAX: usize = 64;

/// How large a batch is about when the record is read in one go, in bytes. Large enough that what a batch costs by
/// itself does not count, small enough that it stays in a processor's own memory until it is sent.
const BATCH_BYTES: usize = 128 << 10;
/// How much more a batch may have: a block of the store, and what a record has on the way that it does not have there.
const BATCH_BYTES_OVER: usize = 96 << 10;
/// How large a record usually is at most, in bytes: an upper bound would make room for what never comes.
const RECORD_BYTES: usize = 512;
/// How large the first batch is about, so that it comes at once. Each is twice as large as the one before.
const FIRST_BATCH_BYTES: usize = 32 << 10;

/// What a client is sent.
pub type Answer = Result<Batch, Status>;

/// What is to be read.
pub struct Reading {
    /// The record.
    pub ledger: Ledger,
    /// Which events.
    pub filter: Filter,
    /// The lowest position that counts.
    pub from: Position,
    /// The highest position that counts; at most the tail.
    pub to: Position,
    /// The direction.
    pub order: v1::ReadOrder,
    /// How many events at most.
    pub limit: u64,
    /// The tail when the request arrived.
    pub tail: Position,
}

impl Reading {
    /// Reads, and sends batches until the end, a failure, or the client's leaving.
    pub async fn run(self, sender: mpsc::Sender<Answer>) {
        match self.order {
            v1::ReadOrder::Backwards => self.look(sender).await,
            v1::ReadOrder::Forwards | v1::ReadOrder::Unspecified if !self.filter.is_open() => {
                self.look(sender).await;
            }
            v1::ReadOrder::Forwards | v1::ReadOrder::Unspecified => self.pour(sender).await,
        }
    }

    /// Reads everything there is, on a thread that may wait for the disk: without a way there and back for each batch,
    /// but only as long as the client takes them, so that one that reads slowly keeps no thread.
    async fn pour(mut self, sender: mpsc::Sender<Answer>) {
        let mut bytes = FIRST_BATCH_BYTES;
        loop {
            let client = sender.clone();
            let poured = tokio::task::spawn_blocking(move || {
                let waiting = self.fill(&client, &mut bytes);
                (self, bytes, waiting)
            });
            let waiting = match poured.await {
                Ok((reading, reached, Some(waiting))) => {
                    (self, bytes) = (reading, reached);
                    waiting
                }
                Ok((.., None)) => return,
                Err(error) => {
                    // Without a word the client would take this for the end.
                    let failed = ReadError::Failed { reason: error.to_string() };
                    let _ = sender.send(Err(Refusal::from(failed).into())).await;
                    return;
                }
            };
            let end = waiting.is_err() || self.is_at_end();
            if sender.send(waiting).await.is_err() || end {
                return;
            }
        }
    }

    /// Reads until there is no room for an answer, which comes back; `None` at the end or when the client has gone.
    fn fill(&mut self, client: &mpsc::Sender<Answer>, bytes: &mut usize) -> Option<Answer> {
        loop {
            let batch = open_reach(self.from, self.to, self.limit, *bytes).map_or_else(
                || Ok((Gathering::default(), self.from)),
                |(reach, gathering)| self.ledger.gather_blocking(reach, gathering),
            );
            *bytes = (*bytes * 2).min(BATCH_BYTES);
            let answer = batch.map_err(|error| Refusal::from(error).into()).map(|(batch, next)| {
                self.from = next;
                self.limit -= batch.records();
                batch.response(self.tail.get())
            });
            let end = answer.is_err() || self.is_at_end();
            match client.try_send(answer) {
                Ok(()) if end => return None,
                Ok(()) => {}
                Err(TrySendError::Full(answer)) => return Some(answer),
                Err(TrySendError::Closed(_)) => return None,
            }
        }
    }

    fn is_at_end(&self) -> bool {
        self.to < self.from || self.limit == 0
    }

    /// Reads events and looks which of them match.
    async fn look(mut self, sender: mpsc::Sender<Answer>) {
        loop {
            let batch = match self.order {
                v1::ReadOrder::Backwards => self.backwards().await,
                v1::ReadOrder::Forwards | v1::ReadOrder::Unspecified => self.forwards().await,
            };
            let end = batch.is_err() || self.is_at_end();
            // A stretch without a match is no news, unless the client has gone meanwhile.
            if !end && batch.as_ref().is_ok_and(|batch| batch.records() == 0) && !sender.is_closed() {
                continue;
            }
            let answer = batch.map(|batch| batch.response(self.tail.get()));
            if sender.send(answer.map_err(Status::from)).await.is_err() || end {
                return;
            }
        }
    }

    /// The next stretch, ascending; moves `from` behind it.
    async fn forwards(&mut self) -> Result<Gathering, Refusal> {
        let stretch = stretch(&self.ledger, &self.filter, self.from, self.to, self.limit).await?;
        self.from = stretch.next;
        self.limit -= stretch.matching.records();
        Ok(stretch.matching)
    }

    /// The stretch before, descending; moves `to` before it.
    async fn backwards(&mut self) -> Result<Gathering, Refusal> {
        if self.to < self.from {
            return Ok(Gathering::default());
        }
        let positions: Vec<Position> = match self.filter.subjects.as_slice() {
            [] => {
                let first = self.to.get().saturating_sub(BATCH_EVENTS_MAX as u64 - 1).max(self.from.get());
                (first..=self.to.get()).map(Position::new).collect()
            }
            subjects => {
                let positions = self.ledger.positions(subjects, self.from, self.to);
                positions.get(positions.len().saturating_sub(BATCH_EVENTS_MAX)..).unwrap_or_default().to_vec()
            }
        };
        // Nothing lies before the first of a stretch of a subject's events that is not full.
        let full = self.filter.subjects.is_empty() || positions.len() == BATCH_EVENTS_MAX;
        let before = positions.first().filter(|_| full).map_or(0, |first| first.get() - 1);
        self.to = Position::new(before);
        let events = self.ledger.fetch(&positions).await?;
        let batch = matching(events.iter().rev(), &self.filter, self.limit);
        self.limit -= batch.records();
        Ok(batch)
    }
}

/// A stretch of the record.
pub struct Stretch {
    /// The records that match, ascending.
    pub matching: Gathering,
    /// Where to go on: everything before it was looked at, unless there was a limit to what matches.
    pub next: Position,
}

/// Reads on from `from`, at most to `to`, as much as makes a batch of at most `limit` records.
pub async fn stretch(
    ledger: &Ledger,
    filter: &Filter,
    from: Position,
    to: Position,
    limit: u64,
) -> Result<Stretch, Refusal> {
    if filter.is_open() {
        let Some((reach, gathering)) = open_reach(from, to, limit, BATCH_BYTES) else {
            return Ok(Stretch { matching: Gathering::default(), next: from });
        };
        let (matching, next) = ledger.gather(reach, gathering).await?;
        return Ok(Stretch { matching, next });
    }
    if to < from {
        return Ok(Stretch { matching: Gathering::default(), next: from });
    }
    let (events, last) = if filter.subjects.is_empty() {
        let mut events = ledger.read(from, BATCH_BYTES).await?;
        events.retain(|event| event.position <= to);
        let last = events.last().map_or(to, |event| event.position);
        (events, last)
    } else {
        let mut positions = ledger.positions(&filter.subjects, from, to);
        let more = BATCH_EVENTS_MAX < positions.len();
        positions.truncate(BATCH_EVENTS_MAX);
        let last = positions.last().copied().filter(|_| more).unwrap_or(to);
        (ledger.fetch(&positions).await?, last)
    };
    Ok(Stretch { matching: matching(events.iter(), filter, limit), next: last.next() })
}

/// What to read for the next batch of everything, and a batch with room for it; `None` at the end.
fn open_reach(from: Position, to: Position, limit: u64, bytes: usize) -> Option<(Reach, Gathering)> {
    let to = to.min(from.plus(limit.checked_sub(1)?));
    let events = usize::try_from(to.get().checked_sub(from.get())?).ok()?.saturating_add(1);
    let room = events.saturating_mul(RECORD_BYTES).min(bytes + BATCH_BYTES_OVER);
    Some((Reach { from, to, bytes }, Gathering::with_capacity(room)))
}

/// The records of the events that match, in their order, the first `limit`.
fn matching<'a>(events: impl Iterator<Item = &'a Recorded>, filter: &Filter, limit: u64) -> Gathering {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut batch = Gathering::default();
    for event in events.filter(|event| event.matches(filter)).take(limit) {
        batch.push(event.envelope(), &event.content);
    }
    batch
}
