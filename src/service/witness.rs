//! Witnesses: snapshots of more events than the log beside them holds, which tell that it was put back or cut.

use std::path::{Path, PathBuf};

use super::place::SNAPSHOTS;
use crate::{ledger, position::Position, projection};

/// A whole snapshot that goes on after the log ends. Only what is durable is ever in a snapshot, so that no crash and no
/// power cut leaves one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The snapshot.
    pub file: PathBuf,
    /// The last position in it.
    pub position: Position,
}

impl Witness {
    /// The snapshot in a data directory that goes farthest behind `tail`. One that is damaged, or of another form or other
    /// rules, says nothing.
    pub fn against(data: &Path, tail: Position) -> Option<Witness> {
        let snapshots = data.join(SNAPSHOTS);
        let beyond = [ledger::beyond(&snapshots, tail), projection::beyond(&snapshots, tail)];
        let witnesses = beyond.into_iter().flatten().map(|(file, position)| Witness { file, position });
        witnesses.max_by_key(|witness| witness.position)
    }
}
