//! The one clock of the record: the position of an event in the log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The place of an event in the log: 1, 2, 3 … without gaps. 0 is before the first event.
///
/// Positions are given once and never reused. Both the log and the domain count in them, which is why the type stands
/// below the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position(u64);

impl Position {
    /// Before the first event: the tail of an empty log.
    pub const START: Position = Position(0);
    /// At or after every event that can exist.
    pub const END: Position = Position(u64::MAX);

    /// The position with this number.
    pub const fn new(number: u64) -> Position {
        Position(number)
    }

    /// The number of the position.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position after this one; [`Position::END`] stays where it is.
    pub const fn next(self) -> Position {
        self.plus(1)
    }

    /// The position before this one; [`Position::START`] stays where it is.
    pub const fn previous(self) -> Position {
        Position(self.0.saturating_sub(1))
    }

    /// The position `count` places after this one, at most [`Position::END`].
    pub const fn plus(self, count: u64) -> Position {
        Position(self.0.saturating_add(count))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
