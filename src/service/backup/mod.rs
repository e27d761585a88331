//! Backups: the record as it is stored, in files or a stream that can be verified by themselves.
//!
//! # The bytes of version 1
//!
//! ```text
//! 18 bytes   "chancery backup 1" and a line feed
//! frames     until the records of the header are complete; whole numbers are little-endian
//!   4 bytes    the length of the payload
//!   4 bytes    CRC-32 (IEEE) of the length and the payload
//!   payload    an encoded chancery.v1.BackupResponse, as it came from the server: first the header, then records
//! ```
//! One such file may follow another in a stream: the second begins where the first ends, in bytes and in positions. The
//! checksums find damage where it is; that nothing was changed on purpose is shown by the signed checkpoint in the header,
//! over whose tree every record is hashed again ([`Transcript`]).

mod file;
mod folder;
mod source;
mod transcript;

pub use file::{FileFault, Reader, Writer};
pub use folder::{Draft, Folder, FolderError};
pub use source::{Source, SourceError};
pub use transcript::{Fault, Header, Taken, Transcript};
