//! Acknowledged is durable: a server that is killed while it is written to has every event that it gave a receipt for.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use chancery::wire::v1::{
    self, history_service_client::HistoryServiceClient, submission_service_client::SubmissionServiceClient,
};
use common::{Server, events};
use tokio::task::JoinSet;

/// How often the server is killed.
const ROUNDS: u64 = 20;
/// How many clients submit at once.
const CLIENTS: u64 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_receipt_survives_kill_9() {
    let data = tempfile::tempdir().unwrap();
    let mut receipts: BTreeMap<u64, String> = BTreeMap::new();
    for round in 0..ROUNDS {
        let server = Server::start(data.path(), &[]);
        check_record(server.url(), &receipts).await;
        // A different moment in every round, the same in every run.
        let until = 1 + (round * 7_919) % 60;
        receipts.extend(submit_until_killed(server, round, until).await);
    }
    let server = Server::start(data.path(), &[]);
    check_record(server.url(), &receipts).await;
    assert!(ROUNDS < receipts.len() as u64, "too little was acknowledged to show anything");
}

/// Several clients submit without pause; after `until` receipts the server is killed under them.
async fn submit_until_killed(server: Server, round: u64, until: u64) -> Vec<(u64, String)> {
    let (noted, mut noting) = tokio::sync::mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (url, noted) = (server.url().to_owned(), noted.clone());
        clients.spawn(async move {
            let mut submission = SubmissionServiceClient::connect(url).await.unwrap();
            for number in 0.. {
                let number = (round * CLIENTS + client) * 100_000 + number + 1;
                let event = events::actor(number, &format!("a{number}"));
                let request = v1::SubmitRequest { events: vec![event], checks: Vec::new() };
                // The first failure is the server's end.
                let Ok(response) = submission.submit(request).await else { return };
                let receipt = response.into_inner().receipts.remove(0);
                noted.send((receipt.position, receipt.event_id)).unwrap();
            }
        });
    }
    drop(noted);
    let mut receipts = Vec::new();
    let mut server = Some(server);
    while let Some(receipt) = noting.recv().await {
        receipts.push(receipt);
        if until <= receipts.len() as u64
            && let Some(server) = server.take()
        {
            server.kill();
        }
    }
    clients.join_all().await;
    receipts
}

/// Positions are contiguous, and each receipt's event is at its position.
async fn check_record(url: &str, receipts: &BTreeMap<u64, String>) {
    let mut history = HistoryServiceClient::connect(url.to_owned()).await.unwrap();
    let mut batches = history.read(v1::ReadRequest::default()).await.unwrap().into_inner();
    let mut ids = Vec::new();
    while let Some(batch) = batches.message().await.unwrap() {
        for record in batch.records {
            assert_eq!(record.position, ids.len() as u64 + 1, "positions are contiguous");
            ids.push(record.event.unwrap().event_id);
        }
    }
    for (position, id) in receipts {
        assert_eq!(ids.get(*position as usize - 1), Some(id), "the event acknowledged at {position}");
    }
}
