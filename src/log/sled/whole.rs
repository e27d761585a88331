//! The blocks that are whole in a database's file, for readers of what sled refuses: it refuses pages, each of several blocks.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tracing::warn;

use super::{block::Block, chain::Fault, directory, salvage};
use crate::position::Position;

/// Where the whole blocks of a database lie, found out when somebody first asks.
pub struct Whole {
    db: PathBuf,
    places: Mutex<Option<Vec<Place>>>,
}

/// A block in the file.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The position of its first record.
    pub first: Position,
    /// The position of its last record.
    pub last: Position,
    /// Where it begins.
    pub at: u64,
    /// Its length.
    pub bytes: usize,
}

impl Whole {
    /// Those of the database in this folder.
    pub fn new(folder: &Path) -> Whole {
        Whole { db: directory::db(folder), places: Mutex::default() }
    }

    /// The block with this position; the `fault` that sled met when it is not whole. Reads the file through when it was not yet
    /// read so far, or was written to since.
    pub fn block(&self, position: Position, fault: Fault) -> Result<Block, Fault> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*places {
            match find(known, position) {
                Some(place) => {
                    if let Some(block) = self.read(place) {
                        return Ok(block);
                    }
                }
                None if known.last().is_some_and(|last| position <= last.last) => return Err(fault),
                None => {}
            }
        }
        warn!(position = %position, reason = fault.reason, "the database refuses a page: looking for its whole blocks");
        let found = places.insert(salvage::places(&self.db).unwrap_or_default());
        find(found, position).and_then(|place| self.read(place)).ok_or(fault)
    }

    fn read(&self, place: Place) -> Option<Block> {
        let mut bytes = vec![0; place.bytes];
        File::open(&self.db).ok()?.read_exact_at(&mut bytes, place.at).ok()?;
        let block = Block::parse(bytes.into()).ok()?;
        (block.first() == place.first && block.last() == place.last).then_some(block)
    }
}

/// The place of the block with this position. Places are in order and do not overlap.
fn find(places: &[Place], position: Position) -> Option<Place> {
    let index = places.partition_point(|place| place.last < position);
    places.get(index).copied().filter(|place| place.first <= position)
}
