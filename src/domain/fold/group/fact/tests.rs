//! Cases of claims about a group.

use super::*;
use crate::domain::{
    as_of::AsOf,
    date::parse_day,
    fold::{Family, Member, Telling, designation::notation::fact},
    id::RegimeId,
    statement::Scope,
    vocabulary::{ClaimStance, GroupKind, SourceKind, Vocabulary},
};
use crate::position::Position;

fn named<T: Vocabulary>(word: &str) -> Option<T> {
    T::ALL.iter().copied().find(|value| value.name() == word)
}

/// What is said of g2: `ACT [alias=GROUP] [no=NUMBER] [until=DATE]` under one regime, a state of life, `TIE GROUP`, a name
/// in lower case, or a registration, `ORGANISATION name`; of another group, `of=GROUP WHAT`.
fn statement(text: &str) -> Statement {
    let of = text.strip_prefix("of=").and_then(|text| text.split_once(' '));
    let (group, text) = of.unwrap_or(("g2", text));
    let group: GroupId = group.parse().unwrap();
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let option = |key: &str| {
        rest.split_whitespace().find_map(|word| word.split_once('=').filter(|it| it.0 == key)).map(|it| it.1)
    };
    let until = option("until").map(|date| date.parse().unwrap());
    let name = |text: &str| Name {
        text: text.to_owned(),
        kind: NameKind::Primary,
        language: String::new(),
        script: String::new(),
        from: None,
        until,
    };
    if let Some(act) = named(first) {
        let scope = option("alias").map_or(Scope::Whole, |listing| Scope::AliasOf(listing.parse().unwrap()));
        let regime: RegimeId = "xa-nat".parse().unwrap();
        let (reference, reason) = (option("no").unwrap_or_default().to_owned(), String::new());
        let act = DesignationAct { group, regime, act, scope, reference, reason, expires_on: until };
        return Statement::DesignationAct(act);
    }
    if let Some(state) = named(first) {
        return Statement::LifecycleChanged(LifecycleChanged { group, state });
    }
    if let Some(kind) = named::<LineageKind>(first) {
        let other = rest.split_whitespace().next().map(|other| other.parse().unwrap());
        return Statement::LineageRecorded(LineageRecorded { group, kind, other, until });
    }
    if let Some(kind) = named::<GroupKind>(first) {
        let names = vec![name(rest)];
        let external_ids = Vec::new();
        return Statement::GroupRegistered(GroupRegistered { group, kind, names, external_ids });
    }
    Statement::GroupNamed(GroupNamed { group, name: name(first) })
}

/// A fact and a claim of it, as they stand in the history of a group.
fn family(group: &str, won: &str, claim: &str) -> Family<GroupFact> {
    let telling = |position, source, text: &str| {
        let group = group.parse().unwrap();
        let fact = Fact::admitted(fact("2024-01-01", statement(text)));
        let content = GroupFact::about(&group, &Arc::new(fact.clone()));
        Member::Claim(Telling { source, ..Telling::new(Position::new(position), &fact, content) })
    };
    Family::new(vec![
        telling(1, SourceKind::OfficialStatement, won),
        telling(2, SourceKind::CounterpartyStatement, claim),
    ])
}

fn at_midyear() -> AsOf {
    AsOf::at(parse_day("2024-06-01").unwrap())
}

fn stance(won: &str, claim: &str) -> ClaimStance {
    family("g2", won, claim).standing(at_midyear()).unwrap().lost[0].stance
}

#[test]
fn what_claims_about_a_group_contradict() {
    for (won, claim, expected) in [
        ("LISTED", "LISTED", "AGREES"),
        ("LISTED", "OBSERVED_PRESENT", "AGREES"),
        ("OBSERVED_PRESENT", "LISTED", "AGREES"),
        ("DELISTED", "OBSERVED_ABSENT", "AGREES"),
        ("AMENDED", "OBSERVED_ABSENT", "DIFFERS"),
        ("LISTED", "AMENDED", "DIFFERS"),
        ("MAINTAINED", "CHALLENGED", "DIFFERS"),
        ("LISTED", "INITIATED", "DISPUTES"),
        // What is over a listing is begun or ended.
        ("CHALLENGED", "CHALLENGE_CLOSED", "DISPUTES"),
        ("EXEMPTION_ENDED", "EXEMPTION_GRANTED", "DISPUTES"),
        ("LISTED until=2022-12-31", "LISTED until=2023-12-31", "DISPUTES"),
        ("LISTED until=2022-12-31", "LISTED until=2022", "AGREES"),
        ("LISTED until=2022-12-31", "LISTED", "AGREES"),
        ("LISTED", "LISTED until=2022-12-31", "DIFFERS"),
        ("LISTED_AS_ALIAS alias=g3", "LISTED_AS_ALIAS alias=g3", "AGREES"),
        ("LISTED_AS_ALIAS alias=g3", "LISTED_AS_ALIAS alias=g5", "DIFFERS"),
        ("LISTED no=P1", "LISTED no=p1", "AGREES"),
        ("LISTED no=P1", "LISTED", "AGREES"),
        ("LISTED no=P1", "LISTED no=P2", "DIFFERS"),
        ("DISSOLVED_DECLARED", "DISSOLVED_DECLARED", "AGREES"),
        ("DISSOLVED_DECLARED", "DORMANT", "DIFFERS"),
        ("DISSOLVED_DECLARED", "DISSOLVED_VERIFIED", "DIFFERS"),
        ("DISSOLVED_DECLARED", "ACTIVE", "DISPUTES"),
        ("WING_OF g3", "WING_OF g3", "AGREES"),
        ("WING_OF g3", "WING_OF g4", "DISPUTES"),
        ("WING_OF g3", "SPLINTERED_FROM g3", "DIFFERS"),
        ("WING_OF g3", "WING_OF g3 until=2025", "DIFFERS"),
        ("MEMBER_OF g3 until=2023-12-31", "MEMBER_OF g3 until=2024-12-31", "DISPUTES"),
        ("MEMBER_OF g3 until=2023-12-31", "MEMBER_OF g3 until=2023", "AGREES"),
        ("MEMBER_OF g3 until=2023-12-31", "MEMBER_OF g3", "AGREES"),
        ("MEMBER_OF g3", "DISAFFILIATED g3", "DISPUTES"),
        ("DISAFFILIATED g3", "MEMBER_OF g3", "DISPUTES"),
        ("AFFILIATED_TO g3", "DISAFFILIATED g3", "DISPUTES"),
        ("WING_OF g3", "DISAFFILIATED g3", "DIFFERS"),
        ("dusk until=2023-12-31", "dusk until=2024-12-31", "DISPUTES"),
        ("dusk until=2023-12-31", "dusk until=2023-12", "AGREES"),
        ("dusk", "dusk until=2024-12-31", "DIFFERS"),
        ("dusk until=2023-12-31", "noon until=2024-12-31", "DIFFERS"),
        ("dusk", "dusk", "AGREES"),
        ("dusk", "noon", "DIFFERS"),
        ("ORGANISATION Dusk", "ORGANISATION dusk", "AGREES"),
        ("ORGANISATION Dusk", "ORGANISATION Noon", "DIFFERS"),
    ] {
        assert_eq!(stance(won, claim).to_string(), expected, "{won} / {claim}");
    }
}

/// What claims of other groups come to before and after g2 and g4, and g3 and g5, are found to be one.
#[test]
fn claims_about_groups_that_are_one() {
    for (won, claim, apart, merged) in [
        ("LISTED", "of=g4 LISTED", "DISPUTES", "AGREES"),
        ("DELISTED", "of=g4 OBSERVED_ABSENT", "DISPUTES", "AGREES"),
        ("LISTED", "of=g4 DELISTED", "DISPUTES", "DISPUTES"),
        ("LISTED no=P1", "of=g4 LISTED no=P2", "DISPUTES", "DIFFERS"),
        ("LISTED", "of=g4 AMENDED", "DISPUTES", "DIFFERS"),
        ("LISTED_AS_ALIAS alias=g3", "LISTED_AS_ALIAS alias=g5", "DIFFERS", "AGREES"),
        ("LISTED_AS_ALIAS alias=g3", "of=g4 LISTED_AS_ALIAS alias=g5", "DISPUTES", "AGREES"),
        ("LISTED_AS_ALIAS alias=g3", "LISTED_AS_ALIAS alias=g6", "DIFFERS", "DIFFERS"),
        ("LISTED", "LISTED_AS_ALIAS alias=g5", "DIFFERS", "DIFFERS"),
        ("DISSOLVED_DECLARED", "of=g4 DISSOLVED_DECLARED", "DISPUTES", "AGREES"),
        ("DISSOLVED_DECLARED", "of=g4 ACTIVE", "DISPUTES", "DISPUTES"),
        ("WING_OF g3", "WING_OF g5", "DISPUTES", "AGREES"),
        ("WING_OF g3", "of=g4 WING_OF g3", "DISPUTES", "AGREES"),
        ("WING_OF g3", "of=g4 WING_OF g5", "DISPUTES", "AGREES"),
        ("WING_OF g3", "WING_OF g6", "DISPUTES", "DISPUTES"),
        ("WING_OF g3", "of=g3 WING_OF g4", "DISPUTES", "DISPUTES"),
        ("MEMBER_OF g3", "DISAFFILIATED g5", "DISPUTES", "DISPUTES"),
        ("BECAME_PARTY", "of=g4 BECAME_PARTY", "DISPUTES", "AGREES"),
        ("BECAME_PARTY", "of=g4 BECAME_PARTY g5", "DISPUTES", "DISPUTES"),
        ("dusk", "of=g4 dusk", "DISPUTES", "AGREES"),
        ("dusk", "of=g4 noon", "DISPUTES", "DIFFERS"),
        ("ORGANISATION Dusk", "of=g4 ORGANISATION dusk", "DISPUTES", "AGREES"),
        ("ORGANISATION Dusk", "of=g4 ORGANISATION Noon", "DISPUTES", "DIFFERS"),
        // Of whichever of them each is told.
        ("of=g4 LISTED", "of=g4 LISTED", "", "AGREES"),
        ("of=g4 LISTED", "LISTED", "DISPUTES", "AGREES"),
        ("of=g4 DISSOLVED_DECLARED", "DISSOLVED_DECLARED", "DISPUTES", "AGREES"),
        ("of=g4 WING_OF g5", "WING_OF g3", "", "AGREES"),
    ] {
        let stance = |seen: &[&str], identities: &Redirects| {
            let seen: Vec<_> = seen.iter().map(|group| family(group, won, claim)).collect();
            let seen: Vec<&Family<GroupFact>> = seen.iter().collect();
            let standing = Family::united(&seen, identities, at_midyear());
            standing.map(|it| it.lost[0].stance.to_string()).unwrap_or_default()
        };
        assert_eq!(stance(&["g2"], &Redirects::NONE), apart, "{won} / {claim}");
        let merges = Redirects::leading(&[("g4", "g2"), ("g5", "g3")]);
        assert_eq!(stance(&["g2", "g4"], &merges), merged, "{won} / {claim}, of g2");
        let merges = Redirects::leading(&[("g2", "g4"), ("g3", "g5")]);
        assert_eq!(stance(&["g4", "g2"], &merges), merged, "{won} / {claim}, of g4");
    }
}
