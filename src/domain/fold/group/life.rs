//! Life and lineage of a group at a date.

use super::GroupFact;
use crate::domain::{
    date::Day,
    fold::{Provenance, Standing, registry::is_within},
    status::group::{Lifecycle, Lineage},
    vocabulary::FoldRule,
};

/// The facts in effect at the date, in valid-time order.
fn in_effect<'a, 's>(
    standing: &'a [Standing<'s, GroupFact>],
    valid_at: Day,
) -> impl DoubleEndedIterator<Item = &'a Standing<'s, GroupFact>> {
    standing.iter().filter(move |fact| fact.moves() && fact.effective.lower() <= valid_at)
}

/// The turn of life that was the last to take effect.
pub(super) fn lifecycle(standing: &[Standing<'_, GroupFact>], valid_at: Day) -> Option<Lifecycle> {
    let mut turns = in_effect(standing, valid_at)
        .rev()
        .filter_map(|fact| fact.content.lifecycle().map(|it| (fact, it.state)));
    let (fact, state) = turns.next()?;
    let mut provenance = Provenance::of(fact);
    if provenance.rule == FoldRule::Sole && turns.next().is_some() {
        provenance.rule = FoldRule::LatestEffective;
    }
    Some(Lifecycle { state, since: fact.effective, provenance })
}

/// The relations that hold at the date, and what happened at once before it. Those that ended are left out.
pub(super) fn lineage(standing: &[Standing<'_, GroupFact>], valid_at: Day) -> Vec<Lineage> {
    in_effect(standing, valid_at)
        .filter_map(|fact| {
            let it = fact.content.lineage()?;
            is_within(valid_at, None, it.until).then(|| Lineage {
                group: it.group.clone(),
                kind: it.kind,
                other: it.other.clone(),
                since: fact.effective,
                until: it.until,
                event: fact.position,
            })
        })
        .collect()
}
