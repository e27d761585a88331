//! A scaffold: a data directory that is built beside its place, and put there whole or not at all.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// What the file in a scaffold says, by which it is recognised.
const NOTE: &str = "Chancery was building a data directory here and did not finish: nothing in this folder is needed.\n\
    The command that was interrupted removes it when it is run again.\n";
/// The name of that file. It is locked while the scaffold is in use.
const NOTE_FILE: &str = "unfinished";
/// What is being built.
const DATA: &str = "data";

/// Why nothing can be built.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// There is something in the place already.
    #[error(
        "{place} is not empty: nothing is ever written over a record\nName a directory that is empty or not there yet.",
        place = place.display()
    )]
    Occupied {
        /// The place.
        place: PathBuf,
    },
    /// The place is the root of a file system.
    #[error(
        "{place} is where a file system is mounted, and nothing can be put there as a whole\n\
         Name a directory below it.",
        place = place.display()
    )]
    Mounted {
        /// The place.
        place: PathBuf,
    },
    /// Another process is building there.
    #[error("another process is building in {folder}", folder = folder.display())]
    InUse {
        /// The scaffold.
        folder: PathBuf,
    },
    /// A folder with the name that is needed is not a scaffold.
    #[error(
        "{folder} is in the way: it is not what an interrupted command has left\nMove it away.",
        folder = folder.display()
    )]
    Unknown {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused.
    #[error("{path}: {error}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

/// A folder beside a place, `PLACE.unfinished`, with what is being built in it. Removed when dropped.
#[derive(Debug)]
pub struct Scaffold {
    place: PathBuf,
    folder: PathBuf,
    /// The lock ends with the handle, also when the process is killed.
    _lock: File,
}

impl Scaffold {
    /// Makes a scaffold beside a place that is empty or not there. What an interrupted one has left is removed.
    pub fn raise(place: &Path) -> Result<Scaffold, ScaffoldError> {
        vacant(&std::path::absolute(place).map_err(io(place))?)?;
        Scaffold::beside(place)
    }

    /// Makes a scaffold beside a place, whatever is there.
    pub fn beside(place: &Path) -> Result<Scaffold, ScaffoldError> {
        let place = std::path::absolute(place).map_err(io(place))?;
        let parent = place.parent().unwrap_or(&place);
        fs::create_dir_all(parent).map_err(io(parent))?;
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let folder = parent.join(name);
        clear(&folder)?;
        let note = folder.join(NOTE_FILE);
        fs::create_dir(&folder).map_err(io(&folder))?;
        let lock = File::create_new(&note).and_then(|mut file| {
            file.write_all(NOTE.as_bytes())?;
            file.lock()?;
            Ok(file)
        });
        let lock = lock.map_err(io(&note))?;
        let scaffold = Scaffold { place, folder, _lock: lock };
        let data = scaffold.data();
        fs::create_dir(&data).map_err(io(&data))?;
        Ok(scaffold)
    }

    /// The scaffold itself, where things can be put that belong to what is being built.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The directory that is being built. It is there, and empty at first.
    pub fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    /// Puts the directory in its place. Whoever built it has closed it, and every file in it is durable.
    pub fn settle(self) -> Result<(), ScaffoldError> {
        let data = self.data();
        sync(&data)?;
        // Over an empty directory, or over nothing; a directory with something in it is refused by the system.
        fs::rename(&data, &self.place).map_err(io(&self.place))?;
        let parent = self.place.parent().unwrap_or(&self.place);
        sync(parent)
    }

    /// Changes the directory for what is in its place, in one step; the scaffold, with the old directory in it and
    /// whatever else was put there, gets the name `kept`.
    pub fn exchange(self, kept: &Path) -> Result<(), ScaffoldError> {
        let data = self.data();
        sync(&data)?;
        // From here on nothing may take it for something that can be removed.
        let note = self.folder.join(NOTE_FILE);
        fs::remove_file(&note).map_err(io(&note))?;
        sync(&self.folder)?;
        let flags = rustix::fs::RenameFlags::EXCHANGE;
        rustix::fs::renameat_with(rustix::fs::CWD, &data, rustix::fs::CWD, &self.place, flags)
            .map_err(|error| io(&self.place)(error.into()))?;
        sync(&self.folder)?;
        fs::rename(&self.folder, kept).map_err(io(kept))?;
        sync(self.place.parent().unwrap_or(&self.place))
    }
}

impl Drop for Scaffold {
    fn drop(&mut self) {
        // What is left is recognised by the next. Without its note, it is no scaffold any more.
        if self.folder.join(NOTE_FILE).exists() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Refuses a place where something is, or where nothing can be put.
fn vacant(place: &Path) -> Result<(), ScaffoldError> {
    let mut entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(place)(error)),
    };
    if entries.next().is_some() {
        return Err(ScaffoldError::Occupied { place: place.to_owned() });
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).map_err(io(path));
        let parent = place.parent().unwrap_or(place);
        if parent == place || device(place)? != device(parent)? {
            return Err(ScaffoldError::Mounted { place: place.to_owned() });
        }
    }
    Ok(())
}

/// Removes what an interrupted command has left, and nothing else.
fn clear(folder: &Path) -> Result<(), ScaffoldError> {
    let note = folder.join(NOTE_FILE);
    let known = match fs::read_to_string(&note) {
        Ok(text) => text == NOTE,
        Err(error) if error.kind() == io::ErrorKind::NotFound => match folder.exists() {
            true => false,
            false => return Ok(()),
        },
        Err(error) => return Err(io(&note)(error)),
    };
    if !known {
        return Err(ScaffoldError::Unknown { folder: folder.to_owned() });
    }
    let lock = File::open(&note).map_err(io(&note))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => ScaffoldError::InUse { folder: folder.to_owned() },
        TryLockError::Error(error) => io(&note)(error),
    })?;
    fs::remove_dir_all(folder).map_err(io(folder))
}

fn sync(folder: &Path) -> Result<(), ScaffoldError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

fn io(path: &Path) -> impl Fn(io::Error) -> ScaffoldError {
    let path = path.to_owned();
    move |error| ScaffoldError::Io { path: path.clone(), error }
}
