//! Snapshots of the read models. Relationships are written as they are; the histories of actors, groups and regimes,
//! which hold facts in full, by the positions of their events.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    sync::Arc,
};

use bytes::{Buf as _, BufMut as _};
use jiff::Timestamp;
use tokio::task;
use tracing::{info, warn};

use super::{Store, projector, store::Counterparts};
use crate::{
    domain::{
        date::Day,
        event::Event,
        fold::{RULESET, relationship::Dealings},
        id::{ActorId, GroupId},
    },
    ledger::Restart,
    log::ReadError,
    position::Position,
    proof::Hash,
    snapshot::{self, Claim, Header, SnapshotError},
};

/// The snapshot of the read models, in the directory of snapshots.
pub(super) const FILE: &str = "projections";
/// How many facts are fetched at once.
const FETCH_EVENTS: usize = 4_096;

const DEALINGS: u8 = 1;
const SHARED: u8 = 2;
const FACTS: u8 = 3;
const ROOTS: u8 = 4;
const TIME: u8 = 5;

/// The form of the content and the rules that it follows from. The first number is raised when the form changes.
fn version() -> String {
    format!("projections 2, rules {RULESET}")
}

/// What the snapshot of the read models in a directory says of the log.
pub fn claim(directory: &Path) -> Option<Claim> {
    Claim::of(&directory.join(FILE), &version())
}

/// The read models as they were at some position. Shares most of its memory with what goes on.
pub(super) struct Frozen {
    pub(super) position: Position,
    recorded_at: Option<Timestamp>,
    dealings: Vec<(ActorId, GroupId, Arc<Dealings>)>,
    shared: Vec<(GroupId, BTreeMap<Day, u64>)>,
    /// The plain facts in the histories of actors, groups and regimes.
    facts: BTreeSet<Position>,
    /// The facts with families in them.
    roots: BTreeSet<Position>,
}

impl Store {
    /// The read models as they are now, to be written beside the work.
    pub(super) fn freeze(&self) -> Frozen {
        let dealings = self.relationships.iter();
        let dealings =
            dealings.map(|(actor, group, dealings)| (actor.clone(), group.clone(), dealings.clone()));
        let shared = self.counterparts.iter().filter(|(_, counterparts)| !counterparts.shared.is_empty());
        let (mut facts, mut roots) = (BTreeSet::new(), BTreeSet::new());
        for history in self.actors.values() {
            facts.extend(history.facts());
            roots.extend(history.roots());
        }
        for history in self.groups.values() {
            facts.extend(history.facts());
            roots.extend(history.roots());
        }
        for history in self.regimes.values() {
            facts.extend(history.facts());
            roots.extend(history.roots());
        }
        facts.extend(self.merges.facts());
        roots.extend(self.merges.roots());
        Frozen {
            position: self.position,
            recorded_at: self.recorded_at,
            dealings: dealings.collect(),
            shared: shared.map(|(group, it)| (group.clone(), it.shared.clone())).collect(),
            facts,
            roots,
        }
    }

    /// The store of the snapshot in a directory; an empty one when there is none that agrees with the record.
    pub async fn from_snapshot(restart: &Restart, directory: &Path) -> Store {
        let path = directory.join(FILE);
        match load(restart, &path).await {
            Ok(store) => {
                info!(position = %store.position, "the projections are taken from their snapshot");
                store
            }
            Err(SnapshotError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Store::default(),
            Err(error) => {
                warn!(
                    %error, snapshot = %path.display(),
                    "the projections are made anew: their snapshot is of no use"
                );
                Store::default()
            }
        }
    }
}

impl Frozen {
    /// Writes the snapshot. `root` is that of the tree at the same position.
    pub(super) fn write(&self, root: Hash, path: &Path) -> io::Result<()> {
        let header = Header { version: version(), position: self.position, root: *root.as_bytes() };
        snapshot::write(path, &header, |writer| {
            writer.put_all(DEALINGS, &self.dealings, |block, (actor, group, dealings)| {
                snapshot::put_text(block, actor.as_str());
                snapshot::put_text(block, group.as_str());
                let words = dealings.words();
                block.put_u64_le(words.len() as u64);
                words.iter().for_each(|word| block.put_u64_le(*word));
            })?;
            let shared = self.shared.iter().flat_map(|(group, days)| days.iter().map(move |it| (group, it)));
            writer.put_all(SHARED, shared, |block, (group, (day, count))| {
                snapshot::put_text(block, group.as_str());
                block.put_i16_le(day.year());
                block.put_i8(day.month());
                block.put_i8(day.day());
                block.put_u64_le(*count);
            })?;
            let position = |block: &mut Vec<u8>, position: &Position| block.put_u64_le(position.get());
            writer.put_all(FACTS, &self.facts, position)?;
            writer.put_all(ROOTS, &self.roots, position)?;
            let time = self.recorded_at.map(Timestamp::as_microsecond);
            writer.put_all(TIME, time, |block, time| block.put_i64_le(time))
        })
    }
}

/// What has been read so far.
#[derive(Default)]
struct Content {
    store: Store,
    facts: Vec<Position>,
    roots: Vec<Position>,
}

async fn load(restart: &Restart, path: &Path) -> Result<Store, SnapshotError> {
    let path = path.to_owned();
    let read = task::spawn_blocking(move || read(&path)).await;
    let (content, header) = read.map_err(|error| SnapshotError::Log(Box::new(error)))??;
    let log = |error: ReadError| SnapshotError::Log(Box::new(error));
    if restart.position() < header.position {
        return Err(SnapshotError::Foreign("it goes on after the indexes end"));
    }
    if restart.root(header.position).await.map_err(log)?.as_bytes() != &header.root {
        return Err(SnapshotError::Foreign("the root"));
    }
    let Content { mut store, facts, roots } = content;
    for positions in facts.chunks(FETCH_EVENTS) {
        for recorded in restart.fetch(positions).await.map_err(log)? {
            if let Event::Fact(fact) = &recorded.event {
                store.add(recorded.position, fact);
            }
        }
    }
    for roots in roots.chunks(FETCH_EVENTS) {
        let families = roots.iter().map(|root| (*root, restart.family(*root)));
        let families = projector::within(families, header.position);
        let wanted: Vec<Position> = projector::wanted(&families);
        let events = restart.fetch(&wanted).await.map_err(log)?;
        for (root, members) in projector::kin(&families, &events) {
            store.set_registered_family(root, &members);
        }
    }
    Ok(store)
}

/// Reads the snapshot. What is in it has the right form; whether it agrees with the log is to be seen.
fn read(path: &Path) -> Result<(Content, Header), SnapshotError> {
    let (header, mut reader) = snapshot::read(path, &version())?;
    let mut content = Content::default();
    content.store.position = header.position;
    while let Some((kind, block)) = reader.take()? {
        let mut rest = block.as_slice();
        while !rest.is_empty() {
            content.take(kind, &mut rest).ok_or(SnapshotError::Damaged("an entry"))?;
        }
    }
    Ok((content, header))
}

impl Content {
    /// Takes one entry.
    fn take(&mut self, kind: u8, rest: &mut &[u8]) -> Option<()> {
        match kind {
            DEALINGS => self.take_dealings(rest)?,
            SHARED => {
                let group: GroupId = snapshot::take_text(rest)?.parse().ok()?;
                let year = rest.try_get_i16_le().ok()?;
                let (month, day) = (rest.try_get_i8().ok()?, rest.try_get_i8().ok()?);
                let day = Day::new(year, month, day).ok()?;
                let count = rest.try_get_u64_le().ok()?;
                let counterparts = self.store.counterparts.entry(group).or_default();
                counterparts.shared.insert(day, count);
                counterparts.shared_in_all = counterparts.shared_in_all.checked_add(count)?;
            }
            FACTS => take_ascending(&mut self.facts, rest)?,
            ROOTS => take_ascending(&mut self.roots, rest)?,
            TIME => {
                let time = Timestamp::from_microsecond(rest.try_get_i64_le().ok()?).ok()?;
                self.store.recorded_at = Some(time);
            }
            _ => return None,
        }
        Some(())
    }

    fn take_dealings(&mut self, rest: &mut &[u8]) -> Option<()> {
        let actor: ActorId = snapshot::take_text(rest)?.parse().ok()?;
        let group: GroupId = snapshot::take_text(rest)?.parse().ok()?;
        let bytes = usize::try_from(rest.try_get_u64_le().ok()?).ok()?.checked_mul(8)?;
        let bytes = snapshot::take(rest, bytes)?;
        let mut words = bytes.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word));
        let dealings = Dealings::from_words(&mut words).filter(|_| words.next().is_none())?;
        let counterparts: &mut Counterparts = self.store.counterparts.entry(group.clone()).or_default();
        counterparts.actors.insert(actor.clone());
        *self.store.relationships.make(&actor, &group).0 = Arc::new(dealings);
        Some(())
    }
}

fn take_ascending(positions: &mut Vec<Position>, rest: &mut &[u8]) -> Option<()> {
    let position = Position::new(rest.try_get_u64_le().ok()?);
    let ascends = positions.last().copied().unwrap_or_default() < position;
    positions.push(position);
    ascends.then_some(())
}
