//! Statuses: what the folds answer, in the terms of the domain. Nothing here is stored.

pub mod relationship;
