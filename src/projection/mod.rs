//! The read models: histories of actors, groups, regimes and relationships, kept current with the log, and the
//! statuses that follow from them. Everything here can be thrown away and rebuilt.

mod anomalies;
mod answers;
mod bearing;
mod days;
mod docket;
mod family;
mod keeper;
mod matrix;
mod part;
mod places;
mod projector;
mod relationships;
mod search;
mod snapshot;
mod store;
mod stretches;
mod tally;
pub mod timeline;
mod view;

use std::{
    io,
    path::Path,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use tokio::{sync::watch, time};

pub use anomalies::AnomalyQuestion;
pub use bearing::Range;
pub use days::Turnings;
pub use docket::DocketQuestion;
pub use keeper::Keeper;
pub use matrix::{ListingMatrix, RelationMatrix};
pub use part::Part;
pub use places::KnownPlaces;
pub use search::{Designator, Hit, Matched};
pub use snapshot::claim;
pub use store::{Holdings, Store};
pub use stretches::StretchQuestion;
pub use view::{RelationshipView, UnknownError};

use crate::{
    ledger::{Feed, Ledger},
    log::ReadError,
    position::Position,
    snapshot::SnapshotError,
};

/// The read models of one record, and how far they have come.
pub struct Projection {
    store: RwLock<Store>,
    position: watch::Sender<Position>,
}

/// The projections did not come to a position in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the projections are at {projected}")]
pub struct BehindError {
    /// Where they are.
    pub projected: Position,
}

impl Projection {
    /// Takes over a store that has seen everything up to the tail of `ledger`, and follows it from there.
    pub async fn start(mut store: Store, ledger: Ledger, feed: Feed) -> Result<Arc<Projection>, ReadError> {
        projector::settle(&mut store, &ledger).await?;
        let (position, _) = watch::channel(store.position());
        let projection = Arc::new(Projection { store: RwLock::new(store), position });
        tokio::spawn(projector::follow(projection.clone(), ledger, feed));
        Ok(projection)
    }

    /// Waits until the read models reflect `position`, at most for `patience`.
    pub async fn reaches(&self, position: Position, patience: Duration) -> Result<(), BehindError> {
        if position <= *self.position.borrow() {
            return Ok(());
        }
        let mut projected = self.position.subscribe();
        let reached = time::timeout(patience, projected.wait_for(|projected| position <= *projected)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(BehindError { projected: *self.position.borrow() }),
        }
    }

    /// Writes snapshots of the record's indexes and of the read models as they are now into a directory, and says of
    /// which position the read models are.
    pub async fn snapshot(&self, ledger: &Ledger, directory: &Path) -> Result<Position, SnapshotError> {
        let frozen = self.store().freeze();
        // Read back, the indexes must have come at least as far.
        ledger.snapshot(directory).await?;
        let position = frozen.position;
        let root = ledger.root(position).await.map_err(|error| SnapshotError::Log(Box::new(error)))?;
        let path = directory.join(snapshot::FILE);
        let written = tokio::task::spawn_blocking(move || frozen.write(root, &path)).await;
        written.map_err(io::Error::other)??;
        Ok(position)
    }

    /// The read models, to be asked. Not to be held across an await.
    pub fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much they hold.
    pub fn holdings(&self) -> Holdings {
        self.store().holdings()
    }
}
