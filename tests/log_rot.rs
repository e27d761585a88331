//! A bit that rots in the database under an open log: what is sound can be read, and stays where it is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, fs};

use bytes::Bytes;
use chancery::{
    log::{
        Log, ReadError,
        sled::{Salvage, Sizes, SledLog},
    },
    position::Position,
};

/// What was on record before the bit rotted.
#[derive(Clone, Copy, Debug)]
struct Before {
    records: u32,
    bytes: usize,
    /// Where bits rot: every so many bytes.
    step: usize,
    /// How many records a block holds at most.
    block: usize,
}

/// A part of one segment of the database, and two segments.
const BEFORE: [Before; 2] = [
    Before { records: 1_000, bytes: 400, step: 61_000, block: 170 },
    Before { records: 600, bytes: 20_000, step: 2_370_000, block: 4 },
];

/// How the log goes on after that.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// One append, which is moved into the database when the log is closed.
    Close,
    /// Appends that are moved at once, until that fails.
    GoOn,
}

fn records(before: Before) -> Vec<Bytes> {
    (0..before.records).map(|n| Bytes::from(n.to_le_bytes().repeat(before.bytes / 4))).collect()
}

/// Whether the log took notice.
async fn check(before: Before, offset: usize, then: Then) -> bool {
    let what = format!("{before:?}, byte {offset}, {then:?}");
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("sled/db");
    let log = SledLog::open(directory.path()).unwrap();
    for some in records(before).chunks(100) {
        log.append(log.tail(), some).await.unwrap();
    }
    log.close().await.unwrap();

    let (turn_bytes, appends) = match then {
        Then::Close => (1 << 20, 1),
        Then::GoOn => (1, 10),
    };
    let log =
        SledLog::open_sized(directory.path(), Sizes { turn_bytes, file_bytes_max: turn_bytes }).unwrap();
    let mut rotten = fs::read(&db).unwrap();
    rotten[offset] ^= 1;
    fs::write(&db, &rotten).unwrap();
    let mut expected = records(before);
    for _ in 0..appends {
        let another = [Bytes::from_static(b"another")];
        if log.append(log.tail(), &another).await.is_err() {
            break;
        }
        expected.extend(another);
    }

    let expected: BTreeMap<Position, Bytes> = (1..).map(Position::new).zip(expected).collect();
    let mut unread = 0;
    for (position, record) in &expected {
        match log.fetch(&[*position]).await {
            Ok(found) => assert!(found == [record], "{what}: position {position} reads otherwise"),
            Err(ReadError::Damaged { .. }) => unread += 1,
            Err(error) => panic!("{what}: position {position}: {error}"),
        }
    }
    assert!(unread <= before.block, "{what}: {unread} records cannot be read");
    let closed = log.close().await;
    drop(log);

    let salvage = Salvage::open(directory.path()).unwrap();
    let left = salvage.stretches().iter().flat_map(|stretch| salvage.read(stretch).unwrap());
    let left: BTreeMap<Position, Bytes> = left.collect();
    assert!(left.iter().all(|(position, record)| expected.get(position) == Some(record)), "{what}");
    assert!(
        expected.len() - left.len() <= before.block,
        "{what}: {} of {} are left",
        left.len(),
        expected.len()
    );
    closed.is_err()
}

#[tokio::test]
async fn a_bit_that_rots_under_an_open_log_costs_no_more_than_its_block() {
    for before in BEFORE {
        let bytes = usize::try_from(before.records).unwrap() * before.bytes;
        let mut noticed = 0;
        for offset in (30..bytes).step_by(before.step) {
            for then in [Then::Close, Then::GoOn] {
                noticed += usize::from(check(before, offset, then).await);
            }
        }
        assert!(0 < noticed, "{before:?}: no byte mattered");
    }
}
