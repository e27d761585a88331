//! Cases of families.

use super::*;
use crate::domain::{date::parse_day, fold::Direction, source::Credibility, vocabulary::Label};

#[derive(Debug, PartialEq, Eq)]
struct Word(&'static str);

impl Content for Word {
    fn act_rank(&self) -> u8 {
        0
    }

    fn direction(&self) -> Direction {
        match self.0 {
            "ends" => Direction::Down,
            "begins" => Direction::Up,
            _ => Direction::Level,
        }
    }

    fn goes_further(&self, other: &Word) -> bool {
        self.0 == "ends" && other.0 == "met"
    }

    fn is_denied_by_silence(&self) -> bool {
        self.0 != "is"
    }

    fn is_disputed_by_silence(&self) -> bool {
        self.0 != "met"
    }
}

fn telling(position: u64, date: &str, source: SourceKind, word: &'static str) -> Telling<Option<Word>> {
    let effective: crate::domain::date::DateSpan = date.parse().unwrap();
    Telling {
        position: Position::new(position),
        effective,
        heralded: effective.lower(),
        disclosed: effective.lower(),
        source,
        credibility: Credibility::UNKNOWN,
        assertion: Assertion::Confirmed,
        label: Label::Public,
        content: (word != "elsewhere").then_some(Word(word)),
    }
}

fn fact(position: u64, date: &str, source: SourceKind, word: &'static str) -> Member<Word> {
    Member::Claim(telling(position, date, source, word))
}

fn correction(position: u64, target: u64, date: &str, word: &'static str) -> Member<Word> {
    let telling = telling(position, date, SourceKind::EstablishedMedia, word);
    Member::Correction { target: Position::new(target), telling }
}

fn retraction(position: u64, target: u64) -> Member<Word> {
    Member::Retraction { target: Position::new(target), position: Position::new(position) }
}

fn reinstatement(position: u64, target: u64) -> Member<Word> {
    Member::Reinstatement { target: Position::new(target), position: Position::new(position) }
}

fn known(position: u64) -> AsOf {
    AsOf { known_at: Position::new(position), ..AsOf::at(parse_day("2025-01-01").unwrap()) }
}

/// What stands, as `word date` with the losers and a mark for a dispute.
fn check(members: Vec<Member<Word>>, as_of: AsOf, expected: &str) {
    check_united(vec![members], as_of, expected);
}

/// The same of a subject with several identities, each of which sees its own part of the family.
fn check_united(seen: Vec<Vec<Member<Word>>>, as_of: AsOf, expected: &str) {
    let seen: Vec<Family<Word>> = seen.into_iter().map(Family::new).collect();
    let seen: Vec<&Family<Word>> = seen.iter().collect();
    let found = Family::united(&seen, &Redirects::NONE, as_of).map_or_else(
        || "nothing".to_owned(),
        |it| {
            let lost: Vec<String> =
                it.lost.iter().map(|lost| format!("{}:{}", lost.position, lost.rule)).collect();
            let disputed = if it.disputed { " disputed" } else { "" };
            let denied = if it.assertion == Assertion::Denied { "not " } else { "" };
            format!(
                "{denied}{} {} @{} {}[{}]{disputed}",
                it.content.0,
                it.effective,
                it.position,
                it.decided_by,
                lost.join(" ")
            )
        },
    );
    assert_eq!(found, expected);
}

#[test]
fn record_events_apply_from_their_position_on() {
    let members = || {
        vec![
            fact(1, "2025-02-10", SourceKind::EstablishedMedia, "a"),
            correction(2, 1, "2025-03-10", "b"),
            correction(3, 1, "2025-03-11", "c"),
            retraction(4, 3),
            retraction(5, 1),
            reinstatement(6, 1),
            reinstatement(7, 3),
        ]
    };
    check(members(), known(0), "nothing");
    check(members(), known(1), "a 2025-02-10 @1 SOLE[]");
    check(members(), known(2), "b 2025-03-10 @2 SOLE[]");
    check(members(), known(3), "c 2025-03-11 @3 SOLE[]");
    check(members(), known(4), "b 2025-03-10 @2 SOLE[]");
    check(members(), known(5), "nothing");
    check(members(), known(6), "b 2025-03-10 @2 SOLE[]");
    check(members(), known(9), "c 2025-03-11 @3 SOLE[]");
}

#[test]
fn claims_contend() {
    use SourceKind::{Aggregator, EstablishedMedia, LegalAct, OfficialStatement};
    let two =
        |first, second| vec![fact(1, "2025-02-10", first, "ends"), fact(2, "2025-03-10", second, "ends")];
    check(two(EstablishedMedia, LegalAct), known(1), "ends 2025-02-10 @1 SOLE[]");
    check(two(EstablishedMedia, LegalAct), known(2), "ends 2025-03-10 @2 SOURCE_RANK[1:SOURCE_RANK]");
    check(
        two(EstablishedMedia, Aggregator),
        known(2),
        "ends 2025-02-10 @1 SOURCE_RANK[2:SOURCE_RANK] disputed",
    );
    check(
        two(Aggregator, Aggregator),
        known(2),
        "ends 2025-02-10 @1 EARLIEST_POSITION[2:EARLIEST_POSITION] disputed",
    );
    let same_time =
        vec![fact(1, "2025", Aggregator, "ends"), fact(2, "2025-03-10", EstablishedMedia, "ends")];
    check(same_time, known(2), "ends 2025-03-10 @2 SOURCE_RANK[1:SOURCE_RANK]");
    let opposed = vec![fact(1, "2025", OfficialStatement, "begins"), fact(2, "2025", LegalAct, "ends")];
    check(opposed, known(2), "ends 2025 @2 SOURCE_RANK[1:SOURCE_RANK] disputed");
    let retracted = vec![
        fact(1, "2025-02-10", Aggregator, "ends"),
        fact(2, "2025-03-10", LegalAct, "ends"),
        retraction(3, 2),
    ];
    check(retracted, known(3), "ends 2025-02-10 @1 SOLE[]");
    let elsewhere =
        |word, source| vec![fact(1, "2025", source, word), fact(2, "2025", LegalAct, "elsewhere")];
    check(elsewhere("is", Aggregator), known(2), "nothing");
    check(elsewhere("ends", Aggregator), known(2), "not ends 2025 @2 SOURCE_RANK[1:SOURCE_RANK]");
    check(
        elsewhere("ends", OfficialStatement),
        known(2),
        "not ends 2025 @2 SOURCE_RANK[1:SOURCE_RANK] disputed",
    );
    let left_out = vec![fact(1, "2025", LegalAct, "ends"), fact(2, "2025", OfficialStatement, "elsewhere")];
    check(left_out, known(2), "ends 2025 @1 SOURCE_RANK[2:SOURCE_RANK] disputed");
    let unsaid = |date| vec![fact(1, "2025", LegalAct, "met"), fact(2, date, OfficialStatement, "elsewhere")];
    check(unsaid("2025"), known(2), "met 2025 @1 SOURCE_RANK[2:SOURCE_RANK]");
    check(unsaid("2024"), known(2), "met 2025 @1 SOURCE_RANK[2:SOURCE_RANK] disputed");
    // Neither what won nor the second claim says anything of the subject.
    let others = vec![
        fact(1, "2025", LegalAct, "elsewhere"),
        fact(2, "2024", LegalAct, "elsewhere"),
        fact(3, "2025", OfficialStatement, "met"),
    ];
    check(others, known(3), "not met 2025 @1 SOURCE_RANK[3:SOURCE_RANK] disputed");
}

#[test]
fn disclosure_cuts_what_stands() {
    let disclosed = |day: &str| AsOf { disclosed_by: parse_day(day).ok(), ..known(9) };
    let members = || {
        vec![fact(1, "2025-02-10", SourceKind::EstablishedMedia, "a"), correction(2, 1, "2025-03-10", "b")]
    };
    check(members(), disclosed("2025-03-09"), "nothing");
    check(members(), disclosed("2025-03-10"), "b 2025-03-10 @2 SOLE[]");
}

#[test]
fn hidden_members_leave_no_trace() {
    let hide = |member: Member<Word>| match member {
        Member::Claim(telling) => Member::Claim(Telling { label: Label::Internal, ..telling }),
        Member::Correction { target, telling } => {
            Member::Correction { target, telling: Telling { label: Label::Internal, ..telling } }
        }
        other => other,
    };
    let public = AsOf { clearance: Label::Public, ..known(9) };
    let root = || fact(1, "2025-02-10", SourceKind::Aggregator, "a");
    check(vec![root(), hide(correction(2, 1, "2025-03-10", "b"))], public, "a 2025-02-10 @1 SOLE[]");
    let claim = hide(fact(2, "2025-03-10", SourceKind::LegalAct, "b"));
    check(vec![root(), claim], public, "a 2025-02-10 @1 SOLE[]");
    check(vec![hide(root())], public, "nothing");
}

/// What is told of one identity of a subject, or of the other, is told of the subject.
#[test]
fn what_is_told_of_any_identity_counts() {
    use SourceKind::{CounterpartyStatement, OfficialStatement};
    let told = |first, second| {
        vec![fact(1, "2025", OfficialStatement, first), fact(2, "2025", CounterpartyStatement, second)]
    };
    for (one, other, apart, united) in [
        (("met", "elsewhere"), ("elsewhere", "met"), "met 2025 @1", "met 2025 @1"),
        (("elsewhere", "met"), ("met", "elsewhere"), "not met 2025 @1", "met 2025 @1"),
        (("ends", "elsewhere"), ("elsewhere", "ends"), "ends 2025 @1 disputed", "ends 2025 @1"),
        (("ends", "elsewhere"), ("elsewhere", "begins"), "ends 2025 @1 disputed", "ends 2025 @1 disputed"),
        // One that names both.
        (("met", "met"), ("elsewhere", "met"), "met 2025 @1", "met 2025 @1"),
        (("met", "met"), ("ends", "elsewhere"), "met 2025 @1", "ends 2025 @1"),
        (("ends", "met"), ("met", "elsewhere"), "ends 2025 @1", "ends 2025 @1"),
    ] {
        let expected = |text: &str| {
            let (text, disputed) = text.strip_suffix(" disputed").map_or((text, ""), |it| (it, " disputed"));
            format!("{text} SOURCE_RANK[2:SOURCE_RANK]{disputed}")
        };
        let apart = match apart {
            // Who is met and who ends differ in no way that counts here; silence about either does.
            text if text.starts_with("not") => format!("{} disputed", expected(text)),
            text => expected(text),
        };
        check(told(one.0, one.1), known(9), &apart);
        check_united(vec![told(one.0, one.1), told(other.0, other.1)], known(9), &expected(united));
    }
    // What is corrected is what it says under every name.
    let seen = |word, corrected| {
        vec![fact(1, "2025", SourceKind::EstablishedMedia, word), correction(2, 1, "2025-03-10", corrected)]
    };
    let moved = || vec![seen("met", "elsewhere"), seen("elsewhere", "met")];
    check_united(moved(), known(1), "met 2025 @1 SOLE[]");
    check_united(moved(), known(2), "met 2025-03-10 @2 SOLE[]");
}
