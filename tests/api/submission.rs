//! Submissions: receipts, repetition, checks, verdicts, and what each refusal carries.

use chancery::wire::v1;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::{Office, anonymous, changed, check_refusal, common::events, correction, retraction};

fn check(subject: &str, unchanged_since: u64) -> v1::Check {
    v1::Check { subject: subject.to_owned(), unchanged_since }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_and_repetition() {
    let office = Office::empty().await;
    let mut first = vec![events::actor(1, "us"), events::group(2, "hts"), anonymous(events::group(3, "aq"))];
    let receipts = office.submit(first.clone()).await.unwrap();
    let positions: Vec<u64> = receipts.iter().map(|it| it.position).collect();
    assert_eq!(positions, [1, 2, 3]);
    assert_eq!(receipts[0].event_id, events::id(1));
    assert!(receipts.iter().all(|it| !it.deduplicated && it.commit_id == receipts[0].commit_id));
    assert!(receipts.iter().all(|it| it.recorded_at == receipts[0].recorded_at && it.recorded_at.is_some()));
    let made = uuid::Uuid::parse_str(&receipts[2].event_id).unwrap();
    assert_eq!((made.get_version_num(), made.to_string()), (7, receipts[2].event_id.clone()));

    // With the id that the server made, it is the same event; without one, it is another.
    first[2].event_id.clone_from(&receipts[2].event_id);
    let known: Vec<v1::Receipt> =
        receipts.iter().cloned().map(|it| v1::Receipt { deduplicated: true, ..it }).collect();
    assert_eq!(office.submit(first.clone()).await.unwrap(), known);
    let mixed = vec![
        first[1].clone(),
        events::meeting(4, "2025-05-14", "us", "hts"),
        events::meeting(4, "2025-05-14", "us", "hts"),
    ];
    let answers = office.submit(mixed).await.unwrap();
    let told: Vec<(u64, bool)> = answers.iter().map(|it| (it.position, it.deduplicated)).collect();
    assert_eq!(told, [(2, true), (4, false), (4, true)]);
    assert_ne!(answers[0].commit_id, answers[1].commit_id);

    let office = office.restarted().await;
    assert_eq!(office.submit(first.clone()).await.unwrap(), known, "after a restart");
    assert_eq!(office.tail().await, 4);

    let other = vec![events::group(9, "new"), events::group(2, "jfs"), events::actor(1, "gb")];
    let status = office.submit(other).await.unwrap_err();
    let fields = ["events[1].event_id", "events[2].event_id"];
    check_refusal("other content", &status, Code::AlreadyExists, "OTHER_CONTENT", &fields, "position 2");
    assert_eq!(office.tail().await, 4, "a refused commit leaves no trace");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks() {
    let office = Office::small().await;
    let meeting = |number| vec![events::meeting(number, "2025-05-14", "us", "hts")];
    let submit =
        async |events, checks| office.submission().submit(v1::SubmitRequest { events, checks }).await;
    let holding = vec![check("group/hts", 2), check("relationship/us/hts", 0), check("group/nobody", 0)];
    assert!(submit(meeting(4), holding).await.is_ok());
    let failing = [
        check("group/hts", 3),
        check("regime/us-fto219", 3),
        check("relationship/us/hts", 0),
        check("actor/us", 4),
        check("event/00000000-0000-4000-8000-000000000004", 0),
        check("actor/us", 1),
    ];
    let status = submit(meeting(5), failing.to_vec()).await.unwrap_err();
    check_refusal("moved", &status, Code::Aborted, "CHECK_FAILED", &[], "3 of the checks do not hold");
    let told = status.get_details_precondition_failure().unwrap().violations;
    let told: Vec<(&str, &str, &str)> =
        told.iter().map(|it| (it.r#type.as_str(), it.subject.as_str(), it.description.as_str())).collect();
    let moved = |subject, description| ("UNCHANGED_SINCE", subject, description);
    assert_eq!(
        told,
        [
            moved("group/hts", "moved at position 4, after 3"),
            moved("relationship/us/hts", "moved at position 4, after 0"),
            moved("actor/us", "moved at position 4, after 1"),
        ]
    );
    assert_eq!(office.tail().await, 4);
    // What is recorded already succeeds whatever its checks say.
    let again = submit(meeting(4), failing.to_vec()).await.unwrap().into_inner();
    assert!(again.receipts[0].deduplicated);
    let status = submit(meeting(5), vec![check("group/hts", 4), check("group/hts", 5)]).await.unwrap_err();
    let fields = ["checks[1].unchanged_since"];
    check_refusal("beyond", &status, Code::InvalidArgument, "MALFORMED", &fields, "beyond the tail 4");
    let status = submit(meeting(5), vec![check("hts", 4), check("group/HTS", 4)]).await.unwrap_err();
    let fields = ["checks[0].subject", "checks[1].subject"];
    check_refusal("no subject", &status, Code::InvalidArgument, "MALFORMED", &fields, "checks[0].subject");
    let status = submit(meeting(5), vec![check("group/hts", 4); 101]).await.unwrap_err();
    check_refusal("too many", &status, Code::InvalidArgument, "MALFORMED", &["checks"], "101");
    // A retraction moves what its fact is about.
    submit(vec![retraction(6, 4)], Vec::new()).await.unwrap();
    let status = submit(meeting(5), vec![check("relationship/us/hts", 4)]).await.unwrap_err();
    check_refusal("retracted", &status, Code::Aborted, "CHECK_FAILED", &[], "moved at position 5, after 4");
}

/// Every refusal of a commit is the same whether it is submitted or validated, and neither leaves a trace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals() {
    use Code::{AlreadyExists, InvalidArgument, NotFound, ResourceExhausted};
    let office = Office::small().await;
    let meeting = || events::meeting(9, "2025-05-14", "us", "hts");
    let bulky = |number| {
        changed(events::group(number, &format!("g{number}")), |fact| {
            let source = v1::Source { locator: "x".repeat(2_000), ..fact.sources[0].clone() };
            fact.sources = vec![source; 13];
        })
    };
    type Case = (&'static str, Vec<v1::Event>, Code, &'static str, Vec<&'static str>);
    let cases: Vec<Case> = vec![
        ("nothing", vec![], InvalidArgument, "MALFORMED", vec!["events"]),
        (
            "two wrong fields of the second event",
            vec![
                events::group(8, "new"),
                changed(meeting(), |fact| {
                    fact.effective_on = "2025-02-30".to_owned();
                    fact.sources[0].publisher.clear();
                }),
            ],
            InvalidArgument,
            "MALFORMED",
            vec!["events[1].fact.effective_on", "events[1].fact.sources[0].publisher"],
        ),
        (
            "references to nobody",
            vec![
                events::meeting(9, "2025-05-14", "xx", "yy"),
                events::act(10, "2025", "hts", "zz", v1::Act::Listed),
            ],
            NotFound,
            "NOT_ON_RECORD",
            vec![
                "events[0].fact.engagement.participants[0].actor",
                "events[0].fact.engagement.participants[1].group",
                "events[1].fact.designation_act.regime",
            ],
        ),
        (
            "a target that is not there",
            vec![retraction(9, 77)],
            NotFound,
            "NOT_ON_RECORD",
            vec!["events[0].retraction.target"],
        ),
        (
            "another kind of statement",
            vec![correction(9, 2, &meeting())],
            InvalidArgument,
            "MALFORMED",
            vec!["events[0].correction.replacement"],
        ),
        (
            "an id with other content",
            vec![events::group(1, "new")],
            AlreadyExists,
            "OTHER_CONTENT",
            vec!["events[0].event_id"],
        ),
        ("3 MB", (100..220).map(bulky).collect(), ResourceExhausted, "TOO_LARGE", vec![]),
        (
            "20 MB",
            vec![changed(meeting(), |fact| fact.summary = "x".repeat(20 << 20))],
            ResourceExhausted,
            "TOO_LARGE",
            vec![],
        ),
    ];
    for (what, events, code, reason, fields) in cases {
        let submission = || office.submission().max_encoding_message_size(64 << 20);
        let request = v1::SubmitRequest { events: events.clone(), checks: Vec::new() };
        let submitted = submission().submit(request).await.unwrap_err();
        check_refusal(what, &submitted, code, reason, &fields, "");
        let request = v1::ValidateRequest { events, checks: Vec::new() };
        let validated = submission().validate(request).await.unwrap_err();
        check_refusal(what, &validated, code, reason, &fields, "");
        assert_eq!(submitted.message(), validated.message(), "{what}");
        assert_eq!(office.tail().await, 3, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts() {
    let office = Office::small().await;
    office.submit(vec![events::meeting(4, "2025-05-14", "us", "hts")]).await.unwrap();
    let events = vec![
        events::group(2, "hts"),
        anonymous(events::group(5, "aq")),
        events::act(6, "2025", "aq", "us-fto219", v1::Act::Listed),
        retraction(7, 4),
    ];
    let request = v1::ValidateRequest { events: events.clone(), checks: vec![check("group/hts", 4)] };
    let answer = office.submission().validate(request).await.unwrap().into_inner();
    assert_eq!((answer.position, office.tail().await), (4, 4), "nothing is recorded");
    let told: Vec<(&str, bool, Vec<&str>)> = answer
        .verdicts
        .iter()
        .map(|it| (it.event_id.as_str(), it.deduplicated, it.subjects.iter().map(String::as_str).collect()))
        .collect();
    let ids: Vec<String> = [2, 6, 7, 4].map(events::id).into();
    let event = format!("event/{}", ids[3]);
    let expected = [
        (ids[0].as_str(), true, vec!["group/hts"]),
        ("", false, vec!["group/aq"]),
        (ids[1].as_str(), false, vec!["designation/aq/us-fto219", "group/aq", "regime/us-fto219"]),
        (ids[2].as_str(), false, vec!["actor/us", event.as_str(), "group/hts", "relationship/us/hts"]),
    ];
    let sorted = |mut told: Vec<(&str, bool, Vec<&str>)>| {
        told.iter_mut().for_each(|(_, _, subjects)| subjects.sort_unstable());
        format!("{told:#?}")
    };
    assert_eq!(sorted(told), sorted(expected.to_vec()));
    // What was foretold is what the record says afterwards.
    office.submit(events).await.unwrap();
    for verdict in answer.verdicts.iter().filter(|it| !it.event_id.is_empty()) {
        let request = v1::GetEventRequest { event_id: verdict.event_id.clone() };
        let found = office.history().get_event(request).await.unwrap().into_inner();
        assert_eq!(found.subjects, verdict.subjects, "{}", verdict.event_id);
    }
    let failing = vec![check("group/hts", 1), check("actor/us", 0)];
    let request = v1::ValidateRequest { events: vec![events::group(8, "new")], checks: failing };
    let status = office.submission().validate(request).await.unwrap_err();
    check_refusal("checks", &status, Code::Aborted, "CHECK_FAILED", &[], "2 of the checks");
}
