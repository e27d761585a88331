//! The tree and its paths against another implementation of RFC 6962, and against known vectors.

use chancery::proof::{
    CHUNK_LEAVES, Chunks, Hash, Span, Tree, consistency_spans, extends, includes, inclusion_spans, leaf_hash,
};
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree};
use proptest::prelude::*;
use sha2::Sha256;

/// The tree under test, and all leaves as the log would give them again.
#[derive(Default)]
struct Grown {
    tree: Tree,
    chunks: Chunks,
}

impl Grown {
    fn push(&mut self, data: &[u8]) {
        let leaf = leaf_hash(data);
        self.chunks.entry(self.tree.size() / CHUNK_LEAVES).or_default().push(leaf);
        self.tree.push(leaf);
    }

    fn hashes(&self, spans: Option<Vec<Span>>) -> Vec<Hash> {
        self.tree.hashes(&spans.unwrap(), &self.chunks).unwrap()
    }

    fn root(&self, size: u64) -> Hash {
        self.hashes(Some(vec![Span { begin: 0, end: size }]))[0]
    }
}

type Other = MemoryBackedTree<Sha256, Vec<u8>>;

fn data(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(number as usize % 7)
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn other_root(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new((*root.as_bytes()).into(), size)
}

/// Both agree that the leaf is in the tree, and by the same hashes.
fn check_inclusion(grown: &Grown, other: &Other, index: u64) {
    let size = other.len();
    let path = grown.hashes(inclusion_spans(index, size));
    assert_eq!(bytes(&path), other.prove_inclusion(index as usize).as_bytes(), "{index} in {size}");
    let (root, leaf) = (grown.root(size), leaf_hash(&data(index)));
    assert!(includes(root, size, index, leaf, &path), "{index} in {size}");
    let proof = InclusionProof::try_from_bytes(bytes(&path)).unwrap();
    other_root(root, size).verify_inclusion(&data(index), index, &proof).unwrap();
    assert!(!includes(root, size, index, leaf_hash(b"another"), &path), "{index} in {size}");
    assert!(!includes(root, size + 1, index ^ 1, leaf, &path), "{index} in {size}");
    if let Some((_, shorter)) = path.split_last() {
        assert!(!includes(root, size, index, leaf, shorter), "{index} in {size}");
    }
    let longer = [path, vec![leaf]].concat();
    assert!(!includes(root, size, index, leaf, &longer), "{index} in {size}");
}

/// Both agree that the tree continues that of `first` leaves.
fn check_consistency(grown: &Grown, other: &Other, first: u64) {
    let second = other.len();
    let path = grown.hashes(consistency_spans(first, second));
    let (old, new) = ((first, grown.root(first)), (second, grown.root(second)));
    assert!(extends(old, new, &path), "{first} to {second}");
    if 0 < first {
        let proof = ConsistencyProof::try_from_bytes(bytes(&path)).unwrap();
        other_root(new.1, second).verify_consistency(&other_root(old.1, first), &proof).unwrap();
        assert_eq!(bytes(&path), other.prove_consistency((second - first) as usize).as_bytes());
        assert!(!extends((first, leaf_hash(b"another")), new, &path), "{first} to {second}");
    }
    assert!(first == 0 || !extends(old, (second, leaf_hash(b"another")), &path), "{first} to {second}");
    assert!(!extends(old, new, &[path, vec![old.1]].concat()), "{first} to {second}");
    assert!(first == second || !extends(new, old, &[]), "{first} to {second}");
}

/// Places where something may go wrong, and some in between.
fn places(size: u64) -> Vec<u64> {
    let all = [0, 1, size / 3, size / 2, size.next_power_of_two() / 2, size & !255, size.wrapping_sub(1)];
    let near = all.iter().flat_map(|place| [place.wrapping_sub(1), *place, place + 1]);
    if size <= 70 { (0..size).collect() } else { near.filter(|place| *place < size).collect() }
}

#[test]
fn every_tree_up_to_1100_leaves_is_that_of_another_implementation() {
    let (mut grown, mut other, mut roots) = (Grown::default(), Other::new(), Vec::new());
    assert_eq!(grown.root(0), Hash::of_nothing());
    for size in 1..=1_100 {
        grown.push(&data(size - 1));
        other.push(data(size - 1));
        assert_eq!(grown.root(size).as_bytes()[..], other.root().as_bytes()[..], "{size}");
        roots.push(grown.root(size));
        for place in places(size) {
            check_inclusion(&grown, &other, place);
            check_consistency(&grown, &other, place);
        }
        check_consistency(&grown, &other, size);
    }
    // And looked back on from there.
    for (size, root) in (1..).zip(roots) {
        assert_eq!(grown.root(size), root, "{size}");
    }
}

/// A tree of the other implementation over the first leaves.
fn other_of(size: u64) -> Other {
    let mut other = Other::new();
    (0..size).for_each(|number| other.push(data(number)));
    other
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn large_trees_are_those_of_another_implementation(
        size in 1_100_u64..40_000,
        places in prop::collection::vec(any::<prop::sample::Index>(), 20),
    ) {
        let (mut grown, other) = (Grown::default(), other_of(size));
        (0..size).for_each(|number| grown.push(&data(number)));
        for place in places {
            check_inclusion(&grown, &other, place.index(size as usize) as u64);
            check_consistency(&grown, &other, place.index(size as usize) as u64);
        }
    }
}

#[test]
fn the_known_vectors_of_certificate_transparency_hold() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut grown = Grown::default();
    for (leaf, expected) in leaves.into_iter().zip(roots) {
        grown.push(leaf);
        let root: String =
            grown.root(grown.tree.size()).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(root, expected, "{}", grown.tree.size());
    }
    assert_eq!(inclusion_spans(8, 8), None);
    assert_eq!(consistency_spans(9, 8), None);
    let beyond = [Span { begin: 0, end: 9 }];
    assert!(grown.tree.hashes(&beyond, &Chunks::new()).is_err());
}

#[test]
fn every_tree_continues_the_empty_one_and_only_itself_at_its_size() {
    let (root, other) = (leaf_hash(b"a"), leaf_hash(b"b"));
    let nothing = Hash::of_nothing();
    for (first, second, path, expected) in [
        ((0, nothing), (0, nothing), &[][..], true),
        ((0, nothing), (5, root), &[], true),
        ((0, other), (5, root), &[], false),
        ((0, nothing), (5, root), &[other], false),
        ((5, root), (5, root), &[], true),
        ((5, root), (5, other), &[], false),
        ((5, root), (5, root), &[root], false),
        ((5, root), (6, other), &[], false),
        ((4, root), (6, other), &[], false),
        ((6, root), (5, root), &[], false),
    ] {
        assert_eq!(extends(first, second, path), expected, "{first:?} {second:?} {path:?}");
    }
}
