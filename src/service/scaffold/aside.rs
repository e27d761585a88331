//! The mark of a directory that was set aside: its record goes on in the directory that took its place.
//!
//! Both may have the same key, which must not sign two histories. The mark is beside the old directory from the moment on
//! in which the two change places, and in it, so that it is in every copy, as soon as they have.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{DATA, ScaffoldError, io_at};

/// The name of the file.
pub const FILE: &str = "chancery.set-aside";

/// Writes the mark into a scaffold, before the directory that it is for is there. Its name becomes durable with the plan.
pub fn write(folder: &Path, place: &Path) -> Result<(), ScaffoldError> {
    let text = format!(
        "`chancery repair` has set this directory aside. The record goes on in the one that has taken its place:\n{}\n\
         No server starts here as long as this file exists. See docs/operations.md before you remove it.\n",
        place.display()
    );
    fill(&folder.join(FILE), text.as_bytes()).map_err(io_at(&folder.join(FILE)))
}

/// Moves the mark into the old directory, once that is in the scaffold.
pub fn settle(folder: &Path) -> io::Result<()> {
    let data = folder.join(DATA);
    match fs::rename(folder.join(FILE), data.join(FILE)) {
        // It is there already.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved.and_then(|()| File::open(data)?.sync_all()),
    }
}

/// The file by which a directory is known to be set aside, if it is.
pub fn mark_of(data: &Path) -> Option<PathBuf> {
    // What a shell calls `.` may have been moved meanwhile.
    let data = data.canonicalize().ok()?;
    let beside = data.file_name().is_some_and(|name| name == DATA).then(|| data.with_file_name(FILE));
    [data.join(FILE)].into_iter().chain(beside).find(|file| file.exists())
}

/// Sets a new directory aside as well when the one that it is made of is.
pub fn carry_over(from: &Path, to: &Path) -> Result<(), ScaffoldError> {
    let Some(mark) = mark_of(from) else { return Ok(()) };
    let text = fs::read(&mark).map_err(io_at(&mark))?;
    fill(&to.join(FILE), &text).map_err(io_at(&to.join(FILE)))
}

fn fill(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text)?;
    file.sync_all()
}
