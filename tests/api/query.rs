//! Questions: the three times, how current an answer is, pages under one view, and timelines.

use std::time::{Duration, Instant};

use chancery::wire::v1;
use tonic::Code;

use crate::{Office, changed, check_refusal, common::events, correction, reinstatement, retraction};

fn on(valid_at: &str) -> v1::AsOf {
    v1::AsOf { valid_at: valid_at.to_owned(), ..v1::AsOf::default() }
}

fn known(position: u64) -> Option<v1::KnownAt> {
    Some(v1::KnownAt { point: Some(v1::known_at::Point::Position(position)) })
}

fn known_time(time: Option<prost_types::Timestamp>) -> Option<v1::KnownAt> {
    Some(v1::KnownAt { point: Some(v1::known_at::Point::Time(time.unwrap())) })
}

fn act(number: u64, date: &str, act: v1::Act) -> v1::Event {
    events::act(number, date, "hts", "us-fto219", act)
}

/// A listing (4), a delisting announced ahead (5), and a meeting that was kept secret (6), each in a commit of its own.
async fn office() -> (Office, Vec<v1::Receipt>) {
    let office = Office::small().await;
    let delisted = changed(act(5, "2025-07-08", v1::Act::Delisted), |fact| {
        fact.announced_on = "2025-07-07".to_owned();
    });
    let meeting = changed(events::meeting(6, "2025-02-15", "us", "hts"), |fact| {
        fact.disclosed_on = "2025-03-05".to_owned();
    });
    let mut receipts = Vec::new();
    for event in [act(4, "2014-05-15", v1::Act::Listed), delisted, meeting] {
        receipts.extend(office.submit(vec![event]).await.unwrap());
    }
    (office, receipts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_three_times() {
    use v1::DesignationState as State;
    let (office, receipts) = office().await;
    let group = async |as_of: Option<v1::AsOf>| {
        let request = v1::GetGroupRequest {
            group: "hts".to_owned(),
            regimes: vec!["us-fto219".to_owned()],
            as_of,
            min_position: 0,
        };
        let answer = office.query().get_group(request).await.unwrap().into_inner();
        (answer.status.unwrap().designations.remove(0), answer.view.unwrap())
    };
    let first = receipts[0].recorded_at;
    let cases = [
        (on("2014-05-14"), State::None, 0, 6),
        (on("2014-05-15"), State::Active, 0, 6),
        (on("2025-07-06"), State::Active, 0, 6),
        (on("2025-07-07"), State::Active, 1, 6),
        (on("2025-07-08"), State::Delisted, 0, 6),
        (v1::AsOf { known_at: known(3), ..on("2025-07-08") }, State::None, 0, 3),
        (v1::AsOf { known_at: known(4), ..on("2025-07-08") }, State::Active, 0, 4),
        (v1::AsOf { known_at: known(5), ..on("2025-07-07") }, State::Active, 1, 5),
        (v1::AsOf { known_at: known_time(first), ..on("2025-07-08") }, State::Active, 0, 4),
        (v1::AsOf { disclosed_by: "2025-07-06".to_owned(), ..on("2025-07-08") }, State::Active, 0, 6),
        (v1::AsOf { disclosed_by: "2025-07-07".to_owned(), ..on("2025-07-08") }, State::Delisted, 0, 6),
        (v1::AsOf { disclosed_by: "2014-05-14".to_owned(), ..on("2025-07-08") }, State::None, 0, 6),
    ];
    for (as_of, state, pending, position) in cases {
        let (found, view) = group(Some(as_of.clone())).await;
        assert_eq!((found.state(), found.pending.len()), (state, pending), "{as_of:?}");
        assert_eq!((&view.valid_at, view.known_position), (&as_of.valid_at, position), "{as_of:?}");
        assert_eq!(view.disclosed_by, as_of.disclosed_by);
        assert_eq!(view.known_time.is_some(), !view.ruleset.is_empty());
        // Asking again with the view's own three times gives the same answer.
        let again = v1::AsOf { known_at: known(view.known_position), ..as_of };
        assert_eq!(group(Some(again)).await, (found, view));
    }
    let (today, view) = group(None).await;
    assert_eq!(today.state(), State::Delisted);
    assert_eq!(view.valid_at, jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string());

    let headline = async |as_of: v1::AsOf| {
        let request = v1::GetRelationshipRequest {
            actor: "us".to_owned(),
            group: "hts".to_owned(),
            as_of: Some(as_of),
            min_position: 0,
        };
        let status = office.query().get_relationship(request).await.unwrap().into_inner().status.unwrap();
        (status.headline(), status.engagements)
    };
    use v1::Headline as Said;
    for (as_of, expected) in [
        (on("2025-02-14"), (Said::ProscribedNoContact, 0)),
        (on("2025-02-20"), (Said::DirectContact, 1)),
        (
            v1::AsOf { disclosed_by: "2025-03-04".to_owned(), ..on("2025-02-20") },
            (Said::ProscribedNoContact, 0),
        ),
        (v1::AsOf { disclosed_by: "2025-03-05".to_owned(), ..on("2025-02-20") }, (Said::DirectContact, 1)),
        (v1::AsOf { known_at: known(5), ..on("2025-02-20") }, (Said::ProscribedNoContact, 0)),
        (v1::AsOf { known_at: known(3), ..on("2025-02-20") }, (Said::None, 0)),
    ] {
        assert_eq!(headline(as_of.clone()).await, expected, "{as_of:?}");
    }
}

/// The code, reason, fields and text of every refusal of a question.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals() {
    use Code::{InvalidArgument, NotFound, OutOfRange};
    let (office, _) = office().await;
    let group =
        |group: &str, as_of| v1::GetGroupRequest { group: group.to_owned(), as_of, ..Default::default() };
    let cases: Vec<(v1::GetGroupRequest, Code, &str, Vec<&str>, &str)> = vec![
        (group("nobody", None), NotFound, "NOT_ON_RECORD", vec!["group"], "group/nobody"),
        (group("", None), InvalidArgument, "MALFORMED", vec!["group"], ""),
        (
            group("HTS", Some(v1::AsOf { disclosed_by: "yesterday".to_owned(), ..on("2025-07") })),
            InvalidArgument,
            "MALFORMED",
            vec!["group", "as_of.valid_at", "as_of.disclosed_by"],
            "",
        ),
        (
            group("hts", Some(v1::AsOf { known_at: known(7), ..on("") })),
            OutOfRange,
            "BEYOND_TAIL",
            vec![],
            "position 7 does not exist yet: the record ends at 6",
        ),
        (
            group("hts", Some(v1::AsOf { known_at: Some(v1::KnownAt { point: None }), ..on("") })),
            InvalidArgument,
            "MALFORMED",
            vec!["as_of.known_at.point"],
            "",
        ),
        (
            v1::GetGroupRequest {
                regimes: vec!["us-fto219".to_owned(), "xx".to_owned()],
                ..group("hts", None)
            },
            NotFound,
            "NOT_ON_RECORD",
            vec!["regimes[1]"],
            "regime/xx",
        ),
    ];
    for (request, code, reason, fields, part) in cases {
        let what = format!("{request:?}");
        let status = office.query().get_group(request).await.unwrap_err();
        check_refusal(&what, &status, code, reason, &fields, part);
    }
    let pair = |actor: &str, group: &str| v1::GetRelationshipRequest {
        actor: actor.to_owned(),
        group: group.to_owned(),
        ..Default::default()
    };
    for (actor, group, field) in [("xx", "hts", "actor"), ("us", "xx", "group")] {
        let status = office.query().get_relationship(pair(actor, group)).await.unwrap_err();
        check_refusal(actor, &status, NotFound, "NOT_ON_RECORD", &[field], "/xx is not on record");
    }
    let status = office.query().get_relationship(pair("", "")).await.unwrap_err();
    check_refusal("nobody", &status, InvalidArgument, "MALFORMED", &["actor", "group"], "");
}

/// A question waits for the position it names, and not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_current_an_answer_is() {
    let (office, _) = office().await;
    let ask = |min_position| v1::GetGroupRequest {
        group: "hts".to_owned(),
        min_position,
        as_of: Some(on("2025-07-08")),
        ..Default::default()
    };
    let mut waiting = office.query();
    let waits = tokio::spawn(async move { waiting.get_group(ask(8)).await });
    let beyond = tokio::spawn({
        let mut query = office.query();
        async move {
            let begun = Instant::now();
            (query.get_group(ask(1_000)).await, begun.elapsed())
        }
    });
    let by_deadline = tokio::spawn({
        let mut query = office.query();
        let mut request = tonic::Request::new(ask(1_000));
        request.set_timeout(Duration::from_millis(200));
        async move { query.get_group(request).await }
    });
    for number in 7..9 {
        office.submit(vec![events::meeting(number, "2025-06-01", "us", "hts")]).await.unwrap();
        // Without a position it reflects what was durable when it came.
        let answer = office.query().get_group(ask(0)).await.unwrap().into_inner();
        assert!(number <= answer.view.unwrap().known_position);
    }
    let answer = waits.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.view.unwrap().known_position, 8);
    assert_eq!(answer.status.unwrap().counts.unwrap().engagements, 3);
    let status = by_deadline.await.unwrap().unwrap_err();
    assert!(
        [Code::DeadlineExceeded, Code::Cancelled, Code::Unavailable].contains(&status.code()),
        "{status:?}"
    );
    let (answer, took) = beyond.await.unwrap();
    let status = answer.unwrap_err();
    let part = "have not come to 1000 yet: the record ends at 8";
    check_refusal("beyond", &status, Code::Unavailable, "PROJECTIONS_BEHIND", &[], part);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// Asks for the status of us with hts and of hts, twice each, and the same under a cut that leaves out nothing, for which
/// no earlier answer is taken. Says how many engagements there are.
async fn check_current(office: &Office, what: &str) -> u64 {
    let valid_at = on("2025-07-01");
    let uncut = v1::AsOf { disclosed_by: "2099-12-31".to_owned(), ..valid_at.clone() };
    let mut query = office.query();
    let mut engagements = 0;
    for as_of in [&valid_at, &valid_at, &uncut] {
        let (actor, group) = ("us".to_owned(), "hts".to_owned());
        let between = |as_of: &v1::AsOf| v1::GetRelationshipRequest {
            actor: actor.clone(),
            group: group.clone(),
            as_of: Some(as_of.clone()),
            min_position: 0,
        };
        let about = |as_of: &v1::AsOf| v1::GetGroupRequest {
            group: group.clone(),
            as_of: Some(as_of.clone()),
            ..v1::GetGroupRequest::default()
        };
        let [found, anew] = [
            query.get_relationship(between(as_of)).await.unwrap().into_inner(),
            query.get_relationship(between(&uncut)).await.unwrap().into_inner(),
        ];
        assert_eq!(found.status, anew.status, "{what}");
        engagements = found.status.unwrap().engagements;
        let [found, anew] = [
            query.get_group(about(as_of)).await.unwrap().into_inner(),
            query.get_group(about(&uncut)).await.unwrap().into_inner(),
        ];
        assert_eq!(found.status, anew.status, "{what}");
        assert_eq!(found.status.unwrap().counts.unwrap().engagements, engagements, "{what}");
        assert_eq!(found.view.unwrap().known_position, anew.view.unwrap().known_position, "{what}");
    }
    engagements
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_older_than_its_view() {
    let office = Office::small().await;
    assert_eq!(check_current(&office, "the registrations").await, 0);
    let met = |number, date| events::meeting(number, date, "us", "hts");
    let steps = [
        (met(20, "2025-02-15"), 1),
        (met(21, "2025-03-15"), 2),
        (act(22, "2025-04-01", v1::Act::Listed), 2),
        (retraction(23, 20), 1),
        (reinstatement(24, 20), 2),
        (correction(25, 21, &met(21, "2026-03-15")), 1),
        (correction(26, 22, &act(22, "2026-04-01", v1::Act::Listed)), 1),
        (met(27, "2024-02-15"), 2),
    ];
    for (event, expected) in steps {
        let what = format!("{event:?}");
        office.submit(vec![event]).await.unwrap();
        assert_eq!(check_current(&office, &what).await, expected, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_by_pages() {
    let office = Office::seeded().await;
    let tail = office.tail().await;
    let list = async |request: v1::ListGroupsRequest| office.query().list_groups(request).await;
    let selections = [
        v1::ListGroupsRequest { as_of: Some(on("2025-07-07")), ..Default::default() },
        v1::ListGroupsRequest { regime: "us-fto219".to_owned(), ..Default::default() },
        v1::ListGroupsRequest {
            regime: "us-fto219".to_owned(),
            states: vec![v1::DesignationState::Delisted.into()],
            as_of: Some(on("2022-05-20")),
            ..Default::default()
        },
        v1::ListGroupsRequest { kinds: vec![v1::GroupKind::Individual.into()], ..Default::default() },
        v1::ListGroupsRequest {
            as_of: Some(v1::AsOf { known_at: known(200), ..on("2020-01-01") }),
            ..Default::default()
        },
        v1::ListGroupsRequest { flags: vec![v1::GroupFlag::GoverningButListed.into()], ..Default::default() },
    ];
    for (place, selection) in selections.iter().enumerate() {
        let whole = list(v1::ListGroupsRequest { page_size: 1_000, ..selection.clone() }).await;
        let whole = whole.unwrap().into_inner();
        assert_eq!(whole.next_page_token, "");
        assert!(!whole.groups.is_empty(), "{selection:?}");
        assert!(whole.groups.is_sorted_by(|one, other| one.group < other.group));
        for page_size in [1, 7, u32::try_from(whole.groups.len()).unwrap()] {
            let mut groups = Vec::new();
            let mut page_token = String::new();
            loop {
                let request = v1::ListGroupsRequest { page_size, page_token, ..selection.clone() };
                let page = list(request).await.unwrap().into_inner();
                assert!(!page.groups.is_empty() && page.groups.len() <= page_size as usize);
                assert_eq!(page.view, whole.view, "pages share one view");
                groups.extend(page.groups);
                if page.next_page_token.is_empty() {
                    break;
                }
                page_token = page.next_page_token;
            }
            assert!(groups == whole.groups, "{page_size} a page: {selection:?}");
        }
        // What is recorded between pages is not seen by the pages that follow.
        let first =
            list(v1::ListGroupsRequest { page_size: 1, ..selection.clone() }).await.unwrap().into_inner();
        let number = 100 + place as u64;
        office.submit(vec![events::group(number, &format!("zz-{number}"))]).await.unwrap();
        if !first.next_page_token.is_empty() {
            let page_token = first.next_page_token.clone();
            let rest =
                list(v1::ListGroupsRequest { page_size: 1_000, page_token, ..selection.clone() }).await;
            let rest = rest.unwrap().into_inner();
            assert_eq!(rest.view, first.view);
            assert!(rest.groups == whole.groups[1..], "{selection:?}");
            let page_token = first.next_page_token;
            let other =
                v1::ListGroupsRequest { page_token, ..selections[(place + 1) % selections.len()].clone() };
            let status = list(other).await.unwrap_err();
            let fields = ["page_token"];
            check_refusal("foreign", &status, Code::InvalidArgument, "MALFORMED", &fields, "does not belong");
        }
    }
    assert_eq!(office.tail().await, tail + selections.len() as u64);
    let unknown = v1::ListGroupsRequest { regime: "xx".to_owned(), ..Default::default() };
    let status = list(unknown).await.unwrap_err();
    check_refusal("no regime", &status, Code::NotFound, "NOT_ON_RECORD", &["regime"], "regime/xx");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relationships_by_pages() {
    let office = Office::seeded().await;
    let list = async |request: v1::ListRelationshipsRequest| office.query().list_relationships(request).await;
    let selections = [
        v1::ListRelationshipsRequest { as_of: Some(on("2025-07-07")), ..Default::default() },
        v1::ListRelationshipsRequest { actor: "us".to_owned(), ..Default::default() },
        v1::ListRelationshipsRequest { group: "taliban".to_owned(), ..Default::default() },
        v1::ListRelationshipsRequest {
            headlines: vec![v1::Headline::Recognised.into(), v1::Headline::Dormant.into()],
            ..Default::default()
        },
        v1::ListRelationshipsRequest {
            flags: vec![v1::RelationshipFlag::EngagingWhileDesignated.into()],
            as_of: Some(on("2025-07-07")),
            ..Default::default()
        },
    ];
    for (place, selection) in selections.iter().enumerate() {
        let whole = list(v1::ListRelationshipsRequest { page_size: 1_000, ..selection.clone() }).await;
        let whole = whole.unwrap().into_inner();
        assert!(1 < whole.relationships.len(), "{selection:?}");
        let pair = |it: &v1::RelationshipSummary| (it.actor.clone(), it.group.clone());
        assert!(whole.relationships.is_sorted_by(|one, other| pair(one) < pair(other)));
        assert!(whole.relationships.iter().all(|it| 0 < it.engagements));
        for page_size in [1, 6] {
            let mut found = Vec::new();
            let mut page_token = String::new();
            loop {
                let request = v1::ListRelationshipsRequest { page_size, page_token, ..selection.clone() };
                let page = list(request).await.unwrap().into_inner();
                assert_eq!(page.view, whole.view);
                found.extend(page.relationships);
                if page.next_page_token.is_empty() {
                    break;
                }
                page_token = page.next_page_token;
            }
            assert!(found == whole.relationships, "{page_size} a page: {selection:?}");
        }
        let request = v1::ListRelationshipsRequest { page_size: 1, ..selection.clone() };
        let first = list(request).await.unwrap().into_inner();
        let number = 100 + place as u64;
        office.submit(vec![events::meeting(number, "2020-01-01", "us", "taliban")]).await.unwrap();
        let page_token = first.next_page_token.clone();
        let request = v1::ListRelationshipsRequest { page_size: 1_000, page_token, ..selection.clone() };
        let rest = list(request).await.unwrap().into_inner();
        assert_eq!(rest.view, first.view);
        assert!(rest.relationships == whole.relationships[1..], "{selection:?}");
        let other = selections[(place + 1) % selections.len()].clone();
        let request = v1::ListRelationshipsRequest { page_token: first.next_page_token, ..other };
        let status = list(request).await.unwrap_err();
        check_refusal(
            "foreign",
            &status,
            Code::InvalidArgument,
            "MALFORMED",
            &["page_token"],
            "does not belong",
        );
    }
    for (actor, group, field) in [("xx", "", "actor"), ("", "xx", "group")] {
        let request = v1::ListRelationshipsRequest {
            actor: actor.to_owned(),
            group: group.to_owned(),
            ..Default::default()
        };
        let status = list(request).await.unwrap_err();
        check_refusal("nobody", &status, Code::NotFound, "NOT_ON_RECORD", &[field], "/xx is not on record");
    }
}

/// An entry in a line: the date it stands at, then `pending`, `disputed`, `corrected`, and how many claims lost.
fn line(entry: &v1::TimelineEntry) -> String {
    let mut line = format!(
        "{} {}",
        entry.record.as_ref().unwrap().position,
        entry.standing.as_ref().unwrap().effective_on
    );
    for (mark, holds) in [
        (" pending", entry.pending),
        (" disputed", entry.disputed),
        (" corrected", !entry.corrected_by.is_empty()),
    ] {
        if holds {
            line.push_str(mark);
        }
    }
    match entry.alternatives.len() {
        0 => line,
        lost => format!("{line} lost {lost}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timelines() {
    let (office, _) = office().await;
    let claim = changed(act(7, "2025-07-01", v1::Act::Delisted), |fact| {
        fact.claim_of = events::id(5);
        fact.sources[0].kind = v1::SourceKind::EstablishedMedia.into();
    });
    office
        .submit(vec![
            claim,
            events::meeting(8, "2024-12", "us", "hts"),
            correction(
                9,
                6,
                &changed(events::meeting(0, "2025-02-16", "us", "hts"), |fact| {
                    fact.disclosed_on = "2025-03-05".to_owned();
                }),
            ),
        ])
        .await
        .unwrap();
    let lines = async |subject: &str, as_of: Option<v1::AsOf>| -> Vec<String> {
        let request = v1::GetTimelineRequest { subject: subject.to_owned(), as_of, ..Default::default() };
        let answer = office.query().get_timeline(request).await.unwrap().into_inner();
        assert_eq!(answer.next_page_token, "");
        answer.entries.iter().map(line).collect()
    };
    let group = ["2 1990", "4 2014-05-15", "8 2024-12", "6 2025-02-16 corrected", "5 2025-07-08 lost 1"];
    let at = |position, day: &str| Some(v1::AsOf { known_at: known(position), ..on(day) });
    let told = |day: &str, disclosed: &str| Some(v1::AsOf { disclosed_by: disclosed.to_owned(), ..on(day) });
    let cases: Vec<(&str, Option<v1::AsOf>, Vec<&str>)> = vec![
        ("group/hts", None, group.to_vec()),
        ("designation/hts/us-fto219", None, vec!["4 2014-05-15", "5 2025-07-08 lost 1"]),
        ("relationship/us/hts", None, vec!["8 2024-12", "6 2025-02-16 corrected"]),
        ("actor/us", None, vec!["1 1974", "3 1996", "8 2024-12", "6 2025-02-16 corrected"]),
        ("event/00000000-0000-4000-8000-000000000006", None, vec!["6 2025-02-16 corrected"]),
        // Announced on the day before it takes effect.
        ("designation/hts/us-fto219", Some(on("2025-07-06")), vec!["4 2014-05-15"]),
        (
            "designation/hts/us-fto219",
            Some(on("2025-07-07")),
            vec!["4 2014-05-15", "5 2025-07-08 pending lost 1"],
        ),
        ("relationship/us/hts", Some(on("2025-01-31")), vec!["8 2024-12"]),
        // As the record stood before the claim, and before the correction.
        ("group/hts", at(6, "2025-12-31"), vec!["2 1990", "4 2014-05-15", "6 2025-02-15", "5 2025-07-08"]),
        ("group/hts", at(3, "2025-12-31"), vec!["2 1990"]),
        ("relationship/us/hts", told("2025-12-31", "2025-03-04"), vec!["8 2024-12"]),
        ("designation/hts/us-fto219", told("2025-12-31", "2025-07-06"), vec!["4 2014-05-15", "7 2025-07-01"]),
    ];
    for (subject, as_of, expected) in &cases {
        assert_eq!(lines(subject, as_of.clone()).await, *expected, "{subject} {as_of:?}");
    }
    // By pages it is the same, whatever is recorded meanwhile.
    let mut entries = Vec::new();
    let mut page_token = String::new();
    for number in 0..group.len() {
        let request = v1::GetTimelineRequest {
            subject: "group/hts".to_owned(),
            page_size: 1,
            page_token: page_token.clone(),
            ..Default::default()
        };
        let page = office.query().get_timeline(request).await.unwrap().into_inner();
        assert_eq!(page.view.unwrap().known_position, 9);
        entries.extend(page.entries.iter().map(line));
        page_token = page.next_page_token;
        office.submit(vec![events::meeting(100 + number as u64, "2010", "us", "hts")]).await.unwrap();
    }
    assert_eq!((entries, page_token.as_str()), (group.map(str::to_owned).to_vec(), ""));
    // Taken back and put back.
    for (event, expected) in
        [(retraction(20, 6), vec!["8 2024-12"]), (reinstatement(21, 6), cases[2].2.clone())]
    {
        office.submit(vec![event]).await.unwrap();
        let mut found = lines("relationship/us/hts", None).await;
        found.retain(|line| !line.ends_with(" 2010"));
        assert_eq!(found, expected);
    }
    for (subject, code, reason) in [
        ("", Code::InvalidArgument, "MALFORMED"),
        ("hts", Code::InvalidArgument, "MALFORMED"),
        ("group/nobody", Code::NotFound, "NOT_ON_RECORD"),
        ("event/00000000-0000-4000-8000-0000000000ff", Code::NotFound, "NOT_ON_RECORD"),
    ] {
        let request = v1::GetTimelineRequest { subject: subject.to_owned(), ..Default::default() };
        let status = office.query().get_timeline(request).await.unwrap_err();
        check_refusal(subject, &status, code, reason, &["subject"], "");
    }
}
