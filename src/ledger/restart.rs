//! Restarts: the indexes and the tree are taken from a snapshot, if there is one that agrees with the log, and brought up
//! to the tail. What the log holds is decoded by all processors and taken in in order.

use std::{collections::BTreeSet, path::Path, sync::Arc, thread};

use tokio::task;
use tracing::{info, warn};

use super::{
    Clock, Feed, Ledger, OpenError, codec,
    index::{self, Index},
    portion::{self, Gist, Replay, Stretch},
    recorded::Recorded,
    tree::leaves_of,
};
use crate::{
    domain::subject::Subject,
    log::{Log, ReadError},
    position::Position,
    proof::{CHUNK_LEAVES, Chunks, Hash, NodeError, Span, Tree},
    snapshot::{Claim, SnapshotError},
};

/// The snapshot of the indexes and the tree, in the directory of snapshots.
pub(super) const FILE: &str = "ledger";
/// How many complete chunks of a snapshot are held against the log.
const SAMPLE_CHUNKS: u64 = 8;
/// After how many events a long start says how far it is.
const REPORT_EVENTS: u64 = 1_000_000;

/// What the snapshot of the indexes in a directory says of the log.
pub fn claim(directory: &Path) -> Option<Claim> {
    index::claim(&directory.join(FILE))
}

/// A record that is being opened.
pub struct Restart {
    log: Arc<dyn Log>,
    index: Index,
    tree: Tree,
}

impl Restart {
    /// Begins without a snapshot: everything will be read from the log.
    pub fn of(log: Arc<dyn Log>) -> Restart {
        Restart { log, index: Index::default(), tree: Tree::default() }
    }

    /// Begins from the snapshot in a directory. One that is damaged, of another form or of another log is passed over.
    pub async fn from_snapshot(log: Arc<dyn Log>, directory: &Path) -> Restart {
        let path = directory.join(FILE);
        match Restart::load(log.clone(), &path).await {
            Ok(restart) => {
                info!(position = %restart.position(), "the indexes are taken from their snapshot");
                restart
            }
            Err(SnapshotError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Restart::of(log),
            Err(error) => {
                warn!(%error, snapshot = %path.display(), "the indexes are made anew: their snapshot is of no use");
                Restart::of(log)
            }
        }
    }

    async fn load(log: Arc<dyn Log>, path: &Path) -> Result<Restart, SnapshotError> {
        let path = path.to_owned();
        let read = task::spawn_blocking(move || index::read_snapshot(&path));
        let (index, tree, header) = read.await.map_err(|error| SnapshotError::Log(Box::new(error)))??;
        if log.tail() < index.tail() {
            return Err(SnapshotError::Foreign("it goes on after the log ends"));
        }
        let restart = Restart { log, index, tree };
        restart.verify(&header.root).await?;
        Ok(restart)
    }

    /// Holds the tree and the ids against what the log holds: at the end, at the beginning, and here and there between.
    async fn verify(&self, root: &[u8; 32]) -> Result<(), SnapshotError> {
        let log = |error: ReadError| SnapshotError::Log(Box::new(error));
        let chunks = self.tree.chunks();
        let last = (chunks.len() as u64).saturating_sub(1);
        let sample = (0..SAMPLE_CHUNKS).map(|nth| last * nth / (SAMPLE_CHUNKS - 1));
        for chunk in sample.collect::<BTreeSet<_>>() {
            let Some(kept) = usize::try_from(chunk).ok().and_then(|index| chunks.get(index)) else {
                continue;
            };
            let mut tree = Tree::default();
            for recorded in self.decoded(chunk * CHUNK_LEAVES, CHUNK_LEAVES).await.map_err(log)? {
                self.verify_id(&recorded)?;
                tree.push(recorded.leaf());
            }
            if tree.chunks() != std::slice::from_ref(kept) {
                return Err(SnapshotError::Foreign("the hash of a chunk"));
            }
        }
        let open = self.tree.open();
        let after = self.tree.size() - open.len() as u64;
        for (kept, recorded) in open.iter().zip(self.decoded(after, open.len() as u64).await.map_err(log)?) {
            self.verify_id(&recorded)?;
            if *kept != recorded.leaf() {
                return Err(SnapshotError::Foreign("the hash of a leaf"));
            }
        }
        if self.root(self.index.tail()).await.map_err(log)?.as_bytes() != root {
            return Err(SnapshotError::Foreign("the root"));
        }
        Ok(())
    }

    fn verify_id(&self, recorded: &Recorded) -> Result<(), SnapshotError> {
        let agrees = self.index.id(recorded.position) == Some(recorded.id)
            && self.index.find(recorded.id) == Some(recorded.position);
        if agrees { Ok(()) } else { Err(SnapshotError::Foreign("the id of an event")) }
    }

    /// The events after a number of others.
    async fn decoded(&self, after: u64, count: u64) -> Result<Vec<Recorded>, ReadError> {
        let positions: Vec<Position> = (1..=count).map(|nth| Position::new(after + nth)).collect();
        self.fetch(&positions).await
    }

    /// How far the indexes have come.
    pub fn position(&self) -> Position {
        self.index.tail()
    }

    /// The root of the tree over the first `size` events, as far as the indexes have come.
    pub async fn root(&self, size: Position) -> Result<Hash, ReadError> {
        let beyond = || ReadError::Beyond { position: size, tail: self.position() };
        let whole = [Span { begin: 0, end: size.get() }];
        let mut chunks = Chunks::new();
        loop {
            match self.tree.hashes(&whole, &chunks) {
                Ok(hashes) => return hashes.into_iter().next().ok_or_else(beyond),
                Err(NodeError::Chunk(chunk)) => {
                    chunks.insert(chunk, leaves_of(&*self.log, chunk, &whole).await?)
                }
                Err(NodeError::Beyond { .. }) => return Err(beyond()),
            };
        }
    }

    /// The events at `positions`, which must ascend, as far as the indexes have come.
    pub async fn fetch(&self, positions: &[Position]) -> Result<Vec<Recorded>, ReadError> {
        let records = self.log.fetch(positions).await?;
        super::decode_all(&self.index, positions.iter().copied().zip(records))
    }

    /// The fact at `root` and every event that goes back to it, ascending.
    pub fn family(&self, root: Position) -> Vec<Position> {
        self.index.family(root)
    }

    /// Reads the rest of the log, gives what comes after `known` to `replay` in order, and starts the writer.
    pub async fn finish<R: Replay>(
        mut self,
        clock: Clock,
        known: Position,
        replay: &mut R,
    ) -> Result<(Ledger, Feed), OpenError> {
        let tail = self.log.tail();
        let indexed = self.position();
        let stretch = Stretch { first: indexed.min(known).next(), tail, indexed, known };
        self.index.reserve(tail);
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut portions = portion::read::<R>(self.log.clone(), stretch, workers);
        let mut reported = stretch.first.get();
        while let Some(portion) = portions.recv().await {
            let portion =
                portion?.await.map_err(|error| ReadError::Failed { reason: error.to_string() })??;
            let last = portion.events.last().map(|gist| gist.entry.position);
            let roots = self.take_in(portion.events, &portion.subjects, known).await?;
            replay.take(portion.part, &roots);
            if let Some(last) = last.filter(|last| reported + REPORT_EVENTS <= last.get()) {
                reported = last.get();
                info!(position = reported, %tail, "reading the log");
            }
        }
        Ledger::start(self.log, clock, self.index, self.tree)
    }

    /// Adds events to the indexes and the tree where they are not there. Says which facts the claims and record events
    /// among those after `known` go back to.
    async fn take_in(
        &mut self,
        events: Vec<Gist>,
        subjects: &[Subject],
        known: Position,
    ) -> Result<Vec<Position>, ReadError> {
        let mut roots = Vec::new();
        let mut rest = subjects;
        for Gist { mut entry, concerns, subjects, leaf } in events {
            let position = entry.position;
            let (own, later) = rest.split_at_checked(subjects).unwrap_or_default();
            rest = later;
            let damaged =
                |error: index::DanglingError| ReadError::Damaged { position, reason: error.to_string() };
            entry.root = concerns.map(|id| self.index.root_of(id)).transpose().map_err(damaged)?;
            roots.extend(entry.root.filter(|_| known < position));
            let Some(leaf) = leaf else { continue };
            match entry.root {
                Some(root) => {
                    let touched = touched(&*self.log, &self.index, own.to_vec(), root).await?;
                    self.index.enter(entry, &touched);
                }
                None => self.index.enter(entry, own),
            }
            self.tree.push(leaf);
        }
        Ok(roots)
    }
}

/// What an event read back from the log touches that goes back to the fact at `root`.
async fn touched(
    log: &dyn Log,
    index: &Index,
    own: Vec<Subject>,
    root: Position,
) -> Result<Vec<Subject>, ReadError> {
    // Once a family has members, what the fact touches is among what they do.
    if let Some(family) = index.family_subjects(root) {
        return Ok(index::with_family(own, None, family.iter()));
    }
    let fact = log.fetch(&[root]).await?.into_iter().next();
    let fact = fact.map(|record| codec::decode(root, record)).transpose()?;
    Ok(index::with_family(own, fact.as_ref().map(|fact| (fact.id, &fact.event)), std::iter::empty()))
}
