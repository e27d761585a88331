//! The files of a log that were put back, or exchanged for others: the snapshots beside them tell, and the key signs nothing more.

use std::{fs, path::Path};

use crate::{
    common::Server,
    record::{Alter, EARLIER, EVENTS, Record, copy, remove, submit, text},
    specimen::{self, run},
};

/// What is done to the snapshots, and the one that is then named, if any.
type Case = (&'static str, Alter, Option<&'static str>);

/// With the log of `other`, which ends at `tail`, in its place, the record does not start as long as a snapshot tells.
async fn check(record: &Record, other: &str, tail: u64, word: &str, cases: &[Case]) {
    for (what, alter, witness) in cases {
        record.mend();
        record.exchange_log(other);
        alter(&record.data().join("snapshots"));
        let (verified, repaired) = (record.verify(), record.repair());
        assert_eq!(verified.code, Some(i32::from(witness.is_some())), "{what}: {verified:?}");
        assert_eq!(repaired.code, Some(0), "{what}: {repaired:?}");
        let started = record.start();
        let Some(witness) = witness else {
            assert!(repaired.text.contains("Every record is there"), "{what}: {repaired:?}");
            assert_eq!(specimen::ids(&started.unwrap()).await.len() as u64, tail, "{what}");
            continue;
        };
        let said = started.map(drop).unwrap_err();
        let file = record.data().join("snapshots").join(witness);
        for said in [&said, &verified.text, &repaired.text] {
            assert!(said.contains(text(&file)) && said.contains(word), "{what}: {said}");
            assert!(said.contains(&EVENTS.to_string()), "{what}: {said}");
        }
        let order = format!("--remove-from {}", tail + 1);
        assert!(said.contains(&order) && repaired.text.contains(&order), "{what}: {said}");
    }
}

/// Puts something else in the place of both snapshots.
fn deform(snapshots: &Path) {
    for name in ["ledger", "projections"] {
        fs::write(snapshots.join(name), "x").unwrap();
    }
}

/// Changes a byte near the end of a file.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let last = bytes.len() - 30;
    bytes[last] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_put_back_is_not_continued() {
    let record = Record::new().await;
    let put_back = || {
        record.mend();
        record.exchange_log("earlier");
    };
    let cases: [Case; 5] = [
        ("both", |_| {}, Some("projections")),
        ("that of the indexes", |snapshots| remove(snapshots, &["projections"]), Some("ledger")),
        ("that of the projections", |snapshots| remove(snapshots, &["ledger"]), Some("projections")),
        ("of another form", deform, None),
        ("none", |snapshots| fs::remove_dir_all(snapshots).unwrap(), None),
    ];
    check(&record, "earlier", EARLIER, "older copy", &cases).await;
    put_back();
    let repaired = record.repair();
    let gone = format!("Gone: positions {} to {EVENTS}", EARLIER + 1);
    assert!(repaired.text.contains(&gone), "{repaired:?}");
    // A damaged one says nothing.
    put_back();
    for name in ["ledger", "projections"] {
        flip(&record.data().join("snapshots").join(name));
    }
    assert_eq!(record.verify().code, Some(0));
    record.start().map(drop).unwrap();

    // Who gives up what is lost gives up the name.
    put_back();
    let from = (EARLIER + 1).to_string();
    let said = run(&["repair", "--data", text(&record.data()), "--remove-from", &from]);
    assert!(said.code == Some(0) && said.text.contains("The old key is retired"), "{said:?}");
    assert!(said.text.contains(&format!("the record had {EVENTS}")), "{said:?}");
    let server = record.start().unwrap();
    assert_eq!(specimen::ids(&server).await.len() as u64, EARLIER);
    let key = run(&["key", "--server", server.url()]).text;
    assert!(!key.starts_with("example.org/record+"), "{key}");
}

/// The files of the log of another record, as long or longer, in the place of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_exchanged_is_not_continued() {
    const MORE: u64 = 70;
    let record = Record::new().await;
    let other = record.path("other");
    copy(&record.path("earlier"), &other);
    let server = Server::start(&other, &[]);
    submit(&server, EVENTS + 1..=2 * EVENTS - EARLIER + MORE).await;
    assert!(server.stop().success());
    let exchange = || {
        record.mend();
        record.exchange_log("other");
    };
    let cases: [Case; 6] = [
        ("both", |_| {}, Some("ledger")),
        ("that of the indexes", |snapshots| remove(snapshots, &["projections"]), Some("ledger")),
        ("that of the projections", |snapshots| remove(snapshots, &["ledger"]), Some("projections")),
        (
            "one of another form",
            |snapshots| fs::write(snapshots.join("ledger"), "x").unwrap(),
            Some("projections"),
        ),
        ("of another form", deform, None),
        ("none", |snapshots| fs::remove_dir_all(snapshots).unwrap(), None),
    ];
    let tail = EVENTS + MORE;
    check(&record, "other", tail, "of another record", &cases).await;
    // A damaged one says nothing.
    exchange();
    for name in ["ledger", "projections"] {
        flip(&record.data().join("snapshots").join(name));
    }
    assert_eq!(record.verify().code, Some(0));
    record.start().map(drop).unwrap();

    // Nor do those that the log has grown from.
    record.mend();
    remove(&record.data().join("snapshots"), &["projections"]);
    let server = record.start().unwrap();
    submit(&server, 2 * EVENTS..=2 * EVENTS + MORE).await;
    server.kill();
    assert_eq!(record.verify().code, Some(0));
    record.start().map(drop).unwrap();

    // Who goes on with what is there gives up the name.
    exchange();
    let from = (tail + 1).to_string();
    let said = run(&["repair", "--data", text(&record.data()), "--remove-from", &from]);
    assert!(said.code == Some(0) && said.text.contains("The old key is retired"), "{said:?}");
    assert!(!record.data().join("snapshots").exists());
    let server = record.start().unwrap();
    assert_eq!(specimen::ids(&server).await.len() as u64, tail);
    let key = run(&["key", "--server", server.url()]).text;
    assert!(!key.starts_with("example.org/record+"), "{key}");
}
