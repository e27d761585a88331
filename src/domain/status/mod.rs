//! Statuses: what the folds answer, in the terms of the domain. Values only; nothing here is stored.

pub mod group;
pub mod overview;
pub mod relationship;
