//! Growth: the line of a relationship as it stood at one position after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Line,
    dealings::Dealings,
    moves::Detail,
    packed::Packed,
    window::{YEAR, plus_days},
};
use crate::{
    domain::{as_of::AsOf, date::Day},
    position::Position,
};

/// The line of a relationship under cuts whose record time moves on. Each event costs its own insertion, not a new line.
#[derive(Debug)]
pub struct Growth {
    dealings: Arc<Dealings>,
    /// The facts that nobody contests, by position.
    plain: BTreeMap<Position, Packed>,
    line: Line,
    cuts: AsOf,
    /// The position up to which each family is in the line.
    taken: BTreeMap<Position, Position>,
}

impl Growth {
    /// The line under these cuts, of a record that has come to `tail`.
    pub fn new(dealings: Arc<Dealings>, cuts: AsOf, tail: Position) -> Growth {
        let line = dealings.line(cuts, tail).into_owned();
        let plain = dealings.line.moves().filter(|it| !it.is_contested()).map(|it| (it.root(), it)).collect();
        let families = dealings.families.keys().filter(|root| **root <= cuts.known_at);
        let taken = families.map(|root| (*root, cuts.known_at)).collect();
        Growth { plain, line, cuts, taken, dealings }
    }

    /// Takes in the event at a position, which belongs to the fact at `root`. Positions ascend from call to call.
    pub fn take(&mut self, root: Position, position: Position) {
        let at = |known_at| AsOf { known_at, ..self.cuts };
        let Some(family) = self.dealings.families.get(&root) else {
            if let Some(it) = self.plain.get(&root).filter(|it| root == position && it.is_known(at(position)))
            {
                self.line.put(*it);
            }
            return;
        };
        let before = self.taken.insert(root, position);
        if let Some(old) = before.and_then(|before| family.standing(at(before))) {
            self.line.remove(&old);
        }
        if let Some(standing) = family.standing(at(position)) {
            self.line.insert(&standing);
        }
    }

    /// The line after the last event taken in.
    pub const fn line(&self) -> &Line {
        &self.line
    }
}

impl Line {
    /// When each move takes effect, with the event that tells it, in order.
    pub fn beginnings(&self) -> impl Iterator<Item = (Day, Position)> {
        self.moves().filter_map(|it| it.step()).map(|step| (step.day(), step.mark.position))
    }

    /// The days on which the status can change: when a move takes effect, when its year has passed, and when a ceasefire
    /// has run out.
    pub fn turning_days(&self) -> BTreeSet<Day> {
        let mut days = BTreeSet::new();
        for step in self.moves().filter_map(|it| it.step()) {
            days.extend([step.day(), YEAR.end_of(step.day())]);
            if let Detail::Truce(truce) = step.what.detail {
                days.extend(truce.ends_on.map(|last| plus_days(last, 1)));
            }
        }
        days
    }
}
