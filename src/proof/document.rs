//! Proof documents (c2sp.org/tlog-proof): a record with everything that proves, without a server, that the log holds
//! it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    checkpoint::{Checkpoint, CheckpointError, number},
    hash::Hash,
    key::VerifierKey,
    leaf::{Opening, OpeningError},
    path::includes,
};
use crate::position::Position;

/// The longest document, in bytes: the largest record with all its proof is a tenth of it.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 20;
/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The hashes of a path: as many as a tree of 2⁶⁴ leaves is high.
const PATH_HASHES_MAX: usize = 64;

/// A proof document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The record: in the document, the extra data.
    pub opening: Opening,
    /// The number of its leaf, from 0: one less than its position.
    pub index: u64,
    /// The hashes from the sibling of the leaf upwards.
    pub path: Vec<Hash>,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
}

/// What a document proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The tree that the record is in.
    pub checkpoint: Checkpoint,
    /// The position of the record.
    pub position: Position,
    /// The hash of its leaf.
    pub leaf: Hash,
}

/// Why a document proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Too long.
    #[error("it has more than {DOCUMENT_BYTES_MAX} bytes")]
    Long,
    /// Not of this form.
    #[error("it is not a proof: {0}")]
    Form(&'static str),
    /// The extra data is no record.
    #[error("{0}")]
    Opening(#[from] OpeningError),
    /// The checkpoint is not to be believed.
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
    /// The record is not what the checkpoint commits to.
    #[error("the record, or the way from it to the checkpoint, was changed: they do not fit together")]
    Excluded,
}

impl Document {
    /// Reads the text of a document. It is not proven by that: see [`Document::verify`].
    pub fn read(text: &str) -> Result<Document, DocumentError> {
        if DOCUMENT_BYTES_MAX < text.len() {
            return Err(DocumentError::Long);
        }
        let form = DocumentError::Form;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(form("there is no checkpoint"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(form("its first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let extra = extra.ok_or(form("its second line does not hold the record"))?;
        let extra = STANDARD.decode(extra).map_err(|_| form("its record is not base64"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(number);
        let index = index.ok_or(form("its third line does not hold the index"))?;
        let path: Vec<Hash> = lines
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| form("a line between index and checkpoint is not a hash"))?;
        if PATH_HASHES_MAX < path.len() {
            return Err(form("it has too many hashes"));
        }
        Ok(Document { opening: Opening::decode(&extra)?, index, path, checkpoint: checkpoint.to_owned() })
    }

    /// What it proves: that the holder of the key has signed a tree in which this record stands at this position.
    pub fn verify(&self, key: &VerifierKey) -> Result<Proven, DocumentError> {
        let checkpoint = Checkpoint::verify(&self.checkpoint, key)?;
        let position = Position::new(self.index).next();
        let leaf = self.opening.leaf(position).hash();
        match includes(checkpoint.root, checkpoint.size, self.index, leaf, &self.path) {
            true => Ok(Proven { checkpoint, position, leaf }),
            false => Err(DocumentError::Excluded),
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nextra {}\nindex {}", STANDARD.encode(self.opening.encode()), self.index)?;
        for hash in &self.path {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
