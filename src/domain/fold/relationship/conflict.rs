//! Armed conflict: force, and the ceasefires that stop it.

use super::{
    contest::{Contests, Ground},
    moves::{Detail, HeldBy, Truce},
    step::{Mark, Step},
    window,
};
use crate::{
    domain::{
        date::{DateSpan, Day},
        fold::Provenance,
        status::relationship::ConflictFacet,
        vocabulary::{CeasefireClass, Conflict, EngagementKind},
    },
    position::Position,
};

/// The conflict so far. TRUCE_EXPIRED is never kept, nor the peace of a conflict in which no force was used for a
/// year: both follow from the date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    value: Conflict,
    /// The fact with which the value began.
    set: Option<Mark>,
    /// The ceasefire that holds or is violated.
    truce: Option<Mark>,
    ends_on: Option<Day>,
    pub(super) last_force: Option<Mark>,
    /// How many facts have moved it or confirmed it.
    heard: u32,
}

impl Default for State {
    fn default() -> State {
        State { value: Conflict::None, set: None, truce: None, ends_on: None, last_force: None, heard: 0 }
    }
}

impl State {
    pub(super) fn apply(&mut self, step: &Step) {
        let truce = match step.what.detail {
            Detail::Truce(truce) => Some(truce),
            Detail::None | Detail::Agreement(_) | Detail::Mission(_) => None,
        };
        match step.what.kind {
            EngagementKind::Strike => self.strike(step.mark),
            EngagementKind::CeasefireViolated => self.violate(truce, step.mark),
            EngagementKind::CeasefireDeclared => self.declare(truce, step.mark),
            EngagementKind::CeasefireInForce => self.enter_into_force(truce, step.mark),
            EngagementKind::CeasefireEnded => self.end(step.mark),
            _ => {}
        }
    }

    /// Force breaks a ceasefire that holds. One that is violated goes on, and is violated again, until somebody ends
    /// it or it runs out.
    fn strike(&mut self, mark: Mark) {
        let held = self.value_at(mark.day());
        let lasts = self.ends_on.is_none_or(|last| mark.day() <= last);
        self.last_force = Some(mark);
        if is_truce(held) || held == Conflict::Violated && lasts {
            self.turn(held, Conflict::Violated, mark);
        } else {
            self.close_truce();
            self.turn(held, Conflict::Hostile, mark);
        }
    }

    /// A violation says that there was a ceasefire, whether it is on record or not.
    fn violate(&mut self, truce: Option<Truce>, mark: Mark) {
        let held = self.value_at(mark.day());
        if !is_truce(held) && held != Conflict::Violated {
            self.close_truce();
            self.ends_on = truce.and_then(Truce::last);
        }
        self.last_force = Some(mark);
        self.turn(held, Conflict::Violated, mark);
    }

    /// One side alone can cease fire by saying so. What both declare changes nothing until it is in force.
    fn declare(&mut self, truce: Option<Truce>, mark: Mark) {
        if let Some(truce) = truce.filter(|truce| truce.held_by == HeldBy::One) {
            self.cease_unilaterally(truce, mark);
        }
    }

    fn enter_into_force(&mut self, truce: Option<Truce>, mark: Mark) {
        match truce {
            Some(truce) if truce.held_by == HeldBy::One => self.cease_unilaterally(truce, mark),
            Some(truce) if truce.class == CeasefireClass::Definitive => {
                self.open_truce(Conflict::Peace, truce.last(), mark);
            }
            _ => self.open_truce(Conflict::Ceasefire, truce.and_then(Truce::last), mark),
        }
    }

    /// A ceasefire of both outlasts what one of them declares besides.
    fn cease_unilaterally(&mut self, truce: Truce, mark: Mark) {
        let held = self.value_at(mark.day());
        if !matches!(held, Conflict::Ceasefire | Conflict::Peace) {
            self.open_truce(Conflict::UnilateralCeasefire, truce.last(), mark);
        }
    }

    fn end(&mut self, mark: Mark) {
        let held = self.value_at(mark.day());
        let fought = self.last_force.is_some_and(|force| window::YEAR.covers(force.day(), mark.day()));
        self.close_truce();
        self.turn(held, if fought { Conflict::Hostile } else { Conflict::None }, mark);
    }

    fn open_truce(&mut self, value: Conflict, ends_on: Option<Day>, mark: Mark) {
        let held = self.value_at(mark.day());
        self.truce = Some(mark);
        self.ends_on = ends_on;
        self.turn(held, value, mark);
    }

    fn close_truce(&mut self) {
        self.truce = None;
        self.ends_on = None;
    }

    fn turn(&mut self, from: Conflict, to: Conflict, mark: Mark) {
        self.heard = self.heard.saturating_add(1);
        self.value = to;
        if from != to {
            self.set = Some(mark);
        }
    }

    pub(super) fn finish(&self, contests: &Contests, date: Day) -> ConflictFacet {
        let value = self.value_at(date);
        let stated = Ground::Stated { heard: self.heard };
        let began = self.set.map(|mark| mark.effective);
        let (since, events, ground) = match value {
            Conflict::None if self.value != Conflict::None => {
                (None, [self.last_force, None, None], Ground::Elapsed)
            }
            Conflict::None => (None, [self.set, None, None], stated),
            Conflict::TruceExpired => {
                let since = self.ends_on.map(|last| DateSpan::day(window::plus_days(last, 1)));
                (since, [self.truce, None, None], Ground::Expired)
            }
            Conflict::Hostile | Conflict::Violated => {
                (began, [self.set, self.last_force, self.truce], stated)
            }
            Conflict::UnilateralCeasefire | Conflict::Ceasefire | Conflict::Peace => {
                (began, [self.set, self.truce, None], stated)
            }
        };
        let events = events.into_iter().flatten().map(|mark| mark.position);
        let events: Option<Vec<Position>> = (0 < self.heard).then(|| events.collect());
        ConflictFacet {
            value,
            since,
            ends_on: self.ends_on.filter(|_| !matches!(value, Conflict::None | Conflict::Hostile)),
            last_force_on: self.last_force.map(|mark| mark.effective),
            last_force: self.last_force.map(|mark| contests.latest(mark.position)),
            truce: self.truce.map(|mark| contests.latest(mark.position)),
            provenance: events.map_or_else(Provenance::default, |events| contests.provenance(events, ground)),
        }
    }

    /// The value at a date at or after the last move.
    fn value_at(&self, date: Day) -> Conflict {
        match self.value {
            value if is_truce(value) && self.ends_on.is_some_and(|last| last < date) => {
                Conflict::TruceExpired
            }
            Conflict::Hostile | Conflict::Violated
                if !self.last_force.is_some_and(|force| window::YEAR.covers(force.day(), date)) =>
            {
                Conflict::None
            }
            value => value,
        }
    }
}

/// Whether a ceasefire is in force.
pub(super) fn is_truce(value: Conflict) -> bool {
    matches!(value, Conflict::UnilateralCeasefire | Conflict::Ceasefire | Conflict::Peace)
}
