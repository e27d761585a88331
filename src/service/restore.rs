//! Restoring: a data directory from a backup, offline.

use std::path::Path;

use bytes::Bytes;

use super::{
    backup::{Source, SourceError},
    hint,
    key::{self, KeyFileError},
    scaffold::{Scaffold, ScaffoldError},
};
use crate::{
    ledger::{Flaw, Inspection},
    log::{
        AppendError, Log as _,
        sled::{OpenError, SledLog},
    },
    position::Position,
    proof::{Hash, VerifierKey},
};

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The last position.
    pub tail: Position,
    /// The root over everything, which is the one that was signed.
    pub root: Hash,
    /// The key it was signed with.
    pub key: VerifierKey,
}

/// Why nothing was restored. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no room for it.
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    /// The backup is refused.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A record breaks a rule.
    #[error("the backup is REFUSED at position {position}: {flaw}")]
    Flaw {
        /// Its position.
        position: Position,
        /// The rule.
        flaw: Flaw,
    },
    /// The key cannot be installed.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The new log did not open.
    #[error("{}", hint::opening(.0))]
    Open(#[from] OpenError),
    /// The new log could not be written.
    #[error("the new record could not be written: {}", hint::appending(.0))]
    Append(#[from] AppendError),
}

/// Restores a backup to a directory that is empty or not there, with the key it was signed with if a copy of that is at
/// `key`. `watch` is told of the bytes read and of the position after every step.
///
/// Every record is hashed again, and the directory appears only when the root is the one that was signed.
pub async fn restore(
    mut source: Source,
    data: &Path,
    key: Option<&Path>,
    mut watch: impl FnMut(u64, Position),
) -> Result<Restored, RestoreError> {
    let key = key.map(key::read_copy).transpose()?;
    if let Some(key) = &key {
        source = source.trusting(key.verifier());
    }
    let scaffold = Scaffold::raise(data)?;
    let log = SledLog::open(&scaffold.data())?;
    let mut inspection = Inspection::default();
    while let Some(records) = source.records()? {
        let mut stored: Vec<Bytes> = Vec::with_capacity(records.len());
        for (record, recorded) in records {
            if let Some(flaw) = inspection.look_at(&recorded).into_iter().next() {
                return Err(RestoreError::Flaw { position: recorded.position, flaw });
            }
            stored.push(record);
        }
        let tail = log.append(log.tail(), &stored).await?;
        watch(source.bytes_read(), tail);
    }
    let (tail, root, signed_with) = source.finish()?;
    log.close().await?;
    match key {
        Some(key) => key::install(&key, &scaffold.data())?,
        None => key::retire(&scaffold.data(), &signed_with)?,
    }
    drop(log);
    scaffold.settle()?;
    Ok(Restored { tail, root, key: signed_with })
}
