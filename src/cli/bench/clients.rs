//! The clients of the benchmark: one that appends, one that asks for statuses, and one that only wants an echo.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{
    drive::Client,
    workload::{Random, Workload},
};
use crate::wire::{
    sealed::submission_service_client::SubmissionServiceClient,
    v1::{self, query_service_client::QueryServiceClient},
};

/// Submits commits.
pub struct Appender {
    /// Its connection.
    pub client: SubmissionServiceClient<Channel>,
    /// What it submits.
    pub workload: Workload,
    /// How many events it submits at once.
    pub events: usize,
    /// How many events all appenders together have still to submit.
    pub left: Arc<AtomicU64>,
}

impl Client for Appender {
    async fn ask(&mut self) -> Result<Option<u64>, Status> {
        let wanted = self.events as u64;
        let left = self.left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(wanted)));
        let events = left.unwrap_or_else(|left| left).min(wanted);
        if events == 0 {
            return Ok(None);
        }
        let answer = self.client.submit(self.workload.commit(events as usize)).await?.into_inner();
        // Every receipt is of a new event: ids do not come twice.
        if answer.receipts.len() as u64 != events || answer.receipts.iter().any(|it| it.deduplicated) {
            return Err(Status::data_loss("the receipts do not answer to what was submitted"));
        }
        Ok(Some(events))
    }
}

/// Asks for the current status of relationships and groups, in turns.
pub struct Asker {
    /// Its connection.
    pub client: QueryServiceClient<Channel>,
    /// Draws what it asks for.
    pub random: Random,
}

impl Client for Asker {
    async fn ask(&mut self) -> Result<Option<u64>, Status> {
        let answer = match self.random.below(2) {
            0 => {
                let (actor, group) = (self.random.actor(), self.random.group());
                let request = v1::GetRelationshipRequest { actor, group, ..Default::default() };
                self.client.get_relationship(request).await.map(|_| ())
            }
            _ => {
                let request = v1::GetGroupRequest { group: self.random.group(), ..Default::default() };
                self.client.get_group(request).await.map(|_| ())
            }
        };
        match answer {
            // Nobody met: that is an answer, too.
            Err(status) if status.code() != Code::NotFound => Err(status),
            Ok(()) | Err(_) => Ok(Some(1)),
        }
    }
}

/// Asks for the health of the server: a message of a few bytes each way, and nothing to be done for it.
pub struct Echo {
    /// Its connection.
    pub client: HealthClient<Channel>,
}

impl Client for Echo {
    async fn ask(&mut self) -> Result<Option<u64>, Status> {
        self.client.check(HealthCheckRequest::default()).await?;
        Ok(Some(1))
    }
}
