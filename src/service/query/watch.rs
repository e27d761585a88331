//! Watching: the changes of one status, told as they are recorded. One loop: replay what is new, then wait for the tail.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::Status;

use super::{Query, finish, search};
use crate::{
    audit::{
        Matter,
        replay::{Moment, RecordReplay, ReplayError, Wanted},
    },
    domain::{as_of::AsOf, date::Day, vocabulary::Label},
    position::Position,
    service::{
        audit::{changes::write_changes, read_wanted},
        refusal::Refusal,
    },
    wire::{self, Field, Findings, v1},
};

/// How long a watcher's replay waits for the projections.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many positions are replayed at once.
const STRIDE: u64 = 10_000;
/// How many signals may wait for a client that reads slowly.
const SIGNALS_WAITING_MAX: usize = 16;

/// What a watcher is told.
pub(super) enum Signal {
    /// The status changed.
    Transition(v1::Transition),
    /// Everything up to here is told.
    CaughtUp(v1::CaughtUp),
}

/// What is watched.
pub(super) struct Watch {
    pub(super) matter: Matter,
    pub(super) after: u64,
    pub(super) valid_at: String,
    pub(super) fields: Vec<String>,
    pub(super) clearance: Label,
}

type Sender = mpsc::Sender<Result<Signal, Status>>;

/// The client has gone.
struct Gone;

/// A watch that goes on.
struct Watcher {
    query: Query,
    matter: Matter,
    wanted: Wanted,
    valid_at: Option<Day>,
    clearance: Label,
    after: Position,
}

impl Query {
    /// Tells the changes of a status after a position, without end.
    pub(super) async fn watch(
        &self,
        watch: Watch,
    ) -> Result<impl Stream<Item = Result<Signal, Status>> + Send + 'static, Refusal> {
        let mut found = Findings::default();
        let valid_at = found.day(&Field::root("valid_at"), &watch.valid_at);
        let wanted = read_wanted(&watch.matter, &watch.fields, &mut found);
        finish(found, Some(()))?;
        let (after, tail) = (Position::new(watch.after), self.ledger.tail());
        if tail < after {
            return Err(Refusal::BeyondTail { position: after, tail });
        }
        let watcher = Watcher {
            query: self.clone(),
            matter: watch.matter,
            wanted,
            valid_at,
            clearance: watch.clearance,
            after,
        };
        watcher.reach(tail).await?;
        {
            let store = self.projection.store();
            let as_of = watcher.as_of(tail);
            watcher.matter.title(&store, as_of).map_err(|error| search::unknown(&store, error, as_of))?;
        }
        let (sender, receiver) = mpsc::channel(SIGNALS_WAITING_MAX);
        tokio::spawn(watcher.run(sender));
        Ok(ReceiverStream::new(receiver))
    }
}

impl Watcher {
    fn as_of(&self, known_at: Position) -> AsOf {
        let today = || Timestamp::now().to_zoned(TimeZone::UTC).date();
        AsOf {
            valid_at: self.valid_at.unwrap_or_else(today),
            known_at,
            disclosed_by: None,
            clearance: self.clearance,
        }
    }

    async fn reach(&self, position: Position) -> Result<(), Refusal> {
        let reached = self.query.projection.reaches(position, PATIENCE).await;
        reached.map_err(|behind| Refusal::Behind {
            position,
            projected: behind.projected,
            tail: self.query.ledger.tail(),
        })
    }

    async fn run(mut self, sender: Sender) {
        let stopping = self.query.stopping.clone();
        let outcome = tokio::select! {
            outcome = self.follow(&sender) => outcome,
            () = stopping.cancelled() => Err(Refusal::Stopping),
        };
        if let Err(refusal) = outcome {
            // A client that has gone needs no telling.
            let _ = sender.send(Err(refusal.into())).await;
        }
    }

    async fn follow(&mut self, sender: &Sender) -> Result<(), Refusal> {
        let mut tail = self.query.ledger.watch();
        loop {
            let now = *tail.borrow_and_update();
            while self.after < now {
                let to = now.min(self.after.plus(STRIDE));
                if self.tell(to, sender).await?.is_err() {
                    return Ok(());
                }
                self.after = to;
            }
            let caught_up = Signal::CaughtUp(v1::CaughtUp { position: self.after.get() });
            if sender.send(Ok(caught_up)).await.is_err() {
                return Ok(());
            }
            let changed = tokio::select! {
                changed = tail.changed() => changed,
                () = sender.closed() => return Ok(()),
            };
            if changed.is_err() {
                return Ok(());
            }
        }
    }

    /// Tells what changes up to a position.
    async fn tell(&self, to: Position, sender: &Sender) -> Result<Result<(), Gone>, Refusal> {
        self.reach(to).await?;
        let begun = {
            let store = self.query.projection.store();
            let (matter, wanted) = (self.matter.clone(), self.wanted.clone());
            RecordReplay::new(matter, &store, &self.query.ledger, self.as_of(to), self.after, wanted)
        };
        let mut replay = match begun {
            Ok(replay) => replay,
            // It is not on record yet at that point: nothing can have changed.
            Err(ReplayError::Unknown(_)) => return Ok(Ok(())),
            Err(error @ ReplayError::TooLong { .. }) => return Err(error.into()),
        };
        loop {
            let events = replay.fetch(&self.query.ledger).await?;
            if events.is_empty() {
                return Ok(Ok(()));
            }
            let moments = replay.advance(&self.query.projection.store(), &events);
            for transition in self.write(&moments).await? {
                if sender.send(Ok(Signal::Transition(transition))).await.is_err() {
                    return Ok(Err(Gone));
                }
            }
        }
    }

    async fn write(&self, moments: &[Moment]) -> Result<Vec<v1::Transition>, Refusal> {
        let events =
            moments.iter().flat_map(|moment| &moment.changes).flat_map(|it| it.behind.events.iter().copied());
        let names = self.query.names(events.collect()).await?;
        let transition = |moment: &Moment| v1::Transition {
            valid_on: moment.valid_on.to_string(),
            position: moment.position.get(),
            recorded_at: moment.recorded_at.map(wire::timestamp::write),
            changes: write_changes(&moment.changes, &names),
        };
        Ok(moments.iter().map(transition).collect())
    }
}
