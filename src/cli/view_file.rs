//! View files: the text of a view, kept beside the decision that rests on it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

/// The longest file that is read, in bytes: what the server takes.
const FILE_BYTES_MAX: u64 = 3 << 20;

/// Why a view cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ViewFileError {
    /// The file cannot be read.
    #[error("cannot read the view in {path}: {error}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is no view of this program.
    #[error("{path} is larger than {max} MiB: it is not a view that an audit takes", path = path.display(),
            max = FILE_BYTES_MAX >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot keep the view in {path}: {error}", path = path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// The text in a file.
pub fn read(path: &Path) -> Result<String, ViewFileError> {
    let unreadable = |error| ViewFileError::Unreadable { path: path.to_owned(), error };
    let file = File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    match FILE_BYTES_MAX < read as u64 {
        true => Err(ViewFileError::TooLarge { path: path.to_owned() }),
        false => Ok(text),
    }
}

/// Writes a text to a file that is not there yet, and syncs it.
pub fn keep(path: &Path, text: &str) -> Result<(), ViewFileError> {
    let unwritable = |error| ViewFileError::Unwritable { path: path.to_owned(), error };
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(unwritable)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| {
        drop_kept(path);
        unwritable(error)
    })
}

/// Takes back what [`keep`] has just written.
pub fn drop_kept(path: &Path) {
    // If it cannot be removed, it is a view like any other.
    let _ = fs::remove_file(path);
}
