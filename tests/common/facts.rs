//! Random facts and events that keep every rule of form: all kinds of statements, all fields.

// Not every test that shares the file uses all of it.
#![allow(dead_code)]

use chancery::domain::{
    date::{DateSpan, PartialDate},
    event::Event,
    fact::{Fact, FactParts},
    id::{ActorId, EventId, GroupId, RegimeId},
    source::{Credibility, Source},
    statement::{
        ActorRegistered, Agreement, Ceasefire, DesignationAct, Engagement, ExternalId, GroupNamed,
        GroupRegistered, IdentityMerged, IdentityUnmerged, LifecycleChanged, LineageRecorded, Membership,
        Name, Participant, Party, RegimeRegistered, RegimeTerminated, Representation, Scope, Statement,
    },
    vocabulary::{
        Act, EngagementKind, LegalEffect, Level, LineageKind, NameKind, Pillar, RepresentationLevel, Role,
        Vocabulary,
    },
};
use proptest::{
    collection::vec,
    option::of,
    prelude::*,
    sample::{select, subsequence},
};

/// Any value of a vocabulary.
pub fn value<V: Vocabulary + std::fmt::Debug>() -> impl Strategy<Value = V> {
    select(V::ALL)
}

/// An event id.
pub fn event_id() -> impl Strategy<Value = EventId> {
    (1..u128::MAX).prop_map(|number| EventId::new(uuid::Uuid::from_u128(number)).unwrap())
}

/// An actor; few of them, so that events share subjects.
pub fn actor() -> impl Strategy<Value = ActorId> {
    select(vec!["us", "un", "eu", "tr", "a-very-long-name-of-an-actor-0"]).prop_map(|it| it.parse().unwrap())
}

/// A group.
pub fn group() -> impl Strategy<Value = GroupId> {
    "[a-e]|group-[0-9]".prop_map(|it| it.parse().unwrap())
}

/// A regime.
pub fn regime() -> impl Strategy<Value = RegimeId> {
    select(vec!["us-fto219", "un-1267", "uk-t2000"]).prop_map(|it| it.parse().unwrap())
}

/// A date of any precision.
pub fn date() -> impl Strategy<Value = PartialDate> {
    (1000..3000i32, 1..13, 1..29, 0..3).prop_map(|(year, month, day, precision)| {
        let text = match precision {
            0 => format!("{year}"),
            1 => format!("{year}-{month:02}"),
            _ => format!("{year}-{month:02}-{day:02}"),
        };
        text.parse().unwrap()
    })
}

/// A date or an interval.
pub fn span() -> impl Strategy<Value = DateSpan> {
    (date(), of(date())).prop_map(|(one, other)| match other {
        Some(other) => format!("{}/{}", one.min(other), one.max(other)).parse().unwrap_or(one.into()),
        None => one.into(),
    })
}

/// A time in two dates that may be left out.
fn period() -> impl Strategy<Value = (Option<PartialDate>, Option<PartialDate>)> {
    (of(date()), of(date())).prop_map(|(one, other)| match (one, other) {
        (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
        either => either,
    })
}

/// A text that may be empty, of at most 20 characters from several scripts.
pub fn text() -> impl Strategy<Value = String> {
    "[ a-zA-Zäß«»’\u{202e}ء-ي中-丰😀-😅]{0,20}"
}

/// A text that is not blank.
pub fn required_text() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("A {text}"))
}

fn language() -> impl Strategy<Value = String> {
    select(vec!["", "en", "ar", "zh-Hant"]).prop_map(str::to_owned)
}

fn source() -> impl Strategy<Value = Source> {
    (
        required_text(),
        required_text(),
        text(),
        value(),
        (of(date()), of(date())),
        "([0-9a-f]{64})?",
        language(),
        text(),
    )
        .prop_map(
            |(publisher, title, locator, kind, (published_on, retrieved_on), sha256, language, quote)| {
                Source {
                    publisher,
                    title,
                    locator,
                    kind,
                    published_on,
                    retrieved_on,
                    sha256,
                    language,
                    quote,
                }
            },
        )
}

fn name() -> impl Strategy<Value = Name> {
    (required_text(), value(), language(), select(vec!["", "Latn", "Arab"]), period()).prop_map(
        |(text, kind, language, script, (from, until))| Name {
            text,
            kind,
            language,
            script: script.to_owned(),
            from,
            until,
        },
    )
}

fn actor_registered() -> impl Strategy<Value = Statement> {
    let membership = (actor(), period()).prop_map(|(of, (from, until))| Membership { of, from, until });
    (actor(), value(), required_text(), vec(membership, 0..4)).prop_map(|(actor, kind, name, memberships)| {
        Statement::ActorRegistered(ActorRegistered { actor, kind, name, memberships })
    })
}

fn group_registered() -> impl Strategy<Value = Statement> {
    let external_id = (value(), required_text(), period())
        .prop_map(|(scheme, value, (from, until))| ExternalId { scheme, value, from, until });
    let primary = name().prop_map(|name| Name { kind: NameKind::Primary, ..name });
    (group(), value(), primary, vec(name(), 0..4), vec(external_id, 0..4)).prop_map(
        |(group, kind, primary, mut names, external_ids)| {
            names.push(primary);
            Statement::GroupRegistered(GroupRegistered { group, kind, names, external_ids })
        },
    )
}

fn lineage_recorded() -> impl Strategy<Value = Statement> {
    (group(), value(), group(), of(date()), any::<bool>()).prop_map(|(group, kind, other, until, alone)| {
        let may_be_alone = matches!(kind, LineageKind::BecameParty | LineageKind::BecameGovernment);
        let other = Some(other).filter(|other| !(may_be_alone && (alone || *other == group)));
        let kind = if other.as_ref() == Some(&group) { LineageKind::Renamed } else { kind };
        Statement::LineageRecorded(LineageRecorded { group, kind, other, until })
    })
}

fn regime_registered() -> impl Strategy<Value = Statement> {
    let effects = subsequence(LegalEffect::ALL.to_vec(), 0..=LegalEffect::ALL.len());
    (regime(), actor(), required_text(), effects.prop_shuffle(), 0..=240u16, value()).prop_map(
        |(regime, authority, title, legal_effects, review_interval_months, inheritance)| {
            Statement::RegimeRegistered(RegimeRegistered {
                regime,
                authority,
                title,
                legal_effects,
                review_interval_months,
                inheritance,
            })
        },
    )
}

fn designation_act() -> impl Strategy<Value = Statement> {
    let scope = prop_oneof![
        Just(Scope::Whole),
        required_text().prop_map(Scope::Component),
        group().prop_map(Scope::AliasOf),
    ];
    (group(), regime(), value(), scope, text(), text(), of(date())).prop_map(
        |(group, regime, act, scope, reference, reason, expires_on)| {
            let other = || if group.as_str() == "a" { "b" } else { "a" }.parse().unwrap();
            let alias = matches!(act, Act::ListedAsAlias | Act::MergedIntoListing);
            let scope = match scope {
                Scope::AliasOf(listing) if listing != group => Scope::AliasOf(listing),
                Scope::AliasOf(_) => Scope::AliasOf(other()),
                _ if alias => Scope::AliasOf(other()),
                scope => scope,
            };
            let expires =
                matches!(act, Act::Listed | Act::Maintained | Act::Suspended | Act::ExemptionGranted);
            let expires_on = expires_on.filter(|_| expires);
            Statement::DesignationAct(DesignationAct {
                group,
                regime,
                act,
                scope,
                reference,
                reason,
                expires_on,
            })
        },
    )
}

fn participants() -> impl Strategy<Value = Vec<Participant>> {
    let party = prop_oneof![actor().prop_map(Party::Actor), group().prop_map(Party::Group)];
    let others = vec((party, value(), value(), text(), text()), 0..6);
    (actor(), group(), others).prop_map(|(actor, group, mut others)| {
        let principal = |party| (party, Role::Principal, Level::Unknown, String::new(), "Envoy".to_owned());
        others.insert(0, principal(Party::Actor(actor)));
        others.push(principal(Party::Group(group)));
        let mut seen = std::collections::HashSet::new();
        others.retain(|(party, role, ..)| seen.insert((party.clone(), *role)));
        others
            .into_iter()
            .map(|(party, role, level, person, office)| {
                let fits = match party {
                    Party::Actor(_) => level <= Level::Unknown,
                    Party::Group(_) => Level::Unknown <= level,
                };
                let level = if fits { level } else { Level::Unknown };
                Participant { party, role, level, person, office }
            })
            .collect()
    })
}

fn engagement() -> impl Strategy<Value = Statement> {
    let agreement = (text(), value()).prop_map(|(title, stage)| Agreement { title, stage });
    let ceasefire = (value(), text(), of(date())).prop_map(|(class, coverage, ends_on)| Ceasefire {
        sides: Vec::new(),
        class,
        coverage,
        ends_on,
    });
    let representation = (value(), select(RepresentationLevel::ALL))
        .prop_map(|(direction, level)| Representation { direction, level });
    let pillars = subsequence(Pillar::ALL.to_vec(), 0..=Pillar::ALL.len()).prop_shuffle();
    (
        (value(), participants(), value(), of(value()), value()),
        (text(), pillars, text()),
        (agreement, ceasefire, representation, any::<bool>()),
    )
        .prop_map(
            |((kind, participants, channel, track, disclosure), (venue, pillars, process), details)| {
                use EngagementKind as Kind;
                let (agreement, mut ceasefire, representation, detailed) = details;
                let missions = matches!(
                    kind,
                    Kind::MissionOpened
                        | Kind::MissionLevelChanged
                        | Kind::MissionClosed
                        | Kind::EnvoyAccredited
                        | Kind::EnvoyExpelled
                );
                let ceasefires = match kind {
                    Kind::CeasefireDeclared | Kind::CeasefireInForce => true,
                    Kind::CeasefireViolated | Kind::CeasefireEnded => detailed,
                    _ => false,
                };
                let mut seen = std::collections::HashSet::new();
                let parties = participants.iter().map(|it| it.party.as_str().to_owned());
                ceasefire.sides = parties.filter(|side| seen.insert(side.clone())).collect();
                Statement::Engagement(Engagement {
                    kind,
                    participants,
                    channel,
                    track,
                    disclosure,
                    venue,
                    pillars,
                    process,
                    agreement: Some(agreement).filter(|_| kind == Kind::AgreementSigned),
                    ceasefire: Some(ceasefire).filter(|_| ceasefires),
                    representation: Some(representation).filter(|_| missions),
                })
            },
        )
}

/// A statement of any kind.
pub fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        actor_registered(),
        group_registered(),
        (group(), name()).prop_map(|(group, name)| Statement::GroupNamed(GroupNamed { group, name })),
        lineage_recorded(),
        (group(), value())
            .prop_map(|(group, state)| Statement::LifecycleChanged(LifecycleChanged { group, state })),
        regime_registered(),
        (regime(), text())
            .prop_map(|(regime, reason)| Statement::RegimeTerminated(RegimeTerminated { regime, reason })),
        designation_act(),
        (group(), group(), text()).prop_filter_map(
            "a group is not merged into itself",
            |(group, into, reason)| {
                (group != into).then_some(Statement::IdentityMerged(IdentityMerged { group, into, reason }))
            }
        ),
        (group(), text())
            .prop_map(|(group, reason)| Statement::IdentityUnmerged(IdentityUnmerged { group, reason })),
        engagement(),
        engagement(),
    ]
}

/// The statement without an end that would come before its beginning.
fn ending_after(mut statement: Statement, effective_on: DateSpan) -> Statement {
    let drop_early = |end: &mut Option<PartialDate>| {
        *end = end.filter(|end| effective_on.lower() <= end.upper());
    };
    match &mut statement {
        Statement::DesignationAct(act) => drop_early(&mut act.expires_on),
        Statement::LineageRecorded(lineage) => drop_early(&mut lineage.until),
        Statement::Engagement(Engagement { ceasefire: Some(ceasefire), .. }) => {
            drop_early(&mut ceasefire.ends_on)
        }
        _ => {}
    }
    statement
}

/// A fact that says this.
pub fn fact_of(statement: impl Strategy<Value = Statement>) -> impl Strategy<Value = Fact> {
    let credibility = "[A-F][1-6]".prop_map(|code| code.parse::<Credibility>().unwrap());
    (
        (span(), of(date()), of(date()), of(date()), text()),
        (vec(source(), 1..4), value(), credibility, value(), of(event_id())),
        statement,
    )
        .prop_map(|(dates, says, statement)| {
            let (effective_on, decided_on, announced_on, disclosed_on, summary) = dates;
            let statement = ending_after(statement, effective_on);
            let (sources, assertion, credibility, label, claim_of) = says;
            Fact::new(FactParts {
                effective_on,
                decided_on,
                announced_on,
                disclosed_on,
                summary,
                sources,
                assertion,
                credibility,
                label,
                claim_of,
                statement,
            })
            .expect("the generator keeps the rules")
        })
}

/// A fact of any kind.
pub fn fact() -> impl Strategy<Value = Fact> {
    fact_of(statement())
}

/// An event of any kind, facts most often.
pub fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => fact().prop_map(|fact| Event::Fact(fact.into())),
        1 => (event_id(), required_text(), fact())
            .prop_map(|(target, reason, replacement)| Event::Correction { target, reason, replacement: replacement.into() }),
        1 => (event_id(), required_text()).prop_map(|(target, reason)| Event::Retraction { target, reason }),
        1 => (event_id(), required_text())
            .prop_map(|(target, reason)| Event::Reinstatement { target, reason }),
    ]
}
