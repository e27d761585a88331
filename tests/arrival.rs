//! Any order of arrival of the same events ends in the same statuses, as does a rebuild from the log; an answer as of
//! a position is that of a log that ends there, and an answer to a reader that of a log of what the reader may see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use chancery::{
    domain::{
        as_of::AsOf,
        date::{Day, parse_day},
        vocabulary::Label,
    },
    position::Position,
};
use proptest::{collection::vec, prelude::*, sample::Index};

#[path = "common/answers.rs"]
mod answers;
#[path = "common/histories.rs"]
mod histories;

use answers::{Office, same, split};
use histories::{History, history};

/// How many events each commit of a log has, over and over again.
fn commits() -> impl Strategy<Value = Vec<usize>> {
    vec(1..8_usize, 1..6)
}

/// What is asked: the days between which statuses differ, and some cuts.
#[derive(Clone, Debug)]
struct Questions {
    days: Vec<Day>,
    disclosed_by: Day,
    stops: Vec<Index>,
}

fn questions() -> impl Strategy<Value = Questions> {
    let day = || {
        (2018..2025, 1..=12, 1..=28)
            .prop_map(|(year, month, day)| parse_day(&format!("{year}-{month:02}-{day:02}")).unwrap())
    };
    (vec(day(), 2), day(), vec(any::<Index>(), 3)).prop_map(|(days, disclosed_by, stops)| Questions {
        days,
        disclosed_by,
        stops,
    })
}

/// The cuts under which two logs of the same events are compared.
fn cuts(questions: &Questions) -> Vec<AsOf> {
    let mut cuts = vec![AsOf::at(Day::MAX)];
    for (day, label) in questions.days.iter().zip([Label::Public, Label::Internal]) {
        let whole = AsOf::at(*day);
        cuts.push(whole);
        cuts.push(AsOf { disclosed_by: Some(questions.disclosed_by), ..whole });
        cuts.push(AsOf { clearance: label, ..whole });
    }
    cuts
}

async fn check(
    history: &History,
    [one, other]: &[Vec<usize>; 2],
    questions: &Questions,
) -> Result<(), TestCaseError> {
    let order = history.order(0);
    let events = history.events(&order);

    // One log grows commit by commit.
    let office = Office::open(Arc::default()).await;
    let mut grown = Vec::new();
    for commit in split(&events, one) {
        office.ledger.submit(commit).await.unwrap();
        office.settle().await;
        // Asked again about the same day, the answer rests on what was kept of the one before.
        let day = questions.days[grown.len() / 3 % questions.days.len()];
        grown.push((office.ledger.tail(), day, office.answers(AsOf::at(day)).await));
    }
    let whole = office.ledger.tail();
    assert_eq!(whole.get(), events.len() as u64);

    // The other gets everything at once, in another order.
    let shuffled = Office::of_all(&history.events(&history.order(1)), other).await;
    let rebuilt = Office::open(office.log.clone()).await;
    for as_of in cuts(questions) {
        let expected = office.answers(as_of).await;
        same(&shuffled.answers(as_of).await, &expected, &format!("another order of arrival, {as_of:?}"))?;
        same(&rebuilt.answers(as_of).await, &expected, &format!("a rebuild, {as_of:?}"))?;
    }

    // As of a position, it answers as it did then, and as a log that ends there does.
    for (tail, day, expected) in &grown {
        let as_of = AsOf { known_at: *tail, ..AsOf::at(*day) };
        same(&office.answers(as_of).await, expected, &format!("as it was at {tail}, {as_of:?}"))?;
    }
    for stop in &questions.stops {
        let last = Position::new(stop.index(events.len()) as u64 + 1);
        let ended = Office::of_first(&office.log, last).await;
        let disclosed = AsOf { disclosed_by: Some(questions.disclosed_by), ..AsOf::at(questions.days[0]) };
        for whole in [AsOf::at(questions.days[1]), disclosed] {
            let as_of = AsOf { known_at: last, ..whole };
            let expected = ended.answers(whole).await;
            same(&office.answers(as_of).await, &expected, &format!("a log that ends at {last}, {as_of:?}"))?;
            let what = format!("a rebuild as of {last}, {as_of:?}");
            same(&rebuilt.answers(as_of).await, &expected, &what)?;
        }
    }

    // A reader gets the answers of a log without what the reader may not see.
    for (clearance, day) in [Label::Public, Label::Internal].into_iter().zip(&questions.days) {
        let seen = Office::of_all(&history.visible(&order, clearance), other).await;
        let as_of = AsOf { clearance, ..AsOf::at(*day) };
        let what = format!("a log of what {clearance} may see, {as_of:?}");
        same(&office.answers(as_of).await, &seen.answers(AsOf::at(*day)).await, &what)?;
    }
    Ok(())
}

/// As many cases as are asked for by PROPTEST_CASES, or few enough for every run.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 80 };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 3_000, ..asked }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn does_not_matter(
        history in history(1..70),
        commits in [commits(), commits()],
        questions in questions(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(&history, &commits, &questions))?;
    }
}
