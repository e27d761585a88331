//! The projector: takes what becomes durable and brings the read models up to it.

use std::sync::{Arc, PoisonError};

use tracing::error;

use super::{Projection, Store};
use crate::{
    ledger::{Feed, Ledger, Recorded},
    log::ReadError,
    position::Position,
};

/// A fact with everything that goes back to it, by position.
type Kin = (Position, Vec<Recorded>);

/// Brings the families that replaying has touched up to date.
pub async fn settle(store: &mut Store, ledger: &Ledger) -> Result<(), ReadError> {
    let roots = store.take_touched();
    for (root, members) in kin(ledger, roots).await? {
        store.set_family(root, &members);
    }
    Ok(())
}

/// Follows the feed to its end. A failure to read stops it, and queries then say how far it came.
pub async fn follow(projection: Arc<Projection>, ledger: Ledger, mut feed: Feed) {
    while let Some(batch) = feed.recv().await {
        let Some(last) = batch.last().map(|recorded| recorded.position) else { continue };
        let mut roots: Vec<Position> =
            batch.iter().filter_map(|it| it.concern).map(|concern| concern.root).collect();
        roots.sort_unstable();
        roots.dedup();
        let families = match kin(&ledger, roots).await {
            Ok(families) => families,
            Err(error) => {
                error!(%error, "the projections stop: what they need cannot be read");
                return;
            }
        };
        let mut store = projection.store.write().unwrap_or_else(PoisonError::into_inner);
        for recorded in batch.iter() {
            store.apply(recorded);
        }
        for (root, members) in &families {
            // What the feed brings next is none of this batch's, though it may be durable by now.
            let members: Vec<Recorded> = members.iter().filter(|it| it.position <= last).cloned().collect();
            store.set_family(*root, &members);
        }
        store.take_touched();
        drop(store);
        projection.position.send_replace(last);
    }
}

async fn kin(ledger: &Ledger, roots: Vec<Position>) -> Result<Vec<Kin>, ReadError> {
    let mut families = Vec::with_capacity(roots.len());
    for root in roots {
        families.push((root, ledger.fetch(&ledger.family(root)).await?));
    }
    Ok(families)
}
