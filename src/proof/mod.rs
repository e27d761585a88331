//! Proofs that the record is append-only: leaves, the hash tree of RFC 6962, and the signed text formats of C2SP in
//! which its state and its proofs are handed out. Pure: no I/O, no clock, no randomness, no knowledge of what an event
//! means.
//!
//! A verifier needs this folder and nothing else of the program; docs/decisions/0005-proofs.md pins every byte for
//! those who write one in another language.

mod checkpoint;
mod document;
mod frontier;
mod hash;
mod key;
mod leaf;
mod note;
mod path;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use document::{DOCUMENT_BYTES_MAX, Document, DocumentError, Proven};
pub use frontier::Frontier;
pub use hash::{Hash, HashError, leaf_hash, node_hash};
pub use key::{KeyError, KeyName, SigningKey, VerifierKey};
pub use leaf::{Leaf, Opening, OpeningError, SALT_BYTES, Salt, commitment, metadata_hash, subjects_hash};
pub use note::{NoteError, SIGNATURES_MAX, sign, verify};
pub use path::{Span, consistency_spans, extends, includes, inclusion_spans};
pub use tree::{CHUNK_LEAVES, Chunks, NodeError, Tree};
