//! The contract in Rust: the code generated from `proto/`, its descriptors, canonical JSON, and conversions between
//! messages and the domain.
//!
//! Reading a message gathers every violation in [`Findings`] by [`Field`]; writing one cannot fail.

pub mod as_of;
pub mod batch;
pub mod canonical;
pub mod event;
mod field;
pub mod filter;
mod findings;
pub mod record;
pub mod status;
pub mod timestamp;
pub mod vocabulary;

pub use field::Field;
pub use findings::{Findings, VIOLATIONS_MAX};

pub mod json;

/// Messages, clients and servers generated from `proto/chancery/v1`.
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod v1 {
    tonic::include_proto!("chancery.v1");
}

/// The services that carry many events or statuses, and their messages, with each event and status as its encoded bytes,
/// and batches of records as a [`Batch`](batch::Batch).
///
/// On the wire it is the same as with the messages of [`v1`], which a test compares; but the server decodes nothing to
/// encode it again, and a client may leave for later what it need not understand now.
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod sealed {
    include!(concat!(env!("OUT_DIR"), "/sealed/chancery.v1.rs"));
}

/// The encoded descriptor set of the API, with its imports: what server reflection serves.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The usual form of a UUID, without the detour through a formatter: this is done for every record.
pub fn hyphenated(id: uuid::Uuid) -> String {
    id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).to_owned()
}
