//! Audit over gRPC: checkpoints and proofs.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::refusal::Refusal;
use crate::{
    domain::id::{EventId, IdError},
    ledger::{Ledger, Recorded},
    position::Position,
    proof::{Checkpoint, Hash, SigningKey},
    wire::{self, v1},
};

/// The audit service.
pub struct Audit {
    /// The record.
    pub ledger: Ledger,
    /// What checkpoints are signed with.
    pub key: Arc<SigningKey>,
}

#[tonic::async_trait]
impl v1::audit_service_server::AuditService for Audit {
    async fn get_verifier_key(
        &self,
        _request: Request<v1::GetVerifierKeyRequest>,
    ) -> Result<Response<v1::GetVerifierKeyResponse>, Status> {
        let key = self.key.verifier();
        let origin = key.name().to_string();
        Ok(Response::new(v1::GetVerifierKeyResponse { verifier_key: key.to_string(), origin }))
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let size = self.size(request.into_inner().tree_size)?;
        let root = self.ledger.root(size).await.map_err(Refusal::from)?;
        Ok(Response::new(v1::GetCheckpointResponse {
            checkpoint: Checkpoint::sign(size.get(), root, &self.key),
            tree_size: size.get(),
            root_hash: bytes(&root),
        }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        let v1::GetInclusionProofRequest { event_id, tree_size } = request.into_inner();
        let id: EventId =
            event_id.parse().map_err(|error: IdError| Refusal::field("event_id", error.to_string()))?;
        let size = self.size(tree_size)?;
        let unknown = || Refusal::unknown("event_id", format!("event {id} is not on record"));
        let position = self.ledger.find(id).ok_or_else(unknown)?;
        if size < position {
            let message = format!("is too small: event {id} is at position {position}");
            // Recorded while this was asked, or not in the tree that was.
            return Err(if tree_size == 0 { unknown() } else { Refusal::field("tree_size", message) }.into());
        }
        let recorded = self.ledger.fetch(&[position]).await.map_err(Refusal::from)?;
        let recorded = recorded.into_iter().next().ok_or_else(unknown)?;
        let hashes = self.ledger.inclusion(position, size).await.map_err(Refusal::from)?;
        Ok(Response::new(v1::GetInclusionProofResponse {
            leaf_hash: bytes(&recorded.leaf()),
            leaf_index: position.get() - 1,
            record: Some(proven(&recorded)),
            hashes: hashes.iter().map(bytes).collect(),
            checkpoint: self.checkpoint(size).await?,
        }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let v1::GetConsistencyProofRequest { first_tree_size, second_tree_size } = request.into_inner();
        let second = self.size(second_tree_size)?;
        let first = Position::new(first_tree_size);
        if second < first {
            // Against everything there is, the record is too short; against a tree that was named, the request is wrong.
            let refusal = match second_tree_size {
                0 => Refusal::BeyondTail { position: first, tail: second },
                _ => Refusal::field("first_tree_size", format!("is larger than the second, {second}")),
            };
            return Err(refusal.into());
        }
        let hashes = self.ledger.consistency(first, second).await.map_err(Refusal::from)?;
        Ok(Response::new(v1::GetConsistencyProofResponse {
            hashes: hashes.iter().map(bytes).collect(),
            checkpoint: self.checkpoint(second).await?,
        }))
    }
}

impl Audit {
    /// The size that is meant: 0 is everything that is durable.
    fn size(&self, asked: u64) -> Result<Position, Refusal> {
        let tail = self.ledger.tail();
        match Position::new(asked) {
            Position::START => Ok(tail),
            position if position <= tail => Ok(position),
            position => Err(Refusal::BeyondTail { position, tail }),
        }
    }

    async fn checkpoint(&self, size: Position) -> Result<String, Refusal> {
        Ok(Checkpoint::sign(size.get(), self.ledger.root(size).await?, &self.key))
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
