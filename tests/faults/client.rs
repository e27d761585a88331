//! What a client does with a server under a fault: it submits, reads everything back, and asks how it is.

use std::{collections::BTreeMap, time::Duration};

use chancery::wire::v1::{
    self, history_service_client::HistoryServiceClient, operations_service_client::OperationsServiceClient,
    submission_service_client::SubmissionServiceClient,
};
use tonic::{Status, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::common::events;

/// How long an answer may take: a request that hangs is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// Of every event with a receipt: its id, and its position.
pub type Receipts = BTreeMap<String, u64>;

/// A commit that every test knows by its number.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    pub number: u64,
    pub events: u64,
    /// About so many bytes of text in each event.
    pub bytes: usize,
}

impl Commit {
    /// The ids of its events.
    pub fn ids(self) -> impl Iterator<Item = String> {
        (0..self.events).map(move |event| events::id(self.number * 10_000 + event + 1))
    }

    fn content(self) -> Vec<v1::Event> {
        let event = |event| {
            let number = self.number * 10_000 + event + 1;
            let mut made = events::actor(number, &format!("a{number}"));
            if let Some(v1::event::Body::Fact(fact)) = &mut made.body {
                let source = |length: usize| v1::Source {
                    title: "a title".to_owned(),
                    publisher: "a publisher".to_owned(),
                    locator: (0..length)
                        .map(|at| char::from(b'a' + (at as u64 * number % 23) as u8))
                        .collect(),
                    kind: v1::SourceKind::LegalAct.into(),
                    ..v1::Source::default()
                };
                fact.sources
                    .extend((0..self.bytes).step_by(2_000).map(|at| source(2_000.min(self.bytes - at))));
            }
            made
        };
        (0..self.events).map(event).collect()
    }
}

/// Submits a commit, and notes its receipts.
pub async fn submit(url: &str, commit: Commit, receipts: &mut Receipts) -> Result<(), Status> {
    let channel = Endpoint::from_shared(url.to_owned()).unwrap().timeout(PATIENCE).connect().await.unwrap();
    let request = v1::SubmitRequest { events: commit.content(), checks: Vec::new() };
    let answer = SubmissionServiceClient::new(channel).submit(request).await?.into_inner();
    assert_eq!(answer.receipts.len() as u64, commit.events);
    receipts.extend(answer.receipts.into_iter().map(|receipt| (receipt.event_id, receipt.position)));
    Ok(())
}

/// The ids on record, with their positions, which have no gaps.
pub async fn read(url: &str) -> Result<Receipts, Status> {
    let mut history = HistoryServiceClient::connect(url.to_owned()).await.unwrap();
    let mut batches = history.read(v1::ReadRequest::default()).await?.into_inner();
    let mut ids = Receipts::new();
    while let Some(batch) = batches.message().await? {
        for record in batch.records {
            assert_eq!(record.position, ids.len() as u64 + 1);
            ids.insert(record.event.unwrap().event_id, record.position);
        }
    }
    Ok(ids)
}

/// Everything with a receipt is on record at its position.
pub fn check_receipts(found: &Receipts, receipts: &Receipts, what: &str) {
    for (id, position) in receipts {
        assert_eq!(found.get(id), Some(position), "{what}: {id} was acknowledged");
    }
}

/// The commit is there whole or not at all.
pub fn check_whole(found: &Receipts, commit: Commit, what: &str) {
    let there = commit.ids().filter(|id| found.contains_key(id)).count() as u64;
    assert!(there == 0 || there == commit.events, "{what}: {there} events of {commit:?}");
}

/// Why the log takes no more writes; empty while it does.
pub async fn poisoned(url: &str) -> String {
    let mut operations = OperationsServiceClient::connect(url.to_owned()).await.unwrap();
    operations.server_info(v1::ServerInfoRequest {}).await.unwrap().into_inner().poisoned
}

/// Waits until the service has this health, as those who follow it are told.
pub async fn until_health(
    url: &str,
    service: &str,
    expected: tonic_health::pb::health_check_response::ServingStatus,
) {
    let channel = Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap();
    let request = HealthCheckRequest { service: service.to_owned() };
    let mut told = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    let come = async { while told.message().await.unwrap().unwrap().status() != expected {} };
    tokio::time::timeout(PATIENCE, come).await.unwrap_or_else(|_| panic!("{service} never was {expected:?}"));
}
