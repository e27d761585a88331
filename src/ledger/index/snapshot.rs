//! Snapshots of the indexes and the tree.

use std::{collections::BTreeSet, io, path::Path, sync::Arc};

use bytes::{Buf as _, BufMut as _};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Family, Index};
use crate::{
    domain::{id::EventId, subject::Subject},
    ledger::{
        ids::{self, Ids},
        postings::Postings,
    },
    position::Position,
    proof::{Hash, Tree},
    snapshot::{self, Claim, Header, SnapshotError},
};

/// The form of the content. Raised when it changes, and when what it is derived by does.
const VERSION: &str = "ledger 1";

const CHUNKS: u8 = 1;
const OPEN: u8 = 2;
const IDS: u8 = 3;
const SUBJECTS: u8 = 4;
const REGISTERED: u8 = 5;
const FAMILIES: u8 = 6;
const TIME: u8 = 7;

/// The indexes as they were at some position. Shares most of its memory with what goes on.
pub struct Frozen {
    tail: Position,
    last_recorded_at: Option<Timestamp>,
    ids: Vec<Arc<Vec<EventId>>>,
    subjects: Vec<(Subject, Postings)>,
    registered: Vec<Subject>,
    families: Vec<(Position, Arc<Family>)>,
}

impl Index {
    /// The indexes as they are now, to be written beside the work.
    pub fn freeze(&self) -> Frozen {
        Frozen {
            tail: self.tail,
            last_recorded_at: self.last_recorded_at,
            ids: self.ids.list().to_vec(),
            subjects: self.subjects.iter().map(|(subject, it)| (subject.clone(), it.clone())).collect(),
            registered: self.registered.iter().cloned().collect(),
            families: self.families.iter().map(|(root, family)| (*root, family.clone())).collect(),
        }
    }
}

impl Frozen {
    /// Writes the snapshot. `tree` is the tree at the same position, `root` its root.
    pub fn write(&self, tree: &Tree, root: Hash, path: &Path) -> io::Result<()> {
        let header = Header { version: VERSION.to_owned(), position: self.tail, root: *root.as_bytes() };
        snapshot::write(path, &header, |writer| {
            let hash = |block: &mut Vec<u8>, hash: &Hash| block.put_slice(hash.as_bytes());
            writer.put_all(CHUNKS, tree.chunks(), hash)?;
            writer.put_all(OPEN, tree.open(), hash)?;
            let ids = self.ids.iter().flat_map(|chunk| chunk.iter());
            writer.put_all(IDS, ids, |block, id| block.put_slice(id.uuid().as_bytes()))?;
            writer.put_all(SUBJECTS, &self.subjects, |block, (subject, postings)| {
                snapshot::put_text(block, &subject.to_string());
                let parts = postings.bytes();
                block.put_u64_le(parts.iter().map(|part| part.len() as u64).sum());
                parts.into_iter().for_each(|part| block.put_slice(part));
            })?;
            writer.put_all(REGISTERED, &self.registered, |block, subject| {
                snapshot::put_text(block, &subject.to_string());
            })?;
            writer.put_all(FAMILIES, &self.families, |block, (root, family)| {
                put_family(block, *root, family)
            })?;
            let time = self.last_recorded_at.map(Timestamp::as_microsecond);
            writer.put_all(TIME, time, |block, time| block.put_i64_le(time))
        })
    }
}

fn put_family(block: &mut Vec<u8>, root: Position, family: &Family) {
    block.put_u64_le(root.get());
    block.put_u64_le(family.members.len() as u64);
    family.members.iter().for_each(|member| block.put_u64_le(member.get()));
    block.put_u64_le(family.subjects.len() as u64);
    family.subjects.iter().for_each(|subject| snapshot::put_text(block, &subject.to_string()));
}

/// What the snapshot says of the log.
pub fn claim(path: &Path) -> Option<Claim> {
    Claim::of(path, VERSION)
}

/// What has been read so far.
#[derive(Default)]
struct Content {
    index: Index,
    ids: Vec<Arc<Vec<EventId>>>,
    chunks: Vec<Hash>,
    open: Vec<Hash>,
}

/// Reads the snapshot. What is in it agrees with itself; whether it agrees with the log is to be seen.
pub fn read(path: &Path) -> Result<(Index, Tree, Header), SnapshotError> {
    let (header, mut reader) = snapshot::read(path, VERSION)?;
    let mut content = Content::default();
    content.index.tail = header.position;
    while let Some((kind, block)) = reader.take()? {
        let mut rest = block.as_slice();
        while !rest.is_empty() {
            content.take(kind, &mut rest).ok_or(SnapshotError::Damaged("an entry"))?;
        }
    }
    let Content { mut index, ids, chunks, open } = content;
    index.ids = Ids::from_list(ids);
    let events = header.position.get();
    let tree = Tree::from_parts(&chunks, open).filter(|tree| tree.size() == events);
    let tree = tree.ok_or(SnapshotError::Damaged("the tree"))?;
    if index.ids.len() as u64 != events || (events == 0) != index.last_recorded_at.is_none() {
        return Err(SnapshotError::Damaged("it is not of so many events"));
    }
    Ok((index, tree, header))
}

impl Content {
    /// Takes one entry.
    fn take(&mut self, kind: u8, rest: &mut &[u8]) -> Option<()> {
        match kind {
            CHUNKS => self.chunks.push(take_hash(rest)?),
            OPEN => self.open.push(take_hash(rest)?),
            IDS => {
                let uuid = Uuid::from_slice(snapshot::take(rest, 16)?).ok()?;
                ids::append(&mut self.ids, EventId::new(uuid).ok()?);
            }
            SUBJECTS => {
                let subject: Subject = snapshot::take_text(rest)?.parse().ok()?;
                let count = take_count(rest)?;
                let bytes = snapshot::take(rest, count)?;
                self.index.subjects.insert(subject, Postings::from_bytes(bytes, self.index.tail)?);
            }
            REGISTERED => {
                self.index.registered.insert(snapshot::take_text(rest)?.parse().ok()?);
            }
            FAMILIES => self.take_family(rest)?,
            TIME => {
                let time = Timestamp::from_microsecond(rest.try_get_i64_le().ok()?).ok()?;
                self.index.last_recorded_at = Some(time);
            }
            _ => return None,
        }
        Some(())
    }

    fn take_family(&mut self, rest: &mut &[u8]) -> Option<()> {
        let root = Position::new(rest.try_get_u64_le().ok()?);
        let mut family = Family::default();
        let mut last = root;
        for _ in 0..take_count(rest)? {
            let member = Position::new(rest.try_get_u64_le().ok()?);
            if member <= last || self.index.tail < member {
                return None;
            }
            last = member;
            family.members.push(member);
            self.index.roots.insert(member, root);
        }
        let mut subjects = BTreeSet::new();
        for _ in 0..take_count(rest)? {
            subjects.insert(snapshot::take_text(rest)?.parse().ok()?);
        }
        family.subjects = subjects;
        self.index.families.insert(root, Arc::new(family));
        Some(())
    }
}

fn take_hash(rest: &mut &[u8]) -> Option<Hash> {
    Hash::try_from(snapshot::take(rest, 32)?).ok()
}

fn take_count(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(rest.try_get_u64_le().ok()?).ok()
}
