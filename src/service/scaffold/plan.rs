//! The plan of an exchange, written down before it begins, so that an interrupted one can be brought to its end.
//!
//! While a directory changes places with the one that was built, the only copy of the old record may lie in the scaffold.
//! The plan names the old directory by its device and inode: wherever that is, there is the old record.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{DATA, ScaffoldError, aside, folder_of, io_at, marker, sync};

/// The name of the file.
const FILE: &str = "exchange";
/// How many names are tried for what is kept.
const NAMES_MAX: u32 = 1_000;

/// What is to be exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    device: u64,
    inode: u64,
    /// The name of the folder in which the old directory is kept.
    kept: String,
}

impl Plan {
    /// The plan to keep the directory at `place` under a name.
    pub fn keep(place: &Path, kept: &Path) -> Result<Plan, ScaffoldError> {
        let found = fs::metadata(place).map_err(io_at(place))?;
        let kept = kept.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Plan { device: found.dev(), inode: found.ino(), kept })
    }

    /// Whether the old directory is the one at this path.
    pub fn is_in(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode))
    }

    /// Makes the plan durable in a scaffold.
    pub fn write(&self, folder: &Path) -> Result<(), ScaffoldError> {
        let path = folder.join(FILE);
        let begun = folder.join("exchange.new");
        let text = format!("{} {} {}\n", self.device, self.inode, self.kept);
        let written = File::create(&begun).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&begun, &path)).map_err(io_at(&path))?;
        sync(folder)
    }
}

/// The plan in a scaffold, if it has come to one.
pub fn read(folder: &Path) -> Result<Option<Plan>, ScaffoldError> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        // Where a file stands in the way there is no scaffold either.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        text => text.map_err(io_at(&path))?,
    };
    let mut words = text.trim_end_matches('\n').splitn(3, ' ');
    let mut word = || words.next().ok_or_else(|| ScaffoldError::Unknown { folder: folder.to_owned() });
    let number = |word: &str| word.parse().map_err(|_| ScaffoldError::Unknown { folder: folder.to_owned() });
    Ok(Some(Plan { device: number(word()?)?, inode: number(word()?)?, kept: word()?.to_owned() }))
}

/// Brings an exchange to its end that was interrupted when the directories had changed places: what is kept gets its name,
/// which is the answer. Otherwise there is nothing to be done.
pub fn finish(place: &Path) -> Result<Option<PathBuf>, ScaffoldError> {
    let place = std::path::absolute(place).map_err(io_at(place))?;
    // A repair exchanges what a link points to.
    let place = place.canonicalize().unwrap_or(place);
    let folder = folder_of(&place);
    let Some(plan) = read(&folder)? else { return Ok(None) };
    let _lock = match marker::recognise(&folder) {
        // It goes on in another process.
        Err(ScaffoldError::InUse { .. }) => return Ok(None),
        lock => lock?,
    };
    match plan.is_in(&folder.join(DATA)) {
        true => name(&folder, &plan).map(Some),
        false => Ok(None),
    }
}

/// Gives a scaffold with the old directory in it the name that was planned, or the next that is free.
pub fn name(folder: &Path, plan: &Plan) -> Result<PathBuf, ScaffoldError> {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    let unnamed = |error| ScaffoldError::Unnamed { folder: folder.to_owned(), error };
    aside::settle(folder).map_err(unnamed)?;
    let mut kept = folder.with_file_name(&plan.kept);
    for number in 2..=NAMES_MAX {
        // Nothing is replaced by it but an empty directory.
        match fs::rename(folder, &kept) {
            Err(error) if matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | NotADirectory) => {
                kept = folder.with_file_name(format!("{}-{number}", plan.kept));
            }
            Err(error) => return Err(unnamed(error)),
            Ok(()) => {
                let tidied = fs::remove_file(kept.join(FILE)).and_then(|()| marker::unmark(&kept));
                tidied.map_err(|error| ScaffoldError::Unnamed { folder: kept.clone(), error })?;
                sync(kept.parent().unwrap_or(&kept))?;
                return Ok(kept);
            }
        }
    }
    Err(unnamed(io::Error::other("all names for it are taken")))
}
