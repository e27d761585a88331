//! The fold: from facts and record events to statuses. There is one, for current and for as-of answers alike.
//!
//! Facts about a subject stand in a [`history`](History). Under the cuts of an [`AsOf`](super::as_of::AsOf) it yields
//! what stands: corrections applied, retracted facts left out, of a fact and its claims the one that wins. What stands
//! is in valid-time order, whatever order it was recorded in, and the folds of the folder walk along it.

pub mod designation;
mod dispute;
mod extract;
mod family;
pub mod group;
mod history;
mod provenance;
pub mod registry;
pub mod relationship;
mod telling;

pub use dispute::dispute;
pub use extract::Extract;
pub use family::{Family, Member};
pub use history::History;
pub use provenance::Provenance;
pub use telling::{Content, Direction, Lost, Place, Standing, Telling};

/// The version of the fold rules: part of every answer, raised when an answer could change.
pub const RULESET: &str = "3";
