//! The notation of the cases: what is on record, a date, and what shows.

use std::sync::Arc;

use super::{Designations, designations};
use crate::{
    domain::{
        as_of::AsOf,
        date::{PartialDate, parse_day},
        fact::{Fact, FactParts},
        fold::{
            Content, Family, History, Member, Telling,
            group::GroupFact,
            registry::{RegimeFact, RegimeStatus, Regimes},
        },
        id::GroupId,
        source::{Credibility, Source},
        statement::{DesignationAct, RegimeRegistered, RegimeTerminated, Scope, Statement},
        status::group::{Designation, Since},
        vocabulary::{Act, Assertion, Inheritance, Label, LegalEffect, SourceKind, Vocabulary},
    },
    position::Position,
};

const GROUP: &str = "g";
const REGIME: &str = "r";

pub(in crate::domain::fold) fn fact(effective: &str, statement: Statement) -> FactParts {
    FactParts {
        effective_on: effective.parse().unwrap(),
        decided_on: None,
        announced_on: None,
        disclosed_on: None,
        summary: String::new(),
        sources: vec![source(SourceKind::LegalAct)],
        assertion: Assertion::Confirmed,
        credibility: Credibility::UNKNOWN,
        label: Label::Public,
        claim_of: None,
        statement,
    }
}

fn source(kind: SourceKind) -> Source {
    Source {
        publisher: "Gazette".into(),
        title: "Notice".into(),
        locator: String::new(),
        kind,
        published_on: None,
        retrieved_on: None,
        sha256: String::new(),
        language: String::new(),
        quote: String::new(),
    }
}

/// `DATE ACT`, then any of: `alias GROUP`, `part NAME`, `under REGIME`, `announced`, `decided`, `expires` DATE, `ref
/// TEXT`, `by SOURCE_KIND`, `denied`, `claim NUMBER` (of the fact with that number).
pub(in crate::domain::fold) fn read(text: &str) -> (FactParts, Option<u64>) {
    let mut words = text.split_whitespace();
    let effective = words.next().unwrap();
    let name = words.next().unwrap();
    let mut act = DesignationAct {
        group: GROUP.parse().unwrap(),
        regime: REGIME.parse().unwrap(),
        act: *Act::ALL.iter().find(|act| act.name() == name).unwrap_or_else(|| panic!("{name} is no act")),
        scope: Scope::Whole,
        reference: String::new(),
        reason: String::new(),
        expires_on: None,
    };
    let mut parts = fact(effective, Statement::DesignationAct(act.clone()));
    let mut claim = None;
    while let Some(word) = words.next() {
        let mut argument = || words.next().unwrap_or_else(|| panic!("{word} of what?"));
        let date = |text: &str| Some(text.parse::<PartialDate>().unwrap());
        match word {
            "alias" => act.scope = Scope::AliasOf(argument().parse().unwrap()),
            "part" => act.scope = Scope::Component(argument().into()),
            "under" => act.regime = argument().parse().unwrap(),
            "announced" => parts.announced_on = date(argument()),
            "decided" => parts.decided_on = date(argument()),
            "expires" => act.expires_on = date(argument()),
            "ref" => act.reference = argument().into(),
            "denied" => parts.assertion = Assertion::Denied,
            "claim" => claim = argument().parse().ok(),
            "by" => {
                let name = argument();
                let kind = SourceKind::ALL.iter().find(|kind| kind.name() == name).unwrap();
                parts.sources = vec![source(*kind)];
            }
            other => panic!("{other}?"),
        }
    }
    parts.statement = Statement::DesignationAct(act);
    (parts, claim)
}

/// What the record of these facts, numbered from 1, shows on the day. A regime `r` with a review every 60 months is
/// registered from 1990 on; `r ends DATE` among the facts ends it, with what may follow an act.
pub(super) fn fold(record: &str, valid_at: &str) -> Designations {
    let group: GroupId = GROUP.parse().unwrap();
    let as_of = AsOf::at(parse_day(valid_at).unwrap());
    let mut history = History::default();
    let mut regime = History::default();
    let slug = REGIME.parse().unwrap();
    let registered = Statement::RegimeRegistered(RegimeRegistered {
        regime: REGIME.parse().unwrap(),
        authority: "us".parse().unwrap(),
        title: "A regime".into(),
        legal_effects: vec![LegalEffect::AssetFreeze],
        review_interval_months: 60,
        inheritance: Inheritance::None,
    });
    let registered = Arc::new(Fact::new(fact("1990-01-01", registered)).unwrap());
    let content = RegimeFact::about(&slug, &registered).unwrap();
    regime.add(Telling::new(Position::new(1_000), &registered, content));
    let mut ends: Vec<(Telling<RegimeFact>, Option<u64>)> = Vec::new();
    let mut tellings: Vec<(Telling<GroupFact>, Option<u64>)> = Vec::new();
    for (number, text) in (1..).zip(record.split(';').map(str::trim).filter(|text| !text.is_empty())) {
        if let Some(end) = text.strip_prefix("r ends ") {
            // All but the statement is read as with an act.
            let (date, rest) = end.split_once(' ').unwrap_or((end, ""));
            let (parts, claim) = read(&format!("{date} EXPIRED {rest}"));
            let ended = RegimeTerminated { regime: REGIME.parse().unwrap(), reason: String::new() };
            let parts = FactParts { statement: Statement::RegimeTerminated(ended), ..parts };
            let ended = Arc::new(Fact::new(parts).unwrap());
            let content = RegimeFact::about(&slug, &ended).unwrap();
            let telling = Telling::new(Position::new(1_000 + number), &ended, content);
            ends.push((telling, claim.map(|of| 1_000 + of)));
            continue;
        }
        let (parts, claim) = read(text);
        let fact = Arc::new(Fact::new(parts).unwrap_or_else(|found| panic!("{text}: {found:?}")));
        let content = GroupFact::about(&group, &fact).unwrap();
        tellings.push((Telling::new(Position::new(number), &fact, content), claim));
    }
    enter(&mut history, &tellings);
    enter(&mut regime, &ends);
    let regimes: Regimes =
        RegimeStatus::fold(&regime, as_of).into_iter().map(|it| (it.regime.clone(), it)).collect();
    designations(&history.standing(as_of), &regimes, as_of.valid_at)
}

/// Adds the facts to the history, each with its claims.
fn enter<C: Content + Clone>(history: &mut History<C>, tellings: &[(Telling<C>, Option<u64>)]) {
    for (telling, claim) in tellings {
        let claims: Vec<&Telling<C>> = tellings
            .iter()
            .filter(|(_, of)| *of == Some(telling.position.get()))
            .map(|(claim, _)| claim)
            .collect();
        if claim.is_none() {
            history.add(telling.clone());
        }
        if !claims.is_empty() {
            let members = std::iter::once(telling).chain(claims);
            let members = members.map(|it| Member::Claim(it.clone().map(Some))).collect();
            history.set_family(telling.position, Family::new(members));
        }
    }
}

/// `5,1` for the facts 5 and 1.
fn numbers(positions: impl Iterator<Item = Position>) -> String {
    positions.map(|position| position.to_string()).collect::<Vec<_>>().join(",")
}

fn since(since: Since) -> String {
    match since {
        Since::Unknown => "?".into(),
        Since::On(date) => date.to_string(),
        Since::OnOrBefore(date) => format!("≤{date}"),
    }
}

fn parts_of(it: &Designation) -> Vec<String> {
    let component = it.component.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let mut parts = vec![format!("{component}{}", it.state), format!("since {}", since(it.since))];
    let mut part = |given: bool, text: String| parts.extend(given.then_some(text));
    let alias = it.alias_of.as_ref().map(|of| format!(" {of}")).unwrap_or_default();
    part(it.basis.is_some(), format!("{}{alias}", it.basis.map_or("", Vocabulary::name)));
    for episode in &it.episodes {
        let end = episode.end.map(|end| format!("{} {}", end.on, end.state)).unwrap_or_default();
        part(true, format!("#{} {}..{end}", episode.number, since(episode.began)));
    }
    for pending in &it.pending {
        let date = pending.effective_on.map_or("undated".into(), |date| date.to_string());
        part(true, format!("pending {} {date}", pending.act));
    }
    for exemption in &it.exemptions {
        let until = exemption.expires_on.map_or("open".into(), |last| last.to_string());
        part(true, format!("exempt {} to {until}", exemption.granted_on));
        part(
            !exemption.reference.is_empty(),
            format!("{} is of {}", exemption.reference, exemption.granted_on),
        );
    }
    for challenge in &it.challenges {
        part(true, format!("challenged {}", challenge.brought_on));
        part(
            !challenge.reference.is_empty(),
            format!("{} is of {}", challenge.reference, challenge.brought_on),
        );
    }
    let overdue = if it.review_overdue { "overdue" } else { "due" };
    part(it.review_due_on.is_some(), format!("review {overdue} {}", it.review_due_on.unwrap_or_default()));
    part(
        it.regime_end.is_some(),
        it.regime_end.as_ref().map_or(String::new(), |end| {
            format!("r ends {}{}", end.on, if end.disputed { ", disputed" } else { "" })
        }),
    );
    part(it.disputed, "disputed".into());
    let number = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    part(true, format!("ref {}", number(&it.reference)));
    part(true, format!("case {}", number(&it.case)));
    part(it.last_present_on.is_some(), format!("seen {:?}", it.last_present_on.map(|on| on.to_string())));
    part(it.first_absent_on.is_some(), format!("gone {:?}", it.first_absent_on.map(|on| on.to_string())));
    let lost = it.alternatives.iter().map(|lost| lost.position);
    part(!it.alternatives.is_empty(), format!("lost {}", numbers(lost)));
    part(true, format!("episodes by {}", numbers(it.details.episodes.iter().copied())));
    part(true, format!("basis by {}", numbers(it.details.basis.into_iter())));
    let stances: Vec<&str> = it.alternatives.iter().map(|lost| lost.stance.name()).collect();
    part(true, format!("stances {}", stances.join(",")));
    part(it.provenance.inferred, format!("inferred {}", it.provenance.rule));
    part(true, format!("rule {}", it.provenance.rule));
    part(true, format!("by {}", numbers(it.provenance.events.iter().copied())));
    parts.iter().map(|text| text.replace("Some(\"", "").replace("\")", "")).collect()
}

/// What must be said whenever it is so.
const LOUD: [&str; 10] = [
    "r ends",
    "pending",
    "exempt",
    "challenged",
    "disputed",
    "lost",
    "inferred",
    "anomaly",
    "gone",
    "review overdue",
];

/// Holds what shows against what is expected, listing by listing: the first part is the state, the others may be left
/// out unless they are [`LOUD`]. Nothing at all: `—`.
pub(super) fn check(record: &str, valid_at: &str, expected: &str) {
    let found = fold(record, valid_at);
    let mut shown: Vec<Vec<String>> = found.listings.iter().map(parts_of).collect();
    for anomaly in &found.anomalies {
        let events = numbers(anomaly.events.iter().copied());
        let last = shown.last_mut().expect("an anomaly has a listing");
        last.push(format!("anomaly {} by {events}", anomaly.rule));
    }
    let wanted: Vec<Vec<&str>> = expected
        .split(" & ")
        .filter(|listing| *listing != "—")
        .map(|listing| listing.split(';').map(str::trim).collect())
        .collect();
    let context = format!("{record}\nat {valid_at}: {shown:#?}\nexpected: {wanted:#?}");
    assert_eq!(shown.len(), wanted.len(), "{context}");
    for (shown, wanted) in shown.iter().zip(&wanted) {
        assert_eq!(shown.first().map(String::as_str), wanted.first().copied(), "{context}");
        for part in wanted {
            assert!(shown.iter().any(|shown| shown == part), "{part:?} does not show\n{context}");
        }
        for part in shown.iter().filter(|part| LOUD.iter().any(|loud| part.starts_with(loud))) {
            assert!(wanted.contains(&part.as_str()), "{part:?} shows\n{context}");
        }
    }
}
