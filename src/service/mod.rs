//! The gRPC edge: conversions, limits, who asks, and one map from errors to statuses.

mod audit;
mod history;
mod key;
mod operations;
mod principal;
mod query;
mod refusal;
mod server;
mod submission;
mod transport;

pub use server::{Config, Server, StartError};
pub use submission::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX};
