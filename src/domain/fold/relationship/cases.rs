//! Cases of relationships: real ones, and every rule of every facet at its edges.

use super::{
    Line,
    notation::{check, history, hold, listing},
};
use crate::domain::{
    as_of::AsOf,
    date::parse_day,
    status::relationship::LegalFacet,
    vocabulary::{Channel, DesignationState, EngagementKind, Level, Vocabulary},
};

fn own() -> [LegalFacet; 1] {
    [listing(DesignationState::Active, None)]
}

#[test]
fn russia_and_the_taliban_recognised() {
    let facts = [
        "2022-03-31 ENVOY_ACCREDITED OF_GROUP EMBASSY_CHARGE",
        "2025-07-03 RECOGNITION by=OFFICIAL_STATEMENT",
    ];
    check(
        &facts,
        &[listing(DesignationState::Suspended, None)],
        &[
            ("2022-03-30", "headline=NONE recognition=NONE engagements=0 by=:SOLE"),
            ("2025-07-02", "headline=DE_FACTO_RELATIONS recognition=DE_FACTO_DEALINGS@2022-03-31"),
            ("2025-07-03", "headline=RECOGNISED recognition=DE_JURE@2025-07-03 by=2:SOLE flags="),
        ],
    );
    check(
        &facts,
        &own(),
        &[("2025-07-03", "headline=RECOGNISED flags=ENGAGING_WHILE_DESIGNATED,RECOGNISED_BUT_LISTED")],
    );
}

#[test]
fn india_and_the_taliban_never_recognised_by_a_mission() {
    check(
        &["2022-06-23 MISSION_OPENED TECHNICAL_MISSION", "2025-10-21 MISSION_LEVEL_CHANGED EMBASSY_CHARGE"],
        &[],
        &[
            ("2022-06-23", "headline=DE_FACTO_RELATIONS actor=TECHNICAL_MISSION@2022-06-23 recognition=NONE"),
            ("2025-10-20", "actor=TECHNICAL_MISSION@2022-06-23 recognition=NONE recognition.by=:SOLE"),
            ("2025-10-21", "headline=DE_FACTO_RELATIONS actor=EMBASSY_CHARGE@2025-10-21 group=NONE"),
            ("2025-10-21", "actor.by=2:LATEST_EFFECTIVE recognition=DE_FACTO_DEALINGS@2025-10-21"),
            ("2025-10-21", "recognition.by=2:DERIVED"),
        ],
    );
}

#[test]
fn the_united_states_and_the_houthis_cease_fire_while_listed() {
    let facts = ["2025-03-15 STRIKE", "2025-05-06 CEASEFIRE_IN_FORCE both SPECIAL_ENVOY INTERMEDIARY_STATE"];
    let asks = [
        ("2025-05-05", "headline=HOSTILE flags= force=2025-03-15"),
        ("2025-05-06", "headline=CEASEFIRE conflict=CEASEFIRE@2025-05-06 flags=ENGAGING_WHILE_DESIGNATED"),
        ("2027-01-01", "headline=CEASEFIRE flags=ENGAGING_WHILE_DESIGNATED by=2:LATEST_EFFECTIVE"),
    ];
    check(&facts, &own(), &asks);
    check(&facts, &own(), &[("2027-01-01", "on:flags[ENGAGING_WHILE_DESIGNATED]=2,99")]);
    check(&facts, &[listing(DesignationState::Active, Some("un"))], &[("2025-05-06", "flags=")]);
    check(&facts, &[listing(DesignationState::Proposed, None)], &[("2025-05-06", "flags=")]);
}

#[test]
fn the_united_states_and_hamas_before_and_after_the_disclosure() {
    let facts = [
        "2024-05-31 TALKS_OFFERED INTERMEDIARY_STATE",
        "2025-02 MEETING SPECIAL_ENVOY DIRECT_IN_PERSON SECRET_LATER_DISCLOSED public=2025-03-05",
    ];
    let history = history(&facts);
    let valid_at = parse_day("2025-02-20").unwrap();
    for (disclosed_by, expected) in [
        ("2025-03-04", "headline=DORMANT contact=NONE flags= counts=0/0"),
        (
            "2025-03-05",
            "headline=DIRECT_CONTACT contact=ENVOY@2025-02 flags=ENGAGING_WHILE_DESIGNATED,SECRET_ONLY",
        ),
    ] {
        let as_of = AsOf { disclosed_by: parse_day(disclosed_by).ok(), ..AsOf::at(valid_at) };
        let legal = if disclosed_by == "2025-03-05" { own().to_vec() } else { Vec::new() };
        let line = Line::from_standing(history.standing(as_of));
        hold(&line.status(valid_at, legal), expected, disclosed_by);
    }
}

#[test]
fn headlines_in_order() {
    let one = |facts: &[&str], expected: &str| {
        let expected = format!("headline={expected}");
        check(facts, &[], &[("2025-06-30", &expected)]);
    };
    one(&[], "NONE by=:SOLE");
    one(&["2025-07-01 MEETING"], "NONE engagements=0 contact=NONE");
    one(&["2025-06-01 CRITICISM"], "DORMANT by=1:SOLE");
    one(&["2020-06-01 MEETING"], "DORMANT by=1:ELAPSED_TIME?");
    one(&["2025-06-01 MEDIATION HEAD_OF_STATE"], "NEGOTIATING");
    one(&["2025-06-30 AGREEMENT_SIGNED PARTIAL"], "NEGOTIATING by=1:SOLE process=AGREED_PARTIAL@2025-06-30");
    one(&["2024-06-30 AGREEMENT_SIGNED COMPREHENSIVE"], "NEGOTIATING");
    one(&["2024-06-29 AGREEMENT_SIGNED COMPREHENSIVE"], "DORMANT process=STALLED@2025-06-30");
    one(&["2025-06-01 AGREEMENT_SIGNED PARTIAL", "2025-06-02 MEETING"], "NEGOTIATING by=1:SOLE");
    one(&["2025-06-01 MEETING INTERMEDIARY_STATE"], "INDIRECT_CONTACT");
    one(&["2025-06-01 MEETING"], "DIRECT_CONTACT");
    one(&["2025-06-01 MEETING", "2025-06-02 STRIKE"], "HOSTILE by=2:SOLE");
    one(&["2025-06-01 NEGOTIATION", "2025-06-02 STRIKE"], "FIGHT_AND_TALK by=1,2:DERIVED");
    one(&["2025-06-01 NEGOTIATION", "2025-05-02 CEASEFIRE_VIOLATED"], "FIGHT_AND_TALK");
    one(&["2025-06-01 AGREEMENT_SIGNED PARTIAL", "2025-06-02 STRIKE"], "FIGHT_AND_TALK by=1,2:DERIVED");
    one(&["2025-06-01 AGREEMENT_SIGNED COMPREHENSIVE", "2025-05-02 STRIKE"], "FIGHT_AND_TALK");
    one(&["2025-06-01 AGREEMENT_SIGNED PARTIAL", "2025-06-02 CEASEFIRE_IN_FORCE"], "CEASEFIRE");
    one(&["2024-01-01 AGREEMENT_SIGNED PARTIAL", "2025-06-02 STRIKE"], "HOSTILE process=STALLED@2025-01-01");
    one(&["2025-06-01 NEGOTIATION", "2025-06-02 CEASEFIRE_IN_FORCE"], "CEASEFIRE");
    one(&["2025-06-02 CEASEFIRE_IN_FORCE DEFINITIVE"], "CEASEFIRE conflict=PEACE@2025-06-02");
    one(&["2025-06-02 AGREEMENT_SIGNED IMPLEMENTATION", "2025-06-02 STRIKE"], "PEACE_IMPLEMENTING");
    one(&["2025-06-02 MISSION_OPENED INTERESTS_SECTION"], "DORMANT");
    one(&["2025-06-02 MISSION_OPENED LIAISON_OFFICE OF_GROUP"], "DE_FACTO_RELATIONS");
    one(&["2025-06-02 MISSION_OPENED EMBASSY_MINISTER"], "DE_FACTO_RELATIONS");
    one(&["2025-06-02 ENVOY_ACCREDITED EMBASSY_AMBASSADOR OF_GROUP"], "NORMALISED by=1:SOLE");
    one(
        &["2025-06-02 MISSION_OPENED EMBASSY_CHARGE", "2025-06-03 MISSION_OPENED EMBASSY_CHARGE OF_GROUP"],
        "NORMALISED by=1,2:DERIVED",
    );
    one(&["2025-06-02 MISSION_OPENED EMBASSY_AMBASSADOR", "2025-06-03 MISSION_CLOSED"], "DORMANT");
    one(&["2025-06-02 RECOGNITION", "2025-06-03 STRIKE"], "RECOGNISED");
    check(&[], &own(), &[("2025-06-30", "headline=PROSCRIBED_NO_CONTACT by=99:SOLE")]);
    let stayed = [listing(DesignationState::AnnulledStayed, None)];
    check(&[], &stayed, &[("2025-06-30", "headline=PROSCRIBED_NO_CONTACT")]);
    check(&["2020-01-01 THREAT"], &own(), &[("2025-06-30", "headline=DORMANT flags=")]);
    check(&[], &[listing(DesignationState::Delisted, None)], &[("2025-06-30", "headline=NONE")]);
    check(&[], &[listing(DesignationState::Active, Some("un"))], &[("2025-06-30", "headline=NONE")]);
}

#[test]
fn recognition() {
    let embassy = "2025-02-01 MISSION_OPENED EMBASSY_CHARGE";
    let one = |facts: &[&str], expected: &str| check(facts, &[], &[("2025-06-30", expected)]);
    one(&["2025-01-01 RECOGNITION", embassy], "recognition=DE_JURE@2025-01-01");
    one(&["2025-01-01 RECOGNITION_DENIED", embassy], "recognition=DE_FACTO_DEALINGS@2025-02-01");
    one(&["2025-03-01 RECOGNITION_DENIED", embassy], "recognition=DENIED@2025-03-01 recognition.by=1:SOLE");
    one(&["2025-03-01 RECOGNITION_WITHDRAWN", embassy], "recognition=WITHDRAWN@2025-03-01");
    one(
        &["2025-03-01 RECOGNITION_DENIED", embassy, "2025-04-01 MISSION_LEVEL_CHANGED EMBASSY_MINISTER"],
        "recognition=DE_FACTO_DEALINGS@2025-04-01 recognition.by=3:DERIVED",
    );
    one(
        &[embassy, "2025-03-01 MISSION_LEVEL_CHANGED EMBASSY_AMBASSADOR"],
        "recognition=DE_FACTO_DEALINGS@2025-02-01 recognition.by=1,2:DERIVED actor=EMBASSY_AMBASSADOR@2025-03-01",
    );
    one(
        &["2025-01-01 RECOGNITION_DENIED", embassy, "2025-03-01 MISSION_CLOSED"],
        "recognition=DENIED@2025-01-01 actor=WITHDRAWN@2025-03-01",
    );
    one(
        &["2025-01-01 RECOGNITION", "2025-03-01 RECOGNITION_WITHDRAWN", "2025-04-01 RECOGNITION"],
        "recognition=DE_JURE@2025-04-01 recognition.by=3:LATEST_EFFECTIVE",
    );
    one(&["2025-01-01 RECOGNITION is=DENIED"], "recognition=NONE engagements=0");
    one(&["2025-01-01 MISSION_OPENED CONSULATE"], "recognition=NONE");
    one(&["2025-01-01 RECOGNITION", "2025-01-01 RECOGNITION_WITHDRAWN"], "recognition=DE_JURE@2025-01-01");
}

#[test]
fn representation() {
    let one = |facts: &[&str], expected: &str| check(facts, &[], &[("2025-06-30", expected)]);
    one(&["2025-01-01 ENVOY_EXPELLED"], "actor=WITHDRAWN@2025-01-01 group=NONE");
    one(
        &["2025-01-01 MISSION_OPENED EMBASSY_AMBASSADOR", "2025-02-01 ENVOY_EXPELLED EMBASSY_CHARGE"],
        "actor=EMBASSY_CHARGE@2025-02-01 actor.by=2:LATEST_EFFECTIVE",
    );
    one(
        &["2025-01-01 MISSION_OPENED CONSULATE", "2025-02-01 ENVOY_ACCREDITED CONSULATE"],
        "actor=CONSULATE@2025-01-01 actor.by=1,2:LATEST_EFFECTIVE",
    );
    one(
        &["2025-03-01 MISSION_OPENED CONSULATE", "2025-03-01 MISSION_CLOSED"],
        "actor=CONSULATE@2025-03-01 headline=DE_FACTO_RELATIONS",
    );
    one(
        &[
            "2025-03-01 MISSION_OPENED LIAISON_OFFICE OF_GROUP",
            "2025-04-01 MISSION_LEVEL_CHANGED NONE OF_GROUP",
        ],
        "group=NONE actor=NONE",
    );
}

#[test]
fn contact_levels() {
    let one = |words: &str, expected: &str| {
        let (fact, expected) = (format!("2025-06-01 {words}"), format!("ever={expected}"));
        check(&[&fact], &[], &[("2025-06-30", &expected)]);
    };
    for level in Level::ALL.iter().filter(|level| **level <= Level::Unknown) {
        let expected = match level {
            Level::HeadOfState | Level::HeadOfGovernment => "LEADERSHIP",
            Level::ForeignMinister | Level::Minister | Level::DeputyMinister => "MINISTERIAL",
            Level::SpecialEnvoy | Level::Ambassador | Level::Charge => "ENVOY",
            _ => "TECHNICAL",
        };
        one(&format!("MEETING DIRECT_REMOTE {level}"), expected);
    }
    for channel in Channel::ALL {
        let direct = matches!(channel, Channel::DirectInPerson | Channel::DirectRemote);
        let unknown = *channel == Channel::Unknown;
        one(&format!("MEDIATION {channel} MINISTER"), if direct { "MINISTERIAL" } else { "INDIRECT" });
        let open = if direct || unknown { "MINISTERIAL" } else { "INDIRECT" };
        let minister = if unknown { "MINISTER".to_owned() } else { format!("{channel} MINISTER") };
        one(&format!("NEGOTIATION {minister}"), open);
    }
    for kind in EngagementKind::ALL {
        let is_contact = (1..=8).contains(&kind.number());
        let expected = match kind {
            EngagementKind::Mediation => "INDIRECT",
            _ if is_contact => "TECHNICAL",
            _ => "NONE",
        };
        one(kind.name(), expected);
    }
}

#[test]
fn contact_windows() {
    let facts = ["2024-07-01 VISIT_TO_GROUP MINISTER", "2025-06-01 MEETING CHARGE LEAKED"];
    check(
        &facts,
        &[],
        &[
            ("2024-06-30", "contact=NONE counts=0/0 ever=NONE"),
            ("2024-07-01", "contact=MINISTERIAL@2024-07-01 counts=1/1 contact.by=1:SOLE"),
            ("2024-07-31", "counts=1/1"),
            ("2024-08-01", "counts=0/1"),
            ("2025-07-01", "contact=MINISTERIAL@2025-06-01 counts=1/2 contact.by=1:HIGHEST_LEVEL flags="),
            ("2025-07-02", "contact=ENVOY@2025-06-01 counts=0/1 ever=MINISTERIAL flags=SECRET_ONLY"),
            ("2026-06-01", "contact=ENVOY@2025-06-01 counts=0/1 headline=DIRECT_CONTACT"),
            ("2026-06-02", "contact=NONE@2025-06-01 counts=0/0 headline=DORMANT flags= contact.by=:SOLE"),
            ("2026-06-03", "contact=NONE@2025-06-01 ever=MINISTERIAL"),
        ],
    );
    let secret = |words: &str, flags: &str| {
        let fact = format!("2025-06-01 MEETING {words}");
        let expected = format!("flags={flags}");
        check(&[&fact], &[], &[("2025-06-30", &expected)]);
    };
    secret("LEAKED", "SECRET_ONLY");
    secret("DENIED", "SECRET_ONLY");
    secret("SECRET_LATER_DISCLOSED", "SECRET_ONLY");
    secret("CONFIRMED_BY_ONE", "");
    secret("PUBLIC", "");
    check(&["2025-06-01 STRIKE SECRET_LATER_DISCLOSED"], &[], &[("2025-06-30", "flags=")]);
}

/// What was agreed is a process under way from the day it is signed until 365 days pass without a step: the headline comes with
/// the step, and never with time alone.
#[test]
fn what_was_agreed_is_negotiating_from_its_day() {
    check(
        &[
            "2023-01-01 TALKS_OFFERED",
            "2023-03-01 NEGOTIATION",
            "2023-06-01 AGREEMENT_SIGNED PARTIAL",
            "2024-09-01 TALKS_HALTED",
        ],
        &[],
        &[
            ("2023-02-28", "headline=DORMANT process=OFFERED@2023-01-01"),
            ("2023-03-01", "headline=NEGOTIATING"),
            ("2023-06-01", "headline=NEGOTIATING process=AGREED_PARTIAL@2023-06-01"),
            ("2024-02-29", "headline=NEGOTIATING by=3:LATEST_EFFECTIVE"),
            ("2024-03-01", "headline=NEGOTIATING contact=NONE@2023-03-01"),
            ("2024-05-31", "headline=NEGOTIATING"),
            ("2024-06-01", "headline=DORMANT process=STALLED@2024-06-01"),
            ("2024-09-01", "headline=DORMANT process=COLLAPSED@2024-09-01"),
        ],
    );
    check(
        &["2023-01-10 STRIKE", "2023-06-01 AGREEMENT_SIGNED PARTIAL"],
        &[],
        &[
            ("2023-05-31", "headline=HOSTILE"),
            ("2023-06-01", "headline=FIGHT_AND_TALK"),
            ("2024-01-10", "headline=FIGHT_AND_TALK"),
            // The force fades; that they talk was so before.
            ("2024-01-11", "headline=NEGOTIATING by=2:SOLE"),
            ("2024-06-01", "headline=DORMANT"),
        ],
    );
}

/// A fact that leads to each value of the process, and a date on which it has it.
const PROCESSES: [(&str, &[&str]); 8] = [
    ("NONE", &[]),
    ("OFFERED", &["2025-01-01 TALKS_OFFERED"]),
    ("NEGOTIATING", &["2025-01-01 NEGOTIATION"]),
    ("AGREED_PARTIAL", &["2025-01-01 AGREEMENT_SIGNED PARTIAL"]),
    ("AGREED_COMPREHENSIVE", &["2025-01-01 AGREEMENT_SIGNED COMPREHENSIVE"]),
    ("IMPLEMENTING", &["2025-01-01 AGREEMENT_SIGNED IMPLEMENTATION"]),
    ("STALLED", &["2024-01-01 NEGOTIATION"]),
    ("COLLAPSED", &["2025-01-01 TALKS_OFFERED", "2025-01-02 TALKS_HALTED"]),
];

#[test]
fn process_turns() {
    // What each value becomes, in the order of PROCESSES: its initials, in lower case where it is no step.
    let turns = [
        ("TALKS_OFFERED", "O O N P C I O O"),
        ("COMMITMENT", "O O N P C I O O"),
        ("NEGOTIATION", "N N N P C I N N"),
        ("MEDIATION", "N N N P C I N N"),
        ("TALKS_REJECTED", "- - x p c i s x"),
        ("TALKS_HALTED", "- x x x x x x x"),
        ("AGREEMENT_SIGNED PRE_NEGOTIATION", "N N N P C I N N"),
        ("AGREEMENT_SIGNED CEASEFIRE", "P P P P C I P P"),
        ("AGREEMENT_SIGNED PARTIAL", "P P P P C I P P"),
        ("AGREEMENT_SIGNED COMPREHENSIVE", "C C C C C C C C"),
        ("AGREEMENT_SIGNED IMPLEMENTATION", "I I I I I I I I"),
        ("AGREEMENT_SIGNED RENEWAL", "P P P P C I P P"),
        ("DOMESTIC_PROCESS_STEP", "N N N I I I N N"),
        ("DISARMAMENT", "- o n I I I s x"),
        ("WITHDRAWAL", "- o n I I I s x"),
        ("PRISONER_RELEASE", "- o n P C I s x"),
        ("STRIKE", "- o n p c i s x"),
    ];
    for (kind, row) in turns {
        for ((from, facts), cell) in PROCESSES.iter().zip(row.split(' ')) {
            let value = match cell.to_lowercase().as_str() {
                "-" => "NONE",
                "o" => "OFFERED",
                "n" => "NEGOTIATING",
                "p" => "AGREED_PARTIAL",
                "c" => "AGREED_COMPREHENSIVE",
                "i" => "IMPLEMENTING",
                "s" => "STALLED",
                "x" => "COLLAPSED",
                other => panic!("{other}"),
            };
            let fact = format!("2025-06-01 {kind}");
            let facts: Vec<&str> = facts.iter().copied().chain([fact.as_str()]).collect();
            let line =
                Line::from_standing(history(&facts).standing(AsOf::at(parse_day("2025-06-01").unwrap())));
            let status = line.status(parse_day("2025-06-01").unwrap(), Vec::new());
            assert_eq!(status.process.value.name(), value, "{kind} from {from}");
            let stepped = status.process.last_step_on == "2025-06-01".parse().ok();
            assert_eq!(stepped, cell.chars().all(|letter| letter.is_uppercase()), "{kind} from {from}");
        }
    }
}

#[test]
fn process_stalls_after_365_days_without_a_step() {
    for (value, facts) in &PROCESSES[1..6] {
        let goes_on = format!("process={value}@2025-01-01");
        let stalled = "process=STALLED@2026-01-02 process.by=1:ELAPSED_TIME? step=2025-01-01";
        check(
            facts,
            &[],
            &[("2026-01-01", goes_on.as_str()), ("2026-01-02", stalled), ("2026-01-03", stalled)],
        );
    }
    check(
        &["2025-01-01 NEGOTIATION", "2025-12-31 NEGOTIATION", "2027-01-02 NEGOTIATION"],
        &[],
        &[
            ("2026-06-01", "process=NEGOTIATING@2025-01-01 process.by=1,2:LATEST_EFFECTIVE"),
            ("2027-01-01", "process=STALLED@2027-01-01 process.by=2,1:ELAPSED_TIME?"),
            ("2027-01-02", "process=NEGOTIATING@2027-01-02 process.by=3:LATEST_EFFECTIVE"),
        ],
    );
    check(
        &["2025-01-01 TALKS_OFFERED", "2025-02-01 TALKS_REJECTED"],
        &[],
        &[("2027-01-01", "process=NONE process.by=2:LATEST_EFFECTIVE step=2025-01-01")],
    );
    check(
        &["2025-01-01 NEGOTIATION", "2025-02-01 TALKS_HALTED"],
        &[],
        &[("2027-01-01", "process=COLLAPSED@2025-02-01")],
    );
}

#[test]
fn conflict() {
    let one = |facts: &[&str], expected: &str| check(facts, &[], &[("2025-06-30", expected)]);
    one(&["2025-06-01 STRIKE"], "conflict=HOSTILE@2025-06-01 conflict.by=1:SOLE force=2025-06-01");
    one(
        &["2025-06-01 STRIKE", "2025-06-05 STRIKE"],
        "conflict=HOSTILE@2025-06-01 conflict.by=1,2:LATEST_EFFECTIVE force=2025-06-05",
    );
    one(&["2025-06-01 ARREST", "2025-06-02 EXPULSION"], "conflict=NONE headline=DORMANT");
    one(&["2025-06-01 CEASEFIRE_DECLARED both"], "conflict=NONE");
    one(&["2025-06-01 CEASEFIRE_DECLARED others"], "conflict=NONE");
    one(&["2025-06-01 CEASEFIRE_DECLARED one"], "conflict=UNILATERAL_CEASEFIRE@2025-06-01");
    one(&["2025-06-01 CEASEFIRE_IN_FORCE one DEFINITIVE"], "conflict=UNILATERAL_CEASEFIRE@2025-06-01");
    one(&["2025-06-01 CEASEFIRE_IN_FORCE PRELIMINARY"], "conflict=CEASEFIRE@2025-06-01");
    one(&["2025-06-01 CEASEFIRE_IN_FORCE DEFINITIVE"], "conflict=PEACE@2025-06-01");
    one(
        &["2025-06-01 CEASEFIRE_IN_FORCE", "2025-06-02 CEASEFIRE_DECLARED one until=2025-06-03"],
        "conflict=CEASEFIRE@2025-06-01 ends=",
    );
    for truce in ["CEASEFIRE_DECLARED one", "CEASEFIRE_IN_FORCE", "CEASEFIRE_IN_FORCE DEFINITIVE"] {
        let truce = format!("2025-06-01 {truce}");
        one(&[&truce, "2025-06-02 STRIKE"], "conflict=VIOLATED@2025-06-02 conflict.by=2,1:LATEST_EFFECTIVE");
        one(&[&truce, "2025-06-02 CEASEFIRE_VIOLATED"], "conflict=VIOLATED@2025-06-02");
        one(
            &[&truce, "2025-06-02 STRIKE", "2025-06-03 STRIKE"],
            "conflict=VIOLATED@2025-06-02 force=2025-06-03",
        );
        one(&[&truce, "2025-06-02 CEASEFIRE_ENDED"], "conflict=NONE ends=");
        one(&[&truce, "2025-05-02 STRIKE", "2025-06-02 CEASEFIRE_ENDED"], "conflict=HOSTILE@2025-06-02");
        one(&[&truce, "2025-06-01 STRIKE"], "conflict.by=1:LATEST_EFFECTIVE force=2025-06-01");
    }
    one(&["2025-06-01 CEASEFIRE_IN_FORCE", "2025-06-01 STRIKE"], "conflict=CEASEFIRE@2025-06-01");
    one(&["2025-06-01 CEASEFIRE_VIOLATED"], "conflict=VIOLATED@2025-06-01 headline=HOSTILE");
    one(
        &["2025-06-01 CEASEFIRE_IN_FORCE until=2025-06-10", "2025-06-11 CEASEFIRE_IN_FORCE until=2025-07"],
        "conflict=CEASEFIRE@2025-06-11 ends=2025-07-31",
    );
    one(
        &["2025-06-01 CEASEFIRE_IN_FORCE until=2025-06-10", "2025-06-10 CEASEFIRE_IN_FORCE"],
        "conflict=CEASEFIRE@2025-06-01 ends= conflict.by=1,2:LATEST_EFFECTIVE",
    );
}

#[test]
fn conflict_with_time() {
    check(
        &["2025-06-01 CEASEFIRE_IN_FORCE until=2025-06", "2025-07-05 STRIKE"],
        &own(),
        &[
            ("2025-06-30", "conflict=CEASEFIRE@2025-06-01 ends=2025-06-30"),
            ("2025-07-01", "conflict=TRUCE_EXPIRED@2025-07-01 ends=2025-06-30 conflict.by=1:ELAPSED_TIME"),
            ("2025-07-01", "headline=DORMANT flags=ENGAGING_WHILE_DESIGNATED"),
            ("2025-07-05", "conflict=HOSTILE@2025-07-05 ends= conflict.by=2:LATEST_EFFECTIVE"),
            ("2026-07-05", "conflict=HOSTILE@2025-07-05 headline=HOSTILE"),
            ("2026-07-06", "conflict=NONE force=2025-07-05 conflict.by=2:ELAPSED_TIME? headline=DORMANT"),
            ("2026-07-07", "conflict=NONE flags="),
        ],
    );
    check(
        &["2025-06-01 CEASEFIRE_IN_FORCE until=2025-06-30", "2025-06-20 STRIKE", "2025-07-01 STRIKE"],
        &[],
        &[
            ("2025-06-30", "conflict=VIOLATED@2025-06-20 ends=2025-06-30"),
            ("2025-07-01", "conflict=HOSTILE@2025-07-01 ends="),
        ],
    );
    check(
        &["2025-06-01 CEASEFIRE_IN_FORCE until=2025-06-30", "2025-06-20 STRIKE", "2025-06-30 STRIKE"],
        &[],
        &[("2025-07-31", "conflict=VIOLATED@2025-06-20 ends=2025-06-30 conflict.by=2,3,1:LATEST_EFFECTIVE")],
    );
    check(
        &["2010-01-01 STRIKE", "2015-01-01 STRIKE"],
        &[],
        &[("2012-01-01", "conflict=NONE"), ("2015-06-01", "conflict=HOSTILE@2015-01-01")],
    );
    check(
        &["2023-01-01 STRIKE", "2023-06-01 CEASEFIRE_IN_FORCE", "2024-01-02 CEASEFIRE_ENDED"],
        &[],
        &[("2023-12-31", "conflict=CEASEFIRE@2023-06-01"), ("2024-01-02", "conflict=NONE force=2023-01-01")],
    );
    // A truce that ran out does not undo the force before it.
    check(
        &["2020-01-01 STRIKE", "2020-02-01 CEASEFIRE_IN_FORCE until=2020-02-29"],
        &[],
        &[
            ("2020-02-29", "headline=CEASEFIRE"),
            (
                "2020-03-01",
                "conflict=TRUCE_EXPIRED@2020-03-01 headline=HOSTILE on:conflict=2 on:headline=2,1",
            ),
            ("2020-12-31", "headline=HOSTILE"),
            ("2021-01-01", "headline=DORMANT"),
        ],
    );
}

#[test]
fn score_and_counts() {
    check(
        &["2025-01-01 CEASEFIRE_IN_FORCE", "2025-01-05 CEASEFIRE_ENDED", "2025-06-30 STRIKE"],
        &[],
        &[
            ("2024-12-31", "score=0/0/0/0 engagements=0"),
            ("2025-01-05", "score=7.3854/1/7.5/7.5 engagements=2"),
            ("2025-06-30", "score=-5.25/2/-9/7.5 engagements=3"),
        ],
    );
}
