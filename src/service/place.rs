//! The place of a record: what must lie where in a data directory, and what must not be taken for one.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::{
    hint,
    scaffold::{SET_ASIDE, create, leftover, mark_of},
};

/// What is expected at a path of a data directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A file.
    File,
    /// A directory.
    Directory,
}

/// How what lies at a path of a data directory differs from what belongs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It has the other form than this one.
    Other(Form),
    /// It is a link that leads nowhere.
    Dangling,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Misfit::Other(Form::File) => "a directory, and a file belongs there",
            Misfit::Other(Form::Directory) => "a file, and a directory belongs there",
            Misfit::Dangling => "a link to what is not there, and a part of the record belongs there",
        })
    }
}

/// What can lie in a data directory; nothing of it need be there.
const KNOWN: [(&str, Form); 19] = [
    (LOCK, Form::File),
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
    (SNAPSHOTS, Form::Directory),
    ("chancery.key", Form::File),
    ("chancery.key.new", Form::File),
    ("chancery.vkey", Form::File),
    ("chancery.vkey.new", Form::File),
    ("retired.keys", Form::File),
    ("retired.keys.new", Form::File),
    (SET_ASIDE, Form::File),
];
/// What makes a directory one with a record.
const RECORD: [&str; 3] = ["tail", "sled", "journal"];
/// What holds the record: without one of these a part of it is not there.
const LINKED: [&str; 7] = ["tail", "sled", "sled/db", "sled/blobs", "journal", "journal/0", "journal/1"];
/// What is made only when `tail` and the database are durable. Without those it is what is left of a record. A key is not
/// among them: it may be put there before the record is.
const REMAINS: [&str; 4] = ["journal/0", "journal/1", SNAPSHOTS, "retired.keys"];
/// The lock, which says something as soon as there is a log.
const LOCK: &str = "lock";
/// The directory of snapshots, beside the log.
pub const SNAPSHOTS: &str = "snapshots";
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
        "{path} holds a backup, and not a record that can be served\n\
         Restore it first, to another directory: chancery restore --from {path} --data DIR\n\
         The backup itself is verified by: chancery verify --backup {path}",
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
    /// It held a record.
    #[error(
        "{path} held a record, and that is missing: {} there, and neither tail nor sled/db\n\
         Put the missing files back, or restore a backup to a new directory: chancery restore --from BACKUP --data DIR\n\
         {}A new record is begun in a directory of its own. Nothing was changed.",
        left(remains), journal(path, *journal_bytes), path = path.display()
    )]
    Lost {
        /// The place.
        path: PathBuf,
        /// What is left.
        remains: Vec<&'static str>,
        /// How many bytes are in the journal, which may be records.
        journal_bytes: u64,
    },
    /// A repair has put another directory in its place.
    #[error(
        "{path} was set aside by a repair, and its record goes on in the directory that took its place: name that one, and in a \
         shell that stood here change to it anew\n\
         To go back to this one for good, stop the server of the other, never start that again, and remove {mark}: one key must \
         not sign two histories.",
        path = path.display(), mark = mark.display()
    )]
    SetAside {
        /// Where it is now.
        path: PathBuf,
        /// The file that says so.
        mark: PathBuf,
    },
    /// A command that builds a record there was interrupted.
    #[error(
        "there is no record in {path}, and {folder} is what an interrupted restore of it has left, or one that goes on\n\
         Run the restore again: it removes that folder first. If a new record is wanted here instead, remove the folder.",
        path = path.display(), folder = folder.display()
    )]
    Unfinished {
        /// The place.
        path: PathBuf,
        /// What it left.
        folder: PathBuf,
    },
    /// A part of the record has another form than it must have.
    #[error(
        "{path} is {misfit}\n\
         Move it away and put back what was there, or what it led to, if there is a copy. `chancery verify --data` says what is \
         missing without it, and `chancery repair --data` what can be kept.",
        path = path.display()
    )]
    Misshapen {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        misfit: Misfit,
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

/// What is left, as the subject of a sentence.
fn left(remains: &[&str]) -> String {
    let verb = if remains.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", remains.join(", "))
}

/// What can be done about a journal without a database.
fn journal(path: &Path, bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        _ => format!(
            "`chancery repair --data {}` says what can still be read of its journal.\n",
            path.display()
        ),
    }
}

/// The record that was in a directory and is not there any more, with all that says where it ended; `None` where there is
/// one, damaged or not, and where there never was.
///
/// A start makes the database and `tail`, syncs them and their names, and only then anything else: whatever is left by one
/// that was killed, or by a power cut, is no remainder of a record.
pub fn lost(data: &Path) -> Option<PlaceError> {
    let bytes = |name: &str| fs::metadata(data.join(name)).map_or(0, |found| found.len());
    if data.join("tail").exists() || 0 < bytes("sled/db") {
        return None;
    }
    let mut remains: Vec<&str> = REMAINS.into_iter().filter(|name| data.join(name).exists()).collect();
    if 0 < bytes(LOCK) {
        remains.push(LOCK);
    }
    match remains.is_empty() {
        true => None,
        false => Some(PlaceError::Lost {
            path: data.to_owned(),
            remains,
            journal_bytes: bytes("journal/0") + bytes("journal/1"),
        }),
    }
}

/// What an interrupted command has left of a record that was to be in a directory where there is none.
pub fn unfinished(data: &Path) -> Option<PlaceError> {
    let folder = leftover(data).filter(|_| !is_record(data))?;
    Some(PlaceError::Unfinished { path: data.to_owned(), folder })
}

/// That a directory is one which a repair has set aside.
fn set_aside(data: &Path) -> Option<PlaceError> {
    let mark = mark_of(data)?;
    let path = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    Some(PlaceError::SetAside { path, mark })
}

/// That a path leads through a file.
pub fn below_file(data: &Path) -> Option<PlaceError> {
    let there = data.ancestors().skip(1).find(|above| above.exists())?;
    (!there.is_dir()).then(|| PlaceError::File { path: there.to_owned() })
}

/// That a directory is one of backup files, and has no record.
pub fn backup(data: &Path) -> Option<PlaceError> {
    let mut entries = fs::read_dir(data).ok()?.flatten();
    let found = !is_record(data) && entries.any(|entry| is_of_backup(&entry.file_name().to_string_lossy()));
    found.then(|| PlaceError::Backup { path: data.to_owned() })
}

fn is_of_backup(name: &str) -> bool {
    name.contains(".backup")
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

/// The first path in a data directory at which a file lies instead of a directory, or the other way round, or, where the
/// record should be, a link that leads nowhere.
pub fn misshapen(data: &Path) -> Option<(PathBuf, Misfit)> {
    KNOWN.iter().find_map(|(name, form)| {
        let path = data.join(name);
        let found = fs::symlink_metadata(&path).ok()?;
        let misfit = match form {
            Form::File if found.is_dir() => Misfit::Other(*form),
            Form::Directory if found.is_file() => Misfit::Other(*form),
            _ if found.is_symlink() && LINKED.contains(name) && !path.exists() => Misfit::Dangling,
            _ => return None,
        };
        Some((path, misfit))
    })
}

/// Makes the directory for a record, for its owner alone, when it is not there. One with something else in it is refused.
pub fn prepare(data: &Path) -> Result<(), PlaceError> {
    let io = |error| PlaceError::Io { path: data.to_owned(), error };
    if let Some(error) = set_aside(data).or_else(|| lost(data)).or_else(|| unfinished(data)) {
        return Err(error);
    }
    match fs::metadata(data) {
        Ok(found) if !found.is_dir() => return Err(PlaceError::File { path: data.to_owned() }),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            data.parent().map_or(Ok(()), fs::create_dir_all).map_err(io)?;
            return create(data).map_err(io);
        }
        Err(error) => return Err(below_file(data).unwrap_or_else(|| io(error))),
    }
    if let Some((path, misfit)) = misshapen(data) {
        return Err(PlaceError::Misshapen { path, misfit });
    }
    if is_record(data) {
        return Ok(());
    }
    for entry in fs::read_dir(data).map_err(io)? {
        let name = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        if is_of_backup(&name) {
            return Err(PlaceError::Backup { path: data.to_owned() });
        }
        if name != LOST_AND_FOUND && KNOWN.iter().all(|(known, _)| *known != name) {
            return Err(PlaceError::Foreign { path: data.to_owned(), name });
        }
    }
    Ok(())
}
