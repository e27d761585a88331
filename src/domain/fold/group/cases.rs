//! Cases of the status of a group, on one small world: three regimes, an organisation and its wing.

use std::{collections::BTreeMap, sync::Arc};

use super::{Bearing, GroupFact, GroupQuestion, binding_on, group_status};
use crate::{
    domain::{
        as_of::AsOf,
        date::{PartialDate, parse_day},
        fact::{Fact, FactParts},
        fold::{
            Family, History, Member, Telling,
            designation::notation::{fact, read},
            registry::{ActorFact, ActorStatus, RegimeFact, RegimeStatus, Regimes},
        },
        id::{GroupId, RegimeId},
        source::Source,
        statement::{
            ActorRegistered, ExternalId, GroupNamed, GroupRegistered, LifecycleChanged, LineageRecorded,
            Membership, Name, RegimeRegistered, RegimeTerminated, Statement,
        },
        status::group::{EngagementCounts, GroupStatus},
        vocabulary::{
            ActorKind, Assertion, ExternalIdScheme, GroupKind, Inheritance, LegalEffect, LifecycleState,
            LineageKind, NameKind, SourceKind, Vocabulary,
        },
    },
    position::Position,
};

/// What is on record, each fact at the position it was recorded.
#[derive(Default)]
struct World {
    facts: Vec<Arc<Fact>>,
}

impl World {
    fn with(mut self, parts: FactParts) -> World {
        self.facts.push(Arc::new(Fact::new(parts).unwrap()));
        self
    }

    /// Acts on the group `g`, in the notation of the machine's cases.
    fn acts(self, record: &str) -> World {
        record.split(';').fold(self, |world, text| world.with(read(text).0))
    }

    fn numbered(&self) -> impl Iterator<Item = (Position, &Arc<Fact>)> {
        (1..).map(Position::new).zip(&self.facts)
    }

    fn groups(&self) -> BTreeMap<GroupId, History<GroupFact>> {
        let mut groups: BTreeMap<GroupId, History<GroupFact>> = BTreeMap::new();
        for slug in ["g", "parent", "grandparent"] {
            let group: GroupId = slug.parse().unwrap();
            for (position, fact) in self.numbered() {
                if let Some(content) = GroupFact::about(&group, fact) {
                    let history = groups.entry(group.clone()).or_default();
                    history.add(Telling::new(position, fact, content));
                }
            }
        }
        groups
    }

    fn regimes(&self, as_of: AsOf) -> Regimes {
        let mut histories: BTreeMap<RegimeId, History<RegimeFact>> = BTreeMap::new();
        for (position, fact) in self.numbered() {
            let regime = match &fact.statement {
                Statement::RegimeRegistered(it) => it.regime.clone(),
                Statement::RegimeTerminated(it) => it.regime.clone(),
                _ => continue,
            };
            let content = RegimeFact::about(&regime, fact).unwrap();
            histories.entry(regime).or_default().add(Telling::new(position, fact, content));
        }
        let folded = histories.values().filter_map(|history| RegimeStatus::fold(history, as_of));
        folded.map(|regime| (regime.regime.clone(), regime)).collect()
    }

    fn status(&self, group: &str, asked: &[&str], valid_at: &str) -> Option<GroupStatus> {
        let as_of = at(valid_at);
        group_status(&GroupQuestion {
            group: &group.parse().unwrap(),
            groups: &self.groups(),
            regimes: &self.regimes(as_of),
            asked: &asked.iter().map(|slug| slug.parse().unwrap()).collect::<Vec<_>>(),
            engagements: EngagementCounts { engagements: 3, dyads: 5, actors: 2 },
            as_of,
        })
    }
}

fn at(day: &str) -> AsOf {
    AsOf::at(parse_day(day).unwrap())
}

fn date(text: &str) -> Option<PartialDate> {
    (!text.is_empty()).then(|| text.parse().unwrap())
}

fn name(kind: NameKind, text: &str, from: &str, until: &str) -> Name {
    Name {
        text: text.into(),
        kind,
        language: String::new(),
        script: String::new(),
        from: date(from),
        until: date(until),
    }
}

fn group(slug: &str, effective: &str, names: Vec<Name>) -> FactParts {
    let id = |value: &str, from, until| ExternalId {
        scheme: ExternalIdScheme::UnReference,
        value: value.into(),
        from: date(from),
        until: date(until),
    };
    let external_ids = vec![id("QDe.1", "", "2010"), id("QDe.2", "2011", "")];
    let kind = GroupKind::Organisation;
    let group = slug.parse().unwrap();
    fact(effective, Statement::GroupRegistered(GroupRegistered { group, kind, names, external_ids }))
}

fn plain(slug: &str) -> FactParts {
    group(slug, "1990", vec![name(NameKind::Primary, slug, "", "")])
}

fn named(effective: &str, name: Name) -> FactParts {
    fact(effective, Statement::GroupNamed(GroupNamed { group: "g".parse().unwrap(), name }))
}

fn wing(slug: &str, effective: &str, parent: &str, until: &str) -> FactParts {
    let (group, other) = (slug.parse().unwrap(), parent.parse().ok());
    let kind = LineageKind::WingOf;
    let until = date(until);
    fact(effective, Statement::LineageRecorded(LineageRecorded { group, kind, other, until }))
}

fn life(effective: &str, state: LifecycleState) -> FactParts {
    let group = "g".parse().unwrap();
    fact(effective, Statement::LifecycleChanged(LifecycleChanged { group, state }))
}

fn regime(
    slug: &str,
    authority: &str,
    effective: &str,
    legal_effects: Vec<LegalEffect>,
    inheritance: Inheritance,
) -> FactParts {
    let statement = Statement::RegimeRegistered(RegimeRegistered {
        regime: slug.parse().unwrap(),
        authority: authority.parse().unwrap(),
        title: format!("Regime {slug} of {effective}"),
        legal_effects,
        review_interval_months: 0,
        inheritance,
    });
    fact(effective, statement)
}

fn world() -> World {
    use LegalEffect::{AssetFreeze, MaterialSupportCrime, TravelBan};
    World::default()
        .with(regime("fto", "us", "1997", vec![AssetFreeze, MaterialSupportCrime], Inheritance::None))
        .with(regime("sdgt", "us", "2001", vec![AssetFreeze], Inheritance::None))
        .with(regime("scisil", "un", "1999", vec![TravelBan, AssetFreeze], Inheritance::Members))
        .with(regime("later", "us", "2030", vec![AssetFreeze], Inheritance::None))
        .with(plain("g"))
        .with(plain("parent"))
        .with(plain("grandparent"))
}

/// Moves an act from `g` to another group.
fn of(slug: &str, text: &str) -> FactParts {
    let mut parts = read(text).0;
    if let Statement::DesignationAct(act) = &mut parts.statement {
        act.group = slug.parse().unwrap();
    }
    parts
}

fn join<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn names_on_a_date() {
    use NameKind::{Alias, Primary};
    let world = World::default()
        .with(group(
            "g",
            "2012",
            vec![name(Primary, "Nusra", "2012", ""), name(Alias, "Front", "2012", "2015")],
        ))
        .with(named("2016-07-28", name(Primary, "JFS", "", "")))
        .with(named("2017-01-28", name(Primary, "HTS", "2017-01", "2025-01-29")))
        .with(named("2018-01-01", name(Alias, "Tahrir", "", "")))
        .with(FactParts {
            assertion: Assertion::Denied,
            ..named("2017-01-01", name(Primary, "Denied", "", ""))
        });
    let check = |day: &str, expected: &str| {
        let status = world.status("g", &[], day).unwrap();
        let names = status.names.iter().map(|it| format!("{}:{}", it.text, it.kind));
        assert_eq!(format!("{} = {}", status.name, join(names)), expected, "{day}");
    };
    check("2001-01-01", "Nusra = ");
    check("2012-01-01", "Nusra = Nusra:PRIMARY Front:ALIAS");
    check("2016-07-27", "Nusra = Nusra:PRIMARY Front:FORMER");
    check("2016-07-28", "JFS = Nusra:FORMER Front:FORMER JFS:PRIMARY");
    check("2017-01-01", "HTS = Nusra:FORMER Front:FORMER JFS:FORMER HTS:PRIMARY");
    check("2025-01-29", "HTS = Nusra:FORMER Front:FORMER JFS:FORMER HTS:PRIMARY Tahrir:ALIAS");
    check("2025-01-30", "JFS = Nusra:FORMER Front:FORMER JFS:PRIMARY HTS:FORMER Tahrir:ALIAS");
    assert_eq!(world.status("parent", &[], "2020-01-01"), None);

    let two_scripts = World::default().with(group(
        "g",
        "2000",
        vec![name(Primary, "A", "", ""), name(Primary, "B", "", "")],
    ));
    let status = two_scripts.status("g", &[], "2001-01-01").unwrap();
    assert_eq!(status.name, "A");
    assert!(status.names.iter().all(|name| name.kind == Primary));
}

#[test]
fn entries_replace_each_other() {
    let world = World::default()
        .with(group("g", "2010", vec![name(NameKind::Primary, "Second", "", "")]))
        .with(group("g", "2000", vec![name(NameKind::Primary, "First", "", "")]));
    let check = |day: &str, expected: &str| {
        let status = world.status("g", &[], day).unwrap();
        let ids = status.external_ids.iter().map(|id| &id.value);
        assert_eq!(format!("{} {}", status.name, join(ids)), expected, "{day}");
    };
    check("1980-01-01", "First QDe.1");
    check("2009-12-31", "First QDe.1");
    check("2010-12-31", "Second QDe.1");
    check("2011-01-01", "Second QDe.2");
}

#[test]
fn regimes_and_actors() {
    let ended = RegimeTerminated { regime: "fto".parse().unwrap(), reason: String::new() };
    let world = World::default()
        .with(regime("fto", "us", "2004", vec![], Inheritance::None))
        .with(regime("fto", "us", "1997", vec![], Inheritance::None))
        .with(fact("2020-05-01", Statement::RegimeTerminated(ended)));
    let check = |day: &str, expected: &str| {
        let as_of = at(day);
        let found = &world.regimes(as_of)[&"fto".parse::<RegimeId>().unwrap()];
        let end = found.terminated.as_ref().map_or("-".into(), |end| end.on.to_string());
        let tracked = found.is_tracked(as_of.valid_at);
        assert_eq!(format!("{} {} {end} {tracked}", found.title, found.registered_from), expected, "{day}");
    };
    check("1990-01-01", "Regime fto of 1997 1997 - false");
    check("2003-12-31", "Regime fto of 1997 1997 - true");
    check("2004-01-01", "Regime fto of 2004 1997 - true");
    check("2020-05-01", "Regime fto of 2004 1997 2020-05-01 false");

    let membership =
        |of: &str, from, until| Membership { of: of.parse().unwrap(), from: date(from), until: date(until) };
    let registered = ActorRegistered {
        actor: "gb".parse().unwrap(),
        kind: ActorKind::State,
        name: "United Kingdom".into(),
        memberships: vec![membership("un", "", ""), membership("eu", "1973", "2020-01-31")],
    };
    let registered = Arc::new(Fact::new(fact("1900", Statement::ActorRegistered(registered))).unwrap());
    let mut history = History::default();
    let content = ActorFact::about(&"gb".parse().unwrap(), &registered).unwrap();
    assert_eq!(ActorFact::about(&"us".parse().unwrap(), &registered), None);
    history.add(Telling::new(Position::new(1), &registered, content));
    let check = |day: &str, expected: &str| {
        let actor = ActorStatus::fold(&history, at(day)).unwrap();
        assert_eq!(join(actor.memberships.iter().map(|it| &it.of)), expected, "{day}");
    };
    check("1972-12-31", "un");
    check("2020-01-31", "un eu");
    check("2020-02-01", "un");
}

#[test]
fn effects_and_divergence() {
    let world = world().acts(
        "1997-10-08 LISTED under fto; 2001-10-31 LISTED under sdgt; 2022-05-20 DELISTED under fto; 2010-01-01 LISTED \
         under scisil part W; 2024-01-01 SUSPENDED under sdgt",
    );
    let check = |day: &str, effects: &str, listed: &str, not_listed: &str| {
        let status = world.status("g", &[], day).unwrap();
        let found = status
            .legal_effects
            .iter()
            .map(|it| format!("{}[{}]({})", it.jurisdiction, join(&it.legal_effects), join(&it.regimes)));
        assert_eq!(join(found), effects, "{day}");
        let divergence = status.divergence;
        assert_eq!(join(&divergence.listed_under), listed, "{day}");
        assert_eq!(join(&divergence.not_listed_under), not_listed, "{day}");
        let (listed, others) = (divergence.listed_under.len(), divergence.not_listed_under.len());
        let share = if listed == 0 { 0.0 } else { listed as f64 / (listed + others) as f64 };
        assert_eq!(divergence.share, share, "{day}");
    };
    check("1990-01-01", "", "", "");
    check("1997-10-08", "us[ASSET_FREEZE MATERIAL_SUPPORT_CRIME](fto)", "fto", "");
    check("2022-05-19", "us[ASSET_FREEZE MATERIAL_SUPPORT_CRIME](fto sdgt)", "fto scisil sdgt", "");
    check("2022-05-20", "us[ASSET_FREEZE](sdgt)", "scisil sdgt", "fto");
    check("2024-01-01", "", "scisil", "fto sdgt");
}

#[test]
fn regimes_asked_for() {
    let world = world().acts(
        "1997-10-08 LISTED under fto; 1999-10-08 LISTED under fto part W; 1999-10-08 LISTED under scisil part W; \
         1999-11-08 DELISTED under scisil part W",
    );
    let check = |asked: &[&str], expected: &str| {
        let status = world.status("g", asked, "2000-01-01").unwrap();
        let shown = status.designations.iter().map(|it| format!("{}:{}", it.regime, it.state));
        assert_eq!(join(shown), expected, "{asked:?}");
        assert_eq!(join(status.divergence.listed_under), "fto", "does not depend on what is asked");
    };
    check(&[], "fto:ACTIVE fto:ACTIVE scisil:DELISTED");
    check(&["sdgt"], "sdgt:NONE");
    check(&["sdgt", "fto", "sdgt"], "fto:ACTIVE fto:ACTIVE sdgt:NONE");
    check(&["scisil"], "scisil:NONE scisil:DELISTED");
}

#[test]
fn life_and_flags() {
    use LifecycleState::{Active, DissolvedDeclared, Governing};
    let world = world()
        .acts("2002-05-02 LISTED under fto; 2026-02-27 SUSPENDED under fto; 2027-01-01 DELISTED under fto")
        .with(life("2025-05-12", DissolvedDeclared))
        .with(life("1978", Active))
        .with(life("2026-05-12", Governing))
        .with(FactParts { assertion: Assertion::Denied, ..life("2025-06-01", Active) });
    let check = |day: &str, expected: &str| {
        let status = world.status("g", &[], day).unwrap();
        let life = status.lifecycle.map(|it| format!("{} {} {}", it.state, it.since, it.provenance.rule));
        assert_eq!(format!("{} {}", life.unwrap_or("-".into()), join(status.flags)), expected, "{day}");
    };
    check("1977-12-31", "- ");
    check("1978-01-01", "ACTIVE 1978 SOLE ");
    check("2025-06-02", "DISSOLVED_DECLARED 2025-05-12 LATEST_EFFECTIVE LISTED_BUT_DISSOLVED");
    check("2026-05-12", "GOVERNING 2026-05-12 LATEST_EFFECTIVE GOVERNING_BUT_LISTED");
    check("2027-01-01", "GOVERNING 2026-05-12 LATEST_EFFECTIVE ");
}

#[test]
fn inheritance() {
    let world = world()
        .with(wing("g", "2000", "parent", "2020-06-30"))
        .with(wing("parent", "2005", "grandparent", ""))
        .with(wing("grandparent", "2006", "g", ""))
        .with(of("parent", "2001-01-01 LISTED under fto"))
        .with(of("parent", "2001-01-01 LISTED under sdgt part Other"))
        .with(of("parent", "2001-01-01 LISTED under scisil"))
        .with(of("parent", "2010-01-01 DELISTED under scisil"))
        .with(of("grandparent", "2001-01-01 LISTED under fto"))
        .acts("2001-01-01 LISTED under sdgt");
    let check = |day: &str, expected: &str| {
        let status = world.status("g", &[], day).unwrap();
        let found = status.inherited.iter().map(|it| format!("{}<{}:{}", it.regime, it.from_group, it.state));
        assert_eq!(join(found), expected, "{day}");
        assert!(status.designations.iter().all(|it| it.regime.as_str() == "sdgt"), "never copied");
    };
    check("2000-12-31", "");
    check("2001-01-01", "fto<parent:ACTIVE scisil<parent:ACTIVE");
    check("2005-01-01", "fto<grandparent:ACTIVE fto<parent:ACTIVE scisil<parent:ACTIVE");
    check("2010-01-01", "fto<grandparent:ACTIVE fto<parent:ACTIVE");
    check("2020-07-01", "");
    let lineage = |day: &str| {
        let status = world.status("parent", &[], day).unwrap();
        join(status.lineage.iter().map(|it| {
            format!("{} {} {}", it.group, it.kind, it.other.as_ref().map_or("-", |other| other.as_str()))
        }))
    };
    assert_eq!(lineage("2010-01-01"), "g WING_OF parent parent WING_OF grandparent");
    assert_eq!(lineage("2020-07-01"), "parent WING_OF grandparent");
}

#[test]
fn bound_actors() {
    let world = world().acts(
        "2001-01-01 LISTED under fto; 2001-01-01 LISTED under scisil; 2002-01-01 DELISTED under scisil",
    );
    let as_of = at("2003-01-01");
    let regimes = world.regimes(as_of);
    let status = world.status("g", &[], "2003-01-01").unwrap();
    let check = |actor: &str, member_of: &[&str], expected: &str| {
        let memberships: Vec<Membership> = member_of
            .iter()
            .map(|of| Membership { of: of.parse().unwrap(), from: None, until: None })
            .collect();
        let listings: Vec<Bearing> = status.designations.iter().cloned().map(Bearing::from).collect();
        let found = binding_on(&actor.parse().unwrap(), &memberships, &listings, &regimes);
        let found = found.iter().map(|it| {
            let through = it.inherited_from.map_or("own", |of| of.as_str());
            format!("{}:{}:{through}", it.bearing.designation.regime, it.bearing.designation.state)
        });
        assert_eq!(join(found), expected, "{actor}");
    };
    check("us", &["un"], "fto:ACTIVE:own scisil:DELISTED:un");
    check("fr", &["un", "us"], "scisil:DELISTED:un");
    check("un", &[], "scisil:DELISTED:own");
    check("ch", &[], "");
}

#[test]
fn disputed_facts_raise_an_anomaly() {
    let media = |kind: SourceKind| -> Vec<Source> { read(&format!("2000 LISTED by {kind}")).0.sources };
    let told = |effective: &str, kind, state| {
        let fact = Fact::new(FactParts { sources: media(kind), ..life(effective, state) }).unwrap();
        let fact = Arc::new(fact);
        let content = GroupFact::about(&"g".parse().unwrap(), &fact).unwrap();
        (fact, content)
    };
    let world = world().acts("2001-01-01 DELISTED under fto");
    let mut groups = world.groups();
    let telling = |position, (fact, content): (Arc<Fact>, GroupFact)| {
        Member::Claim(Telling::new(Position::new(position), &fact, Some(content)))
    };
    let family = Family::new(vec![
        telling(100, told("2010-06", SourceKind::EstablishedMedia, LifecycleState::Active)),
        telling(101, told("2010-05", SourceKind::Aggregator, LifecycleState::DissolvedDeclared)),
        // It agrees, and opens nothing.
        telling(102, told("2010", SourceKind::Aggregator, LifecycleState::Active)),
    ]);
    groups.get_mut("g").unwrap().set_family(Position::new(100), family);
    let check = |day: &str, expected: &str| {
        let as_of = at(day);
        let status = group_status(&GroupQuestion {
            group: &"g".parse().unwrap(),
            groups: &groups,
            regimes: &world.regimes(as_of),
            asked: &[],
            engagements: EngagementCounts::default(),
            as_of,
        });
        let found = status.unwrap().anomalies.into_iter();
        let found =
            found.map(|it| format!("{}:{}:{}:{}", it.date, it.rule.name(), it.subject, join(it.events)));
        assert_eq!(join(found), expected, "{day}");
    };
    check("2000-01-01", "");
    check("2010-04-30", "2001-01-01:ACT_WITHOUT_EFFECT:designation/g/fto:8");
    check(
        "2010-05-01",
        "2001-01-01:ACT_WITHOUT_EFFECT:designation/g/fto:8 2010-06:CLAIMS_DISAGREE:group/g:100 101",
    );
}

#[test]
fn what_comes_next_is_sorted_and_counts_are_passed_on() {
    let world = world().acts(
        "2020-01-01 LISTED under sdgt; 2026-03-01 DELISTED under sdgt announced 2025-01-01; 2026-02-01 LISTED under fto \
         announced 2025-01-01; 2020-01-01 EXEMPTION_GRANTED under sdgt expires 2025-12-31",
    );
    let status = world.status("g", &[], "2025-06-01").unwrap();
    let next = status.upcoming.iter().map(|it| format!("{} {};", it.date, it.what));
    assert_eq!(
        join(next),
        "2025-12-31 sdgt: exemption expires; 2026-02-01 fto: LISTED takes effect; 2026-03-01 sdgt: DELISTED takes effect;"
    );
    let counts = status.counts;
    assert_eq!((counts.engagements.dyads, counts.designation_acts), (5, 4));
}

#[test]
fn what_comes_on_one_day_does_not_depend_on_arrival() {
    let ends = |by: &str| format!("2026-03-01 AMENDED under sdgt announced 2025-01-01 by {by}");
    let check = |first: &str, second: &str, expected: [&str; 2]| {
        let world = world().acts(&format!("2020-01-01 LISTED under sdgt; {}; {}", ends(first), ends(second)));
        let source = |position: Position| world.facts[position.get() as usize - 1].source_kind().name();
        let status = world.status("g", &[], "2025-06-01").unwrap();
        let next: Vec<&str> = status.upcoming.iter().filter_map(|it| it.event.map(source)).collect();
        assert_eq!(next, expected, "{first} before {second}");
    };
    check("LEGAL_ACT", "AGGREGATOR", ["LEGAL_ACT", "AGGREGATOR"]);
    check("AGGREGATOR", "LEGAL_ACT", ["LEGAL_ACT", "AGGREGATOR"]);
}
