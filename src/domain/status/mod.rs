//! Statuses: what the folds answer, in the terms of the domain. Values only; nothing here is stored.

pub mod change;
pub mod field;
pub mod group;
pub mod relationship;
