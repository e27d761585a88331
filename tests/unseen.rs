//! Cases of the kinds that reality brings, each a small record in a real server, asked through the real API.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use chancery::{
    domain::vocabulary::{self as words, Vocabulary},
    wire::v1::{
        self, audit_service_client::AuditServiceClient, query_service_client::QueryServiceClient,
        replay_transitions_response::Part, submission_service_client::SubmissionServiceClient,
    },
};
use common::{
    Server,
    events::{act, actor, event, group, id, meeting, regime},
};
use tonic::transport::Channel;

/// A server with a record of its own.
struct Office {
    channel: Channel,
    _server: Server,
    _data: tempfile::TempDir,
}

impl Office {
    /// With the actors us and il, the groups hts and isis, and the regimes us-fto219 and eu-terr (of the EU, which binds
    /// its members).
    async fn with(events: Vec<v1::Event>) -> Office {
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path(), &[]);
        let channel = Channel::from_shared(server.url().to_owned()).unwrap().connect().await.unwrap();
        let office = Office { channel, _server: server, _data: data };
        let registry = vec![
            actor(1, "us"),
            actor(2, "il"),
            actor(3, "eu"),
            group(4, "hts"),
            group(5, "isis"),
            regime(6, "us-fto219", "us"),
            changed(regime(7, "eu-terr", "eu"), |fact| {
                let Some(v1::fact::Statement::RegimeRegistered(it)) = &mut fact.statement else { panic!() };
                it.inheritance = v1::Inheritance::Members.into();
            }),
        ];
        office.submit(registry).await;
        office.submit(events).await;
        office
    }

    async fn submit(&self, events: Vec<v1::Event>) {
        for event in events {
            let request = v1::SubmitRequest { events: vec![event], checks: Vec::new() };
            SubmissionServiceClient::new(self.channel.clone()).submit(request).await.unwrap();
        }
    }

    fn query(&self) -> QueryServiceClient<Channel> {
        QueryServiceClient::new(self.channel.clone())
    }

    async fn group(&self, slug: &str, on: &str) -> v1::GroupStatus {
        self.group_at(slug, on, None).await.0
    }

    async fn group_at(&self, slug: &str, on: &str, known: Option<u64>) -> (v1::GroupStatus, v1::View) {
        let request =
            v1::GetGroupRequest { group: slug.to_owned(), as_of: as_of(on, known), ..Default::default() };
        let answer = self.query().get_group(request).await.unwrap().into_inner();
        (answer.status.unwrap(), answer.view.unwrap())
    }

    async fn relationship(&self, of: &str, with: &str, on: &str) -> v1::RelationshipStatus {
        let request = v1::GetRelationshipRequest {
            actor: of.to_owned(),
            group: with.to_owned(),
            as_of: as_of(on, None),
            ..Default::default()
        };
        self.query().get_relationship(request).await.unwrap().into_inner().status.unwrap()
    }

    /// The changes in valid time at these fields and below them, as `DATE PATH VALUE CAUSE EVENT`; of an id its end.
    async fn replayed(&self, subject: &str, fields: &[&str]) -> Vec<String> {
        let request = v1::ReplayTransitionsRequest {
            subject: subject.to_owned(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            as_of: as_of("2026-11-01", None),
            ..Default::default()
        };
        let mut found = Vec::new();
        for it in self.transitions(request).await {
            found.extend(it.changes.iter().map(|change| {
                let cause = name::<words::ChangeCause>(change.cause);
                let event = change.event_id.get(32..).unwrap_or_default();
                format!("{} {} {} {cause} {event}", it.valid_on, change.field, change.is)
            }));
        }
        found
    }

    /// What a replay tells, without its beginning and end.
    async fn transitions(&self, request: v1::ReplayTransitionsRequest) -> Vec<v1::Transition> {
        let mut audit = AuditServiceClient::new(self.channel.clone());
        let mut stream = audit.replay_transitions(request).await.unwrap().into_inner();
        let mut found = Vec::new();
        while let Some(answer) = stream.message().await.unwrap() {
            let Some(Part::Transition(it)) = answer.part else { continue };
            found.push(it);
        }
        found
    }

    /// A field explained: its value, and by the ends of their ids the facts that it rests on, the claims that lost with rule
    /// and stance, and what was corrected or taken back.
    async fn explained(&self, subject: &str, field: &str, on: &str) -> String {
        let request = v1::ExplainRequest {
            subject: subject.to_owned(),
            field: field.to_owned(),
            as_of: as_of(on, None),
            min_position: 0,
        };
        let it = AuditServiceClient::new(self.channel.clone()).explain(request).await.unwrap().into_inner();
        let end = |record: &v1::Record| {
            record.event.as_ref().map(|event| event.event_id[34..].to_owned()).unwrap_or_default()
        };
        let ends = |records: &[v1::Record]| records.iter().map(end).collect::<Vec<_>>().join(",");
        let lost = it.lost.iter().map(|lost| {
            let (rule, stance) =
                (name::<words::FoldRule>(lost.lost_by), name::<words::ClaimStance>(lost.stance));
            format!(" lost {} {rule} {stance}", ends(lost.record.as_slice()))
        });
        let lost: String = lost.collect();
        let revised =
            if it.revisions.is_empty() { String::new() } else { format!(" not {}", ends(&it.revisions)) };
        format!("{} on {}{lost}{revised}", it.value, ends(&it.evidence))
    }

    /// What is on the docket of the groups in 2020, for a reader who stands at a date.
    async fn docket(&self, groups: &[&str], on: &str) -> Vec<String> {
        self.docket_over("2020-01-01", "2020-12-31", groups, on).await
    }

    async fn docket_over(&self, from: &str, until: &str, groups: &[&str], on: &str) -> Vec<String> {
        let request = v1::ListDocketRequest {
            from: from.to_owned(),
            until: until.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            as_of: as_of(on, None),
            ..Default::default()
        };
        let found = self.query().list_docket(request).await.unwrap().into_inner().entries;
        found.into_iter().map(|it| format!("{} {} {}", it.date, it.subject, it.what)).collect()
    }

    async fn anomalies(&self, on: &str, states: &[v1::AnomalyState]) -> Vec<String> {
        let request = v1::ListAnomaliesRequest {
            as_of: as_of(on, None),
            states: states.iter().map(|state| (*state).into()).collect(),
            ..Default::default()
        };
        let found = self.query().list_anomalies(request).await.unwrap().into_inner().anomalies;
        let line = |entry: v1::AnomalyEntry| {
            let anomaly = entry.anomaly.clone().unwrap();
            let rule = name::<words::AnomalyRule>(anomaly.rule);
            let by = entry.settled_by.get(34..).map(|end| format!(" by {end}")).unwrap_or_default();
            format!(
                "{} {rule} {} {}{by}",
                name::<words::AnomalyState>(entry.state),
                anomaly.subject,
                anomaly.date
            )
        };
        found.into_iter().map(line).collect()
    }
}

fn as_of(on: &str, known: Option<u64>) -> Option<v1::AsOf> {
    let known_at = known.map(|position| v1::KnownAt { point: Some(v1::known_at::Point::Position(position)) });
    Some(v1::AsOf { valid_at: on.to_owned(), known_at, disclosed_by: String::new() })
}

fn name<V: Vocabulary>(number: i32) -> &'static str {
    V::from_number(number).map_or("?", V::name)
}

fn changed(event: v1::Event, change: impl FnOnce(&mut v1::Fact)) -> v1::Event {
    let Some(v1::event::Body::Fact(mut fact)) = event.body else { panic!("{} is no fact", event.event_id) };
    change(&mut fact);
    v1::Event { body: Some(v1::event::Body::Fact(fact)), ..event }
}

/// The event with sources of this kind only.
fn from_kind(event: v1::Event, kind: v1::SourceKind) -> v1::Event {
    changed(event, |fact| fact.sources.iter_mut().for_each(|source| source.kind = kind.into()))
}

/// The event as a claim of another.
fn claim(event: v1::Event, of: u64) -> v1::Event {
    changed(event, |fact| fact.claim_of = id(of))
}

fn fto(number: u64, date: &str, what: v1::Act) -> v1::Event {
    act(number, date, "hts", "us-fto219", what)
}

fn with_act(event: v1::Event, change: impl FnOnce(&mut v1::DesignationAct)) -> v1::Event {
    changed(event, |fact| {
        let Some(v1::fact::Statement::DesignationAct(act)) = &mut fact.statement else { panic!() };
        change(act);
    })
}

fn with_engagement(event: v1::Event, change: impl FnOnce(&mut v1::Engagement)) -> v1::Event {
    changed(event, |fact| {
        let Some(v1::fact::Statement::Engagement(it)) = &mut fact.statement else { panic!() };
        change(it);
    })
}

fn also(event: v1::Event, party: v1::participant::Party) -> v1::Event {
    with_engagement(event, |it| {
        it.participants.push(v1::Participant { party: Some(party), ..Default::default() });
    })
}

/// A state that belongs to the EU for a time.
fn member(number: u64, slug: &str, from: &str, until: &str) -> v1::Event {
    let membership = v1::Membership { of: "eu".to_owned(), from: from.to_owned(), until: until.to_owned() };
    let registered = v1::ActorRegistered {
        actor: slug.to_owned(),
        kind: v1::ActorKind::State.into(),
        name: slug.to_owned(),
        memberships: vec![membership],
    };
    event(&id(number), "1950", v1::fact::Statement::ActorRegistered(registered))
}

/// A group is a wing of another for a time.
fn wing(number: u64, slug: &str, of: &str, until: &str) -> v1::Event {
    let lineage = v1::LineageRecorded {
        group: slug.to_owned(),
        kind: v1::LineageKind::WingOf.into(),
        other: of.to_owned(),
        until: until.to_owned(),
    };
    event(&id(number), "2000-01-01", v1::fact::Statement::LineageRecorded(lineage))
}

fn state(status: &v1::GroupStatus, regime: &str) -> String {
    let listing = status.designations.iter().find(|it| it.regime == regime);
    listing.map_or("-".to_owned(), |it| name::<words::DesignationState>(it.state).to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_multilateral_event_counts_once_and_by_dyads() {
    let both = also(
        also(meeting(20, "2025-01-10", "us", "hts"), v1::participant::Party::Actor("il".to_owned())),
        v1::participant::Party::Group("isis".to_owned()),
    );
    let office = Office::with(vec![both, meeting(21, "2025-01-11", "us", "hts")]).await;
    for (slug, engagements, dyads, actors) in [("hts", 2, 3, 2), ("isis", 1, 2, 2)] {
        let counts = office.group(slug, "2025-02-01").await.counts.unwrap();
        let found = (counts.engagements, counts.engagement_dyads, counts.actors);
        assert_eq!(found, (engagements, dyads, actors), "{slug}");
    }
    assert_eq!(office.relationship("us", "hts", "2025-02-01").await.engagements, 2);
    assert_eq!(office.relationship("il", "isis", "2025-02-01").await.engagements, 1);
}

/// Claims of one meeting name other actors and groups: each pair hears of those that have to do with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_count_for_the_pairs_that_they_name() {
    use v1::{SourceKind::*, participant::Party};
    let met =
        |number, date: &str, actor, group, source| from_kind(meeting(number, date, actor, group), source);
    let il = || Party::Actor("il".to_owned());
    let (first, second) = ("2024-01-05", "2024-03-01");
    let office = Office::with(vec![
        met(20, first, "us", "isis", OfficialStatement),
        claim(also(met(21, first, "us", "isis", CounterpartyStatement), Party::Group("hts".to_owned())), 20),
        claim(met(22, first, "us", "isis", EstablishedMedia), 20),
        claim(met(23, first, "il", "hts", CounterpartyStatement), 20),
        also(met(30, second, "us", "isis", OfficialStatement), il()),
        claim(met(31, second, "us", "isis", CounterpartyStatement), 30),
    ])
    .await;
    for (actor, group, on, engagements, corroborated, stances) in [
        ("us", "isis", "2024-02-01", 1, 2, "AGREES AGREES DIFFERS"),
        ("us", "hts", "2024-02-01", 0, 0, "DISPUTES"),
        ("il", "hts", "2024-02-01", 0, 0, "DISPUTES"),
        ("il", "isis", "2024-02-01", 0, 0, ""),
        ("il", "isis", "2024-04-01", 1, 0, "DIFFERS"),
    ] {
        let it = office.relationship(actor, group, on).await;
        let mut found: Vec<&str> =
            it.alternatives.iter().map(|lost| name::<words::ClaimStance>(lost.stance)).collect();
        found.sort_unstable();
        let found = (it.engagements, it.corroborated_by, found.join(" "));
        assert_eq!(found, (engagements, corroborated, stances.to_owned()), "{actor} {group} {on}");
        let disputed = it.flags.contains(&v1::RelationshipFlag::Disputed.into());
        assert_eq!(disputed, stances.contains("DISPUTES"), "{actor} {group} {on}");
    }
    for (subject, field, on, expected) in [
        ("relationship/il/hts", "alternatives", "2024-02-01", "1 on  lost 17 SOURCE_RANK DISPUTES"),
        ("relationship/il/hts", "contact", "2024-02-01", "NONE on  lost 17 SOURCE_RANK DISPUTES"),
        ("relationship/us/hts", "headline", "2024-02-01", "NONE on  lost 15 SOURCE_RANK DISPUTES"),
        ("relationship/il/isis", "contact", "2024-04-01", "TECHNICAL on 1e lost 1f SOURCE_RANK DIFFERS"),
    ] {
        assert_eq!(office.explained(subject, field, on).await, expected, "{subject} {field}");
    }
}

/// Until a change takes effect, what an earlier claim says of it is explained where it would show.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_of_changes_to_come_are_explained() {
    use v1::SourceKind::*;
    let named = |number, date: &str, source| {
        let name =
            v1::Name { text: "New".to_owned(), kind: v1::NameKind::Primary.into(), ..Default::default() };
        let named = v1::GroupNamed { group: "hts".to_owned(), name: Some(name) };
        from_kind(event(&id(number), date, v1::fact::Statement::GroupNamed(named)), source)
    };
    let ended = |number, date: &str, source| {
        let state = v1::LifecycleState::DissolvedDeclared.into();
        let change = v1::LifecycleChanged { group: "hts".to_owned(), state };
        from_kind(event(&id(number), date, v1::fact::Statement::LifecycleChanged(change)), source)
    };
    let tied = |number, date: &str, source| {
        let event = changed(wing(number, "hts", "isis", ""), |fact| fact.effective_on = date.to_owned());
        from_kind(event, source)
    };
    let office = Office::with(vec![
        named(20, "2022-06-01", LegalAct),
        claim(named(21, "2022-03-01", OfficialStatement), 20),
        ended(22, "2022-06-01", LegalAct),
        claim(ended(23, "2022-03-01", OfficialStatement), 22),
        tied(24, "2022-06-01", LegalAct),
        claim(tied(25, "2022-03-01", OfficialStatement), 24),
    ])
    .await;
    let tie = "lineage[hts WING_OF isis]";
    for (field, on, expected) in [
        ("name", "2022-02-28", "Group hts on 04"),
        ("name", "2022-04-01", "Group hts on 04 lost 15 SOURCE_RANK DISPUTES"),
        ("name", "2022-06-01", "New on 14 lost 15 SOURCE_RANK DISPUTES"),
        ("lifecycle", "2022-04-01", "NONE on  lost 17 SOURCE_RANK DISPUTES"),
        ("lifecycle", "2022-06-01", "DISSOLVED_DECLARED on 16 lost 17 SOURCE_RANK DISPUTES"),
        (tie, "2022-04-01", "NONE on  lost 19 SOURCE_RANK DISPUTES"),
        ("lineage", "2022-04-01", "hts WING_OF isis NONE on  lost 19 SOURCE_RANK DISPUTES"),
        (tie, "2022-06-01", "2022-06-01 on 18 lost 19 SOURCE_RANK DISPUTES"),
    ] {
        assert_eq!(office.explained("group/hts", field, on).await, expected, "{field} {on}");
    }
    assert_eq!(
        office.replayed("group/hts", &["lifecycle", "lineage"]).await,
        [
            "2022-03-01 lifecycle NONE NEW_FACT 0017",
            "2022-03-01 lineage[hts WING_OF isis] NONE NEW_FACT 0019",
            "2022-06-01 lifecycle DISSOLVED_DECLARED NEW_FACT 0016",
            "2022-06-01 lifecycle.since 2022-06-01 NEW_FACT 0016",
            "2022-06-01 lineage[hts WING_OF isis] 2022-06-01 NEW_FACT 0018",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ambassador_received_and_credentials_accepted_are_two_facts() {
    let accredited = |number, date: &str| {
        with_engagement(meeting(number, date, "us", "hts"), |it| {
            it.kind = v1::EngagementKind::EnvoyAccredited.into();
            it.representation = Some(v1::Representation {
                direction: v1::Direction::OfGroup.into(),
                level: v1::RepresentationLevel::EmbassyAmbassador.into(),
            });
        })
    };
    let office = Office::with(vec![accredited(20, "2023-12-01"), accredited(21, "2024-01-30")]).await;
    for (on, since) in [("2023-11-30", ""), ("2023-12-01", "2023-12-01"), ("2024-02-01", "2023-12-01")] {
        let status = office.relationship("us", "hts", on).await;
        assert_eq!(status.representation_of_group.clone().unwrap().since, since, "{on}");
        assert!(!status.flags.contains(&v1::RelationshipFlag::Disputed.into()), "{status:#?}");
    }
    assert_eq!(office.anomalies("2025-01-01", &[]).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_between_two_renamings() {
    let named = |number, date: &str, text: &str| {
        let name =
            v1::Name { text: text.to_owned(), kind: v1::NameKind::Primary.into(), ..Default::default() };
        let named = v1::GroupNamed { group: "hts".to_owned(), name: Some(name) };
        event(&id(number), date, v1::fact::Statement::GroupNamed(named))
    };
    let office =
        Office::with(vec![named(20, "2017-01-28", "Tahrir"), named(21, "2016-07-28", "Fatah al-Sham")]).await;
    for (on, primary, former) in [
        ("2016-07-27", "Group hts", vec![]),
        ("2016-07-28", "Fatah al-Sham", vec!["Group hts"]),
        ("2017-01-27", "Fatah al-Sham", vec!["Group hts"]),
        ("2017-01-28", "Tahrir", vec!["Group hts", "Fatah al-Sham"]),
    ] {
        let status = office.group("hts", on).await;
        let was = status.names.iter().filter(|it| it.kind() == v1::NameKind::Former);
        assert_eq!(status.name, primary, "{on}");
        assert_eq!(was.map(|it| it.text.as_str()).collect::<Vec<_>>(), former, "{on}");
    }
    let request = v1::SearchRequest {
        query: "fateh al sham".to_owned(),
        as_of: as_of("2016-12-31", None),
        ..Default::default()
    };
    let hits = office.query().search(request.clone()).await.unwrap().into_inner().hits;
    assert_eq!((hits[0].subject.as_str(), hits[0].matched.as_str()), ("group/hts", "Fatah al-Sham"));
    assert_eq!(hits[0].name_kind(), v1::NameKind::Primary);
    let before = v1::SearchRequest { as_of: as_of("2016-01-01", None), ..request };
    assert_eq!(office.query().search(before).await.unwrap().into_inner().hits, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_regime_ends_with_dozens_of_listings() {
    let mut events: Vec<v1::Event> = Vec::new();
    for number in 0..40 {
        let slug = format!("g{number}");
        events.push(group(100 + number, &slug));
        events.push(act(200 + number, "2010-05", &slug, "us-fto219", v1::Act::Listed));
    }
    let ended = v1::RegimeTerminated { regime: "us-fto219".to_owned(), reason: String::new() };
    events.push(event(&id(300), "2020-06-01", v1::fact::Statement::RegimeTerminated(ended)));
    events.push(act(301, "2020-07-01", "g1", "us-fto219", v1::Act::Listed));
    let office = Office::with(events).await;
    for number in 0..40 {
        let slug = format!("g{number}");
        assert_eq!(state(&office.group(&slug, "2020-05-31").await, "us-fto219"), "ACTIVE", "{slug}");
        assert_eq!(state(&office.group(&slug, "2020-06-01").await, "us-fto219"), "LAPSED", "{slug}");
    }
    // Listing under a regime that has ended is recorded, and is a contradiction.
    assert_eq!(state(&office.group("g1", "2020-07-01").await, "us-fto219"), "ACTIVE");
    assert_eq!(
        office.anomalies("2020-12-31", &[]).await,
        ["OPEN ACT_UNDER_ENDED_REGIME designation/g1/us-fto219 2020-07-01"]
    );
    assert_eq!(office.anomalies("2020-06-30", &[]).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_regime_is_announced() {
    let ended = v1::RegimeTerminated { regime: "eu-terr".to_owned(), reason: String::new() };
    let component = |event, name: &str| {
        with_act(event, |it| {
            it.scope = Some(v1::Scope { coverage: Some(v1::scope::Coverage::Component(name.to_owned())) });
        })
    };
    let office = Office::with(vec![
        member(20, "hr", "2013-07-01", ""),
        act(21, "2010-05-01", "hts", "eu-terr", v1::Act::Listed),
        component(act(22, "2011-05-01", "isis", "eu-terr", v1::Act::Listed), "Wing"),
        act(23, "2010-05-01", "isis", "eu-terr", v1::Act::Listed),
        act(24, "2012-05-01", "isis", "eu-terr", v1::Act::Delisted),
        changed(event(&id(25), "2020-06-01", v1::fact::Statement::RegimeTerminated(ended)), |fact| {
            fact.announced_on = "2020-03-01".to_owned();
        }),
    ])
    .await;
    for (on, expected, upcoming) in [
        ("2020-02-29", "ACTIVE ", ""),
        ("2020-03-01", "ACTIVE 2020-06-01", "2020-06-01 eu-terr: the regime ends"),
        ("2020-05-31", "ACTIVE 2020-06-01", "2020-06-01 eu-terr: the regime ends"),
        ("2020-06-01", "LAPSED ", ""),
    ] {
        let status = office.group("hts", on).await;
        let ends = &status.designations[0].regime_ends_on;
        assert_eq!(format!("{} {ends}", state(&status, "eu-terr")), expected, "{on}");
        let coming: Vec<String> =
            status.upcoming.iter().map(|it| format!("{} {}", it.date, it.what)).collect();
        assert_eq!(coming.concat(), upcoming, "{on}");
    }
    let of_hts = "2020-06-01 designation/hts/eu-terr eu-terr: the regime ends";
    let of_isis = "2020-06-01 designation/isis/eu-terr eu-terr (Wing): the regime ends";
    for (groups, on, expected) in [
        (&["hts", "isis"][..], "2020-02-29", &[][..]),
        (&["hts", "isis"], "2020-03-01", &[of_hts, of_isis]),
        (&["isis"], "2021-01-01", &[of_isis]),
        (&[], "2020-03-01", &["2020-06-01 regime/eu-terr eu-terr: the regime ends"]),
    ] {
        assert_eq!(office.docket(groups, on).await, expected, "{groups:?} {on}");
    }
    // What is inherited ends with the act that ended the regime, and not by time.
    assert_eq!(
        office
            .replayed("group/hts", &["designations[eu-terr].regime_ends_on", "inherited", "upcoming"])
            .await,
        [
            "2013-07-01 inherited[eu-terr from hts binding hr] ACTIVE TIME_PASSED 0014",
            "2020-03-01 designations[eu-terr].regime_ends_on 2020-06-01 NEW_FACT 0019",
            "2020-03-01 upcoming 2020-06-01 eu-terr: the regime ends NEW_FACT 0019",
            "2020-06-01 designations[eu-terr].regime_ends_on  NEW_FACT 0019",
            "2020-06-01 inherited[eu-terr from hts binding hr]  NEW_FACT 0019",
            "2020-06-01 upcoming  NEW_FACT 0019",
        ]
    );
    assert_eq!(
        office.replayed("group/isis", &["inherited"]).await.last().unwrap(),
        "2020-06-01 inherited[eu-terr/Wing from isis binding hr]  NEW_FACT 0019"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_loses_a_row_without_an_act() {
    let seen = |number, date: &str, what| from_kind(fto(number, date, what), v1::SourceKind::ListSnapshot);
    let office = Office::with(vec![
        fto(20, "2010-01-01", v1::Act::Listed),
        seen(21, "2021-03-01", v1::Act::ObservedPresent),
        seen(22, "2021-04-01", v1::Act::ObservedAbsent),
        seen(23, "2021-04-11", v1::Act::ObservedAbsent),
    ])
    .await;
    for (on, expected) in
        [("2021-04-01", "ACTIVE"), ("2021-04-10", "ACTIVE"), ("2021-04-11", "INFERRED_ENDED")]
    {
        assert_eq!(state(&office.group("hts", on).await, "us-fto219"), expected, "{on}");
    }
    let listing = office.group("hts", "2021-05-01").await.designations.remove(0);
    assert_eq!(listing.since.unwrap().date, "2021-03-01/2021-04-01");
    assert_eq!(
        (listing.last_present_on.as_str(), listing.first_absent_on.as_str()),
        ("2021-03-01", "2021-04-01")
    );
    assert!(listing.provenance.unwrap().inferred);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgment_for_one_of_a_joint_case() {
    let listed = |number, slug: &str| act(number, "2006-05-29", slug, "eu-terr", v1::Act::Listed);
    let challenged = |number, slug: &str| act(number, "2011-01-01", slug, "eu-terr", v1::Act::Challenged);
    let office = Office::with(vec![
        listed(20, "hts"),
        listed(21, "isis"),
        challenged(22, "hts"),
        challenged(23, "isis"),
        act(24, "2014-10-16", "isis", "eu-terr", v1::Act::AnnulledEffectsMaintained),
    ])
    .await;
    for (slug, expected, open) in [("hts", "ACTIVE", "2011-01-01"), ("isis", "ANNULLED_STAYED", "")] {
        let status = office.group(slug, "2015-01-01").await;
        assert_eq!(state(&status, "eu-terr"), expected, "{slug}");
        assert_eq!(status.designations[0].challenged_on, open, "{slug}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exemption_runs_out() {
    let exempt = with_act(fto(21, "2025-10-09", v1::Act::ExemptionGranted), |it| {
        it.expires_on = "2025-10-16".to_owned();
    });
    let office = Office::with(vec![fto(20, "2010-01-01", v1::Act::Listed), exempt]).await;
    for (on, exemptions) in [("2025-10-08", 0), ("2025-10-09", 1), ("2025-10-16", 1), ("2025-10-17", 0)] {
        let listing = office.group("hts", on).await.designations.remove(0);
        assert_eq!(
            (listing.state(), listing.exemptions.len()),
            (v1::DesignationState::Active, exemptions),
            "{on}"
        );
    }
    let docket = v1::ListDocketRequest {
        from: "2025-10-10".to_owned(),
        until: "2025-10-31".to_owned(),
        ..Default::default()
    };
    let entries = office.query().list_docket(docket).await.unwrap().into_inner().entries;
    let found: Vec<(&str, &str)> = entries.iter().map(|it| (it.date.as_str(), it.what.as_str())).collect();
    assert_eq!(found, [("2025-10-16", "us-fto219: exemption expires")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn competing_dates_of_one_delisting() {
    let office = Office::with(vec![
        fto(20, "2010-01-01", v1::Act::Listed),
        from_kind(fto(21, "2025-06-30", v1::Act::Delisted), v1::SourceKind::EstablishedMedia),
        claim(fto(22, "2025-07-08", v1::Act::Delisted), 21),
        claim(from_kind(fto(23, "2025-07", v1::Act::Delisted), v1::SourceKind::Aggregator), 21),
    ])
    .await;
    for (on, expected) in [("2025-06-30", "ACTIVE"), ("2025-07-07", "ACTIVE"), ("2025-07-08", "DELISTED")] {
        assert_eq!(state(&office.group("hts", on).await, "us-fto219"), expected, "{on}");
    }
    let listing = office.group("hts", "2025-08-01").await.designations.remove(0);
    let lost: Vec<(&str, bool)> =
        listing.alternatives.iter().map(|it| (it.effective_on.as_str(), it.agrees)).collect();
    assert_eq!(lost, [("2025-06-30", false), ("2025-07", true)]);
    assert_eq!(listing.corroborated_by, 1);
    // The ranks are too far apart for a dispute.
    assert!(!listing.disputed);
}

/// Of one beginning two sources of nearly the same rank give two dates: from the first of them on the claim that lost is shown,
/// with the status and with each field that it would have moved, and after the second with each that rests on the fact.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn competing_dates_of_one_beginning() {
    use v1::SourceKind::{CounterpartyStatement, OfficialStatement};
    let engaged = |number, date: &str, kind: v1::EngagementKind, source| {
        from_kind(
            with_engagement(meeting(number, date, "il", "hts"), |it| {
                it.kind = kind.into();
                if kind == v1::EngagementKind::CeasefireInForce {
                    let sides = vec!["il".to_owned(), "hts".to_owned()];
                    it.ceasefire = Some(v1::Ceasefire { sides, ..Default::default() });
                }
            }),
            source,
        )
    };
    let truce = v1::EngagementKind::CeasefireInForce;
    let met = |number, date: &str, source| from_kind(meeting(number, date, "us", "hts"), source);
    let office = Office::with(vec![
        engaged(20, "2024-01-01", v1::EngagementKind::Strike, OfficialStatement),
        engaged(21, "2024-06-01", truce, OfficialStatement),
        claim(engaged(22, "2024-04-01", truce, CounterpartyStatement), 21),
        met(30, "2024-05-10", OfficialStatement),
        claim(met(31, "2024-01-12", CounterpartyStatement), 30),
        with_engagement(met(32, "2024-05-20", OfficialStatement), |it| {
            it.participants[0].level = v1::Level::ForeignMinister.into();
        }),
    ])
    .await;
    let (il, us) = ("relationship/il/hts", "relationship/us/hts");
    for (subject, on, headline, disputed) in [
        (il, "2024-03-31", "HOSTILE", false),
        (il, "2024-04-01", "HOSTILE", true),
        (il, "2024-05-31", "HOSTILE", true),
        (il, "2024-06-01", "CEASEFIRE", true),
        (us, "2024-01-11", "NONE", false),
        (us, "2024-02-01", "NONE", true),
        (us, "2024-05-10", "DIRECT_CONTACT", true),
        (us, "2024-06-01", "DIRECT_CONTACT", true),
        (us, "2025-05-11", "DIRECT_CONTACT", false),
    ] {
        let actor = subject.split('/').nth(1).unwrap();
        let it = office.relationship(actor, "hts", on).await;
        let found = (
            name::<words::Headline>(it.headline),
            it.flags.contains(&v1::RelationshipFlag::Disputed.into()),
            it.alternatives.len(),
        );
        assert_eq!(found, (headline, disputed, disputed.into()), "{subject} {on}");
        let open = office.anomalies(on, &[]).await.iter().filter(|it| it.contains(subject)).count();
        assert!(usize::from(disputed) <= open, "{subject} {on}");
    }
    for (subject, field, on, expected) in [
        (il, "conflict", "2024-03-31", "HOSTILE on 14"),
        (il, "conflict", "2024-05-01", "HOSTILE on 14 lost 16 SOURCE_RANK DISPUTES"),
        (il, "headline", "2024-05-01", "HOSTILE on 14 lost 16 SOURCE_RANK DISPUTES"),
        (il, "engagements", "2024-05-01", "1 on 14 lost 16 SOURCE_RANK DISPUTES"),
        (il, "contact", "2024-05-01", "NONE on "),
        (il, "conflict", "2024-06-01", "CEASEFIRE on 15 lost 16 SOURCE_RANK DISPUTES"),
        (us, "contact", "2024-02-01", "NONE on  lost 1f SOURCE_RANK DISPUTES"),
        (us, "headline", "2024-02-01", "NONE on  lost 1f SOURCE_RANK DISPUTES"),
        (us, "score", "2024-02-01", "0.0000 on  lost 1f SOURCE_RANK DISPUTES"),
        (us, "headline", "2024-05-19", "DIRECT_CONTACT on 1e lost 1f SOURCE_RANK DISPUTES"),
        (us, "headline", "2024-06-01", "DIRECT_CONTACT on 20"),
        (us, "engagements", "2024-06-01", "2 on 20,1e lost 1f SOURCE_RANK DISPUTES"),
        (us, "score.count", "2030-06-01", "2 on 20,1e lost 1f SOURCE_RANK DISPUTES"),
        (us, "contact.count_365_days", "2024-06-01", "2 on 20,1e lost 1f SOURCE_RANK DISPUTES"),
        (us, "contact.count_30_days", "2024-06-10", "1 on 20"),
        (us, "alternatives", "2024-06-01", "1 on  lost 1f SOURCE_RANK DISPUTES"),
    ] {
        assert_eq!(office.explained(subject, field, on).await, expected, "{subject} {field} {on}");
    }
    // What was corrected or taken back is no claim that lost.
    let taken_back = v1::Retraction { target: id(31), reason: "Another group.".to_owned() };
    let body = Some(v1::event::Body::Retraction(taken_back));
    office.submit(vec![v1::Event { event_id: id(33), body }]).await;
    assert_eq!(office.explained(us, "engagements", "2024-06-01").await, "2 on 20,1e not 1f,21");
    // The claim begins to be shown on its day, and ceases to be a year after the last of the dates.
    assert_eq!(
        office.replayed(il, &["flags", "headline"]).await,
        [
            "2024-01-01 headline HOSTILE NEW_FACT 0014",
            "2024-04-01 flags[DISPUTED] set NEW_FACT 0016",
            "2024-06-01 headline CEASEFIRE NEW_FACT 0015",
        ]
    );
}

/// A proposal that was withdrawn: since when there is none is the same in the status, its fields and its replay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_is_withdrawn() {
    let office = Office::with(vec![
        fto(20, "2020-01-01", v1::Act::Initiated),
        fto(21, "2020-03-01", v1::Act::Delisted),
    ])
    .await;
    let listing = office.group("hts", "2020-04-01").await.designations.remove(0);
    assert_eq!(
        (listing.state(), listing.since.unwrap().date.as_str()),
        (v1::DesignationState::None, "2020-03-01")
    );
    let path = "designations[us-fto219]";
    assert_eq!(
        office.replayed("designation/hts/us-fto219", &[path]).await,
        [
            format!("2020-01-01 {path} PROPOSED NEW_FACT 0014"),
            format!("2020-01-01 {path}.since 2020-01-01 NEW_FACT 0014"),
            format!("2020-03-01 {path} NONE NEW_FACT 0015"),
            format!("2020-03-01 {path}.since 2020-03-01 NEW_FACT 0015"),
        ]
    );
    // What is announced and may not apply says so, and nothing falls due under a regime that will have ended.
    let end = changed(
        event(
            &id(32),
            "2020-08-01",
            v1::fact::Statement::RegimeTerminated(v1::RegimeTerminated {
                regime: "us-fto219".to_owned(),
                reason: String::new(),
            }),
        ),
        |fact| fact.announced_on = "2020-05-01".to_owned(),
    );
    let exempt = |number, last: &str| {
        with_act(act(number, "2020-04-01", "isis", "us-fto219", v1::Act::ExemptionGranted), |it| {
            (it.expires_on, it.reference) = (last.to_owned(), format!("EX-{number}"));
        })
    };
    let heralded = |event| changed(event, |fact| fact.decided_on = "2020-04-01".to_owned());
    office
        .submit(vec![
            act(30, "2020-01-01", "isis", "us-fto219", v1::Act::Listed),
            end,
            exempt(33, "2020-07-31"),
            exempt(34, "2020-12-31"),
            heralded(fto(35, "2020-06-01", v1::Act::Delisted)),
            heralded(fto(36, "2020-07-01", v1::Act::Listed)),
            heralded(fto(37, "2020-07-02", v1::Act::Suspended)),
        ])
        .await;
    let due = |what: &str| what.to_owned();
    let listed = "2020-01-01 designation/isis/us-fto219 us-fto219: LISTED takes effect";
    let exempted = "2020-04-01 designation/isis/us-fto219 us-fto219: EXEMPTION_GRANTED takes effect";
    assert_eq!(
        office.docket(&["hts", "isis"], "2020-05-01").await,
        [
            due("2020-01-01 designation/hts/us-fto219 us-fto219: INITIATED takes effect"),
            due(listed),
            due("2020-03-01 designation/hts/us-fto219 us-fto219: DELISTED takes effect"),
            due(exempted),
            due(exempted),
            due(
                "2020-06-01 designation/hts/us-fto219 us-fto219: DELISTED takes effect, but may not apply: by what is on \
                 record the listing will not be one that it can change"
            ),
            due("2020-07-01 designation/hts/us-fto219 us-fto219: LISTED takes effect"),
            due("2020-07-02 designation/hts/us-fto219 us-fto219: SUSPENDED takes effect"),
            due("2020-07-31 designation/isis/us-fto219 us-fto219: exemption EX-33 expires"),
            due("2020-08-01 designation/hts/us-fto219 us-fto219: the regime ends"),
            due("2020-08-01 designation/isis/us-fto219 us-fto219: the regime ends"),
        ]
    );
}

/// What runs out, and is to be renewed before, says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_is_announced() {
    let until = |event, last: &str| with_act(event, |it| it.expires_on = last.to_owned());
    let announced = |event| changed(event, |fact| fact.announced_on = "2020-02-01".to_owned());
    let office = Office::with(vec![
        until(fto(20, "2020-01-01", v1::Act::Listed), "2020-06-30"),
        announced(until(fto(21, "2020-06-01", v1::Act::Maintained), "2020-09-30")),
    ])
    .await;
    assert_eq!(
        office.docket(&["hts"], "2020-05-01").await,
        [
            "2020-01-01 designation/hts/us-fto219 us-fto219: LISTED takes effect",
            "2020-06-01 designation/hts/us-fto219 us-fto219: MAINTAINED takes effect",
            "2020-06-30 designation/hts/us-fto219 us-fto219: listing expires, unless it is renewed as announced",
        ]
    );
}

/// A claim bears out a state that rests on what it agrees with, and no other: it is shown from then on, however vague its date.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_agrees_with_what_is_to_come() {
    let office = Office::with(vec![
        fto(20, "2010-01-01", v1::Act::Listed),
        from_kind(fto(21, "2019", v1::Act::Delisted), v1::SourceKind::EstablishedMedia),
        claim(from_kind(fto(22, "2019-07-01", v1::Act::Delisted), v1::SourceKind::CourtReport), 21),
        act(30, "2015-01-01", "isis", "us-fto219", v1::Act::Listed),
        act(31, "2021-05-05", "isis", "us-fto219", v1::Act::Delisted),
        claim(
            from_kind(
                act(32, "2021-05-05", "isis", "us-fto219", v1::Act::Maintained),
                v1::SourceKind::ListSnapshot,
            ),
            31,
        ),
    ])
    .await;
    let agrees = "DELISTED 2019 of DELISTED 2019-07-01, agrees";
    for (group, on, state, corroborated, expected) in [
        ("hts", "2018-12-31", "ACTIVE", 0, ""),
        ("hts", "2019-01-01", "ACTIVE", 0, ""),
        ("hts", "2019-06-30", "ACTIVE", 0, ""),
        ("hts", "2019-07-01", "DELISTED", 1, agrees),
        ("isis", "2021-05-05", "DELISTED", 0, "MAINTAINED 2021-05-05 of DELISTED 2021-05-05, disputed"),
    ] {
        let listing = office.group(group, on).await.designations.remove(0);
        let told = listing.alternatives.iter().map(|it| {
            let stance = if it.agrees { "agrees" } else { "disputed" };
            format!("{} {} of {} {}, {stance}", it.what, it.effective_on, it.won_what, it.won_on)
        });
        let told: Vec<String> = told.collect();
        assert_eq!(name::<words::DesignationState>(listing.state), state, "{group} {on}");
        assert_eq!(
            (listing.corroborated_by, told.join("; ").as_str()),
            (corroborated, expected),
            "{group} {on}"
        );
    }
}

/// A claim that lost says which part of the group it is about, where that is another than what won is about; and one against the
/// end of a regime is told of what is listed under it, with the contradiction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_claims_of_listings_contest() {
    let part = |event, name: &str| {
        with_act(event, |it| {
            it.scope = Some(v1::Scope { coverage: Some(v1::scope::Coverage::Component(name.to_owned())) });
        })
    };
    let end = |number, on: &str| {
        let ended = v1::RegimeTerminated { regime: "eu-terr".to_owned(), reason: String::new() };
        event(&id(number), on, v1::fact::Statement::RegimeTerminated(ended))
    };
    let official = |event| from_kind(event, v1::SourceKind::OfficialStatement);
    let listed = |number| fto(number, "2019-01-01", v1::Act::Listed);
    let office = Office::with(vec![
        part(listed(20), "Wing A"),
        claim(official(part(listed(21), "Wing B")), 20),
        claim(official(listed(22)), 20),
        claim(official(part(listed(23), "wing  a")), 20),
        act(30, "2019-01-01", "isis", "eu-terr", v1::Act::Listed),
        end(31, "2020-06-01"),
        claim(end(32, "2020-03-01"), 31),
    ])
    .await;
    let of_end = "the end of the regime 2020-03-01 of the end of the regime 2020-06-01";
    let regime = "regime/eu-terr CLAIMS_DISAGREE";
    for (group, on, expected, contradictions) in [
        (
            "hts",
            "2020-01-01",
            "LISTED (Wing B) 2019-01-01 of LISTED (Wing A) 2019-01-01; LISTED (the whole group) 2019-01-01 of \
             LISTED (Wing A) 2019-01-01; LISTED 2019-01-01 of LISTED 2019-01-01",
            "",
        ),
        ("isis", "2020-02-29", "", ""),
        ("isis", "2020-03-01", of_end, regime),
        ("isis", "2020-06-01", of_end, regime),
    ] {
        let status = office.group(group, on).await;
        let claims = status.designations.iter().flat_map(|it| &it.alternatives);
        let told =
            claims.map(|it| format!("{} {} of {} {}", it.what, it.effective_on, it.won_what, it.won_on));
        assert_eq!(told.collect::<Vec<_>>().join("; "), expected, "{group} {on}");
        let found = status.anomalies.iter().filter(|it| it.subject.starts_with("regime/"));
        let found = found.map(|it| format!("{} {}", it.subject, name::<words::AnomalyRule>(it.rule)));
        assert_eq!(found.collect::<Vec<_>>().join("; "), contradictions, "{group} {on}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ceasefire_whose_scope_the_other_side_denies() {
    let ceasefire = |number, coverage: &str| {
        with_engagement(meeting(number, "2024-11-27", "il", "hts"), |it| {
            it.kind = v1::EngagementKind::CeasefireInForce.into();
            it.ceasefire = Some(v1::Ceasefire {
                sides: vec!["il".to_owned(), "hts".to_owned()],
                coverage: coverage.to_owned(),
                ends_on: "2025-01-26".to_owned(),
                ..Default::default()
            });
        })
    };
    let denied = changed(ceasefire(21, "south of the river"), |fact| {
        fact.assertion = v1::Assertion::Denied.into();
    });
    let denied = claim(from_kind(denied, v1::SourceKind::CounterpartyStatement), 20);
    let told = from_kind(ceasefire(20, "the whole country"), v1::SourceKind::OfficialStatement);
    let office = Office::with(vec![told, denied]).await;
    let status = office.relationship("il", "hts", "2024-12-01").await;
    assert_eq!(status.headline(), v1::Headline::Ceasefire);
    assert!(status.flags.contains(&v1::RelationshipFlag::Disputed.into()), "{status:#?}");
    assert_eq!((status.alternatives.len(), status.alternatives[0].agrees), (1, false));
    assert_eq!(
        office.anomalies("2024-12-01", &[]).await,
        ["OPEN CLAIMS_DISAGREE relationship/il/hts 2024-11-27"]
    );
    assert_eq!(
        office.relationship("il", "hts", "2025-01-27").await.conflict.unwrap().value(),
        v1::Conflict::TruceExpired
    );
    let docket = v1::ListDocketRequest {
        from: "2025-01-01".to_owned(),
        until: "2025-01-31".to_owned(),
        ..Default::default()
    };
    let entries = office.query().list_docket(docket).await.unwrap().into_inner().entries;
    assert_eq!(
        entries.iter().map(|it| (it.date.as_str(), it.subject.as_str())).collect::<Vec<_>>(),
        [("2025-01-26", "relationship/il/hts")]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_machine_codes_is_a_lead() {
    let coded = |event| from_kind(event, v1::SourceKind::MachineCoded);
    let life = v1::LifecycleChanged { group: "hts".to_owned(), state: v1::LifecycleState::Defeated.into() };
    let ended = v1::RegimeTerminated { regime: "us-fto219".to_owned(), reason: String::new() };
    let office = Office::with(vec![
        fto(20, "2010-01-01", v1::Act::Listed),
        coded(fto(21, "2025-01-01", v1::Act::Delisted)),
        coded(event(&id(22), "2025-01-02", v1::fact::Statement::LifecycleChanged(life))),
        coded(event(&id(23), "2025-01-03", v1::fact::Statement::RegimeTerminated(ended))),
        coded(meeting(24, "2025-01-04", "us", "hts")),
        meeting(25, "2025-01-05", "il", "hts"),
    ])
    .await;
    let status = office.group("hts", "2025-02-01").await;
    assert_eq!((state(&status, "us-fto219").as_str(), status.lifecycle), ("ACTIVE", None));
    let leads: Vec<&str> = status.leads.iter().map(|lead| lead.what.as_str()).collect();
    assert_eq!(leads, ["DEFEATED", "DELISTED under us-fto219"]);
    assert_eq!(status.counts.unwrap().engagements, 1);
    let status = office.relationship("us", "hts", "2025-02-01").await;
    assert_eq!((status.headline(), status.engagements), (v1::Headline::ProscribedNoContact, 0));
    assert_eq!(status.score.unwrap().count, 0);
    let leads: Vec<(&str, &str)> =
        status.leads.iter().map(|lead| (lead.effective_on.as_str(), lead.what.as_str())).collect();
    assert_eq!(leads, [("2025-01-04", "MEETING")]);
    assert_eq!(office.relationship("us", "hts", "2025-01-03").await.leads, []);
    let timeline = v1::GetTimelineRequest { subject: "relationship/us/hts".to_owned(), ..Default::default() };
    let entries = office.query().get_timeline(timeline).await.unwrap().into_inner().entries;
    assert_eq!(entries.iter().map(|it| it.lead).collect::<Vec<_>>(), [true]);
    // Once somebody has looked, a claim from a better source makes the lead a fact.
    office.submit(vec![claim(meeting(26, "2025-01-04", "us", "hts"), 24)]).await;
    let status = office.relationship("us", "hts", "2025-02-01").await;
    assert_eq!((status.headline(), status.leads.len()), (v1::Headline::DirectContact, 0));
    // What a machine coded bears nothing out.
    assert_eq!((status.alternatives.len(), status.corroborated_by), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_inherited_follows_membership_wings_and_the_regime() {
    let ended = v1::RegimeTerminated { regime: "eu-terr".to_owned(), reason: String::new() };
    let office = Office::with(vec![
        member(20, "gb", "1973-01-01", "2020-01-31"),
        member(21, "hr", "2013-07-01", ""),
        group(22, "wing"),
        group(23, "cell"),
        wing(24, "wing", "hts", "2021-12-31"),
        wing(25, "cell", "wing", ""),
        act(26, "2006-05-29", "hts", "eu-terr", v1::Act::Listed),
        event(&id(27), "2023-01-01", v1::fact::Statement::RegimeTerminated(ended)),
    ])
    .await;
    let inherited = async |slug: &str, on: &str| -> Vec<String> {
        let status = office.group(slug, on).await;
        if slug != "hts" {
            assert_eq!(status.designations, [], "never copied into its own state");
        }
        status.inherited.iter().map(|it| format!("{}{}", it.from_group, it.bound_actor)).collect()
    };
    for (slug, on, expected) in [
        ("hts", "2006-05-28", vec![]),
        ("hts", "2006-05-29", vec!["htsgb"]),
        ("hts", "2013-07-01", vec!["htsgb", "htshr"]),
        ("hts", "2020-01-31", vec!["htsgb", "htshr"]),
        ("hts", "2020-02-01", vec!["htshr"]),
        ("hts", "2023-01-01", vec![]),
        ("wing", "2021-12-31", vec!["hts", "htshr"]),
        ("cell", "2020-01-31", vec!["hts", "htsgb", "htshr"]),
        ("wing", "2022-01-01", vec![]),
        ("cell", "2022-01-01", vec![]),
        ("cell", "2006-05-28", vec![]),
    ] {
        assert_eq!(inherited(slug, on).await, expected, "{slug} {on}");
    }
    for (of, on, expected) in
        [("gb", "2020-01-31", 1), ("gb", "2020-02-01", 0), ("hr", "2013-06-30", 0), ("hr", "2013-07-01", 1)]
    {
        let legal = office.relationship(of, "hts", on).await.legal;
        assert_eq!(legal.len(), expected, "{of} {on}");
        assert!(legal.iter().all(|it| it.inherited_from == "eu"), "{legal:?}");
    }
    // Dealings with a wing are dealings with a part of what is listed.
    office
        .submit(vec![fto(28, "2010-01-01", v1::Act::Listed), meeting(29, "2021-06-01", "us", "cell")])
        .await;
    let engaging = i32::from(v1::RelationshipFlag::EngagingWhileDesignated);
    for (of, on, expected, flagged) in [
        ("us", "2009-12-31", vec![], false),
        ("us", "2021-06-01", vec!["us-fto219 of hts by "], true),
        ("us", "2022-01-01", vec![], false),
        ("hr", "2021-06-01", vec!["eu-terr of hts by eu"], false),
    ] {
        let status = office.relationship(of, "cell", on).await;
        let legal = status.legal.iter();
        let legal = legal.map(|it| format!("{} of {} by {}", it.regime, it.through_group, it.inherited_from));
        assert_eq!(legal.collect::<Vec<_>>(), expected, "{of} {on}");
        assert_eq!(status.flags.contains(&engaging), flagged, "{of} {on}");
    }
    let request = v1::ListEngagingWhileDesignatedRequest {
        from: "2021-01-01".to_owned(),
        until: "2022-12-31".to_owned(),
        groups: vec!["cell".to_owned()],
        ..Default::default()
    };
    let stretches =
        office.query().list_engaging_while_designated(request).await.unwrap().into_inner().stretches;
    let found: Vec<_> = stretches.iter().map(|it| (it.from.as_str(), it.until.as_str())).collect();
    assert_eq!(found, [("2021-06-01", "2021-12-31")]);
    let matrix =
        v1::RelationMatrix { groups: vec!["cell".to_owned()], flags: vec![engaging], ..Default::default() };
    let request = v1::GetMatrixRequest {
        matrix: Some(v1::get_matrix_request::Matrix::Relations(matrix)),
        as_of: as_of("2021-06-01", None),
        ..Default::default()
    };
    let rows = office.query().get_matrix(request).await.unwrap().into_inner().relation_rows;
    assert_eq!(rows.iter().map(|row| row.actor.as_str()).collect::<Vec<_>>(), ["us"]);
}

/// Whom listings bind is the same from whichever side one looks; a wing is reached through its parent, and not listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_and_relationships_agree_on_what_binds() {
    let component = |event, name: &str| {
        with_act(event, |it| {
            it.scope = Some(v1::Scope { coverage: Some(v1::scope::Coverage::Component(name.to_owned())) });
        })
    };
    let office = Office::with(
        vec![
            member(20, "gb", "1973-01-01", "2020-01-31"),
            member(21, "hr", "2013-07-01", ""),
            group(22, "wing"),
            wing(23, "wing", "hts", "2021-12-31"),
            component(act(24, "2013-07-22", "hts", "eu-terr", v1::Act::Listed), "Military Wing"),
            component(act(25, "2016-07-22", "hts", "eu-terr", v1::Act::Maintained), "military  wing"),
            act(26, "2018-01-01", "hts", "eu-terr", v1::Act::Listed),
            act(27, "2021-01-01", "hts", "eu-terr", v1::Act::Delisted),
            fto(28, "2014-01-01", v1::Act::Listed),
            act(29, "2015-01-01", "isis", "eu-terr", v1::Act::ListedAsAlias),
        ]
        .into_iter()
        .map(|event| match event.event_id == id(29) {
            true => with_act(event, |it| {
                it.scope = Some(v1::Scope { coverage: Some(v1::scope::Coverage::AliasOf("hts".to_owned())) });
            }),
            false => event,
        })
        .collect(),
    )
    .await;
    let in_force = |state: i32| {
        use v1::DesignationState::{Active, AnnulledStayed, Suspended};
        [Active, AnnulledStayed, Suspended].contains(&v1::DesignationState::try_from(state).unwrap())
    };
    for on in
        ["2013-07-21", "2013-07-22", "2018-01-01", "2020-01-31", "2020-02-01", "2021-01-01", "2022-01-01"]
    {
        for slug in ["hts", "wing", "isis"] {
            let status = office.group(slug, on).await;
            for of in ["gb", "hr", "us", "eu"] {
                let bound = status.inherited.iter().filter(|it| it.bound_actor == of);
                let bound: Vec<String> =
                    bound.map(|it| format!("{}/{} of {}", it.regime, it.component, it.from_group)).collect();
                let legal = office.relationship(of, slug, on).await.legal.into_iter();
                let legal = legal.filter(|it| !it.inherited_from.is_empty() && in_force(it.state));
                let mut legal: Vec<String> = legal
                    .map(|it| {
                        let of = if it.through_group.is_empty() { slug } else { &it.through_group };
                        format!("{}/{} of {of}", it.regime, it.component)
                    })
                    .collect();
                legal.sort();
                assert_eq!(bound, legal, "{of} and {slug} on {on}");
            }
        }
    }
    let bound = office.group("hts", "2018-01-01").await.inherited.into_iter();
    let bound: Vec<String> = bound.map(|it| format!("{}:{}", it.component, it.bound_actor)).collect();
    assert_eq!(bound, [":gb", ":hr", "Military Wing:gb", "Military Wing:hr"]);

    // The page of the wing says so, with nothing of its own.
    for (on, effects, through, not) in [
        ("2013-12-31", "", "", "eu-terr us-fto219"),
        ("2014-01-01", "us:us-fto219:hts", "us-fto219", "eu-terr"),
        ("2018-01-01", "eu:eu-terr:hts us:us-fto219:hts", "eu-terr us-fto219", ""),
        ("2022-01-01", "", "", "eu-terr us-fto219"),
    ] {
        let status = office.group("wing", on).await;
        assert_eq!((&status.designations, &status.legal_effects), (&vec![], &vec![]), "{on}");
        let found = status.inherited_effects.iter().map(|it| {
            assert_eq!(it.legal_effects, [i32::from(v1::LegalEffect::AssetFreeze)]);
            format!("{}:{}:{}", it.jurisdiction, it.regimes.concat(), it.through_groups.concat())
        });
        assert_eq!(found.collect::<Vec<_>>().join(" "), effects, "{on}");
        let divergence = status.divergence.unwrap();
        assert_eq!(divergence.listed_under, [""; 0], "{on}");
        assert_eq!(divergence.listed_through.join(" "), through, "{on}");
        assert_eq!(divergence.not_listed_under.join(" "), not, "{on}");
        assert_eq!(divergence.share, 0.0, "{on}");
    }
    assert_eq!(
        office.replayed("group/wing", &["divergence.listed_through", "inherited_effects"]).await,
        [
            "2014-01-01 divergence.listed_through us-fto219 NEW_FACT 001c",
            "2014-01-01 inherited_effects[us] ASSET_FREEZE NEW_FACT 001c",
            "2018-01-01 divergence.listed_through eu-terr; us-fto219 NEW_FACT 001a",
            "2018-01-01 inherited_effects[eu] ASSET_FREEZE NEW_FACT 001a",
            "2021-01-01 divergence.listed_through us-fto219 NEW_FACT 001b",
            "2021-01-01 inherited_effects[eu]  NEW_FACT 001b",
            "2022-01-01 divergence.listed_through  TIME_PASSED 0017",
            "2022-01-01 inherited_effects[us]  TIME_PASSED 0017",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contradiction_is_settled_by_what_removes_it() {
    use v1::AnomalyState::{Open, Settled};
    let correction = |number, target, as_now: v1::Event| {
        let Some(v1::event::Body::Fact(replacement)) = as_now.body else { panic!() };
        let correction = v1::Correction {
            target: id(target),
            reason: "The date was mistaken.".to_owned(),
            replacement: Some(replacement),
        };
        v1::Event { event_id: id(number), body: Some(v1::event::Body::Correction(correction)) }
    };
    let office = Office::with(vec![
        // Delisted before it was listed, until the date is corrected.
        fto(20, "2014-05-15", v1::Act::Listed),
        fto(21, "2010-07-08", v1::Act::Delisted),
        // Reviewed without a listing, until the listing is recorded late.
        act(22, "2012-01-01", "isis", "us-fto219", v1::Act::Maintained),
    ])
    .await;
    let unlisted = "ACT_WITHOUT_LISTING designation/isis/us-fto219 2012-01-01";
    let vain = "ACT_WITHOUT_EFFECT designation/hts/us-fto219 2010-07-08";
    assert_eq!(
        office.anomalies("2026-01-01", &[]).await,
        [format!("OPEN {vain}"), format!("OPEN {unlisted}")]
    );
    office.submit(vec![correction(23, 21, fto(0, "2025-07-08", v1::Act::Delisted))]).await;
    office.submit(vec![act(24, "2004-12-17", "isis", "us-fto219", v1::Act::Listed)]).await;
    office.submit(vec![act(25, "2013-01-01", "isis", "us-fto219", v1::Act::Amended)]).await;
    assert_eq!(office.anomalies("2026-01-01", &[]).await, [""; 0]);
    let settled = [format!("SETTLED {vain} by 17"), format!("SETTLED {unlisted} by 18")];
    assert_eq!(office.anomalies("2026-01-01", &[Settled]).await, settled);
    assert_eq!(office.anomalies("2026-01-01", &[Open, Settled]).await, settled);
    // It is open again when the correction is taken back.
    let retraction = v1::Retraction { target: id(23), reason: "It was right.".to_owned() };
    let retraction = v1::Event { event_id: id(26), body: Some(v1::event::Body::Retraction(retraction)) };
    office.submit(vec![retraction]).await;
    assert_eq!(
        office.anomalies("2026-01-01", &[Open, Settled]).await,
        [format!("OPEN {vain}"), format!("SETTLED {unlisted} by 18")]
    );
    // It stays settled by the same event, whatever is corrected and taken back afterwards.
    let moved = act(0, "2012-02-02", "isis", "us-fto219", v1::Act::Maintained);
    office.submit(vec![correction(27, 22, moved)]).await;
    let retraction = v1::Retraction { target: id(27), reason: "It was right.".to_owned() };
    let retraction = v1::Event { event_id: id(28), body: Some(v1::event::Body::Retraction(retraction)) };
    office.submit(vec![retraction]).await;
    assert_eq!(office.anomalies("2026-01-01", &[Settled]).await, [format!("SETTLED {unlisted} by 18")]);
    // An act without effect has one once the group is found to be one with another that was listed.
    office.submit(vec![group(31, "wing")]).await;
    office.submit(vec![act(29, "2024-02-02", "wing", "us-fto219", v1::Act::Delisted)]).await;
    let merged = |number, slug: &str| {
        let merged = v1::IdentityMerged { group: slug.into(), into: "wing".into(), reason: String::new() };
        event(&id(number), "2025-01-01", v1::fact::Statement::IdentityMerged(merged))
    };
    office.submit(vec![merged(30, "isis")]).await;
    let found = office.anomalies("2026-01-01", &[Open, Settled]).await;
    assert!(
        found.contains(&"SETTLED ACT_WITHOUT_EFFECT designation/wing/us-fto219 2024-02-02 by 1e".to_owned()),
        "{found:?}"
    );
    // Parted again, each has what is its own.
    let parted = |number, slug: &str| {
        let parted = v1::IdentityUnmerged { group: slug.into(), reason: String::new() };
        event(&id(number), "2025-01-02", v1::fact::Statement::IdentityUnmerged(parted))
    };
    office.submit(vec![parted(32, "isis"), merged(33, "hts"), parted(34, "hts")]).await;
    assert_eq!(
        office.anomalies("2026-01-01", &[Open, Settled]).await,
        [
            format!("OPEN {vain}"),
            format!("SETTLED {unlisted} by 18"),
            "OPEN ACT_WITHOUT_EFFECT designation/wing/us-fto219 2024-02-02".to_owned(),
        ]
    );
}

/// An alias stays as recorded when what it is an alias of ends, and that it does is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alias_outlives_its_listing() {
    let alias = |number, date: &str, of: &str| {
        with_act(act(number, date, "isis", "us-fto219", v1::Act::ListedAsAlias), |it| {
            it.scope = Some(v1::Scope { coverage: Some(v1::scope::Coverage::AliasOf(of.to_owned())) });
        })
    };
    let office = Office::with(vec![
        fto(20, "2010-01-01", v1::Act::Listed),
        alias(21, "2011-01-01", "hts"),
        fto(22, "2015-01-01", v1::Act::Delisted),
        act(23, "2017-01-01", "hts", "eu-terr", v1::Act::Listed),
        fto(24, "2018-01-01", v1::Act::Listed),
        fto(25, "2019-01-01", v1::Act::Delisted),
        act(26, "2020-01-01", "isis", "us-fto219", v1::Act::Delisted),
    ])
    .await;
    let told = |on: &str| format!("ALIAS_OUTLIVES_LISTING designation/isis/us-fto219 {on}");
    for (on, listing, since) in [
        ("2014-12-31", "ACTIVE", ""),
        ("2015-01-01", "ACTIVE", "2015-01-01"),
        ("2017-12-31", "ACTIVE", "2015-01-01"),
        ("2018-01-01", "ACTIVE", ""),
        ("2019-12-31", "ACTIVE", "2019-01-01"),
        ("2020-01-01", "DELISTED", ""),
    ] {
        let status = office.group("isis", on).await;
        assert_eq!(state(&status, "us-fto219"), listing, "{on}");
        let found: Vec<(&str, &[String])> =
            status.anomalies.iter().map(|it| (it.date.as_str(), it.event_ids.as_slice())).collect();
        let end = if since == "2015-01-01" { id(22) } else { id(25) };
        let expected = if since.is_empty() { vec![] } else { vec![(since, [id(21), end])] };
        let expected: Vec<(&str, &[String])> = expected.iter().map(|(on, ids)| (*on, &ids[..])).collect();
        assert_eq!(found, expected, "{on}");
        let open: Vec<String> = expected.iter().map(|(on, _)| format!("OPEN {}", told(on))).collect();
        assert_eq!(office.anomalies(on, &[]).await, open, "{on}");
    }
    // Each turn is caused by what happened to the other listing.
    let message = |on: &str| {
        format!(
            "{on} designation/isis/us-fto219: in force as an alias of hts, whose own listing ended {on} (DELISTED)"
        )
    };
    let path = "anomalies[ALIAS_OUTLIVES_LISTING at 9]";
    assert_eq!(
        office.replayed("group/isis", &["anomalies"]).await,
        [
            format!("2015-01-01 {path} {} NEW_FACT 0016", message("2015-01-01")),
            format!("2018-01-01 {path}  NEW_FACT 0018"),
            format!("2019-01-01 {path} {} NEW_FACT 0019", message("2019-01-01")),
            format!("2020-01-01 {path}  NEW_FACT 001a"),
        ]
    );
    // As the record stood before the end of the main listing was told, and after that is taken back.
    let (status, _) = office.group_at("isis", "2016-01-01", Some(9)).await;
    assert_eq!(status.anomalies, []);
    let retraction = v1::Retraction { target: id(22), reason: "It was another.".to_owned() };
    let retraction = v1::Event { event_id: id(27), body: Some(v1::event::Body::Retraction(retraction)) };
    office.submit(vec![retraction]).await;
    assert_eq!(office.anomalies("2016-01-01", &[]).await, [""; 0]);
    let settled = [format!("SETTLED {} by 1b", told("2015-01-01"))];
    assert_eq!(office.anomalies("2016-01-01", &[v1::AnomalyState::Settled]).await, settled);
}

/// Two identities that are one group: it is no alias of itself, and no wing of itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alias_is_merged_into_its_listing() {
    let office = Office::with(vec![
        with_act(fto(20, "2020-01-01", v1::Act::Listed), |it| it.reference = "Y1".to_owned()),
        with_act(act(21, "2020-02-01", "isis", "us-fto219", v1::Act::ListedAsAlias), |it| {
            it.scope = Some(v1::Scope { coverage: Some(v1::scope::Coverage::AliasOf("hts".to_owned())) });
            it.reference = "Y1a".to_owned();
        }),
        wing(22, "isis", "hts", ""),
        act(23, "2024-01-01", "isis", "us-fto219", v1::Act::Delisted),
        fto(24, "2025-01-01", v1::Act::Delisted),
        event(
            &id(25),
            "2026-01-01",
            v1::fact::Statement::IdentityMerged(v1::IdentityMerged {
                group: "isis".to_owned(),
                into: "hts".to_owned(),
                reason: String::new(),
            }),
        ),
    ])
    .await;
    let apart = office.group_at("isis", "2021-06-01", Some(12)).await.0;
    assert_eq!((apart.designations[0].alias_of.as_str(), apart.lineage.len()), ("hts", 1));
    // The entry of the other name says nothing of the listing, neither when it is made nor when it is struck.
    for (on, expected) in [("2021-06-01", "ACTIVE"), ("2024-06-01", "ACTIVE"), ("2025-01-01", "DELISTED")] {
        let status = office.group("hts", on).await;
        let listing = &status.designations[0];
        assert_eq!(
            (state(&status, "us-fto219").as_str(), listing.basis(), listing.alias_of.as_str()),
            (expected, v1::Basis::Own, ""),
            "{on}"
        );
        assert_eq!((listing.reference.as_str(), status.lineage.len()), ("Y1", 0), "{on}");
        assert_eq!(status.anomalies, [], "{on}");
    }
    let docket = office.docket_over("2024-01-01", "2025-12-31", &["hts"], "2026-01-01").await;
    assert_eq!(docket, ["2025-01-01 designation/hts/us-fto219 us-fto219: DELISTED takes effect"]);
    let events = office.group("hts", "2021-06-01").await.designations.remove(0).provenance.unwrap().event_ids;
    assert_eq!(events, [id(20)]);
}

/// What has a vague date takes effect on its first possible day, on the docket too, be it an act or the end of a regime.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vague_dates_on_the_docket() {
    let announced = |event| changed(event, |fact| fact.announced_on = "2018-12-01".to_owned());
    let ended = v1::RegimeTerminated { regime: "us-fto219".to_owned(), reason: String::new() };
    let office = Office::with(vec![
        fto(20, "2015-01-01", v1::Act::Listed),
        announced(fto(21, "2019", v1::Act::Suspended)),
        announced(event(&id(22), "2020", v1::fact::Statement::RegimeTerminated(ended))),
    ])
    .await;
    let suspended = "2019 designation/hts/us-fto219 us-fto219: SUSPENDED takes effect";
    let ends = "2020 designation/hts/us-fto219 us-fto219: the regime ends";
    for (from, until, on, expected) in [
        ("2019-01-01", "2020-12-31", "2018-12-31", &[suspended, ends][..]),
        ("2019-01-01", "2020-12-31", "2021-01-01", &[suspended, ends]),
        ("2019-03-01", "2019-12-31", "2019-03-01", &[]),
        ("2020-03-01", "2020-12-31", "2020-03-01", &[]),
        ("2019-06-01", "2020-12-31", "2019-06-01", &[ends]),
    ] {
        assert_eq!(
            office.docket_over(from, until, &["hts"], on).await,
            expected,
            "{from} to {until} on {on}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identities_are_merged_and_parted() {
    let merged = |number, slug: &str, into: &str| {
        let merged =
            v1::IdentityMerged { group: slug.to_owned(), into: into.to_owned(), reason: String::new() };
        event(&id(number), "2026-01-01", v1::fact::Statement::IdentityMerged(merged))
    };
    let parted = |number, slug: &str| {
        let parted = v1::IdentityUnmerged { group: slug.to_owned(), reason: String::new() };
        event(&id(number), "2026-01-02", v1::fact::Statement::IdentityUnmerged(parted))
    };
    // Positions: 8 nusra, 9 its listing, 10 and 11 meetings, 12 the merge, 13 a fact about the old id, 14 and 15 a merge
    // of the survivor and back, 16 the parting.
    let office = Office::with(vec![
        group(20, "nusra"),
        act(21, "2014-05-15", "nusra", "us-fto219", v1::Act::Listed),
        also(meeting(22, "2025-01-10", "us", "nusra"), v1::participant::Party::Group("hts".to_owned())),
        meeting(23, "2025-01-11", "us", "hts"),
        merged(24, "nusra", "hts"),
        meeting(25, "2025-01-12", "us", "nusra"),
        merged(26, "hts", "nusra"),
        merged(27, "hts", "isis"),
        parted(28, "hts"),
        parted(29, "nusra"),
    ])
    .await;
    for (slug, known, answers, listed, met, names) in [
        ("nusra", 11, "nusra", "ACTIVE", 1, 1),
        ("hts", 11, "hts", "-", 2, 1),
        ("nusra", 12, "hts", "ACTIVE", 2, 2),
        ("hts", 12, "hts", "ACTIVE", 2, 2),
        ("nusra", 13, "hts", "ACTIVE", 3, 2),
        // A merge into what leads back changes nothing.
        ("hts", 14, "hts", "ACTIVE", 3, 2),
        ("nusra", 15, "isis", "ACTIVE", 3, 3),
        ("nusra", 16, "hts", "ACTIVE", 3, 2),
        ("nusra", 17, "nusra", "ACTIVE", 2, 1),
        ("hts", 17, "hts", "-", 2, 1),
    ] {
        let what = format!("{slug} at {known}");
        // It is about the record: the valid date does not matter.
        let (status, view) = office.group_at(slug, "2025-06-01", Some(known)).await;
        let redirected = if slug == answers { "" } else { slug };
        assert_eq!((status.group.as_str(), view.redirected_from.as_str()), (answers, redirected), "{what}");
        assert_eq!(state(&status, "us-fto219"), listed, "{what}");
        assert_eq!(status.counts.unwrap().engagements, met, "{what}");
        assert_eq!(status.names.len(), names, "{what}");
        assert_eq!(status.name, format!("Group {answers}"), "{what}");
        let request = v1::GetRelationshipRequest {
            actor: "us".to_owned(),
            group: slug.to_owned(),
            as_of: as_of("2025-06-01", Some(known)),
            ..Default::default()
        };
        let answer = office.query().get_relationship(request).await.unwrap().into_inner();
        let relationship = answer.status.unwrap();
        assert_eq!((relationship.group.as_str(), relationship.engagements), (answers, met), "{what}");
        assert_eq!(answer.view.unwrap().redirected_from, redirected, "{what}");
        let request = v1::ListGroupsRequest { as_of: as_of("2025-06-01", Some(known)), ..Default::default() };
        let groups = office.query().list_groups(request).await.unwrap().into_inner().groups;
        let is_there = groups.iter().any(|it| it.group == slug);
        assert_eq!(is_there, slug == answers, "{what}");
        let request = v1::ListRelationshipsRequest {
            group: slug.to_owned(),
            as_of: as_of("2025-06-01", Some(known)),
            ..Default::default()
        };
        let pairs = office.query().list_relationships(request).await.unwrap().into_inner().relationships;
        assert_eq!(pairs.iter().map(|it| it.group.as_str()).collect::<Vec<_>>(), [answers], "{what}");
        // Rows and entries are asked for by either name.
        let matrix = v1::ListingMatrix { groups: vec![slug.to_owned()], ..Default::default() };
        let request = v1::GetMatrixRequest {
            matrix: Some(v1::get_matrix_request::Matrix::Listings(matrix)),
            as_of: as_of("2025-06-01", Some(known)),
            ..Default::default()
        };
        let rows = office.query().get_matrix(request).await.unwrap().into_inner().listing_rows;
        let rows: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
        assert_eq!(rows, [answers].into_iter().filter(|_| listed == "ACTIVE").collect::<Vec<_>>(), "{what}");
        let request = v1::ListDocketRequest {
            from: "2014-05-15".to_owned(),
            until: "2014-05-15".to_owned(),
            groups: vec![slug.to_owned()],
            as_of: as_of("2025-06-01", Some(known)),
            ..Default::default()
        };
        let entries = office.query().list_docket(request).await.unwrap().into_inner().entries;
        assert_eq!(entries.len(), usize::from(listed == "ACTIVE"), "{what}: {entries:?}");
        let request = v1::GetTimelineRequest {
            subject: format!("group/{slug}"),
            as_of: as_of("2025-06-01", Some(known)),
            ..Default::default()
        };
        assert!(!office.query().get_timeline(request).await.unwrap().into_inner().entries.is_empty());
    }
}

/// What is said of q1 and claimed of q2, or the other way round, and what ties hts to either. A claim of an act is of the same
/// group, until it is corrected.
fn said_of_two() -> Vec<v1::Event> {
    use v1::{SourceKind::*, fact::Statement};
    let met = |number, date: &str, group| meeting(number, date, "us", group);
    let tied = |number, slug: &str, other: &str| wing(number, slug, other, "");
    let lives = |number, slug: &str| {
        let group = slug.to_owned();
        let state = v1::LifecycleState::Dormant.into();
        event(&id(number), "2021-01-01", Statement::LifecycleChanged(v1::LifecycleChanged { group, state }))
    };
    let named = |number, slug: &str| {
        let kind = v1::NameKind::Alias.into();
        let name = Some(v1::Name { text: "Dusk".to_owned(), kind, ..v1::Name::default() });
        let named = v1::GroupNamed { group: slug.to_owned(), name };
        event(&id(number), "2021-02-01", Statement::GroupNamed(named))
    };
    let truce = |number, group: &str| {
        with_engagement(meeting(number, "2024-03-05", "il", group), |it| {
            it.kind = v1::EngagementKind::CeasefireInForce.into();
            it.ceasefire = Some(v1::Ceasefire {
                sides: vec!["il".to_owned(), group.to_owned()],
                class: v1::CeasefireClass::Cessation.into(),
                ..v1::Ceasefire::default()
            });
        })
    };
    let pairs = [
        [met(30, "2024-01-05", "q1"), met(31, "2024-01-05", "q2")],
        // The better source names the one that is given up.
        [met(32, "2024-02-05", "q2"), met(33, "2024-02-05", "q1")],
        [truce(34, "q1"), truce(35, "q2")],
        [
            act(36, "2020-01-01", "q1", "us-fto219", v1::Act::Listed),
            act(37, "2020-01-01", "q1", "us-fto219", v1::Act::Listed),
        ],
        [
            act(38, "2022-01-01", "q2", "us-fto219", v1::Act::Delisted),
            act(39, "2022-01-01", "q2", "us-fto219", v1::Act::Delisted),
        ],
        [lives(40, "q1"), lives(41, "q2")],
        [named(42, "q1"), named(43, "q2")],
        [tied(44, "hts", "q1"), tied(45, "hts", "q2")],
        [tied(46, "q1", "isis"), tied(47, "q2", "isis")],
    ];
    let mut number = 30;
    let told = pairs.into_iter().flat_map(|[fact, other]| {
        let of = number;
        number += 2;
        [from_kind(fact, OfficialStatement), claim(from_kind(other, CounterpartyStatement), of)]
    });
    let corrected = |number, target, anew: v1::Event| {
        let Some(v1::event::Body::Fact(fact)) = from_kind(anew, CounterpartyStatement).body else { panic!() };
        let (reason, replacement) = ("It names the other.".to_owned(), Some(fact));
        let correction = v1::Correction { target: id(target), reason, replacement };
        v1::Event { event_id: id(number), body: Some(v1::event::Body::Correction(correction)) }
    };
    let anew = [
        corrected(48, 37, act(0, "2020-01-01", "q2", "us-fto219", v1::Act::Listed)),
        corrected(49, 39, act(0, "2022-01-01", "q1", "us-fto219", v1::Act::Delisted)),
    ];
    told.chain(anew).collect()
}

impl Office {
    /// The facts about a subject on its timeline: the ends of their ids, whether they are disputed, and the stances of claims.
    async fn told_of(&self, subject: &str, known: Option<u64>) -> Vec<String> {
        let request = v1::GetTimelineRequest {
            subject: subject.to_owned(),
            as_of: as_of("2026-01-01", known),
            ..Default::default()
        };
        let entries = self.query().get_timeline(request).await.unwrap().into_inner().entries;
        let contested = entries.into_iter().filter(|it| !it.alternatives.is_empty());
        let told = contested.map(|it| {
            let id = it.record.unwrap().event.unwrap().event_id;
            let stances = it.alternatives.iter().map(|it| name::<words::ClaimStance>(it.stance));
            let disputed = if it.disputed { " disputed" } else { "" };
            format!("{}{disputed} {}", &id[34..], stances.collect::<Vec<_>>().join(" "))
        });
        told.collect()
    }

    /// What is disputed in the statuses of a group and its relationships: the flag of each, and of its listings.
    async fn disputed(&self, slug: &str, known: Option<u64>) -> Vec<String> {
        let (status, _) = self.group_at(slug, "2026-01-01", known).await;
        let mut found: Vec<String> = status.anomalies.iter().map(|it| it.subject.clone()).collect();
        found.extend(status.designations.iter().filter(|it| it.disputed).map(|it| it.regime.clone()));
        let request = v1::GetMatrixRequest {
            matrix: Some(v1::get_matrix_request::Matrix::Relations(v1::RelationMatrix::default())),
            as_of: as_of("2026-01-01", known),
            ..Default::default()
        };
        for row in self.query().get_matrix(request).await.unwrap().into_inner().relation_rows {
            let cells =
                row.cells.iter().filter(|it| it.flags.contains(&v1::RelationshipFlag::Disputed.into()));
            found.extend(cells.filter(|it| it.group == slug).map(|_| row.actor.clone()));
        }
        found
    }

    /// How a difference between two positions explains what it changes at a path, or at paths below it.
    async fn differs(&self, subject: &str, path: &str, known: (u64, u64)) -> Vec<String> {
        let request = v1::DiffRequest {
            subject: subject.to_owned(),
            from: as_of("2026-01-01", Some(known.0)),
            to: as_of("2026-01-01", Some(known.1)),
            ..Default::default()
        };
        let mut audit = AuditServiceClient::new(self.channel.clone());
        let mut stream = audit.diff(request).await.unwrap().into_inner();
        let mut changes = Vec::new();
        while let Some(answer) = stream.message().await.unwrap() {
            let Some(v1::diff_response::Part::Subject(it)) = answer.part else { continue };
            changes.extend(it.changes);
        }
        let told = changes.into_iter().filter(|it| it.field.starts_with(path)).map(|it| {
            let (cause, reason) =
                (name::<words::ChangeCause>(it.cause), name::<words::ChangeReason>(it.reason));
            let events = [&it.event_id].into_iter().chain(&it.further_event_ids).map(|event| &event[34..]);
            let events = events.collect::<Vec<_>>().join("+");
            format!("{}: {} -> {}, {reason} {cause} {events}", it.field, it.was, it.is)
        });
        told.collect()
    }

    /// The changes of a field as the record grew, as `POSITION VALUE`.
    async fn grown(&self, subject: &str, field: &str) -> Vec<String> {
        let request = v1::ReplayTransitionsRequest {
            subject: subject.to_owned(),
            fields: vec![field.to_owned()],
            as_of: as_of("2026-01-01", None),
            axis: v1::ReplayAxis::RecordTime.into(),
            ..Default::default()
        };
        let mut found = Vec::new();
        for it in self.transitions(request).await {
            found.extend(it.changes.iter().map(|change| format!("{} {}", it.position, change.is)));
        }
        found
    }
}

/// What claims of two identities say of one matter agrees once the two are found to be one, and disputes it again when they
/// are parted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_about_identities_that_are_one_agree() {
    use v1::AnomalyState::{Open, Settled};
    for (slug, into) in [("q2", "q1"), ("q1", "q2")] {
        // Up to position 29.
        let mut told = vec![group(20, "q1"), group(21, "q2")];
        told.extend(said_of_two());
        let office = Office::with(told).await;
        let what = format!("{slug} into {into}");
        let subjects = [format!("group/{into}"), format!("relationship/us/{into}"), "group/hts".to_owned()];
        let apart = (
            office.disputed("q1", None).await,
            office.disputed("q2", None).await,
            office.disputed("hts", None).await,
            office.told_of(&subjects[0], None).await,
        );
        assert_eq!(apart.2, ["group/hts", "us"], "{what}");
        let open = office.anomalies("2026-01-01", &[]).await;
        assert_eq!(open.len(), 15, "{what}: {open:?}");
        let merged = v1::IdentityMerged { group: slug.into(), into: into.into(), reason: String::new() };
        let merged = event(&id(0x50), "2026-01-01", v1::fact::Statement::IdentityMerged(merged));
        office.submit(vec![merged]).await;
        for known in [None, Some(30)] {
            for group in [into, "hts"] {
                assert_eq!(office.disputed(group, known).await, [""; 0], "{what}: {group} at {known:?}");
            }
            for (subject, count) in subjects.iter().zip([9, 2, 1]) {
                let told = office.told_of(subject, known).await;
                assert!(
                    told.iter().all(|it| it.ends_with(" AGREES") && !it.contains("disputed")),
                    "{told:?}"
                );
                assert_eq!(told.len(), count, "{what}: {subject} at {known:?}: {told:?}");
            }
        }
        let dealings = office.relationship("us", slug, "2024-06-01").await;
        assert_eq!((dealings.engagements, dealings.corroborated_by), (2, 1), "{what}");
        for (subject, field, expected) in [
            (
                format!("relationship/us/{into}"),
                "engagements",
                "2 on 20,1e lost 21 SOURCE_RANK AGREES lost 1f SOURCE_RANK AGREES",
            ),
            (format!("relationship/il/{slug}"), "conflict", "CEASEFIRE on 22 lost 23 SOURCE_RANK AGREES"),
            (
                format!("designation/{into}/us-fto219"),
                "designations[us-fto219]",
                "DELISTED on 26 lost 31 SOURCE_RANK AGREES lost 30 SOURCE_RANK AGREES not 27",
            ),
            (format!("group/{slug}"), "lifecycle", "DORMANT on 28 lost 29 SOURCE_RANK AGREES"),
            ("group/hts".to_owned(), "lineage", "hts WING_OF q1 2000-01-01 on 2c lost 2d SOURCE_RANK AGREES"),
        ] {
            let told = office.explained(&subject, field, "2024-06-01").await;
            assert_eq!(told, expected, "{what}: {subject} {field}");
        }
        // Each is settled once, under the name that answers.
        assert_eq!(office.anomalies("2026-01-01", &[Open]).await, [""; 0], "{what}");
        let settled = [
            "CLAIMS_DISAGREE group/hts 2000-01-01",
            "CLAIMS_DISAGREE group/isis 2000-01-01",
            "CLAIMS_DISAGREE group/INTO 2000-01-01",
            "CLAIMS_DISAGREE group/INTO 2000-01-01",
            "CLAIMS_DISAGREE group/INTO 2021-01-01",
            "CLAIMS_DISAGREE group/INTO 2021-02-01",
            "CLAIMS_DISAGREE relationship/il/INTO 2024-03-05",
            "CLAIMS_DISAGREE relationship/us/INTO 2024-01-05",
            "CLAIMS_DISAGREE relationship/us/INTO 2024-02-05",
            "CLAIMS_DISAGREE designation/INTO/us-fto219 2020-01-01",
            "ACT_WITHOUT_EFFECT designation/INTO/us-fto219 2022-01-01",
            "CLAIMS_DISAGREE designation/INTO/us-fto219 2022-01-01",
        ];
        let settled = settled.map(|it| format!("SETTLED {} by 50", it.replace("INTO", into)));
        assert_eq!(office.anomalies("2026-01-01", &[Settled]).await, settled, "{what}");
        // It was learned, and by the merge.
        let path = "designations[us-fto219].disputed";
        let changed = office.differs(&subjects[0], path, (29, 30)).await;
        assert_eq!(changed, [format!("{path}: yes -> , LEARNED LATE_ARRIVAL 50")], "{what}");
        let told = "2000-01-01 group/hts: sources disagree about lineage_recorded of 2000-01-01";
        let changed = office.differs("group/hts", "anomalies", (29, 30)).await;
        let expected = format!("anomalies[CLAIMS_DISAGREE at 24]: {told} -> , LEARNED LATE_ARRIVAL 50");
        assert_eq!(changed, [expected], "{what}");
        assert_eq!(office.grown("group/hts", "anomalies").await, [format!("25 {told}"), "30 ".to_owned()]);
        let flagged = office.grown(&subjects[1], "flags[DISPUTED]").await;
        assert_eq!(flagged.last().map(String::as_str), Some("30 "), "{what}: {flagged:?}");
        // As it was, and again once they are two, or were never said to be one.
        let parted = v1::IdentityUnmerged { group: slug.to_owned(), reason: String::new() };
        let parted = event(&id(0x51), "2026-01-02", v1::fact::Statement::IdentityUnmerged(parted));
        let retraction = |number, target| {
            let retraction = v1::Retraction { target: id(target), reason: "a mistake".to_owned() };
            v1::Event { event_id: id(number), body: Some(v1::event::Body::Retraction(retraction)) }
        };
        office.submit(vec![parted, retraction(0x52, 0x51), retraction(0x53, 0x50)]).await;
        assert_eq!(office.disputed(into, Some(32)).await, [""; 0], "{what}");
        for known in [Some(29), Some(31), Some(33), None] {
            let found = (
                office.disputed("q1", known).await,
                office.disputed("q2", known).await,
                office.disputed("hts", known).await,
                office.told_of(&subjects[0], known).await,
            );
            assert_eq!(found, apart, "{what} at {known:?}");
        }
        assert_eq!(office.anomalies("2026-01-01", &[Open]).await, open, "{what}");
    }
}

/// Where a merge of identities and other events lie between two answers, the merge is named, and the facts that came with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_among_other_events_is_named_behind_a_difference() {
    let merge = |number: u64, group: &str| {
        let merged = v1::IdentityMerged { group: group.into(), into: "q1".into(), reason: String::new() };
        event(&id(number), "2025-12-01", v1::fact::Statement::IdentityMerged(merged))
    };
    let delisted = |date: &str| act(0x26, date, "q1", "us-fto219", v1::Act::Delisted);
    let Some(v1::event::Body::Fact(replacement)) = delisted("2025-12-01").body else { panic!() };
    let correction =
        v1::Correction { target: id(0x26), reason: "misread".into(), replacement: Some(replacement) };
    // From position 8 on.
    let office = Office::with(vec![
        group(0x20, "q1"),
        group(0x21, "q2"),
        meeting(0x22, "2025-03-10", "us", "q2"),
        merge(0x23, "q2"),
        meeting(0x24, "2025-03-12", "us", "q2"),
        act(0x25, "2020-01-01", "q1", "us-fto219", v1::Act::Listed),
        delisted("2026-06-01"),
        group(0x27, "q3"),
        meeting(0x28, "2025-02-01", "us", "q3"),
        merge(0x29, "q3"),
        v1::Event { event_id: id(0x2a), body: Some(v1::event::Body::Correction(correction)) },
    ])
    .await;
    for (subject, path, known, expected) in [
        ("relationship/us/q1", "engagements", (10, 12), "engagements: 0 -> 2, LEARNED LATE_ARRIVAL 24+23+22"),
        ("relationship/us/q1", "score.count", (10, 12), "score.count: 0 -> 2, LEARNED LATE_ARRIVAL 24+23+22"),
        (
            "relationship/us/q3",
            "legal[us-fto219]",
            (16, 18),
            "legal[us-fto219]:  -> DELISTED, CORRECTED CORRECTION 2a+29",
        ),
        // What the group itself had, the correction alone has changed.
        (
            "relationship/us/q1",
            "legal[us-fto219]",
            (16, 18),
            "legal[us-fto219]: ACTIVE -> DELISTED, CORRECTED CORRECTION 2a",
        ),
    ] {
        let found = office.differs(subject, path, known).await;
        assert!(found.contains(&expected.to_owned()), "{subject} {path} {known:?}: {found:#?}");
    }
}
