//! Files that are replaced whole: faults, and the end of the process, at every step of making one and giving it its name.

use std::{fs, path::Path, process::Command};

use crate::{
    client::{self, Commit, Receipts},
    common::{self, Server},
    tracer::{self, Fault},
};

/// So many events make a snapshot at the stop worth while.
const LARGE: u64 = 1_000;

const fn commit(number: u64) -> Commit {
    Commit { number, events: LARGE, bytes: 0 }
}

/// Calls that make a snapshot of the ledger, or that of the projections after it.
const SNAPSHOT: &[(&str, &str, &str)] = &[
    ("error=ENOSPC", "write", "snapshots/ledger.new"),
    ("error=EIO", "/^rename", "snapshots/projections.new"),
    ("signal=KILL", "write", "snapshots/ledger.new"),
    ("signal=KILL", "/^rename", "snapshots/ledger.new"),
    ("signal=KILL", "fsync", "snapshots/projections.new"),
    ("signal=KILL", "/^rename", "snapshots/projections.new"),
];

/// A stopped record with snapshots, to be copied.
async fn with_snapshots(data: &Path, receipts: &mut Receipts) {
    let server = Server::start(data, &[]);
    for number in 0..2 {
        client::submit(server.url(), commit(number), receipts).await.unwrap();
    }
    assert!(server.stop().success());
    assert!(data.join("snapshots/projections").exists());
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap().success());
}

/// A server has everything, takes more, and leaves whole snapshots where there may be parts of some.
async fn check(data: &Path, receipts: &Receipts, what: &str) {
    let server = Server::start(data, &[]);
    let positions = client::read(server.url()).await.unwrap();
    client::check_receipts(&positions, receipts, what);
    for number in 8..10 {
        client::submit(server.url(), commit(number), &mut Receipts::new()).await.unwrap();
    }
    assert!(server.stop().success(), "{what}");
    let mut left: Vec<_> =
        fs::read_dir(data.join("snapshots")).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["ledger", "projections"], "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_fails_or_is_cut_off_by_the_end_costs_nothing_but_itself() {
    let before = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    with_snapshots(before.path(), &mut receipts).await;
    for &(effect, calls, files) in SNAPSHOT {
        let fault = Fault { calls, effect, files, when: "1" };
        let what = format!("{fault:?}");
        let data = tempfile::tempdir().unwrap();
        copy(before.path(), data.path());
        let mut receipts = receipts.clone();
        let server = Server::spawn(tracer::under(fault, data.path(), &[]));
        for number in 2..4 {
            client::submit(server.url(), commit(number), &mut receipts).await.unwrap();
        }
        common::terminate(tracer::traced(&server));
        let is_killed = effect == "signal=KILL";
        assert_eq!(server.wait().success(), !is_killed, "{what}");
        assert!(is_killed || tracer::injected(data.path()), "{what}: the call was not made");
        check(data.path(), &receipts, &what).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_start_that_fails_or_is_cut_off_can_be_tried_again() {
    for effect in ["error=EIO", "signal=KILL"] {
        for (calls, files) in [
            ("/^rename", "tail.new"),
            ("fdatasync", "tail.new"),
            ("/^rename", "chancery.key.new"),
            ("write", "chancery.key.new"),
            ("fsync", "chancery.key.new"),
        ] {
            let fault = Fault { calls, effect, files, when: "1" };
            let data = tempfile::tempdir().unwrap();
            assert!(Server::try_spawn(tracer::under(fault, data.path(), &[])).is_err(), "{fault:?}");
            let key = fs::read(data.path().join("chancery.key")).ok();
            let mut receipts = Receipts::new();
            let server = Server::start(data.path(), &[]);
            client::submit(server.url(), Commit { events: 1, ..commit(0) }, &mut receipts).await.unwrap();
            server.kill();
            // A key that was there is there for good.
            let kept = fs::read(data.path().join("chancery.key")).unwrap();
            assert!(key.is_none_or(|key| key == kept), "{fault:?}");
            let server = Server::start(data.path(), &[]);
            client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "after a restart");
        }
    }
}
