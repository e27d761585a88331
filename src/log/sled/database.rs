//! sled's database under guard: configured, synced for certain, and with its panics turned into errors.

use std::{
    any::Any,
    fs::File,
    io, mem,
    ops::Bound,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::{
        Once,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use ::sled::{Batch, Config, Db, IVec, Tree};
use bytes::Bytes;

use super::{
    block::{self, Block, Packed},
    chain::Fault,
    directory,
    loss::Reached,
    whole::Whole,
};
use crate::position::Position;

/// How much sled writes and recovers at a time; it also decides how large a page may grow before it goes to a file of
/// its own, which must not happen. Stored in `conf`: a database opens only with the size it was created with.
pub const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// How many bytes of pages sled may keep in memory. Readers mostly follow the tail, so the newest few thousand blocks
/// are enough; what is older comes from the operating system's cache.
const CACHE_BYTES: u64 = 128 * 1024 * 1024;

/// How often a block is looked at that is read in passing. sled hears of what was looked at, and so of what it may let go,
/// only when 64 looks have come together in one of the 256 parts of its cache. A page holds eight blocks and more: with so
/// many looks each page is heard of while it is read. With one, a walk over some gigabytes would leave all of them in memory.
const LOOKS: usize = 8;

/// The tree that holds the blocks. An append must be all or none, and sled's batches are that within one tree only.
const TREE: &str = "blocks";

/// How long to wait for sled's own threads to let go of the file after an earlier opening in this process. The
/// directory's lock is held, so nobody else can have it open.
const RELEASE_WAIT: Duration = Duration::from_secs(10);

/// How sled says that another one has its file.
const LOCKED: &str = "could not acquire lock";

/// How long to wait for a flush of sled's before asking for another.
const FLUSH_WAIT: Duration = Duration::from_secs(1);

/// What sled said when it failed or panicked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SledError {
    reason: String,
    cause: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The operating system refused, with this number.
    System(i32),
    /// What is in the files is not what was written.
    Damage,
    Other,
}

impl SledError {
    /// An error of the guards around sled.
    pub fn new(reason: &str) -> SledError {
        SledError { reason: reason.to_owned(), cause: Cause::Other }
    }

    /// The guards around sled found damage.
    pub fn damage(reason: &str) -> SledError {
        SledError { reason: reason.to_owned(), cause: Cause::Damage }
    }

    /// The operating system refused something to the guards around sled.
    pub fn refusal(error: &io::Error) -> SledError {
        SledError::refused_to("", error)
    }

    /// The same, with what it was, followed by a colon and a space.
    pub fn refused_to(what: &str, error: &io::Error) -> SledError {
        let cause = error.raw_os_error().map_or(Cause::Other, Cause::System);
        SledError { reason: format!("{what}{error}"), cause }
    }

    /// Whether another process has the database open.
    pub fn is_locked(&self) -> bool {
        self.reason.contains(LOCKED)
    }

    /// What the operating system refused, if it was that: no damage, but a full disk or the like.
    pub fn refused(&self) -> Option<io::Error> {
        match self.cause {
            Cause::System(number) => Some(io::Error::from_raw_os_error(number)),
            Cause::Damage | Cause::Other => None,
        }
    }

    /// Whether the files are damaged, so that trying again does not help.
    pub fn is_damage(&self) -> bool {
        self.cause == Cause::Damage
    }
}

/// An open database. Not `Debug`: sled's own would print every record.
pub struct Database {
    /// Or why sled does not open it.
    opened: Result<(Db, Tree), SledError>,
    /// An own handle on sled's file, because sled's `flush` does not sync it.
    pub(super) db: File,
    whole: Whole,
    /// How far its file reaches, from one opening to the first write after it.
    pub(super) reached: Reached,
}

impl Database {
    /// Opens or creates the database in this folder. sled may write into it: it repairs what it takes for torn.
    pub fn open(folder: &Path) -> Result<Database, SledError> {
        let config = Config::new()
            .path(folder)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None);
        let deadline = Instant::now() + RELEASE_WAIT;
        let (db, tree) = loop {
            let opened = guarded(|| {
                let db = config.open()?;
                let tree = db.open_tree(TREE)?;
                // Nobody looks into sled's own empty tree, until sled moves its pages to other places of the file: what is
                // damaged must be met here, and not when the journal is half moved.
                db.contains_key(TREE)?;
                Ok((db, tree))
            });
            match opened {
                Err(error) if error.is_locked() && Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(5));
                }
                done => break done?,
            }
        };
        let file = File::options().read(true).write(true).open(directory::db(folder));
        let file = file.map_err(|error| SledError::refusal(&error))?;
        let reached = Reached::default();
        reached.set(file.metadata().map_err(|error| SledError::refusal(&error))?.len());
        Ok(Database { opened: Ok((db, tree)), db: file, whole: Whole::new(folder), reached })
    }

    /// The database in this folder as far as its file can be read without sled, which refuses to open it.
    pub fn refused(folder: &Path, error: SledError) -> Result<Database, SledError> {
        let file = File::open(directory::db(folder)).map_err(|error| SledError::refusal(&error))?;
        Ok(Database { opened: Err(error), db: file, whole: Whole::new(folder), reached: Reached::default() })
    }

    /// Has the file system set aside what so many bytes of records may need behind the end of the file: whole segments,
    /// of which keys and what is written twice take a part.
    pub fn take_room(&self, bytes: usize) -> Result<(), SledError> {
        #[cfg(target_os = "linux")]
        {
            use rustix::{
                fs::{FallocateFlags, fallocate},
                io::Errno,
            };
            let length = self.db.metadata().map_err(|error| SledError::refusal(&error))?.len();
            let bytes = (2 * bytes).next_multiple_of(SEGMENT_BYTES) as u64;
            match fallocate(&self.db, FallocateFlags::KEEP_SIZE, length, bytes) {
                // Not every file system can; then a write will tell.
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
                Err(error) => return Err(SledError::refusal(&error.into())),
            }
        }
        Ok(())
    }

    /// Writes the blocks of one append, all or none, and returns when they are on the disk.
    pub fn append(&self, packed: &Packed) -> Result<(), SledError> {
        self.reached.set(0);
        let mut batch = Batch::default();
        for (key, block) in &packed.values {
            batch.insert(key, block.as_slice());
        }
        let tree = self.tree()?;
        guarded(|| tree.apply_batch(batch))?;
        self.sync()
    }

    /// Makes room for blocks that begin at these positions, which must lie behind all others.
    ///
    /// sled divides a page of its tree once it has seventeen keys, and writes both halves anew with all their values. When
    /// the keys come first, without values, there is next to nothing to write, and each value is written once, later.
    /// A key without a value is no block: it is there only while its block is on the way, or after a crash.
    pub fn reserve(&self, firsts: impl Iterator<Item = Position>) -> Result<(), SledError> {
        self.reached.set(0);
        let tree = self.tree()?;
        for first in firsts {
            guarded(|| tree.insert(block::key(first), &[]).map(drop))?;
        }
        Ok(())
    }

    /// Returns when everything written so far is on the disk.
    pub fn sync(&self) -> Result<(), SledError> {
        self.flush()?;
        self.db.sync_data().map_err(|error| SledError::refused_to("sync of the log's file: ", &error))
    }

    /// Has sled write what it holds back.
    ///
    /// A write of sled's that fails does not always wake the flush that waits for it, which then waits for ever. Every
    /// further flush looks whether a write has failed, and if so wakes them all: so one is started from time to time.
    fn flush(&self) -> Result<(), SledError> {
        let (done, flushed) = mpsc::channel();
        loop {
            let (tree, done) = (self.tree()?.clone(), done.clone());
            let flush = move || {
                let result = guarded(|| tree.flush().map(drop));
                // sled lets go of its file with the last handle, and the caller may be about to wait for that.
                drop(tree);
                // Nobody listens any more when another one was faster.
                let _ = done.send(result);
            };
            let started = thread::Builder::new().name("flush".to_owned()).spawn(flush);
            started.map_err(|error| SledError::refusal(&error))?;
            match flushed.recv_timeout(FLUSH_WAIT) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(SledError::new("a flush was cut off")),
            }
        }
    }

    /// The block that holds this position, which must be at or before the tail.
    pub fn block(&self, position: Position) -> Result<Block, Fault> {
        let fault = |reason: String| Fault { position, reason };
        match self.before(position.next()).map_err(|error| fault(error.reason))? {
            Some((key, value)) => {
                let block = parse(&key, value).map_err(fault)?;
                if block.last() < position {
                    return Err(fault(format!("missing: the block before it ends at {}", block.last())));
                }
                Ok(block)
            }
            None => Err(fault("missing".to_owned())),
        }
    }

    /// The same for readers: a block that is whole in the file, also when sled refuses the page that it is in.
    pub fn whole_block(&self, position: Position) -> Result<Block, Fault> {
        self.block(position).or_else(|fault| self.whole.block(position, fault))
    }

    /// The last block; `None` when the log is empty.
    pub fn last(&self) -> Result<Option<Block>, Fault> {
        let fault = |reason: String| Fault { position: Position::new(1), reason };
        let found = self.before(Position::END).map_err(|error| fault(error.reason))?;
        found.map(|(key, value)| parse(&key, value)).transpose().map_err(fault)
    }

    /// All blocks from the one that begins at `first` on, in order; after an error there are no more.
    ///
    /// Each block is checked by itself; that it follows from the one before is the caller's to check.
    pub fn blocks(&self, first: Position) -> Blocks {
        let from = (Bound::Included(block::key(first)), Bound::Unbounded);
        match self.tree().and_then(|tree| guarded(|| Ok((tree.range(from), tree.clone())))) {
            Ok(under_way) => Blocks { under_way: Some(under_way), failed: None },
            Err(error) => Blocks { under_way: None, failed: Some(error.reason) },
        }
    }

    /// The last key before this position that has a value.
    fn before(&self, position: Position) -> Result<Option<(IVec, IVec)>, SledError> {
        let tree = self.tree()?;
        guarded(|| {
            let mut found = tree.get_lt(block::key(position))?;
            while let Some((key, value)) = &found
                && value.is_empty()
            {
                found = tree.get_lt(key)?;
            }
            Ok(found)
        })
    }

    fn tree(&self) -> Result<&Tree, SledError> {
        self.opened.as_ref().map(|(_, tree)| tree).map_err(Clone::clone)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // sled flushes when it is dropped, and panics when that fails. What matters was synced before.
        let opened = mem::replace(&mut self.opened, Err(SledError::new("the log is closed")));
        let _ = guarded(move || {
            drop(opened);
            Ok(())
        });
    }
}

/// The blocks of a log in order: see [`Database::blocks`].
pub struct Blocks {
    under_way: Option<(::sled::Iter, Tree)>,
    failed: Option<String>,
}

impl Iterator for Blocks {
    type Item = Result<Block, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(reason) = self.failed.take() {
            return Some(Err(reason));
        }
        let (iter, tree) = self.under_way.as_mut()?;
        let has_value =
            |item: &::sled::Result<(IVec, IVec)>| !matches!(item, Ok((_, value)) if value.is_empty());
        let find = || {
            let found = iter.find(has_value).transpose()?;
            if let Some((key, _)) = &found {
                (1..LOOKS).try_for_each(|_| tree.contains_key(key).map(drop))?;
            }
            Ok(found)
        };
        let item = match guarded(find) {
            Ok(found) => found.map(|(key, value)| parse(&key, value)),
            Err(error) => Some(Err(error.reason)),
        };
        if !matches!(item, Some(Ok(_))) {
            self.under_way = None;
        }
        item
    }
}

/// Checks a block and the key it was found under. The block shares sled's memory.
fn parse(key: &[u8], value: IVec) -> Result<Block, String> {
    let block = Block::parse(Bytes::from_owner(value)).map_err(|error| error.to_string())?;
    match key == block::key(block.first()) {
        true => Ok(block),
        false => Err(format!("a block that begins at position {} lies under another key", block.first())),
    }
}

/// Calls into sled, and turns its panics (it has many, and damage provokes them) into errors.
fn guarded<T>(call: impl FnOnce() -> Result<T, ::sled::Error>) -> Result<T, SledError> {
    silence();
    match panic::catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(::sled::Error::Io(error))) => Err(SledError::refusal(&error)),
        Ok(Err(::sled::Error::Corruption { at, .. })) => {
            Err(SledError { reason: described(at), cause: Cause::Damage })
        }
        Ok(Err(error)) => Err(SledError::new(&error.to_string())),
        Err(payload) => {
            Err(SledError::new(&format!("the storage engine gave up: {}", message(payload.as_ref()))))
        }
    }
}

/// Damage in words: sled's own end with the backtrace that it never has.
fn described(at: Option<impl std::fmt::Debug>) -> String {
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match at.map(|at| digits(format!("{at:?}"))).filter(|at| !at.is_empty()) {
        Some(at) => format!("the page of the database at byte {at} is damaged (checksum)"),
        None => "a page of the database is damaged (checksum)".to_owned(),
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("for no stated reason")
}

/// Keeps panics that begin in sled's source from being printed: they come back as errors, and a backtrace would only
/// hide the message that says what to do. All other panics are printed as before.
fn silence() {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let from_sled = panic.location().is_some_and(|at| at.file().contains("sled-0.34"));
            if !from_sled {
                before(panic);
            }
        }));
    });
}
