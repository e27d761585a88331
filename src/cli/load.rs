//! Loading: files of events become commits, one after the other, with an account of what was recorded.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use tokio::sync::mpsc;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

pub use super::{account::Loaded, input::Inputs};
use super::{
    account::{Cause, LoadError, Outcome},
    batch::{Batch, BatchError, Batches, encoded_len},
    connection::connect,
    failure::Failure,
    faults::Faults,
    input::{Line, span},
    progress::Progress,
};
use crate::{
    service::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX},
    wire::v1::{self, submission_service_client::SubmissionServiceClient},
};

/// How often a busy server is asked again.
const RETRIES_MAX: u32 = 6;

/// The longest wait before a busy server is asked again.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How long a server on this machine may take for a commit.
const LOCAL_TIMEOUT: Duration = Duration::from_secs(60);

/// How lines become commits.
#[derive(Debug)]
pub enum Commits {
    /// Batches of lines, each all or nothing, in order.
    Batches,
    /// All lines as one commit, under these checks.
    One(Vec<v1::Check>),
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

/// Loads a directory into a server on this machine, with a progress bar on a terminal: what `serve` does with its seeds.
///
/// Errors: as [`Loader::load`]; [`Failure::Unreachable`] when the server does not take the connection.
pub async fn load_directory(server: SocketAddr, directory: &Path) -> Result<Loaded, Failure> {
    // A wildcard address is for listening; whoever listens on it is reached by loopback.
    let host = match server.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let server = format!("http://{}", SocketAddr::new(host, server.port()));
    let inputs = Inputs::find(&[directory.to_owned()])?;
    let progress = Progress::start("loading", inputs.bytes());
    let client = SubmissionServiceClient::new(connect(&server, LOCAL_TIMEOUT).await?);
    let loader = Loader { client, server, timeout: LOCAL_TIMEOUT };
    let watch = &mut |step: Step<'_>| {
        progress.show(&step);
        Ok(())
    };
    loader.load(inputs, Commits::Batches, watch).await
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
                let faults = Faults::new(&status, &self.server, &lines);
                Box::new(LoadError {
                    cause: Cause::Refused { faults, outcome: Outcome::of(&status) },
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
