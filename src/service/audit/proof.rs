//! Proofs over gRPC: checkpoints, inclusion and consistency.

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::Audit;
use crate::{
    domain::id::{EventId, IdError},
    ledger::Recorded,
    position::Position,
    proof::{Checkpoint, Hash},
    service::refusal::Refusal,
    wire::{self, v1},
};

impl Audit {
    pub(super) fn verifier_key(&self) -> v1::GetVerifierKeyResponse {
        let key = self.key.verifier();
        let origin = key.name().to_string();
        v1::GetVerifierKeyResponse { verifier_key: key.to_string(), origin }
    }

    pub(super) async fn answer_checkpoint(
        &self,
        request: v1::GetCheckpointRequest,
    ) -> Result<v1::GetCheckpointResponse, Refusal> {
        let size = self.size(request.tree_size)?;
        let root = self.query.ledger.root(size).await?;
        Ok(v1::GetCheckpointResponse {
            checkpoint: Checkpoint::sign(size.get(), root, &self.key),
            tree_size: size.get(),
            root_hash: bytes(&root),
        })
    }

    pub(super) async fn prove_inclusion(
        &self,
        request: v1::GetInclusionProofRequest,
    ) -> Result<v1::GetInclusionProofResponse, Refusal> {
        let v1::GetInclusionProofRequest { event_id, tree_size } = request;
        let id: EventId =
            event_id.parse().map_err(|error: IdError| Refusal::field("event_id", error.to_string()))?;
        let size = self.size(tree_size)?;
        let unknown = || Refusal::unknown("event_id", format!("event {id} is not on record"));
        let position = self.query.ledger.find(id).ok_or_else(unknown)?;
        if size < position {
            let message = format!("is too small: event {id} is at position {position}");
            // Recorded while this was asked, or not in the tree that was.
            return Err(if tree_size == 0 { unknown() } else { Refusal::field("tree_size", message) });
        }
        let recorded = self.query.ledger.fetch(&[position]).await?;
        let recorded = recorded.into_iter().next().ok_or_else(unknown)?;
        let hashes = self.query.ledger.inclusion(position, size).await?;
        Ok(v1::GetInclusionProofResponse {
            leaf_hash: bytes(&recorded.leaf()),
            leaf_index: position.get() - 1,
            record: Some(proven(&recorded)),
            hashes: hashes.iter().map(bytes).collect(),
            checkpoint: self.checkpoint(size).await?,
        })
    }

    pub(super) async fn prove_consistency(
        &self,
        request: v1::GetConsistencyProofRequest,
    ) -> Result<v1::GetConsistencyProofResponse, Refusal> {
        let v1::GetConsistencyProofRequest { first_tree_size, second_tree_size } = request;
        let second = self.size(second_tree_size)?;
        let first = Position::new(first_tree_size);
        if second < first {
            // Against everything there is, the record is too short; against a tree that was named, the request is wrong.
            let refusal = match second_tree_size {
                0 => Refusal::BeyondTail { position: first, tail: second },
                _ => Refusal::field("first_tree_size", format!("is larger than the second, {second}")),
            };
            return Err(refusal);
        }
        let hashes = self.query.ledger.consistency(first, second).await?;
        Ok(v1::GetConsistencyProofResponse {
            hashes: hashes.iter().map(bytes).collect(),
            checkpoint: self.checkpoint(second).await?,
        })
    }

    /// The size that is meant: 0 is everything that is durable.
    fn size(&self, asked: u64) -> Result<Position, Refusal> {
        let tail = self.query.ledger.tail();
        match Position::new(asked) {
            Position::START => Ok(tail),
            position if position <= tail => Ok(position),
            position => Err(Refusal::BeyondTail { position, tail }),
        }
    }

    pub(super) async fn checkpoint(&self, size: Position) -> Result<String, Refusal> {
        Ok(Checkpoint::sign(size.get(), self.query.ledger.root(size).await?, &self.key))
    }
}

fn bytes(hash: &Hash) -> Bytes {
    Bytes::copy_from_slice(hash.as_bytes())
}

fn proven(recorded: &Recorded) -> v1::ProvenRecord {
    let opening = recorded.opening();
    let recorded_at = Timestamp::from_microsecond(opening.recorded_at).unwrap_or(recorded.recorded_at);
    let mut subjects = opening.subjects;
    subjects.sort_unstable();
    subjects.dedup();
    v1::ProvenRecord {
        position: recorded.position.get(),
        recorded_at: Some(wire::timestamp::write(recorded_at)),
        recorded_by: opening.recorded_by,
        commit_id: Uuid::from_bytes(opening.commit).to_string(),
        event_id: recorded.id.to_string(),
        subjects,
        salt: Bytes::copy_from_slice(opening.salt.as_bytes()),
        content: opening.content,
    }
}
