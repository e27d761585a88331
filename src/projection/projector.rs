//! The projector: takes what becomes durable and brings the read models up to it.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};

use tracing::error;

use super::{Projection, Store, part::Part};
use crate::{
    ledger::{Feed, Ledger, Recorded, Replay as _},
    log::ReadError,
    position::Position,
};

/// The position of a fact, with those of everything that goes back to it and itself, ascending.
pub type Family = (Position, Vec<Position>);

/// How many families are fetched at once.
const FETCH_FAMILIES: usize = 1_024;

/// Brings the families that replaying has touched up to date.
pub async fn settle(store: &mut Store, ledger: &Ledger) -> Result<(), ReadError> {
    for roots in store.take_touched().chunks(FETCH_FAMILIES) {
        let families = within(roots.iter().map(|root| (*root, ledger.family(*root))), Position::END);
        let events = ledger.fetch(&wanted(&families)).await?;
        for (root, members) in kin(&families, &events) {
            store.set_family(root, &members);
        }
    }
    Ok(())
}

/// Families as they were when the record ended at a position.
pub fn within(families: impl Iterator<Item = Family>, last: Position) -> Vec<Family> {
    let cut = |(root, mut members): Family| {
        members.retain(|member| *member <= last);
        (root, members)
    };
    families.map(cut).collect()
}

/// Every event of some families, ascending.
pub fn wanted(families: &[Family]) -> Vec<Position> {
    let wanted: BTreeSet<Position> = families.iter().flat_map(|(_, members)| members).copied().collect();
    wanted.into_iter().collect()
}

/// The families with their events, of which `events` are all.
pub fn kin<'a>(
    families: &'a [Family],
    events: &'a [Recorded],
) -> impl Iterator<Item = (Position, Vec<Recorded>)> + 'a {
    let event = |position: &Position| {
        let index = events.binary_search_by_key(position, |it| it.position).ok()?;
        events.get(index).cloned()
    };
    families.iter().map(move |(root, members)| (*root, members.iter().filter_map(event).collect()))
}

/// Follows the feed to its end. A failure to read stops it, and queries then say how far it came.
pub async fn follow(projection: Arc<Projection>, ledger: Ledger, mut feed: Feed) {
    while let Some(batch) = feed.recv().await {
        let Some(last) = batch.last().map(|fresh| fresh.position) else { continue };
        let mut roots: Vec<Position> = batch.iter().filter_map(|it| it.root).collect();
        roots.sort_unstable();
        roots.dedup();
        // What the feed brings next is none of this batch's, though it may be durable by now.
        let families = within(roots.iter().map(|root| (*root, ledger.family(*root))), last);
        let events = match ledger.fetch(&wanted(&families)).await {
            Ok(events) => events,
            Err(error) => {
                error!(%error, "the projections stop: what they need cannot be read");
                return;
            }
        };
        let mut part = Part::default();
        part.note_all(batch);
        let mut store = projection.store.write().unwrap_or_else(PoisonError::into_inner);
        store.take(part, &roots);
        for (root, members) in kin(&families, &events) {
            store.set_family(root, &members);
        }
        store.take_touched();
        drop(store);
        projection.position.send_replace(last);
    }
}
