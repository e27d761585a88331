//! The rules of the record, pure: no I/O, no clock, no randomness, no async, no generated types.

pub mod as_of;
pub mod date;
pub mod event;
pub mod fact;
pub mod fold;
pub mod id;
pub mod plover;
pub mod source;
pub mod spelling;
pub mod statement;
pub mod status;
pub mod subject;
pub mod violation;
pub mod vocabulary;
