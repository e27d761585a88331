//! One verification under way: the whole record read back beside the running server, and compared with what it says.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use tokio::{runtime::Handle, sync::mpsc};
use tonic::Status;

use crate::{
    ledger::{Inspection, Ledger, READ_BYTES, read_stored},
    log::{
        ReadError,
        sled::{Damage, VerifyError},
    },
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
    /// The first finding.
    first: Option<String>,
    /// What the walk over the disk came upon, which is not told twice.
    walked: Option<(Position, String)>,
    /// Where the first finding is left at the end.
    damage: Damage,
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
    pub fn new(ledger: Ledger, key: Arc<SigningKey>, sender: Sender, damage: Damage) -> Verification {
        let until = ledger.tail();
        let (inspection, tree) = (Inspection::default(), Frontier::default());
        let (first, walked) = (None, None);
        Verification { ledger, key, until, sender, inspection, tree, findings: 0, first, walked, damage }
    }

    /// Examines it, after a walk over what lies on the disk. Blocks: reading and hashing a whole record is no work for the
    /// threads that answer requests.
    pub fn run(
        mut self,
        runtime: &Handle,
        walk: impl FnOnce(&mut dyn FnMut(Position)) -> Result<Position, VerifyError>,
    ) {
        let walked = self.walk(walk);
        if let Err(Ended::Failed(error)) = walked.and_then(|()| self.examine(runtime)) {
            // A client that has gone needs no telling.
            let _ = self.sender.blocking_send(Err(Refusal::from(error).into()));
        }
    }

    /// Walks what lies on the disk. Records that are damaged there may still be in memory, so that it goes on.
    fn walk(
        &mut self,
        walk: impl FnOnce(&mut dyn FnMut(Position)) -> Result<Position, VerifyError>,
    ) -> Result<(), Ended> {
        let (sender, until_position) = (self.sender.clone(), self.until.get());
        let walked = walk(&mut |position| {
            let progress = v1::VerifyProgress { position: position.get(), until_position };
            // The walk goes on when the client has gone; it ends of itself.
            let _ = sender.blocking_send(Ok(v1::VerifyResponse { part: Some(Part::Progress(progress)) }));
        });
        match walked {
            Ok(_) => Ok(()),
            Err(VerifyError::Damaged { position, file, reason }) => {
                self.walked = Some((position, reason.clone()));
                self.find(position, &file.display().to_string(), reason)
            }
            Err(VerifyError::Failed { reason }) => Err(ReadError::Failed { reason }.into()),
        }
    }

    fn examine(&mut self, runtime: &Handle) -> Result<(), Ended> {
        while self.tree.size() < self.until.get() {
            match self.examine_batch(runtime) {
                Err(Ended::Failed(ReadError::Damaged { position, reason })) => {
                    if self.walked.as_ref() != Some(&(position, reason.clone())) {
                        self.find(position, "the log", reason)?;
                    }
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
        self.first.get_or_insert_with(|| format!("position {position}, {place}: {problem}"));
        if FINDINGS_MAX < self.findings {
            return Ok(());
        }
        self.tell(Part::Finding(v1::Finding { position: position.get(), place: place.to_owned(), problem }))
    }

    fn conclude(&self, checkpoint: String) -> Result<(), Ended> {
        self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&self.first);
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use jiff::Timestamp;
    use prost::Message as _;
    use tokio::{sync::watch, task::spawn_blocking};
    use uuid::Uuid;

    use super::*;
    use crate::{
        ledger::{Commit, Proposed},
        log::{AppendError, Log, Reach, Run, Take, memory::Memory},
        proof::Salt,
        wire::{event::read_event, json::event_from_json},
    };

    type WalkDone = fn(&mut dyn FnMut(Position)) -> Result<Position, VerifyError>;
    type Spoil = fn(&mut Run) -> Result<(), ReadError>;

    /// A log that comes to give back something else than was written.
    struct Spoiled {
        inner: Memory,
        spoil: Mutex<Spoil>,
    }

    #[async_trait]
    impl Log for Spoiled {
        async fn append(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
            self.inner.append(after, records).await
        }

        fn append_blocking(&self, after: Position, records: &[Bytes]) -> Result<Position, AppendError> {
            self.inner.append_blocking(after, records)
        }

        async fn read(&self, from: Position, bytes_max: usize) -> Result<Run, ReadError> {
            let mut run = self.inner.read(from, bytes_max).await?;
            let spoil = *self.spoil.lock().unwrap();
            spoil(&mut run).map(|()| run)
        }

        fn scan_blocking(&self, reach: Reach, take: &mut Take<'_>) -> Result<Position, ReadError> {
            self.inner.scan_blocking(reach, take)
        }

        fn scan_ready(&self, reach: Reach, take: &mut Take<'_>) -> Option<Result<Position, ReadError>> {
            self.inner.scan_ready(reach, take)
        }

        async fn fetch(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
            self.inner.fetch(positions).await
        }

        fn fetch_blocking(&self, positions: &[Position]) -> Result<Vec<Bytes>, ReadError> {
            self.inner.fetch_blocking(positions)
        }

        fn tail(&self) -> Position {
            self.inner.tail()
        }

        fn watch(&self) -> watch::Receiver<Position> {
            self.inner.watch()
        }

        fn poisoned(&self) -> Option<String> {
            self.inner.poisoned()
        }

        async fn close(&self) -> Result<(), AppendError> {
            self.inner.close().await
        }
    }

    fn propose(number: u32) -> Proposed {
        let line = format!(
            r#"{{"eventId":"00000000-0000-4000-8000-{number:012}","fact":{{"effectiveOn":"1974","sources":[{{"publisher":"Gazette","title":"No 1","kind":"SOURCE_KIND_LEGAL_ACT"}}],"actorRegistered":{{"actor":"a{number}","kind":"ACTOR_KIND_STATE","name":"A"}}}}}}"#
        );
        let message = event_from_json(&line).unwrap();
        let read = read_event(&message, "event").unwrap();
        let content = message.encode_to_vec().into();
        Proposed::new(read.id.unwrap(), read.event, content, Salt::new([7; 16]))
    }

    /// The findings of a verification of 5 events, as `position place`, and how many events it came through.
    async fn verify(spoil: Spoil, walk: WalkDone) -> (Vec<String>, u64) {
        let log = Arc::new(Spoiled { inner: Memory::new(), spoil: Mutex::new(|_| Ok(())) });
        let (ledger, _feed) = Ledger::open(log.clone(), || Timestamp::UNIX_EPOCH, &mut ()).await.unwrap();
        let events = (1..=5).map(propose).collect();
        let commit =
            Commit { id: Uuid::from_u128(1), principal: Arc::from("local"), events, checks: Vec::new() };
        ledger.submit(commit).await.unwrap();
        *log.spoil.lock().unwrap() = spoil;
        let key = Arc::new(SigningKey::from_random("example.org/record".parse().unwrap(), &[7; 32]));
        let (sender, mut answers) = mpsc::channel(64);
        let damage = Damage::default();
        let verification = Verification::new(ledger, key, sender, damage.clone());
        let runtime = Handle::current();
        spawn_blocking(move || verification.run(&runtime, walk)).await.unwrap();
        let mut found = Vec::new();
        while let Some(answer) = answers.recv().await {
            match answer.unwrap().part.unwrap() {
                Part::Progress(_) => {}
                Part::Finding(finding) => found.push(format!("{} {}", finding.position, finding.place)),
                Part::Outcome(outcome) => {
                    assert_eq!(outcome.findings, found.len() as u64);
                    let told = damage.lock().unwrap().clone();
                    let first = found.first().map(|first: &String| first.replacen(' ', ", ", 1));
                    assert_eq!(told.is_some(), first.is_some());
                    assert!(
                        first.is_none_or(|first| told.unwrap().starts_with(&format!("position {first}: ")))
                    );
                    return (found, outcome.events);
                }
            }
        }
        panic!("no outcome after {found:?}")
    }

    #[tokio::test]
    async fn what_is_read_back_must_be_what_was_recorded() {
        let cases: [(Spoil, &[&str], u64); 6] = [
            (|_| Ok(()), &[], 5),
            (
                |run| {
                    run.records.swap(1, 2);
                    Ok(())
                },
                &["2 the index", "3 the index", "5 the tree"],
                5,
            ),
            (
                |run| {
                    run.records[3] = run.records[0].clone();
                    Ok(())
                },
                &["4 the log", "4 the index", "5 the tree"],
                5,
            ),
            (
                |run| {
                    run.records[2] = Bytes::from_static(b"nothing");
                    Ok(())
                },
                &["3 the log"],
                2,
            ),
            (
                |run| {
                    run.records.truncate(3);
                    if Position::new(3) < run.first {
                        run.records.clear()
                    }
                    Ok(())
                },
                &["4 the log"],
                3,
            ),
            (
                |run| Err(ReadError::Damaged { position: run.first, reason: "checksum".to_owned() }),
                &["1 the log"],
                0,
            ),
        ];
        for (number, (spoil, expected, events)) in cases.into_iter().enumerate() {
            let (found, came) = verify(spoil, |_| Ok(Position::new(5))).await;
            assert_eq!(
                (found.iter().map(String::as_str).collect::<Vec<_>>(), came),
                (expected.to_vec(), events),
                "{number}"
            );
        }
    }

    #[tokio::test]
    async fn what_lies_on_the_disk_is_reported_too() {
        let damaged: WalkDone = |_| {
            let (position, file) = (Position::new(4), "data/sled/db".into());
            Err(VerifyError::Damaged { position, file, reason: "checksum".to_owned() })
        };
        let (found, events) = verify(|_| Ok(()), damaged).await;
        assert_eq!((found, events), (vec!["4 data/sled/db".to_owned()], 5));
        // What cannot be read either is the same fault.
        let spoil: Spoil =
            |_| Err(ReadError::Damaged { position: Position::new(4), reason: "checksum".to_owned() });
        let (found, _) = verify(spoil, damaged).await;
        assert_eq!(found, ["4 data/sled/db"]);
    }
}
