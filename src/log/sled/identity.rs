//! Identities: by what an open file is known whatever its name, and what has a path now.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use super::loss::Loss;

/// By what a file is known, whatever its name, for as long as somebody has it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// That of an open file.
    pub fn of(file: &File) -> io::Result<Identity> {
        file.metadata().map(|found| Occupant::from(found).identity)
    }

    /// Its length in bytes, when it is what has the path now.
    pub fn bytes_at(self, path: &Path) -> Result<u64, Loss> {
        let found = Occupant::of(path)?;
        match found.identity == self {
            true => Ok(found.bytes),
            false => Err(Loss::Gone { path: path.to_owned() }),
        }
    }
}

/// What has a path.
#[derive(Clone, Copy, Debug)]
pub struct Occupant {
    identity: Identity,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it is a file, as opposed to a directory or a device.
    pub is_file: bool,
}

impl Occupant {
    /// What has this path now; links are followed.
    ///
    /// This is looked at after every append. The times of the file are not asked for: Linux gives a file a new, finer time with the
    /// next write after somebody has seen the last one, and a file system without a journal then writes its inode with every
    /// sync, which made an append wait for the disk half as long again.
    pub fn of(path: &Path) -> Result<Occupant, Loss> {
        let lost = |error: io::Error| Loss::of(path, &error);
        #[cfg(target_os = "linux")]
        {
            use rustix::{
                fs::{AtFlags, CWD, FileType, StatxFlags, makedev, statx},
                io::Errno,
            };
            let wanted = StatxFlags::TYPE | StatxFlags::INO | StatxFlags::SIZE;
            match statx(CWD, path, AtFlags::empty(), wanted) {
                Ok(found) => {
                    let device = makedev(found.stx_dev_major, found.stx_dev_minor);
                    return Ok(Occupant {
                        identity: Identity { device, inode: found.stx_ino },
                        bytes: found.stx_size,
                        is_file: FileType::from_raw_mode(found.stx_mode.into()) == FileType::RegularFile,
                    });
                }
                // Not everywhere is the call allowed.
                Err(Errno::NOSYS | Errno::PERM) => {}
                Err(error) => return Err(lost(error.into())),
            }
        }
        fs::metadata(path).map(Occupant::from).map_err(lost)
    }
}

impl From<fs::Metadata> for Occupant {
    fn from(found: fs::Metadata) -> Occupant {
        let identity = Identity { device: found.dev(), inode: found.ino() };
        Occupant { identity, bytes: found.len(), is_file: found.is_file() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "12345").unwrap();
        let file = File::open(&path).unwrap();
        let identity = Identity::of(&file).unwrap();
        assert_eq!(identity.bytes_at(&path), Ok(5));
        let linked = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &linked).unwrap();
        assert_eq!(identity.bytes_at(&linked), Ok(5));
        assert!(Occupant::of(&linked).unwrap().is_file);
        assert!(!Occupant::of(folder.path()).unwrap().is_file);
        fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        assert_eq!(identity.bytes_at(&path), Err(Loss::Gone { path: path.clone() }));
        fs::write(&path, "12345").unwrap();
        assert_eq!(identity.bytes_at(&path), Err(Loss::Gone { path }));
    }
}
