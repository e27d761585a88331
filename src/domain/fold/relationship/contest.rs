//! Contests: the claims that lost against the moves of a line, kept aside for the few moves that have any.

use std::collections::BTreeMap;

use super::moves::Move;
use crate::{
    domain::{
        fold::{Lost, Provenance, Standing},
        vocabulary::FoldRule,
    },
    position::Position,
};

/// What was contested, by the event that won.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contests(BTreeMap<Position, Contest>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Contest {
    lost: Vec<Lost>,
    decided_by: FoldRule,
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

impl Contests {
    /// Takes note of the claims that lost against a standing move, if there are any.
    pub(super) fn note(&mut self, standing: &Standing<'_, Move>) {
        let (lost, decided_by) = (standing.lost.clone(), standing.decided_by);
        if !lost.is_empty() {
            self.0.insert(standing.position, Contest { lost, decided_by });
        }
    }

    /// Forgets the contest that this event won.
    pub(super) fn forget(&mut self, position: Position) {
        self.0.remove(&position);
    }

    /// The claims that lost against an event.
    pub(super) fn lost_against(&self, position: Position) -> &[Lost] {
        self.0.get(&position).map(|contest| contest.lost.as_slice()).unwrap_or_default()
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
                provenance.lost.extend_from_slice(self.lost_against(position));
            }
        }
        let contest = provenance.events.first().and_then(|first| self.0.get(first));
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
