//! The place of a record: what must lie where in a data directory, and what must not be taken for one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{hint, scaffold::create};

/// What is expected at a path of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A file.
    File,
    /// A directory.
    Directory,
}

/// What can lie in a data directory; nothing of it need be there.
const KNOWN: [(&str, Form); 16] = [
    ("lock", Form::File),
    ("tail", Form::File),
    ("tail.new", Form::File),
    ("sled", Form::Directory),
    ("sled/db", Form::File),
    ("sled/conf", Form::File),
    ("sled/blobs", Form::Directory),
    ("journal", Form::Directory),
    ("journal/0", Form::File),
    ("journal/1", Form::File),
    ("trial", Form::Directory),
    ("snapshots", Form::Directory),
    ("chancery.key", Form::File),
    ("chancery.key.new", Form::File),
    ("retired.keys", Form::File),
    ("retired.keys.new", Form::File),
];
/// What makes a directory one with a record.
const RECORD: [&str; 3] = ["tail", "sled", "journal"];
/// What a new file system has in it.
const LOST_AND_FOUND: &str = "lost+found";

/// Why a place cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It is a file.
    #[error("{path} is a file: name a directory, which is made when it is not there", path = path.display())]
    File {
        /// The place.
        path: PathBuf,
    },
    /// It holds a backup.
    #[error(
        "{path} holds a backup, and a server writes to a data directory\n\
         Restore it first, to another directory: chancery restore --from {path} --data DIR",
        path = path.display()
    )]
    Backup {
        /// The place.
        path: PathBuf,
    },
    /// It holds something else.
    #[error(
        "{path} holds files that do not belong to a record, such as {name}\n\
         Name a directory that is empty or not there yet, or one with a record in it.",
        path = path.display()
    )]
    Foreign {
        /// The place.
        path: PathBuf,
        /// One of them.
        name: String,
    },
    /// A part of the record has another form than it must have.
    #[error(
        "{path} is {}, and {} belongs there\n\
         Move it away and put back what was there, if there is a copy. `chancery verify --data` says what is missing without \
         it, and `chancery repair --data` what can be kept.",
        match expected { Form::File => "a directory", Form::Directory => "a file" },
        match expected { Form::File => "a file", Form::Directory => "a directory" },
        path = path.display()
    )]
    Misshapen {
        /// The path.
        path: PathBuf,
        /// What belongs there.
        expected: Form,
    },
    /// The system refused.
    #[error("{path}: {error}{}", hint::of(error), path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

/// Whether there is a record in a directory, whole or not.
pub fn is_record(path: &Path) -> bool {
    RECORD.iter().any(|name| path.join(name).exists())
}

/// The data directory of a record in which a path lies, or would lie: one of the directories above it.
pub fn enclosing(path: &Path) -> io::Result<Option<PathBuf>> {
    let path = std::path::absolute(path)?;
    // What is not there yet has no links in it.
    let there = path.ancestors().find_map(|above| fs::canonicalize(above).ok().map(|found| (above, found)));
    let Some((above, found)) = there else { return Ok(None) };
    let above = if above == path { found.parent() } else { Some(found.as_path()) };
    // Other directories may have something of one of these names too.
    let is_data = |folder: &Path| {
        let has = |name: &str| folder.join(name).is_file();
        has("tail") && (has("chancery.key") || has("retired.keys") || has("sled/db"))
    };
    Ok(above.and_then(|above| above.ancestors().find(|folder| is_data(folder))).map(Path::to_owned))
}

/// The first path in a data directory at which a file lies instead of a directory, or the other way round.
pub fn misshapen(data: &Path) -> Option<(PathBuf, Form)> {
    let paths = KNOWN.iter().map(|(name, form)| (data.join(name), *form));
    paths.into_iter().find(|(path, form)| {
        fs::symlink_metadata(path).is_ok_and(|found| match form {
            Form::File => found.is_dir(),
            Form::Directory => found.is_file(),
        })
    })
}

/// Makes the directory for a record, for its owner alone, when it is not there. One with something else in it is refused.
pub fn prepare(data: &Path) -> Result<(), PlaceError> {
    let io = |error| PlaceError::Io { path: data.to_owned(), error };
    match fs::metadata(data) {
        Ok(found) if !found.is_dir() => return Err(PlaceError::File { path: data.to_owned() }),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            data.parent().map_or(Ok(()), fs::create_dir_all).map_err(io)?;
            return create(data).map_err(io);
        }
        Err(error) => return Err(io(error)),
    }
    if let Some((path, expected)) = misshapen(data) {
        return Err(PlaceError::Misshapen { path, expected });
    }
    if is_record(data) {
        return Ok(());
    }
    for entry in fs::read_dir(data).map_err(io)? {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        if name.contains(".backup") {
            return Err(PlaceError::Backup { path: data.to_owned() });
        }
        if name != LOST_AND_FOUND && KNOWN.iter().all(|(known, _)| *known != name) {
            return Err(PlaceError::Foreign { path: data.to_owned(), name });
        }
    }
    Ok(())
}
