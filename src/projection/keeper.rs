//! The keeper: takes snapshots when there is enough that is new.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Projection;
use crate::{ledger::Ledger, position::Position};

/// A snapshot is taken when the record has grown by one part in so many …
const GROWTH: u64 = 10;
/// … and by at least so many events.
const EVENTS_MIN: u64 = 250_000;
/// How many new events make a last snapshot worth the wait at the end.
const LAST_EVENTS_MIN: u64 = 2_000;
/// How long the last snapshot waits for the read models to come to the end of the record.
const LAST_PATIENCE: Duration = Duration::from_secs(10);

/// Takes snapshots of a record and its projections.
pub struct Keeper {
    /// Where to.
    pub directory: PathBuf,
    /// The record.
    pub ledger: Ledger,
    /// Its projections.
    pub projection: Arc<Projection>,
    /// How far the last snapshot goes.
    pub kept: Position,
}

impl Keeper {
    /// Takes snapshots until `closing`, and then a last one.
    pub async fn keep(mut self, closing: CancellationToken) {
        let mut projected = self.projection.position.subscribe();
        loop {
            let due = |position: &Position| EVENTS_MIN.max(self.kept.get() / GROWTH) <= self.news(*position);
            tokio::select! {
                () = closing.cancelled() => break,
                position = projected.wait_for(due) => if position.is_err() { break },
            }
            self.take().await;
        }
        // What is not in the snapshot, the next start must replay.
        let _ = self.projection.reaches(self.ledger.tail(), LAST_PATIENCE).await;
        let position = *self.projection.position.borrow();
        if LAST_EVENTS_MIN <= self.news(position) {
            self.take().await;
        }
    }

    fn news(&self, position: Position) -> u64 {
        position.get().saturating_sub(self.kept.get())
    }

    /// A failure costs a later start its speed, and nothing else: it is told, and tried again when as much is new again.
    ///
    /// Of a log that takes no more writes none is taken: its directory may not be there any more.
    async fn take(&mut self) {
        if self.ledger.poisoned().is_some() {
            return;
        }
        let begun = Instant::now();
        self.kept = *self.projection.position.borrow();
        match self.projection.snapshot(&self.ledger, &self.directory).await {
            Ok(position) => {
                info!(%position, seconds = begun.elapsed().as_secs_f64(), "took a snapshot");
                self.kept = position;
            }
            Err(error) => warn!(%error, "cannot take a snapshot"),
        }
    }
}
