//! Hints: what can be done when the file system refuses, on a line of its own behind what it said.

use std::io;

use crate::log::{AppendError, sled::OpenError};

const ROOM: &str = "\nMake room on that file system, and run the command again.";
/// How the system says that a disk, or what one user may have of it, is full, in the reason of a log.
const FULL: [&str; 2] = ["No space left on device", "quota exceeded"];

/// What can be done about an error; nothing when there is nothing to say that the error does not.
pub fn of(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ROOM,
        io::ErrorKind::FileTooLarge => {
            "\nRaise the limit on the size of files (`ulimit -f`), and run the command again."
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "\nThe file system is mounted read-only: mount it for writing, or work on a copy of the directory."
        }
        io::ErrorKind::PermissionDenied => {
            "\nRun the command as the user that the server runs as, and give the file back to it if it is another's."
        }
        io::ErrorKind::IsADirectory => "\nA file belongs there: move the directory away.",
        io::ErrorKind::NotADirectory => "\nA directory belongs there: move the file away.",
        _ => "",
    }
}

/// Why a log did not open, and what can be done when it was the file system that refused. Of a full disk the log says so itself.
pub fn opening(error: &OpenError) -> String {
    match error {
        OpenError::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
        {
            error.to_string()
        }
        OpenError::Io { source, .. } => format!("{error}{}", of(source)),
        error => error.to_string(),
    }
}

/// Whether a log says that a disk is full.
pub fn is_full(reason: &str) -> bool {
    FULL.iter().any(|said| reason.contains(said))
}

/// Why records could not be written to a new log, and what can be done.
pub fn appending(error: &AppendError) -> String {
    let reason = match error {
        AppendError::Failed { reason } | AppendError::Poisoned { reason } => reason.clone(),
        error => error.to_string(),
    };
    match is_full(&reason) {
        true => reason + ROOM,
        false => reason,
    }
}
