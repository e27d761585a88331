//! The directory of a log: who has it open, what lies where, and how it is made durable.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, Seek, Write},
    ops::Deref,
    path::{Path, PathBuf},
};

use super::{
    identity::{Identity, Occupant},
    loss::{Loss, Reached},
    open::OpenError,
};

/// The file that is locked.
const LOCK: &str = "lock";

/// What lies where in a log's directory.
#[derive(Clone, Debug)]
pub struct Files {
    path: PathBuf,
    /// What the path led to when the directory was locked.
    folder: Identity,
    /// The same of the lock, when there is one.
    lock: Option<Identity>,
    /// How far the files of the journal reach.
    journal_reached: [Reached; 2],
}

/// A log's directory, locked against other processes until dropped.
///
/// Locks are advisory and end with their handles, also when the process is killed. There are two, because either can fail:
/// the file may be removed, and some file systems do not lock directories.
#[derive(Debug)]
pub struct Directory {
    files: Files,
    /// The directory itself.
    _folder: File,
    /// `None` when nothing may be written in it.
    lock: Option<File>,
}

impl Directory {
    /// Creates the directory if need be, and locks it.
    pub fn lock(path: &Path) -> Result<Directory, OpenError> {
        let io = |at: &Path| {
            let path = at.to_owned();
            move |source| OpenError::Io { path, source }
        };
        fs::create_dir_all(path).map_err(io(path))?;
        let path = path.canonicalize().map_err(io(path))?;
        let folder = hold(&path)?;
        let lock_path = path.join(LOCK);
        let lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(&path)),
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path: lock_path, source }),
        }
        let mut directory = Directory::new(path, folder, Some(lock))?;
        if directory.tail().exists() {
            directory.sign()?;
        }
        Ok(directory)
    }

    fn new(path: PathBuf, folder: File, lock: Option<File>) -> Result<Directory, OpenError> {
        let identities = Identity::of(&folder)
            .and_then(|folder| Ok((folder, lock.as_ref().map(Identity::of).transpose()?)));
        let (folder_identity, lock_identity) =
            identities.map_err(|source| OpenError::Io { path: path.clone(), source })?;
        let files =
            Files { path, folder: folder_identity, lock: lock_identity, journal_reached: Default::default() };
        Ok(Directory { files, _folder: folder, lock })
    }

    /// Writes into the lock which process has it. Not before there is a log: a lock that says something, in a directory
    /// without one, tells that a log was there.
    pub fn sign(&mut self) -> Result<(), OpenError> {
        let Some(lock) = &mut self.lock else { return Ok(()) };
        let owner = format!("{}\n", std::process::id());
        // Over what is there, so that a full disk has no say in it.
        let written = lock
            .rewind()
            .and_then(|()| lock.write_all(owner.as_bytes()))
            .and_then(|()| lock.set_len(owner.len() as u64));
        written.map_err(|source| OpenError::Io { path: self.files.path.join(LOCK), source })
    }

    /// Locks a directory that is only read. One that may not be written to is locked as far as that goes: when there is no
    /// file to lock, it is not.
    pub fn look(path: &Path) -> Result<Directory, OpenError> {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        match Directory::lock(path) {
            Err(OpenError::Io { source, .. })
                if matches!(source.kind(), PermissionDenied | ReadOnlyFilesystem) => {}
            locked => return locked,
        }
        let path = path.canonicalize().map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let folder = hold(&path)?;
        let lock = File::open(path.join(LOCK)).ok();
        match lock.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => Err(in_use(&path)),
            Some(Ok(())) => Directory::new(path, folder, lock),
            Some(Err(TryLockError::Error(_))) | None => Directory::new(path, folder, None),
        }
    }

    /// Whether other processes are kept away.
    pub const fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// What lies where.
    pub fn files(&self) -> &Files {
        &self.files
    }
}

/// Opens a directory and locks it. A file system that locks no directories leaves it to the file in it.
fn hold(path: &Path) -> Result<File, OpenError> {
    let folder = File::open(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => Err(in_use(path)),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(folder),
    }
}

/// Another process has the directory. Which one is only for the message: an unreadable owner is an unknown one.
pub fn in_use(path: &Path) -> OpenError {
    let owner = fs::read_to_string(path.join(LOCK)).unwrap_or_default();
    OpenError::InUse { directory: path.to_owned(), process: owner.trim().parse().ok() }
}

impl Deref for Directory {
    type Target = Files;

    fn deref(&self) -> &Files {
        &self.files
    }
}

impl Files {
    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first of those that are not there any more, or not whole: the directory that was locked, its lock, and the files of
    /// the journal.
    pub fn loss(&self) -> Option<Loss> {
        let folder = self.folder.bytes_at(&self.path).err();
        let lock = || self.lock.and_then(|lock| lock.bytes_at(&self.path.join(LOCK)).err());
        let journals = || {
            self.journals().into_iter().zip(&self.journal_reached).find_map(|(path, reached)| {
                match regular(&path) {
                    Ok(bytes) => reached.cut(&path, || Some(bytes)),
                    Err(loss) => Some(loss),
                }
            })
        };
        folder.or_else(lock).or_else(journals)
    }

    /// The file that names the tail.
    pub fn tail(&self) -> PathBuf {
        self.path.join("tail")
    }

    /// The folder that is sled's.
    pub fn sled(&self) -> PathBuf {
        self.path.join("sled")
    }

    /// The folder of the journal.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// The two files of the journal, which take turns.
    pub fn journals(&self) -> [PathBuf; 2] {
        ["0", "1"].map(|name| self.journal().join(name))
    }

    /// How far they reach, for whoever writes them to say.
    pub fn journal_reached(&self) -> [Reached; 2] {
        self.journal_reached.clone()
    }

    /// The folder for a copy of a database that may not be opened itself.
    pub fn trial(&self) -> PathBuf {
        self.path.join("trial")
    }

    /// Makes the names of all files durable: both folders, this directory, and the one it lies in.
    pub fn sync(&self) -> io::Result<()> {
        sync(&self.sled())?;
        sync(&self.journal())?;
        sync(&self.path)?;
        self.path.parent().map_or(Ok(()), sync)
    }
}

/// sled's file with everything in it, within sled's folder.
pub fn db(folder: &Path) -> PathBuf {
    folder.join("db")
}

/// sled's file of parameters, within sled's folder.
pub fn conf(folder: &Path) -> PathBuf {
    folder.join("conf")
}

/// What is missed of an open file when it is not seen to be the one that has this path.
pub fn missed_at(file: &File, path: &Path) -> Option<Loss> {
    let identity = Identity::of(file).map_err(|error| Loss::of(path, &error));
    identity.and_then(|identity| identity.bytes_at(path)).err()
}

/// That a file lies at a path, whichever it is, and its length in bytes.
pub fn regular(path: &Path) -> Result<u64, Loss> {
    let found = Occupant::of(path)?;
    if found.is_file { Ok(found.bytes) } else { Err(Loss::Gone { path: path.to_owned() }) }
}

/// Syncs a file, or the names in a folder.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Copies a folder of sled's, but for these of its files. What stood at `to` is removed first.
///
/// File systems that can share blocks between files (Btrfs, XFS) do so; elsewhere it takes as much room again.
pub fn copy(from: &Path, to: &Path, without: &[PathBuf]) -> io::Result<()> {
    remove(to)?;
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if without.contains(&entry.path()) {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true if name == OsStr::new("blobs") => copy(&entry.path(), &to.join(name), without)?,
            true => {}
            false => drop(fs::copy(entry.path(), to.join(name))?),
        }
    }
    Ok(())
}

/// Removes a folder and all in it. It need not be there.
pub fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
