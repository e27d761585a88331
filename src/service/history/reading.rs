//! One reading of the record, from one position to another, in batches.

use tokio::sync::mpsc;
use tonic::Status;

use crate::{
    ledger::{Ledger, Recorded, Sealed},
    position::Position,
    service::refusal::Refusal,
    wire::{
        filter::Filter,
        record::{Envelope, write_sealed},
        sealed::{ReadResponse, Record},
        v1,
    },
};

/// How many events a batch holds at most when they are fetched one by one: of the largest size they stay within the
/// 4 MiB that gRPC clients take by default.
pub const BATCH_EVENTS_MAX: usize = 64;

/// How large a batch is about when the record is read in one go, in bytes. Large enough that what a batch costs by
/// itself does not count, small enough that it stays in a processor's own memory until it is sent.
const BATCH_BYTES: usize = 256 << 10;

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
    pub async fn run(mut self, sender: mpsc::Sender<Result<ReadResponse, Status>>) {
        loop {
            let batch = match self.order {
                v1::ReadOrder::Backwards => self.backwards().await,
                v1::ReadOrder::Forwards | v1::ReadOrder::Unspecified => self.forwards().await,
            };
            let answer = batch.map(|records| self.answer(records));
            let end = answer.is_err() || self.to < self.from || self.limit == 0;
            // A stretch without a match is no news, unless the client has gone meanwhile.
            if !end && answer.as_ref().is_ok_and(|answer| answer.records.is_empty()) && !sender.is_closed() {
                continue;
            }
            if sender.send(answer.map_err(Status::from)).await.is_err() || end {
                return;
            }
        }
    }

    /// The next stretch, ascending; moves `from` behind it.
    async fn forwards(&mut self) -> Result<Vec<Record>, Refusal> {
        let events = stretch(&self.ledger, &self.filter, self.from, self.to).await?;
        self.from = events.last;
        Ok(events.matching)
    }

    /// The stretch before, descending; moves `to` before it.
    async fn backwards(&mut self) -> Result<Vec<Record>, Refusal> {
        if self.to < self.from {
            return Ok(Vec::new());
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
        let mut records = matching(self.ledger.fetch(&positions).await?, &self.filter);
        records.reverse();
        Ok(records)
    }

    fn answer(&mut self, mut records: Vec<Record>) -> ReadResponse {
        records.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX));
        self.limit -= records.len() as u64;
        ReadResponse { records, position: self.tail.get() }
    }
}

/// A stretch of the record.
pub struct Stretch {
    /// The records that match, ascending.
    pub matching: Vec<Record>,
    /// Where to go on: everything before it was looked at.
    pub last: Position,
}

/// Reads on from `from`, at most to `to`, as much as makes a batch.
pub async fn stretch(
    ledger: &Ledger,
    filter: &Filter,
    from: Position,
    to: Position,
) -> Result<Stretch, Refusal> {
    if to < from {
        return Ok(Stretch { matching: Vec::new(), last: from });
    }
    let (matching, last) = if filter.is_open() {
        let mut events = ledger.read_sealed(from, BATCH_BYTES).await?;
        events.retain(|event| event.position <= to);
        let last = events.last().map_or(to, |event| event.position);
        (events.into_iter().map(seal).collect(), last)
    } else if filter.subjects.is_empty() {
        let mut events = ledger.read(from, BATCH_BYTES).await?;
        events.retain(|event| event.position <= to);
        let last = events.last().map_or(to, |event| event.position);
        (matching(events, filter), last)
    } else {
        let mut positions = ledger.positions(&filter.subjects, from, to);
        let more = BATCH_EVENTS_MAX < positions.len();
        positions.truncate(BATCH_EVENTS_MAX);
        let last = positions.last().copied().filter(|_| more).unwrap_or(to);
        (matching(ledger.fetch(&positions).await?, filter), last)
    };
    Ok(Stretch { matching, last: last.next() })
}

/// The records of the events that match, in their order.
fn matching(events: Vec<Recorded>, filter: &Filter) -> Vec<Record> {
    events.iter().filter(|event| event.matches(filter)).map(|event| seal(event.sealed())).collect()
}

fn seal(event: Sealed) -> Record {
    let Sealed { position, recorded_at, recorded_by, commit, content } = event;
    let envelope = Envelope { position, recorded_at, recorded_by, commit_id: commit };
    write_sealed(envelope, content)
}
