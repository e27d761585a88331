//! Time: what happens to a listing without an act, when a limit passes or its regime ends.

use super::{
    machine::{ActFact, Cause, Machine, State},
    transition::transition,
};
use crate::domain::{
    date::{DateSpan, Day, PartialDate},
    fold::registry::Termination,
    status::group::Since,
    vocabulary::{Act, DesignationState},
};

/// A last day, and the fact that set it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit<'a> {
    pub last: PartialDate,
    /// The first day on which it can have passed: that of the fact, or of the judgment that put the listing back.
    pub from: Day,
    pub fact: ActFact<'a>,
}

impl Limit<'_> {
    /// The first day after it, and none before it can have passed.
    fn due(&self) -> Day {
        next_day(self.last.upper()).max(self.from)
    }
}

/// What time brings about.
enum Timer<'a> {
    RegimeEnds(&'a Termination),
    ListingExpires(Limit<'a>),
    SuspensionExpires(Limit<'a>),
    Disappears,
}

impl<'a> Machine<'a> {
    /// Lets pass the time before the day.
    pub(super) fn pass(&mut self, before: Day) {
        while let Some((_, timer)) = self.next_timer().filter(|(due, _)| *due < before) {
            self.ring(timer);
        }
    }

    /// What time brings about next, and on which day.
    fn next_timer(&self) -> Option<(Day, Timer<'a>)> {
        let state = self.standing.state;
        let in_force = state.is_in_force();
        let presumed = in_force || state == DesignationState::InferredEnded;
        let termination = self.terms.and_then(|terms| terms.terminated.as_ref());
        let regime = termination
            .filter(|_| !self.regime_has_ended)
            .map(|end| (end.on.lower(), Timer::RegimeEnds(end)));
        let expiry = self.expiry.filter(|_| presumed).map(|it| (it.due(), Timer::ListingExpires(it)));
        let suspension = self.suspension.filter(|_| state == DesignationState::Suspended);
        let suspension = suspension.map(|it| (it.due(), Timer::SuspensionExpires(it)));
        let unseen = self.sightings.absence.filter(|_| in_force);
        let unseen =
            unseen.and_then(|_| self.sightings.disappearance()).map(|it| (it.due, Timer::Disappears));
        [regime, expiry, suspension, unseen].into_iter().flatten().min_by_key(|(due, _)| *due)
    }

    fn ring(&mut self, timer: Timer<'a>) {
        match timer {
            Timer::RegimeEnds(end) => self.end_with_regime(end),
            Timer::ListingExpires(limit) => {
                let next = elapsed(DesignationState::Lapsed, limit);
                self.end(next, DateSpan::day(limit.due()));
            }
            Timer::SuspensionExpires(limit) => {
                self.suspension = None;
                self.standing = elapsed(DesignationState::Active, limit);
            }
            Timer::Disappears => self.disappear(),
        }
    }

    fn end_with_regime(&mut self, end: &Termination) {
        self.regime_has_ended = true;
        self.overlays.process = None;
        let Some(found) = transition(self.standing.state, Act::Expired) else { return };
        if found.next == self.standing.state {
            return;
        }
        let next = State {
            state: found.next,
            since: Since::On(end.on),
            cause: Cause::RegimeEnd,
            deciding: Vec::new(),
        };
        self.end(next, end.on);
    }

    fn disappear(&mut self) {
        let Some(found) = self.sightings.disappearance() else { return };
        let next = State {
            state: DesignationState::InferredEnded,
            since: Since::On(found.between),
            cause: Cause::Inferred(found.rule),
            deciding: found.facts,
        };
        self.close(&next, found.between);
        self.before_inferred_end = Some(std::mem::replace(&mut self.standing, next));
    }
}

pub(super) fn next_day(day: Day) -> Day {
    day.tomorrow().unwrap_or(Day::MAX)
}

/// The state that follows when a limit has passed.
fn elapsed(state: DesignationState, limit: Limit<'_>) -> State<'_> {
    State {
        state,
        since: Since::On(DateSpan::day(limit.due())),
        cause: Cause::Expired,
        deciding: vec![limit.fact],
    }
}
