//! Hints: what can be done when the file system refuses, on a line of its own behind what it said.

use std::io;

use crate::log::sled::OpenError;

/// What can be done about an error; nothing when there is nothing to say that the error does not.
pub fn of(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "\nMake room on that file system, and run the command again."
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "\nThe file system is mounted read-only: mount it for writing, or work on a copy of the directory."
        }
        io::ErrorKind::PermissionDenied => "\nRun the command as the user that the server runs as.",
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
