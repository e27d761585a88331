//! The hash tree of RFC 6962 over all leaves so far, kept in few bytes.
//!
//! Held are the hashes of the complete subtrees of [`CHUNK_LEAVES`] leaves and of everything above them: 64 bytes for
//! 256 leaves, a quarter of a byte each; and the leaves of the last chunk while it is incomplete. Whatever lies below is
//! computed again from the leaves of a chunk, which the caller brings.

use std::collections::BTreeMap;

use super::{
    hash::{Hash, node_hash},
    path::Span,
};

/// The leaves of a chunk: the smallest complete subtree whose hash is kept.
pub const CHUNK_LEAVES: u64 = 1 << CHUNK_LEVEL;
const CHUNK_LEVEL: u32 = 8;

/// Leaf hashes of complete chunks, by number of the chunk: chunk `n` has the leaves from `n · 256` on.
pub type Chunks = BTreeMap<u64, Vec<Hash>>;

/// The tree over the leaves so far.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    /// At `n`, the hashes of the complete subtrees of `256 · 2ⁿ` leaves, from the left.
    levels: Vec<Vec<Hash>>,
    /// The leaves of the chunk that is not complete.
    open: Vec<Hash>,
}

/// Why a hash cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// The leaves of this chunk are needed.
    #[error("the leaves of chunk {0} are needed")]
    Chunk(u64),
    /// The tree has no such leaves.
    #[error("the tree has {size} leaves")]
    Beyond {
        /// How many it has.
        size: u64,
    },
}

impl Tree {
    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The tree of these complete chunks, by their hashes, and of the leaves after them; `None`: there are too many of
    /// those.
    pub fn from_parts(chunks: &[Hash], open: Vec<Hash>) -> Option<Tree> {
        if CHUNK_LEAVES <= open.len() as u64 {
            return None;
        }
        let mut tree = Tree::default();
        chunks.iter().for_each(|chunk| tree.push_chunk(*chunk));
        tree.size = chunks.len() as u64 * CHUNK_LEAVES + open.len() as u64;
        tree.open = open;
        Some(tree)
    }

    /// The hashes of the complete chunks, from the left.
    pub fn chunks(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// The leaves after the complete chunks.
    pub fn open(&self) -> &[Hash] {
        &self.open
    }

    /// Adds a leaf: one hash at most in the mean.
    pub fn push(&mut self, leaf: Hash) {
        self.size += 1;
        self.open.push(leaf);
        if self.open.len() as u64 != CHUNK_LEAVES {
            return;
        }
        let complete = fold(&self.open);
        self.open.clear();
        self.push_chunk(complete);
    }

    fn push_chunk(&mut self, mut complete: Hash) {
        for level in &mut self.levels {
            level.push(complete);
            match level.last_chunk() {
                Some([left, right]) if level.len() % 2 == 0 => complete = node_hash(*left, *right),
                _ => return,
            }
        }
        self.levels.push(vec![complete]);
    }

    /// The hashes over `spans`. The leaves of complete chunks that are cut by a span are taken from `chunks`;
    /// [`NodeError::Chunk`] names the first that is not there.
    pub fn hashes(&self, spans: &[Span], chunks: &Chunks) -> Result<Vec<Hash>, NodeError> {
        spans.iter().map(|span| self.hash(*span, chunks)).collect()
    }

    /// The hash over a span: that of the tree of these leaves alone.
    fn hash(&self, span: Span, chunks: &Chunks) -> Result<Hash, NodeError> {
        let mut pieces = Vec::new();
        let mut begin = span.begin;
        while begin < span.end {
            let level = (span.end - begin).ilog2();
            pieces.push(self.piece(begin, level, chunks)?);
            begin += 1 << level;
        }
        Ok(fold_right(&pieces))
    }

    /// The hash over the `2^level` leaves from `begin` on, a multiple of their number.
    fn piece(&self, begin: u64, level: u32, chunks: &Chunks) -> Result<Hash, NodeError> {
        let beyond = || NodeError::Beyond { size: self.size };
        let index = |number: u64| usize::try_from(number).map_err(|_| beyond());
        if let Some(above) = level.checked_sub(CHUNK_LEVEL) {
            let kept = self.levels.get(index(above.into())?).ok_or_else(beyond)?;
            return kept.get(index(begin >> level)?).copied().ok_or_else(beyond);
        }
        let chunk = begin / CHUNK_LEAVES;
        let leaves = match chunk == self.size / CHUNK_LEAVES {
            true => &self.open,
            false if self.size <= begin => return Err(beyond()),
            false => chunks.get(&chunk).ok_or(NodeError::Chunk(chunk))?,
        };
        let first = index(begin % CHUNK_LEAVES)?;
        leaves.get(first..first + (1_usize << level)).map(fold).ok_or_else(beyond)
    }
}

/// The root over leaves whose number is a power of two; of others, their tree's. None: the hash of nothing.
fn fold(leaves: &[Hash]) -> Hash {
    let mut row = leaves.to_vec();
    while 1 < row.len() {
        row = row
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(*left, *right)),
                rest => rest.first().copied(),
            })
            .collect();
    }
    row.first().copied().unwrap_or_else(Hash::of_nothing)
}

/// The root over complete subtrees, each smaller than the one before.
fn fold_right(pieces: &[Hash]) -> Hash {
    let whole = pieces.iter().rev().copied().reduce(|right, left| node_hash(left, right));
    whole.unwrap_or_else(Hash::of_nothing)
}
