//! Audit over gRPC: explanations of answers, and proofs of the record.

pub(super) mod changes;
mod decision;
mod diff;
mod explain;
mod proof;
mod replay;

use std::{pin::Pin, sync::Arc};

use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::{
    query::{Query, asked::clearance},
    refusal::Refusal,
};
use crate::{
    audit::{Matter, NoFieldError, replay::Wanted},
    domain::subject::Subject,
    projection::UnknownError,
    proof::SigningKey,
    wire::{Field, Findings, v1},
};

/// Fields that a replay may be asked for.
const FIELDS_MAX: usize = 100;
/// How many answers may wait for a client that reads slowly.
const ANSWERS_WAITING_MAX: usize = 16;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The audit service.
#[derive(Clone)]
pub struct Audit {
    /// The record and its read models.
    pub query: Query,
    /// What checkpoints are signed with.
    pub key: Arc<SigningKey>,
}

#[tonic::async_trait]
impl v1::audit_service_server::AuditService for Audit {
    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.explain_field(request.into_inner(), clearance).await?))
    }

    type ReplayTransitionsStream = Answers<v1::ReplayTransitionsResponse>;
    type DiffStream = Answers<v1::DiffResponse>;

    async fn replay_transitions(
        &self,
        request: Request<v1::ReplayTransitionsRequest>,
    ) -> Result<Response<Self::ReplayTransitionsStream>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.replay(request.into_inner(), clearance).await?))
    }

    async fn diff(&self, request: Request<v1::DiffRequest>) -> Result<Response<Self::DiffStream>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.differences(request.into_inner(), clearance).await?))
    }

    async fn digest_view(
        &self,
        request: Request<v1::DigestViewRequest>,
    ) -> Result<Response<v1::DigestViewResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.digest(request.into_inner(), clearance).await?))
    }

    async fn audit_decision(
        &self,
        request: Request<v1::AuditDecisionRequest>,
    ) -> Result<Response<v1::AuditDecisionResponse>, Status> {
        let clearance = clearance(&request);
        Ok(Response::new(self.audit(request.into_inner(), clearance).await?))
    }

    async fn get_verifier_key(
        &self,
        _request: Request<v1::GetVerifierKeyRequest>,
    ) -> Result<Response<v1::GetVerifierKeyResponse>, Status> {
        Ok(Response::new(self.verifier_key()))
    }

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        Ok(Response::new(self.answer_checkpoint(request.into_inner()).await?))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<v1::GetInclusionProofRequest>,
    ) -> Result<Response<v1::GetInclusionProofResponse>, Status> {
        Ok(Response::new(self.prove_inclusion(request.into_inner()).await?))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        Ok(Response::new(self.prove_consistency(request.into_inner()).await?))
    }
}

/// Reads a subject that has a status.
fn read_matter(field: &Field<'_>, text: &str, found: &mut Findings) -> Option<Matter> {
    let subject: Subject = found.required(field, text)?;
    Matter::try_from(subject).map_err(|error| found.add(field, error)).ok()
}

/// Reads the fields that a replay of a matter follows.
pub(super) fn read_wanted(matter: &Matter, paths: &[String], found: &mut Findings) -> Wanted {
    let paths = found.list(&Field::root("fields"), paths, 0..=FIELDS_MAX);
    let unknown = |(index, error): (usize, NoFieldError)| {
        found.add(&Field::ROOT.entry("fields", index), error);
        Wanted::default()
    };
    Wanted::new(matter, paths).unwrap_or_else(unknown)
}

/// The refusal of a subject whose status, or an end of it, is not on record.
fn unknown(field: &str, error: &UnknownError) -> Refusal {
    Refusal::unknown(field, error.to_string())
}
