//! The ledger over the log in memory: idempotency, checks, references, families, all or nothing.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chancery::{
    domain::subject::Subject,
    ledger::{Check, Commit, Ledger, Proposed, Receipt, SubmitError},
    log::memory::Memory,
    position::Position,
    proof::Salt,
    wire::{event::read_event, v1},
};
use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

#[path = "common/events.rs"]
#[allow(dead_code)]
mod events;

struct Office {
    ledger: Ledger,
    log: Arc<Memory>,
}

async fn open(log: Arc<Memory>) -> Office {
    // Nobody follows: the writer waits for a follower that is there, and not for one that is gone.
    let (ledger, _) = Ledger::open(log.clone(), || Timestamp::UNIX_EPOCH, &mut ()).await.unwrap();
    Office { ledger, log }
}

fn commit(events: &[v1::Event], checks: &[(&str, u64)]) -> Commit {
    let propose = |message: &v1::Event| {
        let read = read_event(message, "event").unwrap();
        let content = message.encode_to_vec().into();
        Proposed::new(read.id.unwrap(), read.event, content, Salt::new([7; 16]))
    };
    let check = |(subject, since): &(&str, u64)| Check {
        subject: subject.parse().unwrap(),
        unchanged_since: Position::new(*since),
    };
    Commit {
        id: Uuid::from_u128(1),
        principal: Arc::from("test"),
        events: events.iter().map(propose).collect(),
        checks: checks.iter().map(check).collect(),
    }
}

impl Office {
    async fn submit(&self, events: &[v1::Event]) -> Result<Vec<Receipt>, SubmitError> {
        self.checked(events, &[]).await
    }

    async fn checked(
        &self,
        events: &[v1::Event],
        checks: &[(&str, u64)],
    ) -> Result<Vec<Receipt>, SubmitError> {
        self.ledger.submit(commit(events, checks)).await
    }

    /// `position` of each receipt, with a `=` for those that had been recorded before; or why it was refused.
    async fn check(&self, events: &[v1::Event], checks: &[(&str, u64)], expected: &str) {
        let found = match self.checked(events, checks).await {
            Ok(receipts) => {
                let one = |it: &Receipt| format!("{}{}", it.position, if it.deduplicated { "=" } else { "" });
                receipts.iter().map(one).collect::<Vec<_>>().join(" ")
            }
            Err(SubmitError::Invalid(violations)) => format!("invalid {}", violations[0].field),
            Err(SubmitError::Unknown(violations)) => format!("unknown {}", violations[0].field),
            Err(SubmitError::Conflict(violations)) => format!("conflict {}", violations[0].field),
            Err(SubmitError::ChecksFailed(failed)) => {
                let one = |it: &chancery::ledger::FailedCheck| format!("{}@{}", it.subject, it.moved_at);
                format!("moved {}", failed.iter().map(one).collect::<Vec<_>>().join(" "))
            }
            Err(other) => format!("{other}"),
        };
        assert_eq!(found, expected);
    }
}

fn retraction(number: u64, target: u64) -> v1::Event {
    let body = v1::Retraction { target: events::id(target), reason: "withdrawn by the source".to_owned() };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Retraction(body)) }
}

fn reinstatement(number: u64, target: u64) -> v1::Event {
    let body = v1::Reinstatement { target: events::id(target), reason: "confirmed after all".to_owned() };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Reinstatement(body)) }
}

fn correction(number: u64, target: u64, replacement: &v1::Event) -> v1::Event {
    let Some(v1::event::Body::Fact(fact)) = replacement.body.clone() else { panic!("not a fact") };
    let body =
        v1::Correction { target: events::id(target), reason: "misread".to_owned(), replacement: Some(fact) };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Correction(body)) }
}

fn claim(of: u64, mut event: v1::Event) -> v1::Event {
    if let Some(v1::event::Body::Fact(fact)) = &mut event.body {
        fact.claim_of = events::id(of);
    }
    event
}

/// us, hts, us-fto219 at 1, 2, 3; a listing at 4.
async fn furnished() -> Office {
    let office = open(Arc::new(Memory::new())).await;
    let first = [
        events::actor(1, "us"),
        events::group(2, "hts"),
        events::regime(3, "us-fto219", "us"),
        events::act(4, "2014-05-15", "hts", "us-fto219", v1::Act::Listed),
    ];
    office.check(&first, &[], "1 2 3 4").await;
    office
}

#[tokio::test]
async fn the_same_event_is_recorded_once_for_ever() {
    let office = furnished().await;
    let listed = events::act(4, "2014-05-15", "hts", "us-fto219", v1::Act::Listed);
    let delisted = events::act(5, "2025-07-08", "hts", "us-fto219", v1::Act::Delisted);
    office.check(std::slice::from_ref(&listed), &[], "4=").await;
    office.check(&[listed.clone(), delisted.clone()], &[], "4= 5").await;
    office.check(&[delisted.clone(), delisted.clone()], &[], "5= 5=").await;
    office.check(&[events::actor(9, "fr"), events::actor(9, "fr")], &[], "6 6=").await;
    let other = events::act(4, "2014-05-16", "hts", "us-fto219", v1::Act::Listed);
    office.check(&[events::actor(7, "de"), other], &[], "conflict events[1].event_id").await;
    assert_eq!(office.ledger.tail(), Position::new(6), "a refused commit leaves no trace");
    // What is not on record is not said to be.
    for (events, says) in [
        ([events::actor(7, "de"), events::actor(7, "dk")], "before it in the commit"),
        ([events::actor(7, "de"), events::actor(9, "dk")], "is on record at position 6"),
    ] {
        let refused = office.submit(&events).await.unwrap_err();
        let SubmitError::Conflict(violations) = refused else { panic!("{refused}") };
        assert!(violations[0].message.contains(says), "{violations:?}");
    }
    // And after a restart.
    let office = open(office.log).await;
    office.check(&[delisted], &[], "5=").await;
}

#[tokio::test]
async fn what_is_referred_to_is_on_record() {
    let office = furnished().await;
    let fto = |number, group| events::act(number, "2020", group, "us-fto219", v1::Act::Listed);
    office.check(&[fto(10, "isis")], &[], "unknown events[0].fact.designation_act.group").await;
    office
        .check(
            &[fto(10, "isis"), events::group(11, "isis")],
            &[],
            "unknown events[0].fact.designation_act.group",
        )
        .await;
    office
        .check(
            &[events::meeting(10, "2020", "fr", "hts")],
            &[],
            "unknown events[0].fact.engagement.participants[0].actor",
        )
        .await;
    office
        .check(&[events::regime(10, "fr-x", "fr")], &[], "unknown events[0].fact.regime_registered.authority")
        .await;
    office.check(&[retraction(10, 99)], &[], "unknown events[0].retraction.target").await;
    office.check(&[events::group(11, "isis"), fto(10, "isis")], &[], "5 6").await;
}

#[tokio::test]
async fn record_events_name_what_they_may() {
    let office = furnished().await;
    let listed = |number, date| events::act(number, date, "hts", "us-fto219", v1::Act::Listed);
    office.check(&[correction(10, 4, &listed(0, "2014-05-16"))], &[], "5").await;
    office.check(&[correction(11, 10, &listed(0, "2014"))], &[], "invalid events[0].correction.target").await;
    office
        .check(&[correction(11, 4, &events::actor(0, "us"))], &[], "invalid events[0].correction.replacement")
        .await;
    office.check(&[retraction(11, 10)], &[], "6").await;
    office.check(&[retraction(12, 11)], &[], "invalid events[0].retraction.target").await;
    office.check(&[reinstatement(12, 10)], &[], "7").await;
    office.check(&[correction(13, 11, &listed(0, "2014"))], &[], "invalid events[0].correction.target").await;
    office.check(&[claim(4, listed(14, "2012"))], &[], "8").await;
    office.check(&[claim(14, listed(15, "2013"))], &[], "9").await;
    office.check(&[claim(10, listed(16, "2013"))], &[], "invalid events[0].fact.claim_of").await;
    office
        .check(&[claim(4, events::meeting(16, "2013", "us", "hts"))], &[], "invalid events[0].fact.claim_of")
        .await;
    let root = office.ledger.find(events::id(4).parse().unwrap()).unwrap();
    let family: Vec<u64> = office.ledger.family(root).into_iter().map(Position::get).collect();
    assert_eq!(family, [4, 5, 6, 7, 8, 9]);
}

/// A plain engagement is let go of when it is proposed; what names it in its own batch is judged all the same.
#[tokio::test]
async fn events_of_one_commit_may_name_each_other() {
    let office = furnished().await;
    let meeting = |number, date| events::meeting(number, date, "us", "hts");
    let listed = events::act(12, "2012", "hts", "us-fto219", v1::Act::Listed);
    let wrong = [meeting(10, "2025"), claim(10, listed)];
    office.check(&wrong, &[], "invalid events[1].fact.claim_of").await;
    let wrong = [meeting(10, "2025"), correction(12, 10, &events::actor(0, "us"))];
    office.check(&wrong, &[], "invalid events[1].correction.replacement").await;
    let family = [
        meeting(10, "2025"),
        claim(10, meeting(11, "2024")),
        correction(12, 10, &meeting(0, "2023")),
        retraction(13, 12),
    ];
    office.check(&family, &[], "5 6 7 8").await;
    let root = office.ledger.find(events::id(10).parse().unwrap()).unwrap();
    let members: Vec<u64> = office.ledger.family(root).into_iter().map(Position::get).collect();
    assert_eq!(members, [5, 6, 7, 8]);
    let retracted = [format!("event/{}", events::id(10)).parse::<Subject>().unwrap()];
    let about: Vec<Position> = office.ledger.positions(&retracted, Position::START, Position::END);
    assert_eq!(about, [6, 7, 8].map(Position::new));
    // Their meeting is touched by what retracts the correction, as after a restart.
    let again = open(office.log.clone()).await;
    for subject in ["relationship/us/hts", "actor/us"] {
        let subject: [Subject; 1] = [subject.parse().unwrap()];
        let positions = |office: &Office| office.ledger.positions(&subject, Position::new(5), Position::END);
        assert_eq!(positions(&office), [5, 6, 7, 8].map(Position::new));
        assert_eq!(positions(&office), positions(&again));
    }
}

#[tokio::test]
async fn checks_hold_or_nothing_is_recorded() {
    let office = furnished().await;
    let meeting = |number| events::meeting(number, "2025", "us", "hts");
    let subject = "designation/hts/us-fto219";
    office.check(&[meeting(10)], &[(subject, 4), ("relationship/us/hts", 0)], "5").await;
    office
        .check(
            &[meeting(11)],
            &[(subject, 3), ("relationship/us/hts", 4), ("actor/us", 5)],
            &format!("moved {subject}@4 relationship/us/hts@5"),
        )
        .await;
    office.check(&[meeting(11)], &[(subject, 99)], "invalid checks[0].unchanged_since").await;
    // What is recorded already needs no checks.
    office.check(&[meeting(10)], &[(subject, 0)], "5=").await;
    // A retraction moves whatever the fact moved.
    office.check(&[retraction(12, 10)], &[], "6").await;
    office.check(&[meeting(13)], &[("relationship/us/hts", 5)], "moved relationship/us/hts@6").await;
    office.check(&[meeting(13)], &[("group/hts", 6), (&format!("event/{}", events::id(10)), 6)], "7").await;
    // A check covers its subject only: acts and merges move the group, and not the relationship.
    let delisted = events::act(14, "2024", "hts", "us-fto219", v1::Act::Delisted);
    let merged =
        v1::IdentityMerged { group: "nusra".to_owned(), into: "hts".to_owned(), reason: String::new() };
    let merged = events::event(&events::id(16), "2025", v1::fact::Statement::IdentityMerged(merged));
    office.check(&[delisted, events::group(15, "nusra"), merged], &[], "8 9 10").await;
    let checks = [("group/hts", 7), ("group/nusra", 9), (subject, 7), ("relationship/us/hts", 7)];
    office.check(&[meeting(17)], &checks, &format!("moved group/hts@10 group/nusra@10 {subject}@8")).await;
    office.check(&[meeting(17)], &[("relationship/us/hts", 7)], "11").await;
}

#[tokio::test]
async fn indexes_are_the_same_after_a_restart() {
    let office = furnished().await;
    let elsewhere = events::act(0, "2014", "isis", "us-fto219", v1::Act::Listed);
    office
        .submit(&[
            events::group(20, "isis"),
            correction(21, 4, &elsewhere),
            retraction(22, 21),
            reinstatement(23, 4),
        ])
        .await
        .unwrap();
    let again = open(office.log.clone()).await;
    let subjects = ["group/hts", "group/isis", "designation/isis/us-fto219", "actor/us", "regime/us-fto219"];
    for subject in subjects {
        let subjects: [Subject; 1] = [subject.parse().unwrap()];
        let positions = |office: &Office| office.ledger.positions(&subjects, Position::START, Position::END);
        assert_eq!(positions(&office), positions(&again), "{subject}");
        assert!(!positions(&again).is_empty(), "{subject}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_commits_get_positions_without_gaps() {
    let office = Arc::new(furnished().await);
    let submissions = (0..200_u64).map(|number| {
        let office = office.clone();
        tokio::spawn(async move {
            office.submit(&[events::meeting(1_000 + number, "2025", "us", "hts")]).await.unwrap()[0]
                .position
                .get()
        })
    });
    let mut positions = Vec::new();
    for submission in submissions.collect::<Vec<_>>() {
        positions.push(submission.await.unwrap());
    }
    positions.sort_unstable();
    assert_eq!(positions, (5..205).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_closed_ledger_takes_nothing() {
    let office = furnished().await;
    office.ledger.close().await.unwrap();
    office.check(&[events::actor(50, "fr")], &[], "the server is stopping").await;
}

#[tokio::test]
async fn a_clock_that_falls_behind_the_record_is_told() {
    static SECONDS: AtomicI64 = AtomicI64::new(0);
    let clock = || Timestamp::from_second(SECONDS.load(Ordering::SeqCst)).unwrap();
    let log = Arc::new(Memory::new());
    let (mut ledger, _) = Ledger::open(log.clone(), clock, &mut ()).await.unwrap();
    // What the clock says, when the event is recorded, and whether that is ahead; before it, whether a new start says so.
    for (number, (seconds, recorded, ahead)) in [
        (100, 100, false),
        (99, 100, false),
        (98, 100, true),
        (50, 100, true),
        (100, 100, false),
        (7_000, 7_000, false),
    ]
    .into_iter()
    .enumerate()
    {
        SECONDS.store(seconds, Ordering::SeqCst);
        let number = number as u64 + 1;
        let events = [events::actor(number, &format!("a{number}"))];
        let receipts = ledger.submit(commit(&events, &[])).await.unwrap();
        assert_eq!(receipts[0].recorded_at.as_second(), recorded, "{seconds}");
        let expected = ahead.then(|| Timestamp::from_second(recorded).unwrap());
        assert_eq!(ledger.recorded_ahead(), expected, "{seconds}");
        (ledger, _) = Ledger::open(log.clone(), clock, &mut ()).await.unwrap();
        assert_eq!(ledger.recorded_ahead(), expected, "{seconds}, after a start");
    }
}
