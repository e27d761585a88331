//! A compact notation for cases: facts in, fields of the status at a date out.

use super::{Detail, HeldBy, Line, Move, Truce, moves::Scope};
use crate::{
    domain::{
        as_of::AsOf,
        date::{DateSpan, parse_day},
        fold::{History, Provenance, Telling},
        source::Credibility,
        statement::Representation,
        status::relationship::{LegalFacet, RelationshipStatus},
        vocabulary::{
            AgreementStage, Assertion, CeasefireClass, Channel, DesignationState, Direction, Disclosure,
            EngagementKind, Label, Level, RepresentationLevel, SourceKind, Vocabulary,
        },
    },
    position::Position,
};

fn named<T: Vocabulary>(word: &str) -> Option<T> {
    T::ALL.iter().copied().find(|value| value.name() == word)
}

/// A fact such as `2025-05-06 CEASEFIRE_IN_FORCE both until=2025-07 public=2025-06-01`: a date, a kind, and in any order
/// the level of the actor, channel, disclosure, stage, class, direction, level of the mission, assertion (`is=DENIED`),
/// source (`by=LEGAL_ACT`), what a ceasefire covers (`over=the-sea`) and who of the two holds its fire (`both`, `one`,
/// `others`).
pub(super) fn telling(position: u64, text: &str) -> Telling<Move> {
    let mut words = text.split_whitespace();
    let effective: DateSpan = words.next().unwrap().parse().unwrap();
    let kind = named(words.next().unwrap()).unwrap_or_else(|| panic!("no kind in {text:?}"));
    let mut it = Move {
        kind,
        channel: Channel::Unknown,
        disclosure: Disclosure::Public,
        actor_level: Level::Unknown,
        group_level: Level::Unknown,
        detail: Detail::None,
    };
    let mut truce =
        Truce { held_by: HeldBy::Both, class: CeasefireClass::Cessation, ends_on: None, scope: None };
    let mut mission = Representation { direction: Direction::OfActor, level: RepresentationLevel::Withdrawn };
    let mut stage = AgreementStage::PreNegotiation;
    let mut disclosed = effective.lower();
    let (mut assertion, mut source) = (Assertion::Confirmed, SourceKind::EstablishedMedia);
    for word in words {
        match word.split_once('=') {
            Some(("until", date)) => truce.ends_on = Some(date.parse().unwrap()),
            Some(("public", date)) => disclosed = parse_day(date).unwrap(),
            Some(("over", place)) => truce.scope = Scope::of(place),
            Some(("is", word)) => assertion = named(word).unwrap(),
            Some(("by", word)) => source = named(word).unwrap(),
            Some(_) => panic!("{word} in {text:?}"),
            None => match word {
                "both" => truce.held_by = HeldBy::Both,
                "one" => truce.held_by = HeldBy::One,
                "others" => truce.held_by = HeldBy::Neither,
                word => {
                    let known = [
                        named(word).map(|level| it.actor_level = level).is_some(),
                        named(word).map(|channel| it.channel = channel).is_some(),
                        named(word).map(|disclosure| it.disclosure = disclosure).is_some(),
                        named(word).map(|class| truce.class = class).is_some(),
                        named(word).map(|given| stage = given).is_some(),
                        named(word).map(|direction| mission.direction = direction).is_some(),
                        named(word).map(|level| mission.level = level).is_some(),
                    ];
                    assert!(known.contains(&true), "{word} in {text:?}");
                }
            },
        }
    }
    it.detail = match crate::domain::plover::coding(kind).moves {
        crate::domain::plover::Moves::Representation => Detail::Mission(mission),
        _ if kind == EngagementKind::AgreementSigned => Detail::Agreement(stage),
        _ if kind.name().starts_with("CEASEFIRE") => Detail::Truce(truce),
        _ => Detail::None,
    };
    Telling {
        position: Position::new(position),
        effective,
        heralded: effective.lower(),
        disclosed,
        source,
        credibility: Credibility::UNKNOWN,
        assertion,
        label: Label::Public,
        content: it,
    }
}

/// The history of these facts, recorded in this order from position 1.
pub(super) fn history(facts: &[&str]) -> History<Move> {
    let mut history = History::default();
    for (position, text) in (1..).zip(facts) {
        history.add(telling(position, text));
    }
    history
}

pub(super) fn listing(state: DesignationState, inherited_from: Option<&str>) -> LegalFacet {
    LegalFacet {
        regime: "us-fto219".parse().unwrap(),
        component: None,
        through: None,
        state,
        inherited_from: inherited_from.map(|actor| actor.parse().unwrap()),
        membership: None,
        contested: Vec::new(),
        provenance: Provenance { events: vec![Position::new(99)], ..Provenance::default() },
    }
}

fn joined(words: impl IntoIterator<Item = impl ToString>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(",")
}

/// `1,2:LATEST_EFFECTIVE`, with `?` at the end for what is inferred.
fn by(provenance: &Provenance) -> String {
    let inferred = if provenance.inferred { "?" } else { "" };
    format!("{}:{}{inferred}", joined(&provenance.events), provenance.rule)
}

fn since(value: impl ToString, since: Option<impl ToString>) -> String {
    since.map_or_else(|| value.to_string(), |since| format!("{}@{}", value.to_string(), since.to_string()))
}

fn field(status: &RelationshipStatus, name: &str) -> String {
    let it = status;
    match name {
        "headline" => it.headline.to_string(),
        "by" => by(&it.provenance),
        "flags" => joined(&it.flags),
        "friendly" => by(&it.friendly),
        "stances" => joined(it.alternatives.iter().map(|lost| lost.stance)),
        "last.by" => it.contact.last.as_ref().map_or_else(String::new, by),
        "highest.by" => it.contact.highest.as_ref().map_or_else(String::new, by),
        "step.by" => it.process.last_step.as_ref().map_or_else(String::new, by),
        "force.by" => it.conflict.last_force.as_ref().map_or_else(String::new, by),
        "recognition" => since(it.recognition.value, it.recognition.since),
        "recognition.by" => by(&it.recognition.provenance),
        "actor" => since(it.representation_of_actor.level, it.representation_of_actor.since),
        "actor.by" => by(&it.representation_of_actor.provenance),
        "group" => since(it.representation_of_group.level, it.representation_of_group.since),
        "contact" => since(it.contact.level, it.contact.last_on),
        "contact.by" => by(&it.contact.provenance),
        "counts" => format!("{}/{}", it.contact.count_30_days, it.contact.count_365_days),
        "ever" => it.contact.highest_ever.to_string(),
        "process" => since(it.process.value, it.process.since),
        "process.by" => by(&it.process.provenance),
        "step" => it.process.last_step_on.map_or_else(String::new, |date| date.to_string()),
        "conflict" => since(it.conflict.value, it.conflict.since),
        "conflict.by" => by(&it.conflict.provenance),
        "ends" => it.conflict.ends_on.map_or_else(String::new, |date| date.to_string()),
        "force" => it.conflict.last_force_on.map_or_else(String::new, |date| date.to_string()),
        "score" => format!("{}/{}/{}/{}", it.score.value, it.score.count, it.score.lowest, it.score.highest),
        "engagements" => it.engagements.to_string(),
        "alternatives" => joined(it.alternatives.iter().map(|lost| lost.position)),
        other => {
            let (what, path) = other.split_once(':').unwrap_or_else(|| panic!("no field {other}"));
            let fields = it.fields();
            let field = fields.iter().find(|field| field.path == path);
            let grounds = field.into_iter().map(|field| field.grounds());
            match what {
                "on" => joined(grounds.flat_map(|it| &it.events)),
                "lost" => joined(grounds.flat_map(|it| &it.lost).map(|lost| lost.position)),
                _ => panic!("no field {other}"),
            }
        }
    }
}

/// Holds the fields named in `expected` (`headline=HOSTILE conflict=HOSTILE@2025-01-01`) against the status; `on:` and a path
/// are the events that Explain shows for it, `lost:` and a path the claims.
pub(super) fn hold(status: &RelationshipStatus, expected: &str, context: &str) {
    for pair in expected.split_whitespace() {
        let (name, value) = pair.split_once('=').unwrap();
        assert_eq!(field(status, name), value, "{name}: {context}");
    }
}

/// Asks at each date, with the legal facets.
pub(super) fn check(facts: &[&str], legal: &[LegalFacet], asks: &[(&str, &str)]) {
    let history = history(facts);
    for (date, expected) in asks {
        let valid_at = parse_day(date).unwrap();
        let line = Line::from_standing(history.standing(AsOf::at(valid_at)));
        hold(&line.status(valid_at, legal.to_vec()), expected, &format!("{facts:?} on {date}"));
    }
}
