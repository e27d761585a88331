//! The directory of a log: who has it open, what lies where, and how it is made durable.

use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    ops::Deref,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::open::OpenError;

/// What lies where in a log's directory.
#[derive(Clone, Debug)]
pub struct Files {
    path: PathBuf,
}

/// A log's directory, locked against other processes until dropped.
#[derive(Debug)]
pub struct Directory {
    files: Files,
    /// The lock is advisory and ends with the handle, also when the process is killed. `None` when nothing can be locked.
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
        let lock_path = path.join("lock");
        let mut lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(io(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Only for the message: an unreadable owner is an unknown one.
                let _ = lock.read_to_string(&mut owner);
                return Err(OpenError::InUse { directory: path, process: owner.trim().parse().ok() });
            }
            Err(TryLockError::Error(source)) => return Err(OpenError::Io { path: lock_path, source }),
        }
        let owner = format!("{}\n", std::process::id());
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| lock.write_all(owner.as_bytes()))
            .map_err(io(&lock_path))?;
        Ok(Directory { files: Files { path }, lock: Some(lock) })
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
        let lock = File::open(path.join("lock")).ok();
        match lock.as_ref().map(File::try_lock) {
            Some(Err(TryLockError::WouldBlock)) => Err(OpenError::InUse { directory: path, process: None }),
            Some(Ok(())) => Ok(Directory { files: Files { path }, lock }),
            Some(Err(TryLockError::Error(_))) | None => Ok(Directory { files: Files { path }, lock: None }),
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

/// Whether an open file is the one that has this path.
pub fn lies_at(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(found)) => identity(open) == identity(found),
        _ => false,
    }
}

/// Syncs a file, or the names in a folder.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Copies a folder of sled's. What stood at `to` is removed first.
///
/// File systems that can share blocks between files (Btrfs, XFS) do so; elsewhere it takes as much room again.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    remove(to)?;
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        match entry.file_type()?.is_dir() {
            true if name == OsStr::new("blobs") => copy(&entry.path(), &to.join(name))?,
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
