//! Paths through the tree: which hashes prove that a leaf is in a tree, or that a tree continues another one (RFC 6962,
//! section 2.1), and how they are verified (RFC 9162, sections 2.1.3.2 and 2.1.4.2).

use super::hash::{Hash, node_hash};

/// Consecutive leaves, from `begin` up to and without `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first leaf.
    pub begin: u64,
    /// The leaf after the last.
    pub end: u64,
}

impl Span {
    /// Where its tree divides: after the largest power of two of leaves that leaves some over. `None` for one leaf.
    fn middle(self) -> Option<u64> {
        let last = self.end.checked_sub(self.begin)?.checked_sub(1).filter(|last| 0 < *last)?;
        Some(self.begin + (1 << last.ilog2()))
    }
}

/// The spans whose hashes prove that the leaf `index` is in the tree of `size` leaves, from its sibling upwards. None
/// for a leaf that the tree does not have.
pub fn inclusion_spans(index: u64, size: u64) -> Option<Vec<Span>> {
    if size <= index {
        return None;
    }
    let mut spans = Vec::new();
    let mut tree = Span { begin: 0, end: size };
    while let Some(middle) = tree.middle() {
        let (left, right) = (Span { end: middle, ..tree }, Span { begin: middle, ..tree });
        let (within, beside) = if index < middle { (left, right) } else { (right, left) };
        spans.push(beside);
        tree = within;
    }
    spans.reverse();
    Some(spans)
}

/// The spans whose hashes prove that the tree of `second` leaves continues that of `first`. None when `first` is the
/// larger. Every tree continues the empty one and itself: no hashes are needed.
pub fn consistency_spans(first: u64, second: u64) -> Option<Vec<Span>> {
    if second < first {
        return None;
    }
    let mut spans = Vec::new();
    let mut tree = Span { begin: 0, end: second };
    while 0 < first && first < tree.end {
        let Some(middle) = tree.middle() else { break };
        let (left, right) = (Span { end: middle, ..tree }, Span { begin: middle, ..tree });
        let (within, beside) = if first <= middle { (left, right) } else { (right, left) };
        spans.push(beside);
        tree = within;
    }
    // The verifier knows the hash of the first tree, but of no part of it.
    if 0 < tree.begin {
        spans.push(tree);
    }
    spans.reverse();
    Some(spans)
}

/// Whether `path` proves that `leaf` is the leaf `index` of the tree of `size` leaves with this root.
pub fn includes(root: Hash, size: u64, index: u64, leaf: Hash, path: &[Hash]) -> bool {
    let Some(mut last) = size.checked_sub(1).filter(|last| index <= *last) else { return false };
    let (mut node, mut hash) = (index, leaf);
    for &beside in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(beside, hash);
            // A node at the right edge without a sibling is the one above it.
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(hash, beside);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// A tree by its size and root.
pub type Head = (u64, Hash);

/// Whether `path` proves that the tree `second` continues the tree `first`.
pub fn extends((first, first_root): Head, (second, second_root): Head, path: &[Hash]) -> bool {
    if first == second || first == 0 {
        let empty = first != 0 || first_root == Hash::of_nothing();
        return path.is_empty() && empty && (first < second || first_root == second_root);
    }
    if second < first {
        return false;
    }
    let (mut node, mut last) = (first - 1, second - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    // A first tree that is complete is a node of the second: its root is known and not in the path.
    let (start, rest) = match (first.is_power_of_two(), path.split_first()) {
        (true, Some(_)) => (first_root, path),
        (false, Some((start, rest))) => (*start, rest),
        (_, None) => return false,
    };
    let (mut old, mut new) = (start, start);
    for &beside in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            (old, new) = (node_hash(beside, old), node_hash(beside, new));
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(new, beside);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && old == first_root && new == second_root
}
