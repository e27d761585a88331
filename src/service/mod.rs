//! The gRPC edge: conversions, limits, who asks, and one map from errors to statuses.

mod audit;
pub mod backup;
mod history;
mod key;
mod operations;
mod principal;
mod query;
mod refusal;
mod restore;
mod scaffold;
mod server;
mod submission;
mod transport;

pub use restore::{RestoreError, Restored, restore};
pub use scaffold::ScaffoldError;
pub use server::{Config, Server, StartError};
pub use submission::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX};
