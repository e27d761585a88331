//! Loss: what a running process misses of a file that it has open, and how far each of them is known to reach.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What happened to a file under a running process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It is not at its path any more.
    Gone {
        /// The path.
        path: PathBuf,
    },
    /// The system does not let the process look, so that nothing says whether it is still there.
    Unseen {
        /// The path.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It is shorter than it was.
    Cut {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        bytes: u64,
        /// The length that it had.
        reached: u64,
    },
}

impl Loss {
    /// What it means that the system said this when it was asked what lies at a path.
    pub fn of(path: &Path, error: &io::Error) -> Loss {
        use io::ErrorKind::{NotADirectory, NotFound};
        let path = path.to_owned();
        match error.kind() {
            NotFound | NotADirectory => Loss::Gone { path },
            _ => Loss::Unseen { path, reason: error.to_string() },
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Loss::Gone { path } | Loss::Unseen { path, .. } | Loss::Cut { path, .. } => path,
        }
    }

    /// What happened to it and what to do, as it follows the name of the file.
    pub fn told(&self) -> String {
        match self {
            Loss::Gone { .. } => {
                "was removed, moved or replaced while the server has it open, and what is in it may end with \
                                  the server: make a backup now, before it is stopped"
                    .to_owned()
            }
            Loss::Unseen { reason, .. } => format!(
                "cannot be looked at any more ({reason}), so that nothing says whether it is still what the server has open: give \
                 the user that the server runs as access to it again, and to the directories above it, and restart the server"
            ),
            Loss::Cut { bytes, reached, .. } => format!(
                "was cut short while the server has it open, to {bytes} of {reached} bytes, and what was behind is in the \
                 memory of the server at most: make a backup now, before it is stopped, and then look with `chancery verify \
                 --data` what is left"
            ),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path().display(), self.told())
    }
}

/// How many bytes a file has at least; 0 while nobody can say. Shared with whoever looks.
#[derive(Clone, Debug, Default)]
pub struct Reached(Arc<AtomicU64>);

impl Reached {
    /// The file has so many bytes now; 0: it may become shorter from now on.
    pub fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::SeqCst);
    }

    /// What is missing of the file at `path`, which has as many bytes as `length` says. A file that cannot be looked at is not
    /// called short.
    pub fn cut(&self, path: &Path, length: impl FnOnce() -> Option<u64>) -> Option<Loss> {
        let before = self.0.load(Ordering::SeqCst);
        let bytes = length()?;
        // It may have been emptied on purpose while the length was asked for.
        let reached = before.min(self.0.load(Ordering::SeqCst));
        (bytes < reached).then(|| Loss::Cut { path: path.to_owned(), bytes, reached })
    }
}
