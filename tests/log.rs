//! The rules of the log's contract, checked on every implementation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use chancery::{
    log::{AppendError, Log, RECORD_BYTES_MAX, ReadError, memory::Memory, sled::SledLog},
    position::Position,
};

type Check = fn(Arc<dyn Log>) -> Pin<Box<dyn Future<Output = ()>>>;

/// Runs the check on a new log of each kind.
async fn on_every_log(check: Check) {
    check(Arc::new(Memory::new())).await;
    let directory = tempfile::tempdir().unwrap();
    check(Arc::new(SledLog::open(directory.path()).unwrap())).await;
}

macro_rules! rule {
    ($name:ident, $check:expr) => {
        #[tokio::test]
        async fn $name() {
            let check: Check = |log| Box::pin($check(log));
            on_every_log(check).await;
        }
    };
}

fn at(position: u64) -> Position {
    Position::new(position)
}

/// Records of these lengths, no two alike where the length allows it.
fn records(seed: u8, lengths: &[usize]) -> Vec<Bytes> {
    let record = |(n, &length): (usize, &usize)| {
        (0..length).map(|i| seed.wrapping_mul(31).wrapping_add((n * 7 + i) as u8)).collect()
    };
    lengths.iter().enumerate().map(record).collect()
}

rule!(an_empty_log_has_no_records, async |log: Arc<dyn Log>| {
    assert_eq!(log.tail(), Position::START);
    assert_eq!(log.poisoned(), None);
    for from in [at(0), at(1), at(7), Position::END] {
        assert_eq!(log.read(from, usize::MAX).await.unwrap().records, Vec::<Bytes>::new());
    }
    assert_eq!(log.fetch(&[]).await.unwrap(), Vec::<Bytes>::new());
    for position in [at(0), at(1), Position::END] {
        let error = log.fetch(&[position]).await.unwrap_err();
        assert!(matches!(error, ReadError::Beyond { position: p, tail } if p == position && tail == at(0)));
    }
});

rule!(records_come_back_in_order_and_whole, async |log: Arc<dyn Log>| {
    let appends: [&[usize]; 7] = [
        &[1],
        &[0],
        &[5, 0, 0, 9],
        &[RECORD_BYTES_MAX],
        &[30_000; 9],
        &[RECORD_BYTES_MAX, 1, RECORD_BYTES_MAX, RECORD_BYTES_MAX],
        &[400; 1_000],
    ];
    let mut all = Vec::new();
    for (seed, lengths) in appends.iter().enumerate() {
        let new = records(seed as u8, lengths);
        let tail = log.append(at(all.len() as u64), &new).await.unwrap();
        all.extend(new);
        assert_eq!((tail, log.tail()), (at(all.len() as u64), tail));
    }
    for from in (0..=all.len() + 2).filter(|from| *from < 25 || from % 97 == 0 || all.len() - 2 < *from) {
        let run = log.read(at(from as u64), usize::MAX).await.unwrap();
        let first = from.max(1);
        assert_eq!(run.records, all.get(first - 1..).unwrap_or_default(), "from {from}");
        assert!(run.records.is_empty() || run.first == at(first as u64));
    }
    let positions: Vec<Position> = (1..=all.len() as u64).map(at).collect();
    assert_eq!(log.fetch(&positions).await.unwrap(), all);
    let some: Vec<Position> = positions.iter().copied().step_by(13).collect();
    assert_eq!(log.fetch(&some).await.unwrap(), all.iter().step_by(13).cloned().collect::<Vec<_>>());
});

rule!(a_read_stops_before_it_passes_its_limit, async |log: Arc<dyn Log>| {
    let lengths = [10, 20, 0, 30, 50_000, 50_000, 1];
    let all = records(3, &lengths);
    log.append(at(0), &all).await.unwrap();
    let check = async |from: u64, bytes_max: usize, count: usize| {
        let run = log.read(at(from), bytes_max).await.unwrap();
        let first = from.max(1) as usize - 1;
        assert_eq!(run.records, all[first..first + count], "from {from}, {bytes_max} bytes");
    };
    check(0, 0, 1).await;
    check(1, 9, 1).await;
    check(1, 29, 1).await;
    check(1, 30, 3).await;
    check(1, 59, 3).await;
    check(1, 60, 4).await;
    check(2, 20, 2).await;
    check(3, 0, 1).await;
    check(5, 1, 1).await;
    check(5, 99_999, 1).await;
    check(5, 100_000, 2).await;
    check(5, 100_001, 3).await;
    check(7, 0, 1).await;
    check(8, 100, 0).await;
});

rule!(only_an_append_at_the_tail_is_taken, async |log: Arc<dyn Log>| {
    log.append(at(0), &records(1, &[3, 3])).await.unwrap();
    for after in [at(0), at(1), at(3), Position::END] {
        for new in [records(2, &[4]), Vec::new()] {
            let error = log.append(after, &new).await.unwrap_err();
            assert!(
                matches!(error, AppendError::NotTheTail { after: a, tail } if a == after && tail == at(2))
            );
        }
    }
    assert_eq!(log.append(at(2), &[]).await.unwrap(), at(2));
    assert_eq!(log.read(at(1), usize::MAX).await.unwrap().records, records(1, &[3, 3]));
});

rule!(an_append_with_an_overlong_record_leaves_nothing, async |log: Arc<dyn Log>| {
    let error = log.append(at(0), &records(1, &[3, RECORD_BYTES_MAX + 1, 3])).await.unwrap_err();
    let expected = RECORD_BYTES_MAX + 1;
    assert!(matches!(error, AppendError::RecordTooLong { index: 1, bytes } if bytes == expected), "{error}");
    assert_eq!((log.tail(), log.poisoned()), (at(0), None));
    log.append(at(0), &records(1, &[3, RECORD_BYTES_MAX])).await.unwrap();
});

rule!(fetch_refuses_as_a_whole, async |log: Arc<dyn Log>| {
    log.append(at(0), &records(1, &[3; 5])).await.unwrap();
    for (positions, beyond) in [(vec![at(0)], 0), (vec![at(0), at(2)], 0), (vec![at(1), at(5), at(6)], 6)] {
        let error = log.fetch(&positions).await.unwrap_err();
        assert!(
            matches!(error, ReadError::Beyond { position, tail } if position == at(beyond) && tail == at(5))
        );
    }
});

rule!(watchers_are_told_of_every_advance, async |log: Arc<dyn Log>| {
    let mut watch = log.watch();
    assert_eq!(*watch.borrow_and_update(), at(0));
    let follower = tokio::spawn(async move {
        let mut seen = vec![at(0)];
        while seen.last() != Some(&at(12)) {
            watch.changed().await.unwrap();
            seen.push(*watch.borrow_and_update());
        }
        seen
    });
    for append in 0..4 {
        log.append(at(append * 3), &records(append as u8, &[8; 3])).await.unwrap();
    }
    let seen = follower.await.unwrap();
    assert!(seen.is_sorted() && seen.iter().all(|position| position.get() % 3 == 0), "{seen:?}");
    assert!(!log.watch().has_changed().unwrap());
});

rule!(appenders_take_turns, async |log: Arc<dyn Log>| {
    let appenders: Vec<_> = (0..4_u8)
        .map(|name| {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut done = 0;
                let mut lost = 0;
                while done < 10 {
                    match log.append(log.tail(), &records(name, &[5, 6])).await {
                        Ok(_) => done += 1,
                        Err(AppendError::NotTheTail { .. }) => lost += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
                lost
            })
        })
        .collect();
    for appender in appenders {
        appender.await.unwrap();
    }
    let run = log.read(at(1), usize::MAX).await.unwrap();
    assert_eq!(run.records.len(), 80);
    for name in 0..4 {
        let pair = records(name, &[5, 6]);
        assert_eq!(run.records.chunks(2).filter(|found| *found == pair).count(), 10);
    }
});

rule!(closing_twice_is_allowed, async |log: Arc<dyn Log>| {
    log.append(at(0), &records(1, &[3])).await.unwrap();
    log.close().await.unwrap();
    log.close().await.unwrap();
    assert_eq!(log.tail(), at(1));
});
