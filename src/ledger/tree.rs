//! The tree over all events: roots and proofs, with what lies below the kept hashes computed again from the log.

use std::sync::PoisonError;

use super::{Ledger, codec};
use crate::{
    log::{Log, ReadError},
    position::Position,
    proof::{CHUNK_LEAVES, Chunks, Frontier, Hash, NodeError, Span, consistency_spans, inclusion_spans},
};

impl Ledger {
    /// The root of the tree over the first `size` events; up to the tail.
    pub async fn root(&self, size: Position) -> Result<Hash, ReadError> {
        let roots = self.hashes(&[Span { begin: 0, end: size.get() }]).await?;
        roots.into_iter().next().ok_or_else(|| self.beyond(size))
    }

    /// The right edge of the tree over the first `size` events, from which it can be continued; up to the tail.
    pub async fn frontier(&self, size: Position) -> Result<Frontier, ReadError> {
        let peaks = self.hashes(&Frontier::spans(size.get())).await?;
        Frontier::new(size.get(), peaks).ok_or_else(|| self.beyond(size))
    }

    /// What proves that the event at `position` is in the tree over the first `size` events; up to the tail.
    pub async fn inclusion(&self, position: Position, size: Position) -> Result<Vec<Hash>, ReadError> {
        let index = position.get().checked_sub(1);
        let spans = index.and_then(|index| inclusion_spans(index, size.get()));
        self.hashes(&spans.ok_or_else(|| self.beyond(position))?).await
    }

    /// What proves that the tree over the first `second` events continues that over the first `first`; up to the tail.
    pub async fn consistency(&self, first: Position, second: Position) -> Result<Vec<Hash>, ReadError> {
        let spans = consistency_spans(first.get(), second.get());
        self.hashes(&spans.ok_or_else(|| self.beyond(first))?).await
    }

    async fn hashes(&self, spans: &[Span]) -> Result<Vec<Hash>, ReadError> {
        let mut chunks = Chunks::new();
        // A path cuts three chunks at most: where the leaf is and where the two trees end.
        loop {
            let found = self.tree.read().unwrap_or_else(PoisonError::into_inner).hashes(spans, &chunks);
            match found {
                Ok(hashes) => return Ok(hashes),
                Err(NodeError::Chunk(chunk)) => chunks.insert(chunk, leaves_of(&*self.log, chunk).await?),
                Err(NodeError::Beyond { size }) => return Err(self.beyond(Position::new(size).next())),
            };
        }
    }

    fn beyond(&self, position: Position) -> ReadError {
        ReadError::Beyond { position, tail: self.tail() }
    }
}

/// The leaf hashes of a complete chunk.
pub(super) async fn leaves_of(log: &dyn Log, chunk: u64) -> Result<Vec<Hash>, ReadError> {
    let first = Position::new(chunk * CHUNK_LEAVES);
    let positions: Vec<Position> = (1..=CHUNK_LEAVES).map(|offset| first.plus(offset)).collect();
    let records = log.fetch(&positions).await?;
    let recorded = positions.iter().zip(records).map(|(position, it)| codec::decode(*position, it));
    recorded.map(|recorded| Ok(recorded?.leaf())).collect()
}
