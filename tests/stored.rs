//! Stored events that break rules of today: the record opens, folds and shows them, and nothing like them is admitted.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use chancery::{
    ledger::{Commit, Ledger, Proposed},
    log::sled::SledLog,
    proof::Salt,
    wire::{
        event::{read_event, read_stored},
        v1::{self, event::Body, fact::Statement},
    },
};
use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

mod common;

use common::{Server, chancery, events};

/// An event of a base, changed.
fn changed(event: v1::Event, change: impl FnOnce(&mut v1::Fact)) -> v1::Event {
    let mut event = event;
    if let Some(Body::Fact(fact)) = &mut event.body {
        change(fact);
    }
    event
}

fn engagement(number: u64, kind: v1::EngagementKind, change: impl FnOnce(&mut v1::Engagement)) -> v1::Event {
    changed(events::meeting(number, "2020-05-01", "us", "hts"), |fact| {
        let Some(Statement::Engagement(it)) = &mut fact.statement else { panic!() };
        it.kind = kind.into();
        change(it);
    })
}

fn act(number: u64, kind: v1::Act, change: impl FnOnce(&mut v1::DesignationAct)) -> v1::Event {
    changed(events::act(number, "2020-05-01", "hts", "us-list", kind), |fact| {
        let Some(Statement::DesignationAct(it)) = &mut fact.statement else { panic!() };
        change(it);
    })
}

fn stated(number: u64, statement: Statement) -> v1::Event {
    events::event(&events::id(number), "2020-05-01", statement)
}

fn name(kind: v1::NameKind) -> v1::Name {
    v1::Name { text: "Some name".to_owned(), kind: kind.into(), ..v1::Name::default() }
}

/// What keeps every rule, and all others rest on.
fn base() -> Vec<v1::Event> {
    vec![
        events::actor(1, "us"),
        events::group(2, "hts"),
        events::group(3, "pkk"),
        events::regime(4, "us-list", "us"),
        events::act(5, "2019-01-01", "hts", "us-list", v1::Act::Listed),
        events::meeting(6, "2019-01-01", "us", "hts"),
    ]
}

/// One event for each kind of rule, broken.
fn broken() -> Vec<v1::Event> {
    use v1::{Act, EngagementKind as Kind};
    let scope = |group: &str| v1::Scope { coverage: Some(v1::scope::Coverage::AliasOf(group.to_owned())) };
    let ceasefire = |sides: &[&str], ends_on: &str| {
        let sides = sides.iter().map(|side| (*side).to_owned()).collect();
        Some(v1::Ceasefire { sides, ends_on: ends_on.to_owned(), ..v1::Ceasefire::default() })
    };
    let registered = |number, slug: &str, names, external_ids| {
        stated(
            number,
            Statement::GroupRegistered(v1::GroupRegistered {
                group: slug.to_owned(),
                kind: v1::GroupKind::Organisation.into(),
                names,
                external_ids,
            }),
        )
    };
    let reversed = v1::Name {
        from: "2020".to_owned(),
        until: "2010".to_owned(),
        script: "Latin".to_owned(),
        ..name(v1::NameKind::Alias)
    };
    let lineage = |number, kind: v1::LineageKind, other: &str, until: &str| {
        stated(
            number,
            Statement::LineageRecorded(v1::LineageRecorded {
                group: "hts".to_owned(),
                kind: kind.into(),
                other: other.to_owned(),
                until: until.to_owned(),
            }),
        )
    };
    let decision = |number, slug: &str, subjects: &[&str]| {
        stated(
            number,
            Statement::DecisionRecorded(v1::DecisionRecorded {
                decision: slug.to_owned(),
                subjects: subjects.iter().map(|it| (*it).to_owned()).collect(),
                basis: Some(v1::DecisionBasis {
                    valid_at: "2020-05-01".to_owned(),
                    known_at: 6,
                    ..v1::DecisionBasis::default()
                }),
                digest: vec![7; 32].into(),
                ..v1::DecisionRecorded::default()
            }),
        )
    };
    vec![
        act(100, Act::Listed, |it| it.expires_on = "2010".to_owned()),
        act(101, Act::Suspended, |it| it.expires_on = "2010-01-01".to_owned()),
        act(102, Act::ExemptionGranted, |it| it.expires_on = "2010".to_owned()),
        act(103, Act::Amended, |it| it.expires_on = "2021".to_owned()),
        act(104, Act::ListedAsAlias, |it| it.scope = None),
        act(105, Act::ListedAsAlias, |it| it.scope = Some(scope("hts"))),
        act(106, Act::MergedIntoListing, |it| it.scope = Some(scope("hts"))),
        act(107, Act::Maintained, |it| it.reason = "x".repeat(2_000)),
        engagement(110, Kind::CeasefireInForce, |it| it.ceasefire = ceasefire(&["us"], "2010-01-01")),
        engagement(111, Kind::CeasefireDeclared, |it| it.ceasefire = ceasefire(&["isil"], "")),
        engagement(112, Kind::CeasefireDeclared, |it| it.ceasefire = ceasefire(&[], "")),
        engagement(113, Kind::CeasefireInForce, |_| {}),
        engagement(114, Kind::AgreementSigned, |_| {}),
        engagement(115, Kind::MissionOpened, |_| {}),
        engagement(116, Kind::MissionOpened, |it| {
            it.representation =
                Some(v1::Representation { direction: v1::Direction::OfActor.into(), level: 0 });
        }),
        engagement(117, Kind::Meeting, |it| it.participants.clear()),
        engagement(118, Kind::Meeting, |it| it.participants.truncate(1)),
        engagement(119, Kind::Meeting, |it| it.participants = vec![it.participants[1].clone(); 300]),
        engagement(120, Kind::Meeting, |it| it.participants[0].level = v1::Level::Leader.into()),
        registered(130, "nameless", Vec::new(), Vec::new()),
        registered(
            131,
            "no-primary",
            vec![reversed; 150],
            vec![
                v1::ExternalId {
                    scheme: v1::ExternalIdScheme::Wikidata.into(),
                    from: "2020".to_owned(),
                    until: "2010".to_owned(),
                    ..v1::ExternalId::default()
                };
                60
            ],
        ),
        stated(
            132,
            Statement::ActorRegistered(v1::ActorRegistered {
                actor: "no".to_owned(),
                kind: v1::ActorKind::State.into(),
                name: String::new(),
                memberships: vec![
                    v1::Membership {
                        of: "us".to_owned(),
                        from: "2020".to_owned(),
                        until: "2010".to_owned(),
                    };
                    120
                ],
            }),
        ),
        stated(
            133,
            Statement::RegimeRegistered(v1::RegimeRegistered {
                regime: "us-long".to_owned(),
                authority: "us".to_owned(),
                legal_effects: vec![v1::LegalEffect::AssetFreeze.into(); 40],
                review_interval_months: u32::MAX,
                ..v1::RegimeRegistered::default()
            }),
        ),
        events::act(134, "2020-05-01", "pkk", "us-long", Act::Listed),
        lineage(140, v1::LineageKind::SplinteredFrom, "", ""),
        lineage(141, v1::LineageKind::SplinteredFrom, "hts", ""),
        lineage(142, v1::LineageKind::WingOf, "hts", "2010"),
        lineage(143, v1::LineageKind::WingOf, "pkk", "2010"),
        stated(
            150,
            Statement::IdentityMerged(v1::IdentityMerged {
                group: "pkk".to_owned(),
                into: "pkk".to_owned(),
                reason: "x".repeat(2_000),
            }),
        ),
        decision(160, "about-nothing", &[]),
        decision(161, "about-an-actor", &["actor/us", "group/hts", "group/hts"]),
        changed(events::meeting(170, "2020-05-01", "us", "hts"), |fact| fact.sources.clear()),
        changed(events::meeting(171, "2020-05-01", "us", "hts"), |fact| fact.summary = "x\ty\n".repeat(400)),
        v1::Event {
            event_id: events::id(180),
            body: Some(Body::Retraction(v1::Retraction { target: events::id(6), reason: String::new() })),
        },
    ]
}

fn proposed(message: &v1::Event) -> Proposed {
    let read = read_stored(message).unwrap();
    Proposed::new(read.id.unwrap(), read.event, message.encode_to_vec().into(), Salt::new([7; 16]))
}

#[test]
fn what_was_admitted_once_opens_and_shows() {
    let data = tempfile::tempdir().unwrap();
    let all: Vec<v1::Event> = base().into_iter().chain(broken()).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let log = Arc::new(SledLog::open(data.path()).unwrap());
        let (ledger, _) = Ledger::open(log, || Timestamp::UNIX_EPOCH, &mut ()).await.unwrap();
        for message in &all {
            let commit = Commit {
                id: Uuid::from_u128(1),
                principal: Arc::from("test"),
                events: vec![proposed(message)],
                checks: Vec::new(),
            };
            ledger.submit(commit).await.unwrap();
        }
        ledger.close().await.unwrap();
    });
    drop(runtime);
    let server = Server::start(data.path(), &[]);
    let ask = |arguments: &[&str]| {
        let output = chancery().args(["--server", server.url()]).args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments:?}: {text}");
        text
    };
    for message in &all {
        ask(&["event", &message.event_id]);
    }
    // Whatever is asked is answered, on the day itself and after.
    for on in ["2020-05-01", "2020-05-02", "2999-12-31"] {
        for arguments in [
            "group hts",
            "group pkk",
            "group nameless",
            "group no-primary",
            "relationship us hts",
            "groups --all",
            "relationships --all",
            "anomalies --all",
            "matrix regimes",
            "matrix actors",
            "explain group hts designations[us-list]",
            "explain us hts headline",
        ] {
            let arguments: Vec<&str> = arguments.split(' ').chain(["--on", on]).collect();
            ask(&arguments);
        }
    }
    for arguments in [
        "history --all",
        "timeline hts --all",
        "timeline us hts --all",
        "docket --from 2000-01-01 --until 2999-12-31 --all",
        "replay hts",
        "replay us hts",
        "replay us hts --in record",
        "diff --from 0 --on 2020-05-01",
        "search nameless",
        "verify",
    ] {
        ask(&arguments.split(' ').collect::<Vec<_>>());
    }
    let told = ask(&["event", &events::id(100)]);
    assert!(told.contains("LISTED"), "{told}");
    let told = ask(&["group", "hts", "--on", "2020-05-01", "--output", "json"]);
    assert!(told.contains("\"us-list\""), "{told}");
}

#[test]
fn nothing_like_it_is_admitted() {
    for message in broken() {
        let found = read_event(&message, "event");
        // The one event that keeps the rules is there for the regime that does not.
        assert_eq!(found.is_ok(), message.event_id == events::id(134), "{message:?}");
        // As it is stored, it means the same as to one who would admit it.
        if let Ok(read) = found {
            assert_eq!(read_stored(&message), Ok(read));
        }
    }
    // What has no place in the types is damage, stored or not.
    let ill: [fn(&mut v1::Fact); 3] = [
        |fact| fact.effective_on = "2020-13".to_owned(),
        |fact| fact.label = 99,
        |fact| fact.statement = None,
    ];
    for change in ill {
        let message = changed(events::meeting(1, "2020-05-01", "us", "hts"), change);
        assert!(read_event(&message, "event").is_err() && read_stored(&message).is_err(), "{message:?}");
    }
}
