//! Operations over gRPC.

mod backup;
mod verification;

use std::{
    pin::Pin,
    sync::{Arc, PoisonError},
};

use jiff::Timestamp;
use tokio::{runtime::Handle, sync::mpsc, task::spawn_blocking};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use super::submission::{CHECKS_MAX, COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX, EVENT_BYTES_MAX};
use crate::{
    domain::fold::RULESET,
    ledger::Ledger,
    log::sled::SledLog,
    projection::Projection,
    proof::SigningKey,
    wire::{self, v1},
};

/// Entries in a page.
pub const PAGE_SIZE_MAX: usize = 1_000;

/// How many parts may wait for a client that reads slowly.
const PARTS_WAITING_MAX: usize = 4;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The operations service.
pub struct Operations {
    /// The record.
    pub ledger: Ledger,
    /// The read models.
    pub projection: Arc<Projection>,
    /// The log under the record.
    pub log: Arc<SledLog>,
    /// What checkpoints are signed with.
    pub key: Arc<SigningKey>,
    /// When the server started.
    pub started_at: Timestamp,
}

#[tonic::async_trait]
impl v1::operations_service_server::OperationsService for Operations {
    type BackupStream = Answers<v1::BackupResponse>;
    type VerifyStream = Answers<v1::VerifyResponse>;

    async fn server_info(
        &self,
        _request: Request<v1::ServerInfoRequest>,
    ) -> Result<Response<v1::ServerInfoResponse>, Status> {
        let holdings = self.projection.holdings();
        Ok(Response::new(v1::ServerInfoResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ruleset: RULESET.to_owned(),
            started_at: Some(wire::timestamp::write(self.started_at)),
            tail: self.ledger.tail().get(),
            projected: holdings.position.get(),
            actors: holdings.actors as u64,
            groups: holdings.groups as u64,
            regimes: holdings.regimes as u64,
            relationships: holdings.relationships as u64,
            poisoned: self.ledger.poisoned().unwrap_or_default(),
            damage: self
                .log
                .damage()
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
                .unwrap_or_default(),
            recorded_ahead: self.ledger.recorded_ahead().map(wire::timestamp::write),
            limits: Some(v1::Limits {
                commit_events_max: COMMIT_EVENTS_MAX as u32,
                commit_bytes_max: COMMIT_BYTES_MAX as u32,
                event_bytes_max: EVENT_BYTES_MAX as u32,
                checks_max: CHECKS_MAX as u32,
                page_size_max: PAGE_SIZE_MAX as u32,
            }),
        }))
    }
    async fn backup(
        &self,
        request: Request<v1::BackupRequest>,
    ) -> Result<Response<Self::BackupStream>, Status> {
        let backup = backup::Backup::new(self.ledger.clone(), self.key.clone(), request.get_ref())?;
        let (sender, receiver) = mpsc::channel(PARTS_WAITING_MAX);
        tokio::spawn(backup.run(sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn verify(
        &self,
        _request: Request<v1::VerifyRequest>,
    ) -> Result<Response<Self::VerifyStream>, Status> {
        let (sender, receiver) = mpsc::channel(PARTS_WAITING_MAX);
        let verification =
            verification::Verification::new(self.ledger.clone(), self.key.clone(), sender, self.log.damage());
        let runtime = Handle::current();
        let log = self.log.clone();
        drop(spawn_blocking(move || verification.run(&runtime, |progress| log.verify(progress))));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}
