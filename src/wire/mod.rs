//! The contract in Rust: the code generated from `proto/`, its descriptors, canonical JSON, and conversions between
//! messages and the domain.

pub mod json;

/// Messages, clients and servers generated from `proto/chancery/v1`.
#[allow(missing_docs, clippy::all, rustdoc::all)]
pub mod v1 {
    tonic::include_proto!("chancery.v1");
}

/// The encoded descriptor set of the API, with its imports: what server reflection serves.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
