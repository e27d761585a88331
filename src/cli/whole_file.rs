//! Whole files: what a command leaves for people to keep is there completely, or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// How many names are tried for a file beside another.
const NAMES_MAX: u32 = 1_000;

/// Writes a file so that what was there before stays until the new text is durable. What is no file, as a pipe or a
/// device, is written to directly; a link stays, and the file behind it is replaced. One that leads nowhere, as when a volume is
/// not mounted, is refused.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    replace_if(path, text, || true).map(drop)
}

/// The same, if it is due: that is asked when no other process replaces the file. Whether it was.
pub fn replace_if(path: &Path, text: &str, is_due: impl FnOnce() -> bool) -> io::Result<bool> {
    let path = match fs::canonicalize(path) {
        Ok(found) if !found.is_file() => {
            return if is_due() { fs::write(found, text).map(|()| true) } else { Ok(false) };
        }
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(target) => {
                let reason = format!("it is a link to {}, and nothing is there", target.display());
                return Err(io::Error::new(error.kind(), reason));
            }
            Err(_) => path.to_owned(),
        },
        Err(error) => return Err(error),
    };
    let begun = behind(&path, ".new");
    // Locked until it has its name: others wait, and begin another one.
    let file = begin(&begun)?;
    if !is_due() {
        return fs::remove_file(&begun).map(|()| false);
    }
    let written =
        fill(&file, text).and_then(|()| fs::rename(&begun, &path)).and_then(|()| sync_folder(&path));
    written.map(|()| true).inspect_err(|_| {
        // What cannot be removed is overwritten by the next attempt.
        let _ = fs::remove_file(&begun);
    })
}

/// A file that no other process writes: empty, and locked where the file system has locks.
fn begin(path: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        match file.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
            _ => {}
        }
        // Whoever held it has given it another name meanwhile, or removed it.
        if !is_at(&file, path)? {
            continue;
        }
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        return Ok(file);
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let held = file.metadata()?;
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Writes a text to a file beside another, with `ending` behind its name, and never over one that is there: then a number
/// follows. The answer is its path; one with the same text is taken as it is.
pub fn beside(path: &Path, ending: &str, text: &str) -> io::Result<PathBuf> {
    for number in 1..=NAMES_MAX {
        let name = match number {
            1 => behind(path, ending),
            number => behind(path, &format!("{ending}.{number}")),
        };
        match OpenOptions::new().write(true).create_new(true).open(&name) {
            Ok(file) => {
                let written = fill(&file, text).and_then(|()| sync_folder(&name));
                return written.map(|()| name.clone()).inspect_err(|_| {
                    // It is not what it should be, and nobody has been told of it.
                    let _ = fs::remove_file(&name);
                });
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read(&name).is_ok_and(|found| found == text.as_bytes()) {
                    return Ok(name);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn behind(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn fill(mut file: &File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the name of a file durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_and_one_beside_it_never() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a");
        for text in ["one", "two", ""] {
            replace(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        for (text, expected) in [("x", "a.b"), ("x", "a.b"), ("y", "a.b.2"), ("x", "a.b"), ("z", "a.b.3")] {
            let found = beside(&path, ".b", text).unwrap();
            assert_eq!(
                (found.as_path(), fs::read_to_string(&found).unwrap().as_str()),
                (home.path().join(expected).as_path(), text)
            );
        }
        assert_eq!(names(home.path()), ["a", "a.b", "a.b.2", "a.b.3"]);
    }

    #[test]
    #[cfg(unix)]
    fn those_who_replace_a_file_wait_for_one_another() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("count");
        fs::write(&path, "0").unwrap();
        let count = || fs::read_to_string(&path).unwrap().parse::<u32>().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        loop {
                            let seen = count();
                            if replace_if(&path, &(seen + 1).to_string(), || count() == seen).unwrap() {
                                break;
                            }
                        }
                    }
                });
            }
        });
        assert_eq!((count(), names(home.path())), (400, vec!["count".to_owned()]));
    }

    #[test]
    #[cfg(unix)]
    fn links_and_devices_stay_what_they_are() {
        let home = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| home.path().join(name));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        replace(Path::new("/dev/null"), "x").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        assert!(replace(home.path(), "x").is_err());
        // A link that leads nowhere is no name to be taken.
        let nowhere = home.path().join("nowhere");
        std::os::unix::fs::symlink(home.path().join("away"), &nowhere).unwrap();
        assert!(replace(&nowhere, "x").is_err_and(|error| error.to_string().contains("nothing is there")));
        assert!(nowhere.is_symlink() && !nowhere.exists());
        // The place of the new text is taken: the old one stays.
        fs::create_dir(home.path().join("file.new")).unwrap();
        assert!(replace(&file, "newer").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }
}
