//! A disk that fails: errors injected into single system calls of a real server, by `strace`.
//!
//! Whatever fails, a commit that was answered with a receipt is there after a restart, one that was answered with an error
//! is there whole or not at all, and until the restart everything acknowledged can be read.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "faults/archiving.rs"]
mod archiving;
#[path = "faults/client.rs"]
mod client;
mod common;
#[path = "faults/full.rs"]
mod full;
#[path = "faults/names.rs"]
mod names;
#[path = "faults/short.rs"]
mod short;
#[path = "faults/tracer.rs"]
mod tracer;

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    process::Command,
};

use chancery::wire::v1::{
    self, history_service_client::HistoryServiceClient, submission_service_client::SubmissionServiceClient,
};
use common::{Server, events};

/// The tracer's report, in the data directory.
const TRACE: &str = "trace";
/// How many events are in a commit.
const EVENTS: u64 = 3;

/// Which call fails: its name, the error, the file below the data directory, and which of the calls that a thread makes
/// on that file; `3+` is the third and all later ones.
type Fault = (&'static str, &'static str, &'static str, &'static str);

/// Every file of the log that is written.
const ALL: &str = "journal/0 journal/1 tail sled/db";

/// What became of a server under a fault.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// It did not start.
    Refused,
    /// It took so many commits and refused the rest.
    Poisoned(usize),
    /// It took everything, and had the fault when it stopped.
    Stopped,
    /// The call was not made.
    Spared,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_append_is_an_error_and_poisons() {
    // A start moves what is in the journal, empties it, and then the first append makes room: one write, one sync.
    for fault in [
        ("pwrite64", "ENOSPC", "journal/0", "1"),
        ("fsync", "EIO", "journal/0", "1"),
        ("pwrite64", "EIO", "journal/0", "2"),
        ("fdatasync", "EIO", "journal/0", "1"),
    ] {
        assert_eq!(check(fault).await, Outcome::Poisoned(0), "{fault:?}");
    }
    for fault in [("pwrite64", "ENOSPC", "journal/0", "4"), ("fdatasync", "ENOSPC", "journal/0", "3")] {
        assert_eq!(check(fault).await, Outcome::Poisoned(2), "{fault:?}");
    }
    // The thread that starts the log writes to the tail file three times, the one that appends once for an append.
    assert_eq!(check(("pwrite64", "EIO", "tail", "4")).await, Outcome::Poisoned(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_is_over_with_a_restart() {
    assert_eq!(check(("pwrite64", "ENOSPC", ALL, "1+")).await, Outcome::Refused);
    assert_eq!(check(("pwrite64", "ENOSPC", "journal/0 journal/1", "1+")).await, Outcome::Poisoned(0));
    // Two writes of a thread for the first append, and two for each after it.
    assert_eq!(check(("pwrite64", "ENOSPC", "journal/0 tail", "5+")).await, Outcome::Poisoned(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_start_can_be_tried_again() {
    for fault in [
        ("pwrite64", "ENOSPC", "sled/db", "1"),
        ("pwrite64", "EIO", "sled/db", "2"),
        ("sync_file_range", "EIO", "sled/db", "1"),
        ("fdatasync", "EIO", "sled/db", "1"),
        ("fdatasync", "EIO", "sled/db", "2"),
        ("fsync", "EIO", "sled/db", "1"),
        ("pwrite64", "EIO", "tail", "1"),
        ("pwrite64", "ENOSPC", "tail", "2"),
        ("fdatasync", "EIO", "tail", "1"),
        ("fdatasync", "EIO", "tail", "2"),
        ("openat", "EMFILE", "journal/0", "1"),
        ("openat", "ENOSPC", "journal/0", "2"),
        ("openat", "EIO", "sled/db", "1"),
        ("ftruncate", "EIO", "lock", "1"),
    ] {
        // A log that opens and then cannot move its journal is read, and takes nothing.
        let outcome = check(fault).await;
        assert!(matches!(outcome, Outcome::Refused | Outcome::Poisoned(0)), "{fault:?}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_stop_loses_nothing() {
    // Only the stop gives the journal's room back, and syncs the file that nothing was written to.
    for fault in [
        ("ftruncate", "EIO", "journal/0", "1"),
        ("ftruncate", "ENOSPC", "journal/1", "1"),
        ("fsync", "EIO", "journal/1", "1"),
    ] {
        assert_eq!(check(fault).await, Outcome::Stopped, "{fault:?}");
    }
}

/// Submits to a server under a fault, stops it, and checks what a server without one finds.
async fn check(fault: Fault) -> Outcome {
    let data = tempfile::tempdir().unwrap();
    let mut receipts = BTreeMap::new();
    let server = Server::start(data.path(), &[]);
    assert_eq!(submit(server.url(), 1..4, &mut receipts).await, 3, "{fault:?}");
    // The next start has something in the journal.
    server.kill();

    let outcome = match catch_unwind(AssertUnwindSafe(|| Server::spawn(under(fault, data.path())))) {
        Err(_) => Outcome::Refused,
        Ok(server) => {
            let taken = submit(server.url(), 4..9, &mut receipts).await;
            let positions = read(server.url()).await;
            assert!(receipts.iter().all(|(id, at)| positions.get(id) == Some(at)), "{fault:?}: reads go on");
            // The tracer ends with the server.
            let tracer = server.pid();
            let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
            common::terminate(children.split_whitespace().next().unwrap().parse().unwrap());
            server.wait();
            match fs::read_to_string(data.path().join(TRACE)).unwrap().contains("(INJECTED)") {
                true if taken < 5 => Outcome::Poisoned(taken),
                true => Outcome::Stopped,
                false => Outcome::Spared,
            }
        }
    };

    let server = Server::start(data.path(), &[]);
    let positions = read(server.url()).await;
    for (id, position) in &receipts {
        assert_eq!(positions.get(id), Some(position), "{fault:?}: {id} was acknowledged");
    }
    for commit in 1..9 {
        let there =
            (0..EVENTS).filter(|n| positions.contains_key(&events::id(number(commit, *n)))).count() as u64;
        assert!(there == 0 || there == EVENTS, "{fault:?}: {there} events of commit {commit}");
    }
    let before = positions.len() as u64;
    assert_eq!(submit(server.url(), 9..10, &mut receipts).await, 1, "{fault:?}: a restart ends it");
    assert!(receipts.values().any(|position| *position == before + 1));
    outcome
}

fn number(commit: u64, event: u64) -> u64 {
    commit * 10 + event
}

/// Submits commits one after the other, and returns how many were taken; after the first error none may be.
async fn submit(url: &str, commits: std::ops::Range<u64>, receipts: &mut BTreeMap<String, u64>) -> usize {
    let mut submission = SubmissionServiceClient::connect(url.to_owned()).await.unwrap();
    let (mut taken, mut failed) = (0, false);
    for commit in commits {
        let events = (0..EVENTS).map(|event| number(commit, event));
        let events = events.map(|number| events::actor(number, &format!("a{number}"))).collect();
        match submission.submit(v1::SubmitRequest { events, checks: Vec::new() }).await {
            Ok(answer) => {
                assert!(!failed, "commit {commit} was taken after one had failed");
                taken += 1;
                let answered = answer.into_inner().receipts.into_iter();
                receipts.extend(answered.map(|receipt| (receipt.event_id, receipt.position)));
            }
            Err(_) => failed = true,
        }
    }
    taken
}

/// The ids on record, with their positions, which have no gaps.
async fn read(url: &str) -> BTreeMap<String, u64> {
    let mut history = HistoryServiceClient::connect(url.to_owned()).await.unwrap();
    let mut batches = history.read(v1::ReadRequest::default()).await.unwrap().into_inner();
    let mut ids = BTreeMap::new();
    while let Some(batch) = batches.message().await.unwrap() {
        for record in batch.records {
            assert_eq!(record.position, ids.len() as u64 + 1);
            ids.insert(record.event.unwrap().event_id, record.position);
        }
    }
    ids
}

fn under((call, error, file, when): Fault, data: &Path) -> Command {
    let server = common::chancery();
    let mut command = Command::new("strace");
    command.args(["-f", "-e", &format!("trace={call}"), "-o"]).arg(data.join(TRACE));
    for file in file.split(' ') {
        command.arg("-P").arg(data.canonicalize().unwrap().join(file));
    }
    command.args(["-e", &format!("inject={call}:error={error}:when={when}")]);
    command.arg(server.get_program()).args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}
