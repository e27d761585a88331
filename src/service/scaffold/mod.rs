//! A scaffold: a data directory that is built beside its place, and put there whole or not at all.

mod access;
mod aside;
mod marker;
mod plan;

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::hint;
pub use access::create;
pub use aside::{FILE as SET_ASIDE, carry_over as carry_over_mark, mark_of};
use plan::Plan;
pub use plan::finish;

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
    /// A record is the root of a file system.
    #[error(
        "{place} is where a file system is mounted, and cannot be exchanged for another directory as a whole\n\
         While no server uses it, copy what is in it to a directory of its own, below it or elsewhere (`cp -a`), and repair that.",
        place = place.display()
    )]
    MountedRecord {
        /// The place.
        place: PathBuf,
    },
    /// The place is a link that leads nowhere.
    #[error(
        "{place} is a link to {target}, and nothing is there\nMount or make that directory, or name another one.",
        place = place.display(), target = target.display()
    )]
    Dangling {
        /// The place.
        place: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Another process is building there.
    #[error(
        "another process is building in {folder}\nWait until it has ended, and run the command again.",
        folder = folder.display()
    )]
    InUse {
        /// The scaffold.
        folder: PathBuf,
    },
    /// A folder with the name that is needed is not a scaffold.
    #[error(
        "{folder} is in the way: it is not what an interrupted command has left, or not as it left it\n\
         Look into it before anything else: if it has a folder `data` with a record in it, keep that. Then move it away.",
        folder = folder.display()
    )]
    Unknown {
        /// The folder.
        folder: PathBuf,
    },
    /// The directories have changed places, and the old one is not yet where it is to be kept.
    #[error(
        "the repaired directory is in its place, and the old one is kept in {folder}, in the folder `data`; that could not be \
         given its name: {error}\nLeave it there: the next `chancery repair` names it.",
        folder = folder.display()
    )]
    Unnamed {
        /// Where the old one is.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Nothing may be made in the folder that the place is in.
    #[error(
        "{folder}: {error}\n\
         What is built there is put together beside its place: run the command as a user that may write there, or name another \
         place.",
        folder = folder.display()
    )]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system refused.
    #[error("{path}: {error}{}", hint::of(error), path = path.display())]
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
    fate: Fate,
    /// The lock ends with the handle, also when the process is killed.
    _lock: File,
}

/// What becomes of a scaffold when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Removed,
    Kept,
}

impl Scaffold {
    /// Makes a scaffold beside a place that is empty or not there. What an interrupted one has left is removed.
    pub fn raise(place: &Path) -> Result<Scaffold, ScaffoldError> {
        let place = resolved(place).map_err(io_at(place))?;
        vacant(&place)?;
        Scaffold::beside(&place)
    }

    /// Makes a scaffold for what is to be exchanged for a directory.
    pub fn replacing(place: &Path) -> Result<Scaffold, ScaffoldError> {
        match is_mounted(place)? {
            true => Err(ScaffoldError::MountedRecord { place: place.to_owned() }),
            false => Scaffold::beside(place),
        }
    }

    /// Makes a scaffold beside a place, whatever is there. An exchange that was interrupted is brought to its end.
    pub fn beside(place: &Path) -> Result<Scaffold, ScaffoldError> {
        plan::finish(place)?;
        let place = std::path::absolute(place).map_err(io_at(place))?;
        let parent = place.parent().unwrap_or(&place);
        fs::create_dir_all(parent).map_err(|error| unmade(parent, error))?;
        let folder = folder_of(&place);
        marker::clear(&folder, &place)?;
        let lock = marker::make(&folder)?;
        let scaffold = Scaffold { place, folder, fate: Fate::Removed, _lock: lock };
        let data = scaffold.data();
        access::create(&data).map_err(io_at(&data))?;
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
        access::adopt(&data, &self.place).map_err(io_at(&data))?;
        sync(&data)?;
        // Over an empty directory, or over nothing; a directory with something in it is refused by the system.
        fs::rename(&data, &self.place).map_err(io_at(&self.place))?;
        let parent = self.place.parent().unwrap_or(&self.place);
        sync(parent)
    }

    /// Changes the directory for what is in its place, in one step; the scaffold, with the old directory in it and
    /// whatever else was put there, gets the name `kept`, or a free one like it, which is the answer.
    ///
    /// Interrupted after that step, it is brought to its end by [`finish`].
    pub fn exchange(mut self, kept: &Path) -> Result<PathBuf, ScaffoldError> {
        let data = self.data();
        access::adopt(&data, &self.place).map_err(io_at(&data))?;
        sync(&data)?;
        let plan = Plan::keep(&self.place, kept)?;
        aside::write(&self.folder, &self.place)?;
        plan.write(&self.folder)?;
        access::hand_over(&self.folder, &self.place).map_err(io_at(&self.folder))?;
        let flags = rustix::fs::RenameFlags::EXCHANGE;
        rustix::fs::renameat_with(rustix::fs::CWD, &data, rustix::fs::CWD, &self.place, flags)
            .map_err(|error| io_at(&self.place)(error.into()))?;
        // From here on it holds the only copy of what was in the place.
        self.fate = Fate::Kept;
        let unnamed = |error| ScaffoldError::Unnamed { folder: self.folder.clone(), error };
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(unnamed)?;
        plan::name(&self.folder, &plan)
    }
}

impl Drop for Scaffold {
    fn drop(&mut self) {
        if self.fate == Fate::Removed {
            // What cannot be removed is recognised by the next.
            let _ = marker::remove(&self.folder);
        }
    }
}

/// The scaffold of a place.
fn folder_of(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    place.with_file_name(name)
}

/// What a command that is interrupted or goes on has left beside a place, if anything: a scaffold, whole or just begun.
pub fn leftover(place: &Path) -> Option<PathBuf> {
    let folder = folder_of(&resolved(place).ok()?);
    [marker::begun(&folder), folder]
        .into_iter()
        .find(|folder| matches!(marker::recognise(folder), Ok(Some(_)) | Err(ScaffoldError::InUse { .. })))
}

/// Removes what an interrupted command has left beside a place with a record in it, which the caller has locked.
pub fn tidy(place: &Path) {
    // What cannot be removed, or is somebody's, is told to the next who needs the name.
    let _ = marker::clear(&folder_of(place), place);
}

/// A place by the name that nothing but itself has: a link stands for what it leads to.
fn resolved(place: &Path) -> io::Result<PathBuf> {
    let place = std::path::absolute(place)?;
    Ok(place.canonicalize().unwrap_or(place))
}

/// Refuses a place where something is, or where nothing can be put.
fn vacant(place: &Path) -> Result<(), ScaffoldError> {
    // One that leads somewhere is resolved.
    if let Ok(target) = fs::read_link(place) {
        return Err(ScaffoldError::Dangling { place: place.to_owned(), target });
    }
    let mut entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unmade(place, error)),
    };
    if entries.next().is_some() {
        return Err(ScaffoldError::Occupied { place: place.to_owned() });
    }
    match is_mounted(place)? {
        true => Err(ScaffoldError::Mounted { place: place.to_owned() }),
        false => Ok(()),
    }
}

/// Whether a file system, or a part of one, is mounted at a directory.
fn is_mounted(place: &Path) -> Result<bool, ScaffoldError> {
    let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).map_err(io_at(path));
    let parent = place.parent().unwrap_or(place);
    if parent == place || device(place)? != device(parent)? {
        return Ok(true);
    }
    // A directory that is mounted a second time is on the device of the first.
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        let found = statx(CWD, place, AtFlags::empty(), StatxFlags::empty());
        if found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn sync(folder: &Path) -> Result<(), ScaffoldError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io_at(folder))
}

/// Why nothing can be made at a path: what stands in the way may be further up.
fn unmade(path: &Path, error: io::Error) -> ScaffoldError {
    let there = path.ancestors().find(|above| above.exists()).unwrap_or(path);
    match error.kind() {
        io::ErrorKind::PermissionDenied => ScaffoldError::Unwritable { folder: there.to_owned(), error },
        io::ErrorKind::NotADirectory | io::ErrorKind::ReadOnlyFilesystem => io_at(there)(error),
        _ => io_at(path)(error),
    }
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> ScaffoldError {
    let path = path.to_owned();
    move |error| ScaffoldError::Io { path: path.clone(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory at `data` that is the old one, beside whatever the case has put there.
    fn old(home: &Path) -> PathBuf {
        let place = home.join("data");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("tail"), "old").unwrap();
        place
    }

    fn content(directory: &Path) -> String {
        fs::read_to_string(directory.join("tail")).unwrap()
    }

    /// Builds a directory, and stops where the exchange has a plan.
    fn planned(place: &Path, kept: &Path) -> Scaffold {
        let scaffold = Scaffold::beside(place).unwrap();
        fs::write(scaffold.data().join("tail"), "new").unwrap();
        aside::write(scaffold.path(), place).unwrap();
        Plan::keep(place, kept).unwrap().write(scaffold.path()).unwrap();
        scaffold
    }

    /// Ends it as a killed process would, with everything left where it is.
    fn kill(mut scaffold: Scaffold) {
        scaffold.fate = Fate::Kept;
    }

    #[test]
    fn what_an_interrupted_command_leaves_is_in_nobody_s_way() {
        type Leave = fn(&Path, &Path);
        let cases: [(&str, Leave, bool); 8] = [
            ("nothing", |_, _| {}, true),
            (
                "a folder without its marker",
                |folder, _| fs::create_dir(folder.with_extension("unfinished.new")).unwrap(),
                true,
            ),
            (
                "a marker that was cut",
                |folder, _| {
                    let begun = folder.with_extension("unfinished.new");
                    fs::create_dir(&begun).unwrap();
                    fs::write(begun.join("unfinished"), "Chancery bu").unwrap();
                },
                true,
            ),
            ("an empty folder", |folder, _| fs::create_dir(folder).unwrap(), true),
            ("a whole scaffold", |_, place| kill(Scaffold::beside(place).unwrap()), true),
            ("a plan", |_, place| kill(planned(place, &place.with_file_name("kept"))), true),
            ("somebody's folder", |folder, _| fs::create_dir_all(folder.join("data")).unwrap(), false),
            (
                "somebody's note",
                |folder, _| {
                    fs::create_dir_all(folder.join("data")).unwrap();
                    fs::write(folder.join("unfinished"), "Chancery bu").unwrap();
                },
                false,
            ),
        ];
        for (what, leave, known) in cases {
            let home = tempfile::tempdir().unwrap();
            let place = old(home.path());
            leave(&home.path().join("data.unfinished"), &place);
            assert_eq!(finish(&place).unwrap_or(None), None, "{what}");
            match Scaffold::beside(&place) {
                Ok(scaffold) => drop(scaffold),
                Err(ScaffoldError::Unknown { .. }) => {
                    assert!(!known, "{what}");
                    assert!(home.path().join("data.unfinished/data").exists(), "{what}");
                    continue;
                }
                Err(error) => panic!("{what}: {error}"),
            }
            assert!(known, "{what}");
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "{what}");
            assert_eq!(content(&place), "old", "{what}");
        }
    }

    #[test]
    fn an_exchange_that_was_interrupted_is_finished_and_nothing_is_lost() {
        let home = tempfile::tempdir().unwrap();
        let place = old(home.path());
        let kept = home.path().join("kept");
        let scaffold = planned(&place, &kept);
        let flags = rustix::fs::RenameFlags::EXCHANGE;
        let (cwd, data) = (rustix::fs::CWD, scaffold.data());
        rustix::fs::renameat_with(cwd, &data, cwd, &place, flags).unwrap();
        // While another process is at it, it is left alone.
        assert_eq!(finish(&place).unwrap(), None);
        // What is set aside is known as that before it has its name, and after that in every copy.
        let folder = home.path().join("data.unfinished");
        assert_eq!(mark_of(&folder.join("data")), Some(folder.join(SET_ASIDE)));
        assert_eq!(mark_of(&place), None);
        kill(scaffold);
        // The name is taken meanwhile.
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("other"), "").unwrap();
        let named = finish(&place).unwrap();
        assert_eq!(named, Some(home.path().join("kept-2")));
        assert_eq!((content(&place), content(&named.unwrap().join("data"))), ("new".into(), "old".into()));
        assert_eq!(fs::read_dir(home.path().join("kept-2")).unwrap().count(), 1);
        assert_eq!(
            mark_of(&home.path().join("kept-2/data")),
            Some(home.path().join("kept-2/data").join(SET_ASIDE))
        );
        assert_eq!(finish(&place).unwrap(), None);

        // Where neither directory is the old one, nothing is touched.
        let scaffold = planned(&place, &kept);
        fs::rename(&place, home.path().join("elsewhere")).unwrap();
        fs::create_dir(&place).unwrap();
        kill(scaffold);
        assert_eq!(finish(&place).unwrap(), None);
        let refused = Scaffold::beside(&place).map(drop);
        assert!(matches!(refused, Err(ScaffoldError::Unknown { .. })), "{refused:?}");
        assert!(home.path().join("data.unfinished/data/tail").exists());
    }

    #[test]
    fn two_exchanges_at_the_same_time_of_day_are_kept_apart() {
        let home = tempfile::tempdir().unwrap();
        let place = old(home.path());
        let kept = home.path().join("data.before-repair-now");
        for (content_new, expected) in [
            ("1", "data.before-repair-now"),
            ("2", "data.before-repair-now-2"),
            ("3", "data.before-repair-now-3"),
        ] {
            let before = content(&place);
            let scaffold = Scaffold::beside(&place).unwrap();
            fs::write(scaffold.data().join("tail"), content_new).unwrap();
            let named = scaffold.exchange(&kept).unwrap();
            assert_eq!(named, home.path().join(expected));
            assert_eq!((content(&place), content(&named.join("data"))), (content_new.to_owned(), before));
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 4);
    }

    #[test]
    fn modes_are_those_of_what_is_replaced() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let place = old(home.path());
        set(&place, 0o750);
        set(&place.join("tail"), 0o640);
        let scaffold = Scaffold::beside(&place).unwrap();
        assert_eq!((mode(scaffold.path()), mode(&scaffold.data())), (0o700, 0o700));
        for name in ["data/tail", "data/other", "events.jsonl"] {
            fs::write(scaffold.path().join(name), "").unwrap();
            set(&scaffold.path().join(name), 0o666);
        }
        let kept = scaffold.exchange(&home.path().join("kept")).unwrap();
        let modes = ["", "tail", "other"].map(|name| mode(&place.join(name)));
        assert_eq!(modes, [0o750, 0o640, 0o600]);
        assert_eq!(
            (mode(&kept), mode(&kept.join("events.jsonl")), mode(&kept.join("data"))),
            (0o700, 0o600, 0o750)
        );

        let scaffold = Scaffold::raise(&home.path().join("new")).unwrap();
        fs::write(scaffold.data().join("tail"), "").unwrap();
        scaffold.settle().unwrap();
        assert_eq!((mode(&home.path().join("new")), mode(&home.path().join("new/tail"))), (0o700, 0o600));
    }
}
