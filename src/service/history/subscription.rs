//! A subscription: the record from a position on, without end. One loop: read, and when it runs dry wait for the tail.

use std::time::Duration;

use tokio::{sync::mpsc, time};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::{reading::stretch, record};
use crate::{
    ledger::Ledger,
    position::Position,
    service::refusal::Refusal,
    wire::{
        filter::Filter,
        v1::{self, subscribe_response::Signal},
    },
};

/// How often a subscriber without news is told that the subscription lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How far behind the tail a subscriber who had caught up is told so, in events.
const BEHIND_EVENTS: u64 = 10_000;

/// What is followed.
pub struct Subscription {
    /// The record.
    pub ledger: Ledger,
    /// Which events.
    pub filter: Filter,
    /// Everything up to here is delivered.
    pub after: Position,
    /// The server stops.
    pub stopping: CancellationToken,
}

type Sender = mpsc::Sender<Result<v1::SubscribeResponse, Status>>;

/// The subscriber has gone, or has been told that nothing more comes.
struct Ended;

impl Subscription {
    /// Delivers until the client leaves, the server stops, or reading fails.
    pub async fn run(mut self, sender: Sender) {
        let stopping = self.stopping.clone();
        tokio::select! {
            _ = self.follow(&sender) => {}
            () = stopping.cancelled() => {
                // The client reads this when it has taken what was sent before.
                let status = Status::unavailable("the server is stopping; subscribe again after the last position seen");
                let _ = sender.send(Err(status)).await;
            }
        }
    }

    async fn follow(&mut self, sender: &Sender) -> Result<(), Ended> {
        let mut tail = self.ledger.watch();
        let mut caught_up = false;
        loop {
            let now = *tail.borrow_and_update();
            if caught_up && self.after.plus(BEHIND_EVENTS) < now {
                caught_up = false;
                let behind = v1::FellBehind { position: self.after.get(), tail: now.get() };
                self.send(sender, Signal::FellBehind(behind)).await?;
            }
            while self.after < now {
                self.deliver(sender, now).await?;
            }
            if !caught_up {
                caught_up = true;
                self.send(sender, Signal::CaughtUp(v1::CaughtUp { position: self.after.get() })).await?;
            }
            // Nothing more can come once the log is gone.
            while !tail.has_changed().map_err(|_| Ended)? {
                match time::timeout(HEARTBEAT, tail.changed()).await {
                    Ok(changed) => {
                        changed.map_err(|_| Ended)?;
                        break;
                    }
                    Err(_) => {
                        let heartbeat = v1::Heartbeat { position: self.after.get() };
                        self.send(sender, Signal::Heartbeat(heartbeat)).await?;
                    }
                }
            }
        }
    }

    async fn deliver(&mut self, sender: &Sender, to: Position) -> Result<(), Ended> {
        let records = match stretch(&self.ledger, &self.filter, self.after.next(), to).await {
            Ok(stretch) => {
                self.after = Position::new(stretch.last.get() - 1);
                stretch.matching.iter().map(record).collect::<Result<Vec<_>, Refusal>>()
            }
            Err(refusal) => Err(refusal),
        };
        match records {
            Ok(records) if records.is_empty() => Ok(()),
            Ok(records) => self.send(sender, Signal::Batch(v1::RecordBatch { records })).await,
            Err(refusal) => {
                let _ = sender.send(Err(refusal.into())).await;
                Err(Ended)
            }
        }
    }

    async fn send(&self, sender: &Sender, signal: Signal) -> Result<(), Ended> {
        sender.send(Ok(v1::SubscribeResponse { signal: Some(signal) })).await.map_err(|_| Ended)
    }
}
