//! The marker of a scaffold: the file by which its folder is known for what it is, there first and gone last.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{ScaffoldError, access, io_at, plan, unmade};

/// The name of the file. It is locked while the scaffold is in use.
const FILE: &str = "unfinished";
/// What it says.
const NOTE: &str = "Chancery builds a data directory here, and puts it in the place of the one beside this folder.\n\
    Leave the folder alone: the next `chancery verify --data`, `repair` or `restore` of that directory removes it, or\n\
    keeps what is needed of it.\n";

/// Makes a folder with the marker in it, at once or not at all. The lock ends with the handle that comes back.
pub fn make(folder: &Path) -> Result<File, ScaffoldError> {
    let begun = begun(folder);
    access::create(&begun).map_err(|error| match error.kind() {
        // What an interrupted command has left was removed: another one has begun meanwhile.
        io::ErrorKind::AlreadyExists => ScaffoldError::InUse { folder: folder.to_owned() },
        _ => unmade(&begun, error),
    })?;
    let made = mark(&begun).and_then(|file| fs::rename(&begun, folder).map(|()| file));
    if made.is_err() {
        // What cannot be removed is recognised by the next.
        let _ = remove(&begun);
    }
    made.map_err(io_at(folder))
}

fn mark(begun: &Path) -> io::Result<File> {
    let mut file = File::create_new(begun.join(FILE))?;
    file.lock()?;
    file.write_all(NOTE.as_bytes())?;
    file.sync_all()?;
    File::open(begun)?.sync_all()?;
    Ok(file)
}

/// Removes what an interrupted command has left of the scaffold of a place, and nothing else.
pub fn clear(folder: &Path, place: &Path) -> Result<(), ScaffoldError> {
    for folder in [&*begun(folder), folder] {
        let Some(lock) = recognise(folder)? else { continue };
        if plan::read(folder)?.is_some_and(|plan| !plan.is_in(place)) {
            return Err(ScaffoldError::Unknown { folder: folder.to_owned() });
        }
        remove(folder).map_err(io_at(folder))?;
        drop(lock);
    }
    Ok(())
}

/// Locks the marker of a folder, if the folder is there. An empty one, which is all that is left at the end, has none.
pub fn recognise(folder: &Path) -> Result<Option<Option<File>>, ScaffoldError> {
    let unknown = || ScaffoldError::Unknown { folder: folder.to_owned() };
    let names = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(unknown()),
        entries => entries.and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<io::Result<Vec<_>>>()
        }),
    };
    let names = names.map_err(io_at(folder))?;
    if names.is_empty() {
        return Ok(Some(None));
    }
    let path = folder.join(FILE);
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unknown()),
        file => file.map_err(io_at(&path))?,
    };
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => ScaffoldError::InUse { folder: folder.to_owned() },
        TryLockError::Error(error) => io_at(&path)(error),
    })?;
    let note = io::read_to_string(&file).unwrap_or_default();
    // One that was not finished stands alone.
    let alone = names.iter().all(|name| name == OsStr::new(FILE));
    match note == NOTE || (alone && NOTE.starts_with(&note)) {
        true => Ok(Some(Some(file))),
        false => Err(unknown()),
    }
}

/// Removes a scaffold, the marker last.
pub fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false if entry.file_name() == OsStr::new(FILE) => {}
            false => fs::remove_file(entry.path())?,
        }
    }
    unmark(folder)?;
    fs::remove_dir(folder)
}

/// Removes the marker.
pub fn unmark(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The folder before it has its marker.
pub fn begun(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}
