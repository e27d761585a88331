//! One verification under way: the whole record read back beside the running server, and compared with what it says.

use std::sync::Arc;

use bytes::Bytes;
use tokio::{runtime::Handle, sync::mpsc};
use tonic::Status;

use crate::{
    ledger::{Inspection, Ledger, READ_BYTES, read_stored},
    log::ReadError,
    position::Position,
    proof::{Checkpoint, Frontier, SigningKey},
    service::refusal::Refusal,
    wire::v1::{self, verify_response::Part},
};

/// How many findings are sent.
pub const FINDINGS_MAX: u64 = 100;

type Sender = mpsc::Sender<Result<v1::VerifyResponse, Status>>;

/// What is examined.
pub struct Verification {
    ledger: Ledger,
    key: Arc<SigningKey>,
    until: Position,
    sender: Sender,
    inspection: Inspection,
    tree: Frontier,
    findings: u64,
}

/// Why a verification ends before its end.
enum Ended {
    /// The client has gone.
    Left,
    /// The record cannot be read.
    Failed(ReadError),
}

impl From<ReadError> for Ended {
    fn from(error: ReadError) -> Ended {
        Ended::Failed(error)
    }
}

impl Verification {
    /// The record up to its tail.
    pub fn new(ledger: Ledger, key: Arc<SigningKey>, sender: Sender) -> Verification {
        let until = ledger.tail();
        let (inspection, tree) = (Inspection::default(), Frontier::default());
        Verification { ledger, key, until, sender, inspection, tree, findings: 0 }
    }

    /// Examines it. Blocks: hashing a whole record is no work for the threads that answer requests.
    pub fn run(mut self, runtime: &Handle) {
        if let Err(Ended::Failed(error)) = self.examine(runtime) {
            // A client that has gone needs no telling.
            let _ = self.sender.blocking_send(Err(Refusal::from(error).into()));
        }
    }

    fn examine(&mut self, runtime: &Handle) -> Result<(), Ended> {
        while self.tree.size() < self.until.get() {
            match self.examine_batch(runtime) {
                Err(Ended::Failed(ReadError::Damaged { position, reason })) => {
                    self.find(position, "the log", reason)?;
                    return self.conclude(String::new());
                }
                other => other?,
            }
            let progress =
                v1::VerifyProgress { position: self.tree.size(), until_position: self.until.get() };
            self.tell(Part::Progress(progress))?;
        }
        let root = runtime.block_on(self.ledger.root(self.until))?;
        if root != self.tree.root() {
            let problem = "the events do not give the root that the server signs: the record on the disk is not the one \
                           that the server has in memory";
            self.find(self.until, "the tree", problem.to_owned())?;
        }
        self.conclude(Checkpoint::sign(self.until.get(), root, &self.key))
    }

    fn examine_batch(&mut self, runtime: &Handle) -> Result<(), Ended> {
        let first = Position::new(self.tree.size()).next();
        let run = runtime.block_on(self.ledger.stored(first, READ_BYTES))?;
        if run.records.is_empty() {
            return Err(ReadError::Damaged { position: first, reason: "missing".to_owned() }.into());
        }
        for record in run.records {
            let position = Position::new(self.tree.size()).next();
            if self.until < position {
                break;
            }
            let recorded = read_stored(position, record)?;
            self.tree.push(recorded.leaf());
            for flaw in self.inspection.look_at(&recorded) {
                self.find(position, "the log", flaw.to_string())?;
            }
            let found = self.ledger.find(recorded.id);
            if found != Some(position) {
                let found = found.map_or("nowhere".to_owned(), |found| format!("at position {found}"));
                let problem = format!("event {} is in the index {found}; a restart rebuilds it", recorded.id);
                self.find(position, "the index", problem)?;
            }
        }
        Ok(())
    }

    fn find(&mut self, position: Position, place: &str, problem: String) -> Result<(), Ended> {
        self.findings += 1;
        if FINDINGS_MAX < self.findings {
            return Ok(());
        }
        self.tell(Part::Finding(v1::Finding { position: position.get(), place: place.to_owned(), problem }))
    }

    fn conclude(&self, checkpoint: String) -> Result<(), Ended> {
        self.tell(Part::Outcome(v1::VerifyOutcome {
            events: self.tree.size(),
            root_hash: Bytes::copy_from_slice(self.tree.root().as_bytes()),
            checkpoint,
            findings: self.findings,
        }))
    }

    fn tell(&self, part: Part) -> Result<(), Ended> {
        self.sender.blocking_send(Ok(v1::VerifyResponse { part: Some(part) })).map_err(|_| Ended::Left)
    }
}
