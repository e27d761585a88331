//! What the durable log leaves in its directory, and who may have it open.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

use bytes::Bytes;
use chancery::{
    log::{
        AppendError, Log, ReadError,
        sled::{OpenError, SledLog},
    },
    position::Position,
};

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn records(count: usize, bytes: usize) -> Vec<Bytes> {
    (0..count).map(|n| Bytes::from(vec![n as u8; bytes])).collect()
}

#[tokio::test]
async fn sled_never_moves_a_page_out_of_its_synced_file() {
    let directory = tempfile::tempdir().unwrap();
    let mut tail = Position::START;
    let mut expected = 0;
    for round in 0..3 {
        let log = SledLog::open(directory.path()).unwrap();
        assert_eq!(log.tail(), tail);
        // Appends of 4 MiB, of 60 KiB and of one byte, so that pages of every mixture are split and rewritten.
        for (count, bytes) in [(70, 60 * 1024), (10_240, 410), (1, 60 * 1024), (1, 1), (40, 60 * 1024)] {
            tail = log.append(tail, &records(count, bytes)).await.unwrap();
            expected += count;
        }
        for _ in 0..30 {
            tail = log.append(tail, &records(1, 60 * 1024)).await.unwrap();
            expected += 1;
        }
        assert_eq!(names(&directory.path().join("sled/blobs")), Vec::<String>::new(), "round {round}");
        log.close().await.unwrap();
    }
    let log = SledLog::open(directory.path()).unwrap();
    assert_eq!(log.read(Position::START, usize::MAX).await.unwrap().records.len(), expected);
    assert_eq!(names(&directory.path().join("sled/blobs")), Vec::<String>::new());
}

#[tokio::test]
async fn the_directory_holds_what_is_documented() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("a/b");
    let log = SledLog::open(&directory).unwrap();
    assert_eq!(names(&directory), ["journal", "lock", "sled", "tail"]);
    assert_eq!(fs::read_to_string(directory.join("lock")).unwrap().trim(), std::process::id().to_string());
    log.append(Position::START, &records(3, 10)).await.unwrap();
    log.close().await.unwrap();
    drop(SledLog::open(&directory).unwrap());
    assert_eq!(names(&directory), ["journal", "lock", "sled", "tail"]);
    let sled = names(&directory.join("sled"));
    let unknown =
        |name: &&String| !["blobs", "conf", "db"].contains(&name.as_str()) && !name.starts_with("snap.");
    assert_eq!(sled.iter().find(unknown), None);
}

#[tokio::test]
async fn a_directory_has_one_owner_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let log = SledLog::open(directory.path()).unwrap();
    let refused = SledLog::open(directory.path()).unwrap_err();
    let own = std::process::id();
    assert!(matches!(&refused, OpenError::InUse { process: Some(pid), .. } if *pid == own), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains(&format!("in use by another chancery process (pid {own})")), "{text}");
    log.append(Position::START, &records(1, 1)).await.unwrap();

    // A closed log lets go of the directory even while somebody still holds the handle.
    log.close().await.unwrap();
    let again = SledLog::open(directory.path()).unwrap();
    assert_eq!(again.tail(), Position::new(1));
    let append = log.append(Position::new(1), &records(1, 1)).await.unwrap_err();
    assert!(matches!(append, AppendError::Failed { .. }), "{append}");
    let read = log.read(Position::START, 1).await.unwrap_err();
    assert!(matches!(read, ReadError::Failed { .. }), "{read}");
}

#[tokio::test]
async fn an_unfinished_creation_or_opening_does_not_stand_in_the_way() {
    let check = async |leave: fn(&Path), before: usize| {
        let directory = tempfile::tempdir().unwrap();
        let log = SledLog::open(directory.path()).unwrap();
        log.append(Position::START, &records(before, 5)).await.unwrap();
        log.close().await.unwrap();
        leave(directory.path());
        let log = SledLog::open(directory.path()).unwrap();
        assert_eq!(log.read(Position::START, usize::MAX).await.unwrap().records, records(before, 5));
        log.append(log.tail(), &records(2, 5)).await.unwrap();
        assert_eq!(names(directory.path()), ["journal", "lock", "sled", "tail"]);
    };
    // The database was made, the tail file was not.
    check(|path| fs::remove_file(path.join("tail")).unwrap(), 0).await;
    // Nothing but the lock was made, or sled's folder with an empty file.
    check(
        |path| {
            fs::remove_file(path.join("tail")).unwrap();
            fs::remove_dir_all(path.join("sled")).unwrap();
        },
        0,
    )
    .await;
    check(
        |path| {
            fs::remove_file(path.join("tail")).unwrap();
            fs::write(path.join("sled/db"), b"").unwrap();
        },
        0,
    )
    .await;
    // The process was killed while it looked for damage in a copy, while it made the tail file, or while sled wrote its
    // snapshot.
    check(
        |path| {
            fs::create_dir(path.join("trial")).unwrap();
            fs::write(path.join("trial/db"), b"half").unwrap();
        },
        9,
    )
    .await;
    check(
        |path| {
            fs::remove_file(path.join("tail")).unwrap();
            fs::write(path.join("tail.new"), b"half").unwrap();
        },
        0,
    )
    .await;
    check(|path| fs::write(path.join("sled/snap.00000000000FFFFF.generating"), b"half").unwrap(), 9).await;
    // The journal's files were not made.
    check(|path| fs::remove_dir_all(path.join("journal")).unwrap(), 9).await;
}

#[tokio::test]
async fn a_directory_from_before_the_journal_is_opened_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    // Sessions of several appends each: of version 1 every append was a block.
    for session in 0..3 {
        let log = SledLog::open(directory.path()).unwrap();
        for count in [1, 40, 3] {
            let more = records(count, 100 + session);
            log.append(log.tail(), &more).await.unwrap();
            expected.extend(more);
        }
        log.close().await.unwrap();
    }
    let tail = |length: usize| fs::read(directory.path().join("tail")).unwrap()[..length].to_vec();
    // The tail file ended after the chain hash, one entry in each sector, and there was no journal.
    let as_before = || {
        let mut slot = tail(45);
        slot[4] = 1;
        slot.extend_from_slice(&crc32fast::hash(&slot).to_le_bytes());
        slot.resize(512, 0);
        fs::write(directory.path().join("tail"), slot.repeat(2)).unwrap();
        fs::remove_dir_all(directory.path().join("journal")).unwrap();
    };
    as_before();
    let log = SledLog::open(directory.path()).unwrap();
    assert_eq!(log.tail(), Position::new(expected.len() as u64));
    assert_eq!(log.read(Position::START, usize::MAX).await.unwrap().records, expected);
    log.append(log.tail(), &records(2, 5)).await.unwrap();
    expected.extend(records(2, 5));
    assert_eq!(tail(5), b"CHTL\x02");
    log.close().await.unwrap();
    let log = SledLog::open(directory.path()).unwrap();
    assert_eq!(log.read(Position::START, usize::MAX).await.unwrap().records, expected);
    log.close().await.unwrap();
    drop(log);

    // What its entries name must be there then as now.
    as_before();
    let mut slot = tail(45);
    slot[5..13].copy_from_slice(&(expected.len() as u64 + 1).to_le_bytes());
    slot.extend_from_slice(&crc32fast::hash(&slot).to_le_bytes());
    slot.resize(512, 0);
    fs::write(directory.path().join("tail"), slot.repeat(2)).unwrap();
    let refused = SledLog::open(directory.path()).unwrap_err();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}
