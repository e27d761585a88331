//! From system calls to what they did to the disk: descriptors, names and positions are followed.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use crate::{
    disk::{Change, Inode, Kind, Step},
    trace::{Call, Moment},
};

/// A step and when it was.
#[derive(Debug)]
pub struct Timed {
    /// Microseconds since 1970.
    pub at: u64,
    /// What happened.
    pub step: Step,
}

/// Names and lengths as running programs see them, over several processes one after the other.
pub struct Follower {
    /// The directory that is followed, without links in its path.
    top: PathBuf,
    directories: HashMap<Inode, BTreeMap<String, Inode>>,
    lengths: HashMap<Inode, u64>,
    next: usize,
    /// How many calls earlier processes made.
    calls_before: usize,
}

/// An open file, shared by all descriptors that were duplicated from one.
#[derive(Debug)]
struct Open {
    inode: Inode,
    position: u64,
    appends: bool,
}

type Descriptors = HashMap<i64, Rc<RefCell<Open>>>;

/// Calls that change descriptors when they begin or end, and change no file.
const READING: &[&str] = &["lseek", "close", "fcntl", "dup", "dup2", "dup3"];

impl Follower {
    /// Follows everything below this directory, which is empty.
    pub fn new(top: &Path) -> Follower {
        let directories = HashMap::from([(Inode::TOP, BTreeMap::new())]);
        Follower { top: top.to_owned(), directories, lengths: HashMap::new(), next: 1, calls_before: 0 }
    }

    /// The steps of one process. What it left is in `after`: it tells whether a call that never returned took place.
    pub fn follow(&mut self, calls: &[Call], after: &Path) -> Vec<Timed> {
        let begins = calls.iter().enumerate().map(|(index, call)| (call.began.line, false, index));
        let ends = calls.iter().enumerate().filter_map(|(index, call)| Some((call.ended?.line, true, index)));
        let mut moments: Vec<_> = begins.chain(ends).collect();
        moments.sort_unstable();
        let mut steps = Vec::new();
        let mut descriptors = Descriptors::new();
        let mut changing = HashMap::new();
        for (_, is_end, index) in moments {
            let call = &calls[index];
            // A call that failed changed nothing.
            if call.result.is_some_and(|result| result < 0) {
                continue;
            }
            let id = self.calls_before + index;
            let timed = |moment: Moment, step| Timed { at: moment.at, step };
            match (is_end, call.ended) {
                (false, _) => {
                    if let Some((inode, change)) = self.begin(call, &mut descriptors, after) {
                        changing.insert(index, matches!(change, Change::Sync));
                        steps.push(timed(call.began, Step::Began { call: id, inode, change }));
                    }
                }
                (true, Some(ended)) => {
                    self.end(call, &mut descriptors);
                    if changing.contains_key(&index) {
                        steps.push(timed(ended, Step::Returned { call: id }));
                    }
                }
                (true, None) => {}
            }
        }
        // With the process its calls are over; only what they promised was not kept.
        let at = steps.last().map_or(0, |last| last.at);
        for (index, call) in calls.iter().enumerate() {
            if call.ended.is_none() && changing.get(&index) == Some(&false) {
                steps.push(Timed { at, step: Step::Returned { call: self.calls_before + index } });
            }
        }
        self.calls_before += calls.len();
        steps
    }

    /// What a call changes when it takes place, if it is about something followed.
    fn begin(&mut self, call: &Call, descriptors: &mut Descriptors, after: &Path) -> Option<(Inode, Change)> {
        let is_open = |index| descriptors.get(&call.number(index)).cloned();
        let happened = |name: &Path| call.result.is_some() || after.join(name).exists();
        match call.name {
            "openat" => {
                let (directory, name, path) = self.place(call, 0, 1, descriptors)?;
                assert!(
                    !["O_SYNC", "O_DSYNC", "O_DIRECT", "O_TMPFILE"].iter().any(|flag| call.has(2, flag)),
                    "{call:?}"
                );
                match self.directories[&directory].get(&name) {
                    Some(&inode) if call.has(2, "O_TRUNC") => {
                        self.lengths.insert(inode, 0);
                        Some((inode, Change::SetLength { length: 0 }))
                    }
                    Some(_) => None,
                    None if call.has(2, "O_CREAT") && happened(&path) => {
                        let mode = u32::from_str_radix(call.args[3], 8).unwrap() & !0o022;
                        Some(self.create(directory, name, mode, Kind::File))
                    }
                    None => None,
                }
            }
            // The allocator asks the kernel for a setting.
            "open" => {
                assert!(!Path::new(&call.text(0)).starts_with(&self.top), "not modelled: {call:?}");
                None
            }
            "mkdir" | "mkdirat" => {
                let at = call.args.len() - 2;
                let (directory, name, path) = self.place(call, 0, at, descriptors)?;
                let mode = u32::from_str_radix(call.args[at + 1], 8).unwrap() & !0o022;
                happened(&path).then(|| self.create(directory, name, mode, Kind::Directory))
            }
            "unlink" | "rmdir" | "unlinkat" => {
                let (directory, name, path) =
                    self.place(call, 0, usize::from(call.name == "unlinkat"), descriptors)?;
                let is_gone = call.result.is_some() || !after.join(path).exists();
                is_gone.then(|| {
                    self.names(directory).remove(&name);
                    (directory, Change::Remove { name })
                })
            }
            "rename" | "renameat" | "renameat2" => {
                let (from_at, to_at) = if call.name == "rename" { (0, 1) } else { (1, 3) };
                let from = self.place(call, 0, from_at, descriptors);
                let to = self.place(call, to_at - 1, to_at, descriptors);
                let ((directory, from, _), (to_directory, to, path)) = match (from, to) {
                    (None, None) => return None,
                    (from, to) => (from.unwrap(), to.unwrap()),
                };
                assert_eq!(directory, to_directory, "renaming between directories is not modelled: {call:?}");
                happened(&path).then(|| {
                    let inode = self.names(directory).remove(&from).unwrap();
                    self.names(directory).insert(to.clone(), inode);
                    (directory, Change::Rename { from, to })
                })
            }
            "write" | "writev" | "pwrite64" | "pwritev" => {
                let open = is_open(0)?;
                let mut open = open.borrow_mut();
                let inode = open.inode;
                let mut bytes = call.bytes(1);
                let at = match call.name {
                    "pwrite64" | "pwritev" => call.number(3) as u64,
                    _ if open.appends => self.lengths[&inode],
                    _ => open.position,
                };
                match call.result {
                    Some(written) => bytes.truncate(written as usize),
                    None => self.keep_what_is_there(inode, at, &mut bytes, after)?,
                }
                let end = at + bytes.len() as u64;
                if !call.name.starts_with('p') {
                    open.position = end;
                }
                let length = self.lengths.entry(inode).or_default();
                *length = end.max(*length);
                Some((inode, Change::Write { at, bytes }))
            }
            "copy_file_range" => {
                let (from, to) = match (is_open(0), is_open(2)) {
                    (_, None) => return None,
                    (from, to) => (from.unwrap(), to.unwrap()),
                };
                assert_eq!((call.args[1], call.args[3]), ("NULL", "NULL"), "{call:?}");
                let length = call.result.expect("a copy returns") as u64;
                let (mut from, mut to) = (from.borrow_mut(), to.borrow_mut());
                let change =
                    Change::Copy { at: to.position, from: from.inode, from_at: from.position, length };
                from.position += length;
                to.position += length;
                let known = self.lengths.entry(to.inode).or_default();
                *known = to.position.max(*known);
                Some((to.inode, change))
            }
            "ftruncate" => {
                let (inode, length) = (is_open(0)?.borrow().inode, call.number(1) as u64);
                self.lengths.insert(inode, length);
                Some((inode, Change::SetLength { length }))
            }
            "fallocate" => {
                let inode = is_open(0)?.borrow().inode;
                // Room is set aside, and nobody can see it.
                if call.args[1] == "FALLOC_FL_KEEP_SIZE" {
                    return None;
                }
                assert_eq!(call.args[1], "0", "only lengthening is modelled: {call:?}");
                let known = self.lengths.entry(inode).or_default();
                *known = (*known).max((call.number(2) + call.number(3)) as u64);
                Some((inode, Change::SetLength { length: *known }))
            }
            "fsync" | "fdatasync" => Some((is_open(0)?.borrow().inode, Change::Sync)),
            // It waits for data only, and not for the drive.
            "sync_file_range" => None,
            "close" => {
                descriptors.remove(&call.number(0));
                None
            }
            "mmap" => {
                // Without a descriptor it is memory; what is mapped for reading or privately reaches no disk.
                let is_written = call.has(3, "MAP_SHARED") && call.has(2, "PROT_WRITE");
                let open = call.args[4].parse().ok().and_then(|number: i64| descriptors.get(&number));
                assert!(!is_written || open.is_none(), "writes through memory are not seen: {call:?}");
                None
            }
            // Their work is done when they end.
            name if READING.contains(&name) => None,
            // Copies of files are given the mode of the original, which they have already.
            "fchmod" => None,
            "ioctl" => {
                assert!(is_open(0).is_none(), "not modelled: {call:?}");
                None
            }
            "sendfile" | "splice" => {
                let to = if call.name == "splice" { 2 } else { 0 };
                assert!(is_open(to).is_none(), "not modelled: {call:?}");
                None
            }
            _ => panic!("not modelled: {call:?}"),
        }
    }

    /// What a call does to descriptors when it has returned.
    fn end(&mut self, call: &Call, descriptors: &mut Descriptors) {
        let Some(result) = call.result else { return };
        match call.name {
            "openat" => {
                let Some((directory, name, _)) = self.place(call, 0, 1, descriptors) else { return };
                let inode = match name.as_str() {
                    "" => Some(&directory),
                    name => self.directories[&directory].get(name),
                };
                // Gone again in the meantime: then nobody can miss it.
                let Some(&inode) = inode else { return };
                let open = Open { inode, position: 0, appends: call.has(2, "O_APPEND") };
                descriptors.insert(result, Rc::new(RefCell::new(open)));
            }
            "lseek" => {
                if let Some(open) = descriptors.get(&call.number(0)) {
                    open.borrow_mut().position = result as u64;
                }
            }
            "dup" | "dup2" | "dup3" => {
                if let Some(open) = descriptors.get(&call.number(0)).cloned() {
                    descriptors.insert(result, open);
                }
            }
            "fcntl" if call.args[1].starts_with("F_DUPFD") => {
                if let Some(open) = descriptors.get(&call.number(0)).cloned() {
                    descriptors.insert(result, open);
                }
            }
            _ => {}
        }
    }

    /// Cuts the bytes of a write that never returned down to those that are there.
    fn keep_what_is_there(&self, inode: Inode, at: u64, bytes: &mut Vec<u8>, after: &Path) -> Option<()> {
        let there = fs::read(after.join(self.path(Inode::TOP, inode)?)).ok()?;
        let there = there.get(at as usize..)?;
        *bytes = there[..bytes.len().min(there.len())].to_vec();
        Some(())
    }

    fn path(&self, below: Inode, wanted: Inode) -> Option<PathBuf> {
        self.directories.get(&below)?.iter().find_map(|(name, &inode)| match inode == wanted {
            true => Some(PathBuf::from(name)),
            false => self.path(inode, wanted).map(|rest| Path::new(name).join(rest)),
        })
    }

    fn create(&mut self, directory: Inode, name: String, mode: u32, kind: Kind) -> (Inode, Change) {
        let inode = Inode(self.next);
        self.next += 1;
        self.names(directory).insert(name.clone(), inode);
        match kind {
            Kind::Directory => drop(self.directories.insert(inode, BTreeMap::new())),
            Kind::File => drop(self.lengths.insert(inode, 0)),
        }
        (directory, Change::Create { name, inode, mode, kind })
    }

    fn names(&mut self, directory: Inode) -> &mut BTreeMap<String, Inode> {
        self.directories.get_mut(&directory).unwrap()
    }

    /// The directory and the name in it that a call is about, and the path from the top; `None` when it lies elsewhere.
    /// The name of the top itself is empty.
    fn place(
        &self,
        call: &Call,
        base: usize,
        path: usize,
        descriptors: &Descriptors,
    ) -> Option<(Inode, String, PathBuf)> {
        let path = PathBuf::from(call.text(path));
        let (mut directory, relative) = match path.strip_prefix(&self.top) {
            Ok(relative) => (Inode::TOP, relative.to_owned()),
            Err(_) if path.is_absolute() => return None,
            Err(_) => (descriptors.get(&call.args[base].parse().ok()?)?.borrow().inode, path),
        };
        let mut names: Vec<_> = relative
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .filter(|name| name != ".")
            .collect();
        let last = names.pop().unwrap_or_default();
        let above = match directory == Inode::TOP {
            true => PathBuf::new(),
            false => self.path(Inode::TOP, directory)?,
        };
        for name in &names {
            // A call that fails may name what is not there; one that does not may not.
            directory = *self.directories.get(&directory)?.get(name)?;
        }
        self.directories.contains_key(&directory).then(|| (directory, last, above.join(relative)))
    }
}
