//! Subscriptions: everything once, in order, without gaps, from anywhere, until the server stops.

use std::time::Duration;

use chancery::wire::v1::{self, subscribe_response::Signal};
use tokio::time;
use tonic::{Code, Status, Streaming};

use crate::{Office, check_refusal, common::events};

/// How long a subscriber waits for what must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a subscriber was told of.
enum Told {
    Records(Vec<u64>),
    CaughtUp(u64),
}

async fn subscribe(
    office: &Office,
    subjects: &[&str],
    after_position: u64,
) -> Streaming<v1::SubscribeResponse> {
    let subjects = subjects.iter().map(ToString::to_string).collect();
    let filter = Some(v1::RecordFilter { subjects, ..Default::default() });
    office.history().subscribe(v1::SubscribeRequest { filter, after_position }).await.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<v1::SubscribeResponse>) -> Result<Told, Status> {
    loop {
        let answer = time::timeout(PATIENCE, stream.message()).await;
        let Ok(answer) = answer else { panic!("nothing came for {PATIENCE:?}") };
        let Some(answer) = answer? else { panic!("a subscription has no end of its own") };
        match answer.signal.unwrap() {
            Signal::Batch(batch) => {
                assert!(!batch.records.is_empty(), "a batch without records");
                return Ok(Told::Records(batch.records.iter().map(|it| it.position).collect()));
            }
            Signal::CaughtUp(it) => return Ok(Told::CaughtUp(it.position)),
            Signal::FellBehind(_) | Signal::Heartbeat(_) => {}
        }
    }
}

/// The positions up to `last`, and where the subscriber was told that it had caught up.
async fn up_to(stream: &mut Streaming<v1::SubscribeResponse>, last: u64) -> (Vec<u64>, Vec<u64>) {
    let (mut positions, mut caught_up) = (Vec::new(), Vec::new());
    while positions.last() != Some(&last) {
        match next(stream).await.unwrap() {
            Told::Records(more) => positions.extend(more),
            Told::CaughtUp(position) => caught_up.push(position),
        }
    }
    (positions, caught_up)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_and_what_comes() {
    let office = Office::small().await;
    office.submit(vec![events::meeting(4, "2025-05-14", "us", "hts"), events::group(5, "aq")]).await.unwrap();
    // Where each begins and what it is about: what it is told of first.
    let cases: &[(&[&str], u64, &[u64])] = &[
        (&[], 0, &[1, 2, 3, 4, 5]),
        (&[], 3, &[4, 5]),
        (&[], 5, &[]),
        (&["group/hts"], 0, &[2, 4]),
        (&["group/hts", "relationship/us/hts"], 2, &[4]),
        (&["group/nobody"], 0, &[]),
    ];
    let mut streams = Vec::new();
    for (subjects, after, expected) in cases {
        let mut stream = subscribe(&office, subjects, *after).await;
        let mut positions = Vec::new();
        let caught_up = loop {
            match next(&mut stream).await.unwrap() {
                Told::Records(more) => positions.extend(more),
                Told::CaughtUp(position) => break position,
            }
        };
        assert_eq!((positions.as_slice(), caught_up), (*expected, 5), "{subjects:?} after {after}");
        streams.push((subjects, stream));
    }
    office
        .submit(vec![events::meeting(6, "2025-05-15", "us", "hts"), events::group(7, "new")])
        .await
        .unwrap();
    for (subjects, stream) in &mut streams {
        let expected: &[u64] = match subjects.first() {
            None => &[6, 7],
            Some(&"group/hts") => &[6],
            Some(_) => continue,
        };
        let last = expected[expected.len() - 1];
        assert_eq!(up_to(stream, last).await, (expected.to_vec(), vec![]), "{subjects:?}");
    }
}

/// Told of the tail before the indexes had come to it, a subscriber by subject would miss events: it goes on from the
/// tail it was told of, and never looks back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_event_is_missed_while_events_arrive() {
    const EVENTS: u64 = 300;
    let office = Office::small().await;
    let mut by_subject = subscribe(&office, &["relationship/us/hts"], 0).await;
    let mut by_group = subscribe(&office, &["group/hts", "group/aq"], 3).await;
    let mut all = subscribe(&office, &[], 0).await;
    let listening = tokio::spawn(async move {
        let last = 3 + EVENTS;
        let (subject, group, all) =
            tokio::join!(up_to(&mut by_subject, last), up_to(&mut by_group, last), up_to(&mut all, last));
        (subject.0, group.0, all.0)
    });
    for number in 0..EVENTS {
        let meeting = events::meeting(1_000 + number, "2025-05-14", "us", "hts");
        assert_eq!(office.submit(vec![meeting]).await.unwrap()[0].position, 4 + number);
    }
    let (subject, group, all) = listening.await.unwrap();
    let expected: Vec<u64> = (4..4 + EVENTS).collect();
    assert_eq!(subject, expected);
    assert_eq!(group, expected);
    assert_eq!(all, (1..4 + EVENTS).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so() {
    let office = Office::small().await;
    let mut stream = subscribe(&office, &[], 0).await;
    assert_eq!(up_to(&mut stream, 3).await.0, [1, 2, 3]);
    assert!(matches!(next(&mut stream).await, Ok(Told::CaughtUp(3))));
    let status = office
        .history()
        .subscribe(v1::SubscribeRequest { filter: None, after_position: 4 })
        .await
        .unwrap_err();
    check_refusal("beyond", &status, Code::OutOfRange, "BEYOND_TAIL", &[], "the record ends at 3");
    let server = office.server;
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    let Err(status) = next(&mut stream).await else { panic!("the subscription goes on") };
    check_refusal("stopping", &status, Code::Unavailable, "STOPPING", &[], "after the last position seen");
    assert!(stopped.await.unwrap().success());
}
