//! Contests: the claims that lost against the moves of a line, kept aside for the few moves that have any.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    moves::Move,
    window::{YEAR, days_between, plus_days},
};
use crate::{
    domain::{
        date::Day,
        fold::{Lost, Provenance, Standing},
        vocabulary::{ClaimStance, FoldRule},
    },
    position::Position,
};

/// What was contested, by the event that won.
///
/// A contest is *open* from the first day on which anything of it would be in effect, be it what won or a claim that says
/// otherwise, until a year after the last such day. While it is open its claims are shown whatever facet they are about: until
/// then it counts, or would, in what is weighed and counted. Later they are shown with what rests on what won.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contests {
    won: BTreeMap<Position, Contest>,
    /// All of them, by the day on which they open.
    open: BTreeSet<(Day, Position)>,
    /// Those that a denial won, by the same day. It moves nothing, and what it beat is shown for good: no facet would show it.
    denials: BTreeSet<(Day, Position)>,
    /// For how many days the longest of them is or was open.
    longest: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Contest {
    /// The best first.
    claims: Vec<Claim>,
    decided_by: FoldRule,
    /// The day from which on the winner counts.
    begins: Day,
    /// Whether the winner denies it.
    is_denied: bool,
    opens: Day,
    /// The first day after it.
    closes: Day,
}

/// A claim that lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    lost: Lost,
    /// The day from which on it is shown.
    from: Day,
    /// What it would have moved, and the winner does not or not from that day on.
    what: Option<Move>,
}

/// What made a value what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Facts state it; so many have spoken to the matter.
    Stated {
        /// How many.
        heard: u32,
    },
    /// It is the highest of several.
    Highest,
    /// Time has passed.
    Elapsed,
    /// The last day that a fact gave has passed.
    Expired,
    /// It follows from other facets.
    Derived,
}

impl Contest {
    fn of(standing: &Standing<'_, Move>) -> Contest {
        let begins = standing.effective.lower();
        let claim = |(lost, said): (&Lost, &Option<&Move>)| {
            let what = said.copied().filter(|_| lost.stance != ClaimStance::Agrees);
            let from = what.map_or(begins, |_| lost.effective.lower().min(begins));
            Claim { lost: *lost, from, what }
        };
        let claims: Vec<Claim> = standing.lost.iter().zip(&standing.said).map(claim).collect();
        let opens = claims.iter().map(|claim| claim.from).fold(begins, Day::min);
        let said = claims.iter().filter(|claim| claim.what.is_some());
        let last = said.map(|claim| claim.lost.effective.lower()).fold(begins, Day::max);
        Contest {
            claims,
            decided_by: standing.decided_by,
            begins,
            is_denied: !standing.moves(),
            opens,
            closes: YEAR.end_of(last),
        }
    }

    /// Whether what won moves something at a date.
    fn is_in_effect(&self, date: Day) -> bool {
        !self.is_denied && self.begins <= date
    }

    /// The claims that it shows at a date on which it is open.
    fn shown(&self, date: Day) -> impl Iterator<Item = &Claim> {
        let begun = self.claims.iter().filter(move |claim| claim.from <= date);
        begun.filter(|claim| self.is_denied || claim.lost.stance != ClaimStance::Agrees)
    }
}

impl Contests {
    /// Takes note of the claims that lost against what stands, if there are any. Against a lead nothing loses that anybody but
    /// a machine has said.
    pub(super) fn note(&mut self, standing: &Standing<'_, Move>) {
        if standing.lost.is_empty() || standing.is_lead() {
            return;
        }
        let contest = Contest::of(standing);
        let place = (contest.opens, standing.position);
        self.open.insert(place);
        if contest.is_denied {
            self.denials.insert(place);
        }
        self.longest = self.longest.max(days_between(contest.opens, contest.closes));
        self.won.insert(standing.position, contest);
    }

    /// Forgets the contest that this event won.
    pub(super) fn forget(&mut self, position: Position) {
        if let Some(contest) = self.won.remove(&position) {
            self.open.remove(&(contest.opens, position));
            self.denials.remove(&(contest.opens, position));
        }
    }

    /// The claims that lost against an event.
    pub(super) fn lost_against(&self, position: Position) -> impl Iterator<Item = Lost> {
        self.won.get(&position).into_iter().flat_map(|contest| contest.claims.iter().map(|claim| claim.lost))
    }

    /// The claims that are shown at a date whatever the facets rest on: those of contests that are open, and what denials beat.
    pub(super) fn shown(&self, date: Day) -> impl Iterator<Item = Lost> {
        let denials = self.denials.range(..=(date, Position::END));
        let denied = denials.filter_map(|(_, position)| self.won.get(position));
        let others = self.open_at(date).filter(|contest| !contest.is_denied);
        others.chain(denied).flat_map(move |contest| contest.shown(date)).map(|claim| claim.lost)
    }

    /// What claims that lost would have moved by a date on which nothing of what won against them moves anything: it takes
    /// effect later, or denies it.
    pub(super) fn claimed(&self, date: Day) -> impl Iterator<Item = (Lost, Move)> {
        let others = self.open_at(date).filter(move |contest| !contest.is_in_effect(date));
        let claims = others.flat_map(move |contest| contest.shown(date));
        claims.filter_map(|claim| Some((claim.lost, claim.what?)))
    }

    /// Those that are open at a date.
    fn open_at(&self, date: Day) -> impl Iterator<Item = &Contest> {
        let first = (plus_days(date, -self.longest), Position::START);
        let opened = self.open.range(first..=(date, Position::END));
        opened.filter_map(|(_, position)| self.won.get(position)).filter(move |contest| date < contest.closes)
    }

    /// The claims that lost, each with the day from which on it is shown, and the denials that they lost against.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = (Day, Position)> {
        self.won.iter().flat_map(|(position, contest)| {
            let claims = contest.claims.iter().map(|claim| (claim.from, claim.lost.position));
            claims.chain(contest.is_denied.then_some((contest.begins, *position)))
        })
    }

    /// The first day after each contest, with the event that won it and the claims that lost.
    pub(super) fn endings(&self) -> impl Iterator<Item = (Day, Position)> {
        self.won.iter().flat_map(|(position, contest)| {
            let lost = contest.claims.iter().map(|claim| claim.lost.position);
            std::iter::once(*position).chain(lost).map(|event| (contest.closes, event))
        })
    }

    /// The provenance of a value that the last fact of its kind gives.
    pub(super) fn latest(&self, position: Position) -> Provenance {
        self.provenance([position], Ground::Stated { heard: u32::MAX })
    }

    /// The provenance of a value that rests on `events`, the deciding one first; repeats are dropped.
    ///
    /// What facts state is decided by the rule between the claims where the deciding fact was contested, and otherwise
    /// by being the latest, or the only one.
    pub(super) fn provenance(
        &self,
        events: impl IntoIterator<Item = Position>,
        ground: Ground,
    ) -> Provenance {
        let mut provenance = Provenance::default();
        for position in events {
            if !provenance.events.contains(&position) {
                provenance.events.push(position);
                provenance.lost.extend(self.lost_against(position));
            }
        }
        let contest = provenance.events.first().and_then(|first| self.won.get(first));
        provenance.rule = match ground {
            Ground::Stated { heard } => match contest {
                Some(contest) => contest.decided_by,
                None if 1 < heard => FoldRule::LatestEffective,
                None => FoldRule::Sole,
            },
            Ground::Highest => FoldRule::HighestLevel,
            Ground::Elapsed | Ground::Expired => FoldRule::ElapsedTime,
            Ground::Derived => FoldRule::Derived,
        };
        provenance.inferred = ground == Ground::Elapsed;
        provenance
    }
}
