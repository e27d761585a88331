//! Leaves: what the tree commits to of each recorded event, and what opens that commitment.
//!
//! The data of a leaf are 145 bytes, whole numbers big-endian:
//!
//! ```text
//! offset  bytes
//!      0      1  the version of the layout, 1
//!      1      8  position, unsigned
//!      9      8  recorded_at, signed: microseconds since 1970-01-01T00:00:00Z
//!     17     16  event id, UUID
//!     33     16  commit id, UUID
//!     49     32  SHA-256 of the subjects: each as text, ascending by bytes, each once, each followed by 0x0A
//!     81     32  SHA-256 of the metadata: recorded_by in UTF-8
//!    113     32  SHA-256(salt ‖ content): 16 random bytes of the record, and the encoded event as it was admitted
//! ```
//!
//! The subjects are those that the event touches by its own content. Because the content is committed to by a salted
//! hash of its own, salt and content could be erased, and the leaf still be computed: nobody could then guess the content
//! by trying, and every proof would hold.

use std::fmt::{self, Write as _};

use bytes::Bytes;

use super::hash::{Hash, leaf_hash};
use crate::position::Position;

/// The version of the layout of leaves, and of openings.
const VERSION: u8 = 1;
/// The bytes of a leaf.
const LEAF_BYTES: usize = 145;
/// The bytes of a subject as text, about.
const SUBJECT_BYTES: usize = 32;
/// The bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// What makes the content of a record unguessable from its hash: random, and of one record only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// The salt with these bytes, which must come from a cryptographic source of randomness.
    pub const fn new(bytes: [u8; SALT_BYTES]) -> Salt {
        Salt(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; SALT_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever has the salt can try contents.
        f.write_str("Salt(…)")
    }
}

/// What the tree commits to of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its position.
    pub position: Position,
    /// When it was recorded, in microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at: i64,
    /// Its id.
    pub event: [u8; 16],
    /// The commit it was part of.
    pub commit: [u8; 16],
    /// [`subjects_hash`] of what it touches.
    pub subjects: Hash,
    /// [`metadata_hash`] of who submitted it.
    pub metadata: Hash,
    /// [`commitment`] to its content.
    pub content: Hash,
}

impl Leaf {
    /// The data of the leaf.
    pub fn data(&self) -> [u8; LEAF_BYTES] {
        let parts: [&[u8]; 8] = [
            &[VERSION],
            &self.position.get().to_be_bytes(),
            &self.recorded_at.to_be_bytes(),
            &self.event,
            &self.commit,
            self.subjects.as_bytes(),
            self.metadata.as_bytes(),
            self.content.as_bytes(),
        ];
        let mut data = [0; LEAF_BYTES];
        let mut left = data.as_mut_slice();
        for part in parts {
            let Some((place, rest)) = left.split_at_mut_checked(part.len()) else { break };
            place.copy_from_slice(part);
            left = rest;
        }
        data
    }

    /// The hash of the leaf in the tree.
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.data())
    }
}

/// The text that [`subjects_hash`] hashes.
fn subjects_text(subjects: &[impl fmt::Display]) -> String {
    let mut text = String::with_capacity(SUBJECT_BYTES * subjects.len());
    let (mut is_ascending, mut last) = (true, 0..0);
    for subject in subjects {
        let begin = text.len();
        // Writing to a string does not fail.
        let _ = writeln!(text, "{subject}");
        let line = begin..text.len();
        is_ascending &= text.get(last) < text.get(line.clone());
        last = line;
    }
    if is_ascending {
        return text;
    }
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// The hash of the subjects of an event, in any order.
pub fn subjects_hash(subjects: &[impl fmt::Display]) -> Hash {
    Hash::of(subjects_text(subjects).as_bytes())
}

/// The hash of the metadata of an event.
pub fn metadata_hash(recorded_by: &str) -> Hash {
    Hash::of(recorded_by.as_bytes())
}

/// The salted hash of the content of an event.
pub fn commitment(salt: &Salt, content: &[u8]) -> Hash {
    Hash::of_parts(&[&salt.0, content])
}

/// What, together with its position, gives the leaf of an event: the record itself. It is the extra data of a proof.
///
/// As bytes, whole numbers big-endian:
///
/// ```text
/// 1 byte    the version of the layout, 1
/// 8 bytes   recorded_at, signed: microseconds since 1970-01-01T00:00:00Z
/// 16 bytes  event id
/// 16 bytes  commit id
/// 16 bytes  salt
/// 4 bytes   the length of recorded_by; then recorded_by in UTF-8
/// 4 bytes   the length of the subjects; then the subjects: ascending by bytes, each once, each followed by 0x0A
/// the rest  content: the encoded chancery.v1.Event
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// When it was recorded, in microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at: i64,
    /// Its id.
    pub event: [u8; 16],
    /// The commit it was part of.
    pub commit: [u8; 16],
    /// The salt of the record.
    pub salt: Salt,
    /// The principal who submitted it.
    pub recorded_by: String,
    /// What its own content touches, as text; the order does not matter.
    pub subjects: Vec<String>,
    /// The encoded `chancery.v1.Event`, as it was admitted.
    pub content: Bytes,
}

/// Why bytes are not an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// Written by a newer program.
    #[error("the record in it has layout {0}, which this program does not know")]
    Version(u8),
    /// Ends too early.
    #[error("the record in it ends too early")]
    Short,
    /// A text is not UTF-8.
    #[error("the record in it has a text that is not UTF-8")]
    Text,
    /// The subjects do not ascend, or the last is not followed by a line feed.
    #[error("the subjects of the record in it are not in order")]
    Subjects,
}

impl Opening {
    /// The leaf of the event, given its position.
    pub fn leaf(&self, position: Position) -> Leaf {
        Leaf {
            position,
            recorded_at: self.recorded_at,
            event: self.event,
            commit: self.commit,
            subjects: subjects_hash(&self.subjects),
            metadata: metadata_hash(&self.recorded_by),
            content: commitment(&self.salt, &self.content),
        }
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let subjects = subjects_text(&self.subjects);
        let mut bytes = Vec::with_capacity(65 + self.recorded_by.len() + subjects.len() + self.content.len());
        bytes.push(VERSION);
        bytes.extend(self.recorded_at.to_be_bytes());
        bytes.extend(self.event);
        bytes.extend(self.commit);
        bytes.extend(self.salt.0);
        for text in [&self.recorded_by, &subjects] {
            // A text of a record is far below 4 GiB: a record has at most 60 KiB.
            bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend_from_slice(&self.content);
        bytes
    }

    /// Reads bytes. What is read encodes to the same bytes.
    pub fn decode(bytes: &[u8]) -> Result<Opening, OpeningError> {
        let ([version], rest) = take(bytes)?;
        if version != VERSION {
            return Err(OpeningError::Version(version));
        }
        let (recorded_at, rest) = take(rest)?;
        let (event, rest) = take(rest)?;
        let (commit, rest) = take(rest)?;
        let (salt, rest) = take(rest)?;
        let (recorded_by, rest) = take_text(rest)?;
        let (subjects, content) = take_text(rest)?;
        let split: Vec<String> = subjects.lines().map(str::to_owned).collect();
        if subjects_text(&split) != subjects {
            return Err(OpeningError::Subjects);
        }
        Ok(Opening {
            recorded_at: i64::from_be_bytes(recorded_at),
            event,
            commit,
            salt: Salt(salt),
            recorded_by: recorded_by.to_owned(),
            subjects: split,
            content: Bytes::copy_from_slice(content),
        })
    }
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), OpeningError> {
    bytes.split_first_chunk().map(|(first, rest)| (*first, rest)).ok_or(OpeningError::Short)
}

fn take_text(bytes: &[u8]) -> Result<(&str, &[u8]), OpeningError> {
    let (length, rest) = take(bytes)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| OpeningError::Short)?;
    let (text, rest) = rest.split_at_checked(length).ok_or(OpeningError::Short)?;
    Ok((str::from_utf8(text).map_err(|_| OpeningError::Text)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening() -> Opening {
        Opening {
            recorded_at: 1_700_000_000_123_456,
            event: [0x11; 16],
            commit: [0x22; 16],
            salt: Salt([0x33; 16]),
            recorded_by: "local".to_owned(),
            subjects: vec!["group/hts".to_owned(), "actor/us".to_owned(), "group/hts".to_owned()],
            content: Bytes::from_static(b"content"),
        }
    }

    #[test]
    fn the_bytes_of_a_leaf_are_pinned() {
        let leaf = opening().leaf(Position::new(7));
        let data: String = leaf.data().iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = concat!(
            "01",
            "0000000000000007",
            "00060a2418202240",
            "11111111111111111111111111111111",
            "22222222222222222222222222222222",
            // printf 'actor/us\ngroup/hts\n' | sha256sum
            "a2910dd61a14f2166593b9f5e539415027352d87fa35a7c3f51f7c17883deaec",
            // printf 'local' | sha256sum
            "25bf8e1a2393f1108d37029b3df5593236c755742ec93465bbafa9b290bddcf6",
            // printf '3333333333333333content' | sha256sum
            "1e37db536abe589617eae7a0ce7a1cfff6e2381e28ac91ea15ce4dd8b3bdbc68",
        );
        assert_eq!(data, expected);
    }

    #[test]
    fn an_opening_comes_back_as_it_was() {
        let bytes = opening().encode();
        let read = Opening::decode(&bytes).unwrap();
        assert_eq!(read.subjects, ["actor/us", "group/hts"]);
        assert_eq!(read.encode(), bytes);
        assert_eq!(read.leaf(Position::new(1)), opening().leaf(Position::new(1)));
        for length in 0..bytes.len() - opening().content.len() {
            assert_eq!(Opening::decode(&bytes[..length]), Err(OpeningError::Short), "{length}");
        }
    }

    #[test]
    fn what_is_not_an_opening_is_refused() {
        let bytes = opening().encode();
        let subjects_at = 57 + 4 + 5 + 4;
        for (place, byte, expected) in [
            (0, 2, OpeningError::Version(2)),
            (57, 0xff, OpeningError::Short),
            (61, 0xff, OpeningError::Text),
            (subjects_at, b'z', OpeningError::Subjects),
            (subjects_at + 18, b' ', OpeningError::Subjects),
        ] {
            let mut wrong = bytes.clone();
            wrong[place] = byte;
            assert_eq!(Opening::decode(&wrong), Err(expected), "{place}");
        }
    }
}
