//! One reading of the record, from one position to another, in batches.

use tokio::sync::mpsc;
use tonic::Status;

use super::record;
use crate::{
    ledger::{Ledger, READ_BYTES, Recorded},
    position::Position,
    service::refusal::Refusal,
    wire::{filter::Filter, v1},
};

/// How many events a batch holds at most when they are fetched one by one: of the largest size they stay within the
/// 4 MiB that gRPC clients take by default.
pub const BATCH_EVENTS_MAX: usize = 64;

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
    pub async fn run(mut self, sender: mpsc::Sender<Result<v1::ReadResponse, Status>>) {
        loop {
            let batch = match self.order {
                v1::ReadOrder::Backwards => self.backwards().await,
                v1::ReadOrder::Forwards | v1::ReadOrder::Unspecified => self.forwards().await,
            };
            let answer = batch.and_then(|events| self.answer(&events));
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
    async fn forwards(&mut self) -> Result<Vec<Recorded>, Refusal> {
        let events = stretch(&self.ledger, &self.filter, self.from, self.to).await?;
        self.from = events.last;
        Ok(events.matching)
    }

    /// The stretch before, descending; moves `to` before it.
    async fn backwards(&mut self) -> Result<Vec<Recorded>, Refusal> {
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
        let mut events = self.ledger.fetch(&positions).await?;
        events.retain(|event| event.matches(&self.filter));
        events.reverse();
        Ok(events)
    }

    fn answer(&mut self, events: &[Recorded]) -> Result<v1::ReadResponse, Refusal> {
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let records = events.iter().take(wanted).map(record).collect::<Result<Vec<_>, _>>()?;
        self.limit -= records.len() as u64;
        Ok(v1::ReadResponse { records, position: self.tail.get() })
    }
}

/// A stretch of the record.
pub struct Stretch {
    /// The events that match, ascending.
    pub matching: Vec<Recorded>,
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
    let (mut events, last) = match filter.subjects.as_slice() {
        [] => {
            let mut events = ledger.read(from, READ_BYTES).await?;
            events.retain(|event| event.position <= to);
            let last = events.last().map_or(to, |event| event.position);
            (events, last)
        }
        subjects => {
            let mut positions = ledger.positions(subjects, from, to);
            let more = BATCH_EVENTS_MAX < positions.len();
            positions.truncate(BATCH_EVENTS_MAX);
            let last = positions.last().copied().filter(|_| more).unwrap_or(to);
            (ledger.fetch(&positions).await?, last)
        }
    };
    events.retain(|event| event.matches(filter));
    Ok(Stretch { matching: events, last: last.next() })
}
