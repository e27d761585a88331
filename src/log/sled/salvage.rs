//! Salvage: what can still be read of a log, however damaged, by the bytes of its files alone.
//!
//! sled is not asked: it may not open, and it writes where it opens. Blocks and frames carry their positions and
//! checksums, so they are found wherever they lie in a file, those included that sled has put out of use. Nothing is
//! changed but the text of the lock.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::{
    block::{BLOCK_BYTES_MAX, Block},
    chain::{Fault, Tail},
    directory::{self, Directory},
    frame::{ALIGNMENT, Frame},
    open::OpenError,
    recovery,
    tail_file::{Mark, Named, TailFile},
    whole,
};
use crate::position::Position;

/// How much of the database is looked through at a time, in bytes.
const WINDOW_BYTES: usize = 4 << 20;

/// Consecutive records that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first.
    pub first: Position,
    /// The last.
    pub last: Position,
    place: Place,
}

/// Where a block or frame lies.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    form: Form,
    at: u64,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Block,
    /// In this file of the journal.
    Frame(usize),
}

/// Two files that are each whole and cannot be of one record: one of them was put there from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Where they differ at the latest. The first position at which they do is not known.
    pub position: Position,
    /// The file that does not have what another speaks of.
    pub file: PathBuf,
    /// What does not fit.
    pub reason: String,
}

/// A frame, and by what `tail` would name it.
struct Entry {
    stretch: Stretch,
    mark: Mark,
}

/// A block, and what it is chained to.
struct Link {
    stretch: Stretch,
    before: Tail,
    after: Tail,
}

/// What was found of a log. The directory stays locked until it is dropped.
#[derive(Debug)]
pub struct Salvage {
    directory: Directory,
    named: Option<Named>,
    stretches: Vec<Stretch>,
    contradiction: Option<Contradiction>,
}

impl Salvage {
    /// Looks through all files of the log in this directory, which must be there, and which nobody may be using.
    pub fn open(path: &Path) -> Result<Salvage, OpenError> {
        let missing = io::Error::new(io::ErrorKind::NotFound, "there is no record here");
        let mut known = false;
        for name in ["tail", "sled", "journal"] {
            let found = path.join(name).try_exists();
            known |= found.map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        }
        if !known {
            return Err(OpenError::Io { path: path.to_owned(), source: missing });
        }
        let directory = Directory::look(path)?;
        let db = directory::db(&directory.sled());
        let entries = frames(&directory)?;
        let links = links(&db).map_err(|source| OpenError::Io { path: db, source })?;
        let proven = chained(&links);
        let named = match TailFile::look(&directory.tail()) {
            Ok(named) => named,
            Err(error) if holds_nothing(&error) => None,
            Err(source) => return Err(OpenError::Io { path: directory.tail(), source }),
        };
        let contradiction = named.and_then(|named| {
            contradicted_block(&directory, &proven, named)
                .or_else(|| contradicted_append(&directory, &proven, &entries, named))
        });
        let blocks = proven.iter().map(|link| link.stretch.clone()).collect();
        let appends: Vec<Stretch> = entries.into_iter().map(|entry| entry.stretch).collect();
        let candidates = appends.iter().chain(links.iter().map(|link| &link.stretch)).cloned().collect();
        let mut salvage = Salvage { directory, named, stretches: arrange(blocks, candidates), contradiction };
        if salvage.contradiction.is_none() {
            let path = salvage.db();
            let differing = salvage.differing(&appends);
            salvage.contradiction = differing.map_err(|source| OpenError::Io { path, source })?;
        }
        Ok(salvage)
    }

    /// The first append in the journal that the store has otherwise.
    fn differing(&self, appends: &[Stretch]) -> io::Result<Option<Contradiction>> {
        for append in appends {
            let in_store = self.stretches.iter().filter(|stretch| {
                stretch.place.form == Form::Block
                    && stretch.first <= append.last
                    && append.first <= stretch.last
            });
            let mut stored = HashMap::new();
            for stretch in in_store {
                stored.extend(self.read(stretch)?);
            }
            for (position, record) in self.read(append)? {
                if stored.get(&position).is_some_and(|other| *other != record) {
                    let reason = "the journal and the store have different records here".to_owned();
                    let file = self.path_of(append.place.form);
                    return Ok(Some(Contradiction { position, file, reason }));
                }
            }
        }
        Ok(None)
    }

    /// What shows that the files are of different records, although each is whole.
    pub const fn contradiction(&self) -> Option<&Contradiction> {
        self.contradiction.as_ref()
    }

    /// The files of the storage engine's own that are damaged. A log that opens without them keeps them under another name.
    pub fn unusable(&self) -> Vec<PathBuf> {
        // What the system does not let be read is met by whoever opens the log.
        recovery::unusable(&self.directory.sled()).unwrap_or_default()
    }

    fn path_of(&self, form: Form) -> PathBuf {
        match form {
            Form::Block => self.db(),
            Form::Frame(file) => journal(&self.directory, file),
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Whether other processes are kept away.
    pub const fn is_locked(&self) -> bool {
        self.directory.is_locked()
    }

    /// The file that most of the records lie in.
    pub fn db(&self) -> PathBuf {
        directory::db(&self.directory.sled())
    }

    /// Where the log must end, or go on from; `None` when nothing says so.
    pub fn named(&self) -> Option<Position> {
        self.named.map(|named| named.stored.position.max(named.appended.position))
    }

    /// What can be read, in order of position, each position once.
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The last position before which nothing is missing.
    pub fn end(&self) -> Position {
        let mut end = Position::START;
        for stretch in &self.stretches {
            if stretch.first != end.next() {
                break;
            }
            end = stretch.last;
        }
        end
    }

    /// The records of a stretch.
    pub fn read(&self, stretch: &Stretch) -> io::Result<Vec<(Position, Bytes)>> {
        let Stretch { first, last, place: Place { form, at, bytes } } = stretch;
        let path = self.path_of(*form);
        let mut content = vec![0; *bytes];
        File::open(path)?.read_exact_at(&mut content, *at)?;
        let content = Bytes::from(content);
        let changed = || io::Error::other("the files have changed while they were read");
        let record: Box<dyn Fn(Position) -> Option<Bytes>> = match form {
            Form::Block => {
                let block = Block::parse(content).map_err(|_| changed())?;
                Box::new(move |position| block.record(position))
            }
            Form::Frame(_) => {
                let frame = Frame::parse(&content, 0).ok_or_else(changed)?;
                Box::new(move |position| frame.record(position))
            }
        };
        let positions = (first.get()..=last.get()).map(Position::new);
        positions.map(|position| Ok((position, record(position).ok_or_else(changed)?))).collect()
    }
}

/// The last position up to which the blocks in a database's file are whole and follow from one another.
pub fn end(db: &Path) -> io::Result<Position> {
    let links = links(db)?;
    Ok(chained(&links).last().map_or(Position::START, |link| link.stretch.last))
}

/// What is wrong in a database's file with the block that was to hold this position, the first behind [`end`].
pub fn fault(db: &Path, position: Position) -> Fault {
    let reason = match torn(db, position) {
        Ok(Some(at)) => format!("the block at byte {at} is damaged"),
        Ok(None) | Err(_) => "its block is damaged or missing".to_owned(),
    };
    Fault { position, reason }
}

/// Where a block begins that is damaged and was to hold this position, the first behind [`end`]. The storage engine may have
/// written it more than once: of several places it is the first. `None` when what would tell the block is damaged itself.
fn torn(db: &Path, position: Position) -> io::Result<Option<u64>> {
    let links = links(db)?;
    let before = chained(&links).last().map_or(Tail::START, |link| link.after);
    let head = Block::head(before.chain, position);
    let mut file = File::open(db)?;
    let (mut window, mut begin) = (Vec::new(), 0);
    while 0 < (&mut file).take(WINDOW_BYTES as u64).read_to_end(&mut window)? {
        if let Some(at) = window.windows(head.len()).position(|bytes| bytes == head) {
            return Ok((begin + at as u64).checked_sub(Block::HEAD_AT as u64));
        }
        let done = (window.len() + 1).saturating_sub(head.len());
        window.drain(..done);
        begin += done as u64;
    }
    Ok(None)
}

/// Where the whole blocks of a database's file lie, in order and each position once: those that follow from one another, and
/// behind them whatever else is whole.
pub fn places(db: &Path) -> io::Result<Vec<whole::Place>> {
    let links = links(db)?;
    let proven = chained(&links).into_iter().map(|link| link.stretch.clone()).collect();
    let all = links.iter().map(|link| link.stretch.clone()).collect();
    let place = |Stretch { first, last, place }: Stretch| whole::Place {
        first,
        last,
        at: place.at,
        bytes: place.bytes,
    };
    Ok(arrange(proven, all).into_iter().map(place).collect())
}

/// The file of the journal with this number.
fn journal(directory: &Directory, file: usize) -> PathBuf {
    directory.journal().join(file.to_string())
}

/// The block in the place of the one that `tail` names, when it is another.
fn contradicted_block(directory: &Directory, proven: &[&Link], named: Named) -> Option<Contradiction> {
    let position = named.stored.position;
    let link = proven.iter().find(|link| position <= link.stretch.last)?;
    (Position::START < position && link.after != named.stored).then(|| Contradiction {
        position: link.stretch.first,
        file: directory::db(&directory.sled()),
        reason: format!("the block is not the one that stood before position {position}"),
    })
}

/// The append in the place of the one that `tail` names, when it is another. What is in the store is not looked for: the
/// journal is written over then.
fn contradicted_append(
    directory: &Directory,
    proven: &[&Link],
    entries: &[Entry],
    named: Named,
) -> Option<Contradiction> {
    let position = named.appended.position;
    let end = proven.last().map_or(Position::START, |link| link.stretch.last);
    let within = |entry: &&Entry| entry.stretch.first <= position && position <= entry.stretch.last;
    let entry = entries.iter().find(within).filter(|_| end < position)?;
    let Form::Frame(file) = entry.stretch.place.form else { return None };
    (entry.mark != named.appended).then(|| Contradiction {
        position: entry.stretch.first,
        file: journal(directory, file),
        reason: format!("the append is not the one that ended at position {position}"),
    })
}

/// The blocks that follow from one another from the first position on: of all ways, the one that leads farthest.
fn chained(links: &[Link]) -> Vec<&Link> {
    let mut order: Vec<usize> = (0..links.len()).collect();
    order.sort_by_key(|index| links.get(*index).map(|link| link.stretch.first));
    let mut ways: HashMap<(Position, [u8; 32]), Option<&Link>> = HashMap::new();
    let key = |tail: &Tail| (tail.position, tail.chain.0);
    ways.insert(key(&Tail::START), None);
    let mut end = Tail::START;
    for link in order.into_iter().filter_map(|index| links.get(index)) {
        if ways.contains_key(&key(&link.before)) {
            ways.entry(key(&link.after)).or_insert(Some(link));
            if end.position < link.after.position {
                end = link.after;
            }
        }
    }
    let mut chained = Vec::new();
    while let Some(Some(link)) = ways.get(&key(&end)) {
        chained.push(*link);
        end = link.before;
    }
    chained.reverse();
    chained
}

/// Puts behind the proven stretches whatever goes on from there, each position once; then what lies behind a gap.
fn arrange(proven: Vec<Stretch>, mut candidates: Vec<Stretch>) -> Vec<Stretch> {
    candidates.sort_by_key(|stretch| (stretch.first, stretch.last));
    let mut arranged = proven;
    let mut end = arranged.last().map_or(Position::START, |stretch| stretch.last);
    for candidate in candidates {
        if candidate.last <= end {
            continue;
        }
        end = candidate.last;
        let behind = arranged.last().map_or(Position::new(1), |stretch| stretch.last.next());
        arranged.push(Stretch { first: candidate.first.max(behind), ..candidate });
    }
    arranged
}

/// Whether a file is not there, or something else lies in its place.
fn holds_nothing(error: &io::Error) -> bool {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | IsADirectory)
}

/// All whole frames in the files of the journal.
fn frames(directory: &Directory) -> Result<Vec<Entry>, OpenError> {
    let mut found = Vec::new();
    for (file, path) in directory.journals().into_iter().enumerate() {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => Bytes::from(bytes),
            Err(error) if holds_nothing(&error) => continue,
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        let mut at = 0;
        while at < bytes.len() {
            let Some(frame) = Frame::parse(&bytes, at) else {
                at += ALIGNMENT;
                continue;
            };
            let length = frame.bytes().len();
            let place = Place { form: Form::Frame(file), at: at as u64, bytes: length };
            let stretch = Stretch { first: frame.first(), last: frame.last(), place };
            found.push(Entry { stretch, mark: Mark::from(&frame) });
            at += length;
        }
    }
    Ok(found)
}

/// All whole blocks anywhere in the database's file.
fn links(db: &Path) -> io::Result<Vec<Link>> {
    let mut file = match File::open(db) {
        Ok(_) if db.is_dir() => return Ok(Vec::new()),
        Err(error) if holds_nothing(&error) => return Ok(Vec::new()),
        file => file?,
    };
    let mut links = Vec::new();
    let mut window = Vec::new();
    let mut begin = 0;
    loop {
        let read = (&mut file).take(WINDOW_BYTES as u64).read_to_end(&mut window)?;
        // A block that is cut by the window's end is met again at the beginning of the next.
        let until = if read == 0 { window.len() } else { window.len().saturating_sub(BLOCK_BYTES_MAX) };
        let mut at = 0;
        while let Some(candidate) = next_candidate(&window, at, until) {
            at = candidate + 1;
            let rest = window.get(candidate..).unwrap_or_default();
            let Some(bytes) = Block::stated_length(rest).and_then(|length| rest.get(..length)) else {
                continue;
            };
            let Ok(block) = Block::parse(Bytes::copy_from_slice(bytes)) else { continue };
            let place = Place { form: Form::Block, at: begin + candidate as u64, bytes: bytes.len() };
            let (first, last) = (block.first(), block.last());
            let Some(position) = first.get().checked_sub(1).map(Position::new) else { continue };
            links.push(Link {
                stretch: Stretch { first, last, place },
                before: Tail { position, chain: block.before() },
                after: Tail { position: last, chain: block.after() },
            });
            at = candidate + bytes.len();
        }
        if read == 0 {
            return Ok(links);
        }
        let done = at.max(until).min(window.len());
        window.drain(..done);
        begin += done as u64;
    }
}

/// The next place from `at` on and before `until` where a block may begin.
fn next_candidate(window: &[u8], at: usize, until: usize) -> Option<usize> {
    let found = window.get(at..until)?.iter().position(|byte| *byte == Block::FIRST_BYTE)?;
    Some(at + found)
}
