//! A server on what a power cut left: what must be there is there, and it goes on.

use std::{collections::BTreeMap, path::Path};

use chancery::wire::v1::{
    ReadRequest, Record, SubmitRequest, SubmitResponse, history_service_client::HistoryServiceClient,
    submission_service_client::SubmissionServiceClient,
};

use crate::{
    commits,
    common::{self, Server},
    load::{self, Acknowledged},
};

/// The number of a commit that no recording has.
const FRESH: u64 = 999_000_000;

/// What is asked of a server after a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To start, to have everything, and to take more.
    Once,
    /// The same again after a restart.
    Twice,
}

/// Starts a server on this disk.
pub async fn check(disk: &Path, acknowledged: &[Acknowledged], extent: Extent) -> Result<(), String> {
    let server = start(disk)?;
    let records = records(server.url()).await?;
    check_records(&records, acknowledged)?;
    let tail = records.len() as u64;
    let appended = append(server.url(), FRESH, tail).await?;
    if let Some(last) = acknowledged.last() {
        let mut again = submit(server.url(), last.commit).await?;
        again.receipts.iter_mut().for_each(|receipt| receipt.deduplicated = false);
        if again != last.response {
            return Err(format!("commit {} was answered anew: {again:?}", last.commit));
        }
    }
    server.kill();
    if extent == Extent::Once {
        return Ok(());
    }

    let server = start(disk)?;
    let again = self::records(server.url()).await?;
    if again.get(..records.len()) != Some(&records) || again.len() as u64 != appended {
        return Err(format!("{} records became {} by an append and a restart", records.len(), again.len()));
    }
    append(server.url(), FRESH + 1, appended).await?;
    server.kill();
    Ok(())
}

fn start(disk: &Path) -> Result<Server, String> {
    let mut command = common::chancery();
    command.args(load::SERVE).arg(load::data(disk));
    Server::try_spawn(command).map_err(|reason| format!("no start: {reason}"))
}

async fn records(url: &str) -> Result<Vec<Record>, String> {
    let failed = |error: tonic::Status| format!("reading: {error}");
    let mut history =
        HistoryServiceClient::connect(url.to_owned()).await.map_err(|error| error.to_string())?;
    let mut batches = history.read(ReadRequest::default()).await.map_err(failed)?.into_inner();
    let mut records = Vec::new();
    while let Some(batch) = batches.message().await.map_err(failed)? {
        records.extend(batch.records);
    }
    Ok(records)
}

/// Positions are contiguous, commits are whole and as they were sent, and nothing acknowledged is missing.
fn check_records(records: &[Record], acknowledged: &[Acknowledged]) -> Result<(), String> {
    let mut commits: BTreeMap<u64, Vec<&Record>> = BTreeMap::new();
    for (index, record) in records.iter().enumerate() {
        if record.position != index as u64 + 1 {
            return Err(format!("position {} follows on {index}", record.position));
        }
        let event = record.event.as_ref().ok_or("a record without an event")?;
        commits.entry(commits::number(&event.event_id)).or_default().push(record);
    }
    for (number, found) in &commits {
        let events: Vec<_> = found.iter().filter_map(|record| record.event.clone()).collect();
        let first = found[0];
        if events != commits::commit(*number) {
            return Err(format!("commit {number} is not as it was sent: {} events of it", events.len()));
        }
        if found
            .iter()
            .zip(first.position..)
            .any(|(it, at)| it.position != at || it.commit_id != first.commit_id)
        {
            return Err(format!("commit {number} lies scattered"));
        }
    }
    let is_there = |told: &&Acknowledged| {
        let found = commits.get(&told.commit);
        found.is_some_and(|found| {
            found.len() == told.response.receipts.len()
                && found.iter().zip(&told.response.receipts).all(|(record, receipt)| {
                    record.position == receipt.position
                        && record.commit_id == receipt.commit_id
                        && record.recorded_at == receipt.recorded_at
                })
        })
    };
    let missing: Vec<_> = acknowledged.iter().filter(|told| !is_there(told)).collect();
    match missing.first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{} of {} acknowledged commits are missing; the first is {} at position {}, and the record ends at {}",
            missing.len(),
            acknowledged.len(),
            first.commit,
            first.response.receipts[0].position,
            records.len()
        )),
    }
}

/// Appends a commit at the tail and returns the new tail.
async fn append(url: &str, commit: u64, tail: u64) -> Result<u64, String> {
    let response = submit(url, commit).await?;
    let positions = response.receipts.iter().map(|receipt| receipt.position);
    let next = tail + 1 + response.receipts.len() as u64;
    match positions.eq(tail + 1..next) {
        true => Ok(next - 1),
        false => Err(format!("an append after {tail} was answered with {response:?}")),
    }
}

async fn submit(url: &str, commit: u64) -> Result<SubmitResponse, String> {
    let mut submission =
        SubmissionServiceClient::connect(url.to_owned()).await.map_err(|error| error.to_string())?;
    let request = SubmitRequest { events: commits::commit(commit), checks: Vec::new() };
    let response = submission.submit(request).await.map_err(|error| format!("submitting: {error}"))?;
    Ok(response.into_inner())
}
