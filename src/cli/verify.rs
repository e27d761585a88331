//! `verify`: whether a record is what it should be: of a running server, in a data directory, or in a backup.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    check::recall,
    connection::Session,
    failure::Failure,
    output::{Format, note},
    page::clean,
    progress::Progress,
    restore::open,
    secret::VerifierKeys,
    words,
};
use crate::{
    ledger::{Inspection, Recorded},
    position::Position,
    proof::{Checkpoint, CheckpointError, Frontier, Hash, KeyError, VerifierKey},
    service::{
        Discovery, ExaminationError, Examined, KeyFileError, Lock, backup::SourceError, examine, finish,
    },
    wire::v1::{self, verify_response::Part},
};

/// How many findings in a data directory are shown.
const FINDINGS_MAX: u64 = 100;

/// Verify a record: of a running server, in a data directory, or in a backup
#[derive(Debug, Args)]
#[command(
    after_help = "Every record is read back, hashed again and compared with what was signed. A running server goes on with its work\n\
    meanwhile. Exit code 1: something is wrong.\n\n\
    Examples:\n  \
    chancery verify\n  \
    chancery verify --server http://127.0.0.1:7401 --key \"$(cat record.vkey)\"\n  \
    chancery verify --data chancery-data\n  \
    chancery verify --backup /backup/chancery"
)]
pub struct Verify {
    /// Verify this data directory instead, which no server may be using. Nothing in it is changed; there must be room for a
    /// copy beside it, or in TMPDIR when nothing may be written there
    #[arg(long, env = "CHANCERY_DATA", value_name = "DIR", conflicts_with = "backup")]
    data: Option<PathBuf>,
    /// Verify a backup instead: a directory, a file, or - for standard input
    #[arg(long, env = "CHANCERY_BACKUP", value_name = "DIR|-")]
    backup: Option<PathBuf>,
    /// The key of the record, as `chancery key` shows it; without it, the key that it names itself
    #[arg(long, env = "CHANCERY_KEY", value_name = "KEY", value_parser = VerifierKeys, hide_env_values = true)]
    key: Option<VerifierKey>,
    /// A checkpoint that `chancery check --remember` keeps, for --backup with --key: fails when the backup ends before it, or is
    /// of something else
    #[arg(long, env = "CHANCERY_VERIFY_REMEMBER", value_name = "FILE")]
    remember: Option<PathBuf>,
}

/// Why a record is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The backup is not to be believed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The data directory cannot be read.
    #[error(transparent)]
    Examination(#[from] ExaminationError),
    /// Something is wrong.
    #[error(
        "{}; the first affects position {first}\n\
         Keep the files as they are, and make no backup over an earlier one. {next}docs/operations.md says how to restore or repair.",
        words::count(*findings, "finding", "findings")
    )]
    Findings {
        /// How many.
        findings: u64,
        /// The first position.
        first: u64,
        /// What to run next, if anything.
        next: String,
    },
    /// The backup ends before what is remembered.
    #[error(
        "CUT: the record had {} when {path} was written, and the backup ends at position {tail}\n\
         It is an older one, or its last files are missing: put them back. While the record is served, `chancery backup` adds what \
         was recorded since.",
        words::count(*remembered, "event", "events"), path = path.display()
    )]
    Cut {
        /// Where the checkpoint is.
        path: PathBuf,
        /// Its size.
        remembered: u64,
        /// Where the backup ends.
        tail: Position,
    },
    /// The backup is of something else than what is remembered.
    #[error(
        "REWRITTEN: the first {} of the backup are not those of the checkpoint in {path}: one of the two is of a record that was \
         changed\nKeep both: the same key has signed them.",
        words::count(*remembered, "event", "events"), path = path.display()
    )]
    Rewritten {
        /// Where the checkpoint is.
        path: PathBuf,
        /// Its size.
        remembered: u64,
    },
    /// The records are sound, and a server would not start for want of a key.
    #[error("the records are sound, and a server would not start all the same: {0}")]
    KeyFile(#[from] KeyFileError),
    /// The directory is of another key.
    #[error(
        "REFUSED: {data} signs with the key {found}, not with {expected}: it is of another record, or the record has a new key",
        data = data.display()
    )]
    Foreign {
        /// The directory.
        data: PathBuf,
        /// The key that was given.
        expected: Box<VerifierKey>,
        /// Its key.
        found: Box<VerifierKey>,
    },
    /// Nothing ties the directory to the key.
    #[error(
        "REFUSED: there is no chancery.key in {data}, so that nothing says whether it is of the key {expected}\n\
         Without --key the records are verified by themselves.",
        data = data.display()
    )]
    Keyless {
        /// The directory.
        data: PathBuf,
        /// The key that was given.
        expected: Box<VerifierKey>,
    },
    /// The server has no key that this program can use.
    #[error("the key of the server cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The checkpoint is not to be believed.
    #[error("the checkpoint of the server is REFUSED: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is of another tree.
    #[error("the checkpoint of the server is REFUSED: it is not that of what was verified")]
    Other,
}

impl Verify {
    /// Verifies, and says what is wrong.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        if self.remember.is_some() && (self.backup.is_none() || self.key.is_none()) {
            let message = "--remember is for --backup with --key: of a server, `chancery check --remember` says whether it was only \
                           added to";
            return Err(Failure::Argument(message.to_owned()));
        }
        match (&self.data, &self.backup) {
            (Some(data), _) => self.verify_data(data, session).await,
            (None, Some(backup)) => self.verify_backup(backup, session),
            (None, None) => self.verify_server(session).await,
        }
    }

    fn verify_backup(&self, backup: &Path, session: &mut Session) -> Result<(), Failure> {
        let mut source = open(backup).map_err(VerifyError::Source)?;
        if let Some(key) = &self.key {
            source = source.trusting(key.clone());
        }
        let mut memory = self.memory()?;
        let progress = Progress::start("verifying", source.bytes());
        let mut inspection = Inspection::default();
        let mut findings = Findings::default();
        while let Some(records) = source.records().map_err(VerifyError::Source)? {
            for (_, recorded) in &records {
                if let Some(memory) = &mut memory {
                    memory.take(recorded);
                }
                for flaw in inspection.look_at(recorded) {
                    findings.add(
                        session,
                        v1::Finding {
                            position: recorded.position.get(),
                            place: "the backup".to_owned(),
                            problem: flaw.to_string(),
                        },
                    )?;
                }
            }
            let last = records.last().map_or(0, |(_, recorded)| recorded.position.get());
            progress.advance(source.bytes_read(), words::count(last, "event", "events"));
        }
        drop(progress);
        let (tail, root, key) = source.finish().map_err(VerifyError::Source)?;
        findings.result("")?;
        memory.map_or(Ok(()), |memory| memory.finish(tail))?;
        session.printer.text(&format!(
            "{} in the backup, all as they were signed: root {root}, of {}\n",
            words::count(tail.get(), "event", "events"),
            clean(key.name().as_str()),
        ))?;
        if self.key.is_none() {
            note("The key is the one that the backup names itself; with --key it is compared with yours.");
        }
        Ok(())
    }

    /// What the backup is compared with.
    fn memory(&self) -> Result<Option<Memory>, Failure> {
        let (Some(path), Some(key)) = (&self.remember, &self.key) else { return Ok(None) };
        let checkpoint = recall(path, key)?;
        Ok(Some(Memory { path: path.clone(), checkpoint, tree: Frontier::default() }))
    }

    async fn verify_data(&self, data: &Path, session: &mut Session) -> Result<(), Failure> {
        if let Some(kept) = finish(data)? {
            note(&finished(&kept));
        }
        let mut progress: Option<Progress> = None;
        let mut discovered = Vec::new();
        let watch = |position: Position, until: Position| {
            let bar = progress.get_or_insert_with(|| Progress::start("verifying", Some(until.get())));
            bar.advance(position.get(), words::count(position.get(), "event", "events"));
        };
        let mut total = 0;
        let examined = examine(data, watch, |discovery| {
            total += 1;
            if total <= FINDINGS_MAX {
                discovered.push(discovery);
            }
        });
        let Examined { tail, root, key, lock, dispensable, set_aside } =
            examined.await.map_err(VerifyError::Examination)?;
        drop(progress);
        if lock == Lock::Missing {
            note(
                "NOTE: the directory cannot be written to, and so not locked: no server may use it meanwhile.",
            );
        }
        if let Some(mark) = set_aside {
            note(&aside(&mark));
        }
        for file in dispensable {
            note(&format!(
                "NOTE: {} is damaged and not needed: nothing in the database depends on it. The next start makes it anew, and \
                 keeps the damaged one as sled/damaged.*.",
                file.display()
            ));
        }
        let mut findings = Findings::default();
        for Discovery { position, file, problem } in discovered {
            let place = file.display().to_string();
            findings.add(session, v1::Finding { position: position.get(), place, problem })?;
        }
        findings.total = findings.total.max(total);
        findings.result(&format!("`chancery repair --data {}` says what can be kept; ", data.display()))?;
        let key = key.map_err(VerifyError::KeyFile)?;
        match (&self.key, key) {
            (Some(expected), Some(found)) if *expected != found => {
                let (data, expected) = (data.to_owned(), Box::new(expected.clone()));
                return Err(VerifyError::Foreign { data, expected, found: Box::new(found) }.into());
            }
            (Some(expected), None) => {
                let (data, expected) = (data.to_owned(), Box::new(expected.clone()));
                return Err(VerifyError::Keyless { data, expected }.into());
            }
            _ => {}
        }
        session.printer.text(&format!(
            "{} in {}, all as they were recorded: root {root}\n",
            words::count(tail.get(), "event", "events"),
            data.display(),
        ))
    }

    async fn verify_server(&self, session: &mut Session) -> Result<(), Failure> {
        let mut operations = session.operations().await?;
        let stream = session.begun(operations.verify(v1::VerifyRequest {})).await;
        let mut stream = stream.map_err(|status| session.refused(status))?;
        let mut progress: Option<Progress> = None;
        let mut findings = Findings::default();
        let mut outcome = None;
        while let Some(answer) = session.next(&mut stream).await? {
            match answer.part {
                Some(Part::Progress(told)) => {
                    let bar = progress
                        .get_or_insert_with(|| Progress::start("verifying", Some(told.until_position)));
                    bar.advance(told.position, words::count(told.position, "event", "events"));
                }
                Some(Part::Finding(finding)) => findings.add(session, finding)?,
                Some(Part::Outcome(told)) => outcome = Some(told),
                None => {}
            }
        }
        drop(progress);
        let outcome = outcome.ok_or(Failure::Incomplete { part: "outcome" })?;
        findings.total = findings.total.max(outcome.findings);
        match session.printer.format() {
            Format::Table => {}
            Format::Json => session.printer.message(&outcome)?,
            Format::Jsonl => session.printer.lines([&outcome])?,
        }
        findings.result(
            "Once the server is stopped, `chancery verify --data` and `chancery repair --data` say what can still be read; ",
        )?;
        let checkpoint = self.checkpoint(&outcome, session).await?;
        if session.printer.format() == Format::Table {
            session.printer.text(&format!(
                "{}, all as they were recorded: root {}, as signed by {}\n",
                words::count(outcome.events, "event", "events"),
                checkpoint.root,
                clean(&checkpoint.origin),
            ))?;
        }
        Ok(())
    }

    /// The checkpoint of the server, once it is that of what was verified.
    async fn checkpoint(
        &self,
        outcome: &v1::VerifyOutcome,
        session: &Session,
    ) -> Result<Checkpoint, Failure> {
        let key = match &self.key {
            Some(key) => key.clone(),
            None => {
                let request = session.request(v1::GetVerifierKeyRequest {});
                let answer = session.audit().await?.get_verifier_key(request).await;
                let answer = answer.map_err(|status| session.refused(status))?.into_inner();
                answer.verifier_key.parse().map_err(VerifyError::Key)?
            }
        };
        let checkpoint = Checkpoint::verify(&outcome.checkpoint, &key).map_err(VerifyError::Checkpoint)?;
        let root = Hash::try_from(outcome.root_hash.as_ref()).ok();
        match checkpoint.size == outcome.events && Some(checkpoint.root) == root {
            true => Ok(checkpoint),
            false => Err(VerifyError::Other.into()),
        }
    }
}

/// A remembered checkpoint, and the tree of what was read up to its size.
struct Memory {
    path: PathBuf,
    checkpoint: Checkpoint,
    tree: Frontier,
}

impl Memory {
    fn take(&mut self, recorded: &Recorded) {
        if self.tree.size() < self.checkpoint.size {
            self.tree.push(recorded.leaf());
        }
    }

    /// Compares, once everything that was taken is known to be as it was signed.
    fn finish(self, tail: Position) -> Result<(), VerifyError> {
        let Memory { path, checkpoint: Checkpoint { size: remembered, root, .. }, tree } = self;
        match () {
            () if tree.size() < remembered => Err(VerifyError::Cut { path, remembered, tail }),
            () if tree.root() != root => Err(VerifyError::Rewritten { path, remembered }),
            () => Ok(()),
        }
    }
}

/// What to say when an exchange was brought to its end that an earlier command had begun.
pub fn finished(kept: &Path) -> String {
    format!(
        "NOTE: a repair was interrupted at its last step, and is complete now: it kept the old directory in {}.",
        kept.display()
    )
}

/// What to say of a directory that has this mark.
pub fn aside(mark: &Path) -> String {
    format!(
        "NOTE: a repair has set this directory aside, and no server starts in it: its record goes on in the one that took its \
         place, which {} names.",
        mark.display()
    )
}

/// What was found to be wrong.
#[derive(Debug, Default)]
struct Findings {
    total: u64,
    first: Option<u64>,
}

impl Findings {
    /// Prints one.
    fn add(&mut self, session: &mut Session, finding: v1::Finding) -> Result<(), Failure> {
        self.total += 1;
        self.first = Some(self.first.map_or(finding.position, |first| first.min(finding.position)));
        match session.printer.format() {
            Format::Table => {
                let v1::Finding { position, place, problem } = &finding;
                session.printer.text(&format!("position {position}, {}: {}\n", clean(place), clean(problem)))
            }
            Format::Json => session.printer.message(&finding),
            Format::Jsonl => session.printer.lines([&finding]),
        }
    }

    fn result(&self, next: &str) -> Result<(), VerifyError> {
        match self.first {
            Some(first) => Err(VerifyError::Findings { findings: self.total, first, next: next.to_owned() }),
            None => Ok(()),
        }
    }
}
