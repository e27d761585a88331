//! Conversions between the API's messages and the domain: what is written reads back, what cannot be read is reported
//! by field and only that, and nothing that arrives can make reading panic.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common {
    pub mod facts;
    pub mod messages;
}

use chancery::wire::{
    VIOLATIONS_MAX,
    event::{read_event, write_event},
    v1,
};
use common::{facts, messages};
use proptest::{collection::vec, option, prelude::*};
use prost::Message as _;

/// The fields of what is wrong with an event, in order.
fn fields(message: &v1::Event, at: &str) -> Vec<String> {
    let violations = read_event(message, at).err().unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

/// Reads whatever it is. An error is of limited size and can be printed; what can be read is what is written.
fn read_anything(message: &v1::Event) {
    match read_event(message, "events[0]") {
        Ok(read) => {
            let written = write_event(read.id, &read.event);
            assert_eq!(read_event(&written, ""), Ok(read));
        }
        Err(violations) => {
            assert!(!violations.is_empty() && violations.len() <= VIOLATIONS_MAX + 1);
            for violation in violations {
                assert!(violation.field.starts_with("events[0]"), "{violation}");
                assert!(violation.message.chars().count() <= 500, "{violation}");
                assert!(!violation.message.chars().any(char::is_control), "{violation:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(id in option::of(facts::event_id()), event in facts::event()) {
        let message = write_event(id, &event);
        let decoded = v1::Event::decode(message.encode_to_vec().as_slice()).unwrap();
        let read = read_event(&decoded, "").unwrap();
        prop_assert_eq!((read.id, read.event), (id, event));
    }

    #[test]
    fn what_cannot_be_read_is_reported_and_nothing_else(
        event in facts::event(),
        bits in vec(any::<bool>(), 1..40),
    ) {
        let descriptor = messages::event_descriptor();
        let mut message = messages::reflect(&write_event(None, &event), &descriptor);
        let (mut chosen, mut bits) = (Vec::new(), bits.iter().cycle());
        messages::spoil(&mut message, "", &mut |path| {
            let choose = *bits.next().unwrap();
            if choose {
                chosen.push(path.to_owned());
            }
            choose
        });
        let mut found = fields(&message.transcode_to().unwrap(), "");
        if chosen.len() <= VIOLATIONS_MAX {
            found.sort();
            chosen.sort();
            prop_assert_eq!(found, chosen);
        } else {
            prop_assert_eq!(found.len(), VIOLATIONS_MAX + 1);
        }
    }

    #[test]
    fn one_field_that_cannot_be_read_is_one_violation(event in facts::event()) {
        let descriptor = messages::event_descriptor();
        let whole = messages::reflect(&write_event(None, &event), &descriptor);
        let mut paths = Vec::new();
        messages::spoil(&mut whole.clone(), "", &mut |path| {
            paths.push(path.to_owned());
            false
        });
        prop_assert!(!paths.is_empty());
        for path in paths {
            let mut message = whole.clone();
            messages::spoil(&mut message, "", &mut |other| other == path);
            prop_assert_eq!(fields(&message.transcode_to().unwrap(), ""), [path]);
        }
    }

    #[test]
    fn messages_of_any_shape_are_read_without_panic(choices in vec(any::<u8>(), 0..600)) {
        let descriptor = messages::event_descriptor();
        let message = messages::make_up(&descriptor, &mut choices.into_iter());
        read_anything(&message.transcode_to().unwrap());
    }

    #[test]
    fn bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(message) = v1::Event::decode(bytes.as_slice()) {
            read_anything(&message);
        }
    }

    #[test]
    fn damaged_events_are_read_without_panic(
        event in facts::event(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = write_event(None, &event).encode_to_vec();
        for (index, byte) in damage {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        for bytes in [bytes.as_slice(), &bytes[..length.index(bytes.len())]] {
            if let Ok(message) = v1::Event::decode(bytes) {
                read_anything(&message);
            }
        }
    }
}

const ID: &str = "0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11";

/// A fact with everything that every fact needs.
fn fact(statement: v1::fact::Statement) -> v1::Fact {
    v1::Fact {
        effective_on: "2017-03".to_owned(),
        sources: vec![v1::Source {
            publisher: "The Register".to_owned(),
            title: "Notice".to_owned(),
            kind: v1::SourceKind::LegalAct.into(),
            ..v1::Source::default()
        }],
        statement: Some(statement),
        ..v1::Fact::default()
    }
}

fn check(body: v1::event::Body, expected: &[&str]) {
    let message = v1::Event { event_id: String::new(), body: Some(body) };
    assert_eq!(fields(&message, "events[3]"), expected, "{message:?}");
}

fn check_statement(statement: v1::fact::Statement, expected: &[&str]) {
    let within = |prefix: &str| expected.iter().map(|field| format!("{prefix}.{field}")).collect::<Vec<_>>();
    let event = |body| v1::Event { event_id: ID.to_owned(), body: Some(body) };
    let own = event(v1::event::Body::Fact(fact(statement.clone())));
    assert_eq!(fields(&own, "events[3]"), within("events[3].fact"), "{statement:?}");
    let correction = event(v1::event::Body::Correction(v1::Correction {
        target: ID.to_owned(),
        reason: "A slip".to_owned(),
        replacement: Some(fact(statement.clone())),
    }));
    assert_eq!(fields(&correction, ""), within("correction.replacement"), "{statement:?}");
}

fn participant(party: &str) -> v1::Participant {
    let party = match party.split_once(':') {
        Some(("actor", actor)) => Some(v1::participant::Party::Actor(actor.to_owned())),
        Some((_, group)) => Some(v1::participant::Party::Group(group.to_owned())),
        None => None,
    };
    v1::Participant { party, ..v1::Participant::default() }
}

fn engagement(kind: v1::EngagementKind, parties: &[&str]) -> v1::Engagement {
    v1::Engagement {
        kind: kind.into(),
        participants: parties.iter().map(|party| participant(party)).collect(),
        ..v1::Engagement::default()
    }
}

#[test]
fn record_events() {
    use v1::event::Body;
    let target = || ID.to_owned();
    let reason = || "A slip".to_owned();
    check(Body::Retraction(v1::Retraction { target: target(), reason: reason() }), &[]);
    check(
        Body::Retraction(v1::Retraction::default()),
        &["events[3].retraction.target", "events[3].retraction.reason"],
    );
    check(
        Body::Reinstatement(v1::Reinstatement { target: ID.to_uppercase(), reason: "x".repeat(1_001) }),
        &["events[3].reinstatement.target", "events[3].reinstatement.reason"],
    );
    check(
        Body::Correction(v1::Correction { target: target(), reason: "a\nb".to_owned(), replacement: None }),
        &["events[3].correction.reason", "events[3].correction.replacement"],
    );
    assert_eq!(fields(&v1::Event::default(), "events[3]"), ["events[3].body"]);
    assert_eq!(fields(&v1::Event { event_id: "1".to_owned(), body: None }, ""), ["event_id", "body"]);
}

#[test]
fn facts_without_anything() {
    use v1::fact::Statement;
    check(
        v1::event::Body::Fact(v1::Fact::default()),
        &["events[3].fact.effective_on", "events[3].fact.sources", "events[3].fact.statement"],
    );
    let cases: [(Statement, &[&str]); 9] = [
        (Statement::ActorRegistered(Default::default()), &["actor", "kind", "name"]),
        (Statement::GroupRegistered(Default::default()), &["group", "kind", "names"]),
        (Statement::GroupNamed(Default::default()), &["group", "name"]),
        (Statement::LineageRecorded(Default::default()), &["group", "kind"]),
        (Statement::LifecycleChanged(Default::default()), &["group", "state"]),
        (Statement::RegimeRegistered(Default::default()), &["regime", "authority", "title"]),
        (Statement::RegimeTerminated(Default::default()), &["regime"]),
        (Statement::DesignationAct(Default::default()), &["group", "regime", "act"]),
        (Statement::Engagement(Default::default()), &["kind", "participants", "participants"]),
    ];
    for (statement, missing) in cases {
        let read = chancery::wire::event::KINDS;
        let message =
            v1::Event { event_id: String::new(), body: Some(v1::event::Body::Fact(fact(statement.clone()))) };
        let found = fields(&message, "");
        let kind = read.iter().find(|kind| found[0].starts_with(&format!("fact.{kind}."))).unwrap();
        let expected: Vec<String> = missing.iter().map(|field| format!("fact.{kind}.{field}")).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn rules_about_fields_that_can_be_read_are_applied_all_the_same() {
    use v1::{EngagementKind as Kind, fact::Statement};
    let both = ["actor:us", "group:hts"];
    let check_engagement = |it: v1::Engagement, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|field| format!("engagement.{field}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check_statement(Statement::Engagement(it), &expected);
    };
    check_engagement(engagement(Kind::Meeting, &both), &[]);
    check_engagement(engagement(Kind::Meeting, &both[..1]), &["participants", "participants"]);
    check_engagement(engagement(Kind::Meeting, &["actor:us", "group:HTS"]), &["participants[1].group"]);
    check_engagement(
        engagement(Kind::Meeting, &["actor:us", "actor:US"]),
        &["participants[1].actor", "participants"],
    );
    check_engagement(engagement(Kind::Meeting, &["actor:us", ""]), &["participants[1].party"]);
    check_engagement(
        engagement(Kind::Meeting, &["actor:US"]),
        &["participants", "participants[0].actor", "participants"],
    );
    check_engagement(engagement(Kind::Meeting, &["actor:us"; 201]), &["participants"]);
    check_engagement(engagement(Kind::AgreementSigned, &both), &["agreement"]);
    check_engagement(engagement(Kind::Unspecified, &both), &["kind"]);
    let agreement = Some(v1::Agreement { title: "x".repeat(501), stage: 0 });
    check_engagement(
        v1::Engagement { agreement, ..engagement(Kind::Unspecified, &both) },
        &["kind", "agreement.stage", "agreement.title"],
    );
    let ceasefire = |sides: &[&str]| {
        let sides = sides.iter().map(|side| (*side).to_owned()).collect();
        Some(v1::Ceasefire { sides, ..v1::Ceasefire::default() })
    };
    let declared = |parties: &[&str], sides: &[&str]| v1::Engagement {
        ceasefire: ceasefire(sides),
        ..engagement(Kind::CeasefireDeclared, parties)
    };
    check_engagement(declared(&both, &["hts"]), &[]);
    check_engagement(declared(&both, &["isil"]), &["ceasefire.sides"]);
    check_engagement(declared(&both, &[]), &["ceasefire.sides"]);
    check_engagement(declared(&both, &["hts"; 21]), &["ceasefire.sides"]);
    check_engagement(declared(&["actor:us", "group:HTS"], &["HTS"]), &["participants[1].group"]);
    let mission = |kind, level: v1::RepresentationLevel| v1::Engagement {
        representation: Some(v1::Representation {
            direction: v1::Direction::OfActor.into(),
            level: level.into(),
        }),
        ..engagement(kind, &both)
    };
    use v1::RepresentationLevel as Mission;
    check_engagement(mission(Kind::MissionOpened, Mission::LiaisonOffice), &[]);
    check_engagement(mission(Kind::MissionOpened, Mission::Unspecified), &["representation.level"]);
    check_engagement(mission(Kind::MissionClosed, Mission::Unspecified), &[]);
    check_engagement(mission(Kind::Meeting, Mission::Unspecified), &["representation"]);
}

#[test]
fn limits() {
    use v1::fact::Statement;
    let regime = |months, effects: &[i32]| {
        Statement::RegimeRegistered(v1::RegimeRegistered {
            regime: "us-fto219".to_owned(),
            authority: "us".to_owned(),
            title: "FTO".to_owned(),
            legal_effects: effects.to_vec(),
            review_interval_months: months,
            inheritance: 0,
        })
    };
    check_statement(regime(240, &[1, 2]), &[]);
    for months in [241, 65_536 + 12, u32::MAX] {
        check_statement(regime(months, &[]), &["regime_registered.review_interval_months"]);
    }
    check_statement(
        regime(0, &[1, 0, 99, 1]),
        &[
            "regime_registered.legal_effects[1]",
            "regime_registered.legal_effects[2]",
            "regime_registered.legal_effects",
        ],
    );
    check_statement(regime(0, &[0; 13]), &["regime_registered.legal_effects"]);
    let group = |names, external_ids| {
        Statement::GroupRegistered(v1::GroupRegistered {
            group: "hts".to_owned(),
            kind: 1,
            names: vec![v1::Name { text: "HTS".to_owned(), kind: 1, ..v1::Name::default() }; names],
            external_ids: vec![v1::ExternalId::default(); external_ids],
        })
    };
    check_statement(group(100, 0), &[]);
    check_statement(group(0, 0), &["group_registered.names"]);
    check_statement(group(101, 51), &["group_registered.names", "group_registered.external_ids"]);
    let actor = v1::ActorRegistered {
        actor: "us".to_owned(),
        kind: 1,
        name: "United States".to_owned(),
        memberships: vec![v1::Membership::default(); 101],
    };
    check_statement(Statement::ActorRegistered(actor), &["actor_registered.memberships"]);
    let many = v1::Fact { sources: vec![v1::Source::default(); 21], ..fact(regime(0, &[])) };
    check(v1::event::Body::Fact(many), &["events[3].fact.sources"]);
    // Every source lacks a kind, a publisher and something to find it by; the names lack text and kind.
    let names = Statement::GroupRegistered(v1::GroupRegistered {
        names: vec![v1::Name::default(); 100],
        ..v1::GroupRegistered::default()
    });
    let body = v1::event::Body::Fact(fact(names));
    let message = v1::Event { event_id: String::new(), body: Some(body) };
    let violations = read_event(&message, "events[3]").unwrap_err();
    assert_eq!(violations.len(), VIOLATIONS_MAX + 1);
    let last = violations.last().unwrap();
    assert_eq!((last.field.as_str(), last.message.as_str()), ("events[3]", "and 102 more violations"));
}

#[test]
fn what_is_left_out_has_the_default_of_the_api() {
    use v1::fact::Statement;
    let written = |statement| {
        let body = Some(v1::event::Body::Fact(fact(statement)));
        let read = read_event(&v1::Event { event_id: String::new(), body }, "").unwrap();
        match write_event(read.id, &read.event).body {
            Some(v1::event::Body::Fact(fact)) => fact,
            other => panic!("{other:?}"),
        }
    };
    let mut meeting = engagement(v1::EngagementKind::MissionClosed, &["actor:us", "group:hts"]);
    meeting.representation = Some(v1::Representation { direction: 1, level: 0 });
    let fact = written(Statement::Engagement(meeting));
    assert_eq!(fact.assertion(), v1::Assertion::Confirmed);
    assert_eq!(fact.label(), v1::Label::Public);
    assert_eq!(fact.credibility, "F6");
    let Some(Statement::Engagement(meeting)) = fact.statement else { panic!("{fact:?}") };
    assert_eq!(meeting.channel(), v1::Channel::Unknown);
    assert_eq!(meeting.track(), v1::Track::Unspecified);
    assert_eq!(meeting.disclosure(), v1::Disclosure::Public);
    assert_eq!(meeting.participants[0].role(), v1::Role::Principal);
    assert_eq!(meeting.participants[0].level(), v1::Level::Unknown);
    assert_eq!(meeting.representation.unwrap().level(), v1::RepresentationLevel::Withdrawn);
    let mut ceasefire = engagement(v1::EngagementKind::CeasefireInForce, &["actor:us", "group:hts"]);
    ceasefire.ceasefire = Some(v1::Ceasefire { sides: vec!["us".to_owned()], ..v1::Ceasefire::default() });
    let fact = written(Statement::Engagement(ceasefire));
    let Some(Statement::Engagement(ceasefire)) = fact.statement else { panic!("{fact:?}") };
    assert_eq!(ceasefire.ceasefire.unwrap().class(), v1::CeasefireClass::Cessation);
    let fact = written(Statement::RegimeRegistered(v1::RegimeRegistered {
        regime: "r".to_owned(),
        authority: "us".to_owned(),
        title: "R".to_owned(),
        ..v1::RegimeRegistered::default()
    }));
    let Some(Statement::RegimeRegistered(regime)) = fact.statement else { panic!("{fact:?}") };
    assert_eq!(regime.inheritance(), v1::Inheritance::None);
    let fact = written(Statement::DesignationAct(v1::DesignationAct {
        group: "hts".to_owned(),
        regime: "r".to_owned(),
        act: v1::Act::Listed.into(),
        scope: Some(v1::Scope { coverage: None }),
        ..v1::DesignationAct::default()
    }));
    let Some(Statement::DesignationAct(act)) = fact.statement else { panic!("{fact:?}") };
    assert_eq!(act.scope, None);
}
