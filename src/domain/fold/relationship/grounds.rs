//! Cases of what the status of a relationship rests on: its details, its flags, and the claims that lost.

use super::{
    Line, Move,
    notation::{check, hold, listing, telling},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::parse_day,
        fold::{Family, History, Lost, Member},
        status::relationship::LegalFacet,
        vocabulary::{ClaimStance, DesignationState, FoldRule, SourceKind},
    },
    position::Position,
};

fn own() -> [LegalFacet; 1] {
    [listing(DesignationState::Active, None)]
}

/// The last day, step, level or use of force rests on the fact that gives it, whatever the facet rests on.
#[test]
fn details_rest_on_their_own_facts() {
    check(
        &["2024-08-01 MEETING HEAD_OF_STATE", "2025-05-01 MEETING", "2020-02-29 AGREEMENT_SIGNED PARTIAL"],
        &[],
        &[
            (
                "2025-06-01",
                "contact.by=1:HIGHEST_LEVEL last.by=2:LATEST_EFFECTIVE highest.by=1:HIGHEST_LEVEL",
            ),
            (
                "2025-06-01",
                "process=STALLED@2021-03-01 process.by=3:ELAPSED_TIME? step.by=3:LATEST_EFFECTIVE",
            ),
            ("2026-06-01", "contact.by=:SOLE last.by=2:LATEST_EFFECTIVE highest.by=1:HIGHEST_LEVEL"),
        ],
    );
    check(
        &["2025-01-01 STRIKE", "2025-02-01 CEASEFIRE_IN_FORCE"],
        &[],
        &[("2025-06-01", "conflict.by=2:LATEST_EFFECTIVE force.by=1:LATEST_EFFECTIVE")],
    );
}

/// What is friendly within 365 days, by its last fact: neither what is older nor what came before it.
#[test]
fn the_last_friendly_engagement() {
    check(
        &["2020-02-29 AGREEMENT_SIGNED PARTIAL", "2025-03-20 MEETING", "2025-09-01 PRISONER_RELEASE"],
        &own(),
        &[
            ("2020-06-01", "friendly=1:LATEST_EFFECTIVE flags=ENGAGING_WHILE_DESIGNATED"),
            ("2025-09-01", "on:headline=2 on:flags[ENGAGING_WHILE_DESIGNATED]=3,99"),
            ("2021-03-01", "friendly=:SOLE flags="),
            ("2025-08-31", "friendly=2:LATEST_EFFECTIVE flags=ENGAGING_WHILE_DESIGNATED"),
            ("2025-09-01", "friendly=3:LATEST_EFFECTIVE flags=ENGAGING_WHILE_DESIGNATED"),
            ("2026-09-02", "friendly=:SOLE flags="),
        ],
    );
}

#[test]
fn the_scope_of_a_ceasefire_is_denied() {
    let status = |claim: &str| {
        let member = |position, text: &str| Member::Claim(telling(position, text).map(Some));
        let told = "2025-05-06 CEASEFIRE_IN_FORCE both over=The-Sea by=OFFICIAL_STATEMENT";
        let mut history = History::default();
        history.set_family(Position::new(1), Family::new(vec![member(1, told), member(2, claim)]));
        let valid_at = parse_day("2025-06-01").unwrap();
        Line::from_standing(history.standing(AsOf::at(valid_at))).status(valid_at, own().to_vec())
    };
    let flags = "flags=ENGAGING_WHILE_DESIGNATED";
    for (claim, expected) in [
        ("both over=the-sea. by=COUNTERPARTY_STATEMENT", format!("{flags} stances=AGREES")),
        ("both by=COUNTERPARTY_STATEMENT", format!("{flags} stances=AGREES")),
        ("both over=the-land by=COUNTERPARTY_STATEMENT", format!("{flags},DISPUTED stances=DISPUTES")),
        ("one over=the-sea by=COUNTERPARTY_STATEMENT", format!("{flags},DISPUTED stances=DISPUTES")),
        ("others over=the-sea by=COUNTERPARTY_STATEMENT", format!("{flags} stances=AGREES")),
        ("both over=the-land by=AGGREGATOR", format!("{flags} stances=DIFFERS")),
        (
            "both over=the-sea is=DENIED by=COUNTERPARTY_STATEMENT",
            format!("{flags},DISPUTED stances=DISPUTES"),
        ),
    ] {
        let status = status(&format!("2025-05-06 CEASEFIRE_IN_FORCE {claim}"));
        hold(&status, &format!("headline=CEASEFIRE conflict=CEASEFIRE@2025-05-06 {expected}"), claim);
    }
}

#[test]
fn what_claims_of_an_engagement_contradict() {
    let stance = |fact: &str, claim: Option<&str>| {
        let member = |position, text: &str| Member::Claim(telling(position, text).map(Some));
        let elsewhere = Member::Claim(telling(2, &format!("{fact} by=COUNTERPARTY_STATEMENT")).map(|_| None));
        let claim = claim.map(|it| member(2, &format!("{it} by=COUNTERPARTY_STATEMENT")));
        let family = vec![member(1, &format!("{fact} by=OFFICIAL_STATEMENT")), claim.unwrap_or(elsewhere)];
        let mut history = History::default();
        history.set_family(Position::new(1), Family::new(family));
        let standing = history.standing(AsOf::at(parse_day("2025-06-01").unwrap()));
        standing.iter().flat_map(|it| &it.lost).map(|lost| lost.stance.to_string()).collect::<String>()
    };
    let mission = |level: &str| format!("2025-05-06 MISSION_OPENED {level}");
    let charge = mission("EMBASSY_CHARGE");
    let truce = |words: &str| format!("2025-05-06 CEASEFIRE_IN_FORCE {words}");
    for (fact, claim, expected) in [
        ("2025-05-06 MEETING", Some("2025-05 MEETING"), "AGREES"),
        ("2025-05-06 MEETING", Some("2025-05-06 MULTILATERAL_MEETING"), "AGREES"),
        ("2025-05-06 MEETING", Some("2025-05-06 CRITICISM"), "DISPUTES"),
        // The claim leaves one of the two out.
        ("2025-05-06 MEETING", None, "DIFFERS"),
        (&charge, Some(&charge), "AGREES"),
        (&charge, Some(&mission("EMBASSY_AMBASSADOR")), "DISPUTES"),
        (&charge, Some(&mission("EMBASSY_CHARGE OF_GROUP")), "DISPUTES"),
        (
            "2025-05-06 AGREEMENT_SIGNED PARTIAL",
            Some("2025-05-06 AGREEMENT_SIGNED COMPREHENSIVE"),
            "DISPUTES",
        ),
        ("2025-05-06 MEETING", Some("2025-05-06 NEGOTIATION"), "DIFFERS"),
        ("2025-05-06 MEETING", Some("2025-05-06 CONTACT_REMOTE"), "DIFFERS"),
        ("2025-05-06 TALKS_OFFERED", Some("2025-05-06 COMMITMENT"), "DIFFERS"),
        // At another level; what the claim leaves unsaid is no difference.
        (
            "2025-05-06 MEETING SHUTTLE TECHNICAL",
            Some("2025-05-06 MEETING DIRECT_IN_PERSON HEAD_OF_STATE"),
            "DIFFERS",
        ),
        ("2025-05-06 MEETING SHUTTLE TECHNICAL", Some("2025-05-06 MEETING HEAD_OF_STATE"), "DIFFERS"),
        ("2025-05-06 MEETING SHUTTLE TECHNICAL", Some("2025-05-06 MEETING"), "AGREES"),
        ("2025-05-06 MEETING", Some("2025-05-06 MEETING MINISTER"), "DIFFERS"),
        ("2025-05-06 MEETING MINISTER", Some("2025-05-06 MEETING"), "AGREES"),
        ("2025-05-06 MEETING MINISTER", Some("2025-05-06 MEETING FOREIGN_MINISTER"), "AGREES"),
        ("2025-05-06 MEETING SHUTTLE MINISTER", Some("2025-05-06 MEETING LETTER HEAD_OF_STATE"), "AGREES"),
        // Of two last days one is wrong; a claim that gives none leaves it unsaid.
        (&truce("until=2025-09-30"), Some(&truce("until=2025-08-31")), "DISPUTES"),
        (&truce("until=2025-09-30"), Some(&truce("until=2025-09")), "AGREES"),
        (&truce("until=2025-09"), Some(&truce("until=2025-08")), "DISPUTES"),
        (&truce("until=2025-09-30"), Some(&truce("")), "AGREES"),
        (&truce(""), Some(&truce("until=2025-09-30")), "DIFFERS"),
        (&truce("CESSATION"), Some(&truce("DEFINITIVE")), "DIFFERS"),
        ("2025-05-06 RECOGNITION", Some("2025-05-06 RECOGNITION"), "AGREES"),
        ("2025-05-06 RECOGNITION", Some("2025-05-06 MEETING"), "DISPUTES"),
    ] {
        assert_eq!(stance(fact, claim), expected, "{fact} {claim:?}");
    }
}

/// What is disputed about the actor's own listing, or one that binds it, is disputed whatever the headline rests on.
#[test]
fn a_contested_listing_is_shown_with_every_headline() {
    let lost = |stance| Lost {
        position: Position::new(98),
        effective: "2025-06-01".parse().unwrap(),
        source: SourceKind::OfficialStatement,
        rule: FoldRule::SourceRank,
        against: Position::new(99),
        stance,
    };
    for (stance, disputed) in [(ClaimStance::Disputes, ",DISPUTED"), (ClaimStance::Differs, "")] {
        for inherited_from in [None, Some("eu")] {
            let contested = vec![lost(stance)];
            let legal = LegalFacet { contested, ..listing(DesignationState::Active, inherited_from) };
            let engaging = if inherited_from.is_none() { "ENGAGING_WHILE_DESIGNATED" } else { "" };
            let flags = format!("{engaging}{disputed}");
            let flags = flags.trim_start_matches(',');
            let shown = format!(
                "headline=DIRECT_CONTACT flags={flags} alternatives=98 lost:legal[us-fto219]=98 lost:alternatives=98 \
                 lost:headline="
            );
            check(&["2025-05-01 MEETING"], &[legal], &[("2025-05-20", &shown)]);
        }
    }
}

/// A better claim that leaves one of them out denies that it was there: what it beat is shown.
#[test]
fn a_claim_that_leaves_one_out() {
    let told = Member::Claim(telling(1, "2024-05-01 MEETING by=ESTABLISHED_MEDIA").map(Some));
    let better = Member::Claim(telling(2, "2024-05-01 MEETING by=OFFICIAL_STATEMENT").map(|_| None));
    let mut history: History<Move> = History::default();
    history.set_family(Position::new(1), Family::new(vec![told, better]));
    let valid_at = parse_day("2024-06-01").unwrap();
    let line = Line::from_standing(history.standing(AsOf::at(valid_at)));
    let status = line.status(valid_at, Vec::new());
    hold(&status, "headline=NONE engagements=0 alternatives=1 stances=DIFFERS flags=", "left out");
    assert!(!line.is_empty());
}

/// Asks of a fact with its claims, recorded from position 1 on, beside other facts recorded from position 10 on.
fn ask(family: &[&str], others: &[&str], asks: &[(&str, &str)]) {
    let members = (1..).zip(family).map(|(position, text)| Member::Claim(telling(position, text).map(Some)));
    let mut history = History::default();
    for (position, text) in (10..).zip(others) {
        history.add(telling(position, text));
    }
    history.set_family(Position::new(1), Family::new(members.collect()));
    for (date, expected) in asks {
        let valid_at = parse_day(date).unwrap();
        let line = Line::from_standing(history.standing(AsOf::at(valid_at)));
        hold(&line.status(valid_at, Vec::new()), expected, &format!("{family:?} {others:?} on {date}"));
    }
}

/// Between two dates that sources give for one beginning, the claim is shown with every facet that it would have moved, of
/// whatever kind, and with no other.
#[test]
fn a_beginning_is_contested_between_its_dates() {
    let paths = [
        "recognition",
        "representation_of_actor",
        "representation_of_group",
        "contact",
        "process",
        "conflict",
        "headline",
    ];
    let met = "2023-12-01 MEETING";
    for (kind, others, showing) in [
        ("CEASEFIRE_IN_FORCE", &["2024-01-01 STRIKE"][..], "conflict headline"),
        ("STRIKE", &[], "conflict headline"),
        ("MEETING", &[], "contact headline"),
        ("MEETING", &["2020-01-01 MEETING MINISTER"], "contact headline"),
        ("MEETING", &["2023-12-01 STRIKE"], "contact"),
        ("MEETING", &["2024-05-01 MEETING"], "contact headline"),
        ("NEGOTIATION", &[met], "contact process headline"),
        ("AGREEMENT_SIGNED PARTIAL", &[met], "process"),
        ("RECOGNITION", &[met], "recognition"),
        ("MISSION_OPENED CONSULATE OF_GROUP", &[], "representation_of_group headline"),
        ("MISSION_OPENED EMBASSY_CHARGE", &[met], "recognition representation_of_actor"),
        // It moves no facet, and would be counted all the same.
        ("CRITICISM", &[met], ""),
    ] {
        let showing: Vec<&str> = showing.split_whitespace().collect();
        let lost =
            paths.map(|path| format!("lost:{path}={}", if showing.contains(&path) { "2" } else { "" }));
        let lost = lost.join(" ");
        let fact = format!("2024-06-01 {kind} by=OFFICIAL_STATEMENT");
        for (source, flags) in [("COUNTERPARTY_STATEMENT", "DISPUTED"), ("AGGREGATOR", "")] {
            let claim = format!("2024-04-01 {kind} by={source}");
            let shown = format!("alternatives=2 flags={flags}");
            let between = format!("{shown} {lost}");
            let asks = [
                ("2024-03-31", "alternatives= flags="),
                ("2024-04-01", shown.as_str()),
                ("2024-05-31", &between),
                ("2024-06-01", &shown),
                ("2025-06-01", &shown),
            ];
            ask(&[&fact, &claim], others, &asks);
        }
        // A claim that agrees, denies, or comes from a machine alone does not begin before the fact does.
        for claim in ["2024-06", "2024-04-01 is=DENIED", "2024-04-01 by=MACHINE_CODED"] {
            let (date, words) = claim.split_once(' ').unwrap_or((claim, ""));
            let claim = format!("{date} {kind} {words}");
            ask(&[&fact, &claim], others, &[("2024-05-31", "alternatives= flags=")]);
        }
    }
}

/// What was contested is shown while anything rests on it or counts it within a year, and a denial shows for good what it beat.
#[test]
fn how_long_a_contest_is_shown() {
    let met = ["2024-05-10 MEETING by=OFFICIAL_STATEMENT", "2024-01-12 MEETING by=COUNTERPARTY_STATEMENT"];
    let (shown, gone) = ("alternatives=2 flags=DISPUTED", "alternatives= flags=");
    ask(
        &met,
        &["2024-05-20 MEETING MINISTER"],
        &[
            ("2024-02-01", "headline=NONE alternatives=2 flags=DISPUTED lost:contact=2 lost:headline=2"),
            ("2024-05-10", &format!("{shown} lost:contact=2 lost:headline=2")),
            // Another meeting gives the level, and the contested one still counts.
            ("2024-05-20", &format!("{shown} lost:contact= lost:headline= counts=2/2")),
            ("2025-05-10", shown),
            ("2025-05-11", &format!("{gone} counts=0/1")),
        ],
    );
    // The last contact, and the last at the highest level, rest on it for longer.
    ask(&met, &[], &[("2026-01-01", &format!("{shown} lost:contact= lost:contact.last_on=2"))]);
    let minister = met.map(|it| format!("{it} MINISTER"));
    ask(
        &[&minister[0], &minister[1]],
        &["2025-06-01 MEETING"],
        &[("2030-01-01", &format!("{shown} lost:contact.last_on= lost:contact.highest_ever=2"))],
    );
    let truce = "CEASEFIRE_IN_FORCE until=2024-06-30";
    ask(
        &[
            &format!("2024-04-01 {truce} by=OFFICIAL_STATEMENT"),
            &format!("2024-02-01 {truce} by=COUNTERPARTY_STATEMENT"),
        ],
        &[],
        &[("2030-01-01", &format!("{shown} conflict=TRUCE_EXPIRED@2024-07-01 lost:conflict.ends_on=2"))],
    );
    // The claim has the later date: had it won, it would count until then.
    ask(
        &["2020-05-10 MEETING by=OFFICIAL_STATEMENT", "2024-01-12 MEETING by=COUNTERPARTY_STATEMENT"],
        &["2020-05-20 MEETING"],
        &[("2025-01-11", shown), ("2025-01-12", gone)],
    );
    let denied = [
        "2024-05-10 MEETING by=OFFICIAL_STATEMENT is=DENIED",
        "2024-01-12 MEETING by=COUNTERPARTY_STATEMENT",
    ];
    ask(
        &denied,
        &[],
        &[
            ("2024-01-11", gone),
            ("2024-01-12", &format!("{shown} lost:contact=2")),
            ("2024-05-10", &format!("{shown} lost:contact=2")),
            ("2030-01-01", &format!("{shown} lost:contact=")),
        ],
    );
    // What a machine alone has coded beats nothing, whatever other machines code.
    let coded = ["2024-05-10 MEETING by=MACHINE_CODED", "2024-01-12 MEETING by=MACHINE_CODED"];
    ask(&coded, &[], &[("2024-02-01", gone), ("2024-06-01", gone)]);
}

#[test]
fn lost_claims_and_disputes_show_where_they_matter() {
    let claim = |position, text: &str| Member::Claim(telling(position, text).map(Some));
    let status = |members: Vec<Member<Move>>, later: &[&str], date: &str| {
        let mut history = History::default();
        for (position, text) in (10..).zip(later) {
            history.add(telling(position, text));
        }
        history.set_family(Position::new(1), Family::new(members));
        let valid_at = parse_day(date).unwrap();
        Line::from_standing(history.standing(AsOf::at(valid_at))).status(valid_at, Vec::new())
    };
    let two = |second: &str| vec![claim(1, "2025-06-01 RECOGNITION by=LEGAL_ACT"), claim(2, second)];
    let near = "2025-06-09 RECOGNITION by=OFFICIAL_STATEMENT";
    let far = "2025-06-09 RECOGNITION by=AGGREGATOR";
    let expected =
        "recognition=DE_JURE@2025-06-01 recognition.by=1:SOURCE_RANK by=1:SOURCE_RANK alternatives=2";
    hold(&status(two(near), &[], "2025-06-30"), &format!("{expected} flags=DISPUTED"), "near");
    hold(&status(two(far), &[], "2025-06-30"), &format!("{expected} flags="), "far");
    hold(&status(two(near), &[], "2025-05-31"), "flags= alternatives= headline=NONE", "before");
    let later = ["2025-06-20 RECOGNITION_WITHDRAWN"];
    // It is still counted, for a year.
    let after = "recognition=WITHDRAWN@2025-06-20 lost:recognition=";
    hold(
        &status(two(near), &later, "2026-06-09"),
        &format!("{after} flags=DISPUTED alternatives=2"),
        "after",
    );
    hold(&status(two(near), &later, "2026-06-10"), &format!("{after} flags= alternatives="), "long after");
    let denied = |source: &str| {
        let first = format!("2025-06-01 MEETING by={source}");
        vec![claim(1, &first), claim(2, "2025-06-01 MEETING by=OFFICIAL_STATEMENT is=DENIED")]
    };
    let nothing = "headline=NONE engagements=0";
    let of_far = status(denied("AGGREGATOR"), &[], "2025-06-30");
    hold(&of_far, &format!("{nothing} alternatives=1 flags="), "denied");
    let of_near = status(denied("COUNTERPARTY_STATEMENT"), &[], "2025-06-30");
    hold(
        &of_near,
        &format!("{nothing} alternatives=1 flags=DISPUTED on:flags[DISPUTED]=2"),
        "denied and disputed",
    );
    let earlier = status(denied("COUNTERPARTY_STATEMENT"), &[], "2025-05-31");
    hold(&earlier, &format!("{nothing} alternatives= flags="), "not yet denied");
}
