//! Statuses: what the folds answer, in the terms of the domain. Values only; nothing here is stored.

pub mod change;
pub mod field;
pub mod group;
mod lead;
pub mod overview;
pub mod relationship;

pub use lead::Lead;
