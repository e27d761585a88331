//! Faults in the database while the journal moves into it under load: what becomes of writes, of reads, and of the stop.

use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::{
    client::{self, Commit, Receipts},
    common::{self, Server},
    tracer::{self, Fault},
};

/// What a server is given to do.
struct Load {
    journal_bytes: &'static str,
    commits: u64,
    events: u64,
}

/// A journal that turns with every few commits, for as long as it takes until one thread has made as many calls as a fault
/// waits for: each is counted by itself, and how many share the work differs.
const UNTIL_IT_SHOWS: Load = Load { journal_bytes: "60000", commits: 2_000, events: 3 };
/// A journal that turns with every few commits, for a while.
const MANY_TURNS: Load = Load { commits: 90, ..UNTIL_IT_SHOWS };
/// A journal that moves at the stop only, and then in two parts.
const ONE_AT_THE_STOP: Load = Load { journal_bytes: "16000000", commits: 3, events: 60 };
/// The number of a commit that no load has.
const FRESH: u64 = 1_000;
/// How often a reader may be told that the log cannot be read: once for each of its threads that meets the fault.
const FAILED_READS_MAX: usize = 40;

/// What became of a server under a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It took no more writes, and said so.
    Poisoned,
    /// It took everything, and had the fault when it stopped.
    Stopped,
    /// The fault made no difference.
    Unharmed,
}

const fn on_database(calls: &'static str, effect: &'static str, when: &'static str) -> Fault {
    Fault { calls, effect, files: "sled/db", when }
}

const fn anywhere(calls: &'static str, effect: &'static str, when: &'static str) -> Fault {
    Fault { calls, effect, files: "", when }
}

impl Load {
    fn commits(&self) -> impl Iterator<Item = Commit> {
        let events = self.events;
        (5..5 + self.commits).map(move |number| Commit { number, events, bytes: 8_000 })
    }
}

const fn small(number: u64) -> Commit {
    Commit { number, events: 3, bytes: 8_000 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_or_sync_of_the_database_poisons_and_reads_go_on() {
    // The thread that starts the log writes to the database once, and syncs it once.
    for fault in [
        on_database("pwrite64", "error=EIO", "2"),
        on_database("pwrite64", "error=ENOSPC", "3+"),
        on_database("sync_file_range", "error=EIO", "1"),
        on_database("sync_file_range", "error=EIO", "4"),
        on_database("fdatasync", "error=ENOSPC", "2"),
        on_database("fdatasync", "error=EIO", "6"),
        // What the disk only says it has written.
        on_database("pwrite64", "retval=8", "3"),
    ] {
        assert_eq!(check(fault, &UNTIL_IT_SHOWS).await, Outcome::Poisoned, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_opened_anew_poisons_and_is_tried_again() {
    for (fault, expected) in [
        (on_database("fsync", "error=EIO", "2"), Outcome::Poisoned),
        (on_database("openat", "error=EMFILE", "4"), Outcome::Poisoned),
        // Its snapshot replaces the one before.
        (anywhere("/^rename", "error=ENOSPC", "1"), Outcome::Poisoned),
        (anywhere("/^rename", "error=EIO", "3"), Outcome::Poisoned),
        // The file that looks for room, then the earlier snapshot: that may stay.
        (anywhere("/^unlink", "error=EIO", "1"), Outcome::Poisoned),
        (anywhere("/^unlink", "error=EIO", "2"), Outcome::Unharmed),
    ] {
        let load = if expected == Outcome::Poisoned { &UNTIL_IT_SHOWS } else { &MANY_TURNS };
        assert_eq!(check(fault, load).await, expected, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_fails_at_the_stop_loses_nothing() {
    for fault in [
        on_database("sync_file_range", "error=EIO", "1"),
        on_database("sync_file_range", "error=ENOSPC:delay_enter=100000", "1"),
        on_database("fdatasync", "error=ENOSPC", "2"),
        on_database("fsync", "error=EIO", "2"),
        anywhere("/^rename", "error=EIO", "1"),
    ] {
        assert_eq!(check(fault, &ONE_AT_THE_STOP).await, Outcome::Stopped, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_of_the_database_that_fails_late_leaves_nobody_waiting() {
    // A later write is done by then, and wakes the flush before there is an error to find.
    for _ in 0..4 {
        let late = on_database("pwrite64", "error=EIO:delay_enter=300000", "2");
        assert_eq!(check(late, &UNTIL_IT_SHOWS).await, Outcome::Poisoned);
    }
}

/// Submits to a server with a fault in its database until it refuses, and checks what it says and does then, how it
/// stops, and what a server without one finds.
async fn check(fault: Fault, load: &Load) -> Outcome {
    let args = &["--journal-bytes", load.journal_bytes, "--log", "warn"];
    let what = format!("{fault:?}");
    let data = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    // Something old, which is in the database only.
    let server = Server::start(data.path(), args);
    for number in 0..5 {
        client::submit(server.url(), small(number), &mut receipts).await.unwrap();
    }
    assert!(server.stop().success(), "{what}");

    let server = Server::spawn(tracer::under(fault, data.path(), args));
    let mut outcome = Outcome::Unharmed;
    for commit in load.commits() {
        if let Err(status) = client::submit(server.url(), commit, &mut receipts).await {
            assert_eq!(status.code(), Code::Unavailable, "{what}: {status}");
            outcome = Outcome::Poisoned;
            break;
        }
    }
    if outcome == Outcome::Poisoned {
        check_poisoned(server.url(), &mut receipts, &what).await;
    }
    read_on(server.url(), &receipts, &what).await;
    common::terminate(tracer::traced(&server));
    if !server.wait().success() && outcome == Outcome::Unharmed {
        outcome = Outcome::Stopped;
    }
    assert!(tracer::injected(data.path()), "{what}: the call was not made");

    let server = Server::start(data.path(), args);
    let positions = client::read(server.url()).await.unwrap();
    client::check_receipts(&positions, &receipts, &what);
    load.commits().for_each(|commit| client::check_whole(&positions, commit, &what));
    client::submit(server.url(), small(FRESH + 1), &mut receipts).await.unwrap();
    assert!(server.stop().success(), "{what}");
    outcome
}

/// A server that takes no more writes says why and so, to clients and to whoever asks for its health.
async fn check_poisoned(url: &str, receipts: &mut Receipts, what: &str) {
    let again = client::submit(url, small(FRESH), receipts).await.unwrap_err();
    assert_eq!(again.code(), Code::Unavailable, "{what}: {again}");
    let reason = client::poisoned(url).await;
    assert!(reason.contains("into the store"), "{what}: {reason}");
    client::until_health(url, "chancery.v1.SubmissionService", ServingStatus::NotServing).await;
    for service in ["", "chancery.v1.HistoryService", "chancery.v1.QueryService"] {
        client::until_health(url, service, ServingStatus::Serving).await;
    }
}

/// Everything can be read. A thread that reads while the database cannot be opened meets the fault itself and says so.
async fn read_on(url: &str, receipts: &Receipts, what: &str) {
    for _ in 0..FAILED_READS_MAX {
        match client::read(url).await {
            Ok(positions) => return client::check_receipts(&positions, receipts, what),
            Err(status) => assert!(status.message().contains("could not be read"), "{what}: {status}"),
        }
    }
    panic!("{what}: reads do not go on");
}
