//! The durable log, kept in a sled 0.34 database.
//!
//! sled is fast and survives crashes, but three of its habits do not suit a record that must never lose anything in
//! silence, and this module stands guard over them:
//!
//! - *Its `flush` does not reach the disk.* On Linux it ends in `sync_file_range`, which writes no metadata and does
//!   not empty the drive's cache. [`database`] keeps a handle of its own on sled's file and syncs that.
//! - *It puts large pages into files of their own that are never synced.* With segments of 8 MiB and values of at
//!   most 64 KiB ([`block`]) no page grows large enough.
//! - *It repairs what it opens.* Recovery ends at the first message with a bad checksum and overwrites what follows,
//!   so one flipped byte makes it drop the newest records without a word. So every block of records is chained to the
//!   one before ([`block`]), a file beside the database names the tail ([`tail_file`]), and sled is shown a copy
//!   first ([`open`]): only a copy that proves complete leads to the opening of the original.
//!
//! # What lies in the directory
//!
//! | name    | what it is |
//! |---------|------------|
//! | `lock`  | locked while a process has the log open; its text is that process's id |
//! | `tail`  | the last durable position and its chain hash, see [`tail_file`] |
//! | `sled/` | the database: `db` (everything), `conf` (parameters), `snap.*` (where recovery may begin), `blobs/` (empty) |
//! | `trial/`| the copy, while the log is being opened; safe to delete |

mod block;
mod chain;
mod database;
mod directory;
mod open;
mod store;
mod tail_file;

pub use open::OpenError;
pub use store::SledLog;
