//! Reading the record: filters, directions, windows, single events, the tail and moments.

use chancery::{
    domain::date::{DateSpan, parse_day},
    wire::v1,
};
use tonic::Code;

use crate::{
    Office, anonymous, changed, check_refusal, common::events, correction, fact, reinstatement, retraction,
};

/// The kind of an event, read from the message itself.
fn kind(event: &v1::Event) -> &'static str {
    use v1::{event::Body, fact::Statement};
    match event.body.as_ref().unwrap() {
        Body::Correction(_) => "correction",
        Body::Retraction(_) => "retraction",
        Body::Reinstatement(_) => "reinstatement",
        Body::Fact(fact) => match fact.statement.as_ref().unwrap() {
            Statement::ActorRegistered(_) => "actor_registered",
            Statement::GroupRegistered(_) => "group_registered",
            Statement::GroupNamed(_) => "group_named",
            Statement::LineageRecorded(_) => "lineage_recorded",
            Statement::LifecycleChanged(_) => "lifecycle_changed",
            Statement::RegimeRegistered(_) => "regime_registered",
            Statement::RegimeTerminated(_) => "regime_terminated",
            Statement::DecisionRecorded(_) => "decision_recorded",
            Statement::DesignationAct(_) => "designation_act",
            Statement::Engagement(_) => "engagement",
            Statement::IdentityMerged(_) => "identity_merged",
            Statement::IdentityUnmerged(_) => "identity_unmerged",
        },
    }
}

/// Whether a fact, or the replacement of a correction, may have been effective in these days.
fn effective(event: &v1::Event, from: &str, until: &str) -> bool {
    let fact = match event.body.as_ref().unwrap() {
        v1::event::Body::Fact(fact) => fact,
        v1::event::Body::Correction(correction) => correction.replacement.as_ref().unwrap(),
        _ => return false,
    };
    let span: DateSpan = fact.effective_on.parse().unwrap();
    parse_day(from).unwrap() <= span.upper() && span.lower() <= parse_day(until).unwrap()
}

fn instant(record: &v1::Record) -> (i64, i32) {
    let time = record.recorded_at.as_ref().unwrap();
    (time.seconds, time.nanos)
}

fn positions(records: &[v1::Record]) -> Vec<u64> {
    records.iter().map(|it| it.position).collect()
}

/// A reading gives what holds of the whole record, forwards and backwards, whole and cut.
async fn check_reading(
    office: &Office,
    all: &[v1::Record],
    what: &str,
    filter: v1::RecordFilter,
    holds: &dyn Fn(&v1::Record) -> bool,
) {
    let windows =
        [(0, 0, 0), (0, 0, 1), (0, 0, 65), (0, 0, 10_000), (100, 0, 0), (0, 300, 0), (128, 300, 70)];
    let edges = [(300, 100, 0), (5_000, 0, 0), (0, 5_000, 3), (7, 7, 0), (434, 434, 9)];
    for (from_position, to_position, limit) in windows.into_iter().chain(edges) {
        let last = if to_position == 0 { u64::MAX } else { to_position };
        let within = |it: &&v1::Record| from_position <= it.position && it.position <= last && holds(it);
        let most = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap() };
        let forwards: Vec<v1::Record> = all.iter().filter(within).take(most).cloned().collect();
        let backwards: Vec<v1::Record> = all.iter().rev().filter(within).take(most).cloned().collect();
        for (order, expected) in [
            (v1::ReadOrder::Unspecified, &forwards),
            (v1::ReadOrder::Forwards, &forwards),
            (v1::ReadOrder::Backwards, &backwards),
        ] {
            let filter = Some(filter.clone());
            let request = v1::ReadRequest { filter, from_position, to_position, order: order.into(), limit };
            let found = office.read(request).await;
            let at = format!("{what} from {from_position} to {to_position}, {limit} at most, {order:?}");
            assert_eq!(positions(&found), positions(expected), "{at}");
            assert!(found == *expected, "{at}: the records differ");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_windows() {
    let office = Office::seeded().await;
    // Record events of every kind, and a moment between the seeds and them.
    let last = office.tail().await;
    let one = office.read(v1::ReadRequest { from_position: 300, limit: 1, ..Default::default() }).await;
    let target = one[0].event.clone().unwrap();
    let body = |number, target: &v1::Event| {
        let reason = "A test of reading.".to_owned();
        let correction = v1::Correction {
            target: target.event_id.clone(),
            reason,
            replacement: Some(fact(target).clone()),
        };
        v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Correction(correction)) }
    };
    office.submit(vec![body(1, &target), retraction(2, 1), reinstatement(3, 1)]).await.unwrap();
    let all = office.read(v1::ReadRequest::default()).await;
    assert_eq!(positions(&all), (1..=last + 3).collect::<Vec<u64>>());
    assert!(all.windows(2).all(|two| instant(&two[0]) <= instant(&two[1])), "time never goes back");

    let empty = v1::RecordFilter::default;
    check_reading(&office, &all, "everything", empty(), &|_| true).await;
    for kinds in [
        vec!["designation_act"],
        vec!["engagement", "correction"],
        vec!["retraction"],
        vec!["regime_terminated"],
    ] {
        let filter = v1::RecordFilter { kinds: kinds.iter().map(ToString::to_string).collect(), ..empty() };
        let holds = |it: &v1::Record| kinds.contains(&kind(it.event.as_ref().unwrap()));
        check_reading(&office, &all, &kinds.join(" "), filter, &holds).await;
    }
    for (from, until) in
        [("2025-01-01", "2025-12-31"), ("2001-10-31", "2001-10-31"), ("2026-06-30", "2999-12-31")]
    {
        let holds = |it: &v1::Record| effective(it.event.as_ref().unwrap(), from, until);
        let filter = v1::RecordFilter {
            effective_from: from.to_owned(),
            effective_until: until.to_owned(),
            ..empty()
        };
        assert!(all.iter().any(holds), "{from}");
        check_reading(&office, &all, from, filter, &holds).await;
    }
    let cut = all[last as usize].clone();
    let from = v1::RecordFilter { recorded_from: cut.recorded_at, ..empty() };
    check_reading(&office, &all, "recorded from", from, &|it| instant(&cut) <= instant(it)).await;
    let until = v1::RecordFilter { recorded_until: cut.recorded_at, ..empty() };
    check_reading(&office, &all, "recorded until", until, &|it| instant(it) < instant(&cut)).await;
    // The subjects of every event, as the record has them.
    let mut subjects: Vec<Vec<String>> = Vec::new();
    for record in &all {
        let event_id = record.event.as_ref().unwrap().event_id.clone();
        let request = v1::GetEventRequest { event_id };
        subjects.push(office.history().get_event(request).await.unwrap().into_inner().subjects);
    }
    let about_target = format!("event/{}", target.event_id);
    for wanted in [
        vec!["actor/us"],
        vec!["group/hts"],
        vec!["relationship/us/hamas"],
        vec!["designation/hts/us-fto219", "relationship/ru/taliban", "designation/hts/us-fto219"],
        vec!["regime/us-fto219"],
        vec![about_target.as_str()],
        vec!["group/nobody"],
    ] {
        let holds = |it: &v1::Record| {
            subjects[it.position as usize - 1].iter().any(|subject| wanted.contains(&subject.as_str()))
        };
        let names = wanted.iter().map(ToString::to_string).collect();
        check_reading(
            &office,
            &all,
            &wanted.join(" "),
            v1::RecordFilter { subjects: names, ..empty() },
            &holds,
        )
        .await;
    }
    // Every condition must hold.
    let filter = v1::RecordFilter {
        subjects: vec!["actor/us".to_owned()],
        kinds: vec!["engagement".to_owned()],
        effective_from: "2025-01-01".to_owned(),
        ..empty()
    };
    let holds = |it: &v1::Record| {
        let event = it.event.as_ref().unwrap();
        subjects[it.position as usize - 1].iter().any(|it| it == "actor/us")
            && kind(event) == "engagement"
            && effective(event, "2025-01-01", "2999-12-31")
    };
    check_reading(&office, &all, "all at once", filter, &holds).await;
}

/// No batch but the last is empty, however little matches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches() {
    let office = Office::small().await;
    for first in (0..2_400).step_by(400) {
        let meetings = (first..first + 400).map(|number| {
            changed(events::meeting(1_000 + number, "2025-05-14", "us", "hts"), |fact| {
                fact.sources[0].locator = "x".repeat(1_000);
            })
        });
        office.submit(meetings.collect()).await.unwrap();
    }
    office.submit(vec![events::group(9, "last")]).await.unwrap();
    let kinds = vec!["group_registered".to_owned()];
    for (subjects, order, expected) in [
        (vec![], v1::ReadOrder::Forwards, [2, 2_404]),
        (vec![], v1::ReadOrder::Backwards, [2_404, 2]),
        (vec!["group/hts".to_owned(), "group/last".to_owned()], v1::ReadOrder::Forwards, [2, 2_404]),
        (vec!["group/hts".to_owned(), "group/last".to_owned()], v1::ReadOrder::Backwards, [2_404, 2]),
    ] {
        let filter = Some(v1::RecordFilter { subjects, kinds: kinds.clone(), ..Default::default() });
        let request = v1::ReadRequest { filter, order: order.into(), ..Default::default() };
        let mut stream = office.history().read(request).await.unwrap().into_inner();
        let mut batches = Vec::new();
        while let Some(batch) = stream.message().await.unwrap() {
            assert_eq!(batch.position, 2_404);
            batches.push(positions(&batch.records));
        }
        assert_eq!(batches.concat(), expected, "{order:?}");
        let (_, before) = batches.split_last().unwrap();
        assert!(before.iter().all(|batch| !batch.is_empty()), "{order:?}: {batches:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_event() {
    let office = Office::small().await;
    let meeting = |number, date: &str| events::meeting(number, date, "us", "hts");
    let claim = changed(meeting(5, "2025-05-12"), |fact| fact.claim_of = events::id(4));
    let steps = [
        (meeting(4, "2025-05-14"), Some("2025-05-14")),
        (claim, Some("2025-05-14")),
        (correction(6, 4, &meeting(0, "2025-05-15")), Some("2025-05-15")),
        (correction(7, 4, &meeting(0, "2025-05-16")), Some("2025-05-16")),
        (retraction(8, 7), Some("2025-05-15")),
        (retraction(9, 4), None),
        (reinstatement(10, 4), Some("2025-05-15")),
        (reinstatement(11, 7), Some("2025-05-16")),
    ];
    let get = async |number| {
        let request = v1::GetEventRequest { event_id: events::id(number) };
        office.history().get_event(request).await.unwrap().into_inner()
    };
    for (place, (event, standing)) in steps.into_iter().enumerate() {
        office.submit(vec![event.clone()]).await.unwrap();
        let found = get(4).await;
        let tail = 4 + place as u64;
        assert_eq!(found.position, tail);
        assert_eq!(positions(&found.related), (5..=tail).collect::<Vec<u64>>());
        let stands = found.standing.as_ref();
        assert_eq!(stands.map(|fact| fact.effective_on.as_str()), standing, "after position {tail}");
        if tail < 6 {
            let admitted = found.record.unwrap().event.unwrap();
            assert_eq!(stands, Some(fact(&admitted)), "what is not corrected stands as it was admitted");
        }
        let itself = get(tail).await.record.unwrap();
        assert_eq!((itself.position, itself.event), (tail, Some(event)));
        assert_eq!((itself.recorded_by.as_str(), itself.commit_id.len()), ("local", 36));
    }
    // What concerns another event of the family does not concern this one.
    for (number, related) in [(5, vec![]), (6, vec![]), (7, vec![8, 11]), (8, vec![]), (10, vec![])] {
        let found = get(number).await;
        assert_eq!(positions(&found.related), related, "event {number}");
        let standing = found.standing.map(|fact| fact.effective_on);
        assert_eq!(standing.as_deref(), (number == 5).then_some("2025-05-12"), "event {number}");
    }
    let status =
        office.history().get_event(v1::GetEventRequest { event_id: events::id(99) }).await.unwrap_err();
    check_refusal("unknown", &status, Code::NotFound, "NOT_ON_RECORD", &["event_id"], "not on record");
    for event_id in ["", "4", "00000000-0000-0000-0000-000000000000"] {
        let request = v1::GetEventRequest { event_id: event_id.to_owned() };
        let status = office.history().get_event(request).await.unwrap_err();
        check_refusal(event_id, &status, Code::InvalidArgument, "MALFORMED", &["event_id"], "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_by_the_beginning_of_their_ids() {
    let office = Office::small().await;
    let other = "d5ba334a-0000-4000-8000-000000000001";
    let mut meetings: Vec<v1::Event> =
        (10..40).map(|number| events::meeting(number, "2025-01-01", "us", "hts")).collect();
    meetings[3].event_id = other.to_owned();
    office.submit(meetings).await.unwrap();
    let find = async |beginning: &str| {
        let request = v1::FindEventsRequest { beginning: beginning.to_owned() };
        office.history().find_events(request).await.map(tonic::Response::into_inner)
    };
    for (beginning, expected, left_out) in [
        ("d5ba334a", vec![7], 0),
        (&other[..9], vec![7], 0),
        (&other[..35], vec![7], 0),
        (other, vec![7], 0),
        ("d5ba334b", vec![], 0),
        ("d5ba334a-1", vec![], 0),
        ("00000000", [1, 2, 3, 4, 5, 6].into_iter().chain(8..22).collect(), 12),
        ("00000000-0000-4000-8000-00000000000b", vec![5], 0),
        ("00000000-0000-4000-8000-00000000002", (26..34).collect(), 0),
    ] {
        let found = find(beginning).await.unwrap();
        assert_eq!((positions(&found.records), found.left_out), (expected, left_out), "{beginning}");
    }
    for beginning in ["", "d5ba334", "D5BA334A", "d5ba334a00", "d5ba334x", &format!("{other}0")] {
        let status = find(beginning).await.unwrap_err();
        check_refusal(beginning, &status, Code::InvalidArgument, "MALFORMED", &["beginning"], "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tails_and_moments() {
    let office = Office::empty().await;
    let tail = async || office.history().get_tail(v1::GetTailRequest {}).await.unwrap().into_inner();
    assert_eq!(tail().await, v1::GetTailResponse { position: 0, recorded_at: None });
    let at = async |time: prost_types::Timestamp| {
        let request = v1::PositionAtRequest { time: Some(time) };
        let found = office.history().position_at(request).await.unwrap().into_inner();
        (found.position, found.recorded_at, found.tail)
    };
    let never = prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 };
    assert_eq!(at(never).await, (0, None, 0));
    let mut receipts = Vec::new();
    for number in 0..20 {
        receipts
            .extend(office.submit(vec![anonymous(events::group(0, &format!("g{number}")))]).await.unwrap());
    }
    let first = receipts[0].recorded_at.unwrap();
    let before = prost_types::Timestamp { nanos: 0, seconds: first.seconds - 1 };
    assert_eq!(at(before).await, (0, None, 20));
    let latest = |limit: &prost_types::Timestamp| {
        let until = |it: &&v1::Receipt| {
            let time = it.recorded_at.unwrap();
            (time.seconds, time.nanos) <= (limit.seconds, limit.nanos)
        };
        receipts.iter().rfind(until).unwrap()
    };
    for receipt in &receipts {
        let time = receipt.recorded_at.unwrap();
        let expected = latest(&time);
        assert_eq!(at(time).await, (expected.position, expected.recorded_at, 20));
        let just_after = prost_types::Timestamp { nanos: (time.nanos + 1).min(999_999_999), ..time };
        assert_eq!(at(just_after).await.0, latest(&just_after).position);
    }
    assert_eq!(at(never).await, (20, receipts[19].recorded_at, 20));
    assert_eq!(tail().await, v1::GetTailResponse { position: 20, recorded_at: receipts[19].recorded_at });
    let status = office.history().position_at(v1::PositionAtRequest { time: None }).await.unwrap_err();
    check_refusal("no time", &status, Code::InvalidArgument, "MALFORMED", &["time"], "is required");
}
