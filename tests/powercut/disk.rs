//! A disk that loses its power: what is durable of every file and directory, and what is only on its way.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use fastrand::Rng;

/// A disk writes so many bytes whole or not at all.
const SECTOR_BYTES: u64 = 512;

/// A file or directory, whatever its names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inode(pub usize);

impl Inode {
    /// The directory that everything lies in. It is durable, and nobody removes it.
    pub const TOP: Inode = Inode(0);
}

/// What a system call does to the disk.
#[derive(Clone, Debug)]
pub enum Change {
    /// Bytes of a file.
    Write { at: u64, bytes: Vec<u8> },
    /// Bytes of a file, taken from another one as it is at this moment.
    Copy { at: u64, from: Inode, from_at: u64, length: u64 },
    /// The length of a file.
    SetLength { length: u64 },
    /// A name for something new.
    Create { name: String, inode: Inode, mode: u32, kind: Kind },
    /// A name gone.
    Remove { name: String },
    /// Another name within the same directory, in place of whatever had it.
    Rename { from: String, to: String },
    /// A promise: what was done to this file or directory before the call began is durable when it has returned.
    Sync,
}

/// What something new is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
}

/// The beginning or the end of a call that changes the disk.
#[derive(Clone, Debug)]
pub enum Step {
    /// From here on it may have happened.
    Began { call: usize, inode: Inode, change: Change },
    /// From here on it has happened.
    Returned { call: usize },
}

/// Everything on the disk.
pub struct Disk {
    nodes: Vec<Node>,
    /// Of the calls under way: what they are about, and for a sync the changes that it makes durable.
    under_way: HashMap<usize, (Inode, Vec<usize>)>,
}

struct Node {
    mode: u32,
    durable: Content,
    /// Changes that no sync covers yet, in the order in which they began.
    pending: Vec<Pending>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Content {
    File(Vec<u8>),
    Directory(BTreeMap<String, Inode>),
}

struct Pending {
    call: usize,
    returned: bool,
    change: Change,
}

/// What becomes of the changes that are not durable, where the power fails.
pub struct Fate {
    rng: Rng,
    /// How likely a write is kept, and how likely it is torn, of 100. Otherwise it is dropped.
    kept: u32,
    torn: u32,
    names: Names,
}

/// What becomes of changes to directories.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// A file system that keeps a journal of them: each directory loses its latest.
    InOrder,
    /// One that does not.
    Any,
}

impl Fate {
    /// One fate among many. Mild and harsh ones come alike often, because what only one lost write brings to light
    /// does not show where most are lost, and the reverse.
    pub fn new(mut rng: Rng) -> Fate {
        let weights = [(34, 33), (34, 33), (90, 5), (5, 5), (60, 20), (50, 0), (0, 100), (100, 0), (0, 0)];
        let (kept, torn) = weights[rng.usize(..weights.len())];
        let names = if rng.bool() { Names::InOrder } else { Names::Any };
        Fate { rng, kept, torn, names }
    }

    /// The parts of a write that are kept.
    fn parts(&mut self, at: u64, length: u64) -> Vec<(u64, u64)> {
        let dice = self.rng.u32(..100);
        if dice < self.kept {
            return vec![(at, at + length)];
        }
        if self.kept + self.torn <= dice {
            return Vec::new();
        }
        let end = at + length;
        let first = at / SECTOR_BYTES;
        let sectors = end.div_ceil(SECTOR_BYTES).saturating_sub(first);
        let cut = first + self.rng.u64(..=sectors);
        // The beginning, the end, or any sectors.
        let way = self.rng.u8(..4);
        let keeps = |rng: &mut Rng, sector: u64| match way {
            0 | 1 => sector < cut,
            2 => cut <= sector,
            _ => rng.bool(),
        };
        let mut parts: Vec<(u64, u64)> = Vec::new();
        for sector in first..first + sectors {
            if keeps(&mut self.rng, sector) {
                let (from, to) = ((sector * SECTOR_BYTES).max(at), ((sector + 1) * SECTOR_BYTES).min(end));
                match parts.last_mut() {
                    Some(last) if last.1 == from => last.1 = to,
                    _ => parts.push((from, to)),
                }
            }
        }
        parts
    }
}

impl Disk {
    /// A disk with nothing on it.
    pub fn new() -> Disk {
        let top = Node { mode: 0o755, durable: Content::Directory(BTreeMap::new()), pending: Vec::new() };
        Disk { nodes: vec![top], under_way: HashMap::new() }
    }

    /// Goes one step on.
    pub fn apply(&mut self, step: Step) {
        match step {
            Step::Began { call, inode, change: Change::Sync } => {
                let covered = self.nodes[inode.0].pending.iter().filter(|it| it.returned);
                self.under_way.insert(call, (inode, covered.map(|it| it.call).collect()));
            }
            Step::Began { call, inode, change } => {
                let change = match change {
                    Change::Copy { at, from, from_at, length } => {
                        let Content::File(bytes) = self.content(from, &mut None) else {
                            panic!("a directory was copied")
                        };
                        let bytes = bytes.get(from_at as usize..).unwrap_or_default();
                        Change::Write { at, bytes: bytes[..bytes.len().min(length as usize)].to_vec() }
                    }
                    Change::Create { inode, mode, kind, .. } => {
                        let durable = match kind {
                            Kind::File => Content::File(Vec::new()),
                            Kind::Directory => Content::Directory(BTreeMap::new()),
                        };
                        assert_eq!(inode.0, self.nodes.len(), "inodes are numbered in the order of creation");
                        self.nodes.push(Node { mode, durable, pending: Vec::new() });
                        change
                    }
                    other => other,
                };
                self.nodes[inode.0].pending.push(Pending { call, returned: false, change });
                self.under_way.insert(call, (inode, Vec::new()));
            }
            Step::Returned { call } => {
                let Some((inode, covered)) = self.under_way.remove(&call) else { return };
                let Node { durable, pending, .. } = &mut self.nodes[inode.0];
                pending.iter_mut().filter(|it| it.call == call).for_each(|it| it.returned = true);
                pending.retain(|it| {
                    let is_durable = covered.binary_search(&it.call).is_ok();
                    if is_durable {
                        durable.change(&it.change, &mut None);
                    }
                    !is_durable
                });
            }
        }
    }

    /// How many changes no sync covers.
    pub fn pending(&self) -> usize {
        self.nodes.iter().map(|node| node.pending.len()).sum()
    }

    /// Writes what is left under a fate into a directory that is there and empty.
    pub fn write(&self, fate: Fate, to: &Path) -> io::Result<()> {
        self.write_node(Inode::TOP, &mut Some(fate), to)
    }

    fn write_node(&self, inode: Inode, fate: &mut Option<Fate>, to: &Path) -> io::Result<()> {
        let Content::Directory(names) = self.content(inode, fate) else { panic!("{inode:?} is a file") };
        for (name, inode) in names {
            let path = to.join(name);
            let mode = self.nodes[inode.0].mode;
            match &self.nodes[inode.0].durable {
                Content::File(_) => {
                    let Content::File(bytes) = self.content(inode, fate) else { continue };
                    let mut file =
                        fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
                    io::Write::write_all(&mut file, &bytes)?;
                }
                Content::Directory(_) => {
                    fs::DirBuilder::new().mode(mode).create(&path)?;
                    self.write_node(inode, fate, &path)?;
                }
            }
        }
        Ok(())
    }

    /// Compares what running programs see with what is there, and says where the two differ.
    pub fn compare(&self, there: &Path) -> Result<(), String> {
        self.compare_node(Inode::TOP, there)
    }

    fn compare_node(&self, inode: Inode, there: &Path) -> Result<(), String> {
        match self.content(inode, &mut None) {
            Content::File(bytes) => match fs::read(there) {
                Ok(found) if found == bytes => Ok(()),
                Ok(found) => {
                    let same = found.iter().zip(&bytes).take_while(|(found, bytes)| found == bytes).count();
                    Err(format!(
                        "{} has {} bytes, not {}; the first {same} are the same",
                        there.display(),
                        found.len(),
                        bytes.len()
                    ))
                }
                Err(error) => Err(format!("{}: {error}", there.display())),
            },
            Content::Directory(names) => {
                let entries = fs::read_dir(there).map_err(|error| format!("{}: {error}", there.display()))?;
                let mut found: Vec<_> =
                    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
                found.sort();
                if found != names.keys().cloned().collect::<Vec<_>>() {
                    return Err(format!("{} has {found:?}, not {:?}", there.display(), names.keys()));
                }
                names.iter().try_for_each(|(name, &inode)| self.compare_node(inode, &there.join(name)))
            }
        }
    }

    /// What is left of something under a fate; without one, what running programs see.
    fn content(&self, inode: Inode, fate: &mut Option<Fate>) -> Content {
        let Node { durable, pending, .. } = &self.nodes[inode.0];
        let mut content = durable.clone();
        let is_file = matches!(content, Content::File(_));
        let kept = match fate {
            Some(Fate { rng, names: Names::InOrder, .. }) if !is_file => rng.usize(..=pending.len()),
            _ => pending.len(),
        };
        for pending in &pending[..kept] {
            if !is_file
                && let Some(Fate { rng, names: Names::Any, .. }) = fate
                && rng.bool()
            {
                continue;
            }
            content.change(&pending.change, fate);
        }
        content
    }
}

impl Content {
    /// Makes a change; with a fate, as much of it as is kept.
    fn change(&mut self, change: &Change, fate: &mut Option<Fate>) {
        match (self, change) {
            (Content::File(file), Change::Write { at, bytes }) => {
                let length = bytes.len() as u64;
                let parts = match fate {
                    Some(fate) => fate.parts(*at, length),
                    None => vec![(*at, *at + length)],
                };
                for (from, to) in parts {
                    if file.len() < to as usize {
                        file.resize(to as usize, 0);
                    }
                    file[from as usize..to as usize]
                        .copy_from_slice(&bytes[(from - at) as usize..(to - at) as usize]);
                }
            }
            (Content::File(file), Change::SetLength { length }) => {
                let happens =
                    fate.as_mut().is_none_or(|fate| fate.rng.u32(..100) < fate.kept + fate.torn / 2);
                if happens {
                    file.resize(*length as usize, 0);
                }
            }
            (Content::Directory(names), Change::Create { name, inode, .. }) => {
                names.insert(name.clone(), *inode);
            }
            (Content::Directory(names), Change::Remove { name }) => {
                names.remove(name);
            }
            (Content::Directory(names), Change::Rename { from, to }) => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
            (_, change) => panic!("{change:?} of the wrong kind of thing"),
        }
    }
}
