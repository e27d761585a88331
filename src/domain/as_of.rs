//! The three times a question is asked at, and who asks.

use super::{date::Day, vocabulary::Label};
use crate::position::Position;

/// The cuts under which the record is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Valid time: when it was so in the world.
    pub valid_at: Day,
    /// Record time: the last position that counts.
    pub known_at: Position,
    /// Disclosure: only what was public by this day; `None`: everything.
    pub disclosed_by: Option<Day>,
    /// The most protected label that the asker may see.
    pub clearance: Label,
}

impl AsOf {
    /// Everything on record, at this valid date.
    pub const fn at(valid_at: Day) -> AsOf {
        AsOf { valid_at, known_at: Position::END, disclosed_by: None, clearance: Label::Restricted }
    }

    /// Whether nothing but the valid date cuts: the view that is kept current.
    pub fn is_whole(self, tail: Position) -> bool {
        tail <= self.known_at && self.disclosed_by.is_none() && self.clearance == Label::Restricted
    }
}
