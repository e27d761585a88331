//! Statuses: what the folds answer. Values only; the folds make them, the wire layer sends them.

pub mod group;
