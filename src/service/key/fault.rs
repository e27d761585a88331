//! Why there is no key to sign with, and what can be done.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::super::hint;
use crate::proof::{KeyError, VerifierKey};

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error(
        "the signing key in {path} cannot be read: {error}{}{}",
        match error.kind() {
            io::ErrorKind::PermissionDenied => owned(path),
            _ => String::new(),
        },
        match error.kind() {
            io::ErrorKind::NotFound => "\nName a copy of the chancery.key that the record was signed with, or leave out --signing-key.",
            _ => hint::of(error),
        },
        path = path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {error}{}", hint::of(error), path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Others can read the file.
    #[error(
        "the signing key in {path} can be read by others (mode {mode:03o})\n\
         If nobody has, run `chmod 600 {path}`. Otherwise move it and chancery.vkey away: the next start makes a new key, which auditors have to learn.",
        path = path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Others can read a copy.
    #[error(
        "the copy of the signing key in {path} can be read by others (mode {mode:03o})\n\
         If nobody has, run `chmod 600 {path}` and this again. Otherwise leave out --signing-key: the restored record gets a new \
         key, which auditors have to learn.",
        path = path.display()
    )]
    CopyExposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A copy is not a key.
    #[error(
        "{path} is no copy of a signing key: {error}\n\
         Name a copy of the chancery.key that the record was signed with, or leave out --signing-key.",
        path = path.display()
    )]
    Copy {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: KeyError,
    },
    /// What is in the file is not a key.
    #[error(
        "the signing key in {path} cannot be used: {error}\n\
         Put back a copy of it. Without one, move it and chancery.vkey away: the next start makes a new key, which auditors have to \
         learn.",
        path = path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: KeyError,
    },
    /// The file is a link, and nothing is where it leads.
    #[error(
        "the signing key in {path} is a link to {target}, and nothing is there\n\
         Mount or put back what it leads to. If the key is lost, remove the link and move chancery.vkey away: the next start makes a \
         new key, which auditors have to learn.",
        path = path.display(), target = target.display()
    )]
    Dangling {
        /// The file.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// There is no key, and the record was served with one.
    #[error(
        "there is no signing key in {path}, and this record was served with {served}\n\
         Put the key back. To go on with a new one on purpose, move {note} away: checkpoints signed with the old key are not \
         continued, and auditors have to learn the new one.",
        path = path.display(), note = note.display()
    )]
    Lost {
        /// Where the key ought to be.
        path: PathBuf,
        /// The key that the record was served with.
        served: Box<VerifierKey>,
        /// The file that says so.
        note: PathBuf,
    },
    /// The key is another one than the record was served with before.
    #[error(
        "the signing key in {path} is that of {found}, and this record was served with {served}: it may be the key of another \
         record\n\
         Put back a copy of the record's own key. To go on with this one on purpose, move {note} away: checkpoints signed with \
         the old key are not continued, and auditors have to learn the new one.",
        path = path.display(), note = note.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its key.
        found: Box<VerifierKey>,
        /// The key that the record was served with.
        served: Box<VerifierKey>,
        /// The file that says so.
        note: PathBuf,
    },
    /// A file beside the key may not be read. Nothing says that it is damaged.
    #[error("{path} cannot be read: {error}{}{}", owned(path), hint::of(error), path = path.display())]
    Denied {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The key that the record was served with is not to be read.
    #[error(
        "{path}, the verifier key that this record was served with, is damaged: {problem}\n\
         Put back a copy of it, as `chancery key` showed it. Without one, see to it that chancery.key is the record's own, and move \
         it away: the next start writes it anew.",
        path = path.display()
    )]
    ServedDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The list of retired keys is damaged: nobody knows which origins this record has given up.
    #[error(
        "{path}, the list of keys that may not sign for this record any more, is damaged: {problem}\n\
         Put back a copy of it. Without one, move it, chancery.key and chancery.vkey away and start without --origin: that makes a \
         key with a name that was never used. Never put a key back that was used before: it may have signed what this record contradicts.",
        path = path.display()
    )]
    RetiredDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The key is of another origin than the one asked for.
    #[error(
        "the signing key in {path} is of the origin {found}, not of {asked}\n\
         An origin is for the life of a record: leave out --origin.",
        path = path.display()
    )]
    Origin {
        /// The file.
        path: PathBuf,
        /// The origin that was asked for.
        asked: String,
        /// That of the key.
        found: String,
    },
    /// The origin is one that this record has given up.
    #[error(
        "this record may not sign as {origin} any more: checkpoints with that name are of what it was before it was restored \
         without its key, or repaired (see {path})\n\
         Move the key away, leave out --origin or name another one, and a new key is made. To keep the old one, restore again \
         with --signing-key.",
        path = path.display()
    )]
    Retired {
        /// The file that says so.
        path: PathBuf,
        /// The origin.
        origin: String,
    },
    /// The system gives no random bytes.
    #[error("cannot make a signing key: {0}")]
    Randomness(getrandom::Error),
}

impl KeyFileError {
    /// Why a file beside the key cannot be read: it is not for this user, or it is damaged.
    pub(super) fn unread(
        path: PathBuf,
        error: io::Error,
        damaged: impl FnOnce(PathBuf, String) -> KeyFileError,
    ) -> KeyFileError {
        match error.kind() {
            io::ErrorKind::PermissionDenied => KeyFileError::Denied { path, error },
            _ => damaged(path, error.to_string()),
        }
    }
}

/// Whose a file is, where that can be said.
fn owned(path: &Path) -> String {
    #[cfg(unix)]
    if let Ok(found) = path.metadata() {
        use std::os::unix::fs::MetadataExt as _;
        return format!(
            " (it is of the user with the id {}, mode {:03o})",
            found.uid(),
            found.mode() & 0o777
        );
    }
    #[cfg(not(unix))]
    let _ = path;
    String::new()
}
