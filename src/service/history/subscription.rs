//! A subscription: the record from a position on, without end. One loop: read, and when it runs dry wait for the tail.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::reading::stretch;
use crate::{
    ledger::Ledger,
    position::Position,
    service::refusal::Refusal,
    wire::{
        filter::Filter,
        sealed::{SubscribeResponse, subscribe_response::Signal},
        v1,
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

type Sender = mpsc::Sender<Result<SubscribeResponse, Status>>;

/// The subscriber has gone, or has been told that nothing more comes.
struct Ended;

/// The subscriber's end.
struct Client {
    sender: Sender,
    /// When it was last told anything.
    told_at: Instant,
}

impl Client {
    async fn tell(&mut self, signal: Signal) -> Result<(), Ended> {
        self.told_at = Instant::now();
        self.sender.send(Ok(SubscribeResponse { signal: Some(signal) })).await.map_err(|_| Ended)
    }

    async fn end(&self, refusal: Refusal) {
        // A client that has gone needs no telling.
        let _ = self.sender.send(Err(refusal.into())).await;
    }
}

impl Subscription {
    /// Delivers until the client leaves, the server stops, or reading fails.
    pub async fn run(mut self, sender: Sender) {
        let stopping = self.stopping.clone();
        let mut client = Client { sender, told_at: Instant::now() };
        tokio::select! {
            _ = self.follow(&mut client) => {}
            // The client reads this when it has taken what was sent before.
            () = stopping.cancelled() => client.end(Refusal::Stopping).await,
        }
    }

    async fn follow(&mut self, client: &mut Client) -> Result<(), Ended> {
        let mut tail = self.ledger.watch();
        let mut caught_up = false;
        loop {
            let now = *tail.borrow_and_update();
            if caught_up && self.after.plus(BEHIND_EVENTS) < now {
                caught_up = false;
                let behind = v1::FellBehind { position: self.after.get(), tail: now.get() };
                client.tell(Signal::FellBehind(behind)).await?;
            }
            while self.after < now {
                self.deliver(client, now).await?;
                // Others' news is no sign of life to this client.
                self.beat(client).await?;
            }
            if !caught_up {
                caught_up = true;
                client.tell(Signal::CaughtUp(v1::CaughtUp { position: self.after.get() })).await?;
            }
            loop {
                match time::timeout_at(client.told_at + HEARTBEAT, tail.changed()).await {
                    Ok(Ok(())) => break,
                    // Nothing more can come once the log is gone.
                    Ok(Err(_)) => return Err(Ended),
                    Err(_) => self.beat(client).await?,
                }
            }
        }
    }

    async fn deliver(&mut self, client: &mut Client, to: Position) -> Result<(), Ended> {
        match stretch(&self.ledger, &self.filter, self.after.next(), to, u64::MAX).await {
            Ok(stretch) => {
                self.after = stretch.next.previous();
                match stretch.matching.records() {
                    0 => Ok(()),
                    _ => client.tell(Signal::Batch(stretch.matching.batch())).await,
                }
            }
            Err(refusal) => {
                client.end(refusal).await;
                Err(Ended)
            }
        }
    }

    /// Tells the client that the subscription lives, if it has been told nothing for a while.
    async fn beat(&self, client: &mut Client) -> Result<(), Ended> {
        if client.told_at.elapsed() < HEARTBEAT {
            return Ok(());
        }
        client.tell(Signal::Heartbeat(v1::Heartbeat { position: self.after.get() })).await
    }
}
