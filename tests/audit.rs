//! Explanations, replays, differences and decisions: the seeds in a real server, asked through the real API.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::type_complexity)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use chancery::domain::fold::RULESET;
use chancery::wire::v1::{
    self, audit_service_client::AuditServiceClient, diff_response::Part as DiffPart,
    query_service_client::QueryServiceClient, replay_transitions_response::Part as ReplayPart,
    submission_service_client::SubmissionServiceClient,
};
use common::{Server, events};
use tonic::{Code, Status, transport::Channel};

/// A server, and a connection to it.
struct Office {
    channel: Channel,
    server: Server,
    _data: tempfile::TempDir,
}

impl Office {
    async fn with(args: &[&str]) -> Office {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path(), args);
        let channel = Channel::from_shared(server.url().to_owned()).unwrap().connect().await.unwrap();
        Office { channel, server, _data: data }
    }

    async fn seeded() -> Office {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        Office::with(&["--seeds", seeds.to_str().unwrap()]).await
    }

    fn audit(&self) -> AuditServiceClient<Channel> {
        AuditServiceClient::new(self.channel.clone())
    }

    async fn submit(&self, events: Vec<v1::Event>) -> Result<u64, Status> {
        let request = v1::SubmitRequest { events, checks: Vec::new() };
        let answer = SubmissionServiceClient::new(self.channel.clone()).submit(request).await?.into_inner();
        Ok(answer.receipts.last().unwrap().position)
    }

    async fn explain(&self, subject: &str, field: &str, times: &str) -> Result<v1::ExplainResponse, Status> {
        let request = v1::ExplainRequest {
            subject: subject.to_owned(),
            field: field.to_owned(),
            as_of: Some(as_of(times)),
            min_position: 0,
        };
        Ok(self.audit().explain(request).await?.into_inner())
    }

    async fn replay(&self, request: v1::ReplayTransitionsRequest) -> Result<Replayed, Status> {
        let mut stream = self.audit().replay_transitions(request).await?.into_inner();
        let mut found = Replayed::default();
        while let Some(answer) = stream.message().await? {
            match answer.part.unwrap() {
                ReplayPart::Start(start) => found.start = start,
                ReplayPart::Transition(transition) => found.transitions.push(transition),
                ReplayPart::End(end) => found.end = end,
            }
        }
        Ok(found)
    }

    async fn diff(
        &self,
        subject: &str,
        from: &str,
        to: &str,
    ) -> Result<BTreeMap<String, Vec<v1::FieldChange>>, Status> {
        let request = v1::DiffRequest {
            subject: subject.to_owned(),
            from: Some(as_of(from)),
            to: Some(as_of(to)),
            min_position: 0,
        };
        let mut stream = self.audit().diff(request).await?.into_inner();
        let mut found = BTreeMap::new();
        while let Some(answer) = stream.message().await? {
            match answer.part.unwrap() {
                DiffPart::Views(views) => assert!(views.from.is_some() && views.to.is_some()),
                DiffPart::Subject(it) => {
                    found.insert(it.subject, it.changes);
                }
                DiffPart::LeftOut(it) => assert!(0 < it.divergence_only),
            }
        }
        Ok(found)
    }

    async fn digest(&self, subjects: &[&str], times: &str) -> Result<v1::DigestViewResponse, Status> {
        let request = v1::DigestViewRequest {
            subjects: subjects.iter().map(ToString::to_string).collect(),
            as_of: Some(as_of(times)),
            min_position: 0,
        };
        Ok(self.audit().digest_view(request).await?.into_inner())
    }

    async fn audited(&self, decision: &str) -> Result<v1::AuditDecisionResponse, Status> {
        self.audited_with(decision, "").await
    }

    async fn audited_with(
        &self,
        decision: &str,
        view_text: &str,
    ) -> Result<v1::AuditDecisionResponse, Status> {
        let request = v1::AuditDecisionRequest {
            decision: decision.to_owned(),
            view_text: view_text.to_owned(),
            ..Default::default()
        };
        Ok(self.audit().audit_decision(request).await?.into_inner())
    }
}

#[derive(Default)]
struct Replayed {
    start: v1::ReplayState,
    transitions: Vec<v1::Transition>,
    end: v1::ReplayState,
}

/// `valid`, with `@position` for a record and ` / disclosed` for a disclosure.
fn as_of(times: &str) -> v1::AsOf {
    let (times, disclosed_by) = times.split_once(" / ").unwrap_or((times, ""));
    let (valid_at, known) = times.split_once('@').unwrap_or((times, ""));
    let point = known.parse().ok().map(v1::known_at::Point::Position);
    v1::AsOf {
        valid_at: valid_at.to_owned(),
        known_at: point.map(|point| v1::KnownAt { point: Some(point) }),
        disclosed_by: disclosed_by.to_owned(),
    }
}

/// The date that a record gives, and its position.
fn dates(records: &[v1::Record]) -> String {
    let date = |record: &v1::Record| match record.event.as_ref().unwrap().body.as_ref().unwrap() {
        v1::event::Body::Fact(fact) => fact.effective_on.clone(),
        v1::event::Body::Correction(it) => format!("→{}", it.replacement.as_ref().unwrap().effective_on),
        _ => "record".to_owned(),
    };
    records.iter().map(date).collect::<Vec<_>>().join(" ")
}

/// Subject, field, times; value, rule, what it follows from; dates of the evidence, of what lost with the rule, and of what
/// was said otherwise.
type Explained = (&'static str, &'static str, &'static str, &'static str);

/// The cases from reality, each with its explanation.
const EXPLAINED: &[Explained] = &[
    (
        "group/hts",
        "designations[us-fto219]",
        "2025-07-07",
        "ACTIVE LATEST_EFFECTIVE; on 2014-05-15 2012-12-11",
    ),
    (
        "group/hts",
        "designations[us-fto219].pending",
        "2025-07-07",
        "DELISTED 2025-07-08, decided 2025-06-23, announced 2025-07-07 SOLE; on 2025-07-08",
    ),
    ("group/hts", "designations[us-fto219].state", "2025-07-08", "DELISTED LATEST_EFFECTIVE; on 2025-07-08"),
    (
        "group/hts",
        "designations[un-scisil]",
        "2026-02-26",
        "ACTIVE LATEST_EFFECTIVE; on 2014-05-14 2013-05-30; lost 2025-11-06 by SOURCE_RANK against 2026-02-27 DISPUTES",
    ),
    (
        "group/hts",
        "designations[un-scisil]",
        "2026-02-27",
        "DELISTED SOURCE_RANK; on 2026-02-27; lost 2025-11-06 by SOURCE_RANK against 2026-02-27 DISPUTES",
    ),
    ("group/al-sharaa", "designations[us-sdgt]", "2025-11-08", "DELISTED LATEST_EFFECTIVE; on 2025-11-07"),
    (
        "group/al-sharaa",
        "designations[us-sdn]",
        "2025-11-08",
        "ACTIVE SOLE; on 2013-05-16; lost 2025-11-07 by SOURCE_RANK against 2025-11-09 DISPUTES",
    ),
    // A name that it had borne before rests on what brought it back.
    ("group/pkk", "name", "2005-04-02", "Kurdistan Workers' Party SOLE; on 2005-04"),
    ("group/farc", "designations[us-fto219]", "2021-12-01", "DELISTED LATEST_EFFECTIVE; on 2021-12-01"),
    ("group/farc-ep", "designations[us-fto219]", "2021-12-01", "ACTIVE SOLE; on 2021-12-01"),
    (
        "group/eta",
        "designations",
        "2022-05-20",
        "us-fto219 DELISTED; us-sdgt ACTIVE DERIVED inferred; from designations[us-fto219], designations[us-fto219].since, designations[us-fto219].basis, designations[us-fto219].episodes, designations[us-sdgt], designations[us-sdgt].since, designations[us-sdgt].basis, designations[us-sdgt].episodes, designations[us-sdgt].last_present_on; on 2022-05-20 1997-10-08 2021-08-18",
    ),
    (
        "group/eta",
        "legal_effects[us]",
        "2022-05-20",
        "ASSET_FREEZE; SECONDARY_SANCTIONS_RISK DERIVED inferred; from designations[us-sdgt]; on 2021-08-18",
    ),
    ("group/ansarallah", "designations[us-fto219]", "2025-01-22", "PROPOSED LATEST_EFFECTIVE; on 2025-01-22"),
    (
        "group/ansarallah",
        "designations[us-fto219].episodes",
        "2025-03-04",
        "1: 2021-01-19 to 2021-02-16 DELISTED; 2: 2025-03-04 LATEST_EFFECTIVE; on 2021-01-19 2021-02-16 2025-03-04",
    ),
    (
        "group/hamas",
        "designations[eu-terr]",
        "2014-12-17",
        "ANNULLED_STAYED LATEST_EFFECTIVE; on 2014-12-17 2003-09-12",
    ),
    (
        "group/hamas",
        "designations[eu-terr]",
        "2017-07-26",
        "ACTIVE LATEST_EFFECTIVE; on 2017-07-26 2003-09-12",
    ),
    (
        "group/pkk",
        "flags",
        "2026-03-01",
        "LISTED_BUT_DISSOLVED set DERIVED inferred; from flags[LISTED_BUT_DISSOLVED]; on 2025-05-12 2002-05-02 1997-10-08 2021-08-18",
    ),
    ("group/pkk", "lifecycle", "2026-03-01", "DISSOLVED_DECLARED SOLE; on 2025-05-12"),
    (
        "relationship/us/hamas",
        "headline",
        "2025-02-20 / 2025-03-04",
        "PROSCRIBED_NO_CONTACT SOLE; from legal[us-fto219]; on 1997-10-08",
    ),
    (
        "relationship/us/hamas",
        "headline",
        "2025-02-20 / 2025-03-05",
        "DIRECT_CONTACT SOLE; from contact; on 2025-02",
    ),
    ("relationship/us/hamas", "flags[SECRET_ONLY]", "2025-02-20", "set DERIVED; from contact; on 2025-02"),
    ("relationship/ru/taliban", "headline", "2025-07-03", "RECOGNISED SOLE; from recognition; on 2025-07-03"),
    ("relationship/in/taliban", "recognition", "2025-10-21", "DE_FACTO_DEALINGS DERIVED; on 2025-10-21"),
    (
        "relationship/in/taliban",
        "representation_of_actor.level",
        "2025-10-21",
        "EMBASSY_CHARGE LATEST_EFFECTIVE; on 2025-10-21",
    ),
    (
        "relationship/us/ansarallah",
        "headline",
        "2025-05-06",
        "CEASEFIRE SOURCE_RANK; from conflict; on 2025-05-06; lost 2025-05-06 by SOURCE_RANK against 2025-05-06 DISPUTES",
    ),
    (
        "relationship/us/ansarallah",
        "flags[DISPUTED]",
        "2025-06-01",
        "set DERIVED; from conflict; on 2025-05-06; lost 2025-05-06 by SOURCE_RANK against 2025-05-06 DISPUTES",
    ),
    (
        "relationship/us/ansarallah",
        "flags[ENGAGING_WHILE_DESIGNATED]",
        "2025-06-01",
        "set DERIVED; from legal[us-fto219], legal[us-sdgt], conflict; on 2025-05-06 2025-03-04 2024-02-16; lost 2025-05-06 by SOURCE_RANK against 2025-05-06 DISPUTES",
    ),
    (
        "relationship/us/taliban",
        "flags[ENGAGING_WHILE_DESIGNATED]",
        "2025-10-20",
        "set DERIVED; from legal[us-sdgt]; on 2025-03-20 2002-07-03",
    ),
    ("relationship/us/taliban", "headline", "2020-02-29", "NEGOTIATING SOLE; from process; on 2020-02-29"),
    (
        "relationship/us/taliban",
        "process.last_step_on",
        "2025-06-20",
        "2020-02-29 LATEST_EFFECTIVE; on 2020-02-29",
    ),
    ("relationship/us/hamas", "contact.last_on", "2025-11-20", "2025-10-10 LATEST_EFFECTIVE; on 2025-10-10"),
    ("relationship/us/hamas", "contact.highest_ever", "2025-11-20", "ENVOY HIGHEST_LEVEL; on 2025-10-08"),
    ("relationship/us/ansarallah", "headline", "2025-05-05", "HOSTILE SOLE; from conflict; on 2025-03-15"),
    (
        "relationship/il/hamas",
        "headline",
        "2014-08-01",
        "HOSTILE LATEST_EFFECTIVE; from conflict; on 2014-07-08 2012-11-21",
    ),
    ("relationship/gb/hts", "legal[eu-taqa].inherited_from", "2020-01-31", "eu SOLE; on 2014 1974"),
    (
        "group/eta",
        "counts",
        "2022-05-20",
        "designation_acts 3 DERIVED; from counts.designation_acts; on 1997-10-08 2022-05-20 2021-08-18",
    ),
    ("group/irgc", "designations[eu-terr]", "2026-01-29", "PROPOSED SOLE; on 2026-01-29"),
    ("group/irgc", "designations[eu-terr]", "2026-02-19", "ACTIVE LATEST_EFFECTIVE; on 2026-02-19"),
    ("group/hezbollah", "designations[gb-ta2000/Military Wing]", "2010-01-01", "ACTIVE SOLE; on 2008-07"),
    (
        "designation/hezbollah/eu-terr",
        "designations[eu-terr/Military Wing]",
        "2020-01-01",
        "ACTIVE SOLE; on 2013-07-26",
    ),
    ("group/taliban", "designations[us-fto219]", "2024-01-01", "NONE SOLE"),
    ("relationship/sy/sdf", "process.since", "2025-11-20", "2025-03-10 SOLE; on →2025-03-10; not 2025-02-10"),
    ("relationship/sy/sdf", "process.since", "2025-11-20@433", "2025-02-10 SOLE; on 2025-02-10"),
    (
        "group/hts",
        "designations[au-terror].reference",
        "2025-07-08",
        "F2022L00163 LATEST_EFFECTIVE; on 2022-02-17",
    ),
    (
        "group/hts",
        "designations[un-scisil].review_due_on",
        "2025-07-08",
        "2024-11-15, overdue LATEST_EFFECTIVE; on 2021-11-15",
    ),
    (
        "group/hts",
        "designations[us-sdgt].last_present_on",
        "2025-07-08",
        "2021-08-18 LATEST_EFFECTIVE; on 2021-08-18",
    ),
    (
        "relationship/us/ansarallah",
        "conflict.last_force_on",
        "2025-05-06",
        "2025-03-15 LATEST_EFFECTIVE; on 2025-03-15",
    ),
    (
        "relationship/us/hamas",
        "contact.count_365_days",
        "2025-11-20",
        "3 DERIVED; on 2025-10-10 2025-10-08 2025-02",
    ),
    (
        "group/hts",
        "inherited[eu-taqa from hts binding fr]",
        "2025-07-08",
        "ACTIVE DERIVED; from group/hts designations[eu-taqa]; on 1974 2014",
    ),
    ("relationship/us/taliban", "process", "2021-03-01", "STALLED ELAPSED_TIME inferred; on 2020-02-29"),
    // A claim of an act that lies before the latest is one that lost, and was neither corrected nor taken back.
    (
        "group/hts",
        "designations[ca-cc8305]",
        "2026-01-01",
        "DELISTED LATEST_EFFECTIVE; on 2025-12-05; lost 2017-01/2017-05 by CREDIBILITY against 2013-11-08 DISPUTES",
    ),
    (
        "group/hts",
        "designations[ca-cc8305].episodes",
        "2026-01-01",
        "1: 2013-11-08 to 2025-12-05 DELISTED LATEST_EFFECTIVE; on 2013-11-08 2025-12-05; lost 2017-01/2017-05 by CREDIBILITY against 2013-11-08 DISPUTES",
    ),
    (
        "group/hts",
        "designations[ca-cc8305].since",
        "2026-01-01",
        "2025-12-05 LATEST_EFFECTIVE; on 2025-12-05",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_is_explained() {
    let office = Office::seeded().await;
    let mut wrong = String::new();
    for (subject, field, times, expected) in EXPLAINED {
        let it = office.explain(subject, field, times).await.unwrap();
        let mut found = format!("{} {}", it.value, it.rule().as_str_name().trim_start_matches("FOLD_RULE_"));
        if it.inferred {
            found += " inferred";
        }
        if !it.follows_from.is_empty() {
            found += &format!("; from {}", it.follows_from.join(", "));
        }
        if !it.evidence.is_empty() {
            found += &format!("; on {}", dates(&it.evidence));
        }
        for lost in &it.lost {
            let rule = lost.lost_by().as_str_name().trim_start_matches("FOLD_RULE_");
            let against = dates(lost.won_by.as_slice());
            found += &format!("; lost {} by {rule} against {against}", lost.effective_on);
            let stance = lost.stance().as_str_name().trim_start_matches("CLAIM_STANCE_");
            found += &format!(" {stance}");
        }
        if !it.revisions.is_empty() {
            found += &format!("; not {}", dates(&it.revisions));
        }
        let view = it.view.as_ref().unwrap();
        assert_eq!(view.ruleset, RULESET);
        assert_eq!(it.checkpoint.lines().nth(1).unwrap(), view.known_position.to_string());
        if found != *expected {
            wrong += &format!("    (\"{subject}\", \"{field}\", \"{times}\", \"{found}\"),\n");
        }
    }
    assert!(wrong.is_empty(), "these differ:\n{wrong}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals() {
    let office = Office::seeded().await;
    let refused = |found: Result<(), Status>, code: Code, part: &str| {
        let status = found.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        assert!(status.message().contains(part), "{:?} does not say {part:?}", status.message());
    };
    for (subject, field, times, code, part) in [
        ("group/hts", "headline", "", Code::InvalidArgument, "designations[us-fto219]"),
        ("relationship/us/hts", "contact.first", "", Code::InvalidArgument, "it has recognition"),
        ("relationship/us/hts", "", "", Code::InvalidArgument, "field: is required"),
        ("group/nobody", "names", "", Code::NotFound, "group/nobody"),
        ("relationship/zz/hts", "headline", "", Code::NotFound, "actor/zz"),
        ("designation/hts/none", "designations", "", Code::NotFound, "regime/none"),
        ("actor/us", "name", "", Code::InvalidArgument, "no status of its own"),
        ("group/hts", "names", "@9999", Code::OutOfRange, "9999"),
    ] {
        refused(office.explain(subject, field, times).await.map(|_| ()), code, part);
    }
    for (subject, from, to, code, part) in [
        ("group/hts", "2025-01-01", "", Code::InvalidArgument, "from.known_at: is required"),
        ("group/hts", "@9", "@8", Code::InvalidArgument, "to.known_at"),
        ("group/nobody", "@9", "@10", Code::NotFound, "group/nobody"),
        ("event/x", "@9", "@10", Code::InvalidArgument, "subject"),
    ] {
        refused(office.diff(subject, from, to).await.map(|_| ()), code, part);
    }
    for (subjects, code, part) in [
        (&[][..], Code::InvalidArgument, "subjects"),
        (&["group/hts", "group/hts"], Code::InvalidArgument, "twice"),
        (&["group/hts", "group/nobody"], Code::NotFound, "subjects[1]"),
    ] {
        refused(office.digest(subjects, "").await.map(|_| ()), code, part);
    }
    refused(office.audited("nobody").await.map(|_| ()), Code::NotFound, "decision/nobody");
    let replay = v1::ReplayTransitionsRequest { subject: "group/nobody".to_owned(), ..Default::default() };
    refused(office.replay(replay).await.map(|_| ()), Code::NotFound, "group/nobody");
}

/// A replay of one field, as `when: was > is CAUSE`.
async fn check_replay(
    office: &Office,
    subject: &str,
    axis: v1::ReplayAxis,
    field: &str,
    times: &str,
    expected: &[&str],
) {
    let request = v1::ReplayTransitionsRequest {
        subject: subject.to_owned(),
        axis: axis.into(),
        fields: vec![field.to_owned()],
        as_of: Some(as_of(times)),
        ..Default::default()
    };
    let found = office.replay(request).await.unwrap();
    let mut lines = Vec::new();
    for transition in &found.transitions {
        let when = match axis {
            v1::ReplayAxis::RecordTime => transition.position.to_string(),
            _ => transition.valid_on.clone(),
        };
        for it in transition.changes.iter().filter(|it| it.field == field) {
            let cause = it.cause().as_str_name().trim_start_matches("CHANGE_CAUSE_");
            lines.push(format!("{when}: {} > {} {cause}", it.was, it.is));
            assert!(!it.event_id.is_empty(), "{it:?}");
        }
    }
    assert_eq!(lines, expected, "{subject} {field} {times}");
    // It ends as the query does.
    let queried = office.explain(subject, field, times).await.unwrap();
    let last = found.end.fields.iter().find(|it| it.field == field).unwrap();
    assert_eq!(last.value, queried.value);
    assert!(found.start.fields.len() <= found.end.fields.len() + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replays() {
    use v1::ReplayAxis::{RecordTime, ValidTime};
    let office = &Office::seeded().await;
    check_replay(
        office,
        "relationship/us/hamas",
        RecordTime,
        "headline",
        "2025-02-20",
        &[
            "52:  > NONE LATE_ARRIVAL",
            "175: NONE > PROSCRIBED_NO_CONTACT LATE_ARRIVAL",
            "405: PROSCRIBED_NO_CONTACT > DIRECT_CONTACT LATE_ARRIVAL",
        ],
    )
    .await;
    check_replay(
        office,
        "relationship/sy/sdf",
        RecordTime,
        "process.since",
        "2025-11-20",
        &["390:  > 2025-02-10 LATE_ARRIVAL", "434: 2025-02-10 > 2025-03-10 CORRECTION"],
    )
    .await;
    check_replay(
        office,
        "group/hamas",
        ValidTime,
        "designations[eu-terr]",
        "2026-01-01",
        &[
            "2003-09-12:  > ACTIVE NEW_FACT",
            "2014-12-17: ACTIVE > ANNULLED_STAYED NEW_FACT",
            "2017-07-26: ANNULLED_STAYED > ACTIVE NEW_FACT",
        ],
    )
    .await;
    check_replay(
        office,
        "relationship/us/taliban",
        ValidTime,
        "process",
        "2026-01-01",
        &["2020-02-29: NONE > AGREED_PARTIAL NEW_FACT", "2021-03-01: AGREED_PARTIAL > STALLED TIME_PASSED"],
    )
    .await;
    check_replay(
        office,
        "designation/hts/us-fto219",
        ValidTime,
        "designations[us-fto219]",
        "2026-01-01",
        &["2012-12-11: NONE > ACTIVE NEW_FACT", "2025-07-08: ACTIVE > DELISTED NEW_FACT"],
    )
    .await;
}

/// What members inherit ends with their membership: on the day after its last, not when something else happens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_end_on_their_day() {
    let office = Office::seeded().await;
    let field = "inherited[eu-taqa from hts binding gb]";
    for on in ["2026-01-01", "2023-05-05", "2020-02-01"] {
        let request = v1::ReplayTransitionsRequest {
            subject: "group/hts".to_owned(),
            fields: vec![field.to_owned()],
            as_of: Some(as_of(on)),
            ..Default::default()
        };
        let found = office.replay(request).await.unwrap();
        let told = found.transitions.iter().flat_map(|it| it.changes.iter().map(move |change| (it, change)));
        let told: Vec<(&str, &str, v1::ChangeCause, &str)> = told
            .map(|(it, change)| {
                (it.valid_on.as_str(), change.is.as_str(), change.cause(), &change.passed[..])
            })
            .collect();
        let expected = [
            ("2014-01-01", "ACTIVE", v1::ChangeCause::NewFact, ""),
            ("2020-02-01", "", v1::ChangeCause::TimePassed, "the membership of eu ended on 2020-01-31"),
        ];
        assert_eq!(told, expected, "{on}");
    }
}

/// What a difference puts a change down to: part of the sentence of the event, or nothing for time alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_behind_differences() {
    let office = Office::seeded().await;
    for (subject, from, to, field, expected) in [
        ("relationship/us/hamas", "2025-02-20@403", "2025-02-20@435", "score", "held direct talks"),
        ("relationship/us/hamas", "2025-02-20@403", "2025-02-20@435", "engagements", "held direct talks"),
        ("relationship/us/hamas", "2025-11-20@435", "2025-11-21@435", "score", ""),
        ("group/abu-sayyaf", "2025-07-08@120", "2025-07-08@178", "counts.designation_acts", "Abu Sayyaf"),
        ("group/abu-sayyaf", "2025-07-08@120", "2025-07-08@178", "divergence.listed_under", "Abu Sayyaf"),
        ("group/ansarallah", "2025-07-08@120", "2025-07-08@178", "name", "came to call itself"),
        ("group/hts", "2025-07-07@435", "2025-07-08@435", "legal_effects[us]", "revoked its listing"),
        ("group/hts", "2025-07-07@435", "2025-07-08@435", "divergence.listed_under", "revoked its listing"),
        (
            "group/hts",
            "2025-07-07@435",
            "2025-07-08@435",
            "designations[us-fto219].review_due_on",
            "revoked its listing",
        ),
        // What reached a group or bound a member is gone with the act that ended it.
        (
            "group/hts",
            "2026-02-26@435",
            "2026-02-27@435",
            "inherited[un-scisil from hts binding us]",
            "removed Hay'at Tahrir al-Sham",
        ),
        // A claim that lost begins to be shown with what won; what comes up follows from acts.
        (
            "relationship/us/ansarallah",
            "2025-05-05@435",
            "2025-05-06@435",
            "alternatives",
            "covers neither Israel",
        ),
        (
            "relationship/us/ansarallah",
            "2025-05-05@435",
            "2025-05-06@435",
            "flags[DISPUTED]",
            "entered into force",
        ),
        // What ended a challenge, and what was no longer secret, is named by nothing that stands.
        (
            "group/mek",
            "2008-05-06@435",
            "2008-05-07@435",
            "designations[gb-ta2000].challenged_on",
            "Court of Appeal upheld",
        ),
        (
            "relationship/us/hamas",
            "2025-10-09@435",
            "2025-10-10@435",
            "flags[SECRET_ONLY]",
            "mediated the ceasefire",
        ),
        ("group/hts", "2012-12-10@435", "2012-12-11@435", "upcoming", "listed by the United States"),
        ("group/hts", "2025-06-22@435", "2025-06-23@435", "upcoming", "revoked its listing"),
        ("group/hts", "2025-07-07@435", "2025-07-08@435", "upcoming", "revoked its listing"),
    ] {
        let found = office.diff(subject, from, to).await.unwrap();
        let it = found[subject].iter().find(|it| it.field == field).unwrap();
        assert!(it.event_summary.contains(expected), "{it:?}");
        assert_eq!(expected.is_empty(), it.cause() == v1::ChangeCause::TimePassed, "{it:?}");
    }
}

/// What time alone does is put down to what it counts from: the act that a review follows from, the registration that says
/// how long a membership lasts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_time_counts_from() {
    let office = Office::seeded().await;
    for (subject, from, to, field, expected, passed) in [
        ("group/hts", "2024-11-15", "2024-11-16", "upcoming", "review of the entry", ""),
        ("group/hts", "2018-11-08", "2018-11-09", "upcoming", "listed by Canada", ""),
        (
            "relationship/gb/hts",
            "2020-01-31",
            "2020-02-01",
            "legal[eu-taqa]",
            "United Kingdom",
            "the membership of eu ended on 2020-01-31",
        ),
        (
            "relationship/us/taliban",
            "2021-02-28",
            "2021-03-01",
            "flags[ENGAGING_WHILE_DESIGNATED]",
            "Doha",
            "",
        ),
    ] {
        let found = office.diff(subject, &format!("{from}@435"), &format!("{to}@435")).await.unwrap();
        let it = found[subject].iter().find(|it| it.field == field).unwrap();
        assert_eq!(it.cause(), v1::ChangeCause::TimePassed, "{it:?}");
        assert!(it.event_summary.contains(expected), "{it:?}");
        assert_eq!(it.passed, passed, "{it:?}");
    }
}

/// What ended is put down to the fact that ended it, or to the one of which something ran out: not to what stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_and_what_ended_it() {
    use v1::ChangeCause::{NewFact, TimePassed};
    let office = Office::seeded().await;
    let until = |event: v1::Event, last: &str| {
        let mut event = event;
        let Some(v1::event::Body::Fact(fact)) = &mut event.body else { panic!() };
        match &mut fact.statement {
            Some(v1::fact::Statement::DesignationAct(act)) => act.expires_on = last.to_owned(),
            Some(v1::fact::Statement::LineageRecorded(lineage)) => lineage.until = last.to_owned(),
            _ => panic!(),
        }
        event
    };
    let kind = |event: v1::Event, kind: v1::EngagementKind| {
        let mut event = event;
        let Some(v1::event::Body::Fact(fact)) = &mut event.body else { panic!() };
        let Some(v1::fact::Statement::Engagement(met)) = &mut fact.statement else { panic!() };
        met.kind = kind.into();
        event
    };
    let lineage = v1::fact::Statement::LineageRecorded(v1::LineageRecorded {
        group: "g-wing".to_owned(),
        kind: v1::LineageKind::WingOf.into(),
        other: "g-own".to_owned(),
        ..v1::LineageRecorded::default()
    });
    let named = |number: u64, on: &str, text: &str| {
        let kind = v1::NameKind::Primary.into();
        let name = v1::Name { text: text.to_owned(), kind, ..v1::Name::default() };
        let named = v1::GroupNamed { group: "g-own".to_owned(), name: Some(name) };
        events::event(&events::id(number), on, v1::fact::Statement::GroupNamed(named))
    };
    let act = |number: u64, on: &str, act: v1::Act| events::act(number, on, "g-own", "eu-taqa", act);
    let met = |number: u64, on: &str| events::meeting(number, on, "no", "g-own");
    let told = vec![
        events::group(900, "g-own"),
        events::group(901, "g-wing"),
        act(902, "2010-01-01", v1::Act::Listed),
        until(act(903, "2022-01-01", v1::Act::ExemptionGranted), "2022-12-31"),
        until(act(904, "2022-02-01", v1::Act::ExemptionGranted), "2022-02-28"),
        act(905, "2022-04-15", v1::Act::ExemptionEnded),
        act(906, "2022-05-01", v1::Act::Challenged),
        act(907, "2022-06-01", v1::Act::ChallengeClosed),
        until(events::event(&events::id(908), "2011-01-01", lineage), "2018-12-31"),
        named(909, "2005", "Beta"),
        named(910, "2006", "Gamma"),
        named(911, "2015-01-01", "Beta"),
        kind(met(912, "2024-01-01"), v1::EngagementKind::Strike),
        kind(met(913, "2024-03-10"), v1::EngagementKind::Negotiation),
        met(914, "2024-09-01"),
    ];
    let at = office.submit(told).await.unwrap();
    let (own, wing) = ("group/g-own", "group/g-wing");
    let (relation, bound) = ("relationship/no/g-own", "relationship/fr/g-wing");
    for (subject, from, to, field, cause, event) in [
        (own, "2022-02-28", "2022-03-01", "designations[eu-taqa].exemptions", TimePassed, 904),
        (own, "2022-04-14", "2022-04-15", "designations[eu-taqa].exemptions", NewFact, 905),
        (own, "2022-05-31", "2022-06-01", "designations[eu-taqa].challenged_on", NewFact, 907),
        (own, "2014-12-31", "2015-01-01", "name", NewFact, 911),
        (wing, "2018-12-31", "2019-01-01", "inherited[eu-taqa from g-own]", TimePassed, 908),
        (wing, "2018-12-31", "2019-01-01", "inherited[eu-taqa from g-own binding fr]", TimePassed, 908),
        (bound, "2018-12-31", "2019-01-01", "legal[eu-taqa through g-own]", TimePassed, 908),
        (relation, "2024-12-31", "2025-01-01", "headline", TimePassed, 912),
        (relation, "2025-03-10", "2025-03-11", "headline", TimePassed, 913),
    ] {
        let (from, to) = (format!("{from}@{at}"), format!("{to}@{at}"));
        let found = office.diff(subject, &from, &to).await.unwrap();
        let it = found[subject].iter().find(|it| it.field == field).unwrap();
        assert_eq!((it.cause(), &it.event_id), (cause, &events::id(event)), "{it:?}");
    }
    let known = format!("2017-01-01@{at}");
    let explained = office.explain(bound, "legal[eu-taqa through g-own]", &known).await.unwrap();
    assert!(dates(&explained.evidence).contains("2011-01-01"), "{explained:?}");
}

/// Where several events of one day are behind a change, all of them are named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_of_the_day_is_named() {
    let office = Office::seeded().await;
    let met = |number| events::meeting(number, "2024-05-02", "no", "hts");
    office.submit(vec![met(900), met(901), met(902)]).await.unwrap();
    let found = office.diff("relationship/no/hts", "2024-05-01@438", "2024-05-02@438").await.unwrap();
    let changes = &found["relationship/no/hts"];
    for (field, expected) in [("engagements", [902, 901, 900]), ("score", [902, 901, 900])] {
        let it = changes.iter().find(|it| it.field == field).unwrap();
        let named: Vec<&String> = std::iter::once(&it.event_id).chain(&it.further_event_ids).collect();
        assert_eq!(named, expected.map(events::id).iter().collect::<Vec<_>>(), "{field}");
    }
    // What rests on one of them names that one.
    let level = changes.iter().find(|it| it.field == "contact").unwrap();
    assert_eq!(level.further_event_ids, Vec::<String>::new());
}

/// A claim that lost, and a denial that won, are news of the day on which they begin to be shown, and time is behind their
/// going.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_begin_and_go_with_facts() {
    let office = Office::seeded().await;
    let claim = |event: v1::Event, of: u64, kind: v1::SourceKind, assertion: v1::Assertion| {
        let mut event = event;
        let Some(v1::event::Body::Fact(fact)) = &mut event.body else { panic!() };
        fact.claim_of = if of == 0 { String::new() } else { events::id(of) };
        fact.sources[0].kind = kind.into();
        fact.assertion = assertion.into();
        event
    };
    let met = |number: u64, on: &str| events::meeting(number, on, "no", "hts");
    let (media, official) = (v1::SourceKind::EstablishedMedia, v1::SourceKind::CourtReport);
    let (confirmed, denied) = (v1::Assertion::Confirmed, v1::Assertion::Denied);
    let told = vec![
        claim(met(900, "2024-05-02"), 0, official, confirmed),
        claim(met(901, "2024-05-09"), 900, media, confirmed),
        claim(met(902, "2024-07-02"), 0, media, confirmed),
        claim(met(903, "2024-08-02"), 0, media, confirmed),
        claim(met(904, "2024-08-02"), 903, official, denied),
    ];
    office.submit(told).await.unwrap();
    let subject = "relationship/no/hts";
    for (from, to, field, expected) in [
        ("2024-05-01", "2024-05-02", "alternatives", 901),
        ("2024-05-01", "2024-05-02", "flags[DISPUTED]", 900),
        // Another fact displaces what was contested, which counts for a year still.
        ("2024-07-01", "2024-07-02", "alternatives", 0),
        ("2024-07-01", "2024-07-02", "flags[DISPUTED]", 0),
        ("2024-08-01", "2024-08-02", "alternatives", 903),
        ("2024-08-01", "2024-08-02", "flags[DISPUTED]", 0),
        ("2025-05-08", "2025-05-09", "alternatives", 0),
        ("2025-05-09", "2025-05-10", "alternatives", 901),
        // What a denial beat is shown for good.
        ("2025-05-10", "2030-05-10", "flags[DISPUTED]", 0),
    ] {
        let found = office.diff(subject, &format!("{from}@440"), &format!("{to}@440")).await.unwrap();
        let it = found.get(subject).into_iter().flatten().find(|it| it.field == field);
        let passed = from == "2025-05-09";
        let cause = if passed { v1::ChangeCause::TimePassed } else { v1::ChangeCause::NewFact };
        let expected = (expected != 0).then(|| (cause, events::id(expected)));
        assert_eq!(it.map(|it| (it.cause(), it.event_id.clone())), expected, "{from} {field}: {it:?}");
    }
}

/// How two views differ is decided by what they know: what the first did not is learned, whatever happened to it in between.
/// Of what is counted, everything is named that the one counts and the other does not, with the kinds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn differences_compare_the_two_views() {
    use v1::event::Body;
    let office = Office::seeded().await;
    let met = |number: u64, on: &str| events::meeting(number, on, "no", "hts");
    let about = |number: u64, body: Body| v1::Event { event_id: events::id(number), body: Some(body) };
    let corrected = |number: u64, target: u64, on: &str| {
        let Some(Body::Fact(replacement)) = met(target, on).body else { panic!() };
        let (target, reason) = (events::id(target), "was wrong".to_owned());
        about(number, Body::Correction(v1::Correction { target, replacement: Some(replacement), reason }))
    };
    let (target, reason) = (|number: u64| events::id(number), "as it is".to_owned());
    let gone = |number: u64, of: u64| {
        about(number, Body::Retraction(v1::Retraction { target: target(of), reason: reason.clone() }))
    };
    let back = |number: u64, of: u64| {
        about(number, Body::Reinstatement(v1::Reinstatement { target: target(of), reason: reason.clone() }))
    };
    let told = [
        // Known, and taken back before the first view.
        vec![met(900, "2024-01-01"), gone(901, 900)],
        vec![met(902, "2024-01-02"), met(903, "2024-01-03")],
        // 440: learned, and corrected; learned, taken back and put back; and what never was.
        vec![met(910, "2024-02-10"), corrected(911, 910, "2024-02-12")],
        vec![met(912, "2024-01-04"), gone(913, 912), back(914, 912)],
        vec![met(915, "2024-01-05"), gone(916, 915)],
        // 447: what was known is put back, taken back, and moved to a day after the date of the views; one is told anew.
        vec![back(920, 900), gone(921, 902), corrected(922, 903, "2025-01-01"), met(923, "2024-01-06")],
        vec![met(924, "2024-01-07"), met(925, "2024-01-08")],
    ];
    let mut at = Vec::new();
    for events in told {
        at.push(office.submit(events).await.unwrap());
    }
    let (known, told, tail) = (at[1], at[4], at[6]);
    for (from, to, field, reason, expected) in [
        (known, at[2], "contact.last_on", "LEARNED", "911"),
        (known, told, "contact.last_on", "LEARNED", "911"),
        (known, told, "engagements", "LEARNED", "914 912 911"),
        (known, told, "score", "LEARNED", "914 912 911"),
        (told, at[5], "score", "LEARNED", "923 922 921 920"),
        (told, tail, "engagements", "LEARNED", "925 924 923 922 921 920"),
        (told, tail, "contact.count_365_days", "LEARNED", "925 924 923 922 921 920"),
    ] {
        let (from, to) = (format!("2024-06-01@{from}"), format!("2024-06-01@{to}"));
        let found = office.diff("relationship/no/hts", &from, &to).await.unwrap();
        let it = found["relationship/no/hts"].iter().find(|it| it.field == field).unwrap();
        let named = std::iter::once(&it.event_id).chain(&it.further_event_ids);
        let named: Vec<u64> = named.map(|id| u64::from_str_radix(&id[24..], 16).unwrap()).collect();
        let named: Vec<String> = named.iter().map(ToString::to_string).collect();
        let word = it.reason().as_str_name().trim_start_matches("CHANGE_REASON_");
        assert_eq!((word, named.join(" ").as_str()), (reason, expected), "{from} {to} {it:?}");
    }
}

/// A retraction says why in a difference, in the words of whoever retracted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retraction_gives_its_reason() {
    let office = Office::seeded().await;
    let at = office.submit(vec![events::meeting(900, "2024-05-02", "no", "hts")]).await.unwrap();
    let retraction = v1::Retraction { target: events::id(900), reason: "It was another group.".to_owned() };
    let body = Some(v1::event::Body::Retraction(retraction));
    office.submit(vec![v1::Event { event_id: events::id(901), body }]).await.unwrap();
    let subject = "relationship/no/hts";
    let (from, to) = (format!("2024-06-01@{at}"), format!("2024-06-01@{}", at + 1));
    let found = office.diff(subject, &from, &to).await.unwrap();
    for field in ["headline", "contact", "engagements"] {
        let it = found[subject].iter().find(|it| it.field == field).unwrap();
        assert_eq!((it.cause(), it.reason()), (v1::ChangeCause::Retraction, v1::ChangeReason::Corrected));
        assert_eq!(it.event_id, events::id(901));
        assert!(it.event_summary.contains("It was another group."), "{it:?}");
    }
    // What nothing is left of is told with what took it back, of the fields that rested on it and of no other.
    for (field, expected) in [("contact", &[900, 901][..]), ("headline", &[900, 901]), ("recognition", &[])] {
        let found = office.explain(subject, field, "2024-06-01").await.unwrap();
        let ids = found.revisions.iter().map(|it| it.event.as_ref().unwrap().event_id.clone());
        assert_eq!((found.value.as_str(), found.evidence.len()), ("NONE", 0), "{field}");
        assert_eq!(ids.collect::<Vec<_>>(), expected.iter().map(|it| events::id(*it)).collect::<Vec<_>>());
    }
}

/// What the pages for people say, whatever its lines: listings that bind many actors as one, how claims stand to what won,
/// and what is corroborated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages() {
    let office = Office::seeded().await;
    let mut agreeing = events::meeting(901, "2024-05-02", "no", "hts");
    let Some(v1::event::Body::Fact(fact)) = &mut agreeing.body else { panic!() };
    fact.claim_of = events::id(900);
    office.submit(vec![events::meeting(900, "2024-05-02", "no", "hts"), agreeing]).await.unwrap();
    for (args, expected) in [
        (
            "explain group hts inherited --on 2025-07-08",
            &[
                "eu-taqa from hts ACTIVE binding 7 members: de, es, fr, ie, it, lt, nl;",
                "And on 40 memberships on record: de [",
                "inherited[eu-taqa from hts binding 7 members] ACTIVE [8e2fb25d]",
                "inherited[un-scisil from hts binding 40 members] ACTIVE [09b61783 b7cf5caf]",
            ][..],
        ),
        (
            "explain relationship us ansarallah headline --on 2025-06-01",
            &["it disputes what won; lost by source rank", "covers: Attacks of the United States"],
        ),
        ("relationship us ansarallah --on 2025-06-01", &["DISPUTED:", "(it disputes what won;"]),
        (
            "explain relationship no hts contact --on 2024-06-01",
            &["corroborated by 1 claim.", "it agrees; lost"],
        ),
        ("relationship no hts --on 2024-06-01", &["Corroborated by 1 claim", "(it agrees;"]),
        (
            "explain group gam divergence.not_listed_under --on 2024-06-01",
            &["No listing of it under any of these was ever in force"],
        ),
        (
            "diff relationship gb hts --from 437 --from-on 2020-01-31 --on 2020-02-01",
            &["time passed, the membership of eu ended on 2020-01-31: United Kingdom"],
        ),
        (
            "diff group hts --from 437 --from-on 2014-05-13 --on 2014-05-14",
            &["[cebe5e8b], and [1a342e71 09b61783]"],
        ),
    ] {
        let run = common::chancery().args(args.split(' ')).args(["--server", office.server.url()]).output();
        let output = run.unwrap();
        assert!(output.status.success(), "{args}: {output:?}");
        let page = String::from_utf8(output.stdout).unwrap();
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in expected {
            assert!(page.contains(part), "{args} does not say {part:?}: {page}");
        }
    }
}

/// Of everything what is named alone differs in the same way: at the end of a regime, and from one day to the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_leaves_out_nothing_that_differs() {
    let office = Office::seeded().await;
    let view = office.digest(&["group/hts"], "").await.unwrap();
    let tail = view.view.unwrap().known_position;
    let mut ended = 0;
    for (from, to) in (300..340)
        .map(|at| (format!("2025-07-08@{at}"), format!("2025-07-08@{}", at + 1)))
        .chain([(format!("2025-07-07@{tail}"), format!("2025-07-08@{tail}"))])
    {
        let all = office.diff("", &from, &to).await.unwrap();
        for subject in ["group/hezbollah", "group/hts", "group/ira", "relationship/us/hamas"] {
            let Ok(alone) = office.diff(subject, &from, &to).await else { continue };
            // What differs in its divergence alone is counted and not told.
            let told = |changes: &&Vec<v1::FieldChange>| {
                changes.iter().any(|it| !it.field.starts_with("divergence."))
            };
            assert_eq!(all.get(subject), alone.get(subject).filter(told), "{subject} from {from} to {to}");
            let lapsed = |it: &v1::FieldChange| it.is == "LAPSED";
            ended += alone.values().flatten().filter(|it| lapsed(it)).count();
        }
    }
    assert_eq!(ended, 1, "the end of gb-afreeze is among them");
    // A first engagement is told of everything as it is of the relationship by name.
    let met = vec![events::group(900, "alone"), events::meeting(901, "2024-05-02", "no", "alone")];
    let at = office.submit(met).await.unwrap();
    for from in [at - 2, at - 1] {
        let (from, to) = (format!("2024-06-01@{from}"), format!("2024-06-01@{at}"));
        let all = office.diff("", &from, &to).await.unwrap();
        let alone = office.diff("relationship/no/alone", &from, &to).await.unwrap();
        let contact = all["relationship/no/alone"].iter().find(|it| it.field == "contact").unwrap();
        assert_eq!((contact.was.as_str(), contact.is.as_str()), ("NONE", "TECHNICAL"));
        assert_eq!(all["relationship/no/alone"], alone["relationship/no/alone"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn differences() {
    use v1::{ChangeCause as Cause, ChangeReason as Reason};
    let office = Office::seeded().await;
    let cases: [(&str, &str, &str, &str, &str, &str, Reason, Cause); 4] = [
        (
            "relationship/sy/sdf",
            "2025-11-20@433",
            "2025-11-20@434",
            "process.since",
            "2025-02-10",
            "2025-03-10",
            Reason::Corrected,
            Cause::Correction,
        ),
        (
            "group/hts",
            "2025-11-20@431",
            "2025-11-20@434",
            "designations[un-scisil].disputed",
            "",
            "yes",
            Reason::Learned,
            Cause::LateArrival,
        ),
        (
            "relationship/us/taliban",
            "2021-02-28@434",
            "2021-03-01@434",
            "process",
            "AGREED_PARTIAL",
            "STALLED",
            Reason::WorldChanged,
            Cause::TimePassed,
        ),
        (
            "group/hts",
            "2025-07-07@434",
            "2025-07-08@434",
            "designations[us-fto219]",
            "ACTIVE",
            "DELISTED",
            Reason::WorldChanged,
            Cause::NewFact,
        ),
    ];
    for (subject, from, to, field, was, is, reason, cause) in cases {
        let found = office.diff(subject, from, to).await.unwrap();
        let it = found[subject].iter().find(|it| it.field == field).unwrap();
        assert_eq!((it.was.as_str(), it.is.as_str()), (was, is), "{it:?}");
        assert_eq!((it.reason(), it.cause()), (reason, cause), "{it:?}");
    }
    // Everything: only what differs.
    let found = office.diff("", "2025-11-20@431", "2025-11-20@434").await.unwrap();
    let subjects: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(subjects, ["group/al-sharaa", "group/hts", "relationship/sy/sdf"]);
    assert!(office.diff("", "@434", "@434").await.unwrap().is_empty());
    // What takes effect on the day of the first answer, or later, is news of the world.
    let day = |days: i64| {
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        today.saturating_add(jiff::SignedDuration::from_hours(24 * days)).to_string()
    };
    let from = office.submit(vec![events::meeting(900, &day(1), "no", "hts")]).await.unwrap() - 1;
    office.submit(vec![events::meeting(901, &day(-30), "nz", "hts")]).await.unwrap();
    for (subject, expected) in
        [("relationship/no/hts", Reason::WorldChanged), ("relationship/nz/hts", Reason::Learned)]
    {
        let found = office.diff(subject, &format!("{}@{from}", day(2)), &day(2)).await.unwrap();
        let headline = found[subject].iter().find(|it| it.field == "headline").unwrap();
        assert_eq!((headline.is.as_str(), headline.reason()), ("DIRECT_CONTACT", expected), "{subject}");
    }
}

fn decision(number: u64, slug: &str, view: &v1::DigestViewResponse, digest: &[u8]) -> v1::Event {
    let basis = view.view.clone().unwrap();
    let statement = v1::DecisionRecorded {
        decision: slug.to_owned(),
        title: "Wait".to_owned(),
        subjects: vec!["relationship/sy/sdf".to_owned()],
        basis: Some(v1::DecisionBasis {
            valid_at: basis.valid_at,
            known_at: basis.known_position,
            disclosed_by: basis.disclosed_by,
        }),
        digest: digest.to_vec().into(),
        ruleset: basis.ruleset,
        rationale: "Nothing is pressing.".to_owned(),
    };
    events::event(&events::id(number), "2025-11-20", v1::fact::Statement::DecisionRecorded(statement))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_decision_of_the_seeds() {
    let office = Office::seeded().await;
    let found = office.audited("syria-desk-example").await.unwrap();
    assert_eq!(found.reproduction(), v1::Reproduction::Reproduced);
    let kinds: Vec<_> = found.hindsight.iter().map(|later| (later.kind(), later.knowable)).collect();
    assert_eq!(kinds, [(v1::HindsightKind::Claim, true), (v1::HindsightKind::Correction, true)]);
    assert_eq!((found.left_out, found.events_after), (0, 0));
    let changed = |subject: &str, field: &str| {
        let of_subject = found.changes.iter().find(|it| it.subject == subject).unwrap();
        let change = of_subject.changes.iter().find(|it| it.field == field).unwrap();
        (change.was.clone(), change.is.clone(), change.reason())
    };
    let moved = changed("relationship/sy/sdf", "process.since");
    assert_eq!(moved, ("2025-02-10".to_owned(), "2025-03-10".to_owned(), v1::ChangeReason::Corrected));
    let disputed = changed("designation/hts/un-scisil", "designations[un-scisil].disputed");
    assert_eq!(disputed, (String::new(), "yes".to_owned(), v1::ChangeReason::Learned));
    // A decision is about the house: no status and no relationship knows of it.
    let query = &mut QueryServiceClient::new(office.channel.clone());
    let request = v1::GetTimelineRequest { subject: "relationship/sy/sdf".to_owned(), ..Default::default() };
    let entries = query.get_timeline(request).await.unwrap().into_inner().entries;
    assert!(entries.iter().all(|entry| entry.record.as_ref().unwrap().position != 435));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hindsight_is_about_the_subjects_and_counts_what_it_leaves_out() {
    let office = Office::seeded().await;
    let view = office.digest(&["relationship/sy/sdf"], "2025-11-20").await.unwrap();
    office.submit(vec![decision(800, "waited", &view, &view.digest)]).await.unwrap();
    // The same actor and the same group, each with another: the relationship is not moved.
    let elsewhere = vec![
        events::meeting(810, "2025-01-02", "sy", "hts"),
        events::meeting(811, "2025-01-02", "us", "sdf"),
        events::regime(812, "sy-list", "sy"),
    ];
    office.submit(elsewhere).await.unwrap();
    let found = office.audited("waited").await.unwrap();
    assert_eq!((found.hindsight.len(), found.left_out, found.events_after), (0, 0, 0));
    // More than are listed, before the valid date and after it by turns.
    let date = |number: u64| if number.is_multiple_of(2) { "2025-03-01" } else { "2025-12-01" };
    for from in [1_000, 2_000] {
        let met = (from..from + 700).map(|number| events::meeting(number, date(number), "sy", "sdf"));
        office.submit(met.collect()).await.unwrap();
    }
    let retraction = v1::Retraction { target: events::id(1_002), reason: "Not so.".to_owned() };
    let body = Some(v1::event::Body::Retraction(retraction));
    office.submit(vec![v1::Event { event_id: events::id(5_000), body }]).await.unwrap();
    let found = office.audited("waited").await.unwrap();
    assert_eq!((found.hindsight.len(), found.left_out, found.events_after), (500, 201, 700));
    let positions: Vec<u64> =
        found.hindsight.iter().map(|later| later.record.as_ref().unwrap().position).collect();
    assert!(positions.is_sorted_by(|a, b| a < b));
    assert!(found.hindsight.iter().all(|later| later.kind() == v1::HindsightKind::LateFact));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_and_their_views() {
    let office = Office::seeded().await;
    // What was public by the day of disclosure of the view could have been known, whatever its valid date.
    for (number, slug, disclosed_by, knowable) in
        [(850, "late", "2025-03-10", true), (851, "early", "2025-03-01", false)]
    {
        let times = format!("2025-02-20@404 / {disclosed_by}");
        let view = office.digest(&["relationship/us/hamas"], &times).await.unwrap();
        let mut taken = decision(number, slug, &view, &view.digest);
        let Some(v1::event::Body::Fact(fact)) = &mut taken.body else { panic!() };
        let Some(v1::fact::Statement::DecisionRecorded(it)) = &mut fact.statement else { panic!() };
        it.subjects = vec!["relationship/us/hamas".to_owned()];
        office.submit(vec![taken]).await.unwrap();
        let found = office.audited(slug).await.unwrap();
        assert_eq!(found.reproduction(), v1::Reproduction::Reproduced);
        let later: Vec<(u64, bool)> =
            found.hindsight.iter().map(|it| (it.record.as_ref().unwrap().position, it.knowable)).collect();
        assert_eq!(later, [(405, knowable)], "{slug}");
    }
    // One that was retracted is audited as it would stand, and said to be retracted.
    let standing = office.audited("late").await.unwrap();
    assert_eq!(standing.retracted_by, None);
    let retraction = v1::Retraction { target: events::id(850), reason: "Not ours.".to_owned() };
    let body = Some(v1::event::Body::Retraction(retraction));
    office.submit(vec![v1::Event { event_id: events::id(852), body }]).await.unwrap();
    let mut retracted = office.audited("late").await.unwrap();
    let by = retracted.retracted_by.take().unwrap();
    assert_eq!(by.event.as_ref().unwrap().event_id, events::id(852));
    assert_eq!(retracted.records.pop(), Some(by));
    retracted.hindsight_view = standing.hindsight_view.clone();
    retracted.still_undisclosed_view = standing.still_undisclosed_view.clone();
    assert_eq!(retracted, standing);
    let view = office.digest(&["relationship/sy/sdf"], "2025-11-20").await.unwrap();
    office.submit(vec![decision(800, "kept", &view, &view.digest)]).await.unwrap();
    assert_eq!(office.audited("kept").await.unwrap().reproduction(), v1::Reproduction::Reproduced);
    let mut altered = view.digest.to_vec();
    altered[0] ^= 1;
    office.submit(vec![decision(801, "altered", &view, &altered)]).await.unwrap();
    let found = office.audited("altered").await.unwrap();
    assert_eq!(found.reproduction(), v1::Reproduction::Different);
    assert_eq!(found.digest, view.digest);
    let mut other = view.clone();
    other.view.as_mut().unwrap().ruleset = "0".to_owned();
    office.submit(vec![decision(802, "old-rules", &other, &altered)]).await.unwrap();
    assert_eq!(office.audited("old-rules").await.unwrap().reproduction(), v1::Reproduction::OtherRuleset);
    // Of a view under other rules there is the digest only. What was learned since is told as of any other; what the rules
    // changed in it nobody can say, and nothing is said to be that.
    let mut then = office.digest(&["relationship/sy/sdf"], "2025-11-20@431").await.unwrap();
    office.submit(vec![decision(806, "then", &then, &then.digest)]).await.unwrap();
    then.view.as_mut().unwrap().ruleset = "0".to_owned();
    office.submit(vec![decision(807, "then-old-rules", &then, &altered)]).await.unwrap();
    let found = office.audited("then-old-rules").await.unwrap();
    assert_eq!(found.reproduction(), v1::Reproduction::OtherRuleset);
    assert_eq!(found.changes, office.audited("then").await.unwrap().changes);
    let causes: BTreeSet<v1::ChangeCause> =
        found.changes.iter().flat_map(|it| &it.changes).map(v1::FieldChange::cause).collect();
    assert!(!causes.is_empty() && !causes.contains(&v1::ChangeCause::RuleChange), "{causes:?}");
    // Refused: a digest that is none, a slug twice, a view of what is not on record yet, an unknown subject.
    let mut ahead = view.clone();
    ahead.view.as_mut().unwrap().known_position = 9_999;
    for (event, field) in [
        (decision(803, "short", &view, &altered[1..]), "digest"),
        (decision(804, "kept", &view, &altered), "decision"),
        (decision(805, "ahead", &ahead, &altered), "basis.known_at"),
    ] {
        let status = office.submit(vec![event]).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        let path = format!("events[0].fact.decision_recorded.{field}:");
        assert!(status.message().starts_with(&path), "{}", status.message());
    }
    // The same events in the same order give the same digests, in another log.
    let again = Office::seeded().await;
    for subjects in [&["group/hts", "relationship/us/taliban"][..], &["designation/pkk/eu-terr"]] {
        for times in ["2025-07-08@434", "2020-01-01@400", "2025-02-20@434 / 2025-03-01"] {
            let (one, other) =
                (office.digest(subjects, times).await.unwrap(), again.digest(subjects, times).await.unwrap());
            assert_eq!((&one.text, &one.digest), (&other.text, &other.digest), "{subjects:?} {times}");
            assert!(
                one.text.starts_with(&format!("chancery-view-1\nruleset\t{RULESET}\nvalid\t")),
                "{}",
                one.text
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_was_kept_says_what_the_rules_changed() {
    let office = Office::seeded().await;
    let now = office.digest(&["relationship/sy/sdf"], "2025-11-20@434").await.unwrap();
    // As an earlier version had it: another headline, a flag that is no more, and a field that is new today.
    let earlier = |ruleset: &str| {
        let mut lines: Vec<String> = now.text.lines().map(str::to_owned).collect();
        lines[1] = format!("ruleset\t{ruleset}");
        let at = |lines: &[String], path: &str| {
            lines.iter().position(|line| line.starts_with(&format!("field\t{path}\t"))).unwrap()
        };
        let headline = at(&lines, "headline");
        let mut parts: Vec<&str> = lines[headline].split('\t').collect();
        parts[2] = "HOSTILE";
        lines[headline] = parts.join("\t");
        let conflict = at(&lines, "conflict");
        let mut parts: Vec<&str> = lines[conflict].split('\t').collect();
        parts[5] = "1";
        lines[conflict] = parts.join("\t");
        lines.remove(at(&lines, "score"));
        lines.push("field\tzeal\tHIGH\tSOLE\tstated\t\t".to_owned());
        lines.join("\n") + "\n"
    };
    let record = async |number: u64, slug: &str, ruleset: &str, text: &str| {
        let mut view = now.clone();
        view.view.as_mut().unwrap().ruleset = ruleset.to_owned();
        let digest = <sha2::Sha256 as sha2::Digest>::digest(text.as_bytes());
        office.submit(vec![decision(number, slug, &view, &digest)]).await.unwrap();
    };
    let told = |found: &v1::AuditDecisionResponse| -> Vec<String> {
        let differences = &found.kept_view.as_ref().unwrap().differences;
        let told = differences.iter().map(|it| {
            assert_eq!(it.subject, "relationship/sy/sdf");
            format!("{}: {} > {}", it.field, it.was, it.is)
        });
        told.collect()
    };
    let value = |path: &str| {
        let line = now.text.lines().find(|line| line.starts_with(&format!("field\t{path}\t"))).unwrap();
        line.split('\t').nth(2).unwrap().to_owned()
    };
    let conflict = value("conflict");
    let expected = [
        format!("conflict: {conflict} > {conflict}"),
        format!("headline: HOSTILE > {}", value("headline")),
        format!("score:  > {}", value("score")),
        "zeal: HIGH > ".to_owned(),
    ];
    let fields = now.text.lines().filter(|line| line.starts_with("field\t")).count() as u64;
    for (number, slug, ruleset, reproduction, cause) in [
        (860, "under-1", "1", v1::Reproduction::OtherRuleset, v1::ChangeCause::RuleChange),
        (861, "under-2", RULESET, v1::Reproduction::Different, v1::ChangeCause::Unspecified),
    ] {
        let text = earlier(ruleset);
        record(number, slug, ruleset, &text).await;
        let found = office.audited_with(slug, &text).await.unwrap();
        assert_eq!(told(&found), expected, "{slug}");
        let kept = found.kept_view.as_ref().unwrap();
        assert!(kept.differences.iter().all(|it| it.cause() == cause), "{kept:?}");
        assert_ne!(kept.differences[0].was_ground, kept.differences[0].is_ground);
        assert_eq!(kept.same, fields - 3);
        assert_eq!(found.reproduction(), reproduction);
        // Without the text it is as ever.
        let without = office.audited(slug).await.unwrap();
        assert_eq!(without, v1::AuditDecisionResponse { kept_view: None, ..found });
    }
    // The rules are others, and change nothing in this view.
    let same = now.text.replacen(&format!("ruleset\t{RULESET}"), "ruleset\t1", 1);
    record(862, "unmoved", "1", &same).await;
    let found = office.audited_with("unmoved", &same).await.unwrap();
    assert_eq!((told(&found).len(), found.kept_view.unwrap().same), (0, fields));
    // The very view.
    record(863, "the-same", RULESET, &now.text).await;
    let found = office.audited_with("the-same", &now.text).await.unwrap();
    assert_eq!(found.reproduction(), v1::Reproduction::Reproduced);
    assert_eq!((told(&found).len(), found.kept_view.unwrap().same), (0, fields));
    // Refused: another text, one too long, and one that was never the view of the decision.
    record(864, "never", "1", &now.text).await;
    record(865, "no-view", "1", "nothing").await;
    for (slug, text, expected) in [
        ("under-1", now.text.clone(), "view_text: has the digest "),
        ("under-1", "x".repeat((3 << 20) + 1), "view_text: has 3145729 bytes"),
        (
            "never",
            now.text.clone(),
            "view_text: has the digest of the decision, but the decision says that its ruleset",
        ),
        (
            "no-view",
            "nothing".to_owned(),
            "view_text: has the digest of the decision, but is not the text of a view",
        ),
    ] {
        let status = office.audited_with(slug, &text).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{slug}");
        assert!(status.message().starts_with(expected), "{}", status.message());
    }
}
