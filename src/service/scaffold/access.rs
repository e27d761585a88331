//! Who may look into a data directory: nobody but its owner, unless the one that it replaces was more open.

use std::{
    fs::{self, DirBuilder, Metadata, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown},
    path::Path,
};

const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Creates a directory of its owner alone.
pub fn create(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(DIRECTORY_MODE).create(path)
}

/// Gives a directory, and all in it, the modes and owners of what it replaces, as far as that is permitted. What replaces
/// nothing is of the owner of the whole, and for nobody else.
pub fn adopt(new: &Path, old: &Path) -> io::Result<()> {
    let owner = fs::metadata(old).ok();
    settle(new, Some(old), owner.as_ref())
}

/// Gives a folder, and the files right in it, to the owner of a directory; nobody else may read them.
pub fn hand_over(folder: &Path, owner: &Path) -> io::Result<()> {
    let owner = fs::metadata(owner)?;
    dress(folder, None, Some(&owner))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            dress(&entry.path(), None, Some(&owner))?;
        }
    }
    Ok(())
}

fn settle(new: &Path, old: Option<&Path>, owner: Option<&Metadata>) -> io::Result<()> {
    if fs::symlink_metadata(new)?.is_dir() {
        for entry in fs::read_dir(new)? {
            let name = entry?.file_name();
            settle(&new.join(&name), old.map(|old| old.join(&name)).as_deref(), owner)?;
        }
    }
    let before = old.and_then(|old| fs::metadata(old).ok());
    dress(new, before.as_ref(), owner)
}

fn dress(path: &Path, before: Option<&Metadata>, owner: Option<&Metadata>) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    let before = before.filter(|before| before.is_dir() == found.is_dir());
    if let Some(owner) = before.or(owner)
        && (owner.uid(), owner.gid()) != (found.uid(), found.gid())
    {
        match chown(path, Some(owner.uid()), Some(owner.gid())) {
            // It stays with whoever runs the program.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            changed => changed?,
        }
    }
    let mode = match before {
        Some(before) => before.permissions().mode() & 0o777,
        None if found.is_dir() => DIRECTORY_MODE,
        None => FILE_MODE,
    };
    fs::set_permissions(path, Permissions::from_mode(mode))
}
