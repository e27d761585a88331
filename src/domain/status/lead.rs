//! Leads: what only a machine has coded, shown until somebody has looked at it, and moving nothing.

use crate::{domain::date::DateSpan, position::Position};

/// A fact that nobody but a machine states. It moves no status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// When it would take effect.
    pub effective: DateSpan,
    /// What it says, in a word: the act, the turn of life, the kind of engagement.
    pub what: String,
    /// The event that tells it.
    pub event: Position,
}
