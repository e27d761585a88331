//! The gRPC edge: conversions, limits, who asks, and one map from errors to statuses.

mod audit;
pub mod backup;
mod examination;
mod hint;
mod history;
mod key;
mod operations;
mod place;
mod principal;
mod query;
mod refusal;
mod repair;
mod restore;
mod scaffold;
mod server;
pub mod socket;
mod submission;
mod survey;
mod transport;
mod witness;

pub use examination::{Discovery, ExaminationError, Examined, Lock, examine};
pub use hint::is_full;
pub use key::KeyFileError;
pub use repair::{RepairError, Repaired, look_at_key, repair};
pub use restore::{RestoreError, Restored, restore};
pub use scaffold::{ScaffoldError, finish, tidy};
pub use server::{Config, Server, StartError};
pub use submission::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX};
pub use survey::{Range, Survey, SurveyError};
pub use witness::{Testimony, Witness};
