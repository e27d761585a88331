//! The rules of the record, pure: no I/O, no clock, no randomness, no async, no generated types.

pub mod vocabulary;
