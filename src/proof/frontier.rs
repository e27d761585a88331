//! The right edge of the tree of RFC 6962: all that it takes to add leaves and to know the root, in 64 hashes at most.

use super::{
    hash::{Hash, node_hash},
    path::Span,
};

/// A tree of which only the roots of its complete subtrees are kept, the largest first: one for each bit that is set in
/// its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree of `size` leaves with these subtrees; `None` when there cannot be so many of them.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Frontier> {
        (peaks.len() == size.count_ones() as usize).then_some(Frontier { size, peaks })
    }

    /// The spans of leaves whose hashes [`Frontier::new`] takes, in their order.
    pub fn spans(size: u64) -> Vec<Span> {
        let mut begin = 0;
        let bits = (0..u64::BITS).rev().map(|bit| size & (1 << bit)).filter(|leaves| *leaves != 0);
        bits.map(|leaves| {
            let span = Span { begin, end: begin + leaves };
            begin = span.end;
            span
        })
        .collect()
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // A complete subtree joins its equal, as ones carry in a sum.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(left, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        let whole = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        whole.unwrap_or_else(Hash::of_nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{hash::leaf_hash, tree::Tree},
        *,
    };

    #[test]
    fn it_has_the_root_of_the_whole_tree_and_can_be_taken_up_at_any_size() {
        let mut tree = Tree::default();
        let mut frontier = Frontier::default();
        let chunks = (0..3)
            .map(|chunk| {
                (chunk, (chunk * 256..(chunk + 1) * 256).map(|leaf| leaf_hash(&[leaf as u8])).collect())
            })
            .collect();
        for size in 0..700_u64 {
            assert_eq!(frontier.size(), size);
            let whole = tree.hashes(&[Span { begin: 0, end: size }], &chunks).unwrap();
            assert_eq!(whole, [frontier.root()], "{size}");
            let peaks = tree.hashes(&Frontier::spans(size), &chunks).unwrap();
            assert_eq!(Frontier::new(size, peaks).as_ref(), Some(&frontier), "{size}");
            tree.push(leaf_hash(&[size as u8]));
            frontier.push(leaf_hash(&[size as u8]));
        }
    }

    #[test]
    fn a_size_has_one_number_of_subtrees() {
        let hash = Hash::of_nothing();
        for (size, peaks, fits) in [(0, 0, true), (0, 1, false), (5, 2, true), (5, 3, false), (8, 1, true)] {
            assert_eq!(Frontier::new(size, vec![hash; peaks]).is_some(), fits, "{size} {peaks}");
        }
    }
}
