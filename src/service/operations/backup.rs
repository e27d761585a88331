//! One backup under way: the record as it is stored, from one position to another.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tonic::Status;

use crate::{
    ledger::{Ledger, READ_BYTES},
    log::ReadError,
    position::Position,
    proof::{Checkpoint, SigningKey},
    service::refusal::Refusal,
    wire::{
        timestamp,
        v1::{self, backup_response::Part},
    },
};

/// What is to be backed up.
pub struct Backup {
    /// The record.
    pub ledger: Ledger,
    /// What the checkpoint is signed with.
    pub key: Arc<SigningKey>,
    /// The records are those behind this position.
    pub after: Position,
    /// The last of them; at most the tail.
    pub until: Position,
}

impl Backup {
    /// Reads the positions of a request.
    pub fn new(ledger: Ledger, key: Arc<SigningKey>, request: &v1::BackupRequest) -> Result<Backup, Refusal> {
        let tail = ledger.tail();
        let after = Position::new(request.after_position);
        let until = match request.until_position {
            0 => tail,
            until => Position::new(until),
        };
        if let Some(&position) = [after, until].iter().find(|position| tail < **position) {
            return Err(Refusal::BeyondTail { position, tail });
        }
        if until < after {
            return Err(Refusal::field("after_position", format!("is behind until_position, {until}")));
        }
        Ok(Backup { ledger, key, after, until })
    }

    /// Sends the header and the records, as fast as they are taken.
    pub async fn run(self, sender: mpsc::Sender<Result<v1::BackupResponse, Status>>) {
        let mut part = self.header().await.map(Part::Header);
        let mut end = self.after;
        loop {
            let failed = part.is_err();
            let response = part.map(|part| v1::BackupResponse { part: Some(part) }).map_err(Status::from);
            // A client that has gone wants no more.
            if sender.send(response).await.is_err() || failed || end == self.until {
                return;
            }
            part = self.records(&mut end).await.map(Part::Records);
        }
    }

    async fn header(&self) -> Result<v1::BackupHeader, Refusal> {
        let frontier = self.ledger.frontier(self.after).await?;
        let root = self.ledger.root(self.until).await?;
        Ok(v1::BackupHeader {
            verifier_key: self.key.verifier().to_string(),
            after_position: self.after.get(),
            until_position: self.until.get(),
            frontier: frontier.peaks().iter().map(|hash| Bytes::copy_from_slice(hash.as_bytes())).collect(),
            checkpoint: Checkpoint::sign(self.until.get(), root, &self.key),
            began_at: Some(timestamp::write(Timestamp::now())),
        })
    }

    /// The next records; moves `end` to the last of them.
    async fn records(&self, end: &mut Position) -> Result<v1::BackupRecords, Refusal> {
        let first = end.next();
        let mut records = self.ledger.stored(first, READ_BYTES).await?.records;
        let left = usize::try_from(self.until.get() - end.get()).unwrap_or(usize::MAX);
        records.truncate(left);
        if records.is_empty() {
            return Err(ReadError::Damaged { position: first, reason: "missing".to_owned() }.into());
        }
        *end = end.plus(records.len() as u64);
        Ok(v1::BackupRecords { first_position: first.get(), records })
    }
}
