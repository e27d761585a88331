//! Steps: standing moves, as the fold of a relationship walks along them.

use super::moves::Move;
use crate::{
    domain::date::{DateSpan, Day},
    position::Position,
};

/// A standing move that is not denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) root: Position,
    pub(super) mark: Mark,
    pub(super) what: Move,
}

/// A fact as a value of a status refers to it: when it took effect, and the event that tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) effective: DateSpan,
    pub(super) position: Position,
}

impl Step {
    /// The day it counts from.
    pub(super) fn day(&self) -> Day {
        self.mark.day()
    }
}

impl Mark {
    /// The first day it can have taken effect: all windows and decay count from it.
    pub(super) fn day(self) -> Day {
        self.effective.lower()
    }
}

/// A value, the fact that gave it, and the last fact that confirmed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held<T> {
    pub(super) value: T,
    /// The fact with which the value began.
    pub(super) set: Mark,
    /// The last fact that gave it again; the same as `set` when none did.
    pub(super) kept: Mark,
    /// How many facts have spoken to it, whatever they said.
    pub(super) heard: u32,
}

impl<T: Copy + PartialEq> Held<T> {
    /// The value after a fact that gives `value`. A value that stays the same began with its first fact.
    pub(super) fn after(before: Option<Held<T>>, value: T, mark: Mark) -> Held<T> {
        let heard = before.map_or(0, |it| it.heard).saturating_add(1);
        let set = before.filter(|it| it.value == value).map_or(mark, |it| it.set);
        Held { value, set, kept: mark, heard }
    }

    /// The events it rests on, the one it began with first.
    pub(super) fn events(&self) -> [Position; 2] {
        [self.set.position, self.kept.position]
    }
}
