//! Faults in the database while the journal moves into it under load: what becomes of writes, of reads, and of the stop.

use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::{
    client::{self, Commit, Receipts},
    common::{self, Server},
    tracer::{self, Fault},
};

/// A journal that turns with every few commits.
const ARGS: &[&str] = &["--journal-bytes", "60000", "--log", "warn"];
/// How many commits are tried at most until the fault shows.
const COMMITS_MAX: u64 = 400;

/// What became of a server under a fault.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// It took no more writes, went on with reads, and said so.
    Poisoned,
    Refused,
    /// The fault made no difference.
    Unharmed,
}

const fn fault(calls: &'static str, effect: &'static str, when: &'static str) -> Fault {
    Fault { calls, effect, files: "sled/db", when }
}

const fn commit(number: u64) -> Commit {
    Commit { number, events: 3, bytes: 8_000 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explore() {
    for (calls, effect, when) in [
        ("pwrite64", "error=EIO:delay_enter=300000", "2"),
        ("pwrite64", "error=EIO:delay_enter=300000", "3"),
        ("sync_file_range", "error=EIO:delay_enter=300000", "2"),
        ("sync_file_range", "error=EIO:delay_exit=300000", "1"),
        ("pwrite64", "error=EIO:delay_enter=300000", "2"),
        ("pwrite64", "error=EIO:delay_enter=300000", "3"),
        ("sync_file_range", "error=EIO:delay_enter=300000", "2"),
        ("sync_file_range", "error=EIO:delay_exit=300000", "1"),
        ("pwrite64", "error=EIO:delay_enter=300000", "2"),
        ("pwrite64", "error=EIO:delay_enter=300000", "3"),
        ("sync_file_range", "error=EIO:delay_enter=300000", "2"),
        ("sync_file_range", "error=EIO:delay_exit=300000", "1"),
        ("pwrite64", "error=EIO:delay_enter=300000", "2"),
        ("pwrite64", "error=EIO:delay_enter=300000", "3"),
        ("sync_file_range", "error=EIO:delay_enter=300000", "2"),
        ("sync_file_range", "error=EIO:delay_exit=300000", "1"),
    ] {
        let begun = std::time::Instant::now();
        let outcome = tokio::spawn(async move { check(fault(calls, effect, when)).await }).await.map_err(drop);
        eprintln!("OUTCOME {calls} {effect} {when}: {outcome:?} {:?}", begun.elapsed());
    }
}

/// Submits to a server with a fault in its database until it refuses, and checks what it says and does then, how it
/// stops, and what a server without one finds.
async fn check(fault: Fault) -> Outcome {
    let what = format!("{fault:?}");
    let data = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    // Something old, which is in the database only.
    let server = Server::start(data.path(), ARGS);
    for number in 0..5 {
        client::submit(server.url(), commit(number), &mut receipts).await.unwrap();
    }
    assert!(server.stop().success());

    let server = match Server::try_spawn(tracer::under(fault, data.path(), ARGS)) {
        Ok(server) => server,
        Err(_) => return Outcome::Refused,
    };
    let mut failed = None;
    for number in 5..COMMITS_MAX {
        if let Err(status) = client::submit(server.url(), commit(number), &mut receipts).await {
            failed = Some((commit(number), status));
            break;
        }
    }
    eprintln!("{what}: failed {failed:?} after {}", receipts.len());
    let outcome = match &failed {
        None => Outcome::Unharmed,
        Some((failed, status)) => {
            assert_eq!(status.code(), Code::Unavailable, "{what}: {status}");
            let again = client::submit(server.url(), Commit { number: failed.number + 1, ..*failed }, &mut receipts).await;
            assert_eq!(again.unwrap_err().code(), Code::Unavailable, "{what}");
            let reason = client::poisoned(server.url()).await;
            assert!(!reason.is_empty(), "{what}");
            client::until_health(server.url(), "chancery.v1.SubmissionService", ServingStatus::NotServing).await;
            client::until_health(server.url(), "chancery.v1.QueryService", ServingStatus::Serving).await;
            Outcome::Poisoned
        }
    };
    let positions = client::read(server.url()).await.unwrap_or_else(|status| panic!("{what}: {status}"));
    client::check_receipts(&positions, &receipts, &what);
    common::terminate(tracer::traced(&server));
    let status = server.wait();
    eprintln!("{what}: {status:?}");
    assert_eq!(status.success(), outcome == Outcome::Unharmed, "{what}: {status}");

    let server = Server::start(data.path(), ARGS);
    let positions = client::read(server.url()).await.unwrap();
    client::check_receipts(&positions, &receipts, &what);
    for number in 0..COMMITS_MAX {
        client::check_whole(&positions, commit(number), &what);
    }
    client::submit(server.url(), commit(COMMITS_MAX), &mut receipts).await.unwrap();
    assert!(server.stop().success());
    outcome
}
