//! Chancery: the record office for how state actors engage with armed groups and how those groups are designated and
//! delisted.
//!
//! The layers, each using only those before it: [`position`], then [`domain`], [`log`], [`proof`] and [`snapshot`], then
//! `wire`, `ledger`, `projection`, `audit`, `service` and `cli`. ARCHITECTURE.md has the map.

pub mod audit;
pub mod cli;
pub mod domain;
pub mod ledger;
pub mod log;
pub mod position;
pub mod projection;
pub mod proof;
pub mod service;
pub mod snapshot;
pub mod wire;
