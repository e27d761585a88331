//! Loading: files of events become commits, one after the other, with an account of what was recorded.

use std::{fmt, time::Duration};

use tokio::sync::mpsc;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

pub use super::input::Inputs;
use super::{
    failure::Failure,
    input::{Batch, BatchError, Batches, InputError, Line, Origin, Span, encoded_len, span},
    page::clean,
    refusal, words,
};
use crate::wire::v1::{self, submission_service_client::SubmissionServiceClient};

/// The most events of a commit.
pub const COMMIT_EVENTS_MAX: usize = 1_000;

/// The most encoded bytes of a commit: 2 MiB.
pub const COMMIT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// How often a busy server is asked again.
const RETRIES_MAX: u32 = 6;

/// The longest wait before a busy server is asked again.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How many violations are listed; more would hide the account below them.
const VIOLATIONS_SHOWN_MAX: usize = 20;

/// How lines become commits.
#[derive(Debug)]
pub enum Commits {
    /// Batches of lines, each all or nothing, in order.
    Batches,
    /// All lines as one commit, under these checks.
    One(Vec<v1::Check>),
}

/// What was recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The lines that are in the record now.
    pub lines: u64,
    /// How many of them are new.
    pub new: u64,
    /// The lowest and the highest position of new ones.
    pub positions: Option<(u64, u64)>,
}

impl Loaded {
    fn add(&mut self, receipts: &[v1::Receipt]) {
        self.lines += receipts.len() as u64;
        for receipt in receipts.iter().filter(|receipt| !receipt.deduplicated) {
            self.new += 1;
            let (first, last) = self.positions.unwrap_or((receipt.position, receipt.position));
            self.positions = Some((first.min(receipt.position), last.max(receipt.position)));
        }
    }
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.lines - self.new;
        match self.positions {
            None if known == 0 => write!(f, "nothing"),
            None => write!(f, "nothing new; {} recorded already", were(known)),
            Some((first, last)) => {
                // Others may have written in between.
                let contiguous = last - first + 1 == self.new;
                let preposition = match (first == last, contiguous) {
                    (true, _) => format!("at position {first}"),
                    (_, true) => format!("at positions {first}–{last}"),
                    (_, false) => format!("between positions {first} and {last}"),
                };
                write!(f, "{} {preposition}", words::count(self.new, "event", "events"))?;
                if known == 0 { Ok(()) } else { write!(f, "; {} recorded already", were(known)) }
            }
        }
    }
}

fn were(lines: u64) -> String {
    format!("{} {}", words::count(lines, "line", "lines"), if lines == 1 { "was" } else { "were" })
}

/// One commit of a load is durable.
#[derive(Debug)]
pub struct Step<'a> {
    /// The receipts of the commit.
    pub receipts: &'a [v1::Receipt],
    /// What was recorded so far, with this commit.
    pub loaded: Loaded,
    /// How many bytes of the inputs were read for it.
    pub bytes_read: u64,
}

/// Why a load stopped, and what is recorded all the same.
#[derive(Debug)]
pub struct LoadError {
    cause: Cause,
    loaded: Loaded,
    withheld: Option<Span>,
}

#[derive(Debug)]
enum Cause {
    Input(InputError),
    TooLarge { lines: usize, bytes: usize },
    Refused { refusal: Refusal, outcome: Outcome },
}

/// Whether a commit that failed may have been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    NotRecorded,
    Unknown,
}

impl std::error::Error for LoadError {}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faulty: Vec<&Origin> = Vec::new();
        match &self.cause {
            Cause::Input(error) => {
                writeln!(f, "{error}")?;
                faulty.extend(error.origin());
            }
            Cause::TooLarge { lines, bytes } => writeln!(
                f,
                "{lines} lines with {bytes} bytes are more than one commit may hold: {COMMIT_EVENTS_MAX} events, \
                 {} MiB",
                COMMIT_BYTES_MAX / 1024 / 1024
            )?,
            Cause::Refused { refusal, .. } => {
                writeln!(f, "{refusal}")?;
                faulty.extend(refusal.lines());
            }
        }
        if self.loaded.lines == 0 {
            writeln!(f, "Recorded before that: nothing.")?;
        } else {
            writeln!(f, "Recorded before that: {}.", self.loaded)?;
        }
        if let Some(withheld) = &self.withheld {
            match &self.cause {
                Cause::Refused { outcome: Outcome::Unknown, .. } => {
                    writeln!(f, "Whether {withheld} is recorded is not known: all of it, or nothing.")?;
                }
                _ => writeln!(f, "Nothing of {withheld} was recorded.")?,
            }
        }
        let again = "run the same command again; lines already recorded are recognised and skipped.";
        match (&self.cause, faulty.as_slice()) {
            (Cause::TooLarge { .. }, _) => write!(f, "Leave out --atomic, or split the input."),
            (Cause::Refused { refusal, .. }, _) if refusal.code == Code::Aborted => {
                write!(f, "Ask again, decide again, and submit with the positions of the new answers.")
            }
            (Cause::Refused { refusal, .. }, [line]) if refusal.code == Code::AlreadyExists => write!(
                f,
                "A recorded event never changes: give line {} an id of its own, or record a correction; then {again}",
                line.line
            ),
            (_, [line]) => write!(f, "Mend line {} of {} and {again}", line.line, clean(&line.file)),
            (Cause::Refused { refusal, .. }, []) if refusal.code != Code::InvalidArgument => {
                write!(f, "When the cause is gone, {again}")
            }
            _ => write!(f, "Mend this and {again}"),
        }
    }
}

/// A server's error about a commit, with the lines it concerns.
#[derive(Debug)]
pub struct Refusal {
    /// Its code.
    pub code: Code,
    head: String,
    violations: Vec<(Option<Origin>, String)>,
}

impl Refusal {
    /// Finds the lines that an error speaks of.
    ///
    /// Violations name `events[i].…`; other errors may name an event id in their text or their metadata.
    pub fn new(status: &Status, server: &str, lines: &[Line]) -> Refusal {
        let details = status.get_error_details();
        let fields = details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default();
        let mut violations: Vec<(Option<Origin>, String)> = Vec::new();
        for violation in fields {
            let description = clean(&violation.description);
            match event_of(&violation.field).and_then(|(index, field)| Some((lines.get(index)?, field))) {
                Some((line, "")) => violations.push((Some(line.origin.clone()), description)),
                Some((line, field)) => {
                    violations.push((Some(line.origin.clone()), format!("{}: {description}", clean(field))));
                }
                None => violations.push((None, format!("{}: {description}", clean(&violation.field)))),
            }
        }
        if violations.is_empty() {
            let metadata =
                details.error_info().map(|info| info.metadata.values().cloned().collect::<Vec<_>>());
            let texts = [vec![status.message().to_owned()], metadata.unwrap_or_default()].concat();
            let named = |line: &&Line| texts.iter().any(|text| text.contains(&line.event.event_id));
            let line = if status.code() == Code::AlreadyExists { lines.iter().find(named) } else { None };
            violations.extend(
                line.map(|line| (Some(line.origin.clone()), format!("event {}", line.event.event_id))),
            );
        }
        let head = match (violations.is_empty(), status.code()) {
            (false, Code::InvalidArgument | Code::NotFound) => "the server refused this:".to_owned(),
            (false, Code::AlreadyExists) => "recorded already with other content:".to_owned(),
            // The text for other codes has its own lines and advice.
            _ => refusal::explain(status, server),
        };
        Refusal { code: status.code(), head, violations }
    }

    /// The lines at fault, in order, each once.
    pub fn lines(&self) -> Vec<&Origin> {
        let mut lines: Vec<&Origin> = Vec::new();
        for origin in self.violations.iter().filter_map(|(origin, _)| origin.as_ref()) {
            if lines.last() != Some(&origin) {
                lines.push(origin);
            }
        }
        lines
    }

    /// What is wrong, with the line where it is known.
    pub fn violations(&self) -> impl Iterator<Item = (Option<&Origin>, &str)> {
        self.violations.iter().map(|(origin, text)| (origin.as_ref(), text.as_str()))
    }

    /// The error as a whole, for when no line is known.
    pub fn head(&self) -> &str {
        &self.head
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        for (origin, text) in self.violations.iter().take(VIOLATIONS_SHOWN_MAX) {
            match origin {
                Some(origin) => write!(f, "\n  {origin}: {text}")?,
                None => write!(f, "\n  {text}")?,
            }
        }
        match self.violations.len().saturating_sub(VIOLATIONS_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Takes `events[3].fact.effective_on` apart: the index of the event, and the field of it.
fn event_of(field: &str) -> Option<(usize, &str)> {
    let (index, field) = field.strip_prefix("events[")?.split_once(']')?;
    Some((index.parse().ok()?, field.strip_prefix('.').unwrap_or(field)))
}

/// Submits files to a server.
#[derive(Debug)]
pub struct Loader {
    /// The server.
    pub client: SubmissionServiceClient<Channel>,
    /// Its address, for people to read.
    pub server: String,
    /// How long to wait for each commit.
    pub timeout: Duration,
}

impl Loader {
    /// Loads the files in order, and tells `watch` of each commit. Files are read and understood while commits are under
    /// way; nothing of a batch is sent before all of it has been understood.
    ///
    /// Errors: [`Failure::Load`] with the account of what was recorded before it; what `watch` answers.
    pub async fn load(
        mut self,
        inputs: Inputs,
        commits: Commits,
        watch: &mut (dyn FnMut(Step<'_>) -> Result<(), Failure> + Send),
    ) -> Result<Loaded, Failure> {
        let mut loaded = Loaded::default();
        let (checks, mut batches) = match commits {
            Commits::Batches => (Vec::new(), read_batches(inputs)),
            Commits::One(checks) => (checks, read_one(inputs)?),
        };
        while let Some(batch) = batches.recv().await {
            let Batch { lines, bytes_read } = batch.map_err(|stopped| {
                let BatchError { error, withheld } = *stopped;
                Box::new(LoadError { cause: Cause::Input(error), loaded, withheld })
            })?;
            let events = lines.iter().map(|line| line.event.clone()).collect();
            let receipts = self.submit(v1::SubmitRequest { events, checks: checks.clone() }).await;
            let receipts = receipts.map_err(|status| {
                let refusal = Refusal::new(&status, &self.server, &lines);
                Box::new(LoadError {
                    cause: Cause::Refused { refusal, outcome: outcome(&status) },
                    loaded,
                    withheld: span(lines.iter().map(|line| &line.origin)),
                })
            })?;
            if receipts.len() != lines.len() {
                return Err(Failure::Incomplete { part: "receipts" });
            }
            loaded.add(&receipts);
            watch(Step { receipts: &receipts, loaded, bytes_read })?;
        }
        Ok(loaded)
    }

    /// Submits a commit; a server that is busy and says when to come back is asked again.
    async fn submit(&mut self, commit: v1::SubmitRequest) -> Result<Vec<v1::Receipt>, Status> {
        let mut attempt = 0;
        loop {
            let mut request = tonic::Request::new(commit.clone());
            request.set_timeout(self.timeout);
            match self.client.submit(request).await {
                Ok(answer) => return Ok(answer.into_inner().receipts),
                Err(status) => match wait(&status, attempt) {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Err(status),
                },
            }
            attempt += 1;
        }
    }
}

/// How long to wait before asking again; `None`: asking again would not help.
fn wait(status: &Status, attempt: u32) -> Option<Duration> {
    let busy = matches!(status.code(), Code::ResourceExhausted | Code::Unavailable);
    let asked = status.get_details_retry_info().and_then(|retry| retry.retry_delay)?;
    let backoff = Duration::from_millis(50).saturating_mul(1 << attempt.min(10));
    (busy && attempt < RETRIES_MAX).then(|| asked.max(backoff).min(WAIT_MAX))
}

/// What an error says about the commit: some come from the way, not from the server's decision.
fn outcome(status: &Status) -> Outcome {
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::Aborted
        | Code::ResourceExhausted
        | Code::OutOfRange
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::Unimplemented
        | Code::FailedPrecondition => Outcome::NotRecorded,
        _ => Outcome::Unknown,
    }
}

/// Reads ahead on a thread of its own, two batches at most.
fn read_batches(inputs: Inputs) -> Ahead {
    let (sender, receiver) = mpsc::channel(2);
    // Not a task: a read from a terminal cannot be cancelled, and must not hold up the end of the program.
    std::thread::spawn(move || {
        for batch in Batches::new(inputs.lines()) {
            if sender.blocking_send(batch).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The batches that a loader sends, as they are read.
type Ahead = mpsc::Receiver<Result<Batch, Box<BatchError>>>;

/// Reads everything as one batch.
fn read_one(inputs: Inputs) -> Result<Ahead, Box<LoadError>> {
    let stopped = |cause, lines: &[Line]| {
        let withheld = span(lines.iter().map(|line| &line.origin));
        Box::new(LoadError { cause, loaded: Loaded::default(), withheld })
    };
    let mut lines = Vec::new();
    let mut bytes = 0;
    let mut source = inputs.lines();
    for line in source.by_ref() {
        let line = line.map_err(|error| stopped(Cause::Input(error), &lines))?;
        bytes += encoded_len(&line.event);
        lines.push(line);
        if COMMIT_EVENTS_MAX < lines.len() || COMMIT_BYTES_MAX < bytes {
            return Err(stopped(Cause::TooLarge { lines: lines.len(), bytes }, &lines));
        }
    }
    let (sender, receiver) = mpsc::channel(1);
    if !lines.is_empty() {
        // There is room for it: nothing else was sent.
        let _ = sender.try_send(Ok(Batch { lines, bytes_read: source.bytes_read() }));
    }
    Ok(receiver)
}
