//! The API as its contract has it: every method, every filter and every code, against a server in a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::type_complexity
)]

mod common;

#[path = "api/history.rs"]
mod history;
#[path = "api/operations.rs"]
mod operations;
#[path = "api/overview.rs"]
mod overview;
#[path = "api/query.rs"]
mod query;
#[path = "api/submission.rs"]
mod submission;
#[path = "api/subscription.rs"]
mod subscription;
#[path = "api/watch.rs"]
mod watch;

use std::path::Path;

use chancery::wire::v1::{
    self, history_service_client::HistoryServiceClient, operations_service_client::OperationsServiceClient,
    query_service_client::QueryServiceClient, submission_service_client::SubmissionServiceClient,
};
use common::{Server, events};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

/// A server on a directory of its own, and a connection to it.
struct Office {
    server: Server,
    channel: Channel,
    data: tempfile::TempDir,
}

impl Office {
    /// With nothing on record.
    async fn empty() -> Office {
        Office::on(tempfile::tempdir().unwrap(), &[]).await
    }

    /// us, hts, us-fto219: positions 1 to 3.
    async fn small() -> Office {
        let office = Office::empty().await;
        let registry =
            vec![events::actor(1, "us"), events::group(2, "hts"), events::regime(3, "us-fto219", "us")];
        office.submit(registry).await.unwrap();
        office
    }

    /// With the seeds.
    async fn seeded() -> Office {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        Office::on(tempfile::tempdir().unwrap(), &["--seeds", seeds.to_str().unwrap()]).await
    }

    async fn on(data: tempfile::TempDir, args: &[&str]) -> Office {
        let server = Server::start(data.path(), args);
        let channel = Channel::from_shared(server.url().to_owned()).unwrap().connect().await.unwrap();
        Office { server, channel, data }
    }

    /// The same record in another server.
    async fn restarted(self) -> Office {
        assert!(self.server.stop().success());
        Office::on(self.data, &[]).await
    }

    fn submission(&self) -> SubmissionServiceClient<Channel> {
        SubmissionServiceClient::new(self.channel.clone())
    }

    fn history(&self) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.channel.clone())
    }

    fn query(&self) -> QueryServiceClient<Channel> {
        QueryServiceClient::new(self.channel.clone())
    }

    fn operations(&self) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(self.channel.clone())
    }

    async fn submit(&self, events: Vec<v1::Event>) -> Result<Vec<v1::Receipt>, Status> {
        let request = v1::SubmitRequest { events, checks: Vec::new() };
        Ok(self.submission().submit(request).await?.into_inner().receipts)
    }

    async fn tail(&self) -> u64 {
        self.history().get_tail(v1::GetTailRequest {}).await.unwrap().into_inner().position
    }

    /// Everything that a reading gives, its batches joined.
    async fn read(&self, request: v1::ReadRequest) -> Vec<v1::Record> {
        let mut stream = self.history().read(request).await.unwrap().into_inner();
        let mut records = Vec::new();
        while let Some(batch) = stream.message().await.unwrap() {
            records.extend(batch.records);
        }
        records
    }
}

/// A refusal has this code, this reason, these fields, and says this.
#[track_caller]
fn check_refusal(what: &str, status: &Status, code: Code, reason: &str, fields: &[&str], part: &str) {
    assert_eq!(status.code(), code, "{what}: {}", status.message());
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("{what}: {} has no reason", status.message()));
    assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "chancery"), "{what}");
    let violations = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
    let found: Vec<&str> = violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(found, fields, "{what}");
    assert!(violations.iter().all(|it| !it.description.is_empty()), "{what}");
    assert!(status.message().contains(part), "{what}: {:?} does not say {part:?}", status.message());
}

/// The event without an id.
fn anonymous(event: v1::Event) -> v1::Event {
    v1::Event { event_id: String::new(), ..event }
}

/// The fact of an event that is one.
fn fact(event: &v1::Event) -> &v1::Fact {
    match &event.body {
        Some(v1::event::Body::Fact(fact)) => fact,
        _ => panic!("{} is no fact", event.event_id),
    }
}

/// The event with its fact changed.
fn changed(event: v1::Event, change: impl FnOnce(&mut v1::Fact)) -> v1::Event {
    let mut changed = fact(&event).clone();
    change(&mut changed);
    v1::Event { body: Some(v1::event::Body::Fact(changed)), ..event }
}

/// A correction: the fact of `as_now` takes the place of what `target` says.
fn correction(number: u64, target: u64, as_now: &v1::Event) -> v1::Event {
    let correction = v1::Correction {
        target: events::id(target),
        reason: "The date was mistaken.".to_owned(),
        replacement: Some(fact(as_now).clone()),
    };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Correction(correction)) }
}

fn retraction(number: u64, target: u64) -> v1::Event {
    let retraction =
        v1::Retraction { target: events::id(target), reason: "The source withdrew it.".to_owned() };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Retraction(retraction)) }
}

fn reinstatement(number: u64, target: u64) -> v1::Event {
    let reinstatement =
        v1::Reinstatement { target: events::id(target), reason: "The source stands by it.".to_owned() };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Reinstatement(reinstatement)) }
}
