//! Growth: the line of a relationship as it stood at one position after the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Line, contact,
    dealings::Dealings,
    moves::{Detail, Move},
    packed::Packed,
    window::{MONTH, YEAR, plus_days},
};
use crate::{
    domain::{as_of::AsOf, date::Day, fold::Lost},
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

/// What a field counts or sums up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Contacts.
    Contacts,
    /// Engagements with a score.
    Scores,
    /// Engagements.
    Engagements,
    /// Designation acts and observations.
    Acts,
}

impl Tally {
    /// Of the field at a path; `None`: it counts nothing.
    pub fn of(path: &str) -> Option<Tally> {
        Some(match path {
            "contact.count_30_days" | "contact.count_365_days" => Tally::Contacts,
            "score" | "score.count" => Tally::Scores,
            "engagements" => Tally::Engagements,
            "counts.designation_acts" => Tally::Acts,
            _ => return None,
        })
    }

    fn counts(self, it: &Move) -> bool {
        match self {
            Tally::Contacts => contact::level_of(it).is_some(),
            Tally::Scores => it.score() != 0.0,
            Tally::Engagements => true,
            Tally::Acts => false,
        }
    }
}

impl Line {
    /// When each move takes effect, with the event that tells it, in order; then when the claims begin to be shown that lost:
    /// with what won against them.
    pub fn beginnings(&self) -> impl Iterator<Item = (Day, Position)> {
        let steps = self.moves().filter_map(|it| it.step()).map(|step| (step.day(), step.mark.position));
        steps.chain(self.contests.beginnings())
    }

    /// The claims that lost against the engagements that the field at a path counts at a date, and those that it would count
    /// had they won; none, when it counts nothing.
    pub fn contesting(&self, path: &str, valid_at: Day) -> Vec<Lost> {
        let Some(tally) = Tally::of(path) else { return Vec::new() };
        let counted = self.speaking_to(path, valid_at).into_iter();
        let lost = counted.flat_map(|event| self.contests.lost_against(event));
        let claimed = self.contests.claimed(valid_at).filter(|(_, it)| tally.counts(it));
        lost.chain(claimed.map(|(lost, _)| lost)).collect()
    }

    /// When each move that a field counts takes effect, with the event that tells it, in order.
    pub fn counted(&self, tally: Tally) -> impl Iterator<Item = (Day, Position)> {
        let counted = self.steps().filter(move |(_, _, it)| tally.counts(it));
        counted.map(|(effective, event, _)| (effective.lower(), event))
    }

    /// The engagements that the field at a path counts at a date, the latest first; none, when it counts nothing.
    pub fn speaking_to(&self, path: &str, valid_at: Day) -> Vec<Position> {
        let Some(tally) = Tally::of(path) else { return Vec::new() };
        let eve = match path {
            "contact.count_30_days" => Some(MONTH.eve(valid_at)),
            "contact.count_365_days" => Some(YEAR.eve(valid_at)),
            _ => None,
        };
        let counts = |day: Day| day <= valid_at && eve.is_none_or(|eve| eve < day);
        let mut events: Vec<Position> =
            self.counted(tally).filter(|(day, _)| counts(*day)).map(|(_, event)| event).collect();
        events.reverse();
        events
    }

    /// The days on which the status can change, but for the score, which does on every day: when a move takes effect or a
    /// claim begins to be shown, and when something has run out.
    pub fn turning_days(&self) -> BTreeSet<Day> {
        let mut days: BTreeSet<Day> = self.contests.beginnings().map(|(day, _)| day).collect();
        days.extend(self.steps().map(|(effective, _, _)| effective.lower()));
        days.extend(self.run_out().map(|(day, _)| day));
        days
    }

    /// When the month and the year of a move have passed, when a ceasefire has run out, and when what was contested has
    /// been so for a year, with the event that tells it.
    pub fn run_out(&self) -> impl Iterator<Item = (Day, Position)> {
        let moves = self.steps().flat_map(|(effective, event, it)| {
            let day = effective.lower();
            let truce = match it.detail {
                Detail::Truce(truce) => truce.last().map(|last| plus_days(last, 1)),
                _ => None,
            };
            [MONTH.end_of(day), YEAR.end_of(day)].into_iter().chain(truce).map(move |day| (day, event))
        });
        moves.chain(self.contests.endings())
    }

    /// The contacts in the open that take effect on a day.
    pub fn opened(&self, day: Day) -> impl Iterator<Item = Position> {
        let on = self.steps().filter(move |(effective, _, _)| effective.lower() == day);
        on.filter(|(_, _, it)| contact::is_open(it)).map(|(_, event, _)| event)
    }
}
