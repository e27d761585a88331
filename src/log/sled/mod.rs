//! The durable log: a journal in front, and a sled 0.34 database as the store behind it.
//!
//! An append goes to the `journal`, is synced there, and is done. A thread of its own (`archiver`) moves what has
//! gathered into the database, in blocks of up to 64 KiB (`block`). So an append waits for the disk once, and sled,
//! whose cost is per key, sees few keys.
//!
//! sled survives crashes, but three of its habits do not suit a record that must never lose anything in silence, and
//! this module stands guard over them:
//!
//! - *Its `flush` does not reach the disk.* On Linux it ends in `sync_file_range`, which writes no metadata and does
//!   not empty the drive's cache. `database` keeps a handle of its own on sled's file and syncs that.
//! - *It puts large pages into files of their own that are never synced.* With segments of 8 MiB and values of at
//!   most 64 KiB no page grows large enough.
//! - *It repairs what it opens.* Recovery ends at the first message with a bad checksum and overwrites what follows.
//!   What it may overwrite is checked beforehand (`recovery`, `proving`) or still in the journal: a journal file is used again
//!   only when sled has taken a snapshot behind everything in it (`store`).
//!
//! Bit rot is silent in sled. So every block of records has a checksum and is chained to the one before, and a file
//! beside the database names how far the log is durable (`tail_file`).
//!
//! # What lies in the directory
//!
//! | name       | what it is |
//! |------------|------------|
//! | `lock`     | locked while a process has the log open, as is the directory itself; its text, once there is a log, is that process's id |
//! | `tail`     | how far store and journal are durable, see `tail_file` |
//! | `journal/` | `0` and `1`, of which one is written while the other is archived: see `frame`; empty in a closed log |
//! | `sled/`    | the database: `db` (everything), `conf` (parameters), `snap.*` (where recovery begins), `blobs/` (empty); while the journal moves, `room`; `damaged.*`, of the two before, when they were damaged and are not needed |
//! | `trial/`   | a copy of a damaged database, while the first fault in it is looked for; safe to delete |

mod archiver;
mod block;
mod chain;
mod database;
mod directory;
mod frame;
mod identity;
mod journal;
mod log;
mod loss;
mod open;
mod pending;
mod proving;
mod recent;
mod recovery;
mod salvage;
mod scan;
mod shared;
mod store;
mod tail_file;
mod verify;
mod whole;
mod writer;

pub use self::log::{Damage, SledLog};
pub use open::OpenError;
pub use salvage::{Contradiction, Salvage, Stretch};
pub use verify::VerifyError;
pub use writer::Sizes;
