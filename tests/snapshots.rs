//! A start from snapshots ends where a start from the log alone does, whatever the snapshots are worth.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path, sync::Arc};

use chancery::{
    domain::{
        as_of::AsOf,
        date::{Day, parse_day},
        subject::Subject,
        vocabulary::Label,
    },
    ledger::{Ledger, Restart},
    log::{Log as _, memory::Memory},
    position::Position,
    projection::Store,
};
use proptest::{prelude::*, sample::Index};

#[path = "common/answers.rs"]
mod answers;
#[path = "common/histories.rs"]
#[allow(dead_code)]
mod histories;

use answers::{Office, same, split};
use histories::{History, history};

/// What is asked.
fn cuts(known_at: Position) -> Vec<AsOf> {
    let day = |text: &str| parse_day(text).unwrap();
    let mut cuts = Vec::new();
    for whole in [AsOf::at(Day::MAX), AsOf::at(day("2021-06-30"))] {
        cuts.push(whole);
        cuts.push(AsOf { known_at, ..whole });
        cuts.push(AsOf { disclosed_by: Some(day("2022-01-01")), ..whole });
        cuts.push(AsOf { clearance: Label::Public, ..whole });
    }
    cuts
}

/// What the indexes hold: of every event where its id is and what its family is, and every subject's events.
async fn indexed(ledger: &Ledger) -> Vec<String> {
    let events = ledger.read(Position::new(1), usize::MAX).await.unwrap();
    let mut lines = vec![format!("{} {}", ledger.tail(), ledger.root(ledger.tail()).await.unwrap())];
    for it in &events {
        let (found, id, family) = (ledger.find(it.id), ledger.id(it.position), ledger.family(it.position));
        lines.push(format!("{} {found:?} {id:?} {family:?} {:?}", it.position, it.concern));
        for subject in it.event.subjects().into_iter().chain([Subject::Event(it.id)]) {
            let positions = ledger.positions(std::slice::from_ref(&subject), Position::START, Position::END);
            lines.push(format!("{subject} {positions:?}"));
        }
        let proof = ledger.inclusion(it.position, ledger.tail()).await.unwrap();
        lines.push(format!("{proof:?}"));
    }
    lines
}

/// Holds an office that was opened from snapshots against one that read the whole log.
async fn agree(found: &Office, expected: &Office, what: &str) -> Result<(), TestCaseError> {
    same(&indexed(&found.ledger).await, &indexed(&expected.ledger).await, what)?;
    let half = Position::new(expected.ledger.tail().get() / 2);
    for as_of in cuts(half) {
        let expected = expected.answers(as_of).await;
        same(&found.answers(as_of).await, &expected, &format!("{what}, {as_of:?}"))?;
    }
    Ok(())
}

async fn check(history: &History, stop: Index) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let snapshots = directory.path();
    let events = history.events(&history.order(0));
    let office = Office::open(Arc::default()).await;
    let stop = stop.index(events.len() + 1);
    let mut kept = Position::START;
    for (count, commit) in split(&events, &[1]).enumerate() {
        if count == stop {
            office.settle().await;
            kept = office.projection.snapshot(&office.ledger, snapshots).await.unwrap();
            assert_eq!(kept.get(), count as u64);
        }
        office.ledger.submit(commit).await.unwrap();
    }
    office.settle().await;
    let expected = Office::open(office.log.clone()).await;

    let started = Office::from_snapshots(office.log.clone(), snapshots).await;
    agree(&started, &expected, &format!("from snapshots at {kept}")).await?;
    // A start from a snapshot goes on, and can be kept itself.
    started.projection.snapshot(&started.ledger, snapshots).await.unwrap();
    let again = Office::from_snapshots(office.log.clone(), snapshots).await;
    agree(&again, &expected, "from snapshots of what came from snapshots").await
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::default()
    })]
    #[test]
    fn any_history_is_taken_up_where_its_snapshots_end(history in history(1..70), stop in any::<Index>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(&history, stop))?;
    }
}

/// One history, long enough for complete chunks of the tree.
fn long_history() -> History {
    use proptest::{strategy::ValueTree as _, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    history(600..601).new_tree(&mut runner).unwrap().current()
}

/// How far the snapshots in a directory take a start over a log.
async fn taken(log: &Arc<Memory>, snapshots: &Path) -> (Position, Position) {
    let restart = Restart::from_snapshot(log.clone(), snapshots).await;
    let store = Store::from_snapshot(&restart, snapshots).await;
    (restart.position(), store.position())
}

fn blocks(whole: &[u8]) -> Vec<usize> {
    let mut at = 8;
    let mut begins = Vec::new();
    while at < whole.len() {
        begins.push(at);
        at += 9 + u32::from_le_bytes(whole[at + 1..at + 5].try_into().unwrap()) as usize;
    }
    begins
}

#[tokio::test]
async fn what_is_of_no_use_is_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let snapshots = directory.path().join("snapshots");
    let events = long_history().events(&long_history().order(0));
    let office = Office::of_all(&events, &[50]).await;
    let tail = office.ledger.tail();
    assert!(512 < tail.get(), "{tail}");
    assert_eq!(taken(&office.log, &snapshots).await, (Position::START, Position::START));
    office.projection.snapshot(&office.ledger, &snapshots).await.unwrap();
    assert_eq!(taken(&office.log, &snapshots).await, (tail, tail));

    // Every block of the two, damaged.
    for (file, other) in
        [("ledger", (Position::START, Position::START)), ("projections", (tail, Position::START))]
    {
        let path = snapshots.join(file);
        let whole = fs::read(&path).unwrap();
        let begins = blocks(&whole);
        assert!(5 < begins.len(), "{file}");
        for begin in begins {
            for at in [begin, begin + 2, begin + 6, (begin + 12).min(whole.len() - 1)] {
                let mut damaged = whole.clone();
                damaged[at] ^= 1;
                fs::write(&path, &damaged).unwrap();
                assert_eq!(taken(&office.log, &snapshots).await, other, "{file} at {at}");
            }
        }
        // A write that was cut off leaves its own file, and what was there before.
        fs::write(&path, &whole).unwrap();
        fs::write(path.with_extension("new"), &whole[..whole.len() / 2]).unwrap();
        assert_eq!(taken(&office.log, &snapshots).await, (tail, tail));
    }

    // A log that ends earlier, and another log of as many events.
    let last = Position::new(tail.get() - 1);
    let shorter = Office::of_first(&office.log, last).await;
    assert_eq!(taken(&shorter.log, &snapshots).await, (Position::START, Position::START));
    let mut others = long_history().events(&long_history().order(0));
    let flagged = others.len() - 1;
    others[flagged].0 = chancery::domain::id::EventId::new(uuid::Uuid::from_u128(u128::MAX)).unwrap();
    let foreign = Office::of_all(&others, &[50]).await;
    assert_eq!(foreign.ledger.tail(), tail);
    assert_eq!(taken(&foreign.log, &snapshots).await, (Position::START, Position::START));

    // One of the two is gone, or older.
    fs::remove_file(snapshots.join("projections")).unwrap();
    assert_eq!(taken(&office.log, &snapshots).await, (tail, Position::START));
    let started = Office::from_snapshots(office.log.clone(), &snapshots).await;
    agree(&started, &office, "without that of the projections").await.unwrap();
    shorter.projection.snapshot(&shorter.ledger, &directory.path().join("older")).await.unwrap();
    fs::copy(directory.path().join("older/projections"), snapshots.join("projections")).unwrap();
    assert_eq!(taken(&office.log, &snapshots).await, (tail, last));
    let started = Office::from_snapshots(office.log.clone(), &snapshots).await;
    agree(&started, &office, "with older projections").await.unwrap();
    office.projection.snapshot(&office.ledger, &snapshots).await.unwrap();
    fs::copy(directory.path().join("older/ledger"), snapshots.join("ledger")).unwrap();
    assert_eq!(taken(&office.log, &snapshots).await, (last, Position::START));
    assert_eq!(office.log.tail(), tail);
}
