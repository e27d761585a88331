//! Checkpoints (c2sp.org/tlog-checkpoint): the size and the root of the tree, signed by the log.

use super::{
    hash::Hash,
    key::{SigningKey, VerifierKey},
    note::{self, NoteError},
};

/// What a log says it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is.
    pub origin: String,
    /// How many leaves its tree has: the position of the last of them.
    pub size: u64,
    /// The root of the tree.
    pub root: Hash,
}

/// Why a text is not a checkpoint to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note is not.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text of the note is not a checkpoint.
    #[error("the signed text is not a checkpoint: {0}")]
    Form(&'static str),
    /// Signed by the key, but for another log.
    #[error("the checkpoint is of the log {0}, which is not that of the key")]
    Origin(String),
}

impl Checkpoint {
    /// The checkpoint as a signed note. The key's name is the origin.
    pub fn sign(size: u64, root: Hash, key: &SigningKey) -> String {
        note::sign(&format!("{}\n{size}\n{root}\n", key.verifier().name()), key)
    }

    /// Reads a signed note, once the key is found to have signed it. Extension lines are left aside.
    pub fn verify(note: &str, key: &VerifierKey) -> Result<Checkpoint, CheckpointError> {
        let checkpoint = Checkpoint::read(note::verify(note, key)?)?;
        match checkpoint.origin == key.name().as_str() {
            true => Ok(checkpoint),
            false => Err(CheckpointError::Origin(checkpoint.origin)),
        }
    }

    /// Reads the text of a note.
    fn read(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let origin = lines.next().filter(|line| !line.is_empty());
        let origin = origin.ok_or(CheckpointError::Form("it has no origin"))?.to_owned();
        let size = lines.next().and_then(number).ok_or(CheckpointError::Form("it has no tree size"))?;
        let root = lines.next().and_then(|line| line.parse().ok());
        let root = root.ok_or(CheckpointError::Form("it has no root hash"))?;
        if lines.any(str::is_empty) {
            return Err(CheckpointError::Form("an extension line is empty"));
        }
        Ok(Checkpoint { origin, size, root })
    }
}

/// A whole number in decimal digits without leading zeroes.
pub(super) fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_read() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = Checkpoint::read(text).unwrap();
        assert_eq!(
            (checkpoint.origin.as_str(), checkpoint.size),
            ("example.com/behind-the-sofa", 20_852_163)
        );
        assert_eq!(checkpoint.root.to_string(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    }

    #[test]
    fn what_is_not_a_checkpoint_is_refused() {
        let root = Hash::of_nothing();
        for (text, expected) in [
            (format!("o\n0\n{root}\n"), None),
            (format!("o\n0\n{root}\nextension\n"), None),
            (format!("\n0\n{root}\n"), Some("it has no origin")),
            (format!("o\n00\n{root}\n"), Some("it has no tree size")),
            (format!("o\n+1\n{root}\n"), Some("it has no tree size")),
            (format!("o\n18446744073709551616\n{root}\n"), Some("it has no tree size")),
            (format!("o\n{root}\n"), Some("it has no tree size")),
            (format!("o\n1\n{root}x\n"), Some("it has no root hash")),
            ("o\n1\n".to_owned(), Some("it has no root hash")),
            (format!("o\n0\n{root}\n\nextension\n"), Some("an extension line is empty")),
        ] {
            let expected = expected.map(CheckpointError::Form);
            assert_eq!(Checkpoint::read(&text).err(), expected, "{text}");
        }
    }

    #[test]
    fn the_origin_is_the_name_of_the_key() {
        let key = SigningKey::from_random("example.org/a".parse().unwrap(), &[7; 32]);
        let note = Checkpoint::sign(3, Hash::of_nothing(), &key);
        assert_eq!(Checkpoint::verify(&note, &key.verifier()).unwrap().size, 3);
        let other = note::sign(&format!("example.org/b\n3\n{}\n", Hash::of_nothing()), &key);
        let expected = CheckpointError::Origin("example.org/b".to_owned());
        assert_eq!(Checkpoint::verify(&other, &key.verifier()), Err(expected));
    }
}
