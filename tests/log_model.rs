//! Random appends, refused appends, reads and reopenings: the log on disk behaves as the log in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use bytes::Bytes;
use chancery::{
    log::{
        Log, RECORD_BYTES_MAX, Reach,
        memory::Memory,
        sled::{Sizes, SledLog},
    },
    position::Position,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// Records of these lengths at the tail.
    Append(Vec<usize>),
    /// An append that is so many positions off the tail.
    Astray(u64),
    Read {
        from: u64,
        bytes_max: usize,
    },
    Fetch(Vec<u64>),
    /// Close and open again.
    Reopen,
    /// Let go without closing, as a killed process does.
    Abandon,
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0..600_usize,
        2 => 20_000..40_000_usize,
        1 => RECORD_BYTES_MAX - 1..RECORD_BYTES_MAX + 2,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec(length(), 0..12).prop_map(Step::Append),
        1 => prop::collection::vec(length(), 100..300).prop_map(Step::Append),
        1 => (1..3_u64).prop_map(Step::Astray),
        4 => (0..400_u64, 0..200_000_usize).prop_map(|(from, bytes_max)| Step::Read { from, bytes_max }),
        3 => prop::collection::btree_set(0..200_u64, 0..8).prop_map(|at| Step::Fetch(at.into_iter().collect())),
        1 => Just(Step::Reopen),
        1 => Just(Step::Abandon),
    ]
}

/// What a step shows of a log. Errors are compared by their text.
async fn take(step: &Step, number: usize, log: &dyn Log) -> String {
    match step {
        Step::Append(lengths) => {
            let record = |(n, &length): (usize, &usize)| Bytes::from(vec![(number * 31 + n) as u8; length]);
            let records: Vec<Bytes> = lengths.iter().enumerate().map(record).collect();
            format!("{:?}", log.append(log.tail(), &records).await.map_err(|error| error.to_string()))
        }
        Step::Astray(by) => {
            let after = log.tail().plus(*by);
            format!("{:?}", log.append(after, &[]).await.map_err(|error| error.to_string()))
        }
        Step::Read { from, bytes_max } => {
            format!(
                "{:?}",
                log.read(Position::new(*from), *bytes_max).await.map_err(|error| error.to_string())
            )
        }
        Step::Fetch(positions) => {
            let positions: Vec<Position> = positions.iter().copied().map(Position::new).collect();
            format!("{:?}", log.fetch(&positions).await.map_err(|error| error.to_string()))
        }
        Step::Reopen | Step::Abandon => format!("{:?}", log.tail()),
    }
}

/// Scans some hundred records at most, and compares them with what a read gives.
async fn scan(from: u64, bytes: usize, log: &dyn Log) {
    let (first, to) = (from.max(1), from + bytes as u64 % 300);
    let there = log.read(Position::new(from), usize::MAX).await.unwrap().records;
    let there = &there[..there.len().min((to + 1).saturating_sub(first) as usize)];
    let reach = Reach { from: Position::new(from), to: Position::new(to), bytes };
    let length = |records: &[Bytes]| records.iter().map(|record| record.len().max(1)).sum::<usize>();
    for ready in [true, false] {
        let mut taken = Vec::new();
        let mut take = |position: Position, record: &[u8]| {
            assert_eq!(position.get(), first + taken.len() as u64);
            taken.push(Bytes::copy_from_slice(record));
            Ok(())
        };
        let next = match ready {
            true => log.scan_ready(reach, &mut take),
            false => Some(log.scan_blocking(reach, &mut take)),
        };
        let Some(next) = next else {
            assert!(taken.is_empty(), "something was taken of what is not ready");
            continue;
        };
        assert_eq!(next.unwrap().get(), first + taken.len() as u64);
        assert!(taken == there[..taken.len()], "from {from} to {to}, {bytes} bytes");
        assert!(length(&taken) < bytes.max(1) + (64 << 10), "more than was asked for");
        // What is ready may go away under a scan, which then goes as far as it came.
        let enough = if ready { !taken.is_empty() } else { bytes <= length(&taken) };
        assert!(taken.len() == there.len() || enough, "{} of {}", taken.len(), there.len());
    }
}

/// So small that the journal's files take turns all the time, and appends wait for the archiver.
const SIZES: Sizes = Sizes { turn_bytes: 16 << 10, file_bytes_max: 128 << 10 };

async fn run(steps: &[Step], directory: &Path) {
    let memory = Memory::new();
    let mut disk = SledLog::open_sized(directory, SIZES).unwrap();
    for (number, step) in steps.iter().enumerate() {
        if matches!(step, Step::Reopen | Step::Abandon) {
            if matches!(step, Step::Reopen) {
                disk.close().await.unwrap();
            }
            drop(disk);
            disk = SledLog::open_sized(directory, SIZES).unwrap();
        }
        if let Step::Read { from, bytes_max } = step {
            scan(*from, *bytes_max, &memory).await;
            scan(*from, *bytes_max, &disk).await;
        }
        let (expected, found) = (take(step, number, &memory).await, take(step, number, &disk).await);
        assert!(expected == found, "step {number}: {}", first_difference(&expected, &found));
        assert_eq!(memory.tail(), disk.tail());
    }
    let all = memory.read(Position::START, usize::MAX).await.unwrap().records;
    assert!(all == disk.read(Position::START, usize::MAX).await.unwrap().records, "the whole log differs");
    assert_eq!(disk.verify(|_| {}).unwrap(), disk.tail());
}

/// The texts may be megabytes long.
fn first_difference(expected: &str, found: &str) -> String {
    let same = expected.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(same.saturating_sub(40)).take(120).collect::<String>();
    format!("memory …{}…, disk …{}…", around(expected), around(found))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_disk_behaves_as_memory(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        runtime.block_on(run(&steps, directory.path()));
    }
}
