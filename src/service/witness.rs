//! Witnesses: snapshots which tell that the log beside them was put back, cut, or exchanged for that of another record.

use std::path::{Path, PathBuf};

use super::place::SNAPSHOTS;
use crate::{ledger, position::Position, projection, proof::Hash, snapshot::Claim};

/// A whole snapshot that the log does not bear out. Only what is durable is ever in a snapshot, so that no crash and no power
/// cut leaves one; a restore and a repair make directories without any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The snapshot.
    pub file: PathBuf,
    /// The last position in it.
    pub position: Position,
    /// What it tells.
    pub testimony: Testimony,
}

/// What a snapshot tells of the log beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Testimony {
    /// It goes on after the log ends.
    Cut,
    /// The log has as many events, and others.
    Exchanged,
}

/// What the snapshots in a data directory say of its log. Those that are damaged, or of another form or other rules, say nothing.
pub fn claims(data: &Path) -> Vec<Claim> {
    let snapshots = data.join(SNAPSHOTS);
    [ledger::claim(&snapshots), projection::claim(&snapshots)].into_iter().flatten().collect()
}

impl Witness {
    /// The one that goes farthest behind `tail`.
    pub fn of_cut(claims: &[Claim], tail: Position) -> Option<Witness> {
        let beyond = claims.iter().filter(|claim| tail < claim.header.position && claim.is_whole());
        beyond.max_by_key(|claim| claim.header.position).map(|claim| Witness::of(claim, Testimony::Cut))
    }

    /// One that claims another root than the log has at the same position.
    pub fn of_exchange(claim: &Claim, root: Hash) -> Option<Witness> {
        let differs = claim.header.root != *root.as_bytes() && claim.is_whole();
        differs.then(|| Witness::of(claim, Testimony::Exchanged))
    }

    fn of(claim: &Claim, testimony: Testimony) -> Witness {
        Witness { file: claim.file.clone(), position: claim.header.position, testimony }
    }
}
