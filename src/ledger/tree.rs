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
                Err(NodeError::Chunk(chunk)) => {
                    chunks.insert(chunk, leaves_of(&*self.log, chunk, spans).await?)
                }
                Err(NodeError::Beyond { size }) => return Err(self.beyond(Position::new(size).next())),
            };
        }
    }

    fn beyond(&self, position: Position) -> ReadError {
        ReadError::Beyond { position, tail: self.tail() }
    }
}

/// The leaf hashes of a complete chunk, as far as spans need them.
pub(super) async fn leaves_of(log: &dyn Log, chunk: u64, spans: &[Span]) -> Result<Vec<Hash>, ReadError> {
    let positions: Vec<Position> =
        (chunk * CHUNK_LEAVES + 1..=needed(chunk, spans)).map(Position::new).collect();
    let records = log.fetch(&positions).await?;
    let recorded = positions.iter().zip(records).map(|(position, it)| codec::decode(*position, it));
    recorded.map(|recorded| Ok(recorded?.leaf())).collect()
}

/// The last position in a chunk whose leaf a span that cuts the chunk needs: what lies behind may be damaged.
fn needed(chunk: u64, spans: &[Span]) -> u64 {
    let (begin, end) = (chunk * CHUNK_LEAVES, (chunk + 1) * CHUNK_LEAVES);
    let cuts = |span: &&Span| span.begin < end && begin < span.end && (begin < span.begin || span.end < end);
    spans.iter().filter(cuts).map(|span| span.end.min(end)).max().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_leaf_is_read_that_no_span_needs() {
        for (chunk, spans, expected) in [
            (2, &[(0, 600)][..], 600),
            (2, &[(0, 513)], 513),
            (1, &[(0, 600)], 512),
            (1, &[(256, 300), (300, 302)], 302),
            (1, &[(0, 300), (300, 600)], 512),
            (0, &[(0, 256), (3, 4), (600, 700)], 4),
        ] {
            let spans: Vec<Span> = spans.iter().map(|&(begin, end)| Span { begin, end }).collect();
            assert_eq!(needed(chunk, &spans), expected, "{chunk} {spans:?}");
        }
    }
}
